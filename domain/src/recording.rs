//! From a decision to what is recorded: personal data sealed, payload and metadata as JSON, ids from the command.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::event::{Event, EventKind};
use crate::ids::CommandId;
use crate::metadata::{Actor, Metadata};
use crate::sealed::Subject;

/// Why events are recorded: whose command they answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The command.
    pub command: CommandId,
    /// Who gave it.
    pub actor: Actor,
    /// The event that caused it, where one did.
    pub causation: Option<Uuid>,
    /// What ties the whole transaction together; the command itself where nothing else is said.
    pub correlation: Option<Uuid>,
}

impl Cause {
    /// A command that a person or the platform gave of its own accord.
    #[must_use]
    pub fn new(command: CommandId, actor: Actor) -> Self {
        Self { command, actor, causation: None, correlation: None }
    }
}

/// An event, ready for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id, derived from the command's (R-0-04).
    pub id: Uuid,
    /// Its type.
    pub kind: EventKind,
    /// The version of its schema.
    pub schema: u16,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Its payload, JSON.
    pub data: Vec<u8>,
    /// Its [`Metadata`], JSON.
    pub metadata: Vec<u8>,
}

/// Whose keys it takes to record events.
///
/// # Errors
/// That a value can't be written.
pub fn subjects(events: &[Event]) -> Result<BTreeSet<Subject>, serde_json::Error> {
    let mut subjects = BTreeSet::new();
    for event in events {
        event.clone().seal(|subject, _, _| {
            subjects.insert(subject.clone());
            Ok::<_, serde_json::Error>(Vec::new())
        })?;
    }
    Ok(subjects)
}

/// Makes decided events ready for the log. `seal` is as in [`Event::seal`].
///
/// # Errors
/// What `seal` says, or that an event can't be written.
pub fn drafts<E: From<serde_json::Error>>(
    events: Vec<Event>,
    cause: &Cause,
    occurred_at: DateTime<Utc>,
    mut seal: impl FnMut(&Subject, &'static str, &[u8]) -> Result<Vec<u8>, E>,
) -> Result<Vec<Draft>, E> {
    let mut drafts = Vec::with_capacity(events.len());
    for (index, mut event) in events.into_iter().enumerate() {
        event.seal(&mut seal)?;
        let kind = event.kind();
        let metadata = Metadata {
            occurred_at,
            actor: cause.actor.clone(),
            command_id: cause.command,
            causation_id: cause.causation,
            correlation_id: cause.correlation.unwrap_or(cause.command.0),
            schema: kind.version(),
        };
        drafts.push(Draft {
            id: cause.command.event_id(index),
            kind,
            schema: kind.version(),
            occurred_at,
            data: event.encode()?,
            metadata: serde_json::to_vec(&metadata)?,
        });
    }
    Ok(drafts)
}
