//! A seller's five rates (R-2.3-08): counts, and the smoothed rates that the buy box uses.

use serde::{Deserialize, Serialize};

use crate::policy::QualityWeights;

/// What can be wrong with what was delivered. The fifth rate, late delivery, is measured, not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IssueKind {
    /// It looks worse than its condition promises.
    AestheticDefect,
    /// It is another product than ordered.
    WrongProduct,
    /// It does not work as it should.
    DefectiveProduct,
    /// Accessories are missing or wrong.
    WrongAccessories,
}

impl IssueKind {
    /// All kinds, in the order of the published table.
    pub const ALL: [Self; 4] =
        [Self::AestheticDefect, Self::WrongProduct, Self::DefectiveProduct, Self::WrongAccessories];

    /// Its place in a table.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What a seller's deliveries in the window came to. An order counts once for each of its sellers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QualityCounts {
    /// Orders delivered.
    pub delivered: u32,
    /// … of which after the promise.
    pub late: u32,
    /// … of which with an issue of each kind, in the order of [`IssueKind::ALL`].
    pub issues: [u32; 4],
}

/// A rate in basis points (hundredths of a percent), smoothed so that a new seller starts at two percent:
/// `(bad + 2) × 10,000 ÷ (delivered + 100)`, rounded down.
#[must_use]
pub const fn smoothed_basis_points(bad: u32, delivered: u32) -> u64 {
    (bad as u64 + 2) * 10_000 / (delivered as u64 + 100)
}

impl QualityCounts {
    /// The five smoothed rates, each times its weight, added up: what the buy box adds to the price, in basis points.
    #[must_use]
    pub const fn weighted_basis_points(&self, weights: &QualityWeights) -> u64 {
        let [aesthetic, wrong, defective, accessories] = self.issues;
        weights.aesthetic_defect as u64 * smoothed_basis_points(aesthetic, self.delivered)
            + weights.wrong_product as u64 * smoothed_basis_points(wrong, self.delivered)
            + weights.defective_product as u64 * smoothed_basis_points(defective, self.delivered)
            + weights.wrong_accessories as u64 * smoothed_basis_points(accessories, self.delivered)
            + weights.late_delivery as u64 * smoothed_basis_points(self.late, self.delivered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_2_3_08_a_new_seller_starts_at_two_percent_and_counts_move_it() {
        assert_eq!(smoothed_basis_points(0, 0), 200);
        assert_eq!(smoothed_basis_points(0, 900), 20);
        assert_eq!(smoothed_basis_points(98, 900), 1_000);
    }

    #[test]
    fn r_2_3_07_each_rate_weighs_by_its_own_weight() {
        let counts = QualityCounts { delivered: 0, late: 0, issues: [0, 1, 2, 3] };
        let none = QualityWeights {
            aesthetic_defect: 0,
            wrong_product: 0,
            defective_product: 0,
            wrong_accessories: 0,
            late_delivery: 0,
        };
        assert_eq!(counts.weighted_basis_points(&none), 0);
        for (weights, expected) in [
            (QualityWeights { aesthetic_defect: 1, ..none }, 200),
            (QualityWeights { wrong_product: 1, ..none }, 300),
            (QualityWeights { defective_product: 1, ..none }, 400),
            (QualityWeights { wrong_accessories: 1, ..none }, 500),
            (QualityWeights { late_delivery: 3, ..none }, 600),
        ] {
            assert_eq!(counts.weighted_basis_points(&weights), expected);
        }
    }
}
