//! An exact fraction, which is rounded only where it is printed.

/// A fraction. A figure stays one, so that whoever checks it meets no rounding but the printed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    numerator: i128,
    denominator: u128,
}

impl Fraction {
    /// A fraction as it is given, not reduced; zero where there is nothing to divide by, for then there is nothing to count.
    #[must_use]
    pub const fn new(numerator: i128, denominator: u64) -> Self {
        if denominator == 0 {
            return Self { numerator: 0, denominator: 1 };
        }
        Self { numerator, denominator: denominator as u128 }
    }

    /// The numerator, which carries the sign.
    #[must_use]
    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    /// The denominator, never zero.
    #[must_use]
    pub const fn denominator(self) -> u128 {
        self.denominator
    }

    /// It with so many decimals, rounded half to even.
    #[must_use]
    pub fn decimal(self, decimals: u32) -> String {
        let scale = 10_u128.pow(decimals);
        let numerator = self.numerator.unsigned_abs() * scale;
        let (quotient, remainder) = (numerator / self.denominator, numerator % self.denominator);
        let up = 2 * remainder > self.denominator || (2 * remainder == self.denominator && quotient % 2 == 1);
        let rounded = quotient + u128::from(up);
        let sign = if self.numerator < 0 && rounded > 0 { "-" } else { "" };
        let width = decimals as usize;
        format!("{sign}{}.{:0width$}", rounded / scale, rounded % scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_5_01_fractions_round_half_to_even_on_both_sides_of_zero() {
        for (numerator, denominator, text) in [
            (0, 0, "0.00"),
            (9, 2, "4.50"),
            (1, 3, "0.33"),
            (1, 8, "0.12"),
            (3, 8, "0.38"),
            (-3, 8, "-0.38"),
            (-1, 8, "-0.12"),
            (-1, 1000, "0.00"),
            (269_999_997, 6, "44999999.50"),
        ] {
            assert_eq!(Fraction::new(numerator, denominator).decimal(2), text, "{numerator}/{denominator}");
        }
    }
}
