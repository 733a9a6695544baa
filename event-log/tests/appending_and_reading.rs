//! What is appended is read back, in both directions and within limits; what is wrong is refused with its field's name.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use event_log::embedded::{MAX_EVENT_BYTES, MAX_EVENTS_PER_APPEND};
use event_log::{Direction, EventLog, Expected, LogError, Position, Recorded, Revision, StreamAppend, StreamName};
use support::{event, events, open, stream};

fn numbers(events: &[Recorded]) -> Vec<u64> {
    events.iter().map(|event| event.position.0).collect()
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
async fn reading_goes_both_ways_from_anywhere_within_its_limit() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
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
}

#[tokio::test]
async fn a_scan_is_empty_only_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
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
}

#[tokio::test]
async fn appends_to_many_streams_succeed_and_fail_each_on_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
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
}

#[tokio::test]
async fn what_is_too_large_or_empty_is_refused_with_its_field() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let field = async |events| match log.append(&stream("a-1"), Expected::Any, events).await {
        Err(LogError::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let mut large = event(1);
    large.data = vec![b' '; MAX_EVENT_BYTES].into();
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
    large.metadata = Default::default();
    assert_eq!(
        field(
            (0..17)
                .map(|id| {
                    let mut each = large.clone();
                    each.id = event(id).id;
                    each
                })
                .collect()
        )
        .await,
        "events"
    );
    log.append(&stream("a-1"), Expected::NoStream, vec![large.clone()]).await.unwrap();
    let read = log.read_all(None, Direction::Backwards, 1).await.unwrap().remove(0);
    assert_eq!(read.data, large.data, "the largest event is taken, in segments far smaller than it");
    for wrong in ["", "$all", "a\nb", &"x".repeat(256)] {
        assert!(matches!(StreamName::new(wrong.to_owned()), Err(LogError::Invalid { field: "stream", .. })));
    }
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
