//! Where a book is, as `copy` is told, and the book there, opened.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use event_log::{EmbeddedLog, EventLog, LogError, Position, StreamAppend};
use event_log_eventstore::Engine;
use projections::data_directory::DataDirectory;
use tempfile::TempDir;

use crate::book::{self, Data};
use crate::error::ToolError;

/// Where a book is.
#[derive(Clone)]
pub(crate) enum Place {
    /// In a data directory, embedded.
    Directory(PathBuf),
    /// In a cluster, by its connection string.
    Cluster(String),
}

impl FromStr for Place {
    type Err = Infallible;

    /// Refuses nothing, for whoever refuses a value prints it, and there may be a password in it: a bad address is refused
    /// where it is opened. What only looks like one is no directory either, for a directory's name is printed too.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let address = text.contains("://") || text.starts_with("esdb:") || text.starts_with("esdb+");
        Ok(if address { Self::Cluster(text.to_owned()) } else { Self::Directory(text.into()) })
    }
}

/// Without credentials.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => f.debug_tuple("Directory").field(path).finish(),
            Self::Cluster(_) => f.write_str("Cluster"),
        }
    }
}

impl Place {
    /// Opens the book that is to be copied or compared, for reading.
    pub(crate) fn source(&self) -> Result<Side, ToolError> {
        match self {
            Self::Directory(path) if !DataDirectory::new(path).log().exists() => Err(ToolError::Usage(format!(
                "there is no book in {}; name a data directory, in which log/ is",
                path.display()
            ))),
            Self::Directory(_) | Self::Cluster(_) => self.open(false),
        }
    }

    /// Opens the book that is to become a copy, for writing.
    pub(super) fn target(&self) -> Result<Side, ToolError> {
        self.open(true)
    }

    fn open(&self, writing: bool) -> Result<Side, ToolError> {
        let numbers = tempfile::tempdir().map_err(ToolError::io("making a temporary directory for numbers"))?;
        let data = match self {
            Self::Directory(path) => {
                Data { directory: DataDirectory::new(path), engine: Engine::Embedded, snapshots: None }
            }
            Self::Cluster(connection) => {
                let engine = Engine::EventStore(connection.clone());
                Data { directory: DataDirectory::new(numbers.path()), engine, snapshots: None }
            }
        };
        let log = if writing { book::writable(&data)? } else { book::log(&data)? };
        Ok(Side { log, place: self.clone(), _numbers: numbers })
    }

    /// Whether both are the same directory.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory(one), Self::Directory(other)) => {
                one.canonicalize().ok().is_some_and(|one| other.canonicalize().is_ok_and(|other| one == other))
            }
            (Self::Directory(_) | Self::Cluster(_), Self::Directory(_) | Self::Cluster(_)) => false,
        }
    }
}

/// A book, opened.
pub(crate) struct Side {
    pub(crate) log: Box<dyn EventLog>,
    place: Place,
    /// The numbers of a cluster's events: counted anew each time, for they are needed once.
    _numbers: TempDir,
}

impl Side {
    /// Whether an append would be kept to the byte here, as far as can be told before it is sent.
    pub(super) fn check(&self, append: &StreamAppend) -> Result<(), LogError> {
        match self.place {
            Place::Directory(_) => event_log::embedded::check(append).map(drop),
            Place::Cluster(_) => event_log_eventstore::check(append),
        }
    }

    /// Where the book ends by now.
    pub(super) fn grown(&self) -> Result<Position, LogError> {
        let now = |log: &dyn EventLog| *log.watch_next_position().borrow();
        Ok(match &self.place {
            // A book that is opened for reading stays as it was then.
            Place::Directory(path) => now(&EmbeddedLog::open_read_only(DataDirectory::new(path).log())?),
            Place::Cluster(_) => now(self.log.as_ref()),
        })
    }

    /// What was written, to be read as it lies there.
    pub(super) async fn written(self) -> Result<Self, ToolError> {
        match self.place {
            Place::Directory(_) => {
                self.log.close().await;
                let place = self.place.clone();
                drop(self);
                place.source()
            }
            Place::Cluster(_) => Ok(self),
        }
    }
}
