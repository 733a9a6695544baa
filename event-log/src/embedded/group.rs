//! What one write and one sync make durable: records, and who waits for them.

use tokio::sync::oneshot;

use super::record::{self, Seed, Standing};
use crate::{LogError, StreamAppend, StreamName};

/// Tells one caller that what it waits for is durable, or why it is not.
pub(super) type Reply = oneshot::Sender<Result<(), LogError>>;

/// An event of the group.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) stream: StreamName,
    pub(super) revision: u64,
    /// Where its record begins in the group's bytes.
    pub(super) at: usize,
    pub(super) length: u32,
}

/// A group in the making. Its buffers are reused from group to group.
#[derive(Debug, Default)]
pub(super) struct Group {
    first: u64,
    created: i64,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    replies: Vec<Reply>,
}

impl Group {
    /// Empties the group; its first record will stand at `first`.
    pub(super) fn begin(&mut self, first: u64, created: i64) {
        self.first = first;
        self.created = created;
        self.bytes.clear();
        self.entries.clear();
        self.replies.clear();
    }

    /// The position of the first record.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// When the group was begun: the same for all its events, in microseconds since 1970.
    pub(super) fn created(&self) -> i64 {
        self.created
    }

    /// The records, ready to be written. None when all who wait here wait only for the groups before.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The position after the group.
    pub(super) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Encodes an append's events, the first at `revision`, side by side at the group's end.
    pub(super) fn push(&mut self, seed: Seed, append: &StreamAppend, revision: u64) {
        let mut standing = Standing {
            position: self.next(),
            revision,
            group_first: self.first,
            created: self.created,
            followers: append.events.len() as u32,
        };
        for event in &append.events {
            standing.followers -= 1;
            let at = self.bytes.len();
            record::encode(&mut self.bytes, seed, &append.stream, event, standing);
            let length = (self.bytes.len() - at) as u32;
            self.entries.push(Entry { stream: append.stream.clone(), revision: standing.revision, at, length });
            standing.position += 1;
            standing.revision += 1;
        }
    }

    /// Has a caller wait for the group.
    pub(super) fn wait(&mut self, reply: Reply) {
        self.replies.push(reply);
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.replies.len()
    }

    /// Answers all who wait.
    pub(super) fn answer(&mut self, outcome: &Result<(), LogError>) {
        for reply in self.replies.drain(..) {
            // A caller that stopped waiting is not told.
            drop(reply.send(outcome.clone()));
        }
    }
}
