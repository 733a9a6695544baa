//! Money: whole minor units of one currency. Never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");
    /// The Brazilian real.
    pub const BRL: Self = Self(*b"BRL");

    /// The code as text.
    #[must_use]
    pub fn code(&self) -> &str {
        // Three ASCII capitals by construction, so this is always valid; the empty text is never seen.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimals its minor unit has (ISO 4217).
    #[must_use]
    pub const fn decimals(self) -> usize {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

/// Text that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wanted}, but found {found:?}")]
pub struct BadValue {
    /// What was wanted.
    pub wanted: &'static str,
    /// What was found.
    pub found: String,
}

impl FromStr for Currency {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|letter| letter.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(BadValue {
                wanted: "a currency is three capital letters (ISO 4217), as in EUR",
                found: text.to_owned(),
            }),
        }
    }
}

crate::text_code::serde_as_text!(Currency);

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units: cents of a euro.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// So many minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads a decimal amount, as in `249.90`. More decimals than the currency has are refused, not rounded.
    ///
    /// # Errors
    /// [`BadValue`] when it is not a plain decimal that fits.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, BadValue> {
        let bad = || BadValue {
            wanted: "an amount is a plain decimal with no more decimals than its currency has, as in 249.90",
            found: amount.to_owned(),
        };
        let (negative, digits) = amount.strip_prefix('-').map_or((false, amount), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let decimals = currency.decimals();
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction.len() > decimals || digits.ends_with('.') {
            return Err(bad());
        }
        let minor: i64 = format!("{whole}{fraction:0<decimals$}").parse().map_err(|_| bad())?;
        Ok(Self { minor: if negative { -minor } else { minor }, currency })
    }

    /// As much the other way.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self { minor: self.minor.saturating_neg(), ..self }
    }

    /// The sum, unless it does not fit or the currencies differ.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_add(other.minor)?;
        (self.currency == other.currency).then_some(Self { minor, ..self })
    }

    /// So many times as much, unless it does not fit.
    #[must_use]
    pub fn times(self, count: u32) -> Option<Self> {
        Some(Self { minor: self.minor.checked_mul(i64::from(count))?, ..self })
    }

    /// A share in basis points (hundredths of a percent), rounded half to even on the minor unit.
    #[must_use]
    pub fn share(self, basis_points: u32) -> Self {
        let product = i128::from(self.minor) * i128::from(basis_points);
        let (quotient, remainder) = (product.div_euclid(10_000), product.rem_euclid(10_000));
        let up = remainder > 5_000 || (remainder == 5_000 && quotient.rem_euclid(2) == 1);
        // A share of at most u32::MAX basis points of an i64 fits i128; what leaves i64 is clamped to its end.
        let minor = i64::try_from(quotient + i128::from(up)).unwrap_or(i64::MAX);
        Self { minor, ..self }
    }

    /// The amount as a decimal with all its currency's decimals, as in `249.90`.
    #[must_use]
    pub fn decimal(&self) -> String {
        let decimals = self.currency.decimals();
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written_exactly() {
        for (text, minor) in [("249.90", 24_990), ("0.05", 5), ("-3.00", -300)] {
            let money = Money::parse(text, Currency::EUR).unwrap();
            assert_eq!(money.minor, minor);
            assert_eq!(money.decimal(), text);
        }
        assert_eq!(Money::parse("7", Currency::EUR).unwrap().minor, 700);
        assert_eq!(Money::parse("700", "JPY".parse().unwrap()).unwrap().decimal(), "700");
    }

    #[test]
    fn bad_amounts_are_refused_not_rounded() {
        for text in ["", "1.", ".5", "1.234", "1,20", "1e3", "--1", "+1", "99999999999999999999"] {
            assert!(Money::parse(text, Currency::EUR).is_err(), "{text}");
        }
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!("EUR".parse(), Ok(Currency::EUR));
        for text in ["", "EU", "EURO", "eur", "EuR", "E1R"] {
            assert!(text.parse::<Currency>().is_err(), "{text}");
        }
    }

    #[test]
    fn r_1_2_05_shares_round_half_to_even() {
        for (minor, basis_points, share) in [
            (105, 1_000, 10),
            (115, 1_000, 12),
            (125, 1_000, 12),
            (135, 1_000, 14),
            (-105, 1_000, -10),
            (24_990, 1_000, 2_499),
        ] {
            assert_eq!(Money::new(minor, Currency::EUR).share(basis_points).minor, share, "{minor}");
        }
    }
}
