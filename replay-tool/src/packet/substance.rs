//! [`Substance`]: what the book itself has on the figure: the policies that were in force, and the events that count.

use chrono::{DateTime, Utc};
use domain::calendar::SixMonths;
use domain::event::{Event, EventKind};
use domain::policy::{PolicyAdopted, PolicyEvent};
use event_log::merkle::Hash;
use event_log::{EventLog, Position, Recorded};
use projections::active_recipients::{ActiveRecipients, counts_in};
use projections::runner::Until;
use projections::view::{Happened, View, kind_of};

use super::policies::{Adopted, InForce};
use crate::error::ToolError;
use crate::events::Events;

/// The file of the proof that the last event that counts is in the book.
pub(super) const LAST_COUNTED_FILE: &str = "proofs/last-counted-event.json";

/// What an address's events are.
#[derive(Debug, Default)]
pub(super) struct Substance {
    /// When the first event occurred; nothing where none had.
    pub(super) begins: Option<DateTime<Utc>>,
    /// The policies that were in force in the period.
    pub(super) policies: Vec<InForce>,
    /// The events that count in the period, by type, in the order of their first.
    pub(super) counted: Vec<Counted>,
}

/// The events of one type that count in the period.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) kind: EventKind,
    pub(super) events: u64,
    pub(super) first: Position,
    pub(super) last: LastCounted,
}

/// The last event that counts: where it stands, and its hash. What it says is about recipients, and told to nobody.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastCounted {
    pub(super) position: Position,
    pub(super) hash: Hash,
}

impl Substance {
    /// Reads it from the book.
    pub(super) fn read(log: &dyn EventLog, period: SixMonths, until: Until) -> Result<Self, ToolError> {
        let end = until.position.map_or(Position(u64::MAX), Position::next);
        let (mut substance, mut adopted) = (Self::default(), Vec::new());
        for event in Events::between(log, Position::START, end) {
            let event = event?;
            if until.moment.is_some_and(|moment| event.occurred_at > moment) {
                continue;
            }
            substance.begins = Some(substance.begins.map_or(event.occurred_at, |begins| begins.min(event.occurred_at)));
            let kind = kind_of(&event)?;
            if kind == EventKind::PolicyAdopted || ActiveRecipients::WANTS.contains(&kind) {
                let happened = Happened::read(kind, &event)?;
                if counts_in(&happened).is_some_and(|month| period.months().contains(&month)) {
                    substance.count(kind, &event);
                } else if let Event::Policy(PolicyEvent::PolicyAdopted(PolicyAdopted { policies })) = happened.event {
                    adopted.push(Adopted { event, policies });
                }
            }
        }
        substance.policies = InForce::in_period(adopted, period.into());
        Ok(substance)
    }

    fn count(&mut self, kind: EventKind, event: &Recorded) {
        let last = LastCounted { position: event.position, hash: Hash::of_event(event) };
        match self.counted.iter_mut().find(|counted| counted.kind == kind) {
            Some(counted) => (counted.events, counted.last) = (counted.events + 1, last),
            None => self.counted.push(Counted { kind, events: 1, first: event.position, last }),
        }
    }

    /// The last of all events that count; nothing where none does.
    pub(super) fn last_counted(&self) -> Option<LastCounted> {
        self.counted.iter().map(|counted| counted.last).max_by_key(|last| last.position)
    }
}
