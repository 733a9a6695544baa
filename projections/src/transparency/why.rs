//! Why a value is not there. Nothing is zero because nobody knows, so that each empty value has its reason.

use std::fmt;

/// Why a value is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A median of nothing.
    NoneInPeriod,
    /// Accuracy of means that decided nothing.
    NothingToMeasure,
    /// Restrictions that the service does not have.
    NoSuchRestriction,
    /// Not in the book.
    NotKept,
    /// Not asked of a service of this size.
    NotAsked,
}

impl Why {
    /// As the report says it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoneInPeriod => "None in the period, so there is no median.",
            Self::NothingToMeasure => "Automated means decided nothing: there is nothing to measure.",
            Self::NoSuchRestriction => "The service has no such restriction.",
            Self::NotKept => "Not kept by the platform's book.",
            Self::NotAsked => "Asked of very large online platforms only.",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
