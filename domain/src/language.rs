//! Languages, by their BCP 47 primary subtag.

use std::fmt;
use std::str::FromStr;

use crate::money::BadValue;

/// A language, as in `pt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language([u8; 2]);

impl Language {
    /// The code as text.
    #[must_use]
    pub fn code(&self) -> &str {
        // Two ASCII letters by construction, so this is always valid; the empty text is never seen.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Language {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_lowercase() && b.is_ascii_lowercase() => Ok(Self([*a, *b])),
            _ => Err(BadValue { wanted: "a language is two small letters (BCP 47), as in nl", found: text.to_owned() }),
        }
    }
}

crate::text_code::serde_as_text!(Language);

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
