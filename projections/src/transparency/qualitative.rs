//! Part 11: answers in words, from a text with places for what the book knows; what people must write is marked.

use super::act::RestrictionKind;
use super::columns;
use super::figures::{NoticeFigures, TransparencyFigures};
use super::heading::Heading;
use super::part::{ALL, Cell, Part, Stamp, VERY_LARGE};

/// The text: a heading for each indicator of the template, in its order, and the answer below it.
const TEMPLATE: &str = include_str!("qualitative.md");

/// How many indicators at the end are asked of very large platforms only.
const OF_VERY_LARGE: usize = 5;

/// The most characters of an answer (annex II, 2).
const MOST: usize = 5_000;

/// Marks what people must write.
pub const TO_BE_WRITTEN: &str = "TO BE WRITTEN BY PEOPLE";

/// The text with what the book knows.
pub(super) fn text(figures: &TransparencyFigures, stamp: &Stamp) -> String {
    use RestrictionKind::{AccountSuspended, AccountTerminated, NotPublished, Removed, ServiceEnded};
    let (first, last) = stamp.period.split_once('/').unwrap_or_default();
    let own = |kind| figures.own_initiative.of(&[kind]);
    let received = |notices: Option<&NoticeFigures>| notices.map_or(0, |figures| figures.received);
    let complaints = &figures.complaints;
    let counts = [
        ("own", figures.own_initiative.taken),
        ("own_by_law", figures.own_initiative_by_law.of(Heading::Total).map_or(0, |measures| measures.taken)),
        ("own_by_terms", figures.own_initiative_by_terms.of(Heading::Total).map_or(0, |measures| measures.taken)),
        ("removed", own(Removed)),
        ("not_published", own(NotPublished)),
        ("suspended", own(AccountSuspended)),
        ("terminated", own(AccountTerminated)),
        ("sellers", own(ServiceEnded)),
        ("notices", received(figures.notices.of(Heading::Total))),
        ("flagged", received(figures.trusted_flaggers_notices.of(Heading::Total))),
        ("measures", figures.measures.taken),
        ("automated", figures.measures.automated),
        ("complaints_decided", complaints.upheld + complaints.partially_reversed + complaints.reversed),
        ("partially_reversed", complaints.partially_reversed),
        ("reversed", complaints.reversed),
    ];
    let texts = [("first", first), ("last", last), ("to_be_written", TO_BE_WRITTEN)];
    let texts = texts.map(|(place, text)| (place, text.to_owned()));
    counts
        .map(|(place, count)| (place, count.to_string()))
        .into_iter()
        .chain(texts)
        .fold(TEMPLATE.to_owned(), |text, (place, value)| text.replace(&format!("{{{{{place}}}}}"), &value))
}

/// Part 11, from the same text.
pub(super) fn part(text: &str, stamp: &Stamp) -> Part {
    let answers: Vec<(&str, &str)> =
        text.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap_or((section, ""))).collect();
    let asked_of_all = answers.len().saturating_sub(OF_VERY_LARGE);
    let row = |(index, (indicator, answer)): (usize, (&str, &str))| {
        let applies_to = if index < asked_of_all { ALL } else { VERY_LARGE };
        let answer: String = answer.trim().chars().take(MOST).collect();
        let mut row = stamp.values(applies_to, [indicator], &[]);
        row.push(Cell::text(answer));
        row
    };
    let rows = answers.into_iter().enumerate().map(row).collect();
    Part { number: 11, name: "qualitative", sheet: "11_qualitative", columns: columns::QUALITATIVE, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_7_01_the_text_has_a_value_for_every_place_and_fits_the_template() {
        let stamp = Stamp { service: "service", period: "2025-07-01/2025-12-31".into() };
        let text = text(&TransparencyFigures::default(), &stamp);
        assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
        assert!(text.starts_with("# DSA transparency report, 2025-07-01 to 2025-12-31:"), "{text}");
        let part = part(&text, &stamp);
        assert_eq!(part.rows.len(), 11);
        let asked = |row: &Vec<Cell>| row[0] == Cell::text(ALL);
        assert_eq!(part.rows.iter().filter(|row| asked(row)).count(), 6);
        for row in &part.rows {
            let answer = row[4].printed();
            assert!(answer.len() < MOST && (!asked(row) || answer.contains(TO_BE_WRITTEN)), "{answer}");
        }
    }
}
