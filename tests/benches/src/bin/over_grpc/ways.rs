//! What is done with a book, whatever the way to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::events::{Writer, append_one_by_one, payloads};
use event_log::{EventLog, Expected, LogError, Position, StreamAppend, StreamName};

use crate::Failure;

/// The events of a stream in a book that is filled.
const EVENTS_A_STREAM: usize = 20;
/// How many streams share a wait.
const STREAMS_AT_ONCE: usize = 100;
/// The most events that one scan gives.
const SCANNED_EVENTS: usize = 8_192;

/// Fills an empty book.
pub(crate) async fn fill(log: &dyn EventLog, events: usize) -> Result<(), Failure> {
    let payloads = payloads();
    let mut streams = 0..events / EVENTS_A_STREAM;
    loop {
        let mut appends = Vec::with_capacity(STREAMS_AT_ONCE);
        for _ in streams.by_ref().take(STREAMS_AT_ONCE) {
            let writer = Writer::new();
            let payloads = payloads.iter().cycle().take(EVENTS_A_STREAM).enumerate();
            appends.push(StreamAppend {
                stream: StreamName::new(writer.stream.clone())?,
                expected: Expected::NoStream,
                events: payloads.map(|(number, payload)| writer.event(number, payload)).collect(),
            });
        }
        if appends.is_empty() {
            return Ok(());
        }
        for outcome in log.append_each(appends).await? {
            outcome?;
        }
    }
}

/// Reads the first events of a book, on a thread of its own as a rebuild does.
pub(crate) async fn scan(log: Arc<dyn EventLog>, events: usize) -> Result<Duration, Failure> {
    let reading = tokio::task::spawn_blocking(move || -> Result<Duration, LogError> {
        let started = Instant::now();
        let mut next = Position::START;
        while next.0 < events as u64 {
            let read = log.scan(next, SCANNED_EVENTS.min(events - next.0 as usize))?;
            let Some(last) = read.last() else { break };
            next = last.position.next();
        }
        Ok(started.elapsed())
    });
    Ok(reading.await??)
}

/// Each client appends so many events to a new stream, one at a time.
pub(crate) async fn append(log: &Arc<dyn EventLog>, clients: usize, events: usize) -> Result<Duration, Failure> {
    let started = Instant::now();
    let write = |log: Arc<dyn EventLog>| async move { append_one_by_one(log.as_ref(), &payloads(), events).await };
    let tasks: Vec<_> = (0..clients).map(|_| tokio::spawn(write(Arc::clone(log)))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(started.elapsed())
}
