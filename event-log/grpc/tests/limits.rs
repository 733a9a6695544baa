//! Slow, half-open and huge requests neither exhaust memory nor keep others out.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use event_log::{EventLog, Position};
use event_log_grpc::wire;
use event_log_grpc::wire::Empty;
use event_log_grpc::wire::streams::append_req::options::ExpectedStreamRevision::Any;
use event_log_grpc::wire::streams::append_req::{Content, Options};
use event_log_grpc::wire::streams::batch_append_req::options::ExpectedStreamPosition;
use event_log_grpc::wire::streams::batch_append_req::{self, ProposedMessage};
use event_log_grpc::wire::streams::batch_append_resp::Result as Outcome;
use event_log_grpc::wire::streams::read_req::options::all_options::AllOption;
use event_log_grpc::wire::streams::read_req::options::filter_options::{Expression, Filter};
use event_log_grpc::wire::streams::read_req::options::{FilterOption, FilterOptions};
use event_log_grpc::wire::streams::streams_client::StreamsClient;
use event_log_grpc::wire::streams::{AppendReq, BatchAppendReq, BatchAppendResp};
use event_log_grpc::{Access, Limits, Settings};
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt, stream};
use http_body_util::BodyExt;
use prost::Message;
use support::{LONG, Node, all, append, forwards, identifier, loopback, positions, proposed, refused, subscription};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::codegen::http::Request;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3600);
const START: AllOption = AllOption::Start(Empty {});

/// The usual places, but for what is said.
fn places(change: impl FnOnce(&mut places::Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits.places);
    limits
}

async fn limited(limits: Limits) -> Node {
    Node::with(Settings { anonymous: Access::Append, limits, ..Settings::new(loopback()) }, None).await
}

/// A message of the batch's: a part of the append of this number.
fn part(append: u128, events: Vec<ProposedMessage>, is_final: bool) -> BatchAppendReq {
    let id = wire::uuid::Value::String(Uuid::from_u128(append).to_string());
    let options = batch_append_req::Options {
        stream_identifier: Some(identifier("a-1")),
        expected_stream_position: Some(ExpectedStreamPosition::Any(())),
        deadline_option: None,
    };
    let correlation_id = Some(wire::Uuid { value: Some(id) });
    BatchAppendReq { correlation_id, options: Some(options), proposed_messages: events, is_final }
}

fn event(number: u128, bytes: usize) -> ProposedMessage {
    let wire::streams::append_req::ProposedMessage { id, metadata, custom_metadata, .. } =
        proposed(number, "OrderPlaced", "");
    ProposedMessage { id, metadata, custom_metadata, data: vec![b' '; bytes].into() }
}

/// A batch that is kept open.
async fn batch(client: &mut StreamsClient<Channel>) -> (mpsc::Sender<BatchAppendReq>, Streaming<BatchAppendResp>) {
    let (sender, messages) = mpsc::channel(0);
    (sender, client.batch_append(messages).await.unwrap().into_inner())
}

fn reason(answer: BatchAppendResp) -> String {
    match answer.result.unwrap() {
        Outcome::Success(_) => "done".to_owned(),
        Outcome::Error(status) => status.message,
    }
}

/// What an append sends first.
fn options() -> AppendReq {
    let options = Options { stream_identifier: Some(identifier("a-1")), expected_stream_revision: Some(Any(Empty {})) };
    AppendReq { content: Some(Content::Options(options)) }
}

fn appended(number: u128) -> AppendReq {
    AppendReq { content: Some(Content::ProposedMessage(proposed(number, "OrderPlaced", ""))) }
}

/// A message as gRPC frames it, which says that it has so many bytes.
fn framed(bytes: u32, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(bytes);
    frame.put_slice(message);
    frame.freeze()
}

/// A call whose body is these pieces, and then goes on for ever.
async fn call(node: &Node, name: &str, pieces: impl IntoIterator<Item = Bytes>) -> Status {
    let pieces: Vec<_> = pieces.into_iter().collect();
    let body =
        stream::iter(pieces).map(|piece| Ok::<_, Status>(http_body::Frame::data(piece))).chain(stream::pending());
    let request = Request::post(format!("/event_store.client.streams.Streams/{name}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(http_body_util::StreamBody::new(body)))
        .unwrap();
    let mut channel = node.channel().await;
    std::future::poll_fn(|context| tonic::codegen::Service::poll_ready(&mut channel, context)).await.unwrap();
    let answer = tonic::codegen::Service::call(&mut channel, request);
    let (head, body) = tokio::time::timeout(LONG, answer).await.unwrap().unwrap().into_parts();
    if let Some(status) = Status::from_header_map(&head.headers) {
        return status;
    }
    let trailers = tokio::time::timeout(LONG, body.collect()).await.unwrap().unwrap().trailers().unwrap().clone();
    Status::from_header_map(&trailers).unwrap()
}

#[tokio::test]
async fn connections_that_say_nothing_give_way_to_whoever_calls() {
    let node = limited(places(|places| (places.connections, places.greeting) = (4, HOUR))).await;
    node.has("a-1", 0..3).await;
    let mut subscriber = node.client().await;
    let mut following = subscriber.read(subscription(all(START))).await.unwrap().into_inner();
    support::next(&mut following).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(node.face.address()).await.unwrap());
    }
    assert_eq!(positions(&mut node.client().await, forwards(all(START), 9)).await, [0, 1, 2]);
    // The first of the silent ones had to go, and learns it.
    let mut heard = Vec::new();
    let _ = tokio::time::timeout(LONG, silent[0].read_to_end(&mut heard)).await.unwrap();
    for _ in 0..3 {
        assert!(support::position(&support::next(&mut following).await).is_some(), "who is being answered stays");
    }
}

#[tokio::test]
async fn a_connection_without_a_call_that_may_be_ends() {
    let limits = places(|places| places.greeting = Duration::from_millis(200));
    let node = Node::with(Settings { limits, ..Settings::new(loopback()) }, None).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    for said in [&b""[..], b"PRI * HTT", preface] {
        let mut stream = TcpStream::connect(node.face.address()).await.unwrap();
        stream.write_all(said).await.unwrap();
        // Reads whatever is said until the connection is over.
        let mut heard = Vec::new();
        let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut heard)).await.unwrap();
    }
    let mut client = node.client().await;
    refused(client.read(forwards(all(START), 1)).await, Code::Unauthenticated, "say who you are");
}

#[tokio::test]
async fn who_may_not_call_has_nothing_of_the_body_read() {
    let node = Node::with(Settings::new(loopback()), None).await;
    for name in ["Read", "Append", "BatchAppend", "Delete"] {
        let status = call(&node, name, [framed(1 << 20, b"half")]).await;
        assert_eq!(status.code(), Code::Unauthenticated, "{name}: {status}");
    }
}

#[tokio::test]
async fn a_huge_message_is_refused_when_it_is_announced() {
    let node = Node::open().await;
    for (name, bytes, limit) in
        [("Read", 65_537, "65536"), ("Append", 1_114_113, "1114112"), ("BatchAppend", u32::MAX, "17825792")]
    {
        let status = call(&node, name, [framed(bytes, b"")]).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{name}: {status}");
        assert!(status.message().contains(limit) && status.message().contains("smaller"), "{name}: {status}");
    }
}

#[tokio::test]
async fn a_message_that_never_comes_whole_is_given_up() {
    let node = limited(Limits { arriving: Duration::from_millis(200), ..Limits::default() }).await;
    for name in ["Read", "Append", "BatchAppend", "Delete"] {
        for pieces in [vec![], vec![framed(100, b"half")], vec![Bytes::from_static(&[0, 0])]] {
            let status = call(&node, name, pieces).await;
            assert_eq!(status.code(), Code::DeadlineExceeded, "{name}: {status}");
        }
    }
    // Whole, but for the end of the call.
    let question = forwards(all(START), 1).encode_to_vec();
    let whole = framed(u32::try_from(question.len()).unwrap(), &question);
    let status = call(&node, "Read", [whole]).await;
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
}

#[tokio::test]
async fn an_append_that_is_taken_back_half_way_is_not_in_the_book() {
    let node = Node::open().await;
    let mut client = node.client().await;
    for number in 0..20 {
        let (mut sender, messages) = mpsc::channel(0);
        let mut other = client.clone();
        let append = tokio::spawn(async move { other.append(messages).await });
        sender.send(options()).await.unwrap();
        sender.send(appended(number)).await.unwrap();
        append.abort();
        assert!(append.await.unwrap_err().is_cancelled());
    }
    // What came before on the same connection has been dealt with.
    let whole = vec![proposed(100, "OrderPlaced", "")];
    append(&mut client, "a-1", Any(Empty {}), whole).await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!(node.log.next_position().await.unwrap(), Position(1), "halves are in the book");
}

#[tokio::test]
async fn what_clients_have_sent_half_is_bounded_for_each_connection_and_for_all() {
    const MIB: usize = 1 << 20;
    let limits = Limits { held_bytes: 5 * MIB, ..places(|places| places.room = 2 * MIB + MIB / 2) };
    let node = limited(limits).await;
    let (mut one, mut other, mut third) = (node.client().await, node.client().await, node.client().await);
    let mut open = Vec::new();
    for client in [&mut one, &mut other] {
        for append in 0..2 {
            let (mut sender, answers) = batch(client).await;
            sender.send(part(append, vec![event(append, 1_000_000)], false)).await.unwrap();
            open.push((sender, answers));
        }
        let (mut sender, mut answers) = batch(client).await;
        sender.send(part(9, vec![event(9, 1_000_000)], true)).await.unwrap();
        let full = tokio::time::timeout(LONG, answers.message()).await.unwrap();
        refused(full, Code::ResourceExhausted, "this connection");
    }
    let whole = |number| {
        let mut event = proposed(number, "OrderPlaced", "");
        event.data = vec![b' '; 900_000].into();
        vec![event]
    };
    append(&mut third, "a-1", Any(Empty {}), whole(100)).await.unwrap();
    let two = whole(101).into_iter().chain(whole(102)).collect();
    refused(append(&mut third, "a-1", Any(Empty {}), two).await, Code::ResourceExhausted, "this node");
    // Who goes on, or goes, makes room.
    let (sender, answers) = open.first_mut().unwrap();
    sender.send(part(0, Vec::new(), true)).await.unwrap();
    assert_eq!(reason(answers.message().await.unwrap().unwrap()), "done");
    drop(open);
    let two = || whole(101).into_iter().chain(whole(102)).collect();
    let room = async { while append(&mut third, "a-1", Any(Empty {}), two()).await.is_err() {} };
    tokio::time::timeout(LONG, room).await.unwrap();
}

#[tokio::test]
async fn a_batch_goes_on_for_ever_without_holding_what_was_answered() {
    let limits = Limits { held_bytes: 1 << 20, ..places(|places| places.room = 1 << 20) };
    let node = limited(limits).await;
    let mut client = node.client().await;
    let (mut sender, mut answers) = batch(&mut client).await;
    for number in 0..100 {
        sender.send(part(number, vec![event(2 * number, 100_000)], false)).await.unwrap();
        sender.send(part(number, vec![event(2 * number + 1, 100_000)], true)).await.unwrap();
        assert_eq!(reason(answers.message().await.unwrap().unwrap()), "done");
    }
}

#[tokio::test]
async fn parts_whose_rest_never_comes_are_given_up_and_others_go_on() {
    let node = limited(Limits { arriving: Duration::from_millis(200), ..Limits::default() }).await;
    let mut client = node.client().await;
    let (mut sender, mut answers) = batch(&mut client).await;
    sender.send(part(1, vec![event(1, 10)], false)).await.unwrap();
    // How it is told is not until it is complete: so its end is sent until it comes too late.
    let mut number = 2;
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        sender.send(part(number, vec![event(number, 10)], true)).await.unwrap();
        assert_eq!(reason(answers.message().await.unwrap().unwrap()), "done");
        number += 1;
        if number == 10 {
            break;
        }
    }
    sender.send(part(1, Vec::new(), true)).await.unwrap();
    assert!(reason(answers.message().await.unwrap().unwrap()).contains("did not come whole"));
    assert_eq!(node.log.next_position().await.unwrap(), Position(8));
}

#[tokio::test]
async fn a_batch_has_so_many_appends_begun_and_so_many_events_in_each() {
    let node = Node::open().await;
    let mut client = node.client().await;
    let (mut sender, mut answers) = batch(&mut client).await;
    for append in 0..256 {
        sender.send(part(append, Vec::new(), false)).await.unwrap();
    }
    sender.send(part(0, (0..5000).map(|number| event(number, 0)).collect(), true)).await.unwrap();
    assert!(reason(answers.message().await.unwrap().unwrap()).contains("4096"));
    for append in [0, 1000] {
        sender.send(part(append, Vec::new(), false)).await.unwrap();
    }
    let many = tokio::time::timeout(LONG, answers.message()).await.unwrap();
    refused(many, Code::InvalidArgument, "256 appends are begun");
}

#[tokio::test]
async fn a_message_of_more_parts_than_anything_sensible_has_is_refused() {
    let node = Node::open().await;
    let mut client = node.client().await;
    let (mut sender, mut answers) = batch(&mut client).await;
    sender.send(part(1, vec![ProposedMessage::default(); 100_000], true)).await.unwrap();
    refused(answers.message().await, Code::InvalidArgument, "fields");
    let mut event = proposed(1, "OrderPlaced", "");
    event.metadata.extend((0..70_000).map(|entry| (entry.to_string(), String::new())));
    refused(append(&mut client, "a-1", Any(Empty {}), vec![event]).await, Code::InvalidArgument, "fields");
}

#[tokio::test]
async fn clients_that_subscribe_and_never_read_hold_up_nobody() {
    let node = Node::open().await;
    let stream = event_log::StreamName::new("a-1").unwrap();
    for number in 0..40 {
        let mut event = support::event(number);
        event.data = Bytes::from(vec![b' '; 500_000]);
        node.log.append(&stream, event_log::Expected::Any, vec![event]).await.unwrap();
    }
    let (mut client, mut patient) = (node.client().await, node.client().await);
    let mut unread = Vec::new();
    for _ in 0..16 {
        unread.push(client.read(subscription(all(START))).await.unwrap().into_inner());
    }
    let mut last = patient.read(subscription(all(START))).await.unwrap().into_inner();
    let mut other = node.client().await;
    append(&mut other, "a-2", Any(Empty {}), vec![proposed(1000, "OrderPlaced", "")]).await.unwrap();
    assert_eq!(positions(&mut other, forwards(all(START), 50)).await.len(), 41);
    // Whoever reads after all gets everything.
    let mut seen = 0;
    while seen <= 40 {
        let content = support::next(&mut last).await;
        if let Some(position) = support::position(&content) {
            assert_eq!(position, seen);
            seen += 1;
        }
    }
}

#[tokio::test]
async fn whoever_takes_nothing_of_what_is_sent_is_cut_off() {
    let node = limited(places(|places| (places.connections, places.stalled) = (2, Duration::from_millis(200)))).await;
    let stream = event_log::StreamName::new("a-1").unwrap();
    for number in 0..40 {
        let mut event = support::event(number);
        event.data = Bytes::from(vec![b' '; 1_000_000]);
        node.log.append(&stream, event_log::Expected::Any, vec![event]).await.unwrap();
    }
    // Windows as wide as they get, and then not a byte is read: all of it stays in the kernel's buffers.
    let mut deaf = TcpStream::connect(node.face.address()).await.unwrap();
    deaf.write_all(&raw_subscription()).await.unwrap();
    let mut client = node.client().await;
    let _answers = client.read(subscription(all(START))).await.unwrap();
    // It is being answered, so that it does not give way: a third gets in when it is cut off.
    let third = async {
        loop {
            if let Ok(channel) =
                Channel::from_shared(format!("http://{}", node.face.address())).unwrap().connect().await
                && StreamsClient::new(channel).read(forwards(all(START), 1)).await.is_ok()
            {
                break;
            }
        }
    };
    tokio::time::timeout(LONG, third).await.unwrap();
}

/// A connection's beginning and a subscription to the whole book, byte by byte, with windows that hardly close.
fn raw_subscription() -> Vec<u8> {
    const WINDOW: u32 = (1 << 31) - 1;
    let frame = |kind: u8, flags: u8, call: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &call.to_be_bytes(), payload].concat()
    };
    let header = |name: &str, value: &str| {
        let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        [vec![0], text(name), text(value)].concat()
    };
    let headers = [
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":authority", "node"),
        header(":path", "/event_store.client.streams.Streams/Read"),
        header("content-type", "application/grpc"),
        header("te", "trailers"),
    ];
    let question = subscription(all(START)).encode_to_vec();
    let question = framed(u32::try_from(question.len()).unwrap(), &question);
    let settings = [&[0, 4][..], &WINDOW.to_be_bytes()].concat();
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, &settings),
        frame(8, 0, 0, &(WINDOW - 65_535).to_be_bytes()),
        frame(1, 4, 1, &headers.concat()),
        frame(0, 1, 1, &question),
    ]
    .concat()
}

#[tokio::test]
async fn an_expression_that_would_never_finish_ends_its_own_call_only() {
    let node = Node::open().await;
    let long = format!("a-{}c", "a".repeat(200));
    node.has(&long, 0..3).await;
    let mut client = node.client().await;
    let mut request = forwards(all(START), 9);
    let expression = Expression { regex: r"^a-(?=(a|aa)+\1$)b".to_owned(), prefix: Vec::new() };
    let options = FilterOptions {
        filter: Some(Filter::StreamIdentifier(expression)),
        window: None,
        checkpoint_interval_multiplier: 1,
    };
    request.options.as_mut().unwrap().filter_option = Some(FilterOption::Filter(options));
    let mut answers = client.read(request).await.unwrap().into_inner();
    refused(answers.message().await, Code::InvalidArgument, "gave up");
    assert_eq!(positions(&mut client, forwards(all(START), 9)).await, [0, 1, 2]);
}

#[tokio::test]
async fn a_refusal_is_short_however_long_what_it_quotes_is() {
    let node = Node::open().await;
    let mut client = node.client().await;
    let mut event = proposed(1, "OrderPlaced", "");
    event.metadata.insert("content-type".to_owned(), "x".repeat(500_000));
    let status =
        refused(append(&mut client, "a-1", Any(Empty {}), vec![event]).await, Code::InvalidArgument, "content-type");
    assert!(status.message().chars().count() <= 1_025);
}
