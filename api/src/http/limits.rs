//! What clients may take of the server, and for how long. How large a body may be is said where bodies are read, how much
//! a query may ask where queries are answered.

use std::time::Duration;

/// How many requests a connection may have at a time, by HTTP/2.
pub(super) const MAX_REQUESTS: u32 = 16;
/// The most that a request's head may take, in bytes: a token, several times over.
pub(super) const MAX_HEAD_BYTES: usize = 32 << 10;
/// How many requests a client may have taken back that nobody has looked at yet; with more it is cut off (CVE-2023-44487).
pub(super) const MAX_RESET_REQUESTS: usize = 20;
/// After so much silence an HTTP/2 connection is asked whether it still is there, and has as long to answer.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// So much of a request's body is held in its connection's own room. Almost every request is smaller, and so is not held up
/// by those who fill the room that all share.
pub(super) const SMALL_BODY_BYTES: usize = 16 << 10;

/// An answer of so many bytes goes out whatever else does; almost every one is smaller.
pub(super) const SMALL_ANSWER_BYTES: u64 = 32 << 10;
/// How many GraphQL requests are read and answered at a time; more wait for their turn. Each takes up to 3 MiB for its
/// document and variables, and 4 MiB for an answer of as many fields as may be.
pub(super) const MAX_ANSWERED_AT_ONCE: usize = 128;

/// What is bounded for all clients together. Tests make it small; nobody else should have to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections, and the bytes of small bodies that one may have on their way.
    pub places: places::Limits,
    /// How long a request's head may take, from when the one before was answered.
    pub head: Duration,
    /// How long a body may take.
    pub body: Duration,
    /// How long a body of photos may take.
    pub photos: Duration,
    /// How long nothing of a body may come.
    pub silence: Duration,
    /// The most bytes of larger bodies that are held at a time, of those whom nobody knows.
    pub strangers_bytes: usize,
    /// The same for those with a token.
    pub known_bytes: usize,
    /// The most bytes of answers that are not small and wait for their clients to take them.
    pub answers_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let places = places::Limits {
            connections: 1024,
            // A handshake and a request's head take a second where the way is long.
            greeting: Duration::from_secs(10),
            // As long as a WebSocket's client may take nothing.
            stalled: Duration::from_secs(60),
            // Sixteen small bodies.
            room: 16 * SMALL_BODY_BYTES,
        };
        Self {
            places,
            head: Duration::from_secs(60),
            body: Duration::from_secs(30),
            // All of a review's photos over a slow mobile line.
            photos: Duration::from_secs(300),
            silence: Duration::from_secs(10),
            // More than a hundred of the largest.
            strangers_bytes: 64 << 20,
            // Six of the largest, with photos.
            known_bytes: 256 << 20,
            // A hundred of the largest.
            answers_bytes: 512 << 20,
        }
    }
}
