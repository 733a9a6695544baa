//! Who has been seen in a month, and where: an exact set that holds tens of millions.
//!
//! A sighting is a recipient, a Member State and a part, packed in one word of 64 bits: the upper twelve bits of the
//! pseudonym say in which part of the set it lies, and make room for the other two. Words lie in order in many short
//! lists, so that one costs its eight bytes and an eighth more; 45 million cost about 400 MB. A short list is searched and
//! moved within the processor's caches; when lists grow long, each is cut in two.

use crate::activity::RecipientRole;
use crate::place::MemberState;
use crate::pseudonym::Pseudonym;

/// How many bits of a pseudonym a list's number always has, so that the word has room for a Member State and a part.
const LIST_BITS: u32 = 12;
/// The length of lists, on average, at which they are cut in two: a kilobyte.
const LONG: usize = 128;
/// A list grows by this part of itself, and by a few more.
const GROWTH: usize = 8;

/// A recipient seen somewhere, in one part, in 64 bits: those of its pseudonym that its list's number does not have, and
/// twelve for where and in which part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sighting {
    /// The upper twelve bits of the pseudonym.
    pub list: u16,
    word: u64,
}

impl Sighting {
    /// How many different [`Self::list`]s there are.
    pub const LISTS: usize = 1 << LIST_BITS;

    /// Who, where, in which part.
    #[must_use]
    pub fn new(recipient: Pseudonym, state: MemberState, role: RecipientRole) -> Self {
        let place = (state as u64) << 2 | role as u64;
        // Twelve bits.
        Self { list: (recipient.0 >> (u64::BITS - LIST_BITS)) as u16, word: recipient.0 << LIST_BITS | place }
    }

    /// Which recipient of its list, where and in which part. In order, those of one recipient stand together.
    #[must_use]
    pub fn word(self) -> Word {
        Word(self.word)
    }
}

/// A [`Sighting`] within its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(u64);

impl Word {
    /// Which recipient of the list.
    #[must_use]
    pub fn recipient(self) -> u64 {
        self.0 >> LIST_BITS
    }

    /// The number of the Member State in [`MemberState::ALL`].
    #[must_use]
    pub fn state(self) -> usize {
        (self.0 >> 2 & 0x3ff) as usize
    }

    /// The number of the part in [`RecipientRole::ALL`].
    #[must_use]
    pub fn role(self) -> usize {
        (self.0 & 3) as usize
    }
}

/// The set.
#[derive(Debug, Clone, Default)]
pub struct Sightings {
    /// None before the first; then a power of two, at least [`Sighting::LISTS`].
    lists: Vec<Vec<u64>>,
    len: usize,
}

impl Sightings {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nobody has been seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether this has been seen.
    #[must_use]
    pub fn has(&self, sighting: Sighting) -> bool {
        !self.lists.is_empty() && self.lists[self.place_of(sighting)].binary_search(&sighting.word).is_ok()
    }

    /// Puts one in. False when it was there.
    pub fn insert(&mut self, sighting: Sighting) -> bool {
        if self.lists.is_empty() {
            self.lists = vec![Vec::new(); Sighting::LISTS];
        }
        if self.len >= self.lists.len() * LONG {
            self.halve();
        }
        let place = self.place_of(sighting);
        let list = &mut self.lists[place];
        let Err(at) = list.binary_search(&sighting.word) else { return false };
        if list.len() == list.capacity() {
            list.reserve_exact(list.len() / GROWTH + 4);
        }
        list.insert(at, sighting.word);
        self.len += 1;
        true
    }

    /// The bits of a pseudonym, below those of [`Sighting::list`], that say in which list it is.
    fn further_bits(&self) -> u32 {
        self.lists.len().ilog2() - LIST_BITS
    }

    fn place_of(&self, sighting: Sighting) -> usize {
        let bits = self.further_bits();
        // A word's upper bits are the pseudonym's after the list's. Of none, the shift would be by the whole width.
        let further = sighting.word.checked_shr(u64::BITS - bits).unwrap_or(0);
        usize::from(sighting.list) << bits | further as usize
    }

    fn halve(&mut self) {
        let upper = 1 << (u64::BITS - 1 - self.further_bits());
        let lists = std::mem::take(&mut self.lists).into_iter().flat_map(|mut list| {
            let second = list.split_off(list.partition_point(|word| word & upper == 0));
            list.shrink_to_fit();
            [list, second]
        });
        self.lists = lists.collect();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sighting() -> impl Strategy<Value = Sighting> {
        // Few different lists, so that they grow long, and ids that differ in low bits only.
        let recipient = prop_oneof![0..40_u64, (0..3_u64, 0..6_000_u64).prop_map(|(list, low)| list << 52 | low << 38)];
        let place = (0..MemberState::ALL.len(), 0..RecipientRole::ALL.len());
        (recipient, place).prop_map(|(recipient, (state, role))| {
            Sighting::new(Pseudonym(recipient), MemberState::ALL[state], RecipientRole::ALL[role])
        })
    }

    #[test]
    fn a_word_tells_recipients_states_and_parts_apart() {
        let words: BTreeSet<_> = MemberState::ALL
            .into_iter()
            .flat_map(|state| RecipientRole::ALL.map(|role| (state, role)))
            .flat_map(|(state, role)| [0, 1, u64::MAX].map(|id| Sighting::new(Pseudonym(id), state, role)))
            .collect();
        assert_eq!(words.len(), 27 * 3 * 3);
        let seen = Sighting::new(Pseudonym(7), MemberState::SK, RecipientRole::Visitor).word();
        assert_eq!(
            (MemberState::ALL[seen.state()], RecipientRole::ALL[seen.role()]),
            (MemberState::SK, RecipientRole::Visitor)
        );
    }

    #[test]
    fn many_are_in_it_once_each_however_often_lists_were_cut() {
        let many = Sighting::LISTS as u64 * LONG as u64 * 2 + 9;
        let each = |number: u64| {
            Sighting::new(Pseudonym(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)), MemberState::NL, RecipientRole::Buyer)
        };
        let mut set = Sightings::default();
        assert!((0..many).all(|number| set.insert(each(number))));
        assert!((0..many).step_by(997).all(|number| set.has(each(number)) && !set.insert(each(number))));
        assert!(!set.has(each(many)));
        assert_eq!(set.len() as u64, many);
    }

    proptest! {
        #[test]
        fn it_is_a_set(sightings in prop::collection::vec(sighting(), 0..3_000)) {
            let (mut set, mut naive) = (Sightings::default(), BTreeSet::new());
            for sighting in &sightings {
                prop_assert_eq!(set.has(*sighting), naive.contains(sighting));
                prop_assert_eq!(set.insert(*sighting), naive.insert(*sighting));
            }
            prop_assert_eq!(set.len(), naive.len());
        }
    }
}
