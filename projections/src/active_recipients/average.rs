//! The average monthly active recipients, as an exact fraction (DSA art. 24(2); R-5-01, R-5-03).

use domain::activity::RecipientRole;
use domain::calendar::Month;
use domain::dsa_figure::FigureMonth;
use domain::threshold::Level;

use super::MonthRow;
use crate::digest::Digest;

/// The average monthly active recipients of six months, as DSA art. 24(2) asks, or of the year of a report: an exact
/// fraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Average {
    /// The months with their rows, in order.
    pub months: Vec<(Month, MonthRow)>,
}

impl Average {
    /// The recipients of the six months, added up.
    #[must_use]
    pub fn numerator(&self) -> u64 {
        self.months.iter().map(|(_, row)| row.union).sum()
    }

    /// The months.
    #[must_use]
    pub fn denominator(&self) -> u64 {
        self.months.len() as u64
    }

    /// The average with two decimals, rounded half to even.
    #[must_use]
    pub fn decimal(&self) -> String {
        self.mean().decimal(2)
    }

    /// Whether it is below the threshold of a very large online platform.
    #[must_use]
    pub fn below_threshold(&self) -> bool {
        self.level() < Level::VeryLarge
    }

    /// The months as they are published.
    #[must_use]
    pub fn published_months(&self) -> Vec<FigureMonth> {
        let published = |(month, row): &(Month, MonthRow)| FigureMonth {
            month: *month,
            union: row.union,
            by_role: by_role(row).into(),
            by_member_state: row.states().collect(),
            excluded: row.excluded,
        };
        self.months.iter().map(published).collect()
    }

    /// What is digested of it: everything that is printed, in a fixed order.
    #[must_use]
    pub fn digest(&self) -> Digest {
        use std::fmt::Write as _;
        let mut text = String::new();
        for (month, row) in &self.months {
            // Writing to a String can't fail.
            let _ = writeln!(
                text,
                "{month} EU {} {} {} {} {}",
                row.union, row.buyers, row.traders, row.excluded.bots, row.excluded.incidental
            );
            for (state, count) in row.states() {
                let _ = writeln!(text, "{month} {state} {count}");
            }
            // Not told apart from buyers before there were any, so that a figure of then keeps its digest.
            if row.visitors > 0 {
                let _ = writeln!(text, "{month} EU visitors {}", row.visitors);
            }
        }
        Digest::of_text(&text)
    }
}

/// How many recipients were active in each part.
#[must_use]
pub fn by_role(row: &MonthRow) -> [(RecipientRole, u64); 3] {
    RecipientRole::ALL.map(|role| {
        let recipients = match role {
            RecipientRole::Buyer => row.buyers,
            RecipientRole::Trader => row.traders,
            RecipientRole::Visitor => row.visitors,
        };
        (role, recipients)
    })
}

/// That of the first half of 2018, with so many recipients in each month.
#[cfg(test)]
pub(super) fn average_of(unions: [u64; 6]) -> Average {
    let period: domain::calendar::SixMonths = "2018-H1".parse().unwrap();
    let rows = unions.map(|union| MonthRow { union, ..MonthRow::default() });
    Average { months: period.months().into_iter().zip(rows).collect() }
}

#[cfg(test)]
mod tests {
    use domain::threshold::VERY_LARGE;

    use super::*;

    #[test]
    fn r_5_01_the_figure_is_the_mean_of_six_months_as_an_exact_fraction() {
        let figure = average_of([1, 2, 3, 4, 5, 7]);
        assert_eq!((figure.numerator(), figure.denominator(), figure.decimal().as_str()), (22, 6, "3.67"));
        assert_eq!(average_of([3, 0, 0, 0, 0, 0]).decimal(), "0.50");
    }

    #[test]
    fn r_5_03_compared_with_the_threshold_exactly() {
        assert!(average_of([VERY_LARGE - 1; 6]).below_threshold());
        assert!(!average_of([VERY_LARGE; 6]).below_threshold());
    }
}
