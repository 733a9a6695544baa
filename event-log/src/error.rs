//! What can go wrong, said to the person who must act: what was wanted, what was found, where, what to do.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Expected, Revision, StreamName};

/// Where damage was found: a file and a byte in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The byte in the file, from 0.
    pub offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, offset {}", self.file.display(), self.offset)
    }
}

/// Everything that the book can refuse or fail at. Clones share their cause, because one failed group commit is the
/// failure of every append in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The caller's input is not acceptable; nothing was written.
    #[error("{field}: {message}")]
    Invalid {
        /// Which input.
        field: &'static str,
        /// What is wrong with it, and what would be right.
        message: String,
    },

    /// The stream is not where the writer believed it to be; nothing was written.
    #[error(
        "stream {stream}: expected {expected}, found {}; read the stream again and decide on what it says now",
        found(*.actual)
    )]
    WrongRevision {
        /// The stream.
        stream: StreamName,
        /// What the writer believed.
        expected: Expected,
        /// The revision of the stream's last event; none when there is no stream.
        actual: Option<Revision>,
    },

    /// Bytes on disk are not what was written.
    #[error("{place}: {what}; {mend}")]
    Damaged {
        /// Where.
        place: Place,
        /// What was found there.
        what: String,
        /// What to do.
        mend: String,
    },

    /// Another process writes this directory.
    #[error("{}: held by {holder}; stop it, or read without writing", .directory.display())]
    Locked {
        /// The directory.
        directory: PathBuf,
        /// Who holds it, as the lock file says.
        holder: String,
    },

    /// The directory was opened for reading only.
    #[error("{}: opened for reading only; append through the process that writes it", .directory.display())]
    ReadOnly {
        /// The directory.
        directory: PathBuf,
    },

    /// The operating system refused.
    #[error("{doing} {}: {source}", .path.display())]
    Io {
        /// What was being done, as in `reading`.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<std::io::Error>,
    },

    /// A write or a sync failed earlier, so that nothing more is taken.
    #[error(
        "the book takes nothing more because a write failed: {cause}; after a failed write or sync the kernel may \
         have dropped what it held, so that trying again would prove nothing: mend the disk, then restart (opening \
         checks every record and keeps what is whole; appends that got this error may or may not be there)"
    )]
    WriteFailed {
        /// The failure.
        cause: Arc<LogError>,
    },

    /// The log was closed.
    #[error("the book is closed; open it again")]
    Closed,

    /// A server that keeps the book did not answer in time, whoever was asked and however often.
    #[error("{doing} at {server}: {message}")]
    Unavailable {
        /// The server, without credentials.
        server: String,
        /// What was being done, as in `appending`.
        doing: &'static str,
        /// What it was that failed last, and what to do.
        message: String,
    },

    /// A server that keeps the book does not do it, and would not if it were asked again.
    #[error("{doing} at {server}: {message}")]
    Refused {
        /// The server, without credentials.
        server: String,
        /// What was being done, as in `appending`.
        doing: &'static str,
        /// Why not, and what to do.
        message: String,
    },

    /// Personal data could not be sealed or opened.
    #[error("subject {subject}: {message}")]
    Sealing {
        /// Whose data.
        subject: String,
        /// What is wrong, and what to do.
        message: String,
    },
}

impl LogError {
    /// Wraps what the operating system said, for `map_err`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source: Arc::new(source) }
    }

    /// Damage at a place.
    pub(crate) fn damaged(file: &Path, offset: u64, what: impl Into<String>, mend: impl Into<String>) -> Self {
        let place = Place { file: file.to_owned(), offset };
        Self::Damaged { place, what: what.into(), mend: mend.into() }
    }
}

fn found(actual: Option<Revision>) -> String {
    actual.map_or_else(|| "no stream".to_owned(), |revision| format!("revision {revision}"))
}
