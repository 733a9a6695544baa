//! Countries, and the Union's Member States among them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::money::BadValue;

/// An ISO 3166-1 alpha-2 country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The code as text.
    #[must_use]
    pub fn code(&self) -> &str {
        // Two ASCII capitals by construction, so this is always valid; the empty text is never seen.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The Member State that it is, if it is one.
    #[must_use]
    pub fn member_state(self) -> Option<MemberState> {
        MemberState::ALL.into_iter().find(|state| state.code() == self.code())
    }
}

impl FromStr for Country {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([*a, *b])),
            _ => Err(BadValue {
                wanted: "a country is two capital letters (ISO 3166-1), as in NL",
                found: text.to_owned(),
            }),
        }
    }
}

crate::text_code::serde_as_text!(Country);

impl From<MemberState> for Country {
    fn from(state: MemberState) -> Self {
        let bytes = state.code().as_bytes();
        Self([bytes[0], bytes[1]])
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

macro_rules! member_states {
    ($($code:ident $name:literal),* $(,)?) => {
        /// A Member State of the European Union, by its ISO 3166-1 code (`GR`, not `EL`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(clippy::upper_case_acronyms)]
        #[repr(u8)]
        pub enum MemberState { $(#[doc = $name] $code),* }

        impl MemberState {
            /// All of them, in alphabetical order of code.
            pub const ALL: [Self; [$(stringify!($code)),*].len()] = [$(Self::$code),*];

            /// The code as text.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$code => stringify!($code)),* }
            }
        }
    };
}

member_states! {
    AT "Austria", BE "Belgium", BG "Bulgaria", CY "Cyprus", CZ "Czechia", DE "Germany", DK "Denmark", EE "Estonia",
    ES "Spain", FI "Finland", FR "France", GR "Greece", HR "Croatia", HU "Hungary", IE "Ireland", IT "Italy",
    LT "Lithuania", LU "Luxembourg", LV "Latvia", MT "Malta", NL "Netherlands", PL "Poland", PT "Portugal",
    RO "Romania", SE "Sweden", SI "Slovenia", SK "Slovakia",
}

impl FromStr for MemberState {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        Self::ALL.into_iter().find(|state| state.code() == text).ok_or_else(|| BadValue {
            wanted: "a Member State is one of the Union's 27 codes, as in NL",
            found: text.to_owned(),
        })
    }
}

impl fmt::Display for MemberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_union_has_27_member_states_in_alphabetical_order() {
        assert_eq!(MemberState::ALL.len(), 27);
        assert!(MemberState::ALL.windows(2).all(|pair| pair[0].code() < pair[1].code()));
    }

    #[test]
    fn brazil_is_no_member_state() {
        assert_eq!("BR".parse::<Country>().unwrap().member_state(), None);
        assert_eq!("GR".parse::<Country>().unwrap().member_state(), Some(MemberState::GR));
    }
}
