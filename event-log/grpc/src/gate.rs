//! What stands before the calls of the service Streams: who may call is asked before a byte of the call's body is read,
//! and the body is counted.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use places::{Call, Places, Room, Visitor};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, http};
use tonic::metadata::MetadataMap;
use tonic::server::NamedService;
use tonic::{Request, Status};

use crate::authority::{Access, Authority, guard};
use crate::budget::Budget;
use crate::intake::{Intake, Messages};
use crate::limits::{Limits, MAX_BATCH_MESSAGE_BYTES, MAX_EVENT_MESSAGE_BYTES, MAX_QUESTION_BYTES};
use crate::refusal::Refusal;
use crate::streams::Service;
use crate::wire::streams::streams_server::StreamsServer;

/// The service, behind its gate.
#[derive(Clone)]
pub(crate) struct Gate {
    streams: StreamsServer<Service>,
    authority: Arc<dyn Authority>,
    anonymous: Access,
    places: Places,
    /// For what all connections are appending.
    room: Room,
    arriving: Duration,
}

impl Gate {
    pub(crate) fn new(
        streams: StreamsServer<Service>,
        authority: Arc<dyn Authority>,
        anonymous: Access,
        places: Places,
        limits: &Limits,
    ) -> Self {
        let room = Room::new(limits.held_bytes);
        Self { streams, authority, anonymous, places, room, arriving: limits.arriving }
    }

    /// Lets a call in: with what it may do, its body counted, its connection noted.
    fn admit(&self, request: http::Request<Body>) -> Result<(http::Request<Body>, Call), Refusal> {
        let (needed, messages, most) = match request.uri().path().rsplit('/').next() {
            Some("Append") => (Access::Append, Messages::Many, MAX_EVENT_MESSAGE_BYTES),
            Some("BatchAppend") => (Access::Append, Messages::Many, MAX_BATCH_MESSAGE_BYTES),
            Some(_) | None => (Access::Read, Messages::One, MAX_QUESTION_BYTES),
        };
        let visitor = request.extensions().get().cloned().unwrap_or_else(|| self.places.nobody());
        visitor.greet();
        let metadata = MetadataMap::from_headers(request.headers().clone());
        let grant = guard(self.authority.as_ref(), self.anonymous, &metadata, needed)?;
        visitor.know();
        let call = visitor.call();
        let budget = Budget { own: visitor.room().clone(), all: self.room.clone() };
        let (mut head, body) = request.into_parts();
        let intake = Intake::new(body, budget, messages, most, self.arriving);
        head.extensions.insert(grant);
        head.extensions.insert(intake.charges());
        Ok((http::Request::from_parts(head, Body::new(intake)), call))
    }
}

/// Notes a call that anybody may make. Who makes it is still nobody who is known.
pub(crate) fn greeted(request: Request<()>) -> Result<Request<()>, Status> {
    request.extensions().get().into_iter().for_each(Visitor::greet);
    Ok(request)
}

impl NamedService for Gate {
    const NAME: &'static str = StreamsServer::<Service>::NAME;
}

impl tonic::codegen::Service<http::Request<Body>> for Gate {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // As the service behind it.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match self.admit(request) {
            Ok((request, call)) => {
                let answer = self.streams.call(request);
                Box::pin(async move { Ok(answer.await?.map(|body| Body::new(Answer { body, _call: call }))) })
            }
            Err(refusal) => Box::pin(ready(Ok(Status::from(refusal).into_http()))),
        }
    }
}

/// An answer on its way out: as long as it goes on, so does its call.
struct Answer {
    body: Body,
    _call: Call,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
