//! The book: one append-only sequence of immutable events, cut into streams.
//!
//! This crate knows bytes, streams, revisions and positions; it knows nothing of the marketplace.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`log`] | [`EventLog`], the interface that every engine keeps |
//! | [`event`] | what is appended ([`NewEvent`]) and what is read back ([`Recorded`]) |
//! | [`position`] | [`Position`], [`Revision`], [`Expected`] |
//! | [`following`] | catching up, then live, whichever engine keeps the book |
//! | [`embedded`] | the engine in a directory: segments, group commit, recovery |
//! | [`merkle`] | one hash for all events up to a position, signed; proofs of what is under it |
//! | [`vault`] | one key a subject of personal data; destroying it forgets the subject |
//! | [`error`] | what can go wrong, said to the person who must act |
//!
//! Invariants: an event never changes once acknowledged; positions count from 0 without gaps; a stream's
//! revisions count from 0 without gaps; what is acknowledged is on disk.

mod directory;
pub mod embedded;
pub mod error;
pub mod event;
pub mod following;
pub mod log;
pub mod merkle;
pub mod position;
pub mod vault;

pub use embedded::EmbeddedLog;
pub use error::LogError;
pub use event::{EventType, NewEvent, Recorded, StreamName};
pub use log::{Appended, Direction, EventLog, StreamAppend, Subscribed, Subscription};
pub use position::{Expected, Position, Revision};
pub use vault::{Fingerprinter, KeyService, MasterKey, OwnKeys, SubjectKeys, Vault};
