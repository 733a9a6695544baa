//! `view NAME`: a view as of a past moment or position by replay; at the book's end, the one that is served.

use projections::registry::ViewKind;
use projections::report::{Filter, Report};
use projections::runner::Until;

use crate::Outcome;
use crate::arguments::{At, Format};
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::output;

pub(crate) fn run(data: &Data, name: &str, at: &At, format: Format, filter: &Filter) -> Result<Outcome, ToolError> {
    let kind = ViewKind::named(name)?;
    // A view's own name is also its first report's.
    let report_name = if kind.reports.contains(&name) { name } else { kind.reports[0] };
    if at.until() == Until::default()
        && let Some(views) = book::served(data)?
        && let Some(view) = views.iter().find(|view| view.kind().name == kind.name)
    {
        print(&kind.report(view.rows(), report_name, filter)?, format);
        eprintln!("served: {}, digest of {} {}", view.reached(), kind.name, view.kind().digest(view.rows())?);
        return Ok(Outcome::Good);
    }
    let replayed = book::replay(data, &[kind], at.until())?;
    print(&replayed.views.report(report_name, filter)?, format);
    for (name, digest) in replayed.views.digests()? {
        eprintln!("replayed: {}, digest of {name} {digest}", replayed.views.address());
    }
    Ok(Outcome::Good)
}

fn print(report: &Report, format: Format) {
    match format {
        Format::Json => output::write(format_args!("{}", report.json_lines())),
        Format::Csv => output::write(format_args!("{}", report.csv())),
    }
}
