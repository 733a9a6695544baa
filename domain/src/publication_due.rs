//! By when the next figure of DSA art. 24(2) is published (R-5-02): at least every six months, counted from 17 February
//! 2023. So that of January to June is due on 17 August, and that of July to December on 17 February.

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::{Month, ReportPeriod, SixMonths, local_day, months_later};

/// The day of the month on which figures are due: that of the first ones, 17 February 2023 (art. 24(2)).
const DUE_ON_DAY: u64 = 17;

/// How long after a publication the next one comes at the latest, in months (art. 24(2)).
const EVERY_MONTHS: u32 = 6;

/// A half-year and the day by which its figure is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicationDue {
    /// The half-year.
    pub period: SixMonths,
    /// The last day in Europe/Paris.
    pub on: NaiveDate,
}

impl PublicationDue {
    /// The 17th of the second month after them.
    fn of(period: SixMonths) -> Self {
        let month_after = ReportPeriod::from(period).last().next().next();
        let first_day = local_day(month_after.begins());
        let on = first_day.checked_add_days(chrono::Days::new(DUE_ON_DAY - 1)).unwrap_or(first_day);
        Self { period, on }
    }

    /// The next one after the latest six months of which a figure was published, and when it was for the first time: the
    /// half-year that goes on from them, by its day, or six months after that publication where that is earlier. Where
    /// nothing has been published, the newest half-year that is over at this moment.
    #[must_use]
    pub fn next(latest: Option<(SixMonths, DateTime<Utc>)>, now: DateTime<Utc>) -> Self {
        match latest {
            Some((published, at)) => {
                let after = Self::of(SixMonths::half_year_of(ReportPeriod::from(published).last().next()));
                Self { on: after.on.min(local_day(months_later(at, EVERY_MONTHS))), ..after }
            }
            None => Self::of(SixMonths::half_year_of(Month::of(now)).before()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(newest: Option<(&str, &str)>, now: &str) -> String {
        let newest = newest.map(|(period, at)| (period.parse().unwrap(), at.parse().unwrap()));
        let due = PublicationDue::next(newest, now.parse().unwrap());
        format!("{} by {}", due.period, due.on)
    }

    #[test]
    fn r_5_02_half_years_are_due_on_17_august_and_17_february() {
        assert_eq!(next(None, "2026-03-01T00:00:00Z"), "2025-H2 by 2026-02-17");
        assert_eq!(next(None, "2026-07-01T00:00:00Z"), "2026-H1 by 2026-08-17");
        assert_eq!(next(Some(("2025-H2", "2026-02-17T10:00:00Z")), "2026-03-01T00:00:00Z"), "2026-H1 by 2026-08-17");
        assert_eq!(next(Some(("2026-H1", "2026-08-20T10:00:00Z")), "2026-09-01T00:00:00Z"), "2026-H2 by 2027-02-17");
    }

    #[test]
    fn r_5_02_the_next_one_comes_at_the_latest_six_months_after_the_last() {
        assert_eq!(next(Some(("2025-H2", "2026-01-05T10:00:00Z")), "2026-03-01T00:00:00Z"), "2026-H1 by 2026-07-05");
        // Six months on demand count as well; the next half-year is the one that goes on from them.
        assert_eq!(next(Some(("2025-10", "2026-04-02T10:00:00Z")), "2026-05-01T00:00:00Z"), "2026-H1 by 2026-08-17");
        // A half-year that nobody published is due no more than those before it: what is published is the past six months.
        assert_eq!(next(Some(("2023-H1", "2023-08-01T10:00:00Z")), "2026-05-01T00:00:00Z"), "2023-H2 by 2024-02-01");
    }
}
