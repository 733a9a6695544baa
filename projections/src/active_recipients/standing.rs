//! How a figure stands: how far from the threshold of a very large platform, and where it is going (R-5-03).

use domain::threshold::{Level, VERY_LARGE};

use super::{Average, Fraction};

impl Average {
    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Fraction {
        Fraction::new(self.numerator().into(), self.denominator())
    }

    /// What is missing to [`VERY_LARGE`]; negative from there on.
    #[must_use]
    pub fn distance(&self) -> Fraction {
        let threshold = i128::from(VERY_LARGE) * i128::from(self.denominator());
        Fraction::new(threshold - i128::from(self.numerator()), self.denominator())
    }

    /// How many hundredths of [`VERY_LARGE`] the mean is.
    #[must_use]
    pub fn percent_of_threshold(&self) -> Fraction {
        Fraction::new(i128::from(self.numerator()) * 100, VERY_LARGE * self.denominator())
    }

    /// How far it is from the threshold.
    #[must_use]
    pub fn level(&self) -> Level {
        Level::of(self.numerator(), self.denominator())
    }

    /// The mean of the second half of the months less that of the first: of six months, the last three against the first
    /// three.
    #[must_use]
    pub fn change_within(&self) -> Fraction {
        let half = self.months.len() / 2;
        let sum = |months: &[_]| -> i128 { months.iter().map(union).sum() };
        Fraction::new(sum(&self.months[half..]) - sum(&self.months[..half]), half as u64)
    }

    /// The mean less the mean of as many other months.
    #[must_use]
    pub fn change_since(&self, before: &Self) -> Fraction {
        debug_assert_eq!(self.denominator(), before.denominator(), "as many months");
        Fraction::new(i128::from(self.numerator()) - i128::from(before.numerator()), self.denominator())
    }
}

fn union((_, row): &(domain::calendar::Month, super::MonthRow)) -> i128 {
    row.union.into()
}

#[cfg(test)]
mod tests {
    use domain::threshold::WARNING_LEVEL;

    use super::super::average::average_of;
    use super::*;

    #[test]
    fn r_5_03_the_distance_to_the_threshold_is_exact_on_both_sides() {
        let below = average_of([VERY_LARGE, VERY_LARGE, VERY_LARGE, VERY_LARGE, VERY_LARGE, VERY_LARGE - 1]);
        assert_eq!((below.distance().numerator(), below.distance().denominator()), (1, 6));
        assert_eq!(below.distance().decimal(2), "0.17");
        assert_eq!(average_of([VERY_LARGE + 3; 6]).distance().decimal(2), "-3.00");
        assert_eq!(average_of([WARNING_LEVEL; 6]).percent_of_threshold().decimal(2), "80.00");
        assert_eq!(average_of([WARNING_LEVEL; 6]).level(), Level::Near);
        assert_eq!(average_of([0; 6]).percent_of_threshold().decimal(2), "0.00");
    }

    #[test]
    fn r_5_03_the_trend_is_three_months_against_three_and_six_against_six() {
        let figure = average_of([10, 20, 30, 40, 20, 10]);
        assert_eq!((figure.change_within().numerator(), figure.change_within().denominator()), (10, 3));
        assert_eq!(figure.change_within().decimal(2), "3.33");
        assert_eq!(figure.change_since(&average_of([30; 6])).decimal(2), "-8.33");
        assert_eq!(figure.change_since(&average_of([0; 6])), figure.mean());
    }
}
