//! The digest of a figure, as it stands in the book.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::money::BadValue;

/// The SHA-256 of a figure with its months and Member States, written as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FigureDigest(pub [u8; 32]);

impl fmt::Display for FigureDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FigureDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for FigureDigest {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || BadValue { wanted: "a digest is 64 hexadecimal digits in small letters", found: text.to_owned() };
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(bad()),
        };
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(bad()) };
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() {
            return Err(bad());
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for FigureDigest {
    type Error = BadValue;
    fn try_from(text: String) -> Result<Self, BadValue> {
        text.parse()
    }
}

impl From<FigureDigest> for String {
    fn from(digest: FigureDigest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_written_and_nothing_else_is_one() {
        let digest = FigureDigest(std::array::from_fn(|index| index as u8 * 8));
        assert_eq!(digest.to_string().parse::<FigureDigest>().unwrap(), digest);
        let text = digest.to_string();
        for bad in ["", "00", &text[1..], &text.to_uppercase(), &format!("{text}00"), &text.replace('8', "é")] {
            assert!(bad.parse::<FigureDigest>().is_err(), "{bad}");
        }
    }
}
