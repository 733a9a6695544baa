//! What can go wrong, said to the person who must act.

use std::path::{Path, PathBuf};

use domain::Refusal;
use domain::event::DecodeError;
use event_log::{LogError, Position};
use projections::ViewError;

use crate::mail::SendError;
use crate::submission::SubmissionError;

/// Anything that keeps the program from doing what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A rule refused the command; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An input is not what it should be; nothing was changed.
    #[error("{message}")]
    Input {
        /// Which input, by its path.
        field: &'static str,
        /// What is wrong and what would mend it.
        message: String,
    },
    /// Others kept changing the same thing.
    #[error("{stream} was changed by others {attempts} times while this command was decided; send it again")]
    Conflict {
        /// What was changed.
        stream: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The views are not where the request wants them.
    #[error("{0}")]
    Unavailable(String),
    /// The book or the vault failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The views failed.
    #[error(transparent)]
    View(#[from] ViewError),
    /// An event that this version of the program can't read.
    #[error("event {position} of the book can't be read: {source}")]
    Event {
        /// Which.
        position: Position,
        /// Why.
        source: DecodeError,
    },
    /// An event in a stream where it does not belong.
    #[error("event {position} of the book, {event_type}, does not belong in stream {stream}; compare with a backup")]
    Misplaced {
        /// Which.
        position: Position,
        /// Its type.
        event_type: String,
        /// Where it is.
        stream: String,
    },
    /// A payload that can't be written.
    #[error("an event can't be written: {0}")]
    Encode(#[from] serde_json::Error),
    /// A token can't be made.
    #[error("a token can't be made: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    /// A file operation failed.
    #[error("{doing} {}: {source}", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The place where photos are kept failed.
    #[error("the photos' place, --photos: {}", causes(.0))]
    Photos(#[from] object_store::Error),
    /// Mails could not be taken back from where they lie.
    #[error("mails to somebody who was forgotten: {0}")]
    Mail(#[from] SendError),
    /// A generated history could not be written.
    #[error(transparent)]
    Fixture(#[from] fixtures::FixtureError),
    /// Not every statement of reasons could be submitted.
    #[error(transparent)]
    Submission(#[from] SubmissionError),
    /// The way the program was called is wrong.
    #[error("{0}")]
    Usage(String),
}

impl ApiError {
    /// Wraps what the operating system said, for `map_err`.
    pub fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }

    /// An input that is not what it should be.
    #[must_use]
    pub fn input(field: &'static str, message: impl Into<String>) -> Self {
        Self::Input { field, message: message.into() }
    }
}

/// An error and all that it stands on: what an HTTP client says first is never what is to be mended.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}
