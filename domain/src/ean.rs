//! The number under a product's bar code: GTIN-13, once called EAN-13.

use std::fmt;
use std::str::FromStr;

use crate::money::BadValue;

/// A number of thirteen digits whose last one checks the others (GS1 General Specifications, 7.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ean([u8; 13]);

impl Ean {
    /// The number as text.
    #[must_use]
    pub fn code(&self) -> &str {
        // Thirteen ASCII digits by construction, so this is always valid; the empty text is never seen.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Ean {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        let checked = <[u8; 13]>::try_from(text.as_bytes()).ok().filter(|digits| {
            let weighted = digits.iter().zip([1_u32, 3].into_iter().cycle());
            digits.iter().all(u8::is_ascii_digit)
                && weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum::<u32>() % 10 == 0
        });
        checked.map(Self).ok_or_else(|| BadValue {
            wanted: "an EAN is the thirteen digits under the bar code, as in 4006381333931, of which the last checks the others",
            found: text.to_owned(),
        })
    }
}

crate::text_code::serde_as_text!(Ean);

impl fmt::Display for Ean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_7_02_an_ean_has_thirteen_digits_of_which_the_last_checks_the_others() {
        assert_eq!("4006381333931".parse::<Ean>().unwrap().code(), "4006381333931");
        for wrong in ["", "4006381333932", "400638133393", "40063813339310", "400638133393X", "4006381 33931"] {
            assert!(wrong.parse::<Ean>().is_err(), "{wrong}");
        }
    }
}
