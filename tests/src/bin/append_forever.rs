//! Appends to a book from several tasks until it is killed, and tells each acknowledged event on a line of its own:
//! `stream revision id`. A line is written after the acknowledgement, and is whole when it ends with a line feed.

#![allow(clippy::unwrap_used, reason = "where it fails it should stop, and say where")]

use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use event_log::embedded::EmbeddedOptions;
use event_log::{Direction, EmbeddedLog, EventLog, Expected, NewEvent, Revision, StreamName};
use uuid::Uuid;

/// Enough tasks that appends share group commits.
const TASKS: usize = 6;

/// So small that many segments are begun.
const SEGMENT_BYTES: u64 = 64 << 10;

#[tokio::main]
async fn main() {
    let directory = std::env::args().nth(1).expect("the book's directory");
    let log = Arc::new(EmbeddedLog::open(directory, &EmbeddedOptions { segment_bytes: SEGMENT_BYTES }).unwrap());
    let tasks: Vec<_> = (0..TASKS).map(|number| tokio::spawn(append(Arc::clone(&log), number))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn append(log: Arc<EmbeddedLog>, number: usize) {
    let stream = StreamName::new(format!("account-{number}")).unwrap();
    let last = log.read_stream(&stream, None, Direction::Backwards, 1).await.unwrap();
    let mut next = last.first().map_or(Revision::START, |event| event.revision.next());
    loop {
        let expected = next.0.checked_sub(1).map_or(Expected::NoStream, |last| Expected::Exact(Revision(last)));
        // One to four events, of sizes that follow from the revision.
        let events: Vec<NewEvent> = (0..=next.0 % 4).map(|event| new_event(next.0 + event)).collect();
        let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
        log.append(&stream, expected, events).await.unwrap();
        let mut lines = String::new();
        for id in ids {
            lines.push_str(&format!("{stream} {next} {id}\n"));
            next = next.next();
        }
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(lines.as_bytes()).unwrap();
        stdout.flush().unwrap();
    }
}

fn new_event(revision: u64) -> NewEvent {
    NewEvent {
        id: Uuid::new_v4(),
        event_type: "Counted".into(),
        schema: 1,
        occurred_at: chrono::Utc::now(),
        data: Bytes::from(format!("{{\"padding\":\"{}\"}}", "x".repeat((revision % 700) as usize))),
        metadata: Bytes::from_static(b"{}"),
    }
}
