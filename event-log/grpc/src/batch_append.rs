//! The call BatchAppend: appends to many streams over one connection, each all or none on its own, answered in the order
//! in which they were complete.
//!
//! What has come by the time the book is ready is appended along, with one sync for all; what comes meanwhile waits at the
//! client.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use event_log::{Appended, EventLog, Expected, LogError, Revision, StreamAppend, StreamName};
use futures::FutureExt;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::{Instant, sleep_until, timeout};
use tonic::{Status, Streaming};
use uuid::Uuid;

use crate::admission::Admission;
use crate::append::{Gathered, nothing};
use crate::budget::Charge;
use crate::ending::End;
use crate::intake::Charges;
use crate::proposed::{Proposed, stream};
use crate::refusal::Refusal;
use crate::wire::streams::batch_append_req::options::{DeadlineOption, ExpectedStreamPosition};
use crate::wire::streams::batch_append_req::{Options, ProposedMessage};
use crate::wire::streams::batch_append_resp::success::{CurrentRevisionOption, PositionOption};
use crate::wire::streams::batch_append_resp::{ExpectedStreamPosition as Echoed, Result as Outcome, Success};
use crate::wire::streams::{BatchAppendReq, BatchAppendResp};
use crate::wire::{AllStreamPosition, StreamIdentifier};

/// The most appends that a client may have begun and not completed.
const MAX_BEGUN: usize = 256;
/// The most that what is begun may take, in bytes: two of the largest appends.
const MAX_BEGUN_BYTES: usize = 2 * crate::append::MAX_APPEND_BYTES;
/// As much of a stream's name is kept: more than the longest that there is, so that it is still too long.
const KEPT_NAME_BYTES: usize = 4 * StreamName::MAX_BYTES;
/// The most appends that wait for one sync.
const MAX_TOGETHER: usize = 256;
/// As many bytes are enough for one sync.
const ENOUGH_BYTES: usize = 4 << 20;
/// How long an append may take, whatever deadline the client has: some send a moment where a length of time belongs.
pub(crate) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a client sends.
pub(crate) struct Arriving {
    pub(crate) messages: Streaming<BatchAppendReq>,
    /// What they hold.
    pub(crate) charges: Charges,
    /// How long all parts of an append may take together.
    pub(crate) patience: Duration,
}

/// One append as it comes, in parts.
struct Request {
    began: Instant,
    options: Option<Options>,
    gathered: Gathered,
    /// What its parts hold.
    charge: Option<Charge>,
    /// Why it will be refused once it is complete.
    refused: Option<Refusal>,
}

struct Batches {
    log: Arc<dyn EventLog>,
    admission: Arc<dyn Admission>,
    arriving: Arriving,
    /// Looked at while nothing is being written: what has come whole is answered.
    end: End,
    begun: HashMap<Uuid, Request>,
    ready: VecDeque<BatchAppendResp>,
    /// Why there are no more messages; nothing is wrong when the client has sent its last.
    over: Option<Result<(), Status>>,
}

/// What a client appends, answered.
pub(crate) fn append_batches(
    log: Arc<dyn EventLog>,
    admission: Arc<dyn Admission>,
    arriving: Arriving,
    end: End,
) -> BoxStream<'static, Result<BatchAppendResp, Status>> {
    let batches = Batches { log, admission, arriving, end, begun: HashMap::new(), ready: VecDeque::new(), over: None };
    stream::unfold(Some(batches), |batches| async move {
        let mut batches = batches?;
        match batches.step().await {
            Ok(Some(answer)) => Some((Ok(answer), Some(batches))),
            Ok(None) => None,
            Err(status) => Some((Err(status), None)),
        }
    })
    .boxed()
}

impl Batches {
    async fn step(&mut self) -> Result<Option<BatchAppendResp>, Status> {
        loop {
            if let Some(answer) = self.ready.pop_front() {
                return Ok(Some(answer));
            }
            match self.over.take() {
                Some(Ok(())) => return Ok(None),
                Some(Err(status)) => return Err(status),
                None => {}
            }
            let complete = self.complete().await;
            self.write(complete).await;
        }
    }

    /// Waits for messages and takes what has come, until some appends are complete or there are no more messages.
    async fn complete(&mut self) -> Vec<(Uuid, Request)> {
        let (mut complete, mut bytes) = (Vec::new(), 0);
        while self.over.is_none() && complete.len() < MAX_TOGETHER && bytes < ENOUGH_BYTES {
            let message = if complete.is_empty() {
                let late = self.late();
                tokio::select! {
                    refusal = &mut self.end => Err(refusal.into()),
                    message = self.arriving.messages.message() => message,
                    () = late => {
                        self.give_up();
                        continue;
                    }
                }
            } else {
                match self.arriving.messages.message().now_or_never() {
                    Some(message) => message,
                    None => break,
                }
            };
            match message {
                Ok(Some(message)) => match self.take(message) {
                    Ok(Some((id, request))) => {
                        bytes += request.gathered.bytes();
                        complete.push((id, request));
                    }
                    Ok(None) => {}
                    Err(refusal) => self.over = Some(Err(refusal.into())),
                },
                Ok(None) => self.over = Some(Ok(())),
                Err(status) => self.over = Some(Err(status)),
            }
        }
        complete
    }

    /// When the append that began first has taken too long.
    fn late(&self) -> impl Future<Output = ()> + use<> {
        let waited_for = self.begun.values().filter(|request| request.refused.is_none());
        let late = waited_for.map(|request| request.began + self.arriving.patience).min();
        async move {
            match late {
                Some(late) => sleep_until(late).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Refuses what has taken too long, once it is complete.
    fn give_up(&mut self) {
        let patience = self.arriving.patience;
        for request in self.begun.values_mut().filter(|request| request.refused.is_none()) {
            if request.began.elapsed() >= patience {
                request.refuse(Refusal::Late { seconds: patience.as_secs() });
            }
        }
    }

    /// Takes a part of an append; hands the append out when that was the last.
    fn take(&mut self, message: BatchAppendReq) -> Result<Option<(Uuid, Request)>, Refusal> {
        let id = message.correlation_id.as_ref().and_then(crate::wire::Uuid::read);
        let id = id.ok_or_else(|| Refusal::invalid("correlation_id", "missing, or not a UUID"))?;
        if self.begun.len() >= MAX_BEGUN && !self.begun.contains_key(&id) {
            let message = format!("{MAX_BEGUN} appends are begun and not complete; send the rest of some first");
            return Err(Refusal::invalid("correlation_id", message));
        }
        let charge = self.arriving.charges.take();
        let others: usize = self.begun.values().map(|request| request.gathered.held()).sum();
        let request = self.begun.entry(id).or_insert_with(Request::begin);
        if request.options.is_none() {
            request.options = message.options.map(on_its_own);
        }
        if request.refused.is_none()
            && let Err(refusal) = request.gather(message.proposed_messages, charge, others)
        {
            request.refuse(refusal);
        }
        Ok(if message.is_final { self.begun.remove(&id).map(|request| (id, request)) } else { None })
    }

    /// Appends what is complete, and has the answers ready.
    async fn write(&mut self, complete: Vec<(Uuid, Request)>) {
        let now = Utc::now();
        let mut appends = Vec::with_capacity(complete.len());
        let mut answers = Vec::with_capacity(complete.len());
        let mut held = Vec::with_capacity(complete.len());
        for (id, mut request) in complete {
            held.push(request.charge.take());
            let (options, append) = request.judged(self.admission.as_ref(), now);
            let fate = match append {
                Ok(append) if append.events.is_empty() => Fate::Nothing(append),
                Ok(append) => {
                    appends.push(append);
                    Fate::Written
                }
                Err(refusal) => Fate::Refused(refusal),
            };
            answers.push((id, options, fate));
        }
        let mut outcomes = append(self.log.as_ref(), appends).await.into_iter();
        for (id, options, fate) in answers {
            let outcome = match fate {
                Fate::Written => {
                    let outcome = outcomes.next().unwrap_or(Err(Refusal::Log(LogError::Closed)));
                    outcome.map(|at| (Some(at.revision), Some(at)))
                }
                Fate::Nothing(append) => {
                    nothing(self.log.as_ref(), &append.stream, append.expected).await.map(|revision| (revision, None))
                }
                Fate::Refused(refusal) => Err(refusal),
            };
            self.ready.push_back(answer(id, options, outcome));
        }
        drop(held);
    }
}

/// Appends them with one sync; an answer for each.
async fn append(log: &dyn EventLog, appends: Vec<StreamAppend>) -> Vec<Result<Appended, Refusal>> {
    let count = appends.len();
    if count == 0 {
        return Vec::new();
    }
    match timeout(WRITE_TIMEOUT, log.append_each(appends)).await {
        Ok(Ok(outcomes)) => outcomes.into_iter().map(|outcome| outcome.map_err(Refusal::from)).collect(),
        Ok(Err(error)) => vec![Err(Refusal::Log(error)); count],
        Err(_) => vec![Err(Refusal::Timeout); count],
    }
}

/// What becomes of a complete append.
enum Fate {
    /// It goes to the book.
    Written,
    /// It has no events: only its expectation is looked at.
    Nothing(StreamAppend),
    /// It is not what it should be.
    Refused(Refusal),
}

impl Request {
    fn begin() -> Self {
        Self { began: Instant::now(), options: None, gathered: Gathered::default(), charge: None, refused: None }
    }

    /// Takes a part's events, beside so many bytes of other appends, and holds what they hold.
    fn gather(&mut self, events: Vec<ProposedMessage>, charge: Option<Charge>, others: usize) -> Result<(), Refusal> {
        if let Some(mut charge) = charge {
            charge.grow(events.len() * Proposed::OVERHEAD_BYTES)?;
            match &mut self.charge {
                Some(held) => held.absorb(charge),
                None => self.charge = Some(charge),
            }
        }
        for event in events {
            self.gathered.push(event.into())?;
        }
        if others + self.gathered.held() > MAX_BEGUN_BYTES {
            return Err(Refusal::TooLarge { limit: MAX_BEGUN_BYTES });
        }
        Ok(())
    }

    /// Will be refused once it is complete, and takes no memory until then.
    fn refuse(&mut self, refusal: Refusal) {
        self.refused = Some(refusal);
        self.gathered = Gathered::default();
        self.charge = None;
    }

    fn judged(self, admission: &dyn Admission, now: DateTime<Utc>) -> (Options, Result<StreamAppend, Refusal>) {
        let Self { options, gathered, refused, began: _, charge: _ } = self;
        let Some(options) = options else {
            let refusal = Refusal::invalid("options", "missing in the first part of the append");
            return (Options::default(), Err(refusal));
        };
        let judge = || {
            if let Some(refusal) = refused {
                return Err(refusal);
            }
            if over(options.deadline_option, now) {
                return Err(Refusal::Timeout);
            }
            let stream = stream(options.stream_identifier.as_ref())?;
            let expected = match options.expected_stream_position {
                Some(ExpectedStreamPosition::StreamPosition(revision)) => Expected::Exact(Revision(revision)),
                Some(ExpectedStreamPosition::NoStream(())) => Expected::NoStream,
                Some(ExpectedStreamPosition::Any(())) => Expected::Any,
                Some(ExpectedStreamPosition::StreamExists(())) => Expected::StreamExists,
                None => {
                    return Err(Refusal::invalid("expected_stream_position", "missing; say any if you expect nothing"));
                }
            };
            let events = gathered.admitted(&stream, admission)?;
            Ok(StreamAppend { stream, expected, events })
        };
        let append = judge();
        (options, append)
    }
}

/// What is said of an append, without the message that it came in, which would be kept along with it.
fn on_its_own(mut options: Options) -> Options {
    if let Some(StreamIdentifier { stream_name: name }) = &mut options.stream_identifier {
        *name = Bytes::copy_from_slice(&name[..name.len().min(KEPT_NAME_BYTES)]);
    }
    options
}

/// Whether the client does not want it any more.
fn over(deadline: Option<DeadlineOption>, now: DateTime<Utc>) -> bool {
    match deadline {
        Some(DeadlineOption::Deadline(left)) => left.seconds < 0 || (left.seconds == 0 && left.nanos <= 0),
        Some(DeadlineOption::Deadline21100(at)) => at.seconds <= now.timestamp(),
        None => false,
    }
}

fn answer(
    id: Uuid,
    options: Options,
    outcome: Result<(Option<Revision>, Option<Appended>), Refusal>,
) -> BatchAppendResp {
    let result = match outcome {
        Ok((revision, appended)) => {
            let current = match revision {
                Some(revision) => CurrentRevisionOption::CurrentRevision(revision.0),
                None => CurrentRevisionOption::NoStream(()),
            };
            let position = match appended {
                Some(Appended { position, .. }) => PositionOption::Position(AllStreamPosition {
                    commit_position: position.0,
                    prepare_position: position.0,
                }),
                None => PositionOption::NoPosition(()),
            };
            Outcome::Success(Success { current_revision_option: Some(current), position_option: Some(position) })
        }
        Err(refusal) => Outcome::Error(refusal.in_batch()),
    };
    let echoed = options.expected_stream_position.map(|expected| match expected {
        ExpectedStreamPosition::StreamPosition(revision) => Echoed::StreamPosition(revision),
        ExpectedStreamPosition::NoStream(()) => Echoed::NoStream(()),
        ExpectedStreamPosition::Any(()) => Echoed::Any(()),
        ExpectedStreamPosition::StreamExists(()) => Echoed::StreamExists(()),
    });
    BatchAppendResp {
        correlation_id: Some(crate::wire::IdForm::Text.write(id)),
        result: Some(result),
        // One client takes it for granted.
        stream_identifier: Some(options.stream_identifier.unwrap_or_default()),
        expected_stream_position: echoed,
    }
}
