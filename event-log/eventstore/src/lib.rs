//! The book in an EventStoreDB or KurrentDB cluster: [`event_log::EventLog`] on the `eventstore` client.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`log`] | [`EventStoreLog`] |
//! | [`engine`] | [`Engine`], which a program is told to use |
//! | `connection` | the connection string |
//! | `session` | the client, kept usable: deadlines, pauses, a new one after failure |
//! | `fault` | what the client's errors mean |
//! | `nodelay` | calls are sent at once |
//! | `reading` | the way of events from the server |
//! | `appending` | the way of events to it |
//! | [`envelope`] | an event as the server keeps it |
//! | `follower`, `book`, `numbering`, `index_file` | which event has which number |
//!
//! Invariants: a position is the event's number in the book, as in every engine, and the server's own tokens stay in
//! here; the server's own events have none; an append that was acknowledged has its number, and whoever reads after it
//! sees it; no call waits without a deadline. Absences: nothing here deletes, and nothing knows the marketplace.

mod appending;
mod book;
mod connection;
pub mod engine;
pub mod envelope;
mod fault;
mod follower;
mod index_file;
pub mod log;
mod nodelay;
mod numbering;
mod reading;
mod session;

pub use engine::Engine;
pub use envelope::check;
pub use log::EventStoreLog;
