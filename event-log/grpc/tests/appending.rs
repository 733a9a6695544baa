//! Events are appended under every expectation, twice without effect, and only when they can be read again.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use chrono::DateTime;
use event_log::{EventLog, Position};
use event_log_grpc::wire::Empty;
use event_log_grpc::wire::streams::append_req::options::ExpectedStreamRevision::{
    Any, NoStream, Revision, StreamExists,
};
use event_log_grpc::wire::streams::append_resp::Result::{Success, WrongExpectedVersion};
use event_log_grpc::wire::streams::append_resp::success::{CurrentRevisionOption, PositionOption};
use event_log_grpc::wire::streams::append_resp::wrong_expected_version::{
    CurrentRevisionOption as Current, ExpectedRevisionOption as Expected,
};
use event_log_grpc::wire::streams::batch_append_req::options::{DeadlineOption, ExpectedStreamPosition};
use event_log_grpc::wire::streams::batch_append_req::{Options, ProposedMessage};
use event_log_grpc::wire::streams::batch_append_resp::Result as Outcome;
use event_log_grpc::wire::streams::batch_append_resp::success::CurrentRevisionOption as BatchRevision;
use event_log_grpc::wire::streams::{AppendResp, BatchAppendReq, DeleteReq, TombstoneReq};
use event_log_grpc::wire::{self, StreamIdentifier};
use prost::Message;
use support::{Node, append, identifier, proposed, refused, trailer};
use tonic::Code;
use uuid::Uuid;

/// Revision and position of an append that took effect.
fn written(answer: AppendResp) -> (u64, u64) {
    let Some(Success(success)) = answer.result else { panic!("{answer:?}") };
    let Some(CurrentRevisionOption::CurrentRevision(revision)) = success.current_revision_option else { panic!() };
    let Some(PositionOption::Position(position)) = success.position_option else { panic!() };
    assert_eq!(position.commit_position, position.prepare_position);
    (revision, position.commit_position)
}

fn wrong(answer: AppendResp) -> (Current, Expected) {
    let Some(WrongExpectedVersion(wrong)) = answer.result else { panic!("{answer:?}") };
    assert!(wrong.current_revision_option_20_6_0.is_some() && wrong.expected_revision_option_20_6_0.is_some());
    (wrong.current_revision_option.unwrap(), wrong.expected_revision_option.unwrap())
}

fn one(number: u128) -> Vec<wire::streams::append_req::ProposedMessage> {
    vec![proposed(number, "OrderPlaced", "")]
}

#[tokio::test]
async fn every_expectation_is_kept() {
    let node = Node::open().await;
    let mut client = node.client().await;
    let exists = StreamExists(Empty {});
    let (current, expected) = wrong(append(&mut client, "a-1", exists, one(1)).await.unwrap());
    assert_eq!((current, expected), (Current::CurrentNoStream(Empty {}), Expected::ExpectedStreamExists(Empty {})));
    let (current, expected) = wrong(append(&mut client, "a-1", Revision(0), one(1)).await.unwrap());
    assert_eq!((current, expected), (Current::CurrentNoStream(Empty {}), Expected::ExpectedRevision(0)));
    assert_eq!(written(append(&mut client, "a-1", NoStream(Empty {}), one(1)).await.unwrap()), (0, 0));
    let (current, expected) = wrong(append(&mut client, "a-1", NoStream(Empty {}), one(2)).await.unwrap());
    assert_eq!((current, expected), (Current::CurrentRevision(0), Expected::ExpectedNoStream(Empty {})));
    assert_eq!(written(append(&mut client, "a-1", Revision(0), one(2)).await.unwrap()), (1, 1));
    assert_eq!(written(append(&mut client, "a-1", exists, one(3)).await.unwrap()), (2, 2));
    assert_eq!(written(append(&mut client, "a-2", Any(Empty {}), one(4)).await.unwrap()), (0, 3));

    let nothing = append(&mut client, "a-1", Revision(2), Vec::new()).await.unwrap();
    let Some(Success(success)) = nothing.result else { panic!() };
    assert_eq!(success.current_revision_option, Some(CurrentRevisionOption::CurrentRevision(2)));
    assert_eq!(success.position_option, Some(PositionOption::NoPosition(Empty {})));
    wrong(append(&mut client, "a-1", Revision(3), Vec::new()).await.unwrap());
}

#[tokio::test]
async fn an_append_that_is_repeated_takes_effect_once() {
    let node = Node::open().await;
    let mut client = node.client().await;
    for expected in [NoStream(Empty {}), Any(Empty {}), NoStream(Empty {})] {
        let two = one(1).into_iter().chain(one(2)).collect();
        assert_eq!(written(append(&mut client, "a-1", expected, two).await.unwrap()), (1, 1));
    }
    assert_eq!(node.log.next_position().await.unwrap(), Position(2));
}

#[tokio::test]
async fn what_the_book_keeps_beside_the_bytes_is_read_from_the_metadata() {
    let node = Node::open().await;
    let mut client = node.client().await;
    let metadata = r#"{"occurredAt":"2026-03-01T10:00:00+01:00","schema":7,"actor":{"role":"seller"}}"#;
    append(&mut client, "a-1", Any(Empty {}), vec![proposed(1, "OrderPlaced", metadata)]).await.unwrap();
    append(&mut client, "a-1", Any(Empty {}), one(2)).await.unwrap();
    let events = node.log.scan(Position(0), 2).unwrap();
    assert_eq!(events[0].occurred_at, DateTime::parse_from_rfc3339("2026-03-01T09:00:00Z").unwrap());
    assert_eq!((events[0].schema, &events[0].metadata[..]), (7, metadata.as_bytes()));
    assert_eq!((events[1].schema, &events[1].metadata[..]), (1, &b""[..]));
    assert!(events[1].occurred_at <= events[1].created);
}

#[tokio::test]
async fn what_could_not_be_read_again_is_refused_with_the_field_named() {
    let node = Node::open().await;
    let mut client = node.client().await;
    for (metadata, field) in [
        ("[", "metadata"),
        (r#"{"occurredAt":"yesterday"}"#, "metadata.occurredAt"),
        (r#"{"occurredAt":12}"#, "metadata.occurredAt"),
        (r#"{"schema":0}"#, "metadata.schema"),
        (r#"{"schema":65536}"#, "metadata.schema"),
    ] {
        let answer = append(&mut client, "a-1", Any(Empty {}), vec![proposed(1, "OrderPlaced", metadata)]).await;
        refused(answer, Code::InvalidArgument, field);
    }
    let answer = append(&mut client, "a-1", Any(Empty {}), vec![proposed(1, "Forbidden", "")]).await;
    refused(answer, Code::InvalidArgument, "nobody could read it");
    let mut binary = proposed(1, "OrderPlaced", "");
    binary.metadata.insert("content-type".to_owned(), "application/octet-stream".to_owned());
    refused(append(&mut client, "a-1", Any(Empty {}), vec![binary]).await, Code::InvalidArgument, "content-type");
    let mut untyped = proposed(1, "OrderPlaced", "");
    untyped.metadata.remove("type");
    let status = refused(append(&mut client, "a-1", Any(Empty {}), vec![untyped]).await, Code::InvalidArgument, "type");
    assert_eq!(trailer(&status, "exception"), "missing-required-metadata-property");
    let answer = append(&mut client, "$$a-1", Any(Empty {}), one(1)).await;
    let status = refused(answer, Code::PermissionDenied, "$maxCount");
    assert_eq!(trailer(&status, "exception"), "access-denied");
    refused(append(&mut client, "", Any(Empty {}), one(1)).await, Code::InvalidArgument, "empty");
    assert_eq!(node.log.next_position().await.unwrap(), Position(0), "nothing of it is in the book");
}

#[tokio::test]
async fn an_append_is_bounded() {
    let node = Node::open().await;
    let mut client = node.client().await;
    let large = |number| {
        let mut event = proposed(number, "OrderPlaced", "");
        event.data = bytes::Bytes::from(vec![b' '; 900_000]);
        event
    };
    let answer = append(&mut client, "a-1", Any(Empty {}), (0..20).map(large).collect()).await;
    let status = refused(answer, Code::InvalidArgument, "bytes");
    assert_eq!(trailer(&status, "exception"), "maximum-append-size-exceeded");
    assert_eq!(trailer(&status, "maximum-append-size"), "16777216");
    let many = (0..5000).map(|number| proposed(number, "OrderPlaced", "")).collect();
    refused(append(&mut client, "a-1", Any(Empty {}), many).await, Code::InvalidArgument, "4096");
    assert_eq!(written(append(&mut client, "a-1", Any(Empty {}), (0..10).map(large).collect()).await.unwrap()), (9, 9));
}

#[tokio::test]
async fn the_book_is_immutable() {
    let node = Node::open().await;
    node.has("a-1", 0..1).await;
    let mut client = node.client().await;
    let status = refused(client.delete(DeleteReq {}).await, Code::PermissionDenied, "immutable");
    assert_eq!(trailer(&status, "exception"), "access-denied");
    let status = refused(client.tombstone(TombstoneReq {}).await, Code::PermissionDenied, "immutable");
    assert_eq!(trailer(&status, "exception"), "access-denied");
}

fn batch(id: u128, stream: &str, expected: ExpectedStreamPosition, numbers: std::ops::Range<u128>) -> BatchAppendReq {
    let messages = numbers.map(|number| {
        let wire::streams::append_req::ProposedMessage { id, metadata, custom_metadata, data } =
            proposed(number, "OrderPlaced", "");
        ProposedMessage { id, metadata, custom_metadata, data }
    });
    BatchAppendReq {
        correlation_id: Some(wire::Uuid { value: Some(wire::uuid::Value::String(Uuid::from_u128(id).to_string())) }),
        options: Some(Options {
            stream_identifier: Some(identifier(stream)),
            expected_stream_position: Some(expected),
            deadline_option: None,
        }),
        proposed_messages: messages.collect(),
        is_final: true,
    }
}

fn name(id: Option<wire::Uuid>) -> u128 {
    let Some(wire::uuid::Value::String(text)) = id.unwrap().value else { panic!("not text") };
    text.parse::<Uuid>().unwrap().as_u128()
}

#[tokio::test]
async fn a_batch_answers_each_append_in_order_and_goes_on_after_a_refusal() {
    let node = Node::open().await;
    let mut client = node.client().await;
    let any = || ExpectedStreamPosition::Any(());
    let mut first = batch(1, "a-1", ExpectedStreamPosition::NoStream(()), 0..2);
    first.is_final = false;
    let mut rest = batch(1, "a-1", any(), 2..3);
    rest.options = None;
    let mut late = batch(5, "a-1", any(), 9..10);
    late.options.as_mut().unwrap().deadline_option =
        Some(DeadlineOption::Deadline(prost_types::Duration { seconds: 0, nanos: 0 }));
    let mut unreadable = batch(6, "a-1", any(), 9..10);
    unreadable.proposed_messages[0].custom_metadata = bytes::Bytes::from_static(b"[");
    let messages = vec![
        first,
        batch(2, "a-2", any(), 10..11),
        rest,
        batch(3, "a-1", ExpectedStreamPosition::StreamPosition(7), 20..21),
        batch(4, "a-1", ExpectedStreamPosition::StreamPosition(2), 21..22),
        late,
        unreadable,
        batch(7, "$$a-1", any(), 30..31),
        batch(8, "a-1", any(), 31..32),
    ];
    let mut answers = client.batch_append(futures::stream::iter(messages)).await.unwrap().into_inner();
    let mut seen = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        let Some(StreamIdentifier { stream_name }) = answer.stream_identifier else { panic!("a client needs it") };
        assert!(!stream_name.is_empty());
        let said = match answer.result.unwrap() {
            Outcome::Success(success) => match success.current_revision_option.unwrap() {
                BatchRevision::CurrentRevision(revision) => format!("revision {revision}"),
                BatchRevision::NoStream(()) => "no stream".to_owned(),
            },
            Outcome::Error(status) => {
                let details = status.details.unwrap();
                let kind = details.type_url.strip_prefix("type.googleapis.com/event_store.client.").unwrap();
                if kind == "WrongExpectedVersion" {
                    let wrong = wire::WrongExpectedVersion::decode(&details.value[..]).unwrap();
                    assert_eq!(
                        wrong.current_stream_revision_option,
                        Some(wire::wrong_expected_version::CurrentStreamRevisionOption::CurrentStreamRevision(2))
                    );
                }
                format!("{kind} {}", status.code)
            }
        };
        seen.push((name(answer.correlation_id), said));
    }
    let expected = [
        (2, "revision 0"),
        (1, "revision 2"),
        (3, "WrongExpectedVersion 6"),
        (4, "revision 3"),
        (5, "Timeout 4"),
        (6, "BadRequest 3"),
        (7, "AccessDenied 7"),
        (8, "revision 4"),
    ];
    assert_eq!(seen, expected.map(|(id, said)| (id, said.to_owned())));
}

#[tokio::test]
async fn a_batch_that_waits_for_more_ends_when_the_node_stops() {
    let node = Node::open().await;
    let mut client = node.client().await;
    let messages = futures::stream::iter([batch(1, "a-1", ExpectedStreamPosition::Any(()), 0..1)]);
    let messages = futures::StreamExt::chain(messages, futures::stream::pending());
    let mut answers = client.batch_append(messages).await.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some());
    let (_, ended) = tokio::join!(node.face.stop(), answers.message());
    assert_eq!(ended.unwrap_err().code(), Code::Unavailable);
}
