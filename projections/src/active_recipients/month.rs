//! A month's active recipients (R-5-01, R-5-04).

use domain::activity::Excluded;
use domain::place::MemberState;
use serde::{Deserialize, Serialize};

use crate::table::Value;

/// How many recipients were active in a month.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MonthRow {
    /// In the Union, each once.
    pub union: u64,
    /// … of which as buyers, each once.
    pub buyers: u64,
    /// … of which as traders, each once.
    pub traders: u64,
    /// In each Member State, in alphabetical order of code. Empty before anyone was seen.
    pub(super) by_state: Vec<u64>,
    /// Visits left out.
    pub excluded: Excluded,
}

impl Value for MonthRow {}

impl MonthRow {
    /// The Member States with anyone active, in alphabetical order of code.
    pub fn states(&self) -> impl Iterator<Item = (MemberState, u64)> + '_ {
        MemberState::ALL.into_iter().zip(self.by_state.iter().copied()).filter(|(_, count)| *count > 0)
    }
}
