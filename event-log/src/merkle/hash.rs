//! What is hashed of an event, and how two hashes make one.
//!
//! ```text
//! leaf:  SHA-256(0x00, event)      node:  SHA-256(0x01, left, right)      no events:  SHA-256()
//! event: id (16 bytes), revision u64, schema u16, occurred_at in microseconds since 1970 i64,
//!        then stream, type, data and metadata, each behind its length u32
//! ```
//!
//! All numbers are big endian. The position is not in it, because a leaf's place in the tree is the position; nor is when
//! the engine took the event in, which is the engine's affair and is another one after a book has moved.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

use crate::Recorded;

const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// A hash of the tree. Shown in base64, as C2SP's formats have it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; Hash::BYTES]);

impl Hash {
    /// Its length.
    pub const BYTES: usize = 32;

    /// The root of a book without events.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// An event's leaf.
    #[must_use]
    pub fn of_event(event: &Recorded) -> Self {
        // One update for all that is of a fixed length: most of what a short update costs is the call.
        let mut fixed = [0; 1 + 16 + 8 + 2 + 8];
        fixed[..1].copy_from_slice(&LEAF);
        fixed[1..17].copy_from_slice(event.id.as_bytes());
        fixed[17..25].copy_from_slice(&event.revision.0.to_be_bytes());
        fixed[25..27].copy_from_slice(&event.schema.to_be_bytes());
        fixed[27..].copy_from_slice(&event.occurred_at.timestamp_micros().to_be_bytes());
        let mut hasher = Sha256::new();
        hasher.update(fixed);
        for text in [event.stream.as_str().as_bytes(), event.event_type.as_bytes(), &event.data, &event.metadata] {
            // Every engine refuses longer ones by far.
            hasher.update((text.len() as u32).to_be_bytes());
            hasher.update(text);
        }
        Self(hasher.finalize().into())
    }

    /// The hash of two that stand beside each other.
    #[must_use]
    pub fn of_pair(left: Self, right: Self) -> Self {
        let mut pair = [0; 1 + 2 * Self::BYTES];
        pair[..1].copy_from_slice(&NODE);
        pair[1..=Self::BYTES].copy_from_slice(&left.0);
        pair[1 + Self::BYTES..].copy_from_slice(&right.0);
        Self(Sha256::digest(pair).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no hash, which is 32 bytes in base64 (44 characters)")]
pub struct NoHash(String);

impl FromStr for Hash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let bytes = BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| NoHash(text.to_owned()))
    }
}
