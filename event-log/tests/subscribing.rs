//! A subscription delivers every event once and in order, however it races with appends.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use std::sync::Arc;
use std::time::Duration;

use event_log::{EventLog, Expected, Position, Subscribed};
use futures::StreamExt;
use support::{events, open, stream};
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_gap_and_no_double_while_others_append() {
    const WRITERS: u128 = 8;
    const EACH: u128 = 150;
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(open(directory.path()));
    log.append(&stream("before-1"), Expected::NoStream, events(0..20)).await.unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let name = stream(&format!("order-{writer}"));
                for number in 0..EACH {
                    let id = 1000 + writer * EACH + number;
                    log.append(&name, Expected::Any, events(id..id + 1)).await.unwrap();
                }
            })
        })
        .collect();
    let end = 20 + (WRITERS * EACH) as u64;
    let readers: Vec<_> = [0, 7, 20, 500, end - 1]
        .into_iter()
        .map(|from| {
            let mut subscription = log.subscribe(Position(from));
            tokio::spawn(async move {
                let mut next = from;
                while next < end {
                    if let Subscribed::Event(event) = subscription.next().await.unwrap().unwrap() {
                        assert_eq!(event.position, Position(next));
                        next += 1;
                    }
                }
            })
        })
        .collect();
    for task in writers.into_iter().chain(readers) {
        timeout(Duration::from_secs(30), task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn it_says_when_it_has_caught_up_and_ends_when_the_book_is_closed() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    log.append(&stream("a-1"), Expected::NoStream, events(0..2)).await.unwrap();
    let mut subscription = log.subscribe(Position(1));
    let mut next = async || timeout(Duration::from_secs(5), subscription.next()).await.unwrap().map(Result::unwrap);
    assert!(matches!(next().await, Some(Subscribed::Event(event)) if event.position == Position(1)));
    assert_eq!(next().await, Some(Subscribed::CaughtUp));
    log.append(&stream("a-1"), Expected::Any, events(2..3)).await.unwrap();
    assert!(matches!(next().await, Some(Subscribed::Event(event)) if event.position == Position(2)));
    log.append(&stream("a-1"), Expected::Any, events(3..4)).await.unwrap();
    log.close().await;
    assert!(matches!(next().await, Some(Subscribed::Event(event)) if event.position == Position(3)));
    assert_eq!(next().await, None);
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn from_a_position_that_is_yet_to_come_it_waits_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let mut subscription = log.subscribe(Position(2));
    assert_eq!(subscription.next().await.unwrap().unwrap(), Subscribed::CaughtUp);
    log.append(&stream("a-1"), Expected::NoStream, events(0..2)).await.unwrap();
    assert!(timeout(Duration::from_millis(50), subscription.next()).await.is_err());
    log.append(&stream("a-1"), Expected::Any, events(2..3)).await.unwrap();
    let event = timeout(Duration::from_secs(5), subscription.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(event, Subscribed::Event(event) if event.position == Position(2)));
}

#[tokio::test]
async fn one_that_waits_for_a_position_that_never_came_ends_with_the_book() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let mut subscription = log.subscribe(Position(9));
    assert_eq!(subscription.next().await.unwrap().unwrap(), Subscribed::CaughtUp);
    log.close().await;
    assert!(timeout(Duration::from_secs(5), subscription.next()).await.unwrap().is_none());
}
