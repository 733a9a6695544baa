//! Reads events back. Every record is checked each time it is read: a disk that rots between opening and reading is
//! noticed, not served.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use uuid::Uuid;

use super::files::Files;
use super::index::{Index, Run};
use super::limits::SCAN_BYTES;
use super::record::{self, Flaw, Seed};
use super::scan;
use crate::{Direction, LogError, Position, Recorded, Revision, StreamName};

pub(super) const MEND: &str = "restore this file from a backup, or copy it from another reader of the book";

/// The index and the files it points into. All methods block.
#[derive(Debug, Default)]
pub(super) struct Reader {
    index: RwLock<Index>,
    files: Files,
}

impl Reader {
    pub(super) fn new(index: Index) -> Self {
        Self { index: RwLock::new(index), files: Files::default() }
    }

    /// For reading. An index whose writer panicked holds whole entries only, because it is changed after the sync by
    /// code that does not call out.
    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For adding what is durable.
    pub(super) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// At least one event from `from` on unless it is the end: at most `limit`, of one segment, and about 1 MiB.
    pub(super) fn scan(&self, from: Position, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let run = self.index().run(from.0, limit, SCAN_BYTES);
        let Some(run) = run else {
            return Ok(Vec::new());
        };
        let mut events = Vec::with_capacity(run.count);
        self.each(&run, |header, record| {
            events.push(header.recorded(&record)?);
            Ok(())
        })?;
        Ok(events)
    }

    pub(super) fn read_all(
        &self,
        from: Option<Position>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        match direction {
            Direction::Forwards => self.range(from.unwrap_or_default().0, limit),
            Direction::Backwards => {
                let Some(last) = self.index().next().0.checked_sub(1) else {
                    return Ok(Vec::new());
                };
                let last = from.map_or(last, |from| from.0.min(last));
                let first = (last + 1).saturating_sub(limit as u64);
                let count = usize::try_from(last + 1 - first).unwrap_or(limit);
                let mut events = self.range(first, count)?;
                events.reverse();
                Ok(events)
            }
        }
    }

    pub(super) fn read_stream(
        &self,
        stream: &StreamName,
        from: Option<Revision>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let positions = {
            let index = self.index();
            let all = index.stream(stream.as_str());
            let length = all.len();
            let from = from.map(|from| usize::try_from(from.0).unwrap_or(usize::MAX));
            let (first, end) = match direction {
                Direction::Forwards => {
                    let first = from.unwrap_or(0).min(length);
                    (first, first.saturating_add(limit).min(length))
                }
                Direction::Backwards => {
                    let end = from.map_or(length, |from| from.saturating_add(1).min(length));
                    (end.saturating_sub(limit), end)
                }
            };
            all[first..end].to_vec()
        };
        let mut events = Vec::with_capacity(positions.len());
        // Events of one append stand together: read them together.
        for together in positions.chunk_by(|a, b| a + 1 == *b) {
            events.append(&mut self.range(together[0], together.len())?);
        }
        if direction == Direction::Backwards {
            events.reverse();
        }
        Ok(events)
    }

    /// The ids of a stream's events from a revision on, at most `count`; to recognise a repeated append.
    pub(super) fn ids(&self, stream: &StreamName, from: u64, count: usize) -> Result<Vec<Uuid>, LogError> {
        let from = Some(Revision(from));
        let events = self.read_stream(stream, from, Direction::Forwards, count)?;
        Ok(events.into_iter().map(|event| event.id).collect())
    }

    fn range(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let mut events = self.scan(Position(from), limit)?;
        while events.len() < limit {
            let mut more = self.scan(Position(from + events.len() as u64), limit - events.len())?;
            if more.is_empty() {
                break;
            }
            events.append(&mut more);
        }
        Ok(events)
    }

    fn each(&self, run: &Run, mut take: impl FnMut(record::Header, Bytes) -> Result<(), Flaw>) -> Result<(), LogError> {
        let file = self.files.get(&run.segment)?;
        let seed = Seed::of(run.segment.header.log);
        let bytes = Bytes::from(scan::read(&file, &run.segment, run.offset, run.bytes)?);
        let mut at = 0;
        for position in run.first..run.first + run.count as u64 {
            let taken = record::decode(&bytes[at..], seed).and_then(|header| {
                if header.position != position {
                    return Err(Flaw::Order);
                }
                let end = at + header.length as usize;
                take(header, bytes.slice(at..end))?;
                Ok(end)
            });
            at = taken.map_err(|flaw| {
                let offset = run.offset + at as u64;
                LogError::damaged(&run.segment.path, offset, format!("position {position}: {}", flaw.what()), MEND)
            })?;
        }
        Ok(())
    }
}
