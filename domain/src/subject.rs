//! The end of a subject's key: after it, that subject's personal data is unreadable for good, everywhere.
//!
//! The order is: the event that asks for it (a review's withdrawal, a buyer's erasure), then the key's destruction,
//! then [`SubjectKeyDestroyed`], which tells every reader to drop what it has opened. While a legal hold keeps the data,
//! [`ErasureDeferred`] comes in between: the law obliges the operator to keep it (GDPR art. 17(3)(b)), and the key is
//! destroyed when the last hold on it has ended.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{Aggregate, Context};
use crate::ids::LegalHoldId;
use crate::legal_hold::HeldData;
use crate::refusal::Refusal;
use crate::sealed::Subject;

/// The subject's key has been destroyed. Recorded by the platform, after the destruction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubjectKeyDestroyed {
    /// Whose key.
    pub subject: Subject,
    /// The event that asked for it.
    pub asked_by: Uuid,
}

/// What was asked to be forgotten is kept as long as a legal hold is in force on it. By the platform; whoever asked is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureDeferred {
    /// What is kept.
    pub data: HeldData,
    /// The event that asked for it to be forgotten.
    pub asked_by: Uuid,
    /// The holds in force on it; at least one.
    pub holds: BTreeSet<LegalHoldId>,
}

/// What can happen to a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectEvent {
    /// See [`SubjectKeyDestroyed`].
    SubjectKeyDestroyed(SubjectKeyDestroyed),
    /// See [`ErasureDeferred`].
    ErasureDeferred(ErasureDeferred),
}

/// What can be asked of a subject.
#[derive(Debug, Clone)]
pub enum SubjectCommand {
    /// Record that the key has been destroyed.
    RecordDestruction {
        /// Whose key.
        subject: Subject,
        /// The event that asked for it.
        asked_by: Uuid,
    },
    /// Record that its destruction waits.
    Defer {
        /// What is kept.
        data: HeldData,
        /// The event that asked for it to be forgotten.
        asked_by: Uuid,
        /// The holds in force on it.
        holds: BTreeSet<LegalHoldId>,
    },
}

/// A subject of personal data. Its stream is `subject-<subject>`.
#[derive(Debug, Clone, Default)]
pub struct SubjectState {
    /// Whether its key has been destroyed.
    pub destroyed: bool,
    /// Whether its destruction waits, or waited.
    pub deferred: bool,
}

impl SubjectState {
    /// The stream of a subject.
    #[must_use]
    pub fn stream_of(subject: &Subject) -> String {
        format!("subject-{subject}")
    }
}

impl Aggregate for SubjectState {
    const CATEGORY: &'static str = "subject";
    type Command = SubjectCommand;
    type Event = SubjectEvent;

    fn decide(&self, command: SubjectCommand, _: &Context<'_>) -> Result<Vec<SubjectEvent>, Refusal> {
        match command {
            SubjectCommand::RecordDestruction { .. } if self.destroyed => Ok(Vec::new()),
            SubjectCommand::RecordDestruction { subject, asked_by } => {
                Ok(vec![SubjectKeyDestroyed { subject, asked_by }.into()])
            }
            SubjectCommand::Defer { holds, .. } if self.destroyed || self.deferred || holds.is_empty() => {
                Ok(Vec::new())
            }
            SubjectCommand::Defer { data, asked_by, holds } => {
                Ok(vec![ErasureDeferred { data, asked_by, holds }.into()])
            }
        }
    }

    fn evolve(&mut self, event: &SubjectEvent, _: DateTime<Utc>) {
        match event {
            SubjectEvent::SubjectKeyDestroyed(_) => self.destroyed = true,
            SubjectEvent::ErasureDeferred(_) => self.deferred = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::given;
    use crate::ids::ReviewId;

    const REVIEW: HeldData = HeldData::Review(ReviewId(Uuid::from_u128(1)));

    fn destroy() -> SubjectCommand {
        SubjectCommand::RecordDestruction { subject: REVIEW.subject(), asked_by: Uuid::nil() }
    }

    fn defer(holds: &[u128]) -> SubjectCommand {
        let holds = holds.iter().map(|hold| LegalHoldId(Uuid::from_u128(*hold))).collect();
        SubjectCommand::Defer { data: REVIEW, asked_by: Uuid::nil(), holds }
    }

    #[test]
    fn r_3_3_02_a_destruction_is_recorded_once() {
        let once = given::<SubjectState>().after(destroy());
        assert!(once.state().destroyed);
        assert!(once.when(destroy()).unwrap().is_empty());
    }

    #[test]
    fn r_3_3_02_a_deferral_is_recorded_once_while_something_holds_it_and_the_destruction_after_it() {
        let new = given::<SubjectState>();
        assert!(new.when(defer(&[])).unwrap().is_empty());
        let events = new.when(defer(&[8, 7])).unwrap();
        let [SubjectEvent::ErasureDeferred(deferred)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((deferred.data, deferred.holds.len()), (REVIEW, 2));
        let waiting = new.after(defer(&[7]));
        assert!(waiting.when(defer(&[8])).unwrap().is_empty());
        let gone = waiting.after(destroy());
        assert!(gone.state().destroyed);
        assert!(gone.when(defer(&[9])).unwrap().is_empty());
    }
}
