//! What the client's errors mean to us.

use event_log::{LogError, Revision};
use eventstore::{CurrentRevision, Error};

// gRPC's codes, by their numbers: the client's crate does not hand out their names.
const CANCELLED: i32 = 1;
const INVALID_ARGUMENT: i32 = 3;
const RESOURCE_EXHAUSTED: i32 = 8;
const ABORTED: i32 = 10;

/// What to do after a call that failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Ask again: the server may do it then.
    Again(String),
    /// Ask again with a new client: this one or its connection is of no use any more.
    Anew(String),
    /// The stream is not where it was expected.
    WrongRevision(Option<Revision>),
    /// There is no such stream.
    NoStream,
    /// It would fail again.
    Never(LogError),
}

/// Judges a client's error.
pub(crate) fn judge(server: &str, doing: &'static str, error: Error) -> Fault {
    let refused = |message: String| Fault::Never(LogError::Refused { server: server.to_owned(), doing, message });
    match error {
        Error::WrongExpectedVersion { current, .. } => Fault::WrongRevision(match current {
            CurrentRevision::Current(revision) => Some(Revision(revision)),
            CurrentRevision::NoStream => None,
        }),
        Error::ResourceNotFound => Fault::NoStream,
        // The client has begun to turn to that one.
        Error::NotLeaderException(leader) => {
            Fault::Again(format!("it does not lead its cluster; {}:{} does", leader.host, leader.port))
        }
        Error::ConnectionClosed | Error::GrpcConnectionError(_) => Fault::Anew("no connection".to_owned()),
        Error::DeadlineExceeded => Fault::Anew("no answer within the deadline".to_owned()),
        Error::ServerError(_)
        | Error::InitializationError(_)
        | Error::IllegalStateError(_)
        | Error::InternalClientError => Fault::Anew(error.to_string()),
        Error::AccessDenied => refused(
            "access denied; give credentials that may do this in the connection string, esdb://USER:PASSWORD@HOST (an \
             EventStoreDB user that may read $all and append, or a Marktboek token as the password)"
                .to_owned(),
        ),
        Error::ResourceDeleted => refused(
            "the stream was deleted there, by something else than Marktboek, which deletes nothing; restore the \
             server's data from before"
                .to_owned(),
        ),
        Error::UnsupportedFeature => {
            refused("the server does not know this call; it takes EventStoreDB 20.6 or newer, or KurrentDB".to_owned())
        }
        Error::Grpc { code, message } => match i32::from(code) {
            CANCELLED | RESOURCE_EXHAUSTED | ABORTED => Fault::Again(message),
            INVALID_ARGUMENT => {
                Fault::Never(LogError::Invalid { field: "event", message: format!("the log's server says: {message}") })
            }
            _ => refused(message),
        },
        Error::ResourceAlreadyExists | Error::InternalParsingError(_) => refused(error.to_string()),
    }
}
