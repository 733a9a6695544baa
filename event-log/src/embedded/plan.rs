//! Decides each append against the book and the events that are not visible yet, and puts it into a group.
//!
//! An event is *pending* from its decision until it is durable and in the index, whichever group it is in: one that
//! gathers, is written or is published. It gets into the index first and stops being pending second, so that whoever
//! looks at the pending events first and at the index second misses none.

use std::collections::{HashMap, VecDeque};

use chrono::Utc;
use foldhash::fast::RandomState;
use uuid::Uuid;

use super::group::{Group, Reply};
use super::limits::MAX_GROUP_BYTES;
use super::reader::Reader;
use super::recent::RecentIds;
use super::record::Seed;
use crate::{Appended, Expected, LogError, Position, Revision, StreamAppend, StreamName};

/// As many groups as are on their way when nothing stalls: one gathers, one is written, one is published.
const SPARE_GROUPS: usize = 3;

/// What became of an append.
#[derive(Debug)]
pub(super) enum Verdict {
    Decided(Result<Appended, LogError>),
    /// It may have come before: first give the ids of its stream's visible events from this revision on.
    Unread(u64),
}

/// The ids of a stream's visible events from a revision on.
#[derive(Debug)]
pub(super) struct Ids {
    pub(super) from: u64,
    pub(super) ids: Vec<Uuid>,
}

/// The events that are not visible yet, and the groups that gather.
#[derive(Debug)]
pub(super) struct Plan {
    seed: Seed,
    next: u64,
    created: i64,
    /// The pending events of a stream, oldest first: ids and positions.
    pending: HashMap<StreamName, Pending, RandomState>,
    recent: RecentIds,
    /// Oldest first; all but the last are full.
    gathering: VecDeque<Group>,
    /// Whose buffers are used again.
    spare: Vec<Group>,
}

#[derive(Debug)]
struct Pending {
    /// The revision of the oldest.
    from: u64,
    events: VecDeque<(Uuid, u64)>,
}

impl Plan {
    /// Goes on after what `reader` has.
    pub(super) fn new(seed: Seed, reader: &Reader, recent: RecentIds) -> Self {
        let index = reader.index();
        let (next, created) = (index.next().0, index.last_created());
        let (pending, gathering, spare) = (HashMap::default(), VecDeque::new(), Vec::new());
        Self { seed, next, created, pending, recent, gathering, spare }
    }

    /// Takes an append that [`super::limits::check`] let in, or says why not. `known` is what an earlier call asked for.
    pub(super) fn add(&mut self, reader: &Reader, append: &StreamAppend, known: Option<&Ids>) -> Verdict {
        let pending = self.pending.get(&append.stream);
        let visible = match pending {
            Some(pending) => pending.from,
            None => reader.index().stream(append.stream.as_str()).len() as u64,
        };
        let length = visible + pending.map_or(0, |pending| pending.events.len() as u64);
        let actual = length.checked_sub(1).map(Revision);
        let holds = match append.expected {
            Expected::Any => true,
            Expected::NoStream => actual.is_none(),
            Expected::StreamExists => actual.is_some(),
            Expected::Exact(_) => actual.map(Expected::Exact) == Some(append.expected),
        };
        let already = match self.start_if_repeated(append, holds) {
            Some(start) => match self.already(reader, append, start, visible, known) {
                Ok(already) => already,
                Err(unread) => return Verdict::Unread(unread),
            },
            None => None,
        };
        Verdict::Decided(match already {
            Some(appended) => Ok(appended),
            None if holds => Ok(self.encode(append, length)),
            None => Err(LogError::WrongRevision { stream: append.stream.clone(), expected: append.expected, actual }),
        })
    }

    /// The revision at which the append's first event would stand if the append had come before.
    fn start_if_repeated(&self, append: &StreamAppend, holds: bool) -> Option<u64> {
        match append.expected {
            Expected::Any | Expected::StreamExists => {
                self.recent.revision(append.events.first()?.id, append.stream.as_str())
            }
            Expected::NoStream => (!holds).then_some(0),
            Expected::Exact(revision) if !holds => revision.0.checked_add(1),
            Expected::Exact(_) => None,
        }
    }

    /// Where the append's events stand when the stream has them from `start` on; the error is what must be read first.
    fn already(
        &self,
        reader: &Reader,
        append: &StreamAppend,
        start: u64,
        visible: u64,
        known: Option<&Ids>,
    ) -> Result<Option<Appended>, u64> {
        let count = append.events.len();
        let needed = usize::try_from(visible.saturating_sub(start)).unwrap_or(usize::MAX).min(count);
        let known = match known {
            Some(known) if known.from == start && known.ids.len() >= needed => &known.ids[..needed],
            _ if needed == 0 => &[],
            Some(_) | None => return Err(start),
        };
        let pending = self.pending.get(&append.stream);
        let skipped = usize::try_from(start.saturating_sub(visible)).unwrap_or(usize::MAX);
        let others = pending.into_iter().flat_map(|pending| pending.events.iter().skip(skipped)).take(count - needed);
        if !known.iter().chain(others.map(|(id, _)| id)).eq(append.events.iter().map(|event| &event.id)) {
            return Ok(None);
        }
        let last = start + count as u64 - 1;
        let position = match last.checked_sub(visible).and_then(|at| usize::try_from(at).ok()) {
            Some(at) => pending.and_then(|pending| pending.events.get(at)).map(|(_, position)| *position),
            None => {
                reader.index().stream(append.stream.as_str()).get(usize::try_from(last).unwrap_or(usize::MAX)).copied()
            }
        };
        Ok(position.map(|position| Appended { position: Position(position), revision: Revision(last), already: true }))
    }

    fn encode(&mut self, append: &StreamAppend, length: u64) -> Appended {
        let (stream, count) = (&append.stream, append.events.len());
        let first = self.next;
        self.next += count as u64;
        let pending = self.pending.entry(stream.clone());
        let pending = pending.or_insert_with(|| Pending { from: length, events: VecDeque::with_capacity(count) });
        for ((position, revision), event) in (first..).zip(length..).zip(&append.events) {
            pending.events.push_back((event.id, position));
            self.recent.insert(event.id, stream.as_str(), revision);
        }
        let seed = self.seed;
        self.open(first).push(seed, append, length);
        let (position, revision) = (Position(self.next - 1), Revision(length + count as u64 - 1));
        Appended { position, revision, already: false }
    }

    /// The group that gathers; a new one, whose first record stands at `next`, when there is none or it is full.
    fn open(&mut self, next: u64) -> &mut Group {
        if self.gathering.back().is_none_or(|group| group.bytes().len() >= MAX_GROUP_BYTES) {
            // A clock that is set back must not make the book's order and its instants disagree.
            self.created = self.created.max(Utc::now().timestamp_micros());
            let mut group = self.spare.pop().unwrap_or_default();
            group.begin(next, self.created);
            self.gathering.push_back(group);
        }
        let last = self.gathering.len() - 1;
        &mut self.gathering[last]
    }

    /// Has a caller wait until everything that was decided so far is durable.
    pub(super) fn wait(&mut self, reply: Reply) {
        match self.gathering.back_mut() {
            Some(group) => group.wait(reply),
            None => self.open(self.next).wait(reply),
        }
    }

    /// How many callers wait for the oldest group; a group that is full needs no more.
    pub(super) fn waiting(&self) -> usize {
        if self.gathering.len() > 1 { usize::MAX } else { self.gathering.front().map_or(0, Group::waiting) }
    }

    /// The oldest group that gathers.
    pub(super) fn take(&mut self) -> Option<Group> {
        self.gathering.pop_front()
    }

    /// Forgets a group's events, which the index has now, and keeps its buffers for a later one.
    pub(super) fn retire(&mut self, group: Group) {
        for entry in group.entries() {
            if let Some(pending) = self.pending.get_mut(&entry.stream) {
                pending.events.pop_front();
                pending.from += 1;
                if pending.events.is_empty() {
                    self.pending.remove(&entry.stream);
                }
            }
        }
        if self.spare.len() < SPARE_GROUPS {
            self.spare.push(group);
        }
    }
}
