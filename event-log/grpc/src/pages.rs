//! A piece of the book, a page at a time: the next page is read when somebody asks for it.

use std::sync::Arc;

use event_log::{Direction, EventLog, LogError, Position, Recorded, Revision, StreamName};
use tokio::task::spawn_blocking;

/// How many events the first page has, before it is known how large they are.
const FIRST_PAGE_EVENTS: usize = 16;
/// The most events in a page of a log that counts events and not bytes: where small events are followed by the largest, a
/// page has 64 MiB, once.
const MAX_PAGE_EVENTS: usize = 64;
/// How many bytes a page should have at most, by the largest event of the one before.
const PAGE_BYTES: usize = 256 << 10;

/// What the pages are of.
#[derive(Debug, Clone)]
pub(crate) enum Of {
    /// A stream; numbers are revisions.
    Stream(StreamName),
    /// The whole book; numbers are positions.
    All,
}

/// Pages from a number on.
pub(crate) struct Pages {
    log: Arc<dyn EventLog>,
    of: Of,
    direction: Direction,
    /// The number of the next event, itself included; none at the end.
    next: Option<u64>,
    size: usize,
}

impl Pages {
    /// From `next` on; none for nothing at all.
    pub(crate) fn new(log: Arc<dyn EventLog>, of: Of, direction: Direction, next: Option<u64>) -> Self {
        Self { log, of, direction, next, size: FIRST_PAGE_EVENTS }
    }

    /// The next page, of at most `most` events; an empty one at the end. Forwards, there may be more later.
    pub(crate) async fn page(&mut self, most: u64) -> Result<Vec<Recorded>, LogError> {
        let Some(next) = self.next else { return Ok(Vec::new()) };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        if most == 0 {
            return Ok(Vec::new());
        }
        let limit = self.size.min(most);
        let page = match (&self.of, self.direction) {
            (Of::Stream(stream), direction) => {
                self.log.read_stream(stream, Some(Revision(next)), direction, limit).await?
            }
            (Of::All, Direction::Backwards) => {
                self.log.read_all(Some(Position(next)), Direction::Backwards, limit).await?
            }
            (Of::All, Direction::Forwards) => self.scan(Position(next), most).await?,
        };
        if let Some(last) = page.last() {
            let number = match &self.of {
                Of::Stream(_) => last.revision.0,
                Of::All => last.position.0,
            };
            self.next = match self.direction {
                Direction::Forwards => Some(number + 1),
                Direction::Backwards => number.checked_sub(1),
            };
            let largest = page.iter().map(|event| event.data.len() + event.metadata.len()).max().unwrap_or_default();
            self.size = (PAGE_BYTES / largest.max(1)).clamp(1, MAX_PAGE_EVENTS);
        }
        Ok(page)
    }

    /// A page of as many bytes as are read best at once.
    async fn scan(&self, from: Position, most: usize) -> Result<Vec<Recorded>, LogError> {
        let log = Arc::clone(&self.log);
        spawn_blocking(move || log.scan(from, most)).await.map_err(|_| LogError::Closed)?
    }
}

/// The revision of a stream's last event; none where there is no stream.
pub(crate) async fn last_revision(log: &dyn EventLog, stream: &StreamName) -> Result<Option<Revision>, LogError> {
    let last = log.read_stream(stream, None, Direction::Backwards, 1).await?;
    Ok(last.first().map(|event| event.revision))
}
