//! Calendar months in Europe/Paris that a figure or a report is of.

use async_graphql::{InputObject, SimpleObject};
use domain::calendar::{ReportPeriod, SixMonths};

use crate::ApiError;

/// Months: by their label, or by year and half. A transparency report may be of a whole year.
#[derive(Debug, Clone, InputObject)]
pub struct DsaPeriodInput {
    /// A half-year, as in 2025-H2, or the first of any six months, as in 2025-03; of a report also a year, as in 2026.
    label: Option<String>,
    /// The year.
    year: Option<i32>,
    /// Which half of the year: 1 or 2. Of a report nothing, for the whole year.
    half: Option<i32>,
}

impl DsaPeriodInput {
    /// The period of a report.
    ///
    /// # Errors
    /// [`ApiError::Input`] when it is not given in one of the ways.
    pub(super) fn reported(&self) -> Result<ReportPeriod, ApiError> {
        let text = match self {
            Self { label: Some(label), year: None, half: None } => label.clone(),
            Self { label: None, year: Some(year), half: None } => format!("{year:04}"),
            Self { .. } => return self.checked().map(ReportPeriod::from),
        };
        text.parse().map_err(|bad| ApiError::input("period", format!("{bad}")))
    }

    /// The six months of a figure.
    ///
    /// # Errors
    /// [`ApiError::Input`] when it is not given in one of the ways.
    pub(super) fn checked(&self) -> Result<SixMonths, ApiError> {
        let text = match self {
            Self { label: Some(label), year: None, half: None } => label.clone(),
            Self { label: None, year: Some(year), half: Some(half) } => format!("{year:04}-H{half}"),
            _ => return Err(ApiError::input("period", "give the label, as in 2025-H2, or year and half")),
        };
        text.parse().map_err(|bad| ApiError::input("period", format!("{bad}")))
    }
}

/// Calendar months in Europe/Paris.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaPeriod {
    /// As in 2025-H2, 2025-03 for six months that are no half-year, or 2026 for a year.
    label: String,
    /// The first month.
    first_month: String,
    /// The last month.
    last_month: String,
}

impl From<ReportPeriod> for DsaPeriod {
    fn from(period: ReportPeriod) -> Self {
        let (first, last) = (period.first(), period.last());
        Self { label: period.to_string(), first_month: first.to_string(), last_month: last.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_5_02_a_period_is_a_label_or_year_and_half() {
        let period = |label: Option<&str>, year, half| {
            DsaPeriodInput { label: label.map(str::to_owned), year, half }.checked().map(|period| period.to_string())
        };
        assert_eq!(period(Some("2025-H2"), None, None).unwrap(), "2025-H2");
        assert_eq!(period(None, Some(2025), Some(2)).unwrap(), "2025-H2");
        assert_eq!(period(Some("2025-03"), None, None).unwrap(), "2025-03");
        assert!(period(None, Some(2025), None).is_err());
        assert!(period(None, Some(2025), Some(3)).is_err());
    }
}
