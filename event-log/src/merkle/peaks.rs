//! [`Peaks`]: what of a tree is needed to go on with it.

use super::Hash;

/// The whole subtrees that a book consists of, the largest first: its size's binary digits. So the root of a book that is
/// read once, from its beginning, takes no more memory than that.
#[derive(Debug, Clone, Default)]
pub struct Peaks {
    size: u64,
    hashes: Vec<Hash>,
}

impl Peaks {
    /// Of a book of so many events, whose peaks these are.
    pub(super) fn of(size: u64, hashes: Vec<Hash>) -> Self {
        Self { size, hashes }
    }

    /// How many events they cover.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next event's leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.grow(leaf, |_| ());
    }

    /// Adds the next event's leaf, and tells of each hash that becomes known, from the leaf up.
    pub(super) fn grow(&mut self, leaf: Hash, mut known: impl FnMut(Hash)) {
        let mut hash = leaf;
        known(hash);
        // As many subtrees are completed as the size's number ends in ones.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.hashes.pop() else { break };
            hash = Hash::of_pair(left, hash);
            known(hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The root of everything.
    #[must_use]
    pub fn root(&self) -> Hash {
        let joined = self.hashes.iter().copied().rev().reduce(|right, left| Hash::of_pair(left, right));
        joined.unwrap_or_else(Hash::of_nothing)
    }
}
