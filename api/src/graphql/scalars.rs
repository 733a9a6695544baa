//! Values as clients see them: decimals as text, dates, money with its currency's code.

use async_graphql::{InputObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use chrono::NaiveDate;
use domain::money::{Currency, Money as Amount};
use projections::active_recipients::Fraction;

use crate::ApiError;

/// An exact decimal, as text, as in "249.90". Never a float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(pub String);

#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        if let Value::String(text) = value {
            Ok(Self(text))
        } else if let Value::Number(number) = value {
            // A literal without quotes keeps its digits here, so that nothing is rounded.
            Ok(Self(number.to_string()))
        } else {
            Err(InputValueError::expected_type(value))
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl Decimal {
    /// A fraction with so many decimals, rounded half to even; zero where there is nothing to divide by.
    #[must_use]
    pub fn ratio(numerator: u64, denominator: u64, decimals: u32) -> Self {
        Self(Fraction::new(numerator.into(), denominator).decimal(decimals))
    }
}

/// A day, as in 2026-01-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        text.parse().map(Self).map_err(|_| InputValueError::custom("a day is written YYYY-MM-DD, as in 2026-01-31"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An amount of money: an exact decimal and an ISO 4217 currency code.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(serial)]
pub struct Money {
    /// The amount, with all its currency's decimals.
    amount: Decimal,
    /// The currency, as in EUR.
    currency_code: String,
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self { amount: Decimal(amount.decimal()), currency_code: amount.currency.code().to_owned() }
    }
}

/// An amount of money.
#[derive(Debug, Clone, InputObject)]
pub struct MoneyInput {
    /// The amount; no more decimals than the currency has.
    amount: Decimal,
    /// The currency, as in EUR.
    currency_code: String,
}

impl MoneyInput {
    /// The amount, checked.
    ///
    /// # Errors
    /// [`ApiError::Input`] naming the field.
    pub fn checked(&self, field: &'static str) -> Result<Amount, ApiError> {
        let bad = |bad: domain::money::BadValue| ApiError::input(field, bad.to_string());
        Amount::parse(&self.amount.0, self.currency_code.parse::<Currency>().map_err(bad)?).map_err(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_round_half_to_even() {
        for (numerator, denominator, text) in
            [(0, 0, "0.00"), (9, 2, "4.50"), (1, 3, "0.33"), (1, 8, "0.12"), (3, 8, "0.38")]
        {
            assert_eq!(Decimal::ratio(numerator, denominator, 2).0, text, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn an_amount_with_too_many_decimals_is_refused_not_rounded() {
        let input = |amount: &str| MoneyInput { amount: Decimal(amount.into()), currency_code: "EUR".into() };
        assert_eq!(input("249.9").checked("price").unwrap().minor, 24_990);
        assert!(matches!(input("249.999").checked("price"), Err(ApiError::Input { field: "price", .. })));
    }
}
