//! The engine for a cluster, on a book that the built program keeps: the same promises as in its own tests, with nothing of
//! the server in this process, and the server killed.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use event_log::Direction::{Backwards, Forwards};
use event_log::{EventLog, Expected, LogError, NewEvent, Position, Recorded, Revision, Subscribed, Subscription};
use event_log_eventstore::EventStoreLog;
use futures::StreamExt;
use tests::node::{Node, month, visits};
use tokio::time::timeout;

/// For whatever would otherwise hang a test that fails.
const LONG: Duration = Duration::from_secs(120);

async fn open(node: &Node, role: &str, numbers: &tempfile::TempDir) -> Result<EventStoreLog, LogError> {
    timeout(LONG, EventStoreLog::open(&node.connection(role), numbers.path())).await.unwrap()
}

fn may(numbers: Range<u128>) -> Vec<NewEvent> {
    numbers.map(|number| visits(5, number)).collect()
}

fn ids(events: &[Recorded]) -> Vec<u128> {
    events.iter().map(|event| event.id.as_u128()).collect()
}

/// The ids of so many events that a subscription delivers; a place in the book that is not the next is an error.
async fn take(subscription: &mut Subscription, from: u64, many: usize) -> Vec<u128> {
    let mut seen = Vec::new();
    while seen.len() < many {
        let next = timeout(LONG, subscription.next()).await.unwrap().unwrap().unwrap();
        if let Subscribed::Event(event) = next {
            assert_eq!(event.position, Position(from + seen.len() as u64));
            seen.push(event.id.as_u128());
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn every_expectation_is_kept_or_refused_for_what_it_is() {
    let [data, numbers] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let node = Node::start(data.path());
    let log = open(&node, "node", &numbers).await.unwrap();
    let append = async |expected, number| log.append(&month(5), expected, vec![visits(5, number)]).await;
    let wrong = async |expected, actual: Option<u64>| {
        let refused = append(expected, 99).await;
        let found = actual.map(Revision);
        assert!(matches!(&refused, Err(LogError::WrongRevision { actual, .. }) if *actual == found), "{refused:?}");
    };
    let exact = |revision| Expected::Exact(Revision(revision));

    wrong(Expected::StreamExists, None).await;
    wrong(exact(3), None).await;
    for (at, expected) in (0..).zip([Expected::NoStream, exact(0), Expected::StreamExists, Expected::Any]) {
        for already in [false, true] {
            let appended = append(expected, u128::from(at)).await.unwrap();
            let place = (appended.position, appended.revision, appended.already);
            assert_eq!(place, (Position(at), Revision(at), already), "{expected}");
        }
    }
    wrong(Expected::NoStream, Some(3)).await;
    wrong(exact(2), Some(3)).await;
    wrong(exact(4), Some(3)).await;

    let elsewhere = log.append(&month(6), Expected::Any, may(99..100)).await;
    assert!(matches!(&elsewhere, Err(LogError::Invalid { message, .. }) if message.contains("activity-2026-05")));
    let unknown = NewEvent { event_type: "Surprise".into(), ..visits(5, 99) };
    let unknown = log.append(&month(5), Expected::Any, vec![unknown]).await;
    assert!(matches!(&unknown, Err(LogError::Invalid { message, .. }) if message.contains("type")), "{unknown:?}");
    assert_eq!(log.next_position().await.unwrap(), Position(4), "what was refused is not there");

    let elsewhere = tempfile::tempdir().unwrap();
    let auditor = open(&node, "auditor", &elsewhere).await.unwrap();
    assert_eq!(ids(&auditor.read_all(None, Forwards, 9).await.unwrap()), [0, 1, 2, 3]);
    let refused = auditor.append(&month(5), Expected::Any, may(99..100)).await;
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
    let refused = open(&node, "moderator", &elsewhere).await;
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_is_read_both_ways_and_followed_from_anywhere() {
    let [data, numbers] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let node = Node::start(data.path());
    let log = open(&node, "node", &numbers).await.unwrap();
    log.append(&month(5), Expected::NoStream, may(0..600)).await.unwrap();
    log.append(&month(6), Expected::NoStream, vec![visits(6, 600)]).await.unwrap();
    log.append(&month(5), Expected::Any, may(601..700)).await.unwrap();

    let all = async |from: Option<u64>, direction, limit| {
        ids(&log.read_all(from.map(Position), direction, limit).await.unwrap())
    };
    assert_eq!(all(None, Forwards, usize::MAX).await, (0..700).collect::<Vec<_>>());
    assert_eq!(all(None, Backwards, usize::MAX).await, (0..700).rev().collect::<Vec<_>>());
    assert_eq!(all(None, Forwards, 3).await, [0, 1, 2]);
    assert_eq!(all(None, Backwards, 3).await, [699, 698, 697]);
    assert_eq!(all(Some(599), Forwards, 3).await, [599, 600, 601]);
    assert_eq!(all(Some(601), Backwards, 3).await, [601, 600, 599]);
    let of = async |from: Option<u64>, direction, limit| {
        ids(&log.read_stream(&month(5), from.map(Revision), direction, limit).await.unwrap())
    };
    assert_eq!(of(None, Forwards, 3).await, [0, 1, 2]);
    assert_eq!(of(None, Backwards, 3).await, [699, 698, 697]);
    assert_eq!(of(Some(599), Forwards, 3).await, [599, 601, 602]);
    assert_eq!(of(Some(600), Backwards, 3).await, [601, 599, 598]);
    assert!(log.read_stream(&month(7), None, Forwards, 3).await.unwrap().is_empty());

    for from in [0, 500, 700] {
        let (mut subscription, mut caught_up) = (log.subscribe(Position(from)), Vec::new());
        while let Subscribed::Event(event) = timeout(LONG, subscription.next()).await.unwrap().unwrap().unwrap() {
            caught_up.push(event.id.as_u128());
        }
        let end = u128::from(log.next_position().await.unwrap().0);
        assert_eq!(caught_up, (u128::from(from)..end).collect::<Vec<_>>());
        log.append(&month(5), Expected::Any, may(end..end + 3)).await.unwrap();
        assert_eq!(take(&mut subscription, end as u64, 3).await, [end, end + 1, end + 2], "live, from {from}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_is_found_again_and_nothing_is_lost_or_doubled() {
    const APPENDS: u64 = 160;
    let [data, numbers] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut node = Node::start(data.path());
    let log = Arc::new(open(&node, "node", &numbers).await.unwrap());
    let mut followers = [0, 20].map(|from| (from, log.subscribe(Position(from))));
    let writing = tokio::spawn({
        let log = Arc::clone(&log);
        async move {
            for number in 0..APPENDS {
                let expected = number.checked_sub(1).map_or(Expected::NoStream, |last| Expected::Exact(Revision(last)));
                let appended = log.append(&month(5), expected, vec![visits(5, number.into())]).await.unwrap();
                assert_eq!((appended.position, appended.revision), (Position(number), Revision(number)));
            }
        }
    });
    for kill in [40, 80, 120] {
        timeout(LONG, log.watch_next_position().wait_for(|next| next.0 >= kill)).await.unwrap().unwrap();
        node = node.killed_and_restarted().await;
    }
    timeout(LONG, writing).await.unwrap().unwrap();
    for (from, subscription) in &mut followers {
        let seen = take(subscription, *from, (APPENDS - *from) as usize).await;
        assert_eq!(seen, (u128::from(*from)..APPENDS.into()).collect::<Vec<_>>(), "from {from}");
    }
    let there = log.read_stream(&month(5), None, Forwards, usize::MAX).await.unwrap();
    assert_eq!(ids(&there), (0..APPENDS.into()).collect::<Vec<_>>());
    assert_eq!(log.next_position().await.unwrap(), Position(APPENDS));
}
