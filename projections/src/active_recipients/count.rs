//! How many recipients of a month there are, in the Union, in each part and in each Member State: counted exactly, for tens of
//! millions in a second or two.
//!
//! Sightings come in any order and as often as they like. They are dealt out to lists by the upper bits of the pseudonym,
//! so that all of one recipient are in one list; then each list, which the processor's caches hold, is put in order, and
//! those of one recipient stand together. Nothing is estimated. Memory: eight bytes a sighting, and a few megabytes.

use domain::activity::RecipientRole;
use domain::place::MemberState;
use domain::sightings::{Sighting, Word};
use rayon::prelude::*;

/// How many sightings a list takes at a time: a page of memory, so that nothing is moved as a list grows.
const PIECE: usize = 512;

/// How many recipients there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// In the Union, each once.
    pub union: u64,
    /// In each part, each once, in the order of [`RecipientRole::ALL`].
    pub by_role: [u64; RecipientRole::ALL.len()],
    /// In each Member State, each once, in the order of [`MemberState::ALL`].
    pub by_state: [u64; MemberState::ALL.len()],
}

impl Counts {
    fn and(mut self, other: Self) -> Self {
        self.union += other.union;
        self.by_role.iter_mut().zip(other.by_role).for_each(|(sum, more)| *sum += more);
        self.by_state.iter_mut().zip(other.by_state).for_each(|(sum, more)| *sum += more);
        self
    }

    /// Of a list's sightings, in order.
    fn of(words: &[Word]) -> Self {
        let mut counts = Self::default();
        for recipient in words.chunk_by(|one, next| one.recipient() == next.recipient()) {
            let (mut states, mut roles) = (0_u32, 0_u32);
            for word in recipient {
                states |= 1 << word.state();
                roles |= 1 << word.role();
            }
            counts.union += 1;
            for (number, count) in counts.by_state.iter_mut().enumerate() {
                *count += u64::from(states >> number & 1);
            }
            for (number, count) in counts.by_role.iter_mut().enumerate() {
                *count += u64::from(roles >> number & 1);
            }
        }
        counts
    }
}

/// The sightings of a month, to be counted.
#[derive(Debug, Default)]
pub struct Counter {
    /// Each list in pieces; none before the first sighting.
    lists: Vec<Vec<Vec<Word>>>,
    len: usize,
}

impl Counter {
    /// How many sightings were taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes sightings.
    pub fn take(&mut self, sightings: impl IntoIterator<Item = Sighting>) {
        if self.lists.is_empty() {
            self.lists.resize_with(Sighting::LISTS, Vec::new);
        }
        for sighting in sightings {
            let list = &mut self.lists[usize::from(sighting.list)];
            match list.last_mut() {
                Some(piece) if piece.len() < PIECE => piece.push(sighting.word()),
                _ => {
                    let mut piece = Vec::with_capacity(PIECE);
                    piece.push(sighting.word());
                    list.push(piece);
                }
            }
            self.len += 1;
        }
    }

    /// Counts them, together with those that others took of the same month.
    #[must_use]
    pub fn count(counters: Vec<Self>) -> Counts {
        let mut lists: Vec<Vec<Vec<Word>>> = Vec::new();
        lists.resize_with(Sighting::LISTS, Vec::new);
        for counter in counters {
            lists.iter_mut().zip(counter.lists).for_each(|(list, mut more)| list.append(&mut more));
        }
        let count = |pieces: Vec<Vec<Word>>| {
            let mut words = pieces.concat();
            drop(pieces);
            words.sort_unstable();
            Counts::of(&words)
        };
        lists.into_par_iter().map(count).reduce(Counts::default, Counts::and)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use domain::pseudonym::Pseudonym;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn r_5_01_r_5_04_counts_are_the_sizes_of_the_sets(
            seen in prop::collection::vec((0..60_u64, 0..MemberState::ALL.len(), 0..RecipientRole::ALL.len()), 0..400),
            split in 0..400_usize,
        ) {
            // Spread over lists, and close together within one.
            let id = |number: u64| Pseudonym((number % 4) << 60 | number);
            let of = |(number, state, role): &(u64, usize, usize)| {
                Sighting::new(id(*number), MemberState::ALL[*state], RecipientRole::ALL[*role])
            };
            let mut counters = vec![Counter::default(), Counter::default()];
            let (first, second) = seen.split_at(split.min(seen.len()));
            counters[0].take(first.iter().map(of));
            counters[1].take(second.iter().map(of));
            prop_assert_eq!(counters[0].len() + counters[1].len(), seen.len());
            let counts = Counter::count(counters);
            let size = |of: &dyn Fn(usize, usize) -> bool| {
                let ids = seen.iter().filter(|(_, state, role)| of(*state, *role)).map(|(number, ..)| id(*number));
                ids.collect::<HashSet<_>>().len() as u64
            };
            prop_assert_eq!(counts.union, size(&|_, _| true));
            for (number, count) in counts.by_role.into_iter().enumerate() {
                prop_assert_eq!(count, size(&|_, role| role == number));
            }
            for (number, count) in counts.by_state.into_iter().enumerate() {
                prop_assert_eq!(count, size(&|state, _| state == number));
            }
        }
    }
}
