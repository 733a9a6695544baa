//! The average monthly active recipients, as an exact fraction (DSA art. 24(2); R-5-01, R-5-03).

use domain::calendar::Month;

use super::MonthRow;
use crate::digest::Digest;

/// The average monthly active recipients of six months, as DSA art. 24(2) asks, or of the year of a report: an exact
/// fraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Average {
    /// The months with their rows, in order.
    pub months: Vec<(Month, MonthRow)>,
}

/// From so many average monthly active recipients on, a platform is a very large one (DSA art. 33(1)).
pub const VERY_LARGE: u64 = 45_000_000;

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
        let (numerator, denominator) = (self.numerator() * 100, self.denominator().max(1));
        let (quotient, remainder) = (numerator / denominator, numerator % denominator);
        let up = 2 * remainder > denominator || (2 * remainder == denominator && quotient % 2 == 1);
        let hundredths = quotient + u64::from(up);
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    }

    /// Whether it is below the threshold of a very large online platform.
    #[must_use]
    pub fn below_threshold(&self) -> bool {
        self.numerator() < VERY_LARGE * self.denominator()
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::calendar::SixMonths;

    fn average(unions: [u64; 6]) -> Average {
        let period: SixMonths = "2018-H1".parse().unwrap();
        Average {
            months: period
                .months()
                .into_iter()
                .zip(unions.map(|union| MonthRow { union, ..MonthRow::default() }))
                .collect(),
        }
    }

    #[test]
    fn r_5_01_the_figure_is_the_mean_of_six_months_as_an_exact_fraction() {
        let figure = average([1, 2, 3, 4, 5, 7]);
        assert_eq!((figure.numerator(), figure.denominator(), figure.decimal().as_str()), (22, 6, "3.67"));
        assert_eq!(average([3, 0, 0, 0, 0, 0]).decimal(), "0.50");
    }

    #[test]
    fn r_5_03_compared_with_the_threshold_exactly() {
        assert!(average([VERY_LARGE - 1; 6]).below_threshold());
        assert!(!average([VERY_LARGE; 6]).below_threshold());
    }
}
