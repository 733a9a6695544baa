//! Servers that are not our own: other places in their log, events of their own, other leaders, other manners.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

#[path = "support/member.rs"]
mod member;
mod support;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use event_log::embedded::EmbeddedOptions;
use event_log::{Direction, EmbeddedLog, EventLog, Expected, Position, Revision, StreamAppend, Subscribed};
use event_log_eventstore::EventStoreLog;
use futures::StreamExt;
use member::Cluster;
use support::{LONG, connection, event, events, stream};
use tempfile::TempDir;
use tokio::time::timeout;

fn cluster() -> (Arc<Cluster>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let book = EmbeddedLog::open(directory.path().join("book"), &EmbeddedOptions { segment_bytes: 1 << 20 }).unwrap();
    let cluster = Cluster {
        book: Arc::new(book),
        leader: Mutex::default(),
        subscriptions: Default::default(),
        appends: Mutex::default(),
    };
    (Arc::new(cluster), directory)
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_count_our_events_whatever_places_the_server_gives_them() {
    let (cluster, directory) = cluster();
    let address = member::start(&cluster).await;
    let open = async || EventStoreLog::open(&connection(address), directory.path().join("numbers")).await.unwrap();
    let log = open().await;
    let append =
        |name: &str, numbers| StreamAppend { stream: stream(name), expected: Expected::Any, events: events(numbers) };
    let appends = vec![append("a-1", 0..3), append("b-1", 3..4), append("a-1", 4..6)];
    let places = |outcomes: Vec<Result<event_log::Appended, _>>| {
        let place = |done: event_log::Appended| (done.position.0, done.revision.0, done.already);
        outcomes.into_iter().map(|outcome| place(outcome.unwrap())).collect::<Vec<_>>()
    };
    let first = log.append_each(appends.clone()).await.unwrap();
    assert_eq!(places(first), [(2, 2, false), (3, 0, false), (5, 4, false)]);
    let again = log.append_each(appends.clone()).await.unwrap();
    assert_eq!(places(again), [(2, 2, true), (3, 0, true), (5, 4, true)]);
    log.close().await;
    drop(log);
    let log = open().await;
    let again = log.append_each(appends).await.unwrap();
    assert_eq!(places(again), [(2, 2, true), (3, 0, true), (5, 4, true)], "by an instance that did not see them come");
    for (from, limit) in [(0, 6), (1, 3), (4, 9), (5, 1)] {
        let read = log.read_all(Some(Position(from)), Direction::Forwards, limit).await.unwrap();
        let end = (from + limit as u64).min(6);
        assert!(
            read.iter().map(|event| (event.position.0, event.id.as_u128())).eq((from..end).map(|at| (at, at.into())))
        );
    }
    let read = log.read_stream(&stream("a-1"), Some(Revision(2)), Direction::Forwards, 9).await.unwrap();
    assert!(read.iter().map(|event| event.position.0).eq([2, 4, 5]));
    assert_eq!(read[0].created.timestamp_micros(), 1_700_000_000_123_456, "the server's clock, to the microsecond");
    assert_eq!((read[0].occurred_at, read[0].schema), (event(2).occurred_at, event(2).schema));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_subscriptions_well_is_followed_all_the_same() {
    let (cluster, directory) = cluster();
    let address = member::start(&cluster).await;
    let log = EventStoreLog::open(&connection(address), directory.path().join("numbers")).await.unwrap();
    let mut subscription = log.subscribe(Position::START);
    assert_eq!(subscription.next().await.unwrap().unwrap(), Subscribed::CaughtUp);
    for number in 0..10 {
        cluster.book.append(&stream("a-1"), Expected::Any, vec![event(number)]).await.unwrap();
        let next = timeout(LONG, subscription.next()).await.unwrap().unwrap().unwrap();
        assert!(matches!(next, Subscribed::Event(event) if event.id.as_u128() == number));
    }
    assert_eq!(cluster.subscriptions.load(Ordering::Relaxed), 0, "the client's own would spin");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_to_whoever_leads_now() {
    let (cluster, directory) = cluster();
    let (one, other) = (member::start(&cluster).await, member::start(&cluster).await);
    let log = EventStoreLog::open(&connection(one), directory.path().join("numbers")).await.unwrap();
    let leaders = [one, other, one, other];
    for (number, leader) in (0..).zip(leaders) {
        *cluster.leader.lock().unwrap() = Some(leader);
        let appended = timeout(LONG, log.append(&stream("a-1"), Expected::Any, vec![event(number)])).await.unwrap();
        assert_eq!(u128::from(appended.unwrap().position.0), number);
    }
    assert_eq!(*cluster.appends.lock().unwrap(), leaders);
}
