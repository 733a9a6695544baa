//! The call Append: one append to one stream, its events a message each.

use chrono::Utc;
use event_log::{Appended, EventLog, Expected, NewEvent, Revision, StreamName};
use tonic::{Status, Streaming};

use crate::admission::Admission;
use crate::pages::last_revision;
use crate::proposed::{Proposed, stream};
use crate::refusal::Refusal;
use crate::wire::Empty;
use crate::wire::streams::append_req::options::ExpectedStreamRevision;
use crate::wire::streams::append_req::{Content, Options};
use crate::wire::streams::append_resp::success::{CurrentRevisionOption, PositionOption};
use crate::wire::streams::append_resp::wrong_expected_version::{
    CurrentRevisionOption as Current, CurrentRevisionOption2060 as Current2060, ExpectedRevisionOption as Believed,
    ExpectedRevisionOption2060 as Believed2060,
};
use crate::wire::streams::append_resp::{Position, Result as Outcome, Success, WrongExpectedVersion};
use crate::wire::streams::{AppendReq, AppendResp};

/// The most that an append's events may take while they are gathered, in bytes; what the embedded engine takes at most,
/// and 16 times what one event may have.
pub(crate) const MAX_APPEND_BYTES: usize = 16 << 20;
/// The most events that are gathered; what the embedded engine takes at most.
pub(crate) const MAX_APPEND_EVENTS: usize = 4096;

/// How an old client is told that no stream was expected.
const NO_STREAM_2060: u64 = u64::MAX;

/// Events that are gathered, within bounds.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    events: Vec<Proposed>,
    bytes: usize,
}

impl Gathered {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The same, and what the events take beside their bytes.
    pub(crate) fn held(&self) -> usize {
        self.bytes + self.events.len() * Proposed::OVERHEAD_BYTES
    }

    /// One more.
    pub(crate) fn push(&mut self, event: Proposed) -> Result<(), Refusal> {
        self.bytes += event.bytes();
        if self.bytes > MAX_APPEND_BYTES {
            return Err(Refusal::TooLarge { limit: MAX_APPEND_BYTES });
        }
        if self.events.len() == MAX_APPEND_EVENTS {
            let message = format!("more than {MAX_APPEND_EVENTS} in one append; append in parts");
            return Err(Refusal::invalid("events", message));
        }
        self.events.push(event);
        Ok(())
    }

    /// Those that the book takes, if it takes all.
    pub(crate) fn admitted(self, stream: &StreamName, admission: &dyn Admission) -> Result<Vec<NewEvent>, Refusal> {
        let now = Utc::now();
        let mut events = Vec::with_capacity(self.events.len());
        for proposed in self.events {
            let event = proposed.event(now)?;
            admission.admit(stream, &event).map_err(|message| {
                Refusal::invalid("event", format!("{} {} in {stream}: {message}", event.event_type, event.id))
            })?;
            events.push(event);
        }
        Ok(events)
    }
}

/// Gathers what the client sends and appends it.
pub(crate) async fn append(
    log: &dyn EventLog,
    admission: &dyn Admission,
    mut messages: Streaming<AppendReq>,
) -> Result<AppendResp, Status> {
    let Some(Content::Options(options)) = messages.message().await?.and_then(|message| message.content) else {
        return Err(Refusal::invalid("options", "must come first").into());
    };
    let mut gathered = Gathered::default();
    while let Some(message) = messages.message().await? {
        match message.content {
            Some(Content::ProposedMessage(proposed)) => gathered.push(proposed.into())?,
            Some(Content::Options(_)) | None => {
                return Err(Refusal::invalid("content", "options come once, first; then proposed messages").into());
            }
        }
    }
    Ok(written(log, admission, &options, gathered).await?)
}

async fn written(
    log: &dyn EventLog,
    admission: &dyn Admission,
    options: &Options,
    gathered: Gathered,
) -> Result<AppendResp, Refusal> {
    let stream = stream(options.stream_identifier.as_ref())?;
    let expected = match options.expected_stream_revision {
        Some(ExpectedStreamRevision::Revision(revision)) => Expected::Exact(Revision(revision)),
        Some(ExpectedStreamRevision::NoStream(_)) => Expected::NoStream,
        Some(ExpectedStreamRevision::Any(_)) => Expected::Any,
        Some(ExpectedStreamRevision::StreamExists(_)) => Expected::StreamExists,
        None => return Err(Refusal::invalid("expected_stream_revision", "missing; say any if you expect nothing")),
    };
    let events = gathered.admitted(&stream, admission)?;
    let outcome = if events.is_empty() {
        nothing(log, &stream, expected).await.map(|revision| success(revision, None))
    } else {
        let appended = log.append(&stream, expected, events).await;
        appended.map_err(Refusal::from).map(|at| success(Some(at.revision), Some(at)))
    };
    match outcome {
        Ok(success) => Ok(AppendResp { result: Some(Outcome::Success(success)) }),
        Err(Refusal::WrongVersion { expected, actual, .. }) => {
            Ok(AppendResp { result: Some(Outcome::WrongExpectedVersion(wrong_version(expected, actual))) })
        }
        Err(refusal) => Err(refusal),
    }
}

/// An append of no events: the stream's last revision, when the expectation holds.
pub(crate) async fn nothing(
    log: &dyn EventLog,
    stream: &StreamName,
    expected: Expected,
) -> Result<Option<Revision>, Refusal> {
    let actual = last_revision(log, stream).await?;
    let holds = match expected {
        Expected::Any => true,
        Expected::NoStream => actual.is_none(),
        Expected::StreamExists => actual.is_some(),
        Expected::Exact(revision) => actual == Some(revision),
    };
    if holds { Ok(actual) } else { Err(Refusal::WrongVersion { stream: stream.clone(), expected, actual }) }
}

fn success(revision: Option<Revision>, appended: Option<Appended>) -> Success {
    let current = match revision {
        Some(revision) => CurrentRevisionOption::CurrentRevision(revision.0),
        None => CurrentRevisionOption::NoStream(Empty {}),
    };
    let position = match appended {
        Some(Appended { position, .. }) => {
            PositionOption::Position(Position { commit_position: position.0, prepare_position: position.0 })
        }
        None => PositionOption::NoPosition(Empty {}),
    };
    Success { current_revision_option: Some(current), position_option: Some(position) }
}

fn wrong_version(expected: Expected, actual: Option<Revision>) -> WrongExpectedVersion {
    let (current, current_2060) = match actual {
        Some(revision) => (Current::CurrentRevision(revision.0), Current2060::CurrentRevision2060(revision.0)),
        None => (Current::CurrentNoStream(Empty {}), Current2060::NoStream2060(Empty {})),
    };
    let (believed, believed_2060) = match expected {
        Expected::Any => (Believed::ExpectedAny(Empty {}), Believed2060::Any2060(Empty {})),
        Expected::StreamExists => (Believed::ExpectedStreamExists(Empty {}), Believed2060::StreamExists2060(Empty {})),
        Expected::NoStream => {
            (Believed::ExpectedNoStream(Empty {}), Believed2060::ExpectedRevision2060(NO_STREAM_2060))
        }
        Expected::Exact(revision) => {
            (Believed::ExpectedRevision(revision.0), Believed2060::ExpectedRevision2060(revision.0))
        }
    };
    WrongExpectedVersion {
        current_revision_option_20_6_0: Some(current_2060),
        expected_revision_option_20_6_0: Some(believed_2060),
        current_revision_option: Some(current),
        expected_revision_option: Some(believed),
    }
}
