//! The ids of the book's latest events, so that an append that names no revision is recognised when it comes again.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use uuid::Uuid;

use super::limits::RECENT_IDS;

/// The hash of an event's id and its stream's name. Equal hashes cannot deceive: what is found here is compared with
/// the stream itself before it is believed.
type Key = u64;

/// The revisions of the latest events in their streams. Bounded: the oldest goes first.
#[derive(Debug, Default)]
pub(super) struct RecentIds {
    hasher: RandomState,
    revisions: HashMap<Key, u64, RandomState>,
    order: VecDeque<Key>,
}

impl RecentIds {
    /// The latest revision at which `stream` got an event with this id.
    pub(super) fn revision(&self, id: Uuid, stream: &str) -> Option<u64> {
        self.revisions.get(&self.hasher.hash_one((id, stream))).copied()
    }

    /// Remembers an event.
    pub(super) fn insert(&mut self, id: Uuid, stream: &str, revision: u64) {
        let key = self.hasher.hash_one((id, stream));
        if self.revisions.insert(key, revision).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > RECENT_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.revisions.remove(&oldest);
        }
    }
}
