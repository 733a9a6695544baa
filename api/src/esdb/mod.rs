//! The book for EventStoreDB's clients: who may come, what they may append, and how an operator says so. The protocol is
//! `event-log-grpc`'s.

mod readable;
mod settings;
mod timely;
mod tokens;

pub use readable::{Readable, stream_of};
pub use settings::{FaceSettings, Listening, Open};
pub use timely::{MAX_AHEAD, Timely};
pub use tokens::Tokens;
