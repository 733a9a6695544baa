//! What follows from an event by itself, or from time that passed.
//!
//! | module | what follows from what |
//! | --- | --- |
//! | [`erasure`] | a subject's key is destroyed when its erasure is asked for, or once no legal hold keeps it |
//! | [`recipient_keys`] | the keys that named the recipients of months are destroyed when their figure is published |
//! | [`seller_removal`] | a removed seller's listings come down, and come back with a seller whose removal was wrong |
//! | [`statements`] | whoever a decision restricts gets a statement of reasons |
//! | [`notices`] | a notice and what it leads to are decided together |
//! | [`complaints`] | what was decided wrongly is taken back |
//! | [`safety_warnings`] | buyers of a dangerous product are told |
//! | [`invitations`] | a buyer is invited to review, a week after delivery |
//! | [`block_ends`] | a block for a time ends |
//! | [`retention_ends`] | a review comes down when its time is over and no legal hold keeps it |
//! | [`monthly_fees`] | a seller owes a month's fee |
//! | [`deadlines`] | staff who missed a deadline are alarmed |
//! | [`translations`] | a review is translated |
//! | [`letters`] [`compose`] [`mailing`] | whoever is to be told is written to; what is written is sent |
//! | [`running`] [`start`] | how a reactor is run: from its checkpoint, then live, with time passing |
//!
//! A reactor folds the book into a small state of what it still has to do, and gives commands whose ids are derived from
//! the event that caused them. So doing it again does nothing: it may be killed anywhere, lose its checkpoint, or run in
//! several processes at once. What has to do with time is a moment in its state: when time has come there, it is due,
//! however long nobody looked. Before a reactor has caught up it does nothing, for what it would do may be done further
//! on in the book.

pub mod block_ends;
pub mod complaints;
pub mod compose;
pub mod deadlines;
pub mod erasure;
pub mod invitations;
pub mod letters;
pub mod mailing;
pub mod monthly_fees;
pub mod notices;
pub mod recipient_keys;
pub mod retention_ends;
pub mod running;
pub mod safety_warnings;
pub mod seller_removal;
pub mod start;
pub mod statements;
pub mod translations;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::ids::CommandId;
use domain::metadata::Actor;
use domain::recording::Cause;
use domain::{EventKind, Refused};
use event_log::{Direction, Recorded, StreamName};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::commands::{Done, decode};
use crate::{ApiError, Book};

/// An event that a reactor wants.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The event's id.
    pub event_id: Uuid,
    /// When it occurred.
    pub at: DateTime<Utc>,
    /// The stream that it is on.
    pub stream: String,
    /// The id in the stream's name; nil where the name has none.
    pub id: Uuid,
    /// What happened.
    pub event: Event,
}

impl Fact {
    /// Reads a record.
    ///
    /// # Errors
    /// That this version of the program can't.
    pub fn read(record: &Recorded) -> Result<Self, ApiError> {
        Ok(Self {
            event_id: record.id,
            at: record.occurred_at,
            stream: record.stream.to_string(),
            id: Uuid::parse_str(record.stream.id()).unwrap_or_default(),
            event: decode(record)?,
        })
    }

    /// When it occurred, in microseconds since the epoch.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.at.timestamp_micros()
    }
}

/// An event of a stream, by its id, and when that stream began.
///
/// # Errors
/// What the book says.
pub async fn find(book: &Book, stream: &str, event_id: Uuid) -> Result<Option<(Fact, DateTime<Utc>)>, ApiError> {
    let records = book.log().read_stream(&StreamName::new(stream)?, None, Direction::Forwards, usize::MAX).await?;
    let began = records.first().map(|first| first.occurred_at).unwrap_or_default();
    let record = records.iter().find(|record| record.id == event_id);
    Ok(record.map(Fact::read).transpose()?.map(|fact| (fact, began)))
}

/// The first event of a stream.
///
/// # Errors
/// What the book says.
pub async fn first(book: &Book, stream: &str) -> Result<Option<Fact>, ApiError> {
    let records = book.log().read_stream(&StreamName::new(stream)?, None, Direction::Forwards, 1).await?;
    records.first().map(Fact::read).transpose()
}

/// Something that follows from events or from time by itself.
#[async_trait]
pub trait Reactor: Send + Sync + 'static {
    /// Its name: in logs, figures, metadata, and of its checkpoint.
    const NAME: &'static str;
    /// The version of its state; another one begins at the book's start again.
    const VERSION: u32 = 1;
    /// The types of events that it wants. Others are not even decoded for it.
    const WANTS: &'static [EventKind];
    /// What it still has to do, as far as it has read.
    type State: Serialize + DeserializeOwned + Default + Send + Sync;

    /// Takes an event in. Reads nothing else and does nothing.
    fn fold(&self, state: &mut Self::State, fact: &Fact);

    /// Does one thing of what is due at this moment and notes it in the state; false when nothing is. A thing that fails
    /// stays in the state.
    ///
    /// # Errors
    /// What the book says. It is called again then.
    async fn act(&self, book: &Book, state: &mut Self::State, now: DateTime<Utc>) -> Result<bool, ApiError>;
}

/// Why a reactor gives a command.
#[must_use]
pub fn cause(reactor: &str, event: Uuid, purpose: &str) -> Cause {
    Cause { causation: Some(event), ..Cause::new(CommandId::caused_by(event, purpose), Actor::system(reactor)) }
}

/// What a command came to that may find its work done, or no longer wanted: both are what a reactor is for.
///
/// # Errors
/// What only the operator can mend.
pub fn settled(result: Result<Done, ApiError>) -> Result<Settled, ApiError> {
    match result {
        Ok(_) => Ok(Settled::Done),
        Err(ApiError::Refused(refusal)) => match refusal.kind {
            Refused::TooEarly => Ok(Settled::NotYet),
            Refused::AlreadyDone
            | Refused::NotEligible
            | Refused::NotFound
            | Refused::TooLate
            | Refused::Forbidden
            | Refused::Blocked => {
                tracing::debug!(%refusal, "a reactor's command was refused");
                Ok(Settled::Done)
            }
            Refused::Invalid => {
                tracing::warn!(%refusal, "a reactor's command was refused for what it says");
                Ok(Settled::Done)
            }
        },
        Err(error) => Err(error),
    }
}

/// Whether there is anything left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Nothing.
    Done,
    /// It is too early for it.
    NotYet,
}
