//! Relevance: the default order of reviews (R-3.2-03), formula version 1, as published.
//!
//! `relevance = 5 × content + 3 × length + 2 × photos`, each part 0 to 1,000, where
//! - *content* is how many different words the text has (40 or more is full) for seven tenths, and how many of the
//!   five aspects are scored for three tenths;
//! - *length* is the text's characters (600 or more is full);
//! - *photos* is full when photos are shown with the review.
//!
//! Neither the author nor the score comes in: the parts are measured when the review is decided and stand in its
//! event in the clear, so that erasing the text changes no order of the past.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What is measured of a text when its review is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextSignals {
    /// Its characters.
    pub characters: u32,
    /// Its different words of three letters or more, whatever their case.
    pub distinct_words: u32,
}

impl TextSignals {
    /// Measures a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let words: BTreeSet<String> = text
            .split(|character: char| !character.is_alphanumeric())
            .filter(|word| word.chars().count() >= 3)
            .map(str::to_lowercase)
            .collect();
        let count = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        Self { characters: count(text.chars().count()), distinct_words: count(words.len()) }
    }
}

/// The relevance, 0 to 10,000; the highest is shown first.
#[must_use]
pub fn relevance(signals: TextSignals, aspects_scored: u32, photos_shown: bool) -> u32 {
    let content = signals.distinct_words.min(40) * 700 / 40 + aspects_scored.min(5) * 60;
    let length = signals.characters.min(600) * 1_000 / 600;
    let photos = if photos_shown { 1_000 } else { 0 };
    5 * content + 3 * length + 2 * photos
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_3_2_03_content_length_and_photos_each_raise_it() {
        let short = TextSignals::of("good");
        let long = TextSignals::of("good battery, bright screen, fast delivery and a fair price");
        assert!(relevance(long, 0, false) > relevance(short, 0, false));
        assert!(relevance(short, 5, false) > relevance(short, 0, false));
        assert!(relevance(short, 0, true) > relevance(short, 0, false));
        assert_eq!(relevance(TextSignals { characters: 9_999, distinct_words: 9_999 }, 9, true), 10_000);
        assert_eq!(relevance(TextSignals::default(), 0, false), 0);
    }

    #[test]
    fn r_3_2_03_words_count_once_in_any_script_and_case() {
        assert_eq!(TextSignals::of("Très bien, TRÈS bien: ok"), TextSignals { characters: 24, distinct_words: 2 });
    }
}
