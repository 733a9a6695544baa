//! What can go wrong with views. They are disposable: the mend is always a rebuild.

use std::path::PathBuf;

use event_log::{LogError, Position};

/// A view that can't be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An event that this version of the program can't read.
    #[error("event {position} of the book can't be read: {source}")]
    Event {
        /// Which.
        position: Position,
        /// Why.
        source: domain::event::DecodeError,
    },
    /// The storage failed.
    #[error(
        "the view's storage in {directory} failed: {source}; views are disposable, so delete that directory and start again"
    )]
    Storage {
        /// Where.
        directory: PathBuf,
        /// Why.
        source: sled::Error,
    },
    /// The search index failed.
    #[error("the search index failed: {0}; it lies in memory and is made anew when the server starts again")]
    Search(#[from] tantivy::TantivyError),
    /// A file operation failed.
    #[error("{doing} {path}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No such view or report.
    #[error("there is no view or report named {name:?}; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Views that should stand at one position do not.
    #[error(
        "the view {view} stands at position {found}, beyond the book's end at {end}; it was made from another book, so rebuild it"
    )]
    AheadOfLog {
        /// Which view.
        view: &'static str,
        /// Where it stands.
        found: Position,
        /// Where the book ends.
        end: Position,
    },
}

impl ViewError {
    /// Whether it says that another process has the views open.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Storage { source: sled::Error::Io(error), .. } if error.to_string().contains("lock"))
    }
}
