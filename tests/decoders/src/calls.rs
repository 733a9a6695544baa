//! Calls of EventStoreDB's clients, made in memory.

use std::sync::Arc;
use std::time::Duration;

use api::esdb::{Readable, Tokens};
use api::token::Signer;
use axum::http::{Request, header};
use bytes::{BufMut, Bytes, BytesMut};
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, Position, Recorded};
use event_log_grpc::{Access, Settings, face};
use http_body_util::BodyExt;
use prost::Message;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::service::Routes;
use tonic::{Code, Status};

/// As many events are enough in a book; then there is a new one.
const MOST_EVENTS: u64 = 20_000;

/// A book and its face.
pub(crate) struct Node {
    pub(crate) runtime: Runtime,
    pub(crate) log: Arc<EmbeddedLog>,
    routes: Routes,
    /// Whoever waits for it waits for ever.
    _stop: watch::Sender<bool>,
    _directory: TempDir,
}

/// What a call came to.
pub(crate) struct Outcome {
    pub(crate) status: Status,
    /// The messages before that, as they are on the wire.
    pub(crate) messages: Vec<Bytes>,
}

impl Node {
    /// One that is open to everybody for so much.
    pub(crate) fn open(anonymous: Access) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(EmbeddedLog::open(directory.path(), &EmbeddedOptions { segment_bytes: 1 << 20 }).unwrap());
        let settings = Settings { anonymous, ..Settings::new("127.0.0.1:2113".parse().unwrap()) };
        let tokens = Arc::new(Tokens(Arc::new(Signer::new(&crate::authorization::SECRET))));
        let stop = watch::Sender::new(false);
        let routes = face::in_memory(Arc::clone(&log) as _, tokens, Arc::new(Readable), &settings, &stop.subscribe());
        Self { runtime, log, routes, _stop: stop, _directory: directory }
    }

    /// Whether it has as many events as are enough.
    pub(crate) fn is_full(&self) -> bool {
        self.next().0 > MOST_EVENTS
    }

    /// The position of the next event.
    pub(crate) fn next(&self) -> Position {
        *self.log.watch_next_position().borrow()
    }

    /// The events from a position on.
    pub(crate) fn since(&self, from: Position) -> Vec<Recorded> {
        let (mut events, mut next) = (Vec::new(), from);
        loop {
            let more = self.log.scan(next, usize::MAX).unwrap();
            let Some(last) = more.last() else { return events };
            next = last.position.next();
            events.extend(more);
        }
    }

    /// Makes a call with these messages, until it ends or `enough` says so.
    pub(crate) fn call<'a>(
        &self,
        name: &str,
        authorization: Option<&[u8]>,
        messages: impl IntoIterator<Item = &'a [u8]>,
        mut enough: impl FnMut(&[u8]) -> bool,
    ) -> Outcome {
        let mut body = BytesMut::new();
        for message in messages {
            body.put_u8(0);
            body.put_u32(u32::try_from(message.len()).unwrap());
            body.put_slice(message);
        }
        let mut request = Request::post(format!("/event_store.client.streams.Streams/{name}"))
            .header(header::CONTENT_TYPE, "application/grpc")
            .header(header::TE, "trailers");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let Ok(request) = request.body(Body::new(http_body_util::Full::new(body.freeze()))) else {
            return Outcome { status: Status::unauthenticated("no header has such bytes"), messages: Vec::new() };
        };
        let mut routes = self.routes.clone();
        let answered = async {
            let (head, mut body) = Service::call(&mut routes, request).await.unwrap().into_parts();
            if let Some(status) = Status::from_header_map(&head.headers) {
                return Outcome { status, messages: Vec::new() };
            }
            let (mut messages, mut rest) = (Vec::new(), BytesMut::new());
            while let Some(frame) = body.frame().await {
                match frame.unwrap().into_data() {
                    Ok(data) => rest.extend_from_slice(&data),
                    Err(frame) => {
                        let status = Status::from_header_map(frame.trailers_ref().unwrap()).unwrap();
                        return Outcome { status, messages };
                    }
                }
                while let Some([0, a, b, c, d]) = rest.first_chunk().copied() {
                    let length = u32::from_be_bytes([a, b, c, d]) as usize;
                    if rest.len() < 5 + length {
                        break;
                    }
                    let message = rest.split_to(5 + length).freeze().slice(5..);
                    let enough = enough(&message);
                    messages.push(message);
                    if enough {
                        return Outcome { status: Status::ok("enough"), messages };
                    }
                }
            }
            panic!("a call without an end");
        };
        let answered = async { tokio::time::timeout(Duration::from_secs(20), answered).await };
        self.runtime.block_on(answered).expect("a call ends")
    }
}

impl Outcome {
    /// The messages.
    pub(crate) fn decoded<M: Message + Default>(&self) -> Vec<M> {
        self.messages.iter().map(|message| M::decode(message.clone()).unwrap()).collect()
    }

    /// That whatever was wrong is something that a client can do something about, said in so many words.
    pub(crate) fn is_told(&self) {
        let known = [
            Code::Ok,
            Code::InvalidArgument,
            Code::FailedPrecondition,
            Code::PermissionDenied,
            Code::Unauthenticated,
            Code::Aborted,
            Code::DeadlineExceeded,
            Code::ResourceExhausted,
        ];
        // A message that is no Protobuf is refused by whoever decodes it, as an internal error.
        let undecodable = self.status.code() == Code::Internal && self.status.message().contains("decode");
        assert!(known.contains(&self.status.code()) || undecodable, "{:?}", self.status);
        assert!(self.status.code() == Code::Ok || !self.status.message().is_empty());
        assert!(self.status.message().len() < 8192, "{}", self.status.message().len());
    }
}
