//! The shape of a view, and what it is told.

use chrono::{DateTime, Utc};
use domain::event::{DecodeError, Event, EventKind};
use event_log::{Position, Recorded};
use uuid::Uuid;

use crate::ViewError;
use crate::report::{Filter, Report};
use crate::rows::Rows;
use crate::table::AnyTable;

/// An event, as views are told of it: ids and instants come from the record's header, not from its JSON.
#[derive(Debug, Clone)]
pub struct Happened {
    /// Its number in the book.
    pub position: Position,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The id in its stream's name; nil where the name has none.
    pub id: Uuid,
    /// What happened.
    pub event: Event,
}

impl Happened {
    /// Reads a record.
    ///
    /// # Errors
    /// [`ViewError::Event`] when this version of the program can't.
    pub fn read(kind: EventKind, recorded: &Recorded) -> Result<Self, ViewError> {
        let event = Event::decode(kind, recorded.schema, &recorded.data)
            .map_err(|source| ViewError::Event { position: recorded.position, source })?;
        let id = Uuid::try_parse(recorded.stream.id()).unwrap_or_default();
        Ok(Self { position: recorded.position, at: recorded.occurred_at, id, event })
    }

    /// When it happened, in microseconds since the epoch.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.at.timestamp_micros()
    }
}

/// The type of a record.
///
/// # Errors
/// [`ViewError::Event`] when this version of the program does not know it.
pub fn kind_of(recorded: &Recorded) -> Result<EventKind, ViewError> {
    EventKind::from_name(&recorded.event_type).ok_or_else(|| ViewError::Event {
        position: recorded.position,
        source: DecodeError::UnknownType(recorded.event_type.to_string()),
    })
}

/// An instant from microseconds since the epoch, as rows keep it.
#[must_use]
pub fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// A fold over events into rows.
///
/// Its rows are a function of the events applied and the moment advanced to, whatever the batches in which they came.
/// What is shown in order is stored in that order; [`View::settle`] brings such orders up to date once a commit.
pub trait View: Send + Sync + Sized + 'static {
    /// Its name: of its directory, and on the command line.
    const NAME: &'static str;
    /// Its version; another one is filled anew beside the old.
    const VERSION: u32;
    /// The types of events that it wants. Others are not even decoded for it.
    const WANTS: &'static [EventKind];
    /// The tables for people that it can print, by name.
    const REPORTS: &'static [&'static str];

    /// The view with nothing in memory over committed rows. What it keeps in memory besides its tables is read back
    /// here.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    fn open(rows: &Rows) -> Result<Self, ViewError>;

    /// Takes an event in.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError>;

    /// Moves to a moment; never backwards.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    fn advance(&mut self, to: DateTime<Utc>, rows: &Rows) -> Result<(), ViewError>;

    /// Brings what is stored in order up to date with the rows changed since the last time.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    fn settle(&mut self, _rows: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    /// Its tables.
    fn tables(&self) -> Vec<&dyn AnyTable>;

    /// Its tables, to commit what changed.
    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable>;

    /// Prints one of its [`Self::REPORTS`] from committed rows.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    fn report(rows: &Rows, name: &str, filter: &Filter) -> Result<Report, ViewError>;
}
