//! How long a review stays online (R-3.2-05): "ten years, or as long as its product is for sale".

use chrono::{DateTime, Utc};

use crate::calendar::years_later;
use crate::policy::{Policies, RetentionReading};

/// How many days ahead staff are shown what falls due, where they name no other day: time enough to ask an authority
/// whether an order to keep it is still to come.
pub const AHEAD_DAYS: i64 = 90;

/// Which of the two moments ends a review's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DueBecause {
    /// Its years have passed.
    YearsPassed,
    /// Its product went off sale.
    OffSale,
}

impl DueBecause {
    /// By when it is due and when its years pass. Where both moments are one, the years.
    #[must_use]
    pub fn of(due_at: DateTime<Utc>, years_pass_at: DateTime<Utc>) -> Self {
        if due_at == years_pass_at { Self::YearsPassed } else { Self::OffSale }
    }

    /// Its public name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::YearsPassed => "YEARS_PASSED",
            Self::OffSale => "OFF_SALE",
        }
    }
}

/// When the review's years have passed.
#[must_use]
pub fn years_pass_at(published_at: DateTime<Utc>, policies: &Policies) -> DateTime<Utc> {
    years_later(published_at, policies.review_retention_years)
}

/// When a review is to come down, as far as is known: `off_sale_since` is the moment since which nobody offers the
/// product, or nothing while somebody does.
#[must_use]
pub fn due_at(
    published_at: DateTime<Utc>,
    off_sale_since: Option<DateTime<Utc>>,
    policies: &Policies,
) -> Option<DateTime<Utc>> {
    let years = years_pass_at(published_at, policies);
    match policies.review_retention_reading {
        RetentionReading::LaterOf => off_sale_since.map(|since| since.max(years)),
        RetentionReading::EarlierOf => Some(off_sale_since.map_or(years, |since| since.max(published_at).min(years))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn r_3_2_05_both_readings_of_ten_years_or_as_long_as_for_sale() {
        let published = at("2020-05-01T10:00:00Z");
        let years = at("2030-05-01T10:00:00Z");
        let (early, late) = (at("2022-01-01T00:00:00Z"), at("2033-01-01T00:00:00Z"));
        let later = Policies::default();
        let earlier = Policies { review_retention_reading: RetentionReading::EarlierOf, ..Policies::default() };
        for (off_sale, due_later, due_earlier) in
            [(None, None, Some(years)), (Some(early), Some(years), Some(early)), (Some(late), Some(late), Some(years))]
        {
            assert_eq!(due_at(published, off_sale, &later), due_later);
            assert_eq!(due_at(published, off_sale, &earlier), due_earlier);
        }
    }

    #[test]
    fn r_3_2_05_why_a_review_is_due_is_the_moment_that_ended_its_time() {
        let published = at("2020-05-01T10:00:00Z");
        let policies = Policies::default();
        let years = years_pass_at(published, &policies);
        for (off_sale, because) in
            [("2022-01-01T00:00:00Z", DueBecause::YearsPassed), ("2033-01-01T00:00:00Z", DueBecause::OffSale)]
        {
            let due = due_at(published, Some(at(off_sale)), &policies).unwrap();
            assert_eq!(DueBecause::of(due, years), because);
        }
    }
}
