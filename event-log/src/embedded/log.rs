//! [`EmbeddedLog`]: opening, appending, reading, closing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::active::Active;
use super::build::{self, Tail};
use super::index::Index;
use super::limits::{self, RECENT_IDS};
use super::plan::Plan;
use super::queue::Queue;
use super::reader::Reader;
use super::recent::RecentIds;
use super::record::Seed;
use super::recovery::{self, TornTail};
use super::segment::{self, MAX_SEGMENT_BYTES};
use super::source::Segments;
use super::verify;
use super::writer::Writer;
use crate::directory::{self, DirectoryLock};
use crate::following::follow;
use crate::{
    Appended, Direction, EventLog, LogError, Position, Recorded, Revision, StreamAppend, StreamName, Subscription,
};

/// The lock file's name.
pub(super) const LOCK: &str = "lock";

/// How a book is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// The size of a segment file, in bytes. Files are filled with zeros ahead, so that this is also the least that a
    /// book takes on disk.
    pub segment_bytes: u64,
}

impl Default for EmbeddedOptions {
    /// 64 MiB: about 150,000 events, copied or checked in a fraction of a second.
    fn default() -> Self {
        Self { segment_bytes: 64 << 20 }
    }
}

/// A book in a directory.
#[derive(Debug)]
pub struct EmbeddedLog {
    directory: PathBuf,
    reader: Arc<Reader>,
    next: watch::Receiver<Position>,
    recovered: Option<TornTail>,
    role: Role,
}

#[derive(Debug)]
enum Role {
    Writing {
        queue: Arc<Queue>,
        running: Mutex<Option<Running>>,
    },
    /// The sender stands in for the writer: [`EmbeddedLog::refresh`] announces through it. Its lock also keeps two
    /// refreshes apart.
    Reading {
        next: Mutex<watch::Sender<Position>>,
    },
}

/// Dropped in this order: the lock is given back when nothing writes any more.
#[derive(Debug)]
struct Running {
    thread: Option<JoinHandle<()>>,
    _lock: DirectoryLock,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl EmbeddedLog {
    /// Opens the book in `path` for writing, or begins one. Checks every record (a few million a second); blocks.
    ///
    /// An unfinished end, as a crash leaves it, is cut and kept: see [`Self::recovered`].
    ///
    /// # Errors
    /// [`LogError::Locked`] when another process writes it; [`LogError::Damaged`] when a record does not check out.
    pub fn open(path: impl AsRef<Path>, options: &EmbeddedOptions) -> Result<Self, LogError> {
        let path = path.as_ref();
        if !(4096..=MAX_SEGMENT_BYTES).contains(&options.segment_bytes) {
            let message = format!("{}; give 4096 to {MAX_SEGMENT_BYTES}", options.segment_bytes);
            return Err(LogError::Invalid { field: "segment_bytes", message });
        }
        directory::create(path)?;
        let lock = DirectoryLock::take(path, LOCK)?;
        segment::remove_prepared(path)?;
        let (mut index, tail) = load(path)?;
        let recovered = match tail.as_ref().map(|tail| Ok((tail, recovery::judge(tail, index.next())?))).transpose()? {
            Some((tail, Some((torn, bytes)))) => Some(recovery::cut(path, tail, torn, &bytes)?),
            Some((_, None)) | None => None,
        };
        let active = match index.tail() {
            Some((segment, end)) => Active::resume(path.to_owned(), options.segment_bytes, segment, end)?,
            None => {
                let active = Active::create(path.to_owned(), options.segment_bytes)?;
                index.push_segment(Arc::clone(active.segment()));
                active
            }
        };
        let (announce, next) = watch::channel(index.next());
        let reader = Arc::new(Reader::new(index));
        let plan = Plan::new(Seed::of(active.segment().header.log), &reader, recent_ids(&reader)?);
        let queue = Arc::new(Queue::new(plan));
        let thread = Writer::start(Arc::clone(&queue), Arc::clone(&reader), active, announce)
            .map_err(LogError::io("starting the writer of", path))?;
        let running = Mutex::new(Some(Running { thread: Some(thread), _lock: lock }));
        Ok(Self { directory: path.to_owned(), reader, next, recovered, role: Role::Writing { queue, running } })
    }

    /// Opens the book in `path` for reading only: no lock, nothing is changed, and another process may write it
    /// meanwhile. Serves what is complete now; [`Self::refresh`] picks up more. Blocks.
    ///
    /// # Errors
    /// [`LogError::Damaged`] when a record does not check out. An unfinished end is not damage: a server's is the end,
    /// a crashed one's is told by [`Self::recovered`].
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, LogError> {
        let path = path.as_ref();
        // Asked before reading: a flaw that was read while nobody wrote cannot be a write in progress.
        let live = directory::is_held(path, LOCK);
        let (mut index, tail) = load(path)?;
        let recovered = settle(path, &mut index, tail, live)?;
        let (announce, next) = watch::channel(index.next());
        let reader = Arc::new(Reader::new(index));
        let role = Role::Reading { next: Mutex::new(announce) };
        Ok(Self { directory: path.to_owned(), reader, next, recovered, role })
    }

    /// Picks up what another process has written since; for a book opened for reading only, otherwise nothing to do.
    /// Blocks. Returns the position that the next event will have.
    ///
    /// # Errors
    /// As [`Self::open_read_only`].
    pub fn refresh(&self) -> Result<Position, LogError> {
        if let Role::Reading { next } = &self.role {
            let announce = next.lock().unwrap_or_else(PoisonError::into_inner);
            let live = directory::is_held(&self.directory, LOCK);
            let mut index = self.reader.index_mut();
            let tail = build::follow(&self.directory, &mut index)?;
            settle(&self.directory, &mut index, tail, live)?;
            announce.send_replace(index.next());
        }
        Ok(*self.next.borrow())
    }

    /// What opening found unfinished at the end of the book and, when it was opened for writing, cut.
    #[must_use]
    pub fn recovered(&self) -> Option<&TornTail> {
        self.recovered.as_ref()
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes what waits, syncs, stops the writer and gives the lock back. Later appends get [`LogError::Closed`];
    /// reading goes on. Dropping the log does the same, blocking.
    pub async fn close(&self) {
        let Role::Writing { queue, running } = &self.role else {
            return;
        };
        queue.close(LogError::Closed);
        let running = running.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Joining a thread that panicked has nothing more to say: its queue is closed with the reason.
        drop(spawn_blocking(move || drop(running)).await);
    }

    async fn blocking<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let reader = Arc::clone(&self.reader);
        spawn_blocking(move || read(&reader)).await.map_err(|_| LogError::Closed)?
    }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        if let Role::Writing { queue, .. } = &self.role {
            queue.close(LogError::Closed);
        }
    }
}

#[async_trait]
impl EventLog for EmbeddedLog {
    async fn append_each(&self, appends: Vec<StreamAppend>) -> Result<Vec<Result<Appended, LogError>>, LogError> {
        let Role::Writing { queue, .. } = &self.role else {
            return Err(LogError::ReadOnly { directory: self.directory.clone() });
        };
        let (mut sound, mut checked, mut bytes) = (Vec::with_capacity(appends.len()), Vec::new(), 0);
        for append in appends {
            let check = limits::check(&append);
            if let Ok(length) = &check {
                bytes += length;
                sound.push(append);
            }
            checked.push(check);
        }
        let mut written = if sound.is_empty() {
            Vec::new().into_iter()
        } else {
            let _room = queue.room(bytes).await?;
            queue.append(&self.reader, &sound).await?.into_iter()
        };
        let outcomes = checked.into_iter().map(|check| match check {
            Ok(_) => written.next().unwrap_or(Err(LogError::Closed)),
            Err(error) => Err(error),
        });
        Ok(outcomes.collect())
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Option<Revision>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let stream = stream.clone();
        self.blocking(move |reader| reader.read_stream(&stream, from, direction, limit)).await
    }

    async fn read_all(
        &self,
        from: Option<Position>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        self.blocking(move |reader| reader.read_all(from, direction, limit)).await
    }

    async fn next_position(&self) -> Result<Position, LogError> {
        Ok(*self.next.borrow())
    }

    fn subscribe(&self, from: Position) -> Subscription {
        let queue = match &self.role {
            Role::Writing { queue, .. } => Some(Arc::clone(queue)),
            Role::Reading { .. } => None,
        };
        follow(Segments { reader: Arc::clone(&self.reader), queue }, self.next.clone(), from)
    }

    fn scan(&self, from: Position, max_events: usize) -> Result<Vec<Recorded>, LogError> {
        self.reader.scan(from, max_events)
    }

    fn watch_next_position(&self) -> watch::Receiver<Position> {
        self.next.clone()
    }

    async fn close(&self) {
        Self::close(self).await;
    }
}

fn load(path: &Path) -> Result<(Index, Option<Tail>), LogError> {
    let segments: Vec<_> = segment::list(path)?.into_iter().map(Arc::new).collect();
    build::build(&segments, &|_, _| Ok(()), &mut |_, _| Ok(()))
}

/// Judges how a book that is read only ends.
fn settle(path: &Path, index: &mut Index, tail: Option<Tail>, live: bool) -> Result<Option<TornTail>, LogError> {
    let Some(tail) = tail else {
        return Ok(None);
    };
    match recovery::judge(&tail, index.next()) {
        Ok(torn) => Ok(torn.map(|(torn, _)| torn).filter(|_| !live)),
        // What was read half written may have become whole, and have been followed, before it was judged.
        Err(_) if live && verify::becomes_whole(path, index)? => Ok(None),
        Err(damage) => Err(damage),
    }
}

fn recent_ids(reader: &Reader) -> Result<RecentIds, LogError> {
    let mut recent = RecentIds::default();
    let next = reader.index().next().0;
    let mut from = next.saturating_sub(RECENT_IDS as u64);
    while from < next {
        for event in reader.scan(Position(from), usize::MAX)? {
            recent.insert(event.id, event.stream.as_str(), event.revision.0);
            from += 1;
        }
    }
    Ok(recent)
}
