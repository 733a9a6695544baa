//! An event as the server keeps it, from ours and back.
//!
//! What we keep of an event beside its bytes stands in its metadata: `occurredAt` and `schema`, as in every event that
//! Marktboek decides. An event of another writer without them is of schema 1 and occurred when the server took it.

use std::collections::HashSet;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use event_log::embedded::{MAX_APPEND_BYTES, MAX_EVENT_BYTES, MAX_EVENTS_PER_APPEND, MAX_TYPE_BYTES};
use event_log::{LogError, NewEvent, Position, Recorded, Revision, StreamAppend, StreamName};
use eventstore::{EventData, RecordedEvent};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A tick of the server's clock is 100 ns.
const TICKS_PER_MICROSECOND: i64 = 10;

/// What we read of an event's metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    occurred_at: Option<DateTime<Utc>>,
    schema: Option<u16>,
}

/// Whether a server would keep an append's events to the byte, or why not. Appending does not ask for that: it adds to
/// an event's metadata what the server has no other place for.
///
/// # Errors
/// [`LogError::Invalid`]: for what appending refuses too, and for what it would change.
pub fn check(append: &StreamAppend) -> Result<(), LogError> {
    proposed(&append.events)?;
    for event in &append.events {
        if metadata(event)? != event.metadata {
            let message = "occurredAt or schema is not in it, and a server has no other place for them; an embedded book \
                           keeps it as it is";
            return invalid("metadata", message.to_owned());
        }
        if event.data.trim_ascii().len() != event.data.len() {
            let message = "there is space around it, which the client leaves out; an embedded book keeps it as it is";
            return invalid("data", message.to_owned());
        }
    }
    Ok(())
}

/// The events of one append as the server takes them.
///
/// # Errors
/// [`LogError::Invalid`] for what the embedded engine or the server would not take.
pub fn proposed(events: &[NewEvent]) -> Result<Vec<EventData>, LogError> {
    let count = events.len();
    if count == 0 || count > MAX_EVENTS_PER_APPEND {
        return invalid("events", format!("{count} in one append; give 1 to {MAX_EVENTS_PER_APPEND}"));
    }
    let total: usize = events.iter().map(|event| event.data.len() + event.metadata.len()).sum();
    if total > MAX_APPEND_BYTES {
        return invalid("events", format!("{total} bytes in one append; at most {MAX_APPEND_BYTES}"));
    }
    let mut seen = HashSet::with_capacity(count);
    if let Some(event) = events.iter().find(|event| !seen.insert(event.id)) {
        return invalid("id", format!("{} is twice in one append; give each event its own", event.id));
    }
    events.iter().map(one).collect()
}

fn one(event: &NewEvent) -> Result<EventData, LogError> {
    let content = event.data.len() + event.metadata.len();
    if content > MAX_EVENT_BYTES {
        return invalid("data", format!("{content} bytes with the metadata; at most {MAX_EVENT_BYTES}"));
    }
    if event.event_type.is_empty() || event.event_type.len() > MAX_TYPE_BYTES {
        return invalid("event_type", format!("{} bytes; give 1 to {MAX_TYPE_BYTES}", event.event_type.len()));
    }
    if event.event_type.starts_with('$') {
        let message = format!("{:?} begins with $, as the server's own do; choose another", &*event.event_type);
        return invalid("event_type", message);
    }
    if event.schema == 0 {
        return invalid("schema", "0; versions count from 1".to_owned());
    }
    // As it is: what a client makes of a value could differ from what was decided.
    let data: &RawValue = serde_json::from_slice(&event.data).map_err(|error| LogError::Invalid {
        field: "data",
        message: format!("not JSON: {error}; the server keeps JSON for us"),
    })?;
    let data = EventData::json(&event.event_type, &data)
        .map_err(|error| LogError::Invalid { field: "data", message: error.to_string() })?;
    Ok(data.id(event.id).metadata(metadata(event)?))
}

/// The event's metadata, with what the server has no other place for.
fn metadata(event: &NewEvent) -> Result<Bytes, LogError> {
    let object = |error: serde_json::Error| LogError::Invalid {
        field: "metadata",
        message: format!("{error}; it is a JSON object, in which occurredAt is a moment and schema a version"),
    };
    let given = if event.metadata.is_empty() { b"{}" } else { &event.metadata[..] };
    let header: Header = serde_json::from_slice(given).map_err(object)?;
    let occurred_at = event.occurred_at.trunc_subsecs(6);
    match (header.occurred_at.map(|at| at.trunc_subsecs(6)), header.schema) {
        (Some(at), Some(schema)) if at == occurred_at && schema == event.schema => return Ok(event.metadata.clone()),
        (at, schema) if at.is_none_or(|at| at == occurred_at) && schema.is_none_or(|schema| schema == event.schema) => {
        }
        (_, _) => {
            let message = "its occurredAt or schema is another than the event's; give the same".to_owned();
            return Err(LogError::Invalid { field: "metadata", message });
        }
    }
    let mut whole: Map<String, Value> = serde_json::from_slice(given).map_err(object)?;
    whole.insert("occurredAt".to_owned(), occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true).into());
    whole.insert("schema".to_owned(), event.schema.into());
    serde_json::to_vec(&whole).map(Bytes::from).map_err(object)
}

/// Whether it is one of the server's own, which are no part of the book: wherever it stands in the server's log, it has
/// no position of ours.
pub(crate) fn is_system(event: &RecordedEvent) -> bool {
    event.event_type.starts_with('$') || event.stream_id.starts_with('$')
}

/// The event as we know it, at this position.
///
/// # Errors
/// [`LogError::Refused`] for one that Marktboek can't read.
pub fn recorded(server: &str, event: RecordedEvent, position: Position) -> Result<Recorded, LogError> {
    let RecordedEvent { stream_id, id, revision, event_type, data, metadata, custom_metadata, created, .. } = event;
    let unreadable = |what: String| LogError::Refused {
        server: server.to_owned(),
        doing: "reading",
        message: format!(
            "event {id} (position {position}, stream {stream_id:?}, revision {revision}) is none that Marktboek can \
             read: {what}; another program wrote it there: give Marktboek a server of its own"
        ),
    };
    let stream = StreamName::new(stream_id.clone()).map_err(|error| unreadable(error.to_string()))?;
    if metadata.get("content-type").is_some_and(|kind| kind != "application/json") {
        return Err(unreadable("its content is not JSON".to_owned()));
    }
    let header: Header = if custom_metadata.is_empty() {
        Header::default()
    } else {
        serde_json::from_slice(&custom_metadata).map_err(|error| unreadable(format!("its metadata: {error}")))?
    };
    // The client keeps whole seconds only, beside the ticks that it got.
    let ticks = metadata.get("created").and_then(|ticks| ticks.parse::<i64>().ok());
    let created =
        ticks.and_then(|ticks| DateTime::from_timestamp_micros(ticks / TICKS_PER_MICROSECOND)).unwrap_or(created);
    Ok(Recorded {
        position,
        stream,
        revision: Revision(revision),
        id,
        event_type: event_type.into(),
        schema: header.schema.unwrap_or(1),
        occurred_at: header.occurred_at.unwrap_or(created).trunc_subsecs(6),
        created,
        data,
        metadata: custom_metadata,
    })
}

fn invalid<T>(field: &'static str, message: String) -> Result<T, LogError> {
    Err(LogError::Invalid { field, message })
}
