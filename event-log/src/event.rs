//! What is appended, and what is read back.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{LogError, Position, Revision};

/// A stream's name, `category-id`, as EventStoreDB's category projections expect it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(ByteString);

impl StreamName {
    /// The longest name that is taken, in bytes.
    pub const MAX_BYTES: usize = 255;

    /// Takes a name.
    ///
    /// # Errors
    /// [`LogError::Invalid`] when it is empty, longer than [`Self::MAX_BYTES`], begins with `$`
    /// (EventStoreDB's own streams) or has a control character.
    pub fn new(name: impl Into<ByteString>) -> Result<Self, LogError> {
        let name = name.into();
        let wrong = if name.is_empty() {
            "is empty; use category-id, as in order-7f0c…"
        } else if name.len() > Self::MAX_BYTES {
            "is longer than 255 bytes; use category-id, as in order-7f0c…"
        } else if name.starts_with('$') {
            "begins with $, which EventStoreDB keeps for itself; choose another category"
        } else if name.chars().any(char::is_control) {
            "has a control character; take it out"
        } else {
            return Ok(Self(name));
        };
        Err(LogError::Invalid { field: "stream", message: format!("{name:?} {wrong}") })
    }

    /// For bytes that were checked when they were appended.
    pub(crate) fn trusted(name: ByteString) -> Self {
        Self(name)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the first `-`: `order` of `order-7f0c…`.
    #[must_use]
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or(&*self.0, |(category, _)| category)
    }

    /// What stands after the first `-`: `7f0c…` of `order-7f0c…`; empty where there is none.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, id)| id)
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event type's name, as in `OrderPlaced`. Cheap to clone.
pub type EventType = ByteString;

/// An event to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The event's own id. Appending the same id again to the same place does nothing (see
    /// [`crate::EventLog::append`]).
    pub id: Uuid,
    /// The event type's name; 1 to 255 bytes.
    pub event_type: EventType,
    /// The version of the event type's schema, from 1 up.
    pub schema: u16,
    /// When it happened in the world. Kept to the microsecond.
    pub occurred_at: DateTime<Utc>,
    /// The payload, JSON.
    pub data: Bytes,
    /// Who and why, JSON.
    pub metadata: Bytes,
}

/// An event as the book has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its number in the book.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its number in its stream.
    pub revision: Revision,
    /// Its own id.
    pub id: Uuid,
    /// Its type's name.
    pub event_type: EventType,
    /// The version of its type's schema.
    pub schema: u16,
    /// When it happened in the world (business time; what windows use).
    pub occurred_at: DateTime<Utc>,
    /// When the log took it.
    pub created: DateTime<Utc>,
    /// The payload, JSON.
    pub data: Bytes,
    /// Who and why, JSON.
    pub metadata: Bytes,
}
