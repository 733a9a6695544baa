//! The book's face for EventStoreDB clients: its protocol over gRPC, served from any [`event_log::EventLog`].
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`face`] | the server: listening, TLS, stopping in order |
//! | [`limits`] | what clients may take of the node, and for how long |
//! | `connection` | a connection with its [place](places) |
//! | `gate`, `intake`, `budget`, `codec` | a call before it is one: who may, its body counted, its messages bounded |
//! | [`authority`] | who may read and who may append |
//! | [`admission`] | what may be appended, by what the book's owner can read |
//! | [`wire`] | the protocol's messages, as the build makes them from `proto/` |
//! | `streams` | the calls of the service Streams |
//! | `query`, `filter` | what a client asks to read |
//! | `pages`, `reading`, `subscribing`, `ending` | the way of events to a client |
//! | `append`, `batch_append`, `proposed` | the way of events from a client |
//! | `envelope` | a recorded event as clients see it |
//! | `keys`, [`remote_keys`] | the subjects' keys for the other nodes of the same book, and such a node |
//! | `refusal` | what clients are told when something can't be, with the trailers that they look for |
//! | `gossip`, `features` | what clients ask before they begin |
//!
//! Invariants: a position on the wire is the event's number in the book, commit and prepare alike; nothing is changed
//! or removed (deleting is refused); memory is bounded, whatever comes and however slow clients are, and nobody keeps others out (docs/limits.md); a
//! subscription never ends well, so that its client begins again where it was. Absences: this crate knows no
//! marketplace and no engine.

pub mod admission;
mod append;
pub mod authority;
mod batch_append;
mod budget;
mod codec;
mod connection;
mod ending;
mod envelope;
pub mod face;
mod features;
mod filter;
mod gate;
mod gossip;
mod intake;
mod keys;
pub mod limits;
mod pages;
mod proposed;
mod query;
mod reading;
mod refusal;
pub mod remote_keys;
mod streams;
mod subscribing;
pub mod wire;

pub use admission::Admission;
pub use authority::{Access, Authority, Credentials, Grant};
pub use face::{Face, FaceError, Settings, Tls};
pub use limits::Limits;
pub use remote_keys::RemoteKeys;
