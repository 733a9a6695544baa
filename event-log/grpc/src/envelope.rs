//! A recorded event as clients see it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use event_log::Recorded;

use crate::wire::IdForm;
use crate::wire::StreamIdentifier;
use crate::wire::streams::ReadResp;
use crate::wire::streams::read_resp::read_event::{self, RecordedEvent};
use crate::wire::streams::read_resp::{Content, ReadEvent};

/// The key of an event's type among what clients call metadata.
pub(crate) const TYPE: &str = "type";
/// The key of its content type.
pub(crate) const CONTENT_TYPE: &str = "content-type";
/// The only content type there is in the book.
pub(crate) const JSON: &str = "application/json";
/// The key of the moment at which the book took it, in ticks.
const CREATED: &str = "created";
/// A tick is 100 ns.
const TICKS_PER_MICROSECOND: i64 = 10;

/// The message that delivers an event.
pub(crate) fn delivered(event: Recorded, ids: IdForm) -> ReadResp {
    let position = event.position.0;
    let ticks = event.created.timestamp_micros().saturating_mul(TICKS_PER_MICROSECOND);
    let metadata = HashMap::from([
        (TYPE.to_owned(), event.event_type.to_string()),
        (CONTENT_TYPE.to_owned(), JSON.to_owned()),
        (CREATED.to_owned(), ticks.to_string()),
    ]);
    let recorded = RecordedEvent {
        id: Some(ids.write(event.id)),
        stream_identifier: Some(StreamIdentifier::of(&event.stream)),
        stream_revision: event.revision.0,
        prepare_position: position,
        commit_position: position,
        metadata,
        custom_metadata: event.metadata,
        data: event.data,
    };
    let position = Some(read_event::Position::CommitPosition(position));
    saying(Content::Event(ReadEvent { event: Some(recorded), link: None, position }))
}

/// A message with this content.
pub(crate) fn saying(content: Content) -> ReadResp {
    ReadResp { content: Some(content) }
}

/// A moment as messages have it.
pub(crate) fn timestamp(at: DateTime<Utc>) -> prost_types::Timestamp {
    // Nanoseconds within a second, a leap second included, fit.
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default();
    prost_types::Timestamp { seconds: at.timestamp(), nanos }
}
