//! A month's active recipients (R-5-01, R-5-04).

use domain::activity::Excluded;
use domain::place::MemberState;

use super::Counts;

/// How many recipients were active in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MonthRow {
    /// In the Union, each once.
    pub union: u64,
    /// … of which as buyers, each once.
    pub buyers: u64,
    /// … of which as traders, each once.
    pub traders: u64,
    /// … of which as visitors who are neither, each once.
    pub visitors: u64,
    /// In each Member State, in alphabetical order of code.
    pub(super) by_state: [u64; MemberState::ALL.len()],
    /// Visits left out.
    pub excluded: Excluded,
}

impl MonthRow {
    /// What was counted, and what was left out.
    #[must_use]
    pub fn new(counts: Counts, excluded: Excluded) -> Self {
        let [buyers, traders, visitors] = counts.by_role;
        Self { union: counts.union, buyers, traders, visitors, by_state: counts.by_state, excluded }
    }

    /// The Member States with anyone active, in alphabetical order of code.
    pub fn states(&self) -> impl Iterator<Item = (MemberState, u64)> + '_ {
        MemberState::ALL.into_iter().zip(self.by_state).filter(|(_, count)| *count > 0)
    }
}
