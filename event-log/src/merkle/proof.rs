//! Proofs, and the checks that need nothing else (RFC 9162, sections 2.1.3 and 2.1.4).

use super::Hash;

/// That an event stands at a position of the book that a head stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The event's position.
    pub position: u64,
    /// The head's size, in events.
    pub size: u64,
    /// The hashes that lead from the leaf to the root, the leaf's neighbour first.
    pub path: Vec<Hash>,
}

/// That the book of a later head begins with that of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The earlier head's size, in events.
    pub from: u64,
    /// The later head's.
    pub to: u64,
    /// The hashes that lead to both roots.
    pub path: Vec<Hash>,
}

/// What a proof does not prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotProved {
    /// The proof is not one of these sizes.
    #[error("the proof has {found} hashes; one for these sizes has {wanted}")]
    Length {
        /// How many hashes it has.
        found: usize,
        /// How many it would have.
        wanted: String,
    },
    /// There is no such position in a book of this size.
    #[error("there is no position {position} in a book of {size} events")]
    NoPosition {
        /// The position.
        position: u64,
        /// The size.
        size: u64,
    },
    /// The later book is the shorter one.
    #[error("a book of {to} events can't go on from one of {from}")]
    Shorter {
        /// The earlier size.
        from: u64,
        /// The later size.
        to: u64,
    },
    /// The hashes lead to another root.
    #[error("the hashes lead to {found}, not to the head's root {root}")]
    OtherRoot {
        /// Where they lead.
        found: Hash,
        /// The head's root.
        root: Hash,
    },
}

impl InclusionProof {
    /// Checks that the event with this leaf is where the proof says, in the book with this root.
    ///
    /// # Errors
    /// [`NotProved`].
    pub fn verify(&self, leaf: Hash, root: Hash) -> Result<(), NotProved> {
        let (position, size) = (self.position, self.size);
        let Some(mut last) = size.checked_sub(1).filter(|last| position <= *last) else {
            return Err(NotProved::NoPosition { position, size });
        };
        let (mut at, mut found) = (position, leaf);
        for hash in &self.path {
            if last == 0 {
                return Err(self.length());
            }
            if at & 1 == 1 || at == last {
                found = Hash::of_pair(*hash, found);
                while at & 1 == 0 && at != 0 {
                    (at, last) = (at >> 1, last >> 1);
                }
            } else {
                found = Hash::of_pair(found, *hash);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        if last != 0 {
            return Err(self.length());
        }
        if found == root { Ok(()) } else { Err(NotProved::OtherRoot { found, root }) }
    }

    fn length(&self) -> NotProved {
        let wanted = format!("{}, or some fewer", self.size.next_power_of_two().trailing_zeros());
        NotProved::Length { found: self.path.len(), wanted }
    }
}

impl ConsistencyProof {
    /// Checks that the book with the later root begins with the one of the earlier root.
    ///
    /// # Errors
    /// [`NotProved`].
    pub fn verify(&self, earlier: Hash, later: Hash) -> Result<(), NotProved> {
        let (from, to) = (self.from, self.to);
        let same = |found, root| if found == root { Ok(()) } else { Err(NotProved::OtherRoot { found, root }) };
        if from > to {
            return Err(NotProved::Shorter { from, to });
        }
        if from == 0 || from == to {
            // Every book begins with none, and with itself.
            same(earlier, if from == 0 { Hash::of_nothing() } else { later })?;
            return if self.path.is_empty() { Ok(()) } else { Err(self.length()) };
        }
        // A book of a power of two events is one of the later one's own subtrees, whose hash is its root.
        let first = from.is_power_of_two().then_some(earlier);
        let mut path = first.into_iter().chain(self.path.iter().copied());
        let (mut at, mut last) = (from - 1, to - 1);
        while at & 1 == 1 {
            (at, last) = (at >> 1, last >> 1);
        }
        let Some(seed) = path.next() else { return Err(self.length()) };
        let (mut of_earlier, mut of_later) = (seed, seed);
        for hash in path {
            if last == 0 {
                return Err(self.length());
            }
            if at & 1 == 1 || at == last {
                of_earlier = Hash::of_pair(hash, of_earlier);
                of_later = Hash::of_pair(hash, of_later);
                while at & 1 == 0 && at != 0 {
                    (at, last) = (at >> 1, last >> 1);
                }
            } else {
                of_later = Hash::of_pair(of_later, hash);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        if last != 0 {
            return Err(self.length());
        }
        same(of_earlier, earlier)?;
        same(of_later, later)
    }

    fn length(&self) -> NotProved {
        let wanted = format!("at most {}", self.to.next_power_of_two().trailing_zeros() + 1);
        NotProved::Length { found: self.path.len(), wanted }
    }
}
