//! What clients may take of the node, and for how long. What one call may ask or append is bounded where it is read.

use std::time::Duration;

/// The most that one event takes as a message, in bytes: what the embedded engine takes at most, with the names around it.
pub(crate) const MAX_EVENT_MESSAGE_BYTES: usize = (1 << 20) + (64 << 10);
/// The most that a part of a batch takes, in bytes: an append's events may come in one, with the rest around them.
pub(crate) const MAX_BATCH_MESSAGE_BYTES: usize = crate::append::MAX_APPEND_BYTES + (1 << 20);
/// The most that a question takes, in bytes: the longest expression and prefixes, many times over.
pub(crate) const MAX_QUESTION_BYTES: usize = 64 << 10;
/// The most fields of a message and of the messages in it: what the most events have, twice over. A field of two bytes
/// becomes a hundred in memory.
pub(crate) const MAX_FIELDS: usize = 16 * crate::append::MAX_APPEND_EVENTS;
/// The most characters of what a client is told: it may have sent what is quoted.
pub(crate) const MAX_TOLD_CHARACTERS: usize = 1024;
/// How many calls a connection may have at a time.
pub(crate) const MAX_CALLS_PER_CONNECTION: u32 = 128;
/// The most that a call's headers take, in bytes: a token, several times over.
pub(crate) const MAX_HEADER_BYTES: u32 = 16 << 10;
/// How many calls a client may have taken back that nobody has looked at yet; with more it is cut off (CVE-2023-44487).
pub(crate) const MAX_RESET_CALLS: usize = 20;
/// How many readings and subscriptions there are at a time. Each holds a page of the book: 1 MiB, more only as long as it
/// has not seen how large the events are; and what HTTP/2 has taken to send, 400 KiB.
pub(crate) const MAX_READING: usize = 256;
/// How many calls append at a time. What they hold is bounded for all of them: [`Limits::held_bytes`].
pub(crate) const MAX_APPENDING: usize = 256;

/// What is bounded for all clients together. Tests make it small; nobody else should have to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections, and the bytes that one may hold of what it is appending, until it is answered.
    pub places: places::Limits,
    /// How long a message may take to arrive, from its first byte, and the parts of one append of a batch together.
    pub arriving: Duration,
    /// The most bytes that all connections together hold of what they are appending.
    pub held_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let places = places::Limits {
            connections: 512,
            // A handshake and a call take a second where the way is long.
            greeting: Duration::from_secs(10),
            // Longer than a connection is asked whether it is there, and waits for the answer.
            stalled: Duration::from_secs(60),
            // What a batch may have begun, twice.
            room: 64 << 20,
        };
        // The largest append, sixteen times.
        Self { places, arriving: crate::batch_append::WRITE_TIMEOUT, held_bytes: 256 << 20 }
    }
}
