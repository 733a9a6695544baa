//! Streams and the whole book are read as any EventStoreDB client expects.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use event_log_grpc::wire::Empty;
use event_log_grpc::wire::streams::read_req::options::filter_options::{Expression, Filter};
use event_log_grpc::wire::streams::read_req::options::stream_options::RevisionOption;
use event_log_grpc::wire::streams::read_req::options::{
    ControlOption, FilterOption, FilterOptions, all_options::AllOption,
};
use event_log_grpc::wire::streams::read_resp::{Content, ReadEvent, read_event};
use event_log_grpc::wire::uuid::Value;
use support::{Node, all, at, backwards, contents, forwards, identifier, of, positions, refused, subscription};
use tonic::Code;
use uuid::Uuid;

const START: AllOption = AllOption::Start(Empty {});
const END: AllOption = AllOption::End(Empty {});

#[tokio::test]
async fn the_book_reads_both_ways_from_any_position_with_any_limit() {
    let node = Node::open().await;
    for stream in 0..3 {
        node.has(&format!("order-{stream}"), stream * 1000..stream * 1000 + 400).await;
    }
    let mut client = node.client().await;
    let up: Vec<u64> = (0..1200).collect();
    let down: Vec<u64> = (0..1200).rev().collect();
    assert_eq!(positions(&mut client, forwards(all(START), u64::MAX)).await, up);
    assert_eq!(positions(&mut client, backwards(all(END), u64::MAX)).await, down);
    for limit in [1, 15, 16, 17, 600] {
        assert_eq!(positions(&mut client, forwards(all(at(7)), limit as u64)).await, up[7..7 + limit]);
        assert_eq!(positions(&mut client, backwards(all(END), limit as u64)).await, down[..limit]);
    }
    let before: Vec<u64> = (0..700).rev().collect();
    assert_eq!(positions(&mut client, backwards(all(at(700)), u64::MAX)).await, before, "without the event at 700");
    assert_eq!(positions(&mut client, backwards(all(at(u64::MAX)), 2)).await, down[..2]);
    for nothing in
        [forwards(all(END), 9), backwards(all(START), 9), forwards(all(at(1200)), 9), forwards(all(START), 0)]
    {
        assert_eq!(positions(&mut client, nothing).await, [0_u64; 0]);
    }
}

#[tokio::test]
async fn a_stream_reads_both_ways_and_says_when_it_is_not_there() {
    let node = Node::open().await;
    node.has("order-1", 0..20).await;
    node.has("order-2", 20..40).await;
    node.has("order-1", 40..60).await;
    let mut client = node.client().await;
    let up: Vec<u64> = (0..20).chain(40..60).collect();
    let down: Vec<u64> = up.iter().copied().rev().collect();
    let start = || of("order-1", RevisionOption::Start(Empty {}));
    let end = || of("order-1", RevisionOption::End(Empty {}));
    let from = |revision| of("order-1", RevisionOption::Revision(revision));
    assert_eq!(positions(&mut client, forwards(start(), u64::MAX)).await, up);
    assert_eq!(positions(&mut client, backwards(end(), u64::MAX)).await, down);
    assert_eq!(positions(&mut client, forwards(from(19), 2)).await, [19, 40]);
    assert_eq!(positions(&mut client, backwards(from(20), 2)).await, [40, 19]);
    assert_eq!(positions(&mut client, backwards(from(99), 1)).await, [59]);
    assert_eq!(contents(&mut client, forwards(from(40), 9)).await, []);
    for nowhere in ["order-3", "$$order-1", "$ce-order", "$et-EvenHappened"] {
        let answer = contents(&mut client, forwards(of(nowhere, RevisionOption::Start(Empty {})), 9)).await;
        let [Content::StreamNotFound(not_found)] = answer.as_slice() else { panic!("{answer:?}") };
        assert_eq!(not_found.stream_identifier, Some(identifier(nowhere)));
    }
}

#[tokio::test]
async fn a_client_that_knows_of_it_is_told_where_the_stream_ends() {
    let node = Node::open().await;
    node.has("order-1", 0..5).await;
    let mut client = node.client().await;
    let mut ask = async |from, count| {
        let mut request = forwards(of("order-1", RevisionOption::Revision(from)), count);
        request.options.as_mut().unwrap().control_option = Some(ControlOption { compatibility: 1 });
        contents(&mut client, request).await.pop()
    };
    assert_eq!(ask(0, 9).await, Some(Content::LastStreamPosition(4)));
    assert_eq!(ask(9, 9).await, Some(Content::LastStreamPosition(4)));
    assert!(matches!(ask(0, 2).await, Some(Content::Event(_))), "there is more");
}

#[tokio::test]
async fn an_event_arrives_with_its_whole_envelope() {
    let node = Node::open().await;
    node.has("order-1", 0..2).await;
    let mut client = node.client().await;
    let mut request = forwards(all(at(1)), 1);
    let Content::Event(ReadEvent { event: Some(event), link: None, position }) =
        contents(&mut client, request.clone()).await.remove(0)
    else {
        panic!("no event")
    };
    assert_eq!(position, Some(read_event::Position::CommitPosition(1)));
    assert_eq!((event.commit_position, event.prepare_position, event.stream_revision), (1, 1, 1));
    assert_eq!(event.stream_identifier, Some(identifier("order-1")));
    assert_eq!(event.id.unwrap().value, Some(Value::String(Uuid::from_u128(1).to_string())));
    assert_eq!((&event.data[..], &event.custom_metadata[..]), (&b"{\"number\":1}"[..], &b"{\"schema\":2}"[..]));
    assert_eq!(event.metadata["type"], "OddHappened");
    assert_eq!(event.metadata["content-type"], "application/json");
    let recorded = event_log::EventLog::scan(node.log.as_ref(), event_log::Position(1), 1).unwrap().remove(0);
    assert_eq!(event.metadata["created"], format!("{}0", recorded.created.timestamp_micros()));

    request.options.as_mut().unwrap().uuid_option = None;
    let Content::Event(ReadEvent { event: Some(event), .. }) = contents(&mut client, request).await.remove(0) else {
        panic!("no event")
    };
    let Some(Value::Structured(halves)) = event.id.unwrap().value else { panic!("not structured") };
    assert_eq!((halves.most_significant_bits, halves.least_significant_bits), (0, 1));
}

#[tokio::test]
async fn a_filter_chooses_by_type_or_stream_and_what_it_leaves_out_does_not_count() {
    let node = Node::open().await;
    node.has("order-1", 0..100).await;
    node.has("review-1", 100..200).await;
    let mut client = node.client().await;
    let expression = |regex: &str, prefix: &[&str]| Expression {
        regex: regex.to_owned(),
        prefix: prefix.iter().map(|&prefix| prefix.to_owned()).collect(),
    };
    let filtered = |request: event_log_grpc::wire::streams::ReadReq, filter| {
        let mut request = request;
        let options = FilterOptions { filter: Some(filter), window: None, checkpoint_interval_multiplier: 1 };
        request.options.as_mut().unwrap().filter_option = Some(FilterOption::Filter(options));
        request
    };
    let odd = Filter::EventType(expression("", &["Odd"]));
    assert_eq!(positions(&mut client, filtered(forwards(all(START), 3), odd.clone())).await, [1, 3, 5]);
    assert_eq!(positions(&mut client, filtered(backwards(all(END), 2), odd.clone())).await, [199, 197]);
    let reviews = Filter::StreamIdentifier(expression("^(?!order-)", &[]));
    assert_eq!(positions(&mut client, filtered(forwards(all(START), 2), reviews)).await, [100, 101]);
    let none = Filter::StreamIdentifier(expression("^nothing$", &[]));
    assert_eq!(positions(&mut client, filtered(forwards(all(START), u64::MAX), none)).await, [0_u64; 0]);

    let of_stream = forwards(of("order-1", RevisionOption::Start(Empty {})), 1);
    refused(client.read(filtered(of_stream, odd)).await, Code::InvalidArgument, "filter");
    let broken = Filter::EventType(expression("(", &[]));
    refused(client.read(filtered(forwards(all(START), 1), broken)).await, Code::InvalidArgument, "expression");
    let mut backwards = subscription(all(START));
    backwards.options.as_mut().unwrap().read_direction = 1;
    refused(client.read(backwards).await, Code::InvalidArgument, "read_direction");
}

#[tokio::test]
async fn large_events_come_whole_and_a_reader_may_take_its_time() {
    let node = Node::open().await;
    let stream = event_log::StreamName::new("order-1").unwrap();
    for number in 0..40 {
        let mut event = support::event(number);
        event.data = bytes::Bytes::from(vec![b' '; 1_000_000]);
        event_log::EventLog::append(node.log.as_ref(), &stream, event_log::Expected::Any, vec![event]).await.unwrap();
    }
    let mut client = node.client().await;
    let mut slow = client.read(forwards(all(START), u64::MAX)).await.unwrap().into_inner();
    assert_eq!(positions(&mut client, backwards(of("order-1", RevisionOption::End(Empty {})), 40)).await.len(), 40);
    let mut seen = 0;
    while let Some(answer) = slow.message().await.unwrap() {
        assert_eq!(support::position(&answer.content.unwrap()), Some(seen));
        seen += 1;
    }
    assert_eq!(seen, 40);
}
