//! What the tests share: a node on a real socket, and its client.
#![allow(dead_code)] // Each test file is a crate of its own and uses its part.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, Expected, NewEvent, StreamName};
use event_log_grpc::wire::streams::append_req::options::ExpectedStreamRevision;
use event_log_grpc::wire::streams::read_req::options::{
    AllOptions, CountOption, FilterOption, ReadDirection, StreamOption, StreamOptions, SubscriptionOptions, UuidOption,
    all_options, stream_options, uuid_option,
};
use event_log_grpc::wire::streams::read_req::{Options, options};
use event_log_grpc::wire::streams::read_resp::Content;
use event_log_grpc::wire::streams::streams_client::StreamsClient;
use event_log_grpc::wire::streams::{AppendReq, AppendResp, ReadReq, ReadResp, append_req};
use event_log_grpc::wire::{self, Empty, StreamIdentifier};
use event_log_grpc::{Access, Admission, Authority, Credentials, Face, Grant, Settings};
use tempfile::TempDir;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};
use uuid::Uuid;

/// For whatever would otherwise hang a test that fails.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Knows a token for reading and one for appending.
pub(crate) struct Tokens {
    pub(crate) until: Option<DateTime<Utc>>,
}

impl Authority for Tokens {
    fn grant(&self, credentials: &Credentials) -> Result<Grant, String> {
        let token = match credentials {
            Credentials::Token(token) => token,
            Credentials::Password { password, .. } => password,
        };
        let access = match token.as_str() {
            "reader" => Access::Read,
            "writer" => Access::Append,
            _ => return Err("nobody knows this token".to_owned()),
        };
        Ok(Grant { access, until: self.until })
    }
}

/// Takes everything but what is forbidden by its name.
pub(crate) struct AllButForbidden;

impl Admission for AllButForbidden {
    fn admit(&self, _: &StreamName, event: &NewEvent) -> Result<(), String> {
        if event.event_type == "Forbidden" { Err("nobody could read it".to_owned()) } else { Ok(()) }
    }
}

/// A book with its face.
pub(crate) struct Node {
    pub(crate) log: Arc<EmbeddedLog>,
    pub(crate) face: Face,
    _directory: TempDir,
}

pub(crate) fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

impl Node {
    /// Open to everybody.
    pub(crate) async fn open() -> Self {
        Self::with(Settings { anonymous: Access::Append, ..Settings::new(loopback()) }, None).await
    }

    pub(crate) async fn with(settings: Settings, until: Option<DateTime<Utc>>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = EmbeddedLog::open(directory.path(), &EmbeddedOptions { segment_bytes: 1 << 20 }).unwrap();
        let log = Arc::new(log);
        let face =
            Face::start(Arc::clone(&log) as _, Arc::new(Tokens { until }), Arc::new(AllButForbidden), None, settings);
        let face = face.await.unwrap();
        Self { log, face, _directory: directory }
    }

    pub(crate) async fn channel(&self) -> Channel {
        let address = format!("http://{}", self.face.address());
        Channel::from_shared(address).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn client(&self) -> StreamsClient<Channel> {
        StreamsClient::new(self.channel().await).max_decoding_message_size(64 << 20)
    }

    /// Appends events with these numbers to a stream, behind the face.
    pub(crate) async fn has(&self, stream: &str, numbers: std::ops::Range<u128>) {
        let stream = StreamName::new(stream.to_owned()).unwrap();
        self.log.append(&stream, Expected::Any, numbers.map(event).collect()).await.unwrap();
    }
}

/// An event whose every field follows from its number.
pub(crate) fn event(number: u128) -> NewEvent {
    let event_type = if number.is_multiple_of(2) { "EvenHappened" } else { "OddHappened" };
    NewEvent {
        id: Uuid::from_u128(number),
        event_type: event_type.into(),
        schema: 2,
        occurred_at: DateTime::from_timestamp_micros(1_700_000_000_000_000 + number as i64).unwrap(),
        data: Bytes::from(format!("{{\"number\":{number}}}")),
        metadata: Bytes::from_static(b"{\"schema\":2}"),
    }
}

pub(crate) fn identifier(stream: &str) -> StreamIdentifier {
    StreamIdentifier { stream_name: Bytes::copy_from_slice(stream.as_bytes()) }
}

/// What to read of the whole book.
pub(crate) fn all(from: all_options::AllOption) -> StreamOption {
    StreamOption::All(AllOptions { all_option: Some(from) })
}

pub(crate) fn at(position: u64) -> all_options::AllOption {
    all_options::AllOption::Position(options::Position { commit_position: position, prepare_position: position })
}

/// What to read of a stream.
pub(crate) fn of(stream: &str, from: stream_options::RevisionOption) -> StreamOption {
    StreamOption::Stream(StreamOptions { stream_identifier: Some(identifier(stream)), revision_option: Some(from) })
}

pub(crate) fn request(source: StreamOption, direction: ReadDirection, count: u64) -> ReadReq {
    let options = Options {
        stream_option: Some(source),
        read_direction: direction.into(),
        resolve_links: false,
        count_option: Some(CountOption::Count(count)),
        filter_option: Some(FilterOption::NoFilter(Empty {})),
        uuid_option: Some(UuidOption { content: Some(uuid_option::Content::String(Empty {})) }),
        control_option: None,
    };
    ReadReq { options: Some(options) }
}

pub(crate) fn subscription(source: StreamOption) -> ReadReq {
    let mut request = request(source, ReadDirection::Forwards, 0);
    request.options.as_mut().unwrap().count_option = Some(CountOption::Subscription(SubscriptionOptions {}));
    request
}

pub(crate) fn forwards(source: StreamOption, count: u64) -> ReadReq {
    request(source, ReadDirection::Forwards, count)
}

pub(crate) fn backwards(source: StreamOption, count: u64) -> ReadReq {
    request(source, ReadDirection::Backwards, count)
}

/// Everything that is read, to its good end.
pub(crate) async fn contents(client: &mut StreamsClient<Channel>, request: ReadReq) -> Vec<Content> {
    let mut answers = client.read(request).await.unwrap().into_inner();
    let mut contents = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        contents.push(answer.content.unwrap());
    }
    contents
}

/// The positions of what is read.
pub(crate) async fn positions(client: &mut StreamsClient<Channel>, request: ReadReq) -> Vec<u64> {
    contents(client, request).await.iter().filter_map(position).collect()
}

pub(crate) fn position(content: &Content) -> Option<u64> {
    match content {
        Content::Event(event) => Some(event.event.as_ref().unwrap().commit_position),
        Content::Confirmation(_)
        | Content::Checkpoint(_)
        | Content::StreamNotFound(_)
        | Content::FirstStreamPosition(_)
        | Content::LastStreamPosition(_)
        | Content::CaughtUp(_) => None,
    }
}

pub(crate) async fn next(answers: &mut Streaming<ReadResp>) -> Content {
    let answer = tokio::time::timeout(LONG, answers.message()).await.unwrap();
    answer.unwrap().unwrap().content.unwrap()
}

/// The error with which a subscription ends.
pub(crate) async fn end(answers: &mut Streaming<ReadResp>) -> Status {
    loop {
        match tokio::time::timeout(LONG, answers.message()).await.unwrap() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended well, which no subscription may"),
            Err(status) => return status,
        }
    }
}

/// An event as a client sends it.
pub(crate) fn proposed(number: u128, event_type: &str, metadata: &'static str) -> append_req::ProposedMessage {
    let texts = [("type", event_type), ("content-type", "application/json")];
    append_req::ProposedMessage {
        id: Some(wire::Uuid { value: Some(wire::uuid::Value::String(Uuid::from_u128(number).to_string())) }),
        metadata: texts.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        custom_metadata: Bytes::from_static(metadata.as_bytes()),
        data: Bytes::from_static(b"{}"),
    }
}

/// One append.
pub(crate) async fn append(
    client: &mut StreamsClient<Channel>,
    stream: &str,
    expected: ExpectedStreamRevision,
    events: Vec<append_req::ProposedMessage>,
) -> Result<AppendResp, Status> {
    let options =
        append_req::Options { stream_identifier: Some(identifier(stream)), expected_stream_revision: Some(expected) };
    let options = AppendReq { content: Some(append_req::Content::Options(options)) };
    let events =
        events.into_iter().map(|event| AppendReq { content: Some(append_req::Content::ProposedMessage(event)) });
    let messages: Vec<_> = [options].into_iter().chain(events).collect();
    client.append(futures::stream::iter(messages)).await.map(tonic::Response::into_inner)
}

pub(crate) fn trailer(status: &Status, name: &str) -> String {
    status.metadata().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, says: &str) -> Status {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), code, "{status}");
    assert!(status.message().contains(says), "{status}");
    status
}
