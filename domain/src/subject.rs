//! The end of a subject's key: after it, that subject's personal data is unreadable for good, everywhere.
//!
//! The order is: the event that asks for it (a review's withdrawal, a buyer's erasure), then the key's destruction,
//! then [`SubjectKeyDestroyed`], which tells every reader to drop what it has opened.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{Aggregate, Context};
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

/// What can happen to a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectEvent {
    /// See [`SubjectKeyDestroyed`].
    SubjectKeyDestroyed(SubjectKeyDestroyed),
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
}

/// A subject of personal data. Its stream is `subject-<subject>`.
#[derive(Debug, Clone, Default)]
pub struct SubjectState {
    /// Whether its key has been destroyed.
    pub destroyed: bool,
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
        let SubjectCommand::RecordDestruction { subject, asked_by } = command;
        if self.destroyed {
            return Ok(Vec::new());
        }
        Ok(vec![SubjectKeyDestroyed { subject, asked_by }.into()])
    }

    fn evolve(&mut self, event: &SubjectEvent, _: DateTime<Utc>) {
        let SubjectEvent::SubjectKeyDestroyed(_) = event;
        self.destroyed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policies;

    #[test]
    fn r_3_3_02_a_destruction_is_recorded_once() {
        let (policies, mut state) = (Policies::default(), SubjectState::default());
        let context = Context { now: DateTime::UNIX_EPOCH, policies: &policies };
        let command = SubjectCommand::RecordDestruction { subject: Subject("review-1".into()), asked_by: Uuid::nil() };
        let events = state.decide(command.clone(), &context).unwrap();
        assert_eq!(events.len(), 1);
        state.evolve(&events[0], DateTime::UNIX_EPOCH);
        assert!(state.decide(command, &context).unwrap().is_empty());
    }
}
