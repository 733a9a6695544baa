//! What is wrong with the client is not felt through the log.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

mod support;

use std::sync::Arc;

use event_log::{Direction, EventLog, Expected, LogError, Position, Revision, Subscribed};
use event_log_eventstore::EventStoreLog;
use event_log_grpc::Access;
use futures::StreamExt;
use support::{LONG, Node, connection, event, events, show, stream};
use tokio::net::TcpListener;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_after_its_clients_is_found() {
    let node = Node::open().await;
    let place = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = place.local_addr().unwrap();
    drop(place);
    let numbers = node.directory.path().join("numbers");
    let opening = tokio::spawn(async move { EventStoreLog::open(&connection(address), numbers).await });
    // The raw client is dead for good after this.
    let client = eventstore::Client::new(connection(address).parse().unwrap()).unwrap();
    assert!(client.server_info().await.is_err());
    let _face = show(&node.book, address, Access::Append).await;
    let log = timeout(LONG, opening).await.unwrap().unwrap().unwrap();
    log.append(&stream("a-1"), Expected::NoStream, events(0..1)).await.unwrap();
    assert!(matches!(client.server_info().await, Err(eventstore::Error::ConnectionClosed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_is_found_again_and_nothing_is_lost_or_doubled() {
    let Node { book, face, directory } = Node::open().await;
    let address = face.address();
    let log = Arc::new(EventStoreLog::open(&connection(address), directory.path().join("numbers")).await.unwrap());
    let mut subscription = log.subscribe(Position::START);
    let writing = tokio::spawn({
        let log = Arc::clone(&log);
        async move {
            for number in 0..60_u64 {
                let expected = number.checked_sub(1).map_or(Expected::NoStream, |last| Expected::Exact(Revision(last)));
                let appended = log.append(&stream("a-1"), expected, vec![event(number.into())]).await.unwrap();
                assert_eq!(appended.position, Position(number));
            }
        }
    });
    let mut face = face;
    for until in [10, 25, 40] {
        log.watch_next_position().wait_for(|next| next.0 >= until).await.unwrap();
        face.stop().await;
        face = show(&book, address, Access::Append).await;
    }
    timeout(LONG, writing).await.unwrap().unwrap();
    let mut seen = Vec::new();
    while seen.len() < 60 {
        if let Subscribed::Event(event) = timeout(LONG, subscription.next()).await.unwrap().unwrap().unwrap() {
            seen.push(event.id.as_u128());
        }
    }
    assert_eq!(seen, (0..60).collect::<Vec<_>>());
    assert_eq!(book.next_position().await.unwrap(), Position(60));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_append_that_was_refused_the_next_ones_are_taken() {
    let node = Node::open().await;
    let log = node.log().await;
    for round in 0..5_u64 {
        let wrong = log.append(&stream("a-1"), Expected::Exact(Revision(77)), events(900..901)).await;
        let actual = round.checked_sub(1).map(Revision);
        assert!(matches!(wrong, Err(LogError::WrongRevision { actual: found, .. }) if found == actual));
        log.append(&stream("a-1"), Expected::Any, vec![event(round.into())]).await.unwrap();
    }
    assert_eq!(node.book.next_position().await.unwrap(), Position(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_come_from_the_connection_string_and_wrong_ones_are_told_at_once() {
    let node = Node::admitting(Access::Nothing).await;
    let open = async |who: &str| {
        let connection = node.connection().replace("esdb://", &format!("esdb://{who}"));
        timeout(LONG, EventStoreLog::open(&connection, node.directory.path().join("numbers"))).await.unwrap()
    };
    for wrong in ["", "node:wrong@"] {
        let refused = open(wrong).await.unwrap_err();
        assert!(matches!(&refused, LogError::Refused { message, .. } if message.contains("credentials")), "{refused}");
        assert!(!refused.to_string().contains("wrong"), "no password in a message: {refused}");
    }
    let log = open("node:right@").await.unwrap();
    log.append(&stream("a-1"), Expected::NoStream, events(0..1)).await.unwrap();
}

#[tokio::test]
async fn what_is_no_connection_string_is_refused_with_what_would_be_right() {
    let numbers = tempfile::tempdir().unwrap();
    for wrong in [
        "http://user:secret@host",
        "esdb://",
        "esdb://user:secret@host:port",
        "esdb:user:secret@host:2113",
        "esdb://user:1/secret@host",
        "esdb://one,user:secret/@host",
        "esdb://h?tlsCAFile=/nowhere.pem",
        "esdb://h?defaultDeadline=-1",
    ] {
        let refused = EventStoreLog::open(wrong, numbers.path()).await.unwrap_err();
        assert!(matches!(refused, LogError::Invalid { field: "log", .. }), "{wrong}: {refused}");
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_kept_and_made_again_when_they_are_gone_torn_or_of_another_book() {
    let node = Node::open().await;
    let log = node.log().await;
    log.append(&stream("a-1"), Expected::NoStream, events(0..300)).await.unwrap();
    log.close().await;
    drop(log);
    let file = node.directory.path().join("numbers/positions");
    let kept = std::fs::read(&file).unwrap();
    assert_eq!(kept.len(), 300 * 32);
    let other = Node::open().await;
    let log = other.log().await;
    log.append(&stream("a-1"), Expected::NoStream, events(500..800)).await.unwrap();
    drop(log);
    let others = std::fs::read(other.directory.path().join("numbers/positions")).unwrap();
    let torn = [&kept[..100 * 32 + 7], &[0; 40]].concat();
    for (case, found) in
        [("kept", Some(kept.clone())), ("gone", None), ("torn", Some(torn)), ("another's", Some(others))]
    {
        // Whoever held the file lets go of it a moment later.
        match found {
            Some(bytes) => std::fs::write(&file, bytes).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let log = node.log().await;
        assert_eq!(log.next_position().await.unwrap(), Position(300), "{case}");
        let read = log.read_all(Some(Position(299)), Direction::Backwards, 2).await.unwrap();
        assert!(read.iter().map(|event| event.id.as_u128()).eq([299, 298]), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_node_appends_is_seen() {
    let node = Node::open().await;
    let (here, there) = (node.log().await, {
        EventStoreLog::open(&node.connection(), node.directory.path().join("elsewhere")).await.unwrap()
    });
    let mut subscription = here.subscribe(Position::START);
    assert_eq!(subscription.next().await.unwrap().unwrap(), Subscribed::CaughtUp);
    for number in 0..20 {
        there.append(&stream("a-1"), Expected::Any, vec![event(number)]).await.unwrap();
        let next = timeout(LONG, subscription.next()).await.unwrap().unwrap().unwrap();
        assert!(matches!(next, Subscribed::Event(event) if event.id.as_u128() == number));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_silent_or_not_there_is_told_of_when_the_deadlines_are_over() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let absent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addresses = [silent.local_addr().unwrap(), absent.local_addr().unwrap()];
    drop(absent);
    let numbers = tempfile::tempdir().unwrap();
    for address in addresses {
        let connection = format!("{}&defaultDeadline=300", connection(address));
        let opening = timeout(LONG, EventStoreLog::open(&connection, numbers.path()));
        let error = opening.await.unwrap().unwrap_err();
        assert!(matches!(&error, LogError::Unavailable { server, .. } if *server == address.to_string()), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_meets_a_server_gone_for_good_ends_and_the_log_lives_on() {
    let Node { book, face, directory } = Node::open().await;
    let address = face.address();
    let connection = format!("{}&defaultDeadline=300", connection(address));
    let log = EventStoreLog::open(&connection, directory.path().join("numbers")).await.unwrap();
    log.append(&stream("a-1"), Expected::NoStream, events(0..1)).await.unwrap();
    face.stop().await;
    let lost = timeout(LONG, log.append(&stream("a-1"), Expected::Any, events(1..2))).await.unwrap();
    assert!(matches!(&lost, Err(LogError::Unavailable { .. })), "{lost:?}");
    let read = timeout(LONG, log.read_stream(&stream("a-1"), None, Direction::Forwards, 9)).await.unwrap();
    assert!(matches!(&read, Err(LogError::Unavailable { .. })), "{read:?}");
    let _face = show(&book, address, Access::Append).await;
    let again = log.append(&stream("a-1"), Expected::Any, events(1..2)).await.unwrap();
    assert_eq!(again.position, Position(1));
    log.close().await;
    assert!(matches!(log.append(&stream("a-1"), Expected::Any, events(2..3)).await, Err(LogError::Closed)));
    assert_eq!(log.read_all(None, Direction::Forwards, 9).await.unwrap().len(), 2, "reading goes on");
}
