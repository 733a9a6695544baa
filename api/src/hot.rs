//! Aggregates that commands were carried out on lately, so that the next one need not read their streams first.
//!
//! What is remembered may be old, because others append too. An append is safe all the same: it says on which revision it
//! was decided, and is refused when there is another. What is not appended is not safe (a refusal, or that there is nothing
//! to do), so whoever decides so on what was remembered reads on and decides again: see [`crate::Book::execute`].

use std::any::Any;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use domain::Aggregate;
use domain::ids::CommandId;
use event_log::{Expected, Position, Recorded, Revision, StreamName};
use lru::LruCache;
use uuid::Uuid;

/// How many aggregates are remembered.
const MAX_AGGREGATES: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// The longest stream that is remembered, in events: with the ids of so many, some kilobytes.
const MAX_EVENTS: usize = 256;

/// A stream's events, folded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folded<A> {
    /// What they came to.
    pub(crate) state: A,
    /// Their ids and positions, by revision.
    events: Vec<(Uuid, Position)>,
}

impl<A: Aggregate> Folded<A> {
    /// Takes the next event in.
    pub(crate) fn take(&mut self, id: Uuid, position: Position, event: &A::Event, occurred_at: DateTime<Utc>) {
        self.state.evolve(event, occurred_at);
        self.events.push((id, position));
    }

    /// The revision that the stream's next event will have.
    pub(crate) fn next(&self) -> Revision {
        Revision(self.events.len() as u64)
    }

    /// What an append to it expects.
    pub(crate) fn expected(&self) -> Expected {
        match self.next().0.checked_sub(1) {
            None => Expected::NoStream,
            Some(last) => Expected::Exact(Revision(last)),
        }
    }

    /// Where its last event stands.
    pub(crate) fn position(&self) -> Option<Position> {
        self.events.last().map(|(_, position)| *position)
    }

    /// Where the last event stands that answers this command already, if any does.
    pub(crate) fn answered(&self, command: CommandId) -> Option<Position> {
        answered(&self.events, command)
    }
}

/// Where the last of these events stands that answers a command, if any does. A command's events are appended all or none
/// and lie side by side.
fn answered(events: &[(Uuid, Position)], command: CommandId) -> Option<Position> {
    let first = events.iter().position(|(id, _)| *id == command.event_id(0))?;
    let same = |(index, (id, _)): &(usize, &(Uuid, Position))| *id == command.event_id(*index);
    events[first..].iter().enumerate().take_while(same).last().map(|(_, (_, position))| *position)
}

/// As [`Folded::answered`], of events as they were read.
pub(crate) fn answered_in(records: &[Recorded], command: CommandId) -> Option<Position> {
    let events: Vec<_> = records.iter().map(|record| (record.id, record.position)).collect();
    answered(&events, command)
}

/// The aggregates; the longest unused goes first.
pub(crate) struct HotAggregates(Mutex<LruCache<StreamName, Box<dyn Any + Send>>>);

impl HotAggregates {
    /// What is remembered of a stream. It is forgotten: whoever takes it gives it back with what came to it.
    pub(crate) fn take<A: Aggregate>(&self, stream: &StreamName) -> Option<Folded<A>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop(stream)?;
        kept.downcast().ok().map(|folded| *folded)
    }

    /// Remembers a stream.
    pub(crate) fn keep<A: Aggregate>(&self, stream: StreamName, folded: Folded<A>) {
        if folded.events.len() <= MAX_EVENTS {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(stream, Box::new(folded));
        }
    }
}

impl Default for HotAggregates {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_AGGREGATES)))
    }
}

impl fmt::Debug for HotAggregates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HotAggregates")
    }
}
