//! [`Proof`]: that an event is in the book of which a head was signed, in one file that needs nothing else.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Hash, HeadError, InclusionProof, NoHash, NotProved, PublicHeadKey, SignedHead};
use crate::{LogError, Position, Recorded, Revision, StreamName};

/// A proof, as its file has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proof {
    position: u64,
    event: Shown,
    /// The hashes that lead from the event's to the head's root, its neighbour first, in base64.
    path: Vec<String>,
    /// The signed head, as a C2SP checkpoint.
    head: String,
}

/// What a proof shows of its event.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "an event has all its members, or its hash alone")]
enum Shown {
    /// All of it.
    Whole(StoredEvent),
    /// Its hash, for readers whom what it says does not concern. Whoever has the book sees of which event it is.
    Hash(HashOnly),
}

/// An event's hash, in base64.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HashOnly {
    hash: String,
}

/// An event to the byte, for a hash of anything less would be another one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredEvent {
    id: Uuid,
    stream: String,
    revision: u64,
    r#type: String,
    schema: u16,
    occurred_at: DateTime<Utc>,
    data: String,
    metadata: String,
}

/// What a proof proves.
#[derive(Debug)]
pub struct Proved<'a> {
    /// Where the event stands.
    pub position: Position,
    /// The event's hash.
    pub hash: Hash,
    /// The event, where it is shown; when the engine took it in is not in it.
    pub event: Option<Recorded>,
    /// The head of the book that it is in.
    pub head: SignedHead,
    /// The key that signed the head.
    pub key: &'a PublicHeadKey,
}

/// Why nothing is proved.
#[derive(Debug, thiserror::Error)]
pub enum Unproved {
    /// The text is not one.
    #[error("it is no proof as `replay-tool prove` writes it: {0}")]
    Text(#[from] serde_json::Error),
    /// What it shows as an event is none.
    #[error("its event can't be one: {0}")]
    Event(#[from] LogError),
    /// Its head is none, or was signed by nobody whom the reader trusts.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// A hash in it is none.
    #[error("one of its hashes: {0}")]
    Hash(#[from] NoHash),
    /// Its hashes do not lead from the event to the head.
    #[error("the event is not in the book of this head: {0}")]
    Path(#[from] NotProved),
}

impl Proof {
    /// Puts a proof together.
    ///
    /// # Errors
    /// [`LogError::Invalid`] for an event that can't be written as JSON to the byte.
    pub fn new(event: &Recorded, inclusion: &InclusionProof, head: &SignedHead) -> Result<Self, LogError> {
        let text = |field: &'static str, bytes: &[u8]| {
            String::from_utf8(bytes.to_vec()).map_err(|_| LogError::Invalid {
                field,
                message: format!(
                    "that of the event at position {} is no text, so that it can't be written as JSON to the byte",
                    event.position
                ),
            })
        };
        let stored = StoredEvent {
            id: event.id,
            stream: event.stream.to_string(),
            revision: event.revision.0,
            r#type: event.event_type.to_string(),
            schema: event.schema,
            occurred_at: event.occurred_at,
            data: text("data", &event.data)?,
            metadata: text("metadata", &event.metadata)?,
        };
        Ok(Self::of(Shown::Whole(stored), inclusion, head))
    }

    /// Puts a proof together that keeps to itself what the event says.
    #[must_use]
    pub fn of_hash(event: Hash, inclusion: &InclusionProof, head: &SignedHead) -> Self {
        Self::of(Shown::Hash(HashOnly { hash: event.to_string() }), inclusion, head)
    }

    fn of(event: Shown, inclusion: &InclusionProof, head: &SignedHead) -> Self {
        let path = inclusion.path.iter().map(Hash::to_string).collect();
        Self { position: inclusion.position, event, path, head: head.to_string() }
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`Unproved::Text`].
    pub fn parse(text: &str) -> Result<Self, Unproved> {
        Ok(serde_json::from_str(text)?)
    }

    /// The hashes that lead from the event's to the head's root, its neighbour first, in base64.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Checks it: the event's hash is computed from the event, the root from the path, and the signature is one of these
    /// keys'.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub fn verify<'a>(&self, keys: &'a [PublicHeadKey]) -> Result<Proved<'a>, Unproved> {
        let head: SignedHead = self.head.parse()?;
        let key = head.verify(keys)?;
        let position = Position(self.position);
        let (hash, event) = match &self.event {
            Shown::Whole(stored) => {
                let event = stored.recorded(position)?;
                (Hash::of_event(&event), Some(event))
            }
            Shown::Hash(HashOnly { hash }) => (hash.parse()?, None),
        };
        let path = self.path.iter().map(|hash| hash.parse()).collect::<Result<_, _>>()?;
        let inclusion = InclusionProof { position: self.position, size: head.head.size, path };
        inclusion.verify(hash, head.head.root)?;
        Ok(Proved { position, hash, event, head, key })
    }
}

impl StoredEvent {
    fn recorded(&self, position: Position) -> Result<Recorded, LogError> {
        let Self { id, stream, revision, r#type, schema, occurred_at, data, metadata } = self;
        Ok(Recorded {
            position,
            stream: StreamName::new(stream.clone())?,
            revision: Revision(*revision),
            id: *id,
            event_type: r#type.as_str().into(),
            schema: *schema,
            occurred_at: *occurred_at,
            created: *occurred_at,
            data: data.clone().into(),
            metadata: metadata.clone().into(),
        })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}
