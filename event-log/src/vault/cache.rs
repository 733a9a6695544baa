//! Opened keys that were of use lately: a bounded number, for a bounded time. What is in memory can be found in a dump of
//! it, and a key that was destroyed elsewhere must be gone here too.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

use super::SubjectKey;

/// Some pages' worth of subjects.
const CACHED_KEYS: usize = 4096;

/// The keys; the one that was learnt first goes first.
#[derive(Default)]
pub struct KeyCache {
    keys: HashMap<Box<str>, (SubjectKey, Instant)>,
    order: VecDeque<(Box<str>, Instant)>,
}

impl KeyCache {
    /// How long a key is kept: a minute, less what dropping it may be late.
    pub const TERM: Duration = Duration::from_secs(50);

    /// A subject's key, unless its term is over.
    #[must_use]
    pub fn get(&self, subject: &str, now: Instant) -> Option<SubjectKey> {
        let (key, since) = self.keys.get(subject)?;
        (now.duration_since(*since) < Self::TERM).then(|| key.clone())
    }

    /// Keeps a key that was known to be its subject's at `since`.
    pub fn insert(&mut self, subject: &str, key: SubjectKey, since: Instant) {
        self.keys.insert(subject.into(), (key, since));
        self.order.push_back((subject.into(), since));
        while self.order.len() > CACHED_KEYS {
            self.drop_oldest();
        }
    }

    /// Drops a key whose subject's was destroyed.
    pub fn forget(&mut self, subject: &str) {
        self.keys.remove(subject);
    }

    /// Drops the keys whose term is over.
    pub fn forget_stale(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(_, since)| now.duration_since(*since) >= Self::TERM) {
            self.drop_oldest();
        }
    }

    /// A key that was learnt again since has another turn.
    fn drop_oldest(&mut self) {
        let Some((subject, since)) = self.order.pop_front() else { return };
        if self.keys.get(&subject).is_some_and(|(_, kept)| *kept == since) {
            self.keys.remove(&subject);
        }
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyCache({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SubjectKey {
        SubjectKey::from_bytes([byte; 32])
    }

    #[test]
    fn a_key_is_gone_at_the_end_of_its_term_whether_it_was_of_use_or_not() {
        let began = Instant::now();
        let mut cache = KeyCache::default();
        cache.insert("review-1", key(1), began);
        let last = began + KeyCache::TERM - Duration::from_millis(1);
        assert!(cache.get("review-1", last).is_some());
        cache.forget_stale(last);
        assert_eq!(cache.keys.len(), 1);
        assert!(cache.get("review-1", began + KeyCache::TERM).is_none());
        cache.forget_stale(began + KeyCache::TERM);
        assert!(cache.keys.is_empty() && cache.order.is_empty());
    }

    #[test]
    fn a_key_that_is_learnt_again_has_its_whole_term_again() {
        let began = Instant::now();
        let again = began + KeyCache::TERM / 2;
        let mut cache = KeyCache::default();
        cache.insert("review-1", key(1), began);
        cache.insert("review-1", key(2), again);
        cache.forget_stale(began + KeyCache::TERM);
        assert_eq!(cache.get("review-1", began + KeyCache::TERM).map(|key| *key.as_bytes()), Some([2; 32]));
        cache.forget_stale(again + KeyCache::TERM);
        assert!(cache.keys.is_empty());
    }

    #[test]
    fn a_forgotten_key_is_gone_at_once_and_the_number_is_bounded() {
        let now = Instant::now();
        let mut cache = KeyCache::default();
        cache.insert("gone", key(1), now);
        cache.forget("gone");
        assert!(cache.get("gone", now).is_none());
        for number in 0..2 * CACHED_KEYS {
            cache.insert(&number.to_string(), key(2), now);
        }
        assert!(cache.keys.len() <= CACHED_KEYS && cache.order.len() <= CACHED_KEYS);
        assert!(cache.get("0", now).is_none() && cache.get(&(2 * CACHED_KEYS - 1).to_string(), now).is_some());
    }
}
