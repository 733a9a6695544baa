//! Snapshots of views along a replay, so that the next one begins at the nearest and costs the distance to it only.
//!
//! ```text
//! <directory>/<first event's id>/<view>-v<version>-<program>/<next>-<moment in microseconds>-<last event's hash>
//! ```
//!
//! A file has a view's rows, as its storage has them, and their SHA-256. It is made only where every event before it was
//! applied and time stands at the newest of them, so that it serves any address at or after both its position and its
//! moment, and none before either: an as-of between may leave events out that it has.
//!
//! What it is of is in its name: another version of a view, another program (which may compute another thing under the
//! same version) and another book never read it. What is before its last event is trusted to be as it was: a snapshot saves
//! time and proves nothing; whoever doubts the book begins from nothing. All of it is disposable, and what is damaged or
//! belongs to a book that went another way is deleted, with a warning.

use std::fs;
use std::path::{Path, PathBuf};

use event_log::merkle::Hash;
use event_log::{EventLog, Position, Recorded};
use sha2::{Digest, Sha256};

use crate::ViewError;
use crate::registry::{Running, ViewKind};
use crate::rows::{Checkpoint, Rows};
use crate::runner::Until;

/// The least distance between two snapshots, in events: about what a replay of all views passes in a second.
const EVERY: u64 = 100_000;

/// How many snapshots of a view a replay of a whole book leaves: a long book's are further apart.
const A_BOOK: u64 = 16;

/// How many snapshots of a view are kept, and of how many bytes together: beyond that the one goes whose neighbours are
/// closest to each other.
const KEPT: usize = 32;
const KEPT_BYTES: u64 = 4 << 30;

/// The length of a SHA-256, which ends a file.
const HASH_BYTES: usize = 32;

/// A directory of snapshots.
#[derive(Debug, Clone)]
pub struct Snapshots {
    directory: PathBuf,
    program: String,
    spacing: Spacing,
}

#[derive(Debug, Clone, Copy)]
enum Spacing {
    /// Few, as a cache.
    Wide,
    /// At multiples of this, and where each replay ends.
    Narrow(u64),
}

/// A snapshot, by its file's name.
#[derive(Debug, Clone)]
struct Found {
    path: PathBuf,
    reached: Checkpoint,
    last: String,
    bytes: u64,
}

impl Snapshots {
    /// Snapshots in a directory, which need not be there yet, made by a program: its build, so that another build's are
    /// never read.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, program: impl Into<String>) -> Self {
        Self { directory: directory.into(), program: program.into(), spacing: Spacing::Wide }
    }

    /// The same, but made every so many events, and where each replay ends: for a search through one book.
    #[must_use]
    pub fn narrow(self, events: u64) -> Self {
        Self { spacing: Spacing::Narrow(events.max(1)), ..self }
    }

    /// Where snapshots of a book this long are made: the multiples of this.
    pub(crate) fn every(&self, book: Position) -> u64 {
        match self.spacing {
            Spacing::Wide => EVERY * book.0.div_ceil(EVERY * A_BOOK).max(1),
            Spacing::Narrow(events) => events,
        }
    }

    /// Whether one is made where a replay ends.
    pub(crate) const fn at_end(&self) -> bool {
        match self.spacing {
            Spacing::Wide => false,
            Spacing::Narrow(_) => true,
        }
    }

    /// Opens a view in a directory of its own, at the nearest snapshot or empty.
    ///
    /// # Errors
    /// [`ViewError`]; a snapshot that can't be used is none.
    pub(crate) fn open(
        &self,
        log: &dyn EventLog,
        kind: ViewKind,
        until: Until,
        directory: &Path,
    ) -> Result<Box<dyn Running>, ViewError> {
        let end = until.position.map_or(Position(u64::MAX), Position::next).min(*log.watch_next_position().borrow());
        let usable = |found: &Found| {
            found.reached.next <= end
                && until.moment.is_none_or(|moment| found.reached.moment_micros <= moment.timestamp_micros())
        };
        let mut found = match self.of(log, kind)? {
            Some(of) => of.found()?,
            None => Vec::new(),
        };
        found.retain(usable);
        while let Some(nearest) = found.pop() {
            let wrong = match nearest.reached.next.0.checked_sub(1).map(Position) {
                Some(last) if hash_at(log, last)?.as_deref() == Some(&nearest.last) => match read(&nearest) {
                    Some(pairs) => return kind.over(Rows::fill(directory, pairs)?),
                    None => "is damaged",
                },
                Some(_) | None => "belongs to another book",
            };
            tracing::warn!(snapshot = %nearest.path.display(), "a snapshot {wrong} and is deleted");
            fs::remove_file(&nearest.path).map_err(io("deleting a snapshot", &nearest.path))?;
        }
        kind.open(directory)
    }

    /// Keeps a view's committed rows. Every event before where it stands must have been applied, and time not gone on.
    ///
    /// # Errors
    /// [`ViewError`].
    pub(crate) fn keep(&self, log: &dyn EventLog, view: &dyn Running) -> Result<(), ViewError> {
        let (kind, reached) = (view.kind(), view.reached());
        let Some(last) = reached.next.0.checked_sub(1).map(Position) else { return Ok(()) };
        let (Some(of), Some(hash)) = (self.of(log, kind)?, hash_at(log, last)?) else { return Ok(()) };
        let path = of.0.join(format!("{:012}-{}-{hash}", reached.next.0, reached.moment_micros));
        if path.exists() {
            return Ok(());
        }
        fs::create_dir_all(&of.0).map_err(io("making", &of.0))?;
        // Written beside and renamed, so that a snapshot is whole or not there.
        let unfinished = of.0.join(format!("unfinished-{}", std::process::id()));
        fs::write(&unfinished, written(view.rows())?).map_err(io("writing", &unfinished))?;
        fs::rename(&unfinished, &path).map_err(io("renaming to", &path))?;
        of.prune()
    }

    /// Those of a view and a book; none of an empty book.
    fn of(&self, log: &dyn EventLog, kind: ViewKind) -> Result<Option<OfView>, ViewError> {
        let Some(first) = event_at(log, Position::START)? else { return Ok(None) };
        let view = format!("{}-v{}-{}", kind.name, kind.version, self.program);
        Ok(Some(OfView(self.directory.join(first.id.to_string()).join(view))))
    }
}

/// The directory of one view's snapshots.
struct OfView(PathBuf);

impl OfView {
    /// In order of position. What is named otherwise is none of them.
    fn found(&self) -> Result<Vec<Found>, ViewError> {
        if !self.0.exists() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(io("listing", &self.0))? {
            let entry = entry.map_err(io("listing", &self.0))?;
            let bytes = entry.metadata().map_err(io("looking at", &entry.path()))?.len();
            let name = entry.file_name();
            let mut parts = name.to_str().unwrap_or_default().splitn(3, '-');
            let (next, moment, last) = (parts.next(), parts.next(), parts.next());
            if let (Some(Ok(next)), Some(Ok(moment_micros)), Some(last)) =
                (next.map(str::parse), moment.map(str::parse), last)
            {
                let reached = Checkpoint { next: Position(next), moment_micros };
                found.push(Found { path: entry.path(), reached, last: last.to_owned(), bytes });
            }
        }
        found.sort_unstable_by_key(|found| found.reached.next);
        Ok(found)
    }

    fn prune(&self) -> Result<(), ViewError> {
        let mut found = self.found()?;
        while found.len() > KEPT || (found.len() > 1 && found.iter().map(|found| found.bytes).sum::<u64>() > KEPT_BYTES)
        {
            let next = |index: usize| found[index].reached.next.0;
            // The last one stays: what comes after it has no other neighbour.
            let gap = |index: &usize| next(index + 1) - index.checked_sub(1).map_or(0, next);
            let Some(closest) = (0..found.len() - 1).min_by_key(gap) else { return Ok(()) };
            let gone = found.remove(closest);
            fs::remove_file(&gone.path).map_err(io("deleting", &gone.path))?;
        }
        Ok(())
    }
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ViewError {
    let path = path.to_owned();
    move |source| ViewError::Io { doing, path, source }
}

fn event_at(log: &dyn EventLog, position: Position) -> Result<Option<Recorded>, ViewError> {
    Ok(log.scan(position, 1)?.into_iter().next())
}

/// An event's hash, as hexadecimal.
fn hash_at(log: &dyn EventLog, position: Position) -> Result<Option<String>, ViewError> {
    let hash = event_at(log, position)?.map(|event| Hash::of_event(&event));
    Ok(hash.map(|hash| crate::digest::Digest::from(hash.0).to_string()))
}

/// Pairs of a store: key length u32, value length u32, key, value, …; then the hash of all.
fn written(rows: &Rows) -> Result<Vec<u8>, ViewError> {
    let mut bytes = Vec::new();
    // Blocks and keys are far below four gigabytes.
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    for pair in rows.pairs() {
        let (key, value) = pair?;
        bytes.extend_from_slice(&length(&key));
        bytes.extend_from_slice(&length(&value));
        bytes.extend_from_slice(&key);
        bytes.extend_from_slice(&value);
    }
    let hash = Sha256::digest(&bytes);
    bytes.extend_from_slice(&hash);
    Ok(bytes)
}

/// The pairs of a snapshot; nothing when it can't be read as it was written.
fn read(found: &Found) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let bytes = fs::read(&found.path).ok()?;
    let (mut rest, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH_BYTES)?)?;
    if Sha256::digest(rest).as_slice() != hash {
        return None;
    }
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let (lengths, after) = rest.split_at_checked(8)?;
        let length =
            |at: usize| lengths.get(at..at + 4)?.try_into().ok().map(|bytes| u32::from_le_bytes(bytes) as usize);
        let (key, after) = after.split_at_checked(length(0)?)?;
        let (value, after) = after.split_at_checked(length(4)?)?;
        pairs.push((key.to_vec(), value.to_vec()));
        rest = after;
    }
    Some(pairs)
}
