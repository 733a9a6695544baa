//! The book as this program sees it: read only, beside a server or without one.

use std::ops::Deref;

use chrono::SecondsFormat;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog};
use event_log_eventstore::{Engine, EventStoreLog};
use projections::Checkpoint;
use projections::data_directory::DataDirectory;
use projections::registry::{Running, VIEWS, ViewKind};
use projections::replay::Replayed;
use projections::runner::{self, BATCH_EVENTS, Until};
use projections::{ViewError, served};
use tempfile::TempDir;

use crate::error::ToolError;
use crate::progress::Progress;

/// A data directory, and which engine keeps its book.
pub(crate) struct Data {
    pub(crate) directory: DataDirectory,
    pub(crate) engine: Engine,
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

/// Views made from nothing, in a directory that goes with them.
pub(crate) struct TemporaryViews {
    pub(crate) views: Replayed,
    _directory: TempDir,
}

/// Replays views from nothing.
pub(crate) fn replay(data: &Data, kinds: &[ViewKind], until: Until) -> Result<TemporaryViews, ToolError> {
    let directory = tempfile::tempdir().map_err(ToolError::io("making a temporary directory for the views"))?;
    let progress = Progress::new("replaying", "events");
    let log = log(data)?;
    let views = Replayed::new(log.as_ref(), kinds, until, directory.path(), &|done, total| progress.at(done, total))?;
    Ok(TemporaryViews { views, _directory: directory })
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

/// An address, for people.
pub(crate) fn address(reached: Checkpoint) -> String {
    let position =
        reached.next.0.checked_sub(1).map_or_else(|| "none (an empty book)".to_owned(), |last| last.to_string());
    format!("position {position}, as of {}", reached.moment().to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
