//! A body on its way in: it must come in time, and what has come of it is counted until its request is answered. A small
//! part is held in the room of its connection, the rest in one that all share, of which there are two, so that who has no
//! token can't fill that of those who do.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use places::{Charge, Full, Room};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use tokio::time::{Instant, Sleep, sleep};

use super::answering::Answering;
use super::body::{MAX_PLAIN_BYTES, Unread};
use super::limits::{Limits, MAX_ANSWERED_AT_ONCE, SMALL_BODY_BYTES};
use crate::auth::Viewer;

/// Room for what is being received, and turns to be read and answered.
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
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.turns.acquire().await
    }

    /// A request whose body is counted, has at most so many bytes and must come in time; and what it holds.
    pub(crate) fn take(&self, request: Request, viewer: &Viewer, most: usize) -> (Request, Taken) {
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
pub(crate) struct Taken(Arc<Mutex<Held>>);

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
    pub(crate) fn why(&self, other: Unread) -> Unread {
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
