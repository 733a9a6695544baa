//! The qualitative part as a page for a browser: the answers of part 11, of what and from where the report is, and which
//! values of the tables are not there and why.
//!
//! It stands alone: it runs nothing and loads nothing, and its own policy forbids both.

use chrono::SecondsFormat;
use projections::transparency::{TO_BE_FILLED_IN, TO_BE_WRITTEN, TransparencyReport};

use super::missing::{self, Missing};
use crate::html::escaped;
use crate::template::filled;

const PAGE: &str = include_str!("page.html");

/// The page.
pub(super) fn of(report: &TransparencyReport) -> String {
    let (first, last) = report.period.days();
    let answers: Vec<(String, String)> = last_two_columns(report, 11).collect();
    let values = [
        ("title", format!("DSA transparency report, {first} to {last}: the qualitative part")),
        ("to_be_written", TO_BE_WRITTEN.to_owned()),
        ("to_be_filled_in", TO_BE_FILLED_IN.to_owned()),
        ("report", identification(report)),
        ("contents", contents(&answers)),
        ("answers", (1..).zip(&answers).map(|(number, answer)| section(number, answer)).collect()),
        ("empty", report.parts.iter().flat_map(missing::of).map(|missing| missing_row(&missing)).collect()),
    ];
    filled(PAGE, &values)
}

/// The last two columns of a part that has an indicator and its value in them.
fn last_two_columns(report: &TransparencyReport, number: u8) -> impl Iterator<Item = (String, String)> {
    let rows = report.parts.iter().filter(move |part| part.number == number).flat_map(|part| &part.rows);
    rows.filter_map(|row| {
        let [.., indicator, value] = row.as_slice() else { return None };
        Some((indicator.printed().trim().to_owned(), value.printed()))
    })
}

fn identification(report: &TransparencyReport) -> String {
    let reached = report.reached;
    let position =
        reached.next.0.checked_sub(1).map_or_else(|| "none: the book is empty".to_owned(), |at| at.to_string());
    let is_final = if report.is_final() { "yes" } else { "no: the period was not over, and the figures still grow" };
    let of_book = [
        ("Final", is_final.to_owned()),
        ("Last position in the book", position),
        ("As of", reached.moment().to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        ("Version of the policies", report.policy_version.to_string()),
        ("Digest of the tables and the text", report.digest().to_string()),
    ];
    let of_book = of_book.map(|(name, value)| (name.to_owned(), value));
    last_two_columns(report, 1)
        .chain(of_book)
        .map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(&name), paragraph(&value)))
        .collect()
}

fn contents(answers: &[(String, String)]) -> String {
    let answers = (1..).zip(answers).map(|(number, (indicator, _))| (format!("answer-{number}"), indicator.as_str()));
    answers
        .chain([("empty".to_owned(), "Which values are not there, and why")])
        .map(|(id, heading)| format!("<li><a href=\"#{id}\">{}</a></li>\n", escaped(heading)))
        .collect()
}

fn section(number: usize, (indicator, answer): &(String, String)) -> String {
    let paragraphs: String = answer.split("\n\n").map(|text| format!("<p>{}</p>\n", paragraph(text))).collect();
    format!(
        "<section aria-labelledby=\"answer-{number}\">\n<h2 id=\"answer-{number}\">{}</h2>\n{paragraphs}</section>\n",
        escaped(indicator)
    )
}

/// A paragraph, in which it is seen at once what people must add.
fn paragraph(text: &str) -> String {
    let mark = |text: String, mark: &str| text.replace(mark, &format!("<strong>{mark}</strong>"));
    mark(mark(escaped(text), TO_BE_WRITTEN), TO_BE_FILLED_IN)
}

fn missing_row(Missing { sheet, indicator, why, empty, of }: &Missing) -> String {
    let indicator = escaped(indicator);
    format!(
        "<tr><th scope=\"row\">{sheet}</th><td>{indicator}</td><td>{empty} of {of}</td><td>{}</td></tr>\n",
        escaped(why.words())
    )
}

#[cfg(test)]
mod tests {
    use projections::Checkpoint;
    use projections::active_recipients::Average;
    use projections::transparency::TransparencyFigures;

    use super::*;

    #[test]
    fn r_7_01_the_page_stands_alone_and_has_each_answer_and_what_is_missing() {
        let (figures, recipients) = (TransparencyFigures::default(), Average { months: Vec::new() });
        let report = TransparencyReport::new("2026".parse().unwrap(), figures, &recipients, 0, Checkpoint::default());
        let page = of(&report);
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{page}");
        for outside in ["<script", "<link", "<img", "src=", "://", "@import", "url(", "{{"] {
            assert!(!page.contains(outside), "{outside} in {page}");
        }
        for (indicator, answer) in last_two_columns(&report, 11) {
            assert!(page.contains(&escaped(&indicator)), "{indicator}");
            answer.split("\n\n").for_each(|text| assert!(page.contains(&paragraph(text)), "{text}"));
        }
        for part in report.parts.iter().filter(|part| part.number != 2) {
            missing::of(part).iter().for_each(|missing| assert!(page.contains(&missing_row(missing))));
        }
        assert_eq!(page.matches("<section").count(), 11 + 1);
        assert_eq!(paragraph("a < b"), "a &lt; b");
    }
}
