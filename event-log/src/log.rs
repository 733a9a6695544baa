//! The interface that every engine keeps.

use async_trait::async_trait;
use futures::stream::BoxStream;
use tokio::sync::watch;

use crate::{Expected, LogError, NewEvent, Position, Recorded, Revision, StreamName};

/// One stream's part of an append.
#[derive(Debug, Clone)]
pub struct StreamAppend {
    /// The stream.
    pub stream: StreamName,
    /// What the writer believes of it.
    pub expected: Expected,
    /// The events, in order; at least one.
    pub events: Vec<NewEvent>,
}

/// Where an append's events stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The position of the last event of the append.
    pub position: Position,
    /// The revision of the last event of the append.
    pub revision: Revision,
    /// True when these very events were there already, so that nothing was written.
    pub already: bool,
}

/// Which way to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Forwards,
    /// Newest first.
    Backwards,
}

/// What a subscription delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscribed {
    /// An event.
    Event(Recorded),
    /// Everything that was in the book has been delivered; what follows is live. May come again after
    /// the reader has fallen behind.
    CaughtUp,
}

/// Events from a position on: first what is there, then what comes; no gap, no double.
pub type Subscription = BoxStream<'static, Result<Subscribed, LogError>>;

/// The book.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Appends events to a stream, all or none. Returns when they are durable.
    ///
    /// Idempotent as EventStoreDB is: when `expected` does not hold but the stream already has exactly these
    /// event ids, in order, at the revisions where `expected` would have put them (for [`Expected::Any`] and
    /// [`Expected::StreamExists`]: anywhere among the log's recent events of that stream), the append succeeds with
    /// [`Appended::already`] and writes nothing.
    ///
    /// # Errors
    /// [`LogError::WrongRevision`] when `expected` is wrong; [`LogError::Invalid`] for a bad event.
    async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, LogError> {
        let append = StreamAppend { stream: stream.clone(), expected, events };
        let mut outcomes = self.append_each(vec![append]).await?;
        outcomes.pop().unwrap_or(Err(LogError::Closed))
    }

    /// Appends to several streams, in order, each all or none on its own, and waits once for all. For bulk work: it
    /// costs one sync where single appends would cost one each.
    ///
    /// # Errors
    /// The outer error means that nothing is known of any of them (the log is closed, the disk failed); the inner
    /// ones are as in [`Self::append`].
    async fn append_each(&self, appends: Vec<StreamAppend>) -> Result<Vec<Result<Appended, LogError>>, LogError>;

    /// Reads a stream from a revision on (inclusive), at most `limit` events. `from: None` means the first event
    /// forwards, the last one backwards. A stream that does not exist reads as empty.
    ///
    /// # Errors
    /// [`LogError::Damaged`] and I/O errors.
    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Option<Revision>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError>;

    /// Reads the whole book from a position on (inclusive), at most `limit` events. `from: None` means the first
    /// event forwards, the last one backwards.
    ///
    /// # Errors
    /// [`LogError::Damaged`] and I/O errors.
    async fn read_all(
        &self,
        from: Option<Position>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError>;

    /// The position that the next event will have: the number of events in the book.
    ///
    /// # Errors
    /// I/O errors.
    async fn next_position(&self) -> Result<Position, LogError>;

    /// Subscribes to the whole book from a position on (inclusive).
    fn subscribe(&self, from: Position) -> Subscription;

    /// Reads the book from a position on (inclusive): at least one event unless it is the end, at most `max_events`,
    /// and fewer where reading more at once would not be faster. So an empty answer means the end, a short one does
    /// not. Blocks: for threads of one's own, as a view's rebuild has, not for an async task.
    ///
    /// # Errors
    /// [`LogError::Damaged`] and I/O errors.
    fn scan(&self, from: Position, max_events: usize) -> Result<Vec<Recorded>, LogError>;

    /// Follows the position that the next event will have, so that a reader can wait for news. The channel closes when
    /// the log does.
    fn watch_next_position(&self) -> watch::Receiver<Position>;

    /// Writes what waits and takes nothing more. Later appends get [`LogError::Closed`]; reading goes on.
    async fn close(&self);
}
