//! What clients are told when something can't be. They know refusals by trailers, by the gRPC code, and in a batch by
//! the type of the detail; the sentence is for people.

use event_log::{Expected, LogError, Revision, StreamName};
use prost::Message;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::limits::MAX_TOLD_CHARACTERS;
use crate::wire::{self, rpc};

/// Why a call can't be answered.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{field}: {message}")]
    Invalid { field: &'static str, message: String },

    #[error("an event's metadata says its type and its content-type; {0} is missing")]
    MissingMetadata(&'static str),

    #[error("an append has at most {limit} bytes, data and metadata together; append in parts")]
    TooLarge { limit: usize },

    #[error(
        "Append failed due to WrongExpectedVersion. Stream: {stream}, Expected version: {}, Actual version: {}",
        version(*.expected), .actual.map_or(-1, |revision| i128::from(revision.0))
    )]
    WrongVersion { stream: StreamName, expected: Expected, actual: Option<Revision> },

    #[error("{0}")]
    AccessDenied(String),

    #[error("{0}")]
    Unauthenticated(String),

    #[error(
        "it was not written in time; whether it will be is not known: append the same events again, with the same ids"
    )]
    Timeout,

    #[error("a message of {bytes} bytes, and at most {limit} are taken here; make it smaller, or append in parts")]
    HugeMessage { bytes: usize, limit: usize },

    #[error("it did not come whole within {seconds} s; send it again, at once")]
    Late { seconds: u64 },

    #[error("it broke off before its end ({why}), and nothing of it was done; send it again")]
    BrokenOff { why: String },

    #[error("this connection has sent as much as it may without waiting for answers; wait for some, then go on")]
    ConnectionFull,

    #[error("this node holds as much as it may of what clients are appending; try again in a while")]
    NodeFull,

    #[error("this node is as busy as it may be; try again in a while")]
    Busy,

    #[error("this node is stopping; connect again and go on from where you were")]
    Stopping,

    #[error(transparent)]
    Log(LogError),
}

impl Refusal {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    fn code(&self) -> Code {
        match self {
            Self::Invalid { .. } | Self::MissingMetadata(_) | Self::TooLarge { .. } | Self::HugeMessage { .. } => {
                Code::InvalidArgument
            }
            Self::WrongVersion { .. } => Code::FailedPrecondition,
            Self::AccessDenied(_) => Code::PermissionDenied,
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::Timeout | Self::BrokenOff { .. } => Code::Aborted,
            Self::Late { .. } => Code::DeadlineExceeded,
            Self::ConnectionFull | Self::NodeFull => Code::ResourceExhausted,
            Self::Busy | Self::Stopping => Code::Unavailable,
            Self::Log(error) => match error {
                LogError::Damaged { .. } => Code::DataLoss,
                LogError::WriteFailed { .. } | LogError::Closed | LogError::Unavailable { .. } => Code::Unavailable,
                LogError::ReadOnly { .. } | LogError::Locked { .. } => Code::FailedPrecondition,
                LogError::Invalid { .. } => Code::InvalidArgument,
                LogError::WrongRevision { .. }
                | LogError::Io { .. }
                | LogError::Refused { .. }
                | LogError::Sealing { .. } => Code::Internal,
            },
        }
    }

    fn trailers(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::MissingMetadata(_) => vec![
                ("exception", "missing-required-metadata-property".to_owned()),
                ("required-metadata-properties", "type,content-type".to_owned()),
            ],
            Self::TooLarge { limit } | Self::HugeMessage { limit, .. } => vec![
                ("exception", "maximum-append-size-exceeded".to_owned()),
                ("maximum-append-size", limit.to_string()),
            ],
            Self::WrongVersion { stream, expected, actual } => vec![
                ("exception", "wrong-expected-version".to_owned()),
                ("stream-name", stream.to_string()),
                ("expected-version", version(*expected).to_string()),
                ("actual-version", actual.map_or(-1, |revision| i128::from(revision.0)).to_string()),
            ],
            Self::AccessDenied(_) | Self::Unauthenticated(_) => vec![("exception", "access-denied".to_owned())],
            Self::Invalid { .. }
            | Self::Timeout
            | Self::Late { .. }
            | Self::BrokenOff { .. }
            | Self::ConnectionFull
            | Self::NodeFull
            | Self::Busy
            | Self::Stopping
            | Self::Log(_) => Vec::new(),
        }
    }

    /// The sentence, not longer than anybody reads: it may quote what the client sent.
    fn told(&self) -> String {
        let mut told = self.to_string();
        if let Some((end, _)) = told.char_indices().nth(MAX_TOLD_CHARACTERS) {
            told.truncate(end);
            told.push('…');
        }
        told
    }

    /// As one request of a batch is refused.
    pub(crate) fn in_batch(&self) -> rpc::Status {
        let (code, message, details) = match self {
            Self::WrongVersion { expected, actual, .. } => {
                use wire::wrong_expected_version::{CurrentStreamRevisionOption, ExpectedStreamPositionOption};
                let current = match actual {
                    Some(revision) => CurrentStreamRevisionOption::CurrentStreamRevision(revision.0),
                    None => CurrentStreamRevisionOption::CurrentNoStream(()),
                };
                let believed = match expected {
                    Expected::Any => ExpectedStreamPositionOption::ExpectedAny(()),
                    Expected::NoStream => ExpectedStreamPositionOption::ExpectedNoStream(()),
                    Expected::StreamExists => ExpectedStreamPositionOption::ExpectedStreamExists(()),
                    Expected::Exact(revision) => ExpectedStreamPositionOption::ExpectedStreamPosition(revision.0),
                };
                let details = wire::WrongExpectedVersion {
                    current_stream_revision_option: Some(current),
                    expected_stream_position_option: Some(believed),
                };
                (Code::AlreadyExists, "WrongExpectedVersion".to_owned(), packed("WrongExpectedVersion", &details))
            }
            Self::AccessDenied(_) | Self::Unauthenticated(_) => {
                (Code::PermissionDenied, self.told(), packed("AccessDenied", &wire::AccessDenied {}))
            }
            Self::Timeout | Self::Late { .. } => {
                (Code::DeadlineExceeded, self.told(), packed("Timeout", &wire::Timeout {}))
            }
            Self::TooLarge { limit } | Self::HugeMessage { limit, .. } => {
                let limit = u32::try_from(*limit).unwrap_or(u32::MAX);
                let details = wire::MaximumAppendSizeExceeded { max_append_size: limit };
                (Code::InvalidArgument, self.told(), packed("MaximumAppendSizeExceeded", &details))
            }
            Self::Invalid { .. } | Self::MissingMetadata(_) | Self::Log(LogError::Invalid { .. }) => {
                let details = wire::BadRequest { message: self.told() };
                (Code::InvalidArgument, self.told(), packed("BadRequest", &details))
            }
            Self::BrokenOff { .. }
            | Self::ConnectionFull
            | Self::NodeFull
            | Self::Busy
            | Self::Stopping
            | Self::Log(_) => (self.code(), self.told(), packed("Unknown", &wire::Unknown {})),
        };
        rpc::Status { code: code as i32, message, details: Some(details) }
    }
}

impl From<LogError> for Refusal {
    fn from(error: LogError) -> Self {
        match error {
            LogError::WrongRevision { stream, expected, actual } => Self::WrongVersion { stream, expected, actual },
            LogError::Invalid { .. }
            | LogError::Damaged { .. }
            | LogError::Locked { .. }
            | LogError::ReadOnly { .. }
            | LogError::Io { .. }
            | LogError::WriteFailed { .. }
            | LogError::Closed
            | LogError::Unavailable { .. }
            | LogError::Refused { .. }
            | LogError::Sealing { .. } => Self::Log(error),
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let mut trailers = MetadataMap::new();
        for (name, value) in refusal.trailers() {
            // A stream's name need not be ASCII; the sentence has it anyway.
            if let Ok(value) = value.parse() {
                trailers.insert(name, value);
            }
        }
        Self::with_metadata(refusal.code(), refusal.told(), trailers)
    }
}

/// An expectation as the number that clients know it by.
fn version(expected: Expected) -> i128 {
    match expected {
        Expected::NoStream => -1,
        Expected::Any => -2,
        Expected::StreamExists => -4,
        Expected::Exact(revision) => i128::from(revision.0),
    }
}

/// A message beside its type's name, by which clients switch.
fn packed(name: &str, message: &impl Message) -> prost_types::Any {
    let type_url = format!("type.googleapis.com/event_store.client.{name}");
    prost_types::Any { type_url, value: message.encode_to_vec() }
}
