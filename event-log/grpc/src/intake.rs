//! A call's body on its way in: no message that is too large, none that takes for ever, and each byte counted until what
//! it says is answered.
//!
//! It reads how gRPC frames messages (a flag, a length of four bytes, the message), for what is announced is refused
//! before it is taken, and what has come of a message is held long before it is one.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;

use crate::budget::{Budget, Charge};
use crate::refusal::Refusal;

/// A flag and a length.
const HEADER_BYTES: usize = 5;

/// What the messages that have come whole hold, oldest first. Whoever takes a message takes its charge; the rest is held
/// as long as the call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Charges(Arc<Mutex<VecDeque<Charge>>>);

impl Charges {
    fn put(&self, charge: Charge) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(charge);
    }

    /// What the oldest message holds.
    pub(crate) fn take(&self) -> Option<Charge> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// How many messages a body has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Messages {
    /// One, and the body ends.
    One,
    /// Any number, with any time between two.
    Many,
}

/// A body that is counted.
pub(crate) struct Intake {
    body: Body,
    budget: Budget,
    charges: Charges,
    messages: Messages,
    most: usize,
    arriving: Duration,
    /// The header of the message that is coming, as far as it has come.
    header: Vec<u8>,
    /// How much of the message is still to come.
    left: usize,
    /// What the message that is coming holds.
    charge: Charge,
    /// Until when it must be whole, and where there is but one, its body; nothing between two.
    late: Option<Pin<Box<Sleep>>>,
    over: bool,
}

impl Intake {
    /// Counts a body whose messages have at most `most` bytes. The first is waited for as if it had begun.
    pub(crate) fn new(body: Body, budget: Budget, messages: Messages, most: usize, arriving: Duration) -> Self {
        let charge = budget.charge();
        let late = Some(Box::pin(sleep(arriving)));
        let (charges, header) = (Charges::default(), Vec::with_capacity(HEADER_BYTES));
        Self { body, budget, charges, messages, most, arriving, header, left: 0, charge, late, over: false }
    }

    pub(crate) fn charges(&self) -> Charges {
        self.charges.clone()
    }

    fn count(&mut self, mut data: &[u8]) -> Result<(), Refusal> {
        while !data.is_empty() {
            if self.header.len() < HEADER_BYTES {
                let (header, rest) = data.split_at(data.len().min(HEADER_BYTES - self.header.len()));
                self.begin();
                self.charge.grow(header.len())?;
                self.header.extend_from_slice(header);
                data = rest;
                let [_, a, b, c, d] = self.header[..] else { break };
                self.left = u32::from_be_bytes([a, b, c, d]) as usize;
                if self.left > self.most {
                    return Err(Refusal::HugeMessage { bytes: self.left, limit: self.most });
                }
            } else {
                let (part, rest) = data.split_at(data.len().min(self.left));
                self.charge.grow(part.len())?;
                self.left -= part.len();
                data = rest;
            }
            if self.left == 0 {
                self.header.clear();
                if self.messages == Messages::Many {
                    self.late = None;
                }
                self.charges.put(std::mem::replace(&mut self.charge, self.budget.charge()));
            }
        }
        Ok(())
    }

    fn begin(&mut self) {
        if self.late.is_none() {
            self.late = Some(Box::pin(sleep(self.arriving)));
        }
    }
}

impl http_body::Body for Intake {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.over {
            return Poll::Ready(None);
        }
        let refusal = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let counted = frame.data_ref().map_or(Ok(()), |data| self.count(data));
                match counted {
                    Ok(()) => return Poll::Ready(Some(Ok(frame))),
                    Err(refusal) => refusal,
                }
            }
            // Not as it came: a call that its client took back would look as if it had ended well, and half of an append
            // as if it were whole.
            Poll::Ready(Some(Err(status))) => Refusal::BrokenOff { why: status.message().to_owned() },
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => match self.late.as_mut().map(|late| late.as_mut().poll(context)) {
                Some(Poll::Ready(())) => Refusal::Late { seconds: self.arriving.as_secs() },
                Some(Poll::Pending) | None => return Poll::Pending,
            },
        };
        self.over = true;
        Poll::Ready(Some(Err(refusal.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.body.is_end_stream()
    }
}
