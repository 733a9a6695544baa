//! Words for moments and deadlines: days are those of the operator's time zone, working days those of its calendar.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Europe::Paris;
use domain::working_days::HolidayCalendar;

/// A moment, as in `Thu 27 Nov 2025, 14:05`.
pub(super) fn moment(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&Paris).format("%a %-d %b %Y, %H:%M").to_string()
}

/// A moment for the attribute `datetime`.
pub(super) fn machine(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A day, as in `Thu 27 Nov 2025`.
pub(super) fn day(day: NaiveDate) -> String {
    day.format("%a %-d %b %Y").to_string()
}

/// The day on which it is a moment.
pub(super) fn day_of(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&Paris).date_naive()
}

/// How long something has waited, in working days, as in `3 working days`.
pub(super) fn waited(since: DateTime<Utc>, now: DateTime<Utc>, calendar: HolidayCalendar) -> String {
    match working_days(day_of(since), day_of(now), calendar) {
        0 => "less than a working day".to_owned(),
        1 => "1 working day".to_owned(),
        days => format!("{days} working days"),
    }
}

/// How many working days there are after a day, up to another one and with it.
fn working_days(after: NaiveDate, last: NaiveDate, calendar: HolidayCalendar) -> usize {
    let days = after.iter_days().skip(1).take_while(|day| *day <= last);
    days.filter(|day| calendar.is_working_day(*day)).count()
}

/// How pressing a deadline is. It is always said in words too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Its time is over.
    Overdue,
    /// Its last day is today.
    Today,
    /// There are working days left.
    Later,
}

/// A deadline, as seen at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    /// The first instant that is too late.
    at: DateTime<Utc>,
    /// How pressing it is.
    pub(super) urgency: Urgency,
    /// As in `due Thu 27 Nov, in 1 working day`.
    pub(super) words: String,
}

impl Due {
    /// Of the first instant that is too late.
    pub(super) fn new(at: DateTime<Utc>, now: DateTime<Utc>, calendar: HolidayCalendar) -> Self {
        let (last, today) = (day_of(at - TimeDelta::microseconds(1)), day_of(now));
        let last_day = last.format(if last.year() == today.year() { "%a %-d %b" } else { "%a %-d %b %Y" });
        let (urgency, words) = match working_days(today, last, calendar) {
            _ if at <= now => (Urgency::Overdue, format!("overdue: was due {last_day}")),
            _ if last == today => (Urgency::Today, format!("due today, {last_day}")),
            1 => (Urgency::Later, format!("due {last_day}, in 1 working day")),
            left => (Urgency::Later, format!("due {last_day}, in {left} working days")),
        };
        Self { at, urgency, words }
    }

    /// For the attribute `datetime`.
    pub(super) fn machine(&self) -> String {
        machine(self.at)
    }

    /// The class that `console.css` has for it.
    pub(super) fn class(&self) -> &'static str {
        match self.urgency {
            Urgency::Overdue => "due overdue",
            Urgency::Today => "due today",
            Urgency::Later => "due",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_deadline_says_for_how_many_working_days_it_waits() {
        let waited = |since: &str| {
            let now = "2025-11-26T10:00:00Z".parse().unwrap();
            waited(since.parse().unwrap(), now, HolidayCalendar::France)
        };
        assert_eq!(waited("2025-11-26T07:00:00Z"), "less than a working day");
        assert_eq!(
            (waited("2025-11-25T07:00:00Z"), waited("2025-11-21T07:00:00Z")),
            ("1 working day".into(), "3 working days".into())
        );
    }

    #[test]
    fn a_deadline_is_said_in_working_days_and_an_overdue_one_in_words() {
        let due = |at: &str, now: &str| Due::new(at.parse().unwrap(), now.parse().unwrap(), HolidayCalendar::France);
        // Midnight in Paris after Thursday 27 November, seen on Wednesday.
        let end = "2025-11-27T23:00:00Z";
        assert_eq!(due(end, "2025-11-26T10:00:00Z").words, "due Thu 27 Nov, in 1 working day");
        assert_eq!(due(end, "2025-11-21T10:00:00Z").words, "due Thu 27 Nov, in 4 working days");
        assert_eq!(due(end, "2025-11-27T22:59:59Z").words, "due today, Thu 27 Nov");
        let overdue = due(end, "2025-11-27T23:00:00Z");
        assert_eq!((overdue.urgency, overdue.words.as_str()), (Urgency::Overdue, "overdue: was due Thu 27 Nov"));
        assert_eq!(due("2026-01-02T23:00:00Z", "2025-12-31T10:00:00Z").words, "due Fri 2 Jan 2026, in 1 working day");
    }
}
