//! An append that comes again is recognised when the book was opened again in between. What holds of every engine is tried
//! in `event-log/eventstore/tests/either_engine.rs`.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use event_log::{Appended, EmbeddedLog, EventLog, Expected, LogError, NewEvent, Position, Revision};
use support::{event, events, open, stream};

async fn again(log: &EmbeddedLog, expected: Expected, events: Vec<NewEvent>) -> Option<Appended> {
    match log.append(&stream("a-1"), expected, events).await {
        Ok(appended) => Some(appended),
        Err(LogError::WrongRevision { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_append_that_comes_again_is_recognised_in_each_kind() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    log.append(&stream("a-1"), Expected::NoStream, events(0..2)).await.unwrap();
    log.append(&stream("b-1"), Expected::NoStream, events(100..140)).await.unwrap();
    log.append(&stream("a-1"), Expected::Exact(Revision(1)), events(2..5)).await.unwrap();
    log.close().await;
    drop(log);
    for reopened in [false, true] {
        let log = open(directory.path());
        let there = |position, revision| {
            Some(Appended { position: Position(position), revision: Revision(revision), already: true })
        };
        let exact = |revision| Expected::Exact(Revision(revision));
        assert_eq!(again(&log, Expected::NoStream, events(0..2)).await, there(1, 1), "{reopened}");
        assert_eq!(again(&log, Expected::NoStream, events(0..5)).await, there(44, 4), "as one append instead of two");
        assert_eq!(again(&log, exact(1), events(2..5)).await, there(44, 4));
        assert_eq!(again(&log, exact(1), events(2..4)).await, there(43, 3));
        assert_eq!(again(&log, Expected::Any, events(2..5)).await, there(44, 4));
        assert_eq!(again(&log, Expected::StreamExists, events(0..2)).await, there(1, 1));
        // Not the same events, not in that order, or not at those revisions.
        assert_eq!(again(&log, Expected::NoStream, events(1..2)).await, None);
        assert_eq!(again(&log, Expected::NoStream, vec![event(1), event(0)]).await, None);
        assert_eq!(again(&log, Expected::NoStream, events(0..6)).await, None);
        assert_eq!(again(&log, exact(0), events(2..5)).await, None);
        assert_eq!(again(&log, exact(9), events(2..5)).await, None);
        assert_eq!(log.next_position().await.unwrap(), Position(45), "nothing was written");
        log.close().await;
    }
}
