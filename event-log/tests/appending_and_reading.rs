//! What is appended is there when the book is opened again. What holds of every engine, this one too, is tried in
//! `event-log/eventstore/tests/either_engine.rs`.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use event_log::{Direction, EventLog, Expected, LogError, Position, Revision, StreamName};
use support::{event, events, open, stream};

#[test]
fn a_name_that_no_stream_may_have_is_refused() {
    for wrong in ["", "$all", "a\nb", &"x".repeat(256)] {
        assert!(matches!(StreamName::new(wrong.to_owned()), Err(LogError::Invalid { field: "stream", .. })));
    }
}

#[tokio::test]
async fn an_event_is_read_back_as_it_was_appended() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let given = event(7);
    let appended = log.append(&stream("order-7"), Expected::NoStream, vec![given.clone()]).await.unwrap();
    assert_eq!((appended.position, appended.revision, appended.already), (Position(0), Revision(0), false));
    log.close().await;
    drop(log);
    let log = open(directory.path());
    assert_eq!(log.recovered(), None);
    let read = log.read_all(None, Direction::Forwards, 10).await.unwrap().remove(0);
    assert_eq!((read.position, read.revision, read.stream.as_str()), (Position(0), Revision(0), "order-7"));
    assert_eq!((read.id, &read.event_type, read.schema), (given.id, &given.event_type, given.schema));
    assert_eq!((read.occurred_at, &read.data, &read.metadata), (given.occurred_at, &given.data, &given.metadata));
}

#[tokio::test]
async fn a_closed_book_is_read_but_takes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    log.append(&stream("a-1"), Expected::Any, events(0..3)).await.unwrap();
    log.close().await;
    log.close().await;
    let refused = log.append(&stream("a-1"), Expected::Any, events(3..4)).await;
    assert!(matches!(refused, Err(LogError::Closed)), "{refused:?}");
    assert_eq!(log.read_all(None, Direction::Forwards, 9).await.unwrap().len(), 3);
    let other = open(directory.path());
    assert_eq!(other.next_position().await.unwrap(), Position(3), "closing gives the lock back");
}
