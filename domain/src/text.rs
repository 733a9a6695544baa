//! Texts and scores that carry their rule: parse at the edge, then never check again.

use serde::{Deserialize, Serialize};

use crate::personal_data::PersonalData;
use crate::refusal::{Refusal, Refused, Rule, require};

/// A review's score, 1 to 5 (R-3.1-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Score(u8);

impl Score {
    /// The score as a number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Score {
    type Error = Refusal;
    fn try_from(score: u8) -> Result<Self, Refusal> {
        require((1..=5).contains(&score), Rule("R-3.1-02"), Refused::Invalid, "score", || {
            format!("a score is 1 to 5, not {score}")
        })?;
        Ok(Self(score))
    }
}

impl From<Score> for u8 {
    fn from(score: Score) -> Self {
        score.0
    }
}

/// A review's text: trimmed, not blank, within bounds (R-3.1-02).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewText(String);

impl ReviewText {
    /// The longest text that is taken, in characters.
    pub const MAX_CHARACTERS: usize = 10_000;

    /// Takes a text.
    ///
    /// # Errors
    /// A refusal when it is blank or too long.
    pub fn new(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        require(!text.is_empty(), Rule("R-3.1-02"), Refused::Invalid, "text", || {
            "a review needs a text; write at least a word".to_owned()
        })?;
        let characters = text.chars().count();
        require(characters <= Self::MAX_CHARACTERS, Rule("R-3.1-02"), Refused::Invalid, "text", || {
            format!("a review has at most {} characters, not {characters}; shorten it", Self::MAX_CHARACTERS)
        })?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, given away.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// A category's or subcategory's slug: small letters, digits and underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// Takes a slug.
    ///
    /// # Errors
    /// A refusal when it is empty, over 64 bytes or has other characters.
    pub fn new(text: &str, field: &'static str) -> Result<Self, Refusal> {
        let good = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        require(good, Rule("R-2.3-01"), Refused::Invalid, field, || {
            format!("{field} is 1 to 64 small letters, digits or underscores, as in smartphones, not {text:?}")
        })?;
        Ok(Self(text.to_owned()))
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line of text that must say something: trimmed, not blank, at most 200 characters.
///
/// # Errors
/// A refusal naming the field.
pub fn line(text: &str, rule: Rule, field: &'static str) -> Result<String, Refusal> {
    let text = text.trim();
    require(!text.is_empty() && text.chars().count() <= 200, rule, Refused::Invalid, field, || {
        format!("{field} is 1 to 200 characters, not {}", text.chars().count())
    })?;
    Ok(text.to_owned())
}

/// The facts of a decision that restricts somebody, in a line: they go public with its statement of reasons and may have no
/// personal data (R-7-02), nor `names` that tell whom it is about. What is said once can't be taken back, so that it is
/// refused before it is recorded.
///
/// # Errors
/// A refusal naming the field.
pub fn facts(text: &str, names: &[&str], rule: Rule, field: &'static str) -> Result<String, Refusal> {
    let text = line(text, rule, field)?;
    match PersonalData::in_text(&text, names) {
        None => Ok(text),
        Some(found) => Err(Refusal::new(
            Rule("R-7-02"),
            Refused::Invalid,
            field,
            format!("{field} has {found}, and goes public without personal data (DSA art. 24(5)); say it without"),
        )),
    }
}

/// A message in somebody's own words: trimmed, not blank, at most 5,000 characters.
///
/// # Errors
/// A refusal naming the field.
pub fn message(text: &str, rule: Rule, field: &'static str) -> Result<String, Refusal> {
    let text = text.trim();
    require(!text.is_empty() && text.chars().count() <= 5_000, rule, Refused::Invalid, field, || {
        format!("{field} is 1 to 5,000 characters, not {}", text.chars().count())
    })?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_2_3_01_a_category_is_a_slug_shown_as_it_is_written() {
        assert_eq!(Slug::new("game_consoles2", "category").unwrap().to_string(), "game_consoles2");
        for text in ["", "Phones", "smart phones", "télé", "a-b", &"a".repeat(65)] {
            assert_eq!(Slug::new(text, "category").unwrap_err().field, "category", "{text}");
        }
    }

    #[test]
    fn r_3_1_02_a_score_is_1_to_5() {
        assert_eq!((0..=6).filter(|score| Score::try_from(*score).is_ok()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn r_7_02_facts_with_personal_data_are_refused_before_they_are_recorded() {
        const RULE: Rule = Rule("R-3.4-04");
        assert_eq!(facts(" an insult ", &[], RULE, "explanation").unwrap(), "an insult");
        assert_eq!(facts(" ", &[], RULE, "explanation").unwrap_err().rule, RULE);
        let refusal = facts("names jo@example.eu", &[], RULE, "explanation").unwrap_err();
        assert_eq!((refusal.rule.0, refusal.kind, refusal.field), ("R-7-02", Refused::Invalid, "explanation"));
        assert!(!refusal.message.contains("jo@example.eu"), "{refusal}");
    }

    #[test]
    fn r_3_1_02_a_text_is_not_blank() {
        for blank in ["", " ", "\n\t", "\u{a0}\u{2003}"] {
            assert_eq!(ReviewText::new(blank).unwrap_err().field, "text");
        }
        assert_eq!(ReviewText::new(" fine \n").unwrap().as_str(), "fine");
        assert!(ReviewText::new(&"é".repeat(10_000)).is_ok());
        assert!(ReviewText::new(&"é".repeat(10_001)).is_err());
    }
}
