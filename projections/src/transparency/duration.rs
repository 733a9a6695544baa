//! How long things took, and their exact median.
//!
//! The median of an odd number of durations is the middle one; of an even number, half the sum of the two in the middle;
//! of none, there is none. It is kept exactly and rounded once, when it is printed: to hundredths of an hour, half to even.

use std::fmt;

/// Microseconds in an hour.
const HOUR_MICROS: i128 = 3_600_000_000;

/// How long things took, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Durations(Vec<i64>);

impl FromIterator<i64> for Durations {
    fn from_iter<I: IntoIterator<Item = i64>>(durations: I) -> Self {
        Self(durations.into_iter().collect())
    }
}

impl Durations {
    /// One more.
    pub fn push(&mut self, micros: i64) {
        self.0.push(micros);
    }

    /// How many things it was.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Their median; nothing of nothing.
    #[must_use]
    pub fn median(&self) -> Option<Median> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let above = *sorted.get(sorted.len() / 2)?;
        let below = if sorted.len().is_multiple_of(2) { sorted[sorted.len() / 2 - 1] } else { above };
        Some(Median { twice_micros: i128::from(below) + i128::from(above) })
    }
}

/// An exact median of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Median {
    /// Twice of it, in microseconds: a whole number where the median itself may be a half.
    twice_micros: i128,
}

impl Median {
    /// In hours with two decimals.
    #[must_use]
    pub fn hours(self) -> String {
        let hundredths = half_to_even(self.twice_micros * 100, 2 * HOUR_MICROS);
        let (sign, digits) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
        format!("{sign}{}.{:02}", digits / 100, digits % 100)
    }
}

impl fmt::Display for Median {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hours())
    }
}

/// A fraction of whole numbers, of which the lower is not negative, rounded half to even.
pub(super) const fn half_to_even(numerator: i128, denominator: i128) -> i128 {
    let (quotient, remainder) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let up = 2 * remainder > denominator || (2 * remainder == denominator && quotient.rem_euclid(2) == 1);
    if up { quotient + 1 } else { quotient }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(durations: &[i64]) -> Option<String> {
        durations.iter().copied().collect::<Durations>().median().map(Median::hours)
    }

    #[test]
    fn r_7_01_a_median_is_the_middle_one_or_between_the_two_in_the_middle_or_there_is_none() {
        const HOUR: i64 = 3_600_000_000;
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[5 * HOUR]).as_deref(), Some("5.00"));
        assert_eq!(median(&[9 * HOUR, HOUR, 2 * HOUR]).as_deref(), Some("2.00"));
        assert_eq!(median(&[9 * HOUR, HOUR, 2 * HOUR, 3 * HOUR]).as_deref(), Some("2.50"));
        assert_eq!(median(&[0, 0]).as_deref(), Some("0.00"));
    }

    #[test]
    fn r_7_01_a_median_is_rounded_once_half_to_even() {
        // A hundredth of an hour is 36 seconds.
        assert_eq!(median(&[18_000_000]).as_deref(), Some("0.00"));
        assert_eq!(median(&[18_000_001]).as_deref(), Some("0.01"));
        assert_eq!(median(&[54_000_000]).as_deref(), Some("0.02"));
        // Of these two the middle is half a microsecond above the half.
        assert_eq!(median(&[18_000_000, 18_000_001]).as_deref(), Some("0.01"));
        // Where the clocks of two nodes disagree, an answer may be dated before what it answers.
        assert_eq!(median(&[-18_000_000]).as_deref(), Some("0.00"));
        assert_eq!(median(&[-54_000_000]).as_deref(), Some("-0.02"));
        assert_eq!(median(&[-9 * 3_600_000_000]).as_deref(), Some("-9.00"));
    }
}
