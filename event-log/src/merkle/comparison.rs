//! [`Comparison`]: a book, read once, against the heads that were signed of it.
//!
//! A head tells that something differs; where, only the leaves tell that were kept beside the book (`hashes`). Nobody signed
//! that file, and whoever changed the book may have changed it too, or taken it away. So its leaves are believed only
//! where they lead to the root of a head that was signed; otherwise what is known is between which two heads the book
//! differs.

use std::fmt;
use std::iter::Peekable;
use std::vec;

use chrono::SecondsFormat;

use super::{Hash, HashTree, Peaks, SignedHead};
use crate::{LogError, Position, Recorded};

/// How many of the leaves that were kept are read at a time.
const LEAVES_AT_ONCE: usize = 8_192;

/// A book that is being compared. It is given every event, from the first on.
#[derive(Debug)]
pub struct Comparison {
    /// The smallest first.
    ahead: Peekable<vec::IntoIter<SignedHead>>,
    passed: Vec<Passed>,
    book: Peaks,
    kept: Option<Kept>,
}

/// The leaves that were kept.
#[derive(Debug)]
struct Kept {
    tree: HashTree,
    /// Those that were read, and come next.
    ahead: vec::IntoIter<Hash>,
    /// How many of them were looked at.
    size: u64,
    /// Their peaks, since they are no longer the book's: so nothing is hashed twice while both are the same.
    peaks: Option<Peaks>,
    first_difference: Option<Recorded>,
}

/// A head to whose size the book, or what was kept of it, has come.
#[derive(Debug)]
struct Passed {
    head: SignedHead,
    is_of_book: bool,
    is_of_kept: bool,
}

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// How many events the book has.
    pub size: u64,
    /// The root of their hashes.
    pub root: Hash,
    /// How many heads were compared.
    pub heads: usize,
    /// What differs first, if anything.
    pub difference: Option<Difference>,
}

/// In what a book differs from what was signed or kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A head is of another book.
    Head {
        /// The smallest such head.
        head: Box<SignedHead>,
        /// How many heads, all smaller, are of this book.
        before: usize,
        /// Where.
        place: Place,
    },
    /// Every head is of this book, but a leaf that was kept is of another one.
    Kept {
        /// Its position.
        position: Position,
        /// Whether a head covers it: then the book is what was signed, and what was kept is wrong.
        signed: bool,
    },
}

/// Where a book differs first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Here.
    At {
        /// The position.
        position: Position,
        /// What stands there now; nothing where the book ends before it.
        found: Option<Box<Recorded>>,
    },
    /// At one of these positions.
    Between {
        /// The first: as many events are those of the largest head that is of this book.
        first: Position,
        /// The last.
        last: Position,
    },
}

impl Comparison {
    /// Begins with the heads, in any order, and with the tree that was kept, which may be longer or shorter than the book.
    #[must_use]
    pub fn new(heads: impl IntoIterator<Item = SignedHead>, kept: Option<HashTree>) -> Self {
        let mut heads: Vec<_> = heads.into_iter().collect();
        heads.sort_by_key(|signed| signed.head.size);
        let kept =
            kept.map(|tree| Kept { tree, ahead: Vec::new().into_iter(), size: 0, peaks: None, first_difference: None });
        let mut comparison =
            Self { ahead: heads.into_iter().peekable(), passed: Vec::new(), book: Peaks::default(), kept };
        comparison.pass(0, true);
        comparison
    }

    /// Takes in the next event's leaf; the event itself is asked for where it is the first that differs.
    ///
    /// # Errors
    /// I/O errors, of the tree that was kept; what `event` says.
    pub fn take(&mut self, leaf: Hash, event: impl FnOnce() -> Result<Recorded, LogError>) -> Result<(), LogError> {
        if let Some(kept) = &mut self.kept
            && let Some(was) = kept.next()?
        {
            if was != leaf && kept.first_difference.is_none() {
                kept.first_difference = Some(event()?);
            }
            if was != leaf || kept.peaks.is_some() {
                kept.push_apart(was, &self.book);
            }
        }
        self.book.push(leaf);
        self.pass(self.book.size(), true);
        Ok(())
    }

    /// The heads of a size are behind us; whether the book has come to it too.
    fn pass(&mut self, size: u64, has_book: bool) {
        while let Some(head) = self.ahead.next_if(|signed| signed.head.size <= size) {
            let root = head.head.root;
            let is_of_book = has_book && self.book.root() == root;
            let is_of_kept = self.kept.as_ref().is_some_and(|kept| {
                kept.size == size && kept.peaks.as_ref().map_or(is_of_book, |peaks| peaks.root() == root)
            });
            self.passed.push(Passed { head, is_of_book, is_of_kept });
        }
    }

    /// Says what it came to.
    ///
    /// # Errors
    /// I/O errors, of the tree that was kept.
    pub fn finish(mut self) -> Result<Compared, LogError> {
        let (size, root) = (self.book.size(), self.book.root());
        // What was kept of events that are gone tells whether they were signed.
        while let Some(kept) = &mut self.kept
            && let Some(was) = kept.next()?
        {
            kept.push_apart(was, &self.book);
            let at = kept.size;
            self.pass(at, false);
        }
        self.pass(u64::MAX, false);
        Ok(Compared { size, root, heads: self.passed.len(), difference: self.difference() })
    }

    fn difference(self) -> Option<Difference> {
        let size = self.book.size();
        let here = |event: Recorded| Place::At { position: event.position, found: Some(Box::new(event)) };
        let missing = Place::At { position: Position(size), found: None };
        let first_broken = self.passed.iter().position(|passed| !passed.is_of_book);
        let (kept_size, first_difference) =
            self.kept.map_or((0, None), |kept| (kept.tree.size(), kept.first_difference));
        let Some(before) = first_broken else {
            let signed = self.passed.last().map_or(0, |passed| passed.head.head.size);
            let is_short = (kept_size > size).then_some(Position(size));
            let position = first_difference.map(|event| event.position).or(is_short)?;
            return Some(Difference::Kept { position, signed: position.0 < signed });
        };
        let last = before.checked_sub(1).map_or(0, |last| self.passed[last].head.head.size);
        let Passed { head, is_of_kept, .. } = self.passed.into_iter().nth(before)?;
        let place = if is_of_kept {
            first_difference.map_or(missing, here)
        } else {
            // A book that ends too early has the difference where it ends, at the latest.
            Place::Between { first: Position(last), last: Position((head.head.size - 1).min(size)) }
        };
        Some(Difference::Head { head: Box::new(head), before, place })
    }
}

impl Kept {
    /// The next leaf, if there is one more.
    fn next(&mut self) -> Result<Option<Hash>, LogError> {
        if self.ahead.as_slice().is_empty() {
            self.ahead = self.tree.leaves(self.size, LEAVES_AT_ONCE)?.into_iter();
        }
        let next = self.ahead.next();
        self.size += u64::from(next.is_some());
        Ok(next)
    }

    /// Takes in a leaf that is not the book's, which has come as far, or that comes after one that was not.
    fn push_apart(&mut self, was: Hash, book: &Peaks) {
        self.peaks.get_or_insert_with(|| book.clone()).push(was);
    }
}

impl Difference {
    /// The first position that differs, where that is known.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Head { place: Place::At { position, .. }, .. } | Self::Kept { position, .. } => Some(*position),
            Self::Head { place: Place::Between { .. }, .. } => None,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head { head, place, .. } => {
                let (size, key) = (head.head.size, head.key_id());
                let time = head.head.time.to_rfc3339_opts(SecondsFormat::Secs, true);
                write!(
                    f,
                    "the book is not the one whose head of {size} events was signed at {time} by {key}: something was \
                     changed, left out, put in or cut off since; {place}"
                )
            }
            Self::Kept { position, signed: true } => write!(
                f,
                "the book is what was signed, but the hashes that are kept beside it are not: the first position that \
                 differs is {position}; delete the file, and a server computes it from the book"
            ),
            Self::Kept { position, signed: false } => write!(
                f,
                "the first position that differs from the hashes that are kept beside the book is {position}, of which no \
                 head was signed yet: either the book or the file of hashes was changed"
            ),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { position, found: Some(event) } => {
                let Recorded { event_type, id, stream, revision, .. } = event.as_ref();
                write!(
                    f,
                    "the first position that differs is {position}, where {event_type} {id} stands now ({stream}, \
                     revision {revision})"
                )
            }
            Self::At { position, found: None } => {
                write!(f, "the first position that differs is {position}, before which the book ends now")
            }
            Self::Between { first, last } => {
                write!(f, "the first position that differs is one from {first} to {last}")
            }
        }
    }
}
