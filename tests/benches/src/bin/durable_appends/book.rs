//! The embedded book under load.

use std::collections::HashSet;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::events::{Payload, append_one_by_one, payloads};
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, LogError, Recorded};

/// The most events that one read takes.
const READ_EVENTS: usize = 8_192;
/// A record's header and alignment, in bytes: see `event-log/src/embedded/record.rs`.
const RECORD_HEADER: usize = 84;
const RECORD_ALIGNMENT: usize = 8;

/// A round's appends.
pub(crate) struct Appended {
    pub(crate) events: usize,
    /// What they take in the book.
    pub(crate) bytes: usize,
    /// How many syncs they took.
    pub(crate) groups: f64,
    pub(crate) elapsed: Duration,
}

/// A book.
pub(crate) struct Book(Arc<EmbeddedLog>);

impl Book {
    pub(crate) fn open(directory: &Path) -> Result<Self, LogError> {
        Ok(Self(Arc::new(EmbeddedLog::open(directory, &EmbeddedOptions::default())?)))
    }

    /// Each writer appends so many events to a new stream, one at a time.
    pub(crate) async fn append(&self, writers: usize, events: usize) -> Result<Appended, Box<dyn Error + Send + Sync>> {
        let first = self.0.next_position().await?;
        let payloads = Arc::new(payloads());
        let started = Instant::now();
        let write = |log: Arc<EmbeddedLog>, payloads: Arc<[Payload; 3]>| async move {
            append_one_by_one(log.as_ref(), payloads.as_ref(), events).await
        };
        let tasks: Vec<_> =
            (0..writers).map(|_| tokio::spawn(write(Arc::clone(&self.0), Arc::clone(&payloads)))).collect();
        for task in tasks {
            task.await??;
        }
        let elapsed = started.elapsed();
        // All events of a group commit, and no others, have the same `created`.
        let (mut bytes, mut at, mut groups) = (0, first, HashSet::new());
        loop {
            let read = self.0.scan(at, READ_EVENTS)?;
            let Some(last) = read.last() else { break };
            at = last.position.next();
            bytes += read.iter().map(record_bytes).sum::<usize>();
            groups.extend(read.iter().map(|event| event.created));
        }
        let groups = benches::rounds::rate(groups.len(), Duration::from_secs(1));
        Ok(Appended { events: writers * events, bytes, groups, elapsed })
    }
}

fn record_bytes(event: &Recorded) -> usize {
    let content = event.stream.as_str().len() + event.event_type.len() + event.data.len() + event.metadata.len();
    (RECORD_HEADER + content).next_multiple_of(RECORD_ALIGNMENT)
}
