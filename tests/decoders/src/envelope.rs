//! Events, as a cluster's server sends them and its client hands them on.

use std::collections::HashMap;

use bytes::Bytes;
use chrono::DateTime;
use event_log::{NewEvent, Position};
use event_log_eventstore::envelope::{proposed, recorded};
use eventstore::RecordedEvent;
use uuid::Uuid;

use crate::parts::parts;

/// Six parts: the stream, the type, what the server says of it (`key=value` lines), its metadata, its data, its id.
pub fn envelope(input: &[u8]) {
    let mut parts = parts(input);
    let mut next = || parts.next().unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stream_id, event_type, said) = (text(next()), text(next()), text(next()));
    let metadata: HashMap<_, _> = said.lines().filter_map(|line| line.split_once('=')).map(owned).collect();
    let (custom_metadata, data) = (Bytes::copy_from_slice(next()), Bytes::copy_from_slice(next()));
    let id = Uuid::from_slice(next()).unwrap_or_default();
    let event = RecordedEvent {
        stream_id,
        id,
        revision: 3,
        event_type,
        data,
        metadata,
        custom_metadata,
        is_json: true,
        position: eventstore::Position { commit: 9, prepare: 8 },
        created: DateTime::UNIX_EPOCH,
    };
    let Ok(recorded) = recorded("server", event, Position(5)) else { return };
    assert_eq!((recorded.position, recorded.revision.0, recorded.id), (Position(5), 3, id));
    let again = NewEvent {
        id,
        event_type: recorded.event_type.clone(),
        schema: recorded.schema,
        occurred_at: recorded.occurred_at,
        data: recorded.data.clone(),
        metadata: recorded.metadata.clone(),
    };
    // What is refused is what this program would not have appended: another's type or data.
    let Ok(sent) = proposed(std::slice::from_ref(&again)) else { return };
    assert_eq!(sent.len(), 1);
}

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}
