//! What the server has no place of its own for stands in an event's metadata; what could not be read again is refused.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

mod support;

use bytes::Bytes;
use event_log::{Direction, EventLog, Expected, LogError, NewEvent};
use eventstore::{AppendToStreamOptions, Client, EventData};
use serde_json::Value;
use support::{Node, event, stream};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_does_not_say_when_and_in_which_schema_is_given_both() {
    let node = Node::open().await;
    let log = node.log().await;
    for (number, metadata) in [(0, ""), (1, "{}"), (2, "{\"actor\":\"seller\"}"), (3, "{\"schema\":1}")] {
        let given = NewEvent { metadata: Bytes::from_static(metadata.as_bytes()), ..event(number) };
        log.append(&stream("a-1"), Expected::Any, vec![given.clone()]).await.unwrap();
        let read = log.read_stream(&stream("a-1"), None, Direction::Backwards, 1).await.unwrap().remove(0);
        assert_eq!((read.occurred_at, read.schema, &read.data), (given.occurred_at, given.schema, &given.data));
        let kept: Value = serde_json::from_slice(&read.metadata).unwrap();
        assert_eq!(kept["schema"], given.schema);
        assert_eq!(kept.get("actor").is_some(), metadata.contains("actor"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_contradicts_itself_or_is_not_json_is_refused_with_its_field() {
    let node = Node::open().await;
    let log = node.log().await;
    let bad = |change: &dyn Fn(&mut NewEvent)| {
        let mut bad = event(1);
        change(&mut bad);
        bad
    };
    for (field, event) in [
        ("metadata", bad(&|event| event.schema += 1)),
        ("metadata", bad(&|event| event.occurred_at += chrono::TimeDelta::microseconds(1))),
        ("metadata", bad(&|event| event.metadata = Bytes::from_static(b"[]"))),
        ("data", bad(&|event| event.data = Bytes::from_static(b"\xff\x00"))),
        ("event_type", bad(&|event| event.event_type = "$metadata".into())),
    ] {
        let refused = log.append(&stream("a-1"), Expected::Any, vec![event]).await;
        assert!(matches!(&refused, Err(LogError::Invalid { field: found, .. }) if *found == field), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_another_writer_is_of_schema_1_and_occurred_when_the_server_took_it() {
    let node = Node::open().await;
    let log = node.log().await;
    let client = Client::new(node.connection().parse().unwrap()).unwrap();
    let given = EventData::json("SomethingHappened", &serde_json::json!({ "a": 1 })).unwrap().id(Uuid::from_u128(7));
    client.append_to_stream("other-1", &AppendToStreamOptions::default(), given).await.unwrap();
    log.watch_next_position().wait_for(|next| next.0 == 1).await.unwrap();
    let read = log.read_all(None, Direction::Forwards, 9).await.unwrap().remove(0);
    assert_eq!((read.schema, read.occurred_at, read.id), (1, read.created, Uuid::from_u128(7)));
}
