//! A segment of the book, as it lies on a disk or was copied from one. Not from the network, but as foreign.

use std::fs;

use event_log::embedded::{EmbeddedOptions, verify};
use event_log::{EmbeddedLog, EventLog, Position, Recorded};

/// A segment's bytes.
pub fn records(input: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let segment = directory.path().join("segment-00000000000000000000.log");
    fs::write(&segment, input).unwrap();
    let verified = verify(directory.path(), &mut |_, _| {});
    let Ok(log) = EmbeddedLog::open(directory.path(), &EmbeddedOptions { segment_bytes: 1 << 16 }) else {
        return assert!(verified.is_err(), "{verified:?}");
    };
    let first = all(&log);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.close());
    drop(log);
    let log = EmbeddedLog::open(directory.path(), &EmbeddedOptions { segment_bytes: 1 << 16 }).unwrap();
    assert_eq!(all(&log), first, "opened again it has something else");
}

fn all(log: &EmbeddedLog) -> Vec<Recorded> {
    let (mut events, mut next) = (Vec::new(), Position(0));
    loop {
        let more = log.scan(next, usize::MAX).unwrap();
        let Some(last) = more.last() else { return events };
        next = last.position.next();
        events.extend(more);
    }
}
