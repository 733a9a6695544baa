//! Unwrapped keys that were of use lately. Bounded: what is in memory can be found in a dump of it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use super::cipher::Key;

/// Some pages' worth of subjects.
const CACHED_KEYS: usize = 4096;

/// The keys; the one that was unwrapped first goes first. Keys are overwritten when dropped.
#[derive(Default)]
pub(super) struct Cache {
    keys: HashMap<Box<str>, Arc<Key>>,
    order: VecDeque<Box<str>>,
}

impl Cache {
    pub(super) fn get(&self, subject: &str) -> Option<Arc<Key>> {
        self.keys.get(subject).cloned()
    }

    pub(super) fn insert(&mut self, subject: &str, key: Arc<Key>) {
        if self.keys.insert(subject.into(), key).is_none() {
            self.order.push_back(subject.into());
        }
        if self.order.len() > CACHED_KEYS
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
    }

    /// The name stays in the order until its turn comes; only the key must go now.
    pub(super) fn forget(&mut self, subject: &str) {
        self.keys.remove(subject);
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({} keys)", self.keys.len())
    }
}
