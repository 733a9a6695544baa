//! Where two views part: the first event from which their digests differ, found by bisecting over positions, and a readable
//! account of it.
//!
//! Each try is kept as a snapshot in a temporary directory, so that all tries together replay about twice the distance and
//! not that many times the whole book.

use std::collections::BTreeSet;

use event_log::{EventLog, Position};
use projections::registry::ViewKind;
use projections::replay::Replayed;
use projections::report::Filter;
use projections::runner::Until;
use projections::snapshots::Snapshots;
use tempfile::TempDir;

use crate::error::ToolError;
use crate::progress::Progress;
use crate::timeline;

/// How many differing lines are shown of each report.
const SHOWN: usize = 10;

/// A view at a point, as far as it is compared: its reports only where its digest differs.
pub(super) struct Seen {
    pub(super) digest: String,
    pub(super) reports: Vec<(&'static str, String)>,
}

/// Views of a book at any position, each try beginning at the nearest one before.
pub(super) struct Replays {
    snapshots: Snapshots,
    directory: TempDir,
}

impl Replays {
    pub(super) fn new() -> Result<Self, ToolError> {
        let directory = tempfile::tempdir().map_err(ToolError::io("making a temporary directory for the views"))?;
        // Only where each try ends: the directory is this program's own and of one book.
        let snapshots = Snapshots::new(directory.path().join("snapshots"), "tries").narrow(u64::MAX);
        Ok(Self { snapshots, directory })
    }

    /// A view after an event.
    pub(super) fn at(&self, log: &dyn EventLog, kind: ViewKind, position: Position) -> Result<Seen, ToolError> {
        let views = TempDir::new_in(self.directory.path());
        let views = views.map_err(ToolError::io("making a temporary directory for the views"))?;
        let until = Until { position: Some(position), moment: None };
        let progress = Progress::new("replaying", "events");
        let told = |done, total| progress.at(done, total);
        let replayed = Replayed::with_snapshots(log, &[kind], until, views.path(), &self.snapshots, &told)?;
        let report = |name: &&'static str| Ok((*name, replayed.report(name, &Filter::default())?.json_lines()));
        Ok(Seen {
            digest: kind.digest(replayed.rows(kind)?)?.to_string(),
            reports: kind.reports.iter().map(report).collect::<Result<_, ToolError>>()?,
        })
    }
}

/// The first position after `same` (before the first event where nothing is said) at which two differ, when they differ at
/// `different`. Where they are the same again in between, one of the positions at which they part.
pub(super) fn bisect(
    same: Option<Position>,
    different: Position,
    mut differ: impl FnMut(Position) -> Result<bool, ToolError>,
) -> Result<Position, ToolError> {
    let (mut low, mut high) = (same.map_or(0, |same| same.0 + 1), different.0);
    while low < high {
        let middle = low.midpoint(high);
        if differ(Position(middle))? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(Position(high))
}

/// An event, for people.
pub(super) fn event(log: &dyn EventLog, position: Position) -> Result<String, ToolError> {
    match log.scan(position, 1)?.into_iter().next() {
        Some(event) => timeline::in_one_line(event),
        None => Ok(format!("position {position}: the book ends before it")),
    }
}

/// The lines of two views that only one has: `-` the first, `+` the second.
pub(super) fn account(first: &Seen, second: &Seen) -> Vec<String> {
    let pairs = first.reports.iter().filter_map(|(name, lines)| {
        let (_, others) = second.reports.iter().find(|(other, _)| other == name)?;
        Some(differences(name, lines, others))
    });
    let lines: Vec<String> = pairs.flatten().collect();
    if lines.is_empty() { vec!["  in what no report prints".to_owned()] } else { lines }
}

/// The lines that only one side has: `-` the first, `+` the second.
pub(super) fn differences(report: &str, first: &str, second: &str) -> Vec<String> {
    let [old, new] = [first, second].map(|text| text.lines().collect::<BTreeSet<_>>());
    let only = |sign: &'static str, a: &BTreeSet<&str>, b: &BTreeSet<&str>| {
        a.difference(b).map(|line| format!("  {report} {sign} {line}")).collect::<Vec<_>>()
    };
    let mut lines = [only("-", &old, &new), only("+", &new, &old)].concat();
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if more > 0 {
        lines.push(format!("  {report}: and {more} lines more"));
    }
    lines
}

/// The last position of a book, or the one that is asked for if it is before that.
pub(super) fn last(log: &dyn EventLog, position: Option<Position>) -> Result<Position, ToolError> {
    let end = log.watch_next_position().borrow().0;
    let last = end.checked_sub(1).map(Position).ok_or_else(|| ToolError::Usage("the book is empty".to_owned()))?;
    match position {
        Some(position) if position > last => {
            Err(ToolError::Usage(format!("there is no position {position}; the book's last is {last}")))
        }
        Some(position) => Ok(position),
        None => Ok(last),
    }
}
