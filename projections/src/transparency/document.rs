//! The whole report: the template's eleven parts, a twelfth of one's own will, and a text, the same bytes from the same address.

use std::fmt::Write as _;

use domain::calendar::ReportPeriod;
use serde_json::json;

use super::figures::TransparencyFigures;
use super::part::{Part, Stamp};
use super::{by_category, identification, indicators, qualitative};
use crate::active_recipients::Average;
use crate::digest::Digest;
use crate::rows::Checkpoint;

/// The service of which the report is, as its pages and mails call it.
const SERVICE: &str = "Marktboek";

/// A transparency report, with its address.
#[derive(Debug, Clone)]
pub struct TransparencyReport {
    /// Of which months.
    pub period: ReportPeriod,
    /// Its numbers.
    pub figures: TransparencyFigures,
    /// Its parts in the template's order.
    pub parts: Vec<Part>,
    /// The qualitative part, as Markdown.
    pub qualitative: String,
    /// How far the views had come from which it is.
    pub reached: Checkpoint,
    /// The version of the policies in force there.
    pub policy_version: u32,
}

impl TransparencyReport {
    /// The report of a period.
    #[must_use]
    pub fn new(
        period: ReportPeriod,
        figures: TransparencyFigures,
        recipients: &Average,
        policy_version: u32,
        reached: Checkpoint,
    ) -> Self {
        let (first, last) = period.days();
        let stamp = Stamp { service: SERVICE, period: format!("{first}/{last}") };
        let qualitative = qualitative::text(&figures, &stamp);
        let parts = vec![
            identification::identification(&stamp),
            identification::categories(),
            by_category::orders(&figures, &stamp),
            by_category::notices(&figures, &stamp),
            by_category::own_initiative_by_law(&figures, &stamp),
            by_category::own_initiative_by_terms(&figures, &stamp),
            indicators::appeals(&figures, &stamp),
            indicators::automated_means(&figures, &stamp),
            indicators::human_resources(&stamp),
            indicators::active_recipients(&stamp),
            indicators::voluntary_active_recipients(recipients, &stamp),
            qualitative::part(&qualitative, &stamp),
        ];
        Self { period, figures, parts, qualitative, reached, policy_version }
    }

    /// Whether the period was over at the report's moment. Before, its figures still grow.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.period.is_over_at(self.reached.moment())
    }

    /// What its digest covers: the files' names and contents, in order.
    fn contents(&self) -> Vec<(String, String)> {
        let parts = self.parts.iter().map(|part| (part.file(), part.csv()));
        parts.chain([("qualitative.md".to_owned(), self.qualitative.clone())]).collect()
    }

    /// The digest of the whole report.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut text = String::new();
        for (name, content) in self.contents() {
            // Writing to a String can't fail.
            let _ = write!(text, "{name} {}\n{content}", content.len());
        }
        Digest::of_text(&text)
    }

    /// Its files, by name: the parts, the text, and its address with the digest of all others.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let address = json!({
            "period": self.period.to_string(),
            "final": self.is_final(),
            "position": self.reached.next.0.checked_sub(1),
            "asOf": self.reached.moment().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            "policyVersion": self.policy_version,
            "digest": self.digest().to_string(),
        });
        let mut files = self.contents();
        files.push(("address.json".to_owned(), format!("{address:#}\n")));
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transparency::Cell;

    /// Beginnings of the names of columns that have no values.
    const NO_VALUES: [&str; 9] = [
        "Applicability",
        "Service",
        "Reporting period",
        "Category",
        "Description of the sub-category",
        "Scope",
        "Section",
        "Indicator",
        "Contextual ",
    ];

    #[test]
    fn r_7_01_no_value_is_empty_without_a_reason() {
        let (figures, average) = (TransparencyFigures::default(), Average { months: Vec::new() });
        let period = "2026".parse().unwrap();
        let report = TransparencyReport::new(period, figures, &average, 0, Checkpoint::default());
        let mut values = 0;
        for part in report.parts.iter().filter(|part| part.number != 2) {
            let has_values = |column: &&str| !NO_VALUES.iter().any(|beginning| column.starts_with(beginning));
            let columns = part.columns.iter().enumerate().filter(|(_, column)| has_values(column));
            for (at, column) in columns {
                values += part.rows.len();
                assert!(part.rows.iter().all(|row| row[at] != Cell::Empty), "{column} of part {}", part.number);
            }
        }
        assert!(values > 4_000, "only {values} values were looked at");
    }
}
