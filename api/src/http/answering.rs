//! Which of its requests a connection is being answered: from when a request has come whole until its answer has gone. A
//! connection that sends a request for ever has none, and gives way.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use places::{Call, Charge, Room, Visitor};

use super::limits::SMALL_ANSWER_BYTES;

/// A request, and its connection.
#[derive(Debug, Clone)]
pub(super) struct Answering(Arc<Request>);

#[derive(Debug)]
struct Request {
    visitor: Visitor,
    call: Mutex<Option<Call>>,
}

impl Answering {
    /// A request whose head has come.
    pub(super) fn of(visitor: &Visitor) -> Self {
        visitor.greet();
        Self(Arc::new(Request { visitor: visitor.clone(), call: Mutex::default() }))
    }

    /// The connection.
    pub(super) fn visitor(&self) -> &Visitor {
        &self.0.visitor
    }

    /// It has come whole.
    pub(super) fn begin(&self) {
        self.0.call.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| self.0.visitor.call());
    }

    /// An answer that is being given as long as it has more, and held until its client has taken it.
    pub(super) fn with(self, answer: Response<Body>, room: &Room) -> Response<Body> {
        let bytes = answer.body().size_hint().lower();
        let mut held = room.charge();
        if bytes > SMALL_ANSWER_BYTES && held.grow(usize::try_from(bytes).unwrap_or(usize::MAX)).is_err() {
            // Who takes no answer has no request either, and goes.
            self.0.visitor.places().have_one_go();
            let why = "too many clients have not taken their answers yet; try again in a while\n";
            return (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
        }
        answer.map(|body| Body::new(Answer { body, _answering: self, held: Some(held) }))
    }
}

/// Bytes that hold their room until they have been written.
struct Held {
    bytes: Bytes,
    _held: Charge,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

struct Answer {
    body: Body,
    _answering: Answering,
    /// Given to the first piece, for answers come in one.
    held: Option<Charge>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        let held = &mut self.held;
        Poll::Ready(frame.map(|frame| {
            let keep = |bytes: Bytes| match held.take() {
                Some(held) => Bytes::from_owner(Held { bytes, _held: held }),
                None => bytes,
            };
            frame.map(|frame| frame.map_data(keep))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
