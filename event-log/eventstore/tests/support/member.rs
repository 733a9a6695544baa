//! A member of a cluster as EventStoreDB's are, where that differs from our own server: its places in the log have gaps,
//! commit and prepare differ, events of its own stand in between; it says nothing of where events stand that it had
//! already; it knows no batches and no features; it ends every subscription well; and it may follow another leader.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use event_log::{Direction, EmbeddedLog, EventLog, Expected, NewEvent, Recorded, Revision, StreamName};
use event_log_grpc::wire::streams::append_req::options::ExpectedStreamRevision;
use event_log_grpc::wire::streams::append_req::{self, Content as Sent};
use event_log_grpc::wire::streams::append_resp::success::{CurrentRevisionOption, PositionOption};
use event_log_grpc::wire::streams::append_resp::{self, Success};
use event_log_grpc::wire::streams::read_req::options::{
    CountOption, ReadDirection, StreamOption, all_options, stream_options,
};
use event_log_grpc::wire::streams::read_resp::read_event::{self, RecordedEvent};
use event_log_grpc::wire::streams::read_resp::{Content, ReadEvent, StreamNotFound};
use event_log_grpc::wire::streams::streams_server::{Streams, StreamsServer};
use event_log_grpc::wire::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq, ReadResp, TombstoneReq,
    TombstoneResp,
};
use event_log_grpc::wire::{self, Empty, StreamIdentifier};
use futures::stream::{self, BoxStream, StreamExt};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status, Streaming};
use uuid::Uuid;

/// What the members of a cluster share.
pub(crate) struct Cluster {
    pub(crate) book: Arc<EmbeddedLog>,
    /// Where the leader listens.
    pub(crate) leader: Mutex<Option<SocketAddr>>,
    pub(crate) subscriptions: AtomicUsize,
    pub(crate) appends: Mutex<Vec<SocketAddr>>,
}

#[derive(Clone)]
struct Member {
    cluster: Arc<Cluster>,
    address: SocketAddr,
}

/// Starts a member.
pub(crate) async fn start(cluster: &Arc<Cluster>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let member = Member { cluster: Arc::clone(cluster), address };
    let server = Server::builder().add_service(StreamsServer::new(member));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))));
    address
}

fn commit(position: u64) -> u64 {
    1000 * position + 600
}

/// An event of ours as the server has it.
fn ours(event: Recorded) -> RecordedEvent {
    let commit = commit(event.position.0);
    recorded(event.id, event.stream.as_str(), event.revision.0, commit, &event.event_type, event.metadata, event.data)
}

/// The server's own event before the one at `position`.
fn own(position: u64) -> RecordedEvent {
    // A projection's result has a type like any, a stream's settings have a stream like any.
    let (stream, event_type) =
        if position.is_multiple_of(2) { ("$projections-x", "Result") } else { ("a-1", "$metadata") };
    let commit = commit(position) - 300;
    recorded(
        Uuid::from_u128(u128::MAX - u128::from(position)),
        stream,
        position,
        commit,
        event_type,
        Bytes::new(),
        Bytes::from_static(b"{}"),
    )
}

fn recorded(
    id: Uuid,
    stream: &str,
    revision: u64,
    commit: u64,
    event_type: &str,
    metadata: Bytes,
    data: Bytes,
) -> RecordedEvent {
    let texts = [("type", event_type), ("content-type", "application/json"), ("created", "17000000001234560")];
    RecordedEvent {
        id: Some(wire::Uuid { value: Some(wire::uuid::Value::String(id.to_string())) }),
        stream_identifier: Some(StreamIdentifier { stream_name: Bytes::copy_from_slice(stream.as_bytes()) }),
        stream_revision: revision,
        prepare_position: commit - 7,
        commit_position: commit,
        metadata: texts.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        custom_metadata: metadata,
        data,
    }
}

fn answers(events: Vec<RecordedEvent>) -> BoxStream<'static, Result<ReadResp, Status>> {
    let answer = |event: RecordedEvent| {
        let position = Some(read_event::Position::CommitPosition(event.commit_position));
        let event = ReadEvent { event: Some(event), link: None, position };
        Ok(ReadResp { content: Some(Content::Event(event)) })
    };
    stream::iter(events.into_iter().map(answer).collect::<Vec<_>>()).boxed()
}

impl Member {
    fn led(&self) -> Result<(), Status> {
        let leader = self.cluster.leader.lock().unwrap().unwrap_or(self.address);
        if leader == self.address {
            return Ok(());
        }
        let mut status = Status::new(Code::NotFound, "Leader info available");
        let trailers = status.metadata_mut();
        trailers.insert("exception", "not-leader".parse().unwrap());
        trailers.insert("leader-endpoint-host", leader.ip().to_string().parse().unwrap());
        trailers.insert("leader-endpoint-port", leader.port().to_string().parse().unwrap());
        Err(status)
    }

    async fn appended(&self, mut messages: Streaming<AppendReq>) -> AppendResp {
        let Some(Sent::Options(options)) = messages.message().await.unwrap().unwrap().content else { panic!() };
        let mut events = Vec::new();
        while let Some(message) = messages.message().await.unwrap() {
            let Some(Sent::ProposedMessage(proposed)) = message.content else { panic!() };
            events.push(event(proposed));
        }
        let name = String::from_utf8(options.stream_identifier.unwrap().stream_name.to_vec()).unwrap();
        let expected = match options.expected_stream_revision.unwrap() {
            ExpectedStreamRevision::Revision(revision) => Expected::Exact(Revision(revision)),
            ExpectedStreamRevision::NoStream(_) => Expected::NoStream,
            ExpectedStreamRevision::Any(_) => Expected::Any,
            ExpectedStreamRevision::StreamExists(_) => Expected::StreamExists,
        };
        let count = events.len() as u64;
        let appended = self.cluster.book.append(&StreamName::new(name).unwrap(), expected, events).await.unwrap();
        // Where the first of them stands.
        let at = commit(appended.position.0 + 1 - count);
        let position = if appended.already {
            PositionOption::NoPosition(Empty {})
        } else {
            PositionOption::Position(append_resp::Position { commit_position: at, prepare_position: at - 7 })
        };
        let success = Success {
            current_revision_option: Some(CurrentRevisionOption::CurrentRevision(appended.revision.0)),
            position_option: Some(position),
        };
        AppendResp { result: Some(append_resp::Result::Success(success)) }
    }
}

fn event(proposed: append_req::ProposedMessage) -> NewEvent {
    let Some(wire::uuid::Value::Structured(id)) = proposed.id.unwrap().value else { panic!() };
    let halves = (id.most_significant_bits.cast_unsigned(), id.least_significant_bits.cast_unsigned());
    let texts: HashMap<_, _> = proposed.metadata;
    NewEvent {
        id: Uuid::from_u64_pair(halves.0, halves.1),
        event_type: texts["type"].clone().into(),
        schema: 1,
        occurred_at: chrono::Utc::now(),
        data: proposed.data,
        metadata: proposed.custom_metadata,
    }
}

#[tonic::async_trait]
impl Streams for Member {
    type ReadStream = BoxStream<'static, Result<ReadResp, Status>>;
    type BatchAppendStream = BoxStream<'static, Result<BatchAppendResp, Status>>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        self.led()?;
        let options = request.into_inner().options.unwrap();
        let Some(CountOption::Count(count)) = options.count_option else {
            self.cluster.subscriptions.fetch_add(1, Ordering::Relaxed);
            return Ok(Response::new(stream::empty().boxed()));
        };
        let direction = match options.read_direction() {
            ReadDirection::Forwards => Direction::Forwards,
            ReadDirection::Backwards => Direction::Backwards,
        };
        let count = usize::try_from(count).unwrap();
        match options.stream_option.unwrap() {
            StreamOption::All(all) => {
                let from = match all.all_option.unwrap() {
                    all_options::AllOption::Position(position) => position.commit_position,
                    all_options::AllOption::Start(_) => 0,
                    all_options::AllOption::End(_) => u64::MAX,
                };
                let book = self.cluster.book.read_all(None, Direction::Forwards, usize::MAX).await.unwrap();
                let end = book.len() as u64;
                let pairs = book.into_iter().flat_map(|event| [own(event.position.0), ours(event)]);
                // The server goes on to write of its own where nobody else does.
                let all = pairs.chain([own(end)]).filter(|event| event.commit_position >= from);
                Ok(Response::new(answers(all.take(count).collect())))
            }
            StreamOption::Stream(wanted) => {
                let identifier = wanted.stream_identifier.unwrap();
                let name = StreamName::new(String::from_utf8(identifier.stream_name.to_vec()).unwrap()).unwrap();
                let from = match wanted.revision_option.unwrap() {
                    stream_options::RevisionOption::Revision(revision) => Some(Revision(revision)),
                    stream_options::RevisionOption::Start(_) | stream_options::RevisionOption::End(_) => None,
                };
                let events = self.cluster.book.read_stream(&name, from, direction, count).await.unwrap();
                if events.is_empty() {
                    let none = Content::StreamNotFound(StreamNotFound { stream_identifier: Some(identifier) });
                    let answer = Ok(ReadResp { content: Some(none) });
                    return Ok(Response::new(stream::iter([answer]).boxed()));
                }
                Ok(Response::new(answers(events.into_iter().map(ours).collect())))
            }
        }
    }

    async fn append(&self, request: Request<Streaming<AppendReq>>) -> Result<Response<AppendResp>, Status> {
        self.led()?;
        self.cluster.appends.lock().unwrap().push(self.address);
        Ok(Response::new(self.appended(request.into_inner()).await))
    }

    async fn batch_append(
        &self,
        _: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        Err(Status::unimplemented("no batches"))
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented("nothing is deleted"))
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(Status::unimplemented("nothing is deleted"))
    }
}
