//! Which engine keeps a book, as both programs' `--log` says.

use std::fmt;
use std::str::FromStr;

/// The engine's name for a directory.
const EMBEDDED: &str = "embedded";

/// An engine.
#[derive(Clone, PartialEq, Eq)]
pub enum Engine {
    /// Files in the data directory.
    Embedded,
    /// A cluster, by its connection string; see [`crate::EventStoreLog::open`].
    EventStore(String),
}

/// What is neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a log is {EMBEDDED}, or esdb://USER:PASSWORD@HOST:PORT or esdb+discover://… of an EventStoreDB or KurrentDB")]
pub struct NoEngine;

impl FromStr for Engine {
    type Err = NoEngine;

    /// Looks whether it is an address only, for whoever refuses a value prints it, and there may be a password in it: a bad
    /// address is refused where it is opened.
    fn from_str(text: &str) -> Result<Self, NoEngine> {
        if text == EMBEDDED {
            Ok(Self::Embedded)
        } else if text.contains("://") {
            Ok(Self::EventStore(text.to_owned()))
        } else {
            Err(NoEngine)
        }
    }
}

/// Without credentials.
impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("Embedded"),
            Self::EventStore(_) => f.write_str("EventStore"),
        }
    }
}
