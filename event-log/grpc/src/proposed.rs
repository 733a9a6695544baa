//! An event as clients send it, made into one that the book takes.
//!
//! What the book keeps of an event beside its bytes stands in the metadata, as in events of its own: `occurredAt` and
//! `schema`. An event without them is of schema 1 and occurred when it came; one whose `occurredAt` or `schema` can't be
//! read is refused, for nobody could mend it later.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use event_log::{NewEvent, StreamName};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::envelope::{CONTENT_TYPE, JSON, TYPE};
use crate::refusal::Refusal;
use crate::wire::StreamIdentifier;
use crate::wire::streams::{append_req, batch_append_req};

/// An event as either way of appending sends it, without what nobody reads.
#[derive(Debug)]
pub(crate) struct Proposed {
    id: Option<Uuid>,
    event_type: Option<String>,
    content_type: Option<String>,
    custom_metadata: Bytes,
    data: Bytes,
}

impl From<append_req::ProposedMessage> for Proposed {
    fn from(message: append_req::ProposedMessage) -> Self {
        let append_req::ProposedMessage { id, mut metadata, custom_metadata, data } = message;
        let (event_type, content_type) = (metadata.remove(TYPE), metadata.remove(CONTENT_TYPE));
        Self { id: id.and_then(|id| id.read()), event_type, content_type, custom_metadata, data }
    }
}

impl From<batch_append_req::ProposedMessage> for Proposed {
    fn from(message: batch_append_req::ProposedMessage) -> Self {
        let batch_append_req::ProposedMessage { id, metadata, custom_metadata, data } = message;
        append_req::ProposedMessage { id, metadata, custom_metadata, data }.into()
    }
}

/// What the book reads of an event's metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    occurred_at: Option<Value>,
    schema: Option<Value>,
}

impl Proposed {
    /// How much memory it takes beside the bytes in which it came.
    pub(crate) const OVERHEAD_BYTES: usize = size_of::<Self>();

    /// How many bytes it has, with its names.
    pub(crate) fn bytes(&self) -> usize {
        let texts: usize = self.event_type.iter().chain(&self.content_type).map(String::len).sum();
        self.custom_metadata.len() + self.data.len() + texts
    }

    /// The event to append.
    pub(crate) fn event(self, now: DateTime<Utc>) -> Result<NewEvent, Refusal> {
        let id = self.id.ok_or_else(|| Refusal::invalid("id", "missing, or not a UUID; give each event its own"))?;
        let event_type = self.event_type.ok_or(Refusal::MissingMetadata(TYPE))?;
        let content_type = self.content_type.ok_or(Refusal::MissingMetadata(CONTENT_TYPE))?;
        if content_type != JSON {
            return Err(Refusal::invalid(CONTENT_TYPE, format!("{content_type:?}; this book keeps {JSON}")));
        }
        let Header { occurred_at, schema } = header(&self.custom_metadata)?;
        let occurred_at = match occurred_at {
            None => now,
            Some(value) => value
                .as_str()
                .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
                .ok_or_else(|| {
                    let message = format!("{value} is not a moment as in \"2026-11-01T12:00:00Z\"");
                    Refusal::invalid("metadata.occurredAt", message)
                })?
                .to_utc(),
        };
        let schema = match schema {
            None => 1,
            Some(value) => value
                .as_u64()
                .and_then(|schema| u16::try_from(schema).ok())
                .filter(|schema| *schema > 0)
                .ok_or_else(|| {
                    Refusal::invalid("metadata.schema", format!("{value} is not a version, a number from 1 to 65535"))
                })?,
        };
        let (data, metadata) = (self.data, self.custom_metadata);
        Ok(NewEvent { id, event_type: event_type.into(), schema, occurred_at, data, metadata })
    }
}

fn header(metadata: &Bytes) -> Result<Header, Refusal> {
    if metadata.is_empty() {
        return Ok(Header::default());
    }
    serde_json::from_slice(metadata)
        .map_err(|error| Refusal::invalid("metadata", format!("not a JSON object: {error}")))
}

/// The stream to append to.
pub(crate) fn stream(identifier: Option<&StreamIdentifier>) -> Result<StreamName, Refusal> {
    let identifier = identifier.ok_or_else(|| Refusal::invalid("stream_identifier", "missing; name a stream"))?;
    if identifier.stream_name.starts_with(b"$") {
        let name = identifier.shown();
        return Err(Refusal::AccessDenied(format!(
            "{name} is a stream of EventStoreDB's own, which this book has none of: nothing is cut off by $maxCount or \
             $maxAge, nothing is deleted"
        )));
    }
    let name = String::from_utf8(identifier.stream_name.to_vec())
        .map_err(|_| Refusal::invalid("stream_identifier", "not UTF-8"))?;
    Ok(StreamName::new(name)?)
}
