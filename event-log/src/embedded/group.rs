//! What one group commit will write: decides each append against the book and the appends before it in the group, and
//! encodes it.

use std::collections::HashMap;

use chrono::Utc;
use foldhash::fast::RandomState;
use uuid::Uuid;

use super::limits::MAX_GROUP_BYTES;
use super::reader::Reader;
use super::recent::RecentIds;
use super::record::{self, Seed, Standing};
use crate::{Appended, Expected, LogError, Position, Revision, StreamAppend, StreamName};

/// An event of the group.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) stream: StreamName,
    pub(super) revision: u64,
    /// Where its record begins in the group's bytes.
    pub(super) at: usize,
    pub(super) length: u32,
}

/// A group in the making. Its buffers are reused from group to group.
#[derive(Debug)]
pub(super) struct Group {
    seed: Seed,
    first: u64,
    created: i64,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// The group's own events of a stream: ids and positions, after what the book has.
    pending: HashMap<StreamName, Vec<(Uuid, u64)>, RandomState>,
    recent: RecentIds,
}

impl Group {
    /// An empty group that goes on after what `reader` has.
    pub(super) fn new(seed: Seed, reader: &Reader, recent: RecentIds) -> Self {
        let (first, created) = {
            let index = reader.index();
            (index.next().0, index.last_created())
        };
        let (bytes, entries, pending) = (Vec::new(), Vec::new(), HashMap::default());
        let mut group = Self { seed, first, created, bytes, entries, pending, recent };
        group.begin(first);
        group
    }

    /// Empties the group; the next record will stand at `first`.
    pub(super) fn begin(&mut self, first: u64) {
        self.first = first;
        // A clock that is set back must not make the book's order and its instants disagree.
        self.created = self.created.max(Utc::now().timestamp_micros());
        self.bytes.clear();
        self.entries.clear();
        self.pending.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= MAX_GROUP_BYTES
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn created(&self) -> i64 {
        self.created
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The position after the group.
    pub(super) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Takes an append that [`super::limits::check`] let in, or says why not.
    pub(super) fn add(&mut self, reader: &Reader, append: &StreamAppend) -> Result<Appended, LogError> {
        let stream = &append.stream;
        let published = reader.index().stream(stream.as_str()).len() as u64;
        let length = published + self.pending.get(stream).map_or(0, |pending| pending.len() as u64);
        let actual = length.checked_sub(1).map(Revision);
        let holds = match append.expected {
            Expected::Any => true,
            Expected::NoStream => actual.is_none(),
            Expected::StreamExists => actual.is_some(),
            Expected::Exact(_) => actual.map(Expected::Exact) == Some(append.expected),
        };
        if let Some(appended) = self.already(reader, append, holds, published)? {
            return Ok(appended);
        }
        if !holds {
            return Err(LogError::WrongRevision { stream: stream.clone(), expected: append.expected, actual });
        }
        Ok(self.encode(append, length))
    }

    /// Where the append's events stand when the stream has them already.
    fn already(
        &self,
        reader: &Reader,
        append: &StreamAppend,
        holds: bool,
        published: u64,
    ) -> Result<Option<Appended>, LogError> {
        let recent = || append.events.first().and_then(|event| self.recent.revision(event.id, append.stream.as_str()));
        let start = match append.expected {
            Expected::Any | Expected::StreamExists => recent(),
            Expected::NoStream => (!holds).then_some(0),
            Expected::Exact(revision) if !holds => revision.0.checked_add(1),
            Expected::Exact(_) => None,
        };
        let Some(start) = start else {
            return Ok(None);
        };
        let count = append.events.len();
        let mut ids = if start < published { reader.ids(&append.stream, start, count)? } else { Vec::new() };
        let pending = self.pending.get(&append.stream).map_or(&[][..], Vec::as_slice);
        let skipped = usize::try_from(start.saturating_sub(published)).unwrap_or(usize::MAX);
        let wanted = count - ids.len();
        ids.extend(pending.iter().skip(skipped).take(wanted).map(|(id, _)| *id));
        if !ids.iter().eq(append.events.iter().map(|event| &event.id)) {
            return Ok(None);
        }
        let last = start + count as u64 - 1;
        let position = match last.checked_sub(published).and_then(|at| pending.get(usize::try_from(at).ok()?)) {
            Some((_, position)) => Some(*position),
            None => {
                reader.index().stream(append.stream.as_str()).get(usize::try_from(last).unwrap_or(usize::MAX)).copied()
            }
        };
        Ok(position.map(|position| Appended { position: Position(position), revision: Revision(last), already: true }))
    }

    fn encode(&mut self, append: &StreamAppend, length: u64) -> Appended {
        let pending = self.pending.entry(append.stream.clone()).or_default();
        let mut standing = Standing {
            position: self.first + self.entries.len() as u64,
            revision: length,
            group_first: self.first,
            created: self.created,
            followers: append.events.len() as u32,
        };
        for event in &append.events {
            standing.followers -= 1;
            let at = self.bytes.len();
            record::encode(&mut self.bytes, self.seed, &append.stream, event, standing);
            let length = (self.bytes.len() - at) as u32;
            self.entries.push(Entry { stream: append.stream.clone(), revision: standing.revision, at, length });
            pending.push((event.id, standing.position));
            self.recent.insert(event.id, append.stream.as_str(), standing.revision);
            standing.position += 1;
            standing.revision += 1;
        }
        let (position, revision) = (Position(standing.position - 1), Revision(standing.revision - 1));
        Appended { position, revision, already: false }
    }
}
