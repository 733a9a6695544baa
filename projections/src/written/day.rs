//! Days as people write them.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Europe::Paris;

use super::WrittenLanguage;

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const FRENCH: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const DUTCH: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];
const GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// The day in Europe/Paris on which an instant falls.
#[must_use]
pub fn day(instant: DateTime<Utc>, language: WrittenLanguage) -> String {
    written(instant.with_timezone(&Paris).date_naive(), language)
}

/// The last day of a period that ends at an instant: the day before where it ends at midnight, as
/// [`domain::calendar::end_of_day`] says it.
#[must_use]
pub fn last_day(end: DateTime<Utc>, language: WrittenLanguage) -> String {
    day(end.checked_sub_signed(TimeDelta::microseconds(1)).unwrap_or(end), language)
}

fn written(date: NaiveDate, language: WrittenLanguage) -> String {
    // chrono's months are 1 to 12.
    let name = |names: [&'static str; 12]| names[date.month0() as usize];
    let (day, year) = (date.day(), date.year());
    // The space after the day is one at which no line ends.
    match language {
        WrittenLanguage::English => format!("{day}\u{a0}{} {year}", name(ENGLISH)),
        WrittenLanguage::French => format!("{day}{}\u{a0}{} {year}", if day == 1 { "er" } else { "" }, name(FRENCH)),
        WrittenLanguage::Dutch => format!("{day}\u{a0}{} {year}", name(DUTCH)),
        WrittenLanguage::German => format!("{day}.\u{a0}{} {year}", name(GERMAN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_the_one_in_paris_in_the_languages_own_form() {
        let instant = at("2026-02-28T23:00:00Z");
        let days = WrittenLanguage::ALL.map(|language| day(instant, language));
        assert_eq!(days, ["1\u{a0}March 2026", "1er\u{a0}mars 2026", "1\u{a0}maart 2026", "1.\u{a0}März 2026"]);
        assert_eq!(day(at("2026-08-11T12:00:00Z"), WrittenLanguage::French), "11\u{a0}août 2026");
    }

    #[test]
    fn a_period_that_ends_at_midnight_has_its_last_day_before_it() {
        let end = domain::calendar::end_of_day(at("2026-03-27T12:00:00Z"), 0);
        assert_eq!(last_day(end, WrittenLanguage::English), "27\u{a0}March 2026");
        assert_eq!(last_day(at("2026-03-27T12:00:00Z"), WrittenLanguage::English), "27\u{a0}March 2026");
    }
}
