//! What the tests share: small events and small segments, so that little work crosses many boundaries.
#![allow(dead_code)] // Each test file is a crate of its own and uses its part.

use bytes::Bytes;
use chrono::DateTime;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, NewEvent, StreamName};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Segments so small that a few dozen events fill one.
pub(crate) const TINY: EmbeddedOptions = EmbeddedOptions { segment_bytes: 4096 };

pub(crate) fn open(directory: &Path) -> EmbeddedLog {
    EmbeddedLog::open(directory, &TINY).unwrap()
}

pub(crate) fn stream(name: &str) -> StreamName {
    StreamName::new(name.to_owned()).unwrap()
}

/// An event whose every field follows from its number.
pub(crate) fn event(number: u128) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(number),
        event_type: "ListingChanged".into(),
        schema: 1 + (number % 3) as u16,
        occurred_at: DateTime::from_timestamp_micros(1_700_000_000_000_000 + number as i64).unwrap(),
        data: Bytes::from(format!("{{\"number\":{number}}}")),
        metadata: Bytes::from_static(b"{\"actor\":\"seller\"}"),
    }
}

pub(crate) fn events(numbers: std::ops::Range<u128>) -> Vec<NewEvent> {
    numbers.map(event).collect()
}

/// The book's files that match, by name.
pub(crate) fn files(directory: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix))
        .collect();
    found.sort();
    found
}

/// A copy of a directory's files, to damage.
pub(crate) fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for path in files(from, "") {
        std::fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
    }
    to
}
