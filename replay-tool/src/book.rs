//! The book as this program sees it: read only, beside a server or without one.

use std::ops::Deref;
use std::path::PathBuf;

use domain::calendar::SixMonths;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, Position};
use event_log_eventstore::{Engine, EventStoreLog};
use projections::Checkpoint;
use projections::active_recipients::{self, Average};
use projections::data_directory::DataDirectory;
use projections::registry::{Running, VIEWS, ViewKind};
use projections::replay::Replayed;
use projections::runner::{self, BATCH_EVENTS, Until};
use projections::snapshots::Snapshots;
use projections::{ViewError, served};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::error::ToolError;
use crate::progress::Progress;

/// How much of a program's hash names it: builds are few.
const PROGRAM_BYTES: usize = 8;

/// A data directory, and which engine keeps its book.
pub(crate) struct Data {
    pub(crate) directory: DataDirectory,
    pub(crate) engine: Engine,
    /// Where snapshots of views are kept, if anywhere.
    pub(crate) snapshots: Option<PathBuf>,
}

impl Deref for Data {
    type Target = DataDirectory;

    fn deref(&self) -> &DataDirectory {
        &self.directory
    }
}

/// Opens the log for reading.
pub(crate) fn log(data: &Data) -> Result<Box<dyn EventLog>, ToolError> {
    match &data.engine {
        Engine::Embedded => Ok(Box::new(embedded(data)?)),
        Engine::EventStore(connection) => cluster(data, connection),
    }
}

/// Opens the log for writing.
pub(crate) fn writable(data: &Data) -> Result<Box<dyn EventLog>, ToolError> {
    match &data.engine {
        Engine::Embedded => {
            let log = EmbeddedLog::open(data.log(), &EmbeddedOptions::default())?;
            tell_torn(&log);
            Ok(Box::new(log))
        }
        Engine::EventStore(connection) => cluster(data, connection),
    }
}

fn cluster(data: &Data, connection: &str) -> Result<Box<dyn EventLog>, ToolError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(ToolError::io("starting"))?;
    Ok(Box::new(runtime.block_on(EventStoreLog::open(connection, data.numbers()))?))
}

fn embedded(data: &DataDirectory) -> Result<EmbeddedLog, ToolError> {
    if !data.log().exists() {
        let message = format!("there is no book in {}; name its directory with --data", data.path().display());
        return Err(ToolError::Usage(message));
    }
    let log = EmbeddedLog::open_read_only(data.log())?;
    tell_torn(&log);
    Ok(log)
}

/// Says what a crash left unfinished at the end of the book.
fn tell_torn(log: &EmbeddedLog) {
    if let Some(torn) = log.recovered() {
        let (segment, side_file) =
            (torn.segment.display(), torn.side_file.as_ref().map(|file| file.display().to_string()));
        let kept =
            side_file.unwrap_or_else(|| "nowhere yet: opening the book for writing cuts and keeps them".to_owned());
        eprintln!(
            "replay-tool: {segment}, offset {}: {} unfinished bytes at the end of the book are left out; kept in {kept}",
            torn.offset, torn.bytes
        );
    }
}

/// Makes sure that there is an event at a position: who asks for one beyond the end has another book in mind.
pub(crate) fn has(log: &dyn EventLog, position: Position) -> Result<(), ToolError> {
    let end = log.watch_next_position().borrow().0;
    if position.0 < end {
        return Ok(());
    }
    let last = end.checked_sub(1).map_or_else(|| "it has no event".to_owned(), |last| format!("its last is {last}"));
    Err(ToolError::Usage(format!("the book has no position {position}; {last}")))
}

/// The figure of DSA art. 24(2) from the book alone, and how far it was read. No snapshot is taken for it.
pub(crate) fn regenerate(
    log: &dyn EventLog,
    period: SixMonths,
    until: Until,
) -> Result<(Average, Checkpoint), ToolError> {
    let progress = Progress::new("counting", "events");
    let told = |done, total| progress.at(done, total);
    Ok(active_recipients::regenerate(log, period, until, &told)?)
}

/// Views made from nothing, in a directory that goes with them.
pub(crate) struct TemporaryViews {
    pub(crate) views: Replayed,
    _directory: TempDir,
}

/// Replays views, from the nearest snapshots where a place for them is named, and from nothing otherwise.
pub(crate) fn replay(data: &Data, kinds: &[ViewKind], until: Until) -> Result<TemporaryViews, ToolError> {
    let snapshots = match &data.snapshots {
        Some(directory) => Some(Snapshots::new(directory, program()?)),
        None => None,
    };
    replay_from(data, kinds, until, snapshots.as_ref())
}

/// Replays views from nothing, for whoever doubts everything but the book.
pub(crate) fn replay_from_nothing(data: &Data, kinds: &[ViewKind], until: Until) -> Result<TemporaryViews, ToolError> {
    replay_from(data, kinds, until, None)
}

fn replay_from(
    data: &Data,
    kinds: &[ViewKind],
    until: Until,
    snapshots: Option<&Snapshots>,
) -> Result<TemporaryViews, ToolError> {
    let directory = tempfile::tempdir().map_err(ToolError::io("making a temporary directory for the views"))?;
    let progress = Progress::new("replaying", "events");
    let told = |done, total| progress.at(done, total);
    let log = log(data)?;
    let views = match snapshots {
        Some(snapshots) => Replayed::with_snapshots(log.as_ref(), kinds, until, directory.path(), snapshots, &told)?,
        None => Replayed::new(log.as_ref(), kinds, until, directory.path(), &told)?,
    };
    Ok(TemporaryViews { views, _directory: directory })
}

/// This build of the program, by its own bytes: what another build computed under the same version is not taken for its own.
fn program() -> Result<String, ToolError> {
    let bytes = std::env::current_exe().and_then(std::fs::read).map_err(ToolError::io("reading this program"))?;
    Ok(Sha256::digest(bytes).iter().take(PROGRAM_BYTES).map(|byte| format!("{byte:02x}")).collect())
}

/// The served views, at the book's end; nothing when a server has them.
pub(crate) fn served(data: &Data) -> Result<Option<Vec<Box<dyn Running>>>, ToolError> {
    let log = log(data)?;
    let mut views = match served::open_all(&data.views()) {
        Ok(views) => views,
        Err(error) if error.is_locked() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let progress = Progress::new("bringing the views up to date", "events");
    runner::run(log.as_ref(), &mut views, Until::default(), BATCH_EVENTS, &|done, total| progress.at(done, total))?;
    served::take_over(&data.views(), &VIEWS, false)?;
    Ok(Some(views))
}

/// The kinds with these names, or all.
pub(crate) fn kinds(names: &[String]) -> Result<Vec<ViewKind>, ViewError> {
    let mut kinds = names.iter().map(|name| ViewKind::named(name)).collect::<Result<Vec<_>, _>>()?;
    kinds.dedup_by_key(|kind| kind.name);
    Ok(if kinds.is_empty() { VIEWS.to_vec() } else { kinds })
}
