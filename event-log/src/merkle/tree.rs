//! [`HashTree`]: the hashes of all whole subtrees, in a file.
//!
//! The file has them in the order in which they become known: after each leaf those of the subtrees that it completes, from
//! the lowest up. So it only grows, a hash's place follows from its level and number, and what a crash leaves of it is the
//! tree of fewer events. It can be deleted: it is computed from the book.
//!
//! ```text
//! events            0   1       2   3           4
//! level 0           0   1       3   4           7      <- the place of each hash in the file
//! level 1               2           5
//! level 2                           6
//! ```

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{ConsistencyProof, Hash, InclusionProof, Peaks};
use crate::LogError;

/// A hash's length in the file.
const HASH_BYTES: u64 = Hash::BYTES as u64;

/// The hashes of a book's whole subtrees.
#[derive(Debug)]
pub struct HashTree {
    file: File,
    path: PathBuf,
    peaks: Peaks,
}

impl HashTree {
    /// Opens the tree in a file, or begins one. What is there of it is taken for true: [`Self::leaf`] lets it be compared
    /// with the book.
    ///
    /// # Errors
    /// I/O errors.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LogError> {
        let path = path.as_ref().to_owned();
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(LogError::io("opening", &path))?;
        let hashes = file.metadata().map_err(LogError::io("reading", &path))?.len() / HASH_BYTES;
        let mut tree = Self { file, path, peaks: Peaks::default() };
        tree.begin_with(size_of(hashes))?;
        Ok(tree)
    }

    /// Opens the tree in a file for reading only, as far as it goes now; nothing where there is no file.
    ///
    /// # Errors
    /// I/O errors.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Option<Self>, LogError> {
        let path = path.as_ref().to_owned();
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(LogError::io("opening", &path))?,
        };
        let hashes = file.metadata().map_err(LogError::io("reading", &path))?.len() / HASH_BYTES;
        let mut tree = Self { file, path, peaks: Peaks::default() };
        tree.take_up(size_of(hashes))?;
        Ok(Some(tree))
    }

    /// How many events it covers.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.peaks.size()
    }

    /// Forgets all but the first events.
    ///
    /// # Errors
    /// I/O errors.
    pub fn truncate(&mut self, size: u64) -> Result<(), LogError> {
        if size < self.size() { self.begin_with(size) } else { Ok(()) }
    }

    fn begin_with(&mut self, size: u64) -> Result<(), LogError> {
        self.file.set_len(count(size) * HASH_BYTES).map_err(LogError::io("cutting", &self.path))?;
        self.take_up(size)
    }

    fn take_up(&mut self, size: u64) -> Result<(), LogError> {
        let peaks = subtrees(0, size).map(|(level, number)| self.hash(level, number)).collect::<Result<_, _>>()?;
        self.peaks = Peaks::of(size, peaks);
        Ok(())
    }

    /// Adds the leaves of the events that come next.
    ///
    /// # Errors
    /// I/O errors; the tree is as it was then.
    pub fn append(&mut self, leaves: impl IntoIterator<Item = Hash>) -> Result<(), LogError> {
        let (mut peaks, mut bytes) = (self.peaks.clone(), Vec::new());
        for leaf in leaves {
            peaks.grow(leaf, |hash| bytes.extend_from_slice(&hash.0));
        }
        let end = count(self.size()) * HASH_BYTES;
        self.file.write_all_at(&bytes, end).map_err(LogError::io("writing", &self.path))?;
        self.peaks = peaks;
        Ok(())
    }

    /// The root of everything.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.peaks.root()
    }

    /// The root of the first events.
    ///
    /// # Errors
    /// [`LogError::Invalid`] for more events than there are; I/O errors.
    pub fn root_of(&self, size: u64) -> Result<Hash, LogError> {
        self.check("size", size, self.size())?;
        if size == 0 { Ok(Hash::of_nothing()) } else { self.range(0, size) }
    }

    /// An event's leaf.
    ///
    /// # Errors
    /// As [`Self::root_of`].
    pub fn leaf(&self, position: u64) -> Result<Hash, LogError> {
        self.check("position", position, self.size().saturating_sub(1))?;
        self.hash(0, position)
    }

    /// The leaves of the events from a position on, `most` at most; none from the tree's end on.
    ///
    /// # Errors
    /// I/O errors.
    pub fn leaves(&self, from: u64, most: usize) -> Result<Vec<Hash>, LogError> {
        let to = self.size().min(from.saturating_add(most as u64));
        let Some(last) = to.checked_sub(1).filter(|last| *last >= from) else { return Ok(Vec::new()) };
        // In between are the hashes of the subtrees that they complete, about as many again.
        let first = place(0, from);
        let offset = |position| usize::try_from((place(0, position) - first) * HASH_BYTES).unwrap_or(usize::MAX);
        let mut bytes = vec![0; offset(last) + Hash::BYTES];
        self.file.read_exact_at(&mut bytes, first * HASH_BYTES).map_err(LogError::io("reading", &self.path))?;
        let leaf = |position| bytes[offset(position)..].first_chunk().copied().map(Hash);
        Ok((from..to).filter_map(leaf).collect())
    }

    /// The proof that an event is in the book of the first `size` events.
    ///
    /// # Errors
    /// As [`Self::root_of`].
    pub fn inclusion(&self, position: u64, size: u64) -> Result<InclusionProof, LogError> {
        self.check("size", size, self.size())?;
        self.check("position", position, size.saturating_sub(1))?;
        let (mut path, mut start, mut length) = (Vec::new(), 0, size);
        while length > 1 {
            let half = length.next_power_of_two() / 2;
            if position < start + half {
                path.push(self.range(start + half, length - half)?);
                length = half;
            } else {
                path.push(self.range(start, half)?);
                (start, length) = (start + half, length - half);
            }
        }
        path.reverse();
        Ok(InclusionProof { position, size, path })
    }

    /// The proof that the book of the first `to` events begins with that of the first `from`.
    ///
    /// # Errors
    /// As [`Self::root_of`].
    pub fn consistency(&self, from: u64, to: u64) -> Result<ConsistencyProof, LogError> {
        self.check("to", to, self.size())?;
        self.check("from", from, to)?;
        let mut path = Vec::new();
        if from == 0 || from == to {
            return Ok(ConsistencyProof { from, to, path });
        }
        let (mut start, mut earlier, mut length) = (0, from, to);
        // Whether what is left of the earlier book is all of it, whose root the reader has.
        let mut is_whole = true;
        while earlier != length {
            let half = length.next_power_of_two() / 2;
            if earlier <= half {
                path.push(self.range(start + half, length - half)?);
                length = half;
            } else {
                path.push(self.range(start, half)?);
                (start, earlier, length) = (start + half, earlier - half, length - half);
                is_whole = false;
            }
        }
        if !is_whole {
            path.push(self.range(start, length)?);
        }
        path.reverse();
        Ok(ConsistencyProof { from, to, path })
    }

    /// The hash over `length` events from `start` on, which is where a subtree begins that is at least as large.
    fn range(&self, start: u64, length: u64) -> Result<Hash, LogError> {
        let mut joined = None;
        let parts: Vec<_> = subtrees(start, length).collect();
        for (level, number) in parts.into_iter().rev() {
            let left = self.hash(level, number)?;
            joined = Some(joined.map_or(left, |right| Hash::of_pair(left, right)));
        }
        Ok(joined.unwrap_or_else(Hash::of_nothing))
    }

    fn hash(&self, level: u32, number: u64) -> Result<Hash, LogError> {
        let mut bytes = [0; Hash::BYTES];
        let at = place(level, number) * HASH_BYTES;
        self.file.read_exact_at(&mut bytes, at).map_err(LogError::io("reading", &self.path))?;
        Ok(Hash(bytes))
    }

    fn check(&self, field: &'static str, given: u64, most: u64) -> Result<(), LogError> {
        if given <= most && (field != "position" || self.size() > 0) {
            return Ok(());
        }
        let message = format!("{given}; the tree covers {} events, so give at most {most}", self.size());
        Err(LogError::Invalid { field, message })
    }
}

/// The whole subtrees, as level and number, of which `length` events from `start` on consist, the largest first.
fn subtrees(start: u64, length: u64) -> impl Iterator<Item = (u32, u64)> {
    let mut at = start;
    (0..u64::BITS).rev().filter(move |level| length >> level & 1 == 1).map(move |level| {
        let number = at >> level;
        at += 1 << level;
        (level, number)
    })
}

/// The place in the file of a whole subtree's hash.
fn place(level: u32, number: u64) -> u64 {
    // It comes right after the last of its leaves and of the subtrees below it that this leaf completes.
    let last = ((number + 1) << level) - 1;
    count(last) + u64::from(level)
}

/// How many hashes the tree of so many events has.
fn count(size: u64) -> u64 {
    2 * size - u64::from(size.count_ones())
}

/// Of how many events a file of so many hashes has the tree.
fn size_of(hashes: u64) -> u64 {
    // Each event has one hash at least and less than two.
    let (mut low, mut high) = (hashes / 2, hashes);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if count(middle) <= hashes { low = middle } else { high = middle - 1 }
    }
    low
}
