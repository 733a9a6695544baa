//! What holds of the embedded engine holds of this one: the same calls, the same answers.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

mod support;

use event_log::embedded::{MAX_EVENT_BYTES, MAX_EVENTS_PER_APPEND};
use event_log::{
    Appended, Direction, EventLog, Expected, LogError, NewEvent, Position, Recorded, Revision, StreamAppend, Subscribed,
};
use futures::StreamExt;
use std::sync::Arc;
use support::{LONG, event, events, on_either, stream};
use tokio::time::timeout;

fn numbers(events: &[Recorded]) -> Vec<u64> {
    events.iter().map(|event| event.position.0).collect()
}

#[tokio::test]
async fn an_event_is_read_back_as_it_was_appended() {
    on_either(async |log| {
        let given = event(7);
        let appended = log.append(&stream("order-7"), Expected::NoStream, vec![given.clone()]).await.unwrap();
        assert_eq!((appended.position, appended.revision, appended.already), (Position(0), Revision(0), false));
        let read = log.read_all(None, Direction::Forwards, 10).await.unwrap().remove(0);
        assert_eq!((read.position, read.revision, read.stream.as_str()), (Position(0), Revision(0), "order-7"));
        assert_eq!((read.id, &read.event_type, read.schema), (given.id, &given.event_type, given.schema));
        assert_eq!((read.occurred_at, &read.data, &read.metadata), (given.occurred_at, &given.data, &given.metadata));
        assert_eq!(log.read_stream(&stream("order-7"), None, Direction::Backwards, 1).await.unwrap(), [read]);
    })
    .await;
}

#[tokio::test]
async fn reading_goes_both_ways_from_anywhere_within_its_limit() {
    on_either(async |log| {
        for number in 0..100 {
            let name = if number % 2 == 0 { "a-1" } else { "b-1" };
            log.append(&stream(name), Expected::Any, vec![event(number)]).await.unwrap();
        }
        let all = async |from: Option<u64>, direction, limit| {
            numbers(&log.read_all(from.map(Position), direction, limit).await.unwrap())
        };
        use Direction::{Backwards, Forwards};
        assert_eq!(all(None, Forwards, 3).await, [0, 1, 2]);
        assert_eq!(all(Some(98), Forwards, 9).await, [98, 99]);
        assert_eq!(all(Some(100), Forwards, 9).await, [0; 0]);
        assert_eq!(all(Some(u64::MAX), Forwards, 9).await, [0; 0]);
        assert_eq!(all(None, Forwards, usize::MAX).await, (0..100).collect::<Vec<_>>());
        assert_eq!(all(None, Backwards, 3).await, [99, 98, 97]);
        assert_eq!(all(Some(1), Backwards, 9).await, [1, 0]);
        assert_eq!(all(Some(500), Backwards, 1).await, [99]);
        assert_eq!(all(None, Backwards, usize::MAX).await, (0..100).rev().collect::<Vec<_>>());
        assert_eq!(all(None, Forwards, 0).await, [0; 0]);
        let b = stream("b-1");
        let of = async |from: Option<u64>, direction, limit| {
            let events = log.read_stream(&b, from.map(Revision), direction, limit).await.unwrap();
            events.iter().map(|event| (event.revision.0, event.position.0)).collect::<Vec<_>>()
        };
        assert_eq!(of(None, Forwards, 2).await, [(0, 1), (1, 3)]);
        assert_eq!(of(Some(48), Forwards, 9).await, [(48, 97), (49, 99)]);
        assert_eq!(of(Some(50), Forwards, 9).await, []);
        assert_eq!(of(None, Backwards, 2).await, [(49, 99), (48, 97)]);
        assert_eq!(of(Some(1), Backwards, 9).await, [(1, 3), (0, 1)]);
        assert_eq!(of(Some(u64::MAX), Backwards, 1).await, [(49, 99)]);
        assert!(log.read_stream(&stream("c-1"), None, Forwards, 9).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_empty_only_at_the_end() {
    on_either(async |log| {
        log.append(&stream("a-1"), Expected::Any, events(0..200)).await.unwrap();
        log.append(&stream("a-2"), Expected::Any, events(200..203)).await.unwrap();
        let (mut next, mut seen) = (Position::START, Vec::new());
        loop {
            let found = log.scan(next, 7).unwrap();
            let Some(last) = found.last() else { break };
            assert!(found.len() <= 7);
            next = last.position.next();
            seen.extend(numbers(&found));
        }
        assert_eq!(seen, (0..203).collect::<Vec<_>>());
        assert_eq!(next, log.next_position().await.unwrap());
        assert_eq!(*log.watch_next_position().borrow(), next);
    })
    .await;
}

#[tokio::test]
async fn appends_to_many_streams_succeed_and_fail_each_on_its_own() {
    on_either(async |log| {
        let append = |name: &str, expected, events| StreamAppend { stream: stream(name), expected, events };
        let outcomes = log
            .append_each(vec![
                append("a-1", Expected::NoStream, events(0..2)),
                append("a-1", Expected::NoStream, events(2..3)),
                append("a-1", Expected::Exact(Revision(1)), events(3..4)),
                append("b-1", Expected::Any, Vec::new()),
                append("b-1", Expected::NoStream, events(4..5)),
            ])
            .await
            .unwrap();
        let place = |at: usize| outcomes[at].as_ref().map(|done| (done.position.0, done.revision.0)).unwrap();
        assert_eq!((place(0), place(2), place(4)), ((1, 1), (2, 2), (3, 0)));
        assert!(matches!(&outcomes[1], Err(LogError::WrongRevision { actual: Some(Revision(1)), .. })));
        assert!(matches!(&outcomes[3], Err(LogError::Invalid { field: "events", .. })));
        assert_eq!(log.append_each(Vec::new()).await.unwrap().len(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_was_refused_is_not_taken_after_what_followed_it() {
    on_either(async |log| {
        let append = |expected, number| StreamAppend { stream: stream("a-1"), expected, events: vec![event(number)] };
        let exact = |revision| Expected::Exact(Revision(revision));
        let appends = vec![
            append(exact(0), 0),
            append(Expected::NoStream, 1),
            append(exact(0), 2),
            append(exact(2), 3),
            append(Expected::Any, 4),
        ];
        let outcomes = log.append_each(appends).await.unwrap();
        let taken: Vec<_> = outcomes.iter().map(Result::is_ok).collect();
        assert_eq!(taken, [false, true, true, false, true]);
        let read = log.read_all(None, Direction::Forwards, 9).await.unwrap();
        assert!(read.iter().map(|event| event.id.as_u128()).eq([1, 2, 4]));
    })
    .await;
}

#[tokio::test]
async fn many_appends_stand_in_the_book_in_their_order() {
    on_either(async |log| {
        let appends = (0..400_u128).map(|number| StreamAppend {
            stream: stream(&format!("a-{}", number % 7)),
            expected: if number < 7 { Expected::NoStream } else { Expected::Exact(Revision((number / 7 - 1) as u64)) },
            events: vec![event(number)],
        });
        let outcomes = log.append_each(appends.collect()).await.unwrap();
        let positions: Vec<_> = outcomes.into_iter().map(|outcome| outcome.unwrap().position.0).collect();
        assert_eq!(positions, (0..400).collect::<Vec<_>>());
        let read = log.read_all(None, Direction::Forwards, usize::MAX).await.unwrap();
        assert!(read.iter().map(|event| event.id.as_u128()).eq(0..400));
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_or_empty_is_refused_with_its_field() {
    on_either(async |log| {
        let field = async |events| match log.append(&stream("a-1"), Expected::Any, events).await {
            Err(LogError::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        let mut large = event(1);
        large.data = format!("\"{}\"", "x".repeat(MAX_EVENT_BYTES - 2)).into();
        assert_eq!(field(vec![large.clone()]).await, "data");
        assert_eq!(field(Vec::new()).await, "events");
        assert_eq!(field(events(0..MAX_EVENTS_PER_APPEND as u128 + 1)).await, "events");
        assert_eq!(field(vec![event(1), event(2), event(1)]).await, "id");
        let mut untyped = event(1);
        untyped.event_type = "".into();
        assert_eq!(field(vec![untyped]).await, "event_type");
        let mut unversioned = event(1);
        unversioned.schema = 0;
        assert_eq!(field(vec![unversioned]).await, "schema");
        large.data = format!("\"{}\"", "x".repeat(MAX_EVENT_BYTES - 2 - large.metadata.len())).into();
        let many = (0..17).map(|id| NewEvent { id: event(id).id, ..large.clone() });
        assert_eq!(field(many.collect()).await, "events");
        log.append(&stream("a-1"), Expected::NoStream, vec![large.clone()]).await.unwrap();
        let read = log.read_all(None, Direction::Backwards, 1).await.unwrap().remove(0);
        assert_eq!(read.data, large.data, "the largest event is taken");
    })
    .await;
}

const BELIEFS: [(Expected, bool); 5] = [
    (Expected::Any, true),
    (Expected::NoStream, true),
    (Expected::StreamExists, false),
    (Expected::Exact(Revision(0)), false),
    (Expected::Exact(Revision(u64::MAX)), false),
];

#[tokio::test]
async fn each_belief_of_a_stream_that_is_not_there_is_right_or_wrong() {
    on_either(async |log| {
        for (number, (expected, right)) in BELIEFS.into_iter().enumerate() {
            let stream = stream(&format!("a-{number}"));
            match log.append(&stream, expected, vec![event(number as u128)]).await {
                Ok(appended) => assert!(right && appended.revision == Revision(0), "{expected}"),
                Err(LogError::WrongRevision { actual, expected: told, .. }) => {
                    assert!(!right && actual.is_none() && told == expected, "{expected}");
                }
                Err(other) => panic!("{expected}: {other}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn each_belief_of_a_stream_with_three_events_is_right_or_wrong() {
    on_either(async |log| {
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
    })
    .await;
}

async fn again(log: &dyn EventLog, expected: Expected, events: Vec<NewEvent>) -> Option<Appended> {
    match log.append(&stream("a-1"), expected, events).await {
        Ok(appended) => Some(appended),
        Err(LogError::WrongRevision { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_append_that_comes_again_is_recognised_in_each_kind() {
    on_either(async |log| {
        log.append(&stream("a-1"), Expected::NoStream, events(0..2)).await.unwrap();
        log.append(&stream("b-1"), Expected::NoStream, events(100..140)).await.unwrap();
        log.append(&stream("a-1"), Expected::Exact(Revision(1)), events(2..5)).await.unwrap();
        let log = log.as_ref();
        let there = |position, revision| {
            Some(Appended { position: Position(position), revision: Revision(revision), already: true })
        };
        let exact = |revision| Expected::Exact(Revision(revision));
        assert_eq!(again(log, Expected::NoStream, events(0..2)).await, there(1, 1));
        assert_eq!(again(log, Expected::NoStream, events(0..5)).await, there(44, 4), "as one append instead of two");
        assert_eq!(again(log, exact(1), events(2..5)).await, there(44, 4));
        assert_eq!(again(log, exact(1), events(2..4)).await, there(43, 3));
        assert_eq!(again(log, Expected::Any, events(2..5)).await, there(44, 4));
        assert_eq!(again(log, Expected::StreamExists, events(0..2)).await, there(1, 1));
        // Not the same events, not in that order, or not at those revisions.
        assert_eq!(again(log, Expected::NoStream, events(1..2)).await, None);
        assert_eq!(again(log, Expected::NoStream, vec![event(1), event(0)]).await, None);
        assert_eq!(again(log, Expected::NoStream, events(0..6)).await, None);
        assert_eq!(again(log, exact(0), events(2..5)).await, None);
        assert_eq!(again(log, exact(9), events(2..5)).await, None);
        assert_eq!(log.next_position().await.unwrap(), Position(45), "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn an_append_that_comes_twice_at_once_is_written_once() {
    on_either(async |log| {
        let a = stream("a-1");
        for expected in [Expected::NoStream, Expected::Any, Expected::StreamExists] {
            let base = log.next_position().await.unwrap().0;
            let given = events(u128::from(base)..u128::from(base) + 2);
            let twice = futures::future::join_all((0..8).map(|_| log.append(&a, expected, given.clone()))).await;
            let places: Vec<_> = twice.into_iter().map(|done| done.unwrap()).collect();
            assert_eq!(places.iter().filter(|done| !done.already).count(), 1);
            assert!(places.iter().all(|done| done.position == Position(base + 1)));
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_id_in_another_stream_is_another_event() {
    on_either(async |log| {
        for name in ["a-1", "b-1"] {
            assert!(!log.append(&stream(name), Expected::Any, events(0..1)).await.unwrap().already);
        }
        for name in ["a-1", "b-1"] {
            assert!(log.append(&stream(name), Expected::Any, events(0..1)).await.unwrap().already);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_subscription_has_no_gap_and_no_double_while_others_append() {
    const WRITERS: u128 = 8;
    const EACH: u128 = 50;
    on_either(async |log| {
        log.append(&stream("before-1"), Expected::NoStream, events(0..20)).await.unwrap();
        let writers = (0..WRITERS).map(|writer| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let name = stream(&format!("order-{writer}"));
                for number in 0..EACH {
                    let id = 1000 + writer * EACH + number;
                    log.append(&name, Expected::Any, events(id..id + 1)).await.unwrap();
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        let end = 20 + (WRITERS * EACH) as u64;
        let readers = [0, 7, 20, 300, end - 1].into_iter().map(|from| {
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
        });
        for task in writers.into_iter().chain(readers.collect::<Vec<_>>()) {
            timeout(LONG, task).await.unwrap().unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_subscription_says_when_it_has_caught_up_and_goes_on() {
    on_either(async |log| {
        log.append(&stream("a-1"), Expected::NoStream, events(0..2)).await.unwrap();
        let mut subscription = log.subscribe(Position(1));
        let mut next = async || timeout(LONG, subscription.next()).await.unwrap().map(Result::unwrap);
        assert!(matches!(next().await, Some(Subscribed::Event(event)) if event.position == Position(1)));
        assert_eq!(next().await, Some(Subscribed::CaughtUp));
        log.append(&stream("a-1"), Expected::Any, events(2..3)).await.unwrap();
        assert!(matches!(next().await, Some(Subscribed::Event(event)) if event.position == Position(2)));
    })
    .await;
}
