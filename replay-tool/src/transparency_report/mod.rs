//! `transparency-report --period P OUT`: the DSA's transparency report (R-7-01), a file for each part of the template, and
//! the same as a workbook and as a page.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `workbook.rs` | `report.xlsx`: a sheet for each part |
//! | `page.rs`, `page.html` | `qualitative.html`: the qualitative part for a browser |
//! | `missing.rs` | which values are not there, and why |
//!
//! The digest covers the parts' CSV files and the Markdown. Workbook and page are the same in other forms, and what a
//! library makes of a workbook may change with the library.

mod missing;
mod page;
mod workbook;

use std::fs;
use std::path::Path;

use domain::calendar::ReportPeriod;
use projections::active_recipients::{ActiveRecipients, ActiveRecipientsReader, Counted};
use projections::registry::ViewKind;
use projections::transparency::{Transparency, TransparencyReader, TransparencyReport};
use projections::view::View;

use crate::Outcome;
use crate::arguments::At;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::output::{say, say_that_it_grows};

/// The qualitative part, for a browser.
const PAGE: &str = "qualitative.html";

/// All parts in one file, for a spreadsheet program.
const WORKBOOK: &str = "report.xlsx";

pub(crate) fn run(data: &Data, period: ReportPeriod, at: &At, out: &Path) -> Result<Outcome, ToolError> {
    let (recipients, counted) = (ViewKind::named(ActiveRecipients::NAME)?, ViewKind::named(Transparency::NAME)?);
    let replayed = book::replay(data, &[recipients, counted], at.until())?;
    let average = ActiveRecipientsReader::new(replayed.views.rows(recipients)?, &Counted::default()).average(period)?;
    let reader = TransparencyReader(replayed.views.rows(counted)?);
    let (figures, policies) = (reader.figures(period)?, reader.policy_version()?);
    let report = TransparencyReport::new(period, figures, &average, policies, replayed.views.address());
    fs::create_dir_all(out).map_err(ToolError::io(format!("making the directory {}", out.display())))?;
    let files = report.files().into_iter().map(|(name, content)| (name, content.into_bytes()));
    let forms = [(PAGE.to_owned(), page::of(&report).into_bytes()), (WORKBOOK.to_owned(), workbook::of(&report)?)];
    for (name, content) in files.chain(forms) {
        let file = out.join(name);
        fs::write(&file, content).map_err(ToolError::io(format!("writing {}", file.display())))?;
    }
    say!("DSA transparency report, {period} (Regulation (EU) 2022/2065, art. 15 and 24(1); template of 2024/2835)");
    say!();
    say!("rows  file");
    for part in &report.parts {
        say!("{:>4}  {}", part.rows.len(), part.file());
    }
    for file in ["qualitative.md", PAGE, WORKBOOK, "address.json"] {
        say!("      {file}");
    }
    say!();
    say!("address      {}", report.reached);
    say!("policies     version {}", report.policy_version);
    say!("digest       {}", report.digest());
    if !report.is_final() {
        say_that_it_grows(period);
    }
    Ok(Outcome::Good)
}
