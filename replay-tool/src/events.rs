//! A book's events, one after the other.

use std::vec;

use event_log::{EventLog, LogError, Position, Recorded};

/// How many events are asked for at a time; an engine gives fewer where that is as fast.
const PAGE_EVENTS: usize = 4096;

/// A book's events from a position on, up to an end (exclusive) or to where the book ends.
pub(crate) struct Events<'a> {
    log: &'a dyn EventLog,
    next: Position,
    end: Position,
    page: vec::IntoIter<Recorded>,
}

impl<'a> Events<'a> {
    pub(crate) fn between(log: &'a dyn EventLog, from: Position, end: Position) -> Self {
        Self { log, next: from, end, page: Vec::new().into_iter() }
    }

    /// All of them, those too that come while they are read.
    pub(crate) fn all(log: &'a dyn EventLog) -> Self {
        Self::between(log, Position::START, Position(u64::MAX))
    }
}

impl Iterator for Events<'_> {
    type Item = Result<Recorded, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.as_slice().is_empty() {
            let left = usize::try_from(self.end.0.saturating_sub(self.next.0)).unwrap_or(usize::MAX);
            if left == 0 {
                return None;
            }
            match self.log.scan(self.next, left.min(PAGE_EVENTS)) {
                Ok(page) => self.page = page.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
        let event = self.page.next()?;
        self.next = event.position.next();
        Some(Ok(event))
    }
}
