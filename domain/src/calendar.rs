//! Months, half-years and deadlines in the operator's time zone.
//!
//! Instants are UTC everywhere; a calendar month, a half-year and the end of a day are what they are in
//! Europe/Paris, daylight saving included.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Paris;
use serde::{Deserialize, Serialize};

use crate::money::BadValue;

/// A calendar month in Europe/Paris.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i32,
    month: u8,
}

impl Month {
    /// The month in which an instant falls.
    #[must_use]
    pub fn of(instant: DateTime<Utc>) -> Self {
        let local = instant.with_timezone(&Paris);
        // chrono's months are 1 to 12.
        Self { year: local.year(), month: local.month() as u8 }
    }

    /// Its first instant.
    #[must_use]
    pub fn begins(self) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(self.year, u32::from(self.month), 1).map_or(DateTime::<Utc>::MAX_UTC, local_midnight)
    }

    /// The month that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }

    /// The month before it.
    #[must_use]
    pub const fn previous(self) -> Self {
        if self.month == 1 { Self { year: self.year - 1, month: 12 } } else { Self { month: self.month - 1, ..self } }
    }
}

impl FromStr for Month {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || BadValue { wanted: "a month is written YYYY-MM, as in 2025-07", found: text.to_owned() };
        let (year, month) = text.split_once('-').ok_or_else(bad)?;
        let (year, month) = (year.parse().map_err(|_| bad())?, month.parse().map_err(|_| bad())?);
        if text.len() == 7 && (1..=12).contains(&month) { Ok(Self { year, month }) } else { Err(bad()) }
    }
}

impl TryFrom<String> for Month {
    type Error = BadValue;
    fn try_from(text: String) -> Result<Self, BadValue> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// Six calendar months, as DSA art. 24(2) counts: usually a half-year, `2025-H2`; any other six by their first
/// month, `2025-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SixMonths {
    first: Month,
}

impl SixMonths {
    /// The six months that begin with this one.
    #[must_use]
    pub const fn from(first: Month) -> Self {
        Self { first }
    }

    /// The half-year in which a month lies.
    #[must_use]
    pub const fn half_year_of(month: Month) -> Self {
        Self { first: Month { month: if month.month < 7 { 1 } else { 7 }, ..month } }
    }

    /// The six months before these.
    #[must_use]
    pub fn before(self) -> Self {
        Self { first: (0..6).fold(self.first, |month, _| month.previous()) }
    }

    /// The months, in order.
    #[must_use]
    pub fn months(self) -> [Month; 6] {
        let mut month = self.first;
        std::array::from_fn(|_| {
            let this = month;
            month = month.next();
            this
        })
    }
}

impl FromStr for SixMonths {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || BadValue {
            wanted: "a period is a half-year, as in 2025-H2, or the first of six months, as in 2025-03",
            found: text.to_owned(),
        };
        let first = match text.split_once("-H") {
            Some((year, "1")) => format!("{year}-01"),
            Some((year, "2")) => format!("{year}-07"),
            Some(_) => return Err(bad()),
            None => text.to_owned(),
        };
        first.parse().map(Self::from).map_err(|_| bad())
    }
}

impl TryFrom<String> for SixMonths {
    type Error = BadValue;
    fn try_from(text: String) -> Result<Self, BadValue> {
        text.parse()
    }
}

impl From<SixMonths> for String {
    fn from(period: SixMonths) -> Self {
        period.to_string()
    }
}

impl fmt::Display for SixMonths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first.month {
            1 => write!(f, "{:04}-H1", self.first.year),
            7 => write!(f, "{:04}-H2", self.first.year),
            _ => self.first.fmt(f),
        }
    }
}

/// The months of a transparency report: the calendar year, which is due by law from 2026 on (Implementing Regulation (EU)
/// 2024/2835, art. 2), as `2026`; or any six months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportPeriod {
    /// A calendar year, by its first month.
    Year(Month),
    /// Six months, as in the second half of 2025, with which the template begins.
    SixMonths(SixMonths),
}

impl ReportPeriod {
    /// The months, in order.
    #[must_use]
    pub fn months(self) -> Vec<Month> {
        match self {
            Self::Year(first) => std::iter::successors(Some(first), |month| Some(month.next())).take(12).collect(),
            Self::SixMonths(months) => months.months().to_vec(),
        }
    }

    /// The first month.
    #[must_use]
    pub const fn first(self) -> Month {
        match self {
            Self::Year(first) => first,
            Self::SixMonths(months) => months.first,
        }
    }

    /// The last month.
    #[must_use]
    pub fn last(self) -> Month {
        self.months().last().copied().unwrap_or(self.first())
    }

    /// The first instant of the first month.
    #[must_use]
    pub fn begins(self) -> DateTime<Utc> {
        self.first().begins()
    }

    /// The first instant after the last month.
    #[must_use]
    pub fn ends(self) -> DateTime<Utc> {
        self.last().next().begins()
    }

    /// Whether they are over at this moment. Before, figures of them still grow.
    #[must_use]
    pub fn is_over_at(self, moment: DateTime<Utc>) -> bool {
        self.ends() <= moment
    }

    /// The first and the last day.
    #[must_use]
    pub fn days(self) -> (NaiveDate, NaiveDate) {
        let after = local_day(self.ends());
        (local_day(self.begins()), after.pred_opt().unwrap_or(after))
    }
}

impl From<SixMonths> for ReportPeriod {
    fn from(months: SixMonths) -> Self {
        Self::SixMonths(months)
    }
}

impl FromStr for ReportPeriod {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = |_| BadValue {
            wanted: "a period is a year, as in 2026, a half-year, as in 2025-H2, or the first of six months, as in 2025-03",
            found: text.to_owned(),
        };
        if text.len() == 4 {
            format!("{text}-01").parse().map(Self::Year).map_err(bad)
        } else {
            text.parse().map(Self::SixMonths).map_err(bad)
        }
    }
}

impl fmt::Display for ReportPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(first) => write!(f, "{:04}", first.year),
            Self::SixMonths(months) => months.fmt(f),
        }
    }
}

/// The first instant after the local day on which `instant` falls, plus so many days: `end_of_day(delivery, 30)` is
/// when the thirtieth day after delivery is over. The day of the event is not counted (Reg. 1182/71 art. 3(1)).
#[must_use]
pub fn end_of_day(instant: DateTime<Utc>, days_later: u32) -> DateTime<Utc> {
    let day = instant.with_timezone(&Paris).date_naive();
    let after = day.checked_add_days(Days::new(u64::from(days_later) + 1)).unwrap_or(NaiveDate::MAX);
    local_midnight(after)
}

/// The first instant after the same local day so many months later: until then runs a period of whole months that began
/// on that day (Reg. 1182/71 art. 3(2)(c)).
#[must_use]
pub fn end_of_months(instant: DateTime<Utc>, months: u32) -> DateTime<Utc> {
    end_of_day(months_later(instant, months), 0)
}

/// The local day on which an instant falls.
#[must_use]
pub fn local_day(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&Paris).date_naive()
}

/// The same local time so many years later; 29 February becomes 28 February.
#[must_use]
pub fn years_later(instant: DateTime<Utc>, years: u32) -> DateTime<Utc> {
    months_later(instant, years * 12)
}

/// The same local time so many months later, or the month's last day where it has no such day.
#[must_use]
pub fn months_later(instant: DateTime<Utc>, months: u32) -> DateTime<Utc> {
    let local = instant.with_timezone(&Paris).naive_local();
    let later = local.checked_add_months(Months::new(months)).unwrap_or(chrono::NaiveDateTime::MAX);
    from_local(later)
}

/// The same local time so many months earlier, or the month's last day where it has no such day.
#[must_use]
pub fn months_earlier(instant: DateTime<Utc>, months: u32) -> DateTime<Utc> {
    let local = instant.with_timezone(&Paris).naive_local();
    from_local(local.checked_sub_months(Months::new(months)).unwrap_or(chrono::NaiveDateTime::MIN))
}

/// The first instant of a local day.
#[must_use]
pub fn local_midnight(day: NaiveDate) -> DateTime<Utc> {
    from_local(day.and_time(NaiveTime::MIN))
}

/// A local time that daylight saving skips becomes the hour after; one that comes twice is the first.
fn from_local(local: chrono::NaiveDateTime) -> DateTime<Utc> {
    Paris
        .from_local_datetime(&local)
        .earliest()
        .or_else(|| Paris.from_local_datetime(&(local + chrono::TimeDelta::hours(1))).earliest())
        .map_or(DateTime::<Utc>::MAX_UTC, |moment| moment.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn r_5_01_months_are_calendar_months_in_paris() {
        assert_eq!(Month::of(at("2018-01-31T22:59:59Z")).to_string(), "2018-01");
        assert_eq!(Month::of(at("2018-01-31T23:00:00Z")).to_string(), "2018-02");
        assert_eq!(Month::of(at("2018-07-31T22:00:00Z")).to_string(), "2018-08");
    }

    #[test]
    fn r_5_02_periods_are_half_years_or_any_six_months() {
        let months = |text: &str| text.parse::<SixMonths>().unwrap().months().map(|month| month.to_string());
        assert_eq!(months("2018-H1"), ["2018-01", "2018-02", "2018-03", "2018-04", "2018-05", "2018-06"]);
        assert_eq!(months("2018-09"), ["2018-09", "2018-10", "2018-11", "2018-12", "2019-01", "2019-02"]);
        assert_eq!("2018-07".parse::<SixMonths>().unwrap().to_string(), "2018-H2");
        for (period, before) in [("2018-H1", "2017-H2"), ("2018-H2", "2018-H1"), ("2018-03", "2017-09")] {
            assert_eq!(period.parse::<SixMonths>().unwrap().before().to_string(), before);
        }
        for (month, half) in [("2018-06", "2018-H1"), ("2018-07", "2018-H2"), ("2018-12", "2018-H2")] {
            assert_eq!(SixMonths::half_year_of(month.parse().unwrap()).to_string(), half);
        }
        for bad in ["2018", "2018-H3", "2018-13", "H1-2018"] {
            assert!(bad.parse::<SixMonths>().is_err(), "{bad}");
        }
    }

    #[test]
    fn r_7_01_a_report_is_of_a_year_or_of_six_months_from_midnight_to_midnight_in_paris_in_winter_and_in_summer() {
        for (period, begins, ends, days) in [
            ("2026-H1", "2025-12-31T23:00:00Z", "2026-06-30T22:00:00Z", "2026-01-01/2026-06-30"),
            ("2026-H2", "2026-06-30T22:00:00Z", "2026-12-31T23:00:00Z", "2026-07-01/2026-12-31"),
            ("2025-09", "2025-08-31T22:00:00Z", "2026-02-28T23:00:00Z", "2025-09-01/2026-02-28"),
            ("2026", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z", "2026-01-01/2026-12-31"),
        ] {
            let months: ReportPeriod = period.parse().unwrap();
            assert_eq!((months.begins(), months.ends()), (at(begins), at(ends)), "{period}");
            assert_eq!(months.to_string(), period);
            let (first, last) = months.days();
            assert_eq!(format!("{first}/{last}"), days);
        }
        for bad in ["26", "year", "2026-H3", "2026-1"] {
            assert!(bad.parse::<ReportPeriod>().is_err(), "{bad}");
        }
    }

    #[test]
    fn r_0_05_days_end_in_paris_across_daylight_saving() {
        assert_eq!(end_of_day(at("2026-03-27T12:00:00Z"), 0), at("2026-03-27T23:00:00Z"));
        assert_eq!(end_of_day(at("2026-03-27T12:00:00Z"), 30), at("2026-04-26T22:00:00Z"));
        assert_eq!(end_of_day(at("2026-10-24T22:30:00Z"), 0), at("2026-10-25T23:00:00Z"));
    }

    #[test]
    fn r_3_2_05_ten_years_from_a_leap_day_end_on_28_february() {
        assert_eq!(years_later(at("2024-02-29T12:00:00Z"), 10), at("2034-02-28T12:00:00Z"));
        assert_eq!(months_later(at("2026-01-31T12:00:00Z"), 1), at("2026-02-28T12:00:00Z"));
    }

    #[test]
    fn r_3_2_05_ten_years_end_at_the_same_hour_of_the_clock_in_summer_or_winter() {
        // The clock changed on 27 March 2016, and changes on 29 March 2026.
        assert_eq!(years_later(at("2016-03-28T10:00:00Z"), 10), at("2026-03-28T11:00:00Z"));
        // On 29 March 2026 there is no half past two; half past three stands for it.
        assert_eq!(years_later(at("2016-03-29T00:30:00Z"), 10), at("2026-03-29T01:30:00Z"));
        // On 25 October 2026 half past two comes twice; the first counts.
        assert_eq!(years_later(at("2016-10-25T00:30:00Z"), 10), at("2026-10-25T00:30:00Z"));
    }
}
