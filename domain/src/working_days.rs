//! Working days: Monday to Friday less the public holidays of a country (R-0-05).
//!
//! Holidays are rules, not lists, so that any year can be asked for. Each calendar has what holds in the whole country;
//! a region's own days are working days here. A deadline is an instant: the first one after the last working day is over
//! in the operator's time zone, and the day of the event is not counted (Reg. 1182/71 art. 3).

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Europe::Paris;
use serde::{Deserialize, Serialize};

use crate::calendar::local_midnight;

/// Whose public holidays count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HolidayCalendar {
    /// France: Code du travail, art. L3133-1.
    #[default]
    France,
    /// The Netherlands: Algemene termijnenwet, art. 3, with Good Friday, which it puts on a par.
    Netherlands,
    /// Germany: the nine days that are holidays in every Land.
    Germany,
}

impl HolidayCalendar {
    /// Whether a day is a public holiday.
    #[must_use]
    pub fn is_holiday(self, day: NaiveDate) -> bool {
        let from_easter = (day - easter(day.year())).num_days();
        let date = (day.month(), day.day());
        match self {
            Self::France => {
                matches!(from_easter, EASTER_MONDAY | ASCENSION | WHIT_MONDAY)
                    || matches!(date, (1 | 11, 1) | (5, 1 | 8) | (7, 14) | (8, 15) | (11, 11) | (12, 25))
            }
            Self::Netherlands => {
                matches!(from_easter, GOOD_FRIDAY | EASTER_MONDAY | ASCENSION | WHIT_MONDAY)
                    || matches!(date, (1, 1) | (5, 5) | (12, 25 | 26))
                    || day == kings_day(day.year())
            }
            Self::Germany => {
                matches!(from_easter, GOOD_FRIDAY | EASTER_MONDAY | ASCENSION | WHIT_MONDAY)
                    || matches!(date, (1, 1) | (5, 1) | (10, 3) | (12, 25 | 26))
                    // Five hundred years of the Reformation: once a holiday in every Land.
                    || (day.year(), date) == (2017, (10, 31))
            }
        }
    }

    /// Whether a day is a working day.
    #[must_use]
    pub fn is_working_day(self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.is_holiday(day)
    }

    /// The first instant after so many working days: what must be done within one working day of `instant` must be done
    /// before it.
    #[must_use]
    pub fn deadline(self, instant: DateTime<Utc>, working_days: u32) -> DateTime<Utc> {
        let mut day = instant.with_timezone(&Paris).date_naive();
        let mut left = working_days;
        while left > 0 {
            day += TimeDelta::days(1);
            left -= u32::from(self.is_working_day(day));
        }
        local_midnight(day + TimeDelta::days(1))
    }
}

/// Days from Easter Sunday.
const GOOD_FRIDAY: i64 = -2;
const EASTER_MONDAY: i64 = 1;
const ASCENSION: i64 = 39;
const WHIT_MONDAY: i64 = 50;

/// Easter Sunday in the Gregorian calendar (the anonymous algorithm of *Nature*, 20 April 1876).
fn easter(year: i32) -> NaiveDate {
    let golden = year.rem_euclid(19);
    let (century, in_century) = (year.div_euclid(100), year.rem_euclid(100));
    let skipped_leap_days = century - century.div_euclid(4);
    let moon_correction = (8 * century + 13).div_euclid(25);
    let epact = (19 * golden + skipped_leap_days - moon_correction + 15).rem_euclid(30);
    let weekday = (32 + 2 * century.rem_euclid(4) + 2 * in_century.div_euclid(4) - epact - in_century.rem_euclid(4))
        .rem_euclid(7);
    let late_moon = (golden + 11 * epact + 22 * weekday).div_euclid(451);
    let days_from_march = epact + weekday - 7 * late_moon + 114;
    let month = if days_from_march.div_euclid(31) == 3 { 3 } else { 4 };
    let day = days_from_march.rem_euclid(31).unsigned_abs() + 1;
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or(NaiveDate::MIN)
}

/// 27 April, the day before where that is a Sunday; until 2013 it was the queen's, 30 April, moved in the same way.
fn kings_day(year: i32) -> NaiveDate {
    let day = NaiveDate::from_ymd_opt(year, 4, if year < 2014 { 30 } else { 27 }).unwrap_or(NaiveDate::MIN);
    if day.weekday() == Weekday::Sun { day - TimeDelta::days(1) } else { day }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn holidays(calendar: HolidayCalendar, year: i32) -> String {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let days = first.iter_days().take_while(|day| day.year() == year).filter(|day| calendar.is_holiday(*day));
        days.map(|day| day.format("%m-%d").to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn r_0_05_easter_is_on_the_known_days() {
        for known in [
            "1818-03-22",
            "1943-04-25",
            "1961-04-02",
            "2000-04-23",
            "2008-03-23",
            "2011-04-24",
            "2016-03-27",
            "2018-04-01",
            "2019-04-21",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2038-04-25",
            "2049-04-18",
            "2285-03-22",
        ] {
            assert_eq!(easter(day(known).year()), day(known));
        }
    }

    #[test]
    fn r_0_05_the_holidays_of_known_years() {
        use HolidayCalendar::{France, Germany, Netherlands};
        for (calendar, year, known) in [
            (France, 2024, "01-01 04-01 05-01 05-08 05-09 05-20 07-14 08-15 11-01 11-11 12-25"),
            (France, 2025, "01-01 04-21 05-01 05-08 05-29 06-09 07-14 08-15 11-01 11-11 12-25"),
            (France, 2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"),
            (Netherlands, 2013, "01-01 03-29 04-01 04-30 05-05 05-09 05-20 12-25 12-26"),
            (Netherlands, 2014, "01-01 04-18 04-21 04-26 05-05 05-29 06-09 12-25 12-26"),
            (Netherlands, 2025, "01-01 04-18 04-21 04-26 05-05 05-29 06-09 12-25 12-26"),
            (Netherlands, 2026, "01-01 04-03 04-06 04-27 05-05 05-14 05-25 12-25 12-26"),
            (Germany, 2017, "01-01 04-14 04-17 05-01 05-25 06-05 10-03 10-31 12-25 12-26"),
            (Germany, 2026, "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26"),
        ] {
            assert_eq!(holidays(calendar, year), known, "{calendar:?} {year}");
        }
    }

    #[test]
    fn r_0_05_deadlines_pass_over_weekends_holidays_and_daylight_saving() {
        use HolidayCalendar::{France, Netherlands};
        let deadline =
            |calendar: HolidayCalendar, from: &str, days| calendar.deadline(from.parse().unwrap(), days).to_rfc3339();
        // Tuesday: over when Wednesday is.
        assert_eq!(deadline(France, "2026-11-24T09:00:00Z", 1), "2026-11-25T23:00:00+00:00");
        // Friday evening, and Saturday in Paris already: Monday both times.
        assert_eq!(deadline(France, "2026-11-27T20:00:00Z", 1), "2026-11-30T23:00:00+00:00");
        assert_eq!(deadline(France, "2026-11-27T23:30:00Z", 1), "2026-11-30T23:00:00+00:00");
        // 1 and 8 May 2026 are Fridays and holidays.
        assert_eq!(deadline(France, "2026-04-30T10:00:00Z", 1), "2026-05-04T22:00:00+00:00");
        assert_eq!(deadline(France, "2026-04-30T10:00:00Z", 7), "2026-05-13T22:00:00+00:00");
        // Christmas: a Friday; in the Netherlands the day after is one too, but a Saturday anyway.
        assert_eq!(deadline(Netherlands, "2026-12-24T10:00:00Z", 1), "2026-12-28T23:00:00+00:00");
        // The clock goes back in the night of 25 October 2026 and forward in that of 29 March 2026.
        assert_eq!(deadline(France, "2026-10-23T10:00:00Z", 1), "2026-10-26T23:00:00+00:00");
        assert_eq!(deadline(France, "2026-03-27T10:00:00Z", 1), "2026-03-30T22:00:00+00:00");
        // None at all: the end of the day itself.
        assert_eq!(deadline(France, "2026-11-24T09:00:00Z", 0), "2026-11-24T23:00:00+00:00");
    }
}
