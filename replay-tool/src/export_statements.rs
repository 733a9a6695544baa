//! `export-statements OUT`: the statements of reasons as records of the Commission's Transparency Database, in batches as its
//! interface takes them (R-7-02, DSA art. 24(5)).
//!
//! The same book, period and address give the same files, byte for byte. A statement whose record the database would
//! refuse, or that has personal data, is named on stderr with the field; the others are written all the same, so that one
//! bad text holds back nobody else's record.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use projections::digest::Digest;
use projections::registry::ViewKind;
use projections::statements::{Statements, StatementsReader};
use projections::transparency_database::{Batch, Exemption, MOST_RECORDS, Record, Unpublished, record_of};
use projections::view::View;

use crate::Outcome;
use crate::arguments::{At, Issued};
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::out_directory;
use crate::output::say;

pub(crate) fn run(data: &Data, out: &Path, period: Issued, at: &At) -> Result<Outcome, ToolError> {
    out_directory::make_empty(out)?;
    let kind = ViewKind::named(Statements::NAME)?;
    let replayed = book::replay(data, &[kind], at.until())?;
    let export = Export::of(StatementsReader(replayed.views.rows(kind)?), period)?;
    let mut written = String::new();
    let mut files = 0_usize;
    for batch in Batch::all(&export.records) {
        files += 1;
        let (path, json) = (out.join(format!("statements-{files:06}.json")), batch.json());
        std::fs::write(&path, &json).map_err(ToolError::io(format!("writing {}", path.display())))?;
        written.push_str(&json);
    }
    let bound = |moment: Option<DateTime<Utc>>, none: &str| moment.map_or_else(|| none.to_owned(), rfc3339);
    say!("Statements of reasons for the Transparency Database (Regulation (EU) 2022/2065, art. 24(5))");
    say!();
    say!("issued       from {} to {}", bound(period.from, "the beginning"), bound(period.to, "the end"));
    say!("statements   {}", export.statements);
    say!("records      {}", export.records.len());
    say!("files        {files} (at most {MOST_RECORDS} records each)");
    for (exemption, count) in &export.exempt {
        say!("no record    {count}: {exemption}");
    }
    say!("refused      {}", export.refused);
    say!("address      {}", replayed.views.address());
    say!("digest       {}", Digest::of_text(&written));
    Ok(if export.refused == 0 { Outcome::Good } else { Outcome::Found })
}

fn rfc3339(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// What became of the statements of a period.
#[derive(Default)]
struct Export {
    statements: usize,
    records: Vec<Record>,
    exempt: BTreeMap<Exemption, usize>,
    refused: usize,
}

impl Export {
    /// The records, oldest statement first; names what is refused.
    fn of(reader: StatementsReader<'_>, period: Issued) -> Result<Self, ToolError> {
        let micros = |moment: DateTime<Utc>| moment.timestamp_micros();
        let (from, to) = (period.from.map_or(i64::MIN, micros), period.to.map_or(i64::MAX, micros));
        let mut export = Self::default();
        for key in reader.issued(from, None) {
            let (issued_at, id) = key?;
            if issued_at >= to {
                break;
            }
            let Some(statement) = reader.statement(id)? else { continue };
            export.statements += 1;
            match record_of(id, &statement) {
                Ok(record) => export.records.push(record),
                Err(Unpublished::Exempt(exemption)) => *export.exempt.entry(exemption).or_default() += 1,
                Err(Unpublished::Refused(refusal)) => {
                    export.refused += 1;
                    eprintln!("replay-tool: statement {id}: {refusal}");
                }
            }
        }
        Ok(export)
    }
}
