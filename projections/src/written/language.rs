//! The languages in which the platform writes to people.

use domain::language::Language;

/// A language in which every letter and every text for the website exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WrittenLanguage {
    /// `en`, also for whoever reads none of the four.
    English,
    /// `fr`.
    French,
    /// `nl`.
    Dutch,
    /// `de`.
    German,
}

impl WrittenLanguage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::English, Self::French, Self::Dutch, Self::German];

    /// The BCP 47 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Dutch => "nl",
            Self::German => "de",
        }
    }
}

impl From<Language> for WrittenLanguage {
    fn from(language: Language) -> Self {
        Self::ALL.into_iter().find(|known| known.code() == language.code()).unwrap_or(Self::English)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_none_of_the_four_languages_is_written_to_in_english() {
        let of = |code: &str| WrittenLanguage::from(code.parse::<Language>().unwrap());
        assert_eq!(["nl", "fr", "de", "en", "pt"].map(of).map(WrittenLanguage::code), ["nl", "fr", "de", "en", "en"]);
    }
}
