//! A piece of the book, a page at a time: the next page is read when somebody asks for it.

use std::sync::Arc;

use event_log::{Direction, EventLog, LogError, Position, Recorded, Revision, StreamName};

/// How many events the first page has, before it is known how large they are.
const FIRST_PAGE_EVENTS: usize = 16;
/// The most events in a page.
pub(crate) const MAX_PAGE_EVENTS: usize = 512;
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
        let limit = self.size.min(usize::try_from(most).unwrap_or(usize::MAX));
        if limit == 0 {
            return Ok(Vec::new());
        }
        let page = match &self.of {
            Of::Stream(stream) => self.log.read_stream(stream, Some(Revision(next)), self.direction, limit).await?,
            Of::All => self.log.read_all(Some(Position(next)), self.direction, limit).await?,
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
}

/// The revision of a stream's last event; none where there is no stream.
pub(crate) async fn last_revision(log: &dyn EventLog, stream: &StreamName) -> Result<Option<Revision>, LogError> {
    let last = log.read_stream(stream, None, Direction::Backwards, 1).await?;
    Ok(last.first().map(|event| event.revision))
}
