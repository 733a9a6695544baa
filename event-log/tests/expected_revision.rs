//! Each belief about a stream is right or wrong as it should be, and an append that comes again is recognised.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use event_log::{Appended, EmbeddedLog, EventLog, Expected, LogError, NewEvent, Position, Revision};
use support::{event, events, open, stream};

const RIGHT: [(Expected, bool); 5] = [
    (Expected::Any, true),
    (Expected::NoStream, true),
    (Expected::StreamExists, false),
    (Expected::Exact(Revision(0)), false),
    (Expected::Exact(Revision(u64::MAX)), false),
];

#[tokio::test]
async fn of_a_stream_that_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    for (number, (expected, right)) in RIGHT.into_iter().enumerate() {
        let stream = stream(&format!("a-{number}"));
        match log.append(&stream, expected, vec![event(number as u128)]).await {
            Ok(appended) => assert!(right && appended.revision == Revision(0), "{expected}"),
            Err(LogError::WrongRevision { actual, expected: told, .. }) => {
                assert!(!right && actual.is_none() && told == expected, "{expected}");
            }
            Err(other) => panic!("{expected}: {other}"),
        }
    }
}

#[tokio::test]
async fn of_a_stream_with_three_events() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let right = |expected| match expected {
        Expected::Any | Expected::StreamExists => true,
        Expected::Exact(revision) => revision == Revision(2),
        Expected::NoStream => false,
    };
    let exact = [0, 1, 2, 3, u64::MAX].map(|revision| Expected::Exact(Revision(revision)));
    let others = [Expected::Any, Expected::NoStream, Expected::StreamExists];
    for (number, expected) in (0..).zip(exact.into_iter().chain(others)) {
        let stream = stream(&format!("a-{number}"));
        log.append(&stream, Expected::NoStream, events(number * 10..number * 10 + 3)).await.unwrap();
        let before = log.next_position().await.unwrap();
        match log.append(&stream, expected, vec![event(number * 10 + 5)]).await {
            Ok(appended) => assert!(right(expected) && appended.revision == Revision(3), "{expected}"),
            Err(LogError::WrongRevision { actual, .. }) => {
                assert!(!right(expected) && actual == Some(Revision(2)), "{expected}");
                assert_eq!(log.next_position().await.unwrap(), before, "nothing was written");
            }
            Err(other) => panic!("{expected}: {other}"),
        }
    }
}

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

#[tokio::test]
async fn an_append_that_comes_twice_at_once_is_written_once() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let a = stream("a-1");
    for expected in [Expected::NoStream, Expected::Any, Expected::StreamExists] {
        let base = log.next_position().await.unwrap().0;
        let given = events(u128::from(base)..u128::from(base) + 2);
        let twice = futures::future::join_all((0..8).map(|_| log.append(&a, expected, given.clone()))).await;
        let places: Vec<_> = twice.into_iter().map(|done| done.unwrap()).collect();
        assert_eq!(places.iter().filter(|done| !done.already).count(), 1);
        assert!(places.iter().all(|done| done.position == Position(base + 1)));
    }
}

#[tokio::test]
async fn the_same_id_in_another_stream_is_another_event() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    for name in ["a-1", "b-1"] {
        assert!(!log.append(&stream(name), Expected::Any, events(0..1)).await.unwrap().already);
    }
    for name in ["a-1", "b-1"] {
        assert!(log.append(&stream(name), Expected::Any, events(0..1)).await.unwrap().already);
    }
}
