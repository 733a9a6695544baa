//! What is taken, and what is refused before it costs anything. Each bound is named once, here.

use std::collections::HashSet;

use super::record;
use crate::{LogError, NewEvent, StreamAppend};

/// The most that one event's data and metadata may have together, in bytes. EventStoreDB takes 1 MiB of data by
/// default, so that what fits here fits there.
pub const MAX_EVENT_BYTES: usize = 1 << 20;
/// The most events in one append, which is all or none.
pub const MAX_EVENTS_PER_APPEND: usize = 4096;
/// The most that one append may take on disk, in bytes: it must fit in one write and one segment.
pub const MAX_APPEND_BYTES: usize = 16 << 20;
/// The longest event type's name, in bytes.
pub const MAX_TYPE_BYTES: usize = 255;
/// How much may wait to be written, in bytes; who comes after waits for room. Bounds the memory of a stalled disk.
pub(super) const MAX_QUEUED_BYTES: usize = 64 << 20;
/// A group is committed at this size even when more is waiting, in bytes: keeps latency and the write buffer bounded.
pub(super) const MAX_GROUP_BYTES: usize = 4 << 20;
/// How many event ids are remembered to recognise a repeated append that names no revision (about 60 bytes each).
pub(super) const RECENT_IDS: usize = 1 << 17;
/// The most bytes that one scan reads: large enough to make the system call cheap, small enough to stay in the cache.
pub(super) const SCAN_BYTES: usize = 1 << 20;
/// How many segment files are kept open for reading.
pub(super) const OPEN_FILES: usize = 128;

/// The bytes an append will take, or why it cannot be taken.
///
/// # Errors
/// [`LogError::Invalid`].
pub fn check(append: &StreamAppend) -> Result<usize, LogError> {
    let events = &append.events;
    if events.is_empty() || events.len() > MAX_EVENTS_PER_APPEND {
        return refuse("events", format!("{} in one append; give 1 to {MAX_EVENTS_PER_APPEND}", events.len()));
    }
    let mut total = 0;
    for event in events {
        total += check_event(append.stream.as_str().len(), event)?;
    }
    if total > MAX_APPEND_BYTES {
        return refuse("events", format!("{total} bytes in one append; at most {MAX_APPEND_BYTES}"));
    }
    let twice = match events.as_slice() {
        [_] => None,
        _ => {
            let mut seen = HashSet::with_capacity(events.len());
            events.iter().find(|event| !seen.insert(event.id))
        }
    };
    match twice {
        Some(event) => refuse("id", format!("{} is twice in one append; give each event its own", event.id)),
        None => Ok(total),
    }
}

fn check_event(stream: usize, event: &NewEvent) -> Result<usize, LogError> {
    let content = event.data.len() + event.metadata.len();
    if content > MAX_EVENT_BYTES {
        return refuse("data", format!("{content} bytes with the metadata; at most {MAX_EVENT_BYTES}"));
    }
    if event.event_type.is_empty() || event.event_type.len() > MAX_TYPE_BYTES {
        return refuse("event_type", format!("{} bytes; give 1 to {MAX_TYPE_BYTES}", event.event_type.len()));
    }
    if event.schema == 0 {
        return refuse("schema", "0; versions count from 1".to_owned());
    }
    Ok(record::encoded_bytes(stream, event.event_type.len(), event.data.len(), event.metadata.len()))
}

fn refuse<T>(field: &'static str, message: String) -> Result<T, LogError> {
    Err(LogError::Invalid { field, message })
}
