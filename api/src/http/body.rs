//! Bodies of requests: how large they may be, how long they may take, and why one was not read.
//!
//! What has come of a body is counted until its request is answered: a small part in the room of its connection, the rest
//! in one that all share, of which there are two, so that who has no token can't fill that of those who do.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use domain::review::MAX_PHOTOS;
use places::{Charge, Full, Room};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use tokio::time::{Instant, Sleep, sleep};

use super::answering::Answering;
use super::limits::{Limits, MAX_ANSWERED_AT_ONCE, SMALL_BODY_BYTES};
use crate::auth::Viewer;
use crate::photos::MAX_PHOTO_BYTES;

/// The largest GraphQL request of who may send photos: all of a review's in base64, and room for the rest.
pub(super) const MAX_BUYER_BYTES: usize = MAX_PHOTOS * MAX_PHOTO_BYTES * 4 / 3 + MAX_PLAIN_BYTES;

/// The largest GraphQL request of anybody else, and what parts of a form may have besides photos.
pub(super) const MAX_PLAIN_BYTES: usize = 512 * 1024;

/// The largest body of photos as they are: one too large must come through, so that it can be told which it is.
pub(super) const MAX_PHOTOS_BYTES: usize = MAX_PHOTOS * MAX_PHOTO_BYTES + MAX_PLAIN_BYTES;

/// A body that was not read.
#[derive(Debug, Clone)]
pub(super) struct Unread {
    /// What the status line says.
    pub(super) status: StatusCode,
    /// What was wanted and what would mend it.
    pub(super) why: String,
}

impl Unread {
    /// A body that is not what it should be.
    pub(super) fn invalid(why: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, why }
    }

    /// More than the server holds at a time.
    fn full() -> Self {
        let why = "the server is receiving as much as it may; try again in a while".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, why }
    }

    /// Something that did not come in time.
    fn late(why: String) -> Self {
        Self { status: StatusCode::REQUEST_TIMEOUT, why }
    }

    fn of(status: StatusCode, why: String) -> Self {
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            let why = format!(
                "the request is larger than this role may send; photos have at most {MAX_PHOTO_BYTES} bytes each, of at most {MAX_PHOTOS}, and are a buyer's to send"
            );
            return Self { status, why };
        }
        Self { status, why }
    }
}

impl From<BytesRejection> for Unread {
    fn from(rejection: BytesRejection) -> Self {
        let why = rejection.body_text();
        Self::of(rejection.into_response().status(), why)
    }
}

impl From<MultipartError> for Unread {
    fn from(error: MultipartError) -> Self {
        Self::of(error.status(), error.body_text())
    }
}

impl From<MultipartRejection> for Unread {
    fn from(rejection: MultipartRejection) -> Self {
        let why = rejection.body_text();
        Self::of(rejection.into_response().status(), why)
    }
}

/// Room for what is being received.
#[derive(Debug)]
pub struct Bodies {
    limits: Limits,
    strangers: Room,
    known: Room,
    turns: Semaphore,
}

impl Bodies {
    /// Within these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let (strangers, known) = (Room::new(limits.strangers_bytes), Room::new(limits.known_bytes));
        Self { limits, strangers, known, turns: Semaphore::new(MAX_ANSWERED_AT_ONCE) }
    }

    /// A turn to be read and answered.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.turns.acquire().await
    }

    /// A request whose body is counted, has at most so many bytes and must come in time; and what it holds.
    pub(super) fn take(&self, request: Request, viewer: &Viewer, most: usize) -> (Request, Taken) {
        let (mut head, body) = request.into_parts();
        let answering = head.extensions.remove::<Answering>();
        let shared = match viewer.identity() {
            Some(_) => {
                answering.iter().for_each(|answering| answering.visitor().know());
                self.known.charge()
            }
            None => self.strangers.charge(),
        };
        let own = match &answering {
            Some(answering) => answering.visitor().room().charge(),
            // It came by no connection.
            None => Room::new(self.limits.places.room).charge(),
        };
        let taken = Taken(Arc::new(Mutex::new(Held { bytes: 0, own, shared, unread: None })));
        let patience = if most > MAX_PLAIN_BYTES { self.limits.photos } else { self.limits.body };
        let silence = self.limits.silence;
        let (late, silent) = (Box::pin(sleep(patience)), Box::pin(sleep(silence)));
        let coming = Coming { body, taken: taken.clone(), answering, patience, silence, late, silent };
        let mut request = Request::from_parts(head, Body::new(coming));
        DefaultBodyLimit::max(most).apply(&mut request);
        (request, taken)
    }
}

/// What a request's body holds, as long as somebody works with it.
#[derive(Debug, Clone)]
pub(super) struct Taken(Arc<Mutex<Held>>);

#[derive(Debug)]
struct Held {
    bytes: usize,
    own: Charge,
    shared: Charge,
    /// Why the rest was not taken.
    unread: Option<Unread>,
}

impl Taken {
    /// Why the body was not read, which whoever read it knows only in other words.
    pub(super) fn why(&self, other: Unread) -> Unread {
        self.held().unread.clone().unwrap_or(other)
    }

    /// Holds more, or remembers why not.
    fn hold(&self, bytes: usize) -> Result<(), Full> {
        let mut held = self.held();
        let small = bytes.min(SMALL_BODY_BYTES.saturating_sub(held.bytes));
        held.bytes += bytes;
        let room = held.own.grow(small).and_then(|()| held.shared.grow(bytes - small));
        if room.is_err() {
            held.unread = Some(Unread::full());
        }
        room
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body on its way.
struct Coming {
    body: Body,
    taken: Taken,
    answering: Option<Answering>,
    patience: Duration,
    silence: Duration,
    late: Pin<Box<Sleep>>,
    silent: Pin<Box<Sleep>>,
}

impl Coming {
    fn gives_up(&self, why: String) -> axum::Error {
        self.taken.held().unread = Some(Unread::late(why.clone()));
        axum::Error::new(std::io::Error::new(std::io::ErrorKind::TimedOut, why))
    }
}

impl HttpBody for Coming {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        if self.late.as_mut().poll(context).is_ready() {
            let why = format!("the body did not come whole within {} s; send it again", self.patience.as_secs());
            return Poll::Ready(Some(Err(self.gives_up(why))));
        }
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                if let Err(full) = self.taken.hold(bytes) {
                    return Poll::Ready(Some(Err(axum::Error::new(full))));
                }
                let silent = Instant::now() + self.silence;
                self.silent.as_mut().reset(silent);
            }
            Poll::Ready(None) => {
                if let Some(answering) = &self.answering {
                    answering.begin();
                }
            }
            Poll::Ready(Some(Err(_))) => {}
            Poll::Pending => {
                if self.silent.as_mut().poll(context).is_ready() {
                    let why = format!("nothing of the body came for {} s; send it again", self.silence.as_secs());
                    return Poll::Ready(Some(Err(self.gives_up(why))));
                }
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        // Read to its end, so that it is known to have come whole.
        false
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// Whether there is nothing to come.
pub(super) fn is_whole(body: &Body) -> bool {
    body.is_end_stream()
}

/// Whether a request is a form with parts.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("multipart/form-data"))
}
