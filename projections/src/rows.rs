//! Rows packed into blocks.
//!
//! sled handles a key of a hundred bytes in about the time of one of four thousand, and its short scans are slow. So
//! rows that sort together lie together: a stored value is a *block* of neighbouring rows, and a page of a feed, a
//! bulk load or a digest touches one stored key where it would touch fifty. A block's key is a lower bound of its
//! rows' keys; the first block's is empty. A block is split evenly when it outgrows [`BLOCK_BYTES`].
//!
//! ```text
//! stored key                value
//! 'b' lower bound           count: u32, offset of each row: u32 …, rows: key length u16, key, value …
//! 'c'                       the checkpoint
//! ```

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use event_log::Position;
use serde::{Deserialize, Serialize};

use crate::ViewError;
use crate::store::{Bytes, Store};

/// How large a block may grow. Larger blocks load faster and are read and rewritten slower; measured best for both.
const BLOCK_BYTES: usize = 4 * 1024;

const CHECKPOINT: &[u8] = b"c";

/// How far a view has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The position of the next event to apply.
    pub next: Position,
    /// The moment as of which the view stands, in microseconds since the epoch.
    pub moment_micros: i64,
}

impl Checkpoint {
    /// The moment as of which the view stands.
    #[must_use]
    pub fn moment(&self) -> DateTime<Utc> {
        crate::view::instant(self.moment_micros)
    }
}

/// As people read it: `position 61864, as of 2026-07-01T00:00:00Z`.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = self.moment().to_rfc3339_opts(SecondsFormat::AutoSi, true);
        match self.next.0.checked_sub(1) {
            Some(last) => write!(f, "position {last}, as of {moment}"),
            None => write!(f, "position none (an empty book), as of {moment}"),
        }
    }
}

/// A row to set, or to remove.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// A view's committed rows.
#[derive(Debug)]
pub struct Rows {
    store: Store,
    /// Nothing was ever committed: what is not in memory is nowhere, so a first fill reads nothing.
    empty: std::sync::atomic::AtomicBool,
}

impl Rows {
    /// Opens the rows in a directory.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn open(directory: &std::path::Path) -> Result<Self, ViewError> {
        let store = Store::open(directory)?;
        let empty = store.from(b"").next().transpose()?.is_none();
        Ok(Self { store, empty: empty.into() })
    }

    /// Makes rows in a directory that has none, from the [`Self::pairs`] of others.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub(crate) fn fill(directory: &std::path::Path, pairs: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Self, ViewError> {
        let (store, empty) = (Store::open(directory)?, pairs.is_empty());
        store.write(pairs.into_iter().map(|(key, value)| (key, Some(value))).collect())?;
        Ok(Self { store, empty: empty.into() })
    }

    /// All that is stored, as it is stored: the blocks and the checkpoint.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = Result<(Bytes, Bytes), ViewError>> + '_ {
        self.store.from(b"")
    }

    /// How far the committed rows have come.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn checkpoint(&self) -> Result<Checkpoint, ViewError> {
        let stored = self.store.get(CHECKPOINT)?;
        Ok(stored.and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default())
    }

    /// Passes a row's value to `read`.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn get<T>(&self, key: &[u8], read: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, ViewError> {
        if self.empty.load(std::sync::atomic::Ordering::Relaxed) {
            return Ok(None);
        }
        let Some((found, block)) = self.store.at_or_below(&block_key(key))? else { return Ok(None) };
        if found.first() != Some(&b'b') {
            return Ok(None);
        }
        let block = Block(&block);
        Ok(block.search(key).ok().map(|index| read(block.row(index).1)))
    }

    /// The rows whose keys begin with `prefix`, from `from` on (a whole key, inclusive; the prefix itself for all).
    pub fn scan(&self, prefix: Vec<u8>, from: Vec<u8>) -> impl Iterator<Item = Result<Row, ViewError>> + '_ {
        let start = self.store.at_or_below(&block_key(&from)).transpose();
        let first = match &start {
            Some(Ok((key, _))) if key.first() == Some(&b'b') => key.to_vec(),
            Some(_) | None => block_key(&from),
        };
        let blocks = self
            .store
            .from(&first)
            .take_while(|pair| pair.as_ref().map_or(true, |(key, _)| key.first() == Some(&b'b')));
        blocks
            .flat_map(move |pair| match pair {
                Ok((_, block)) => {
                    let index = Block(&block).search(&from).unwrap_or_else(|index| index);
                    BlockRows::Rows { end: Block(&block).count(), block, index }
                }
                Err(error) => BlockRows::Failed(Some(error)),
            })
            .take_while(move |row| row.as_ref().map_or(true, |row| row.key().starts_with(&prefix)))
    }

    /// The rows whose keys begin with `prefix`, from the last one (or from `from`, exclusive) backwards.
    pub fn scan_back(
        &self,
        prefix: Vec<u8>,
        before: Option<Vec<u8>>,
    ) -> impl Iterator<Item = Result<Row, ViewError>> + '_ {
        let before = before.unwrap_or_else(|| after_prefix(&prefix));
        let blocks = self
            .store
            .back_from(&block_key(&before))
            .take_while(|pair| pair.as_ref().map_or(true, |(key, _)| key.first() == Some(&b'b')));
        blocks
            .flat_map(move |pair| match pair {
                Ok((_, block)) => {
                    let end = Block(&block).search(&before).unwrap_or_else(|index| index);
                    BlockRows::Back { end, block }
                }
                Err(error) => BlockRows::Failed(Some(error)),
            })
            .take_while(move |row| row.as_ref().map_or(true, |row| row.key().starts_with(&prefix)))
    }

    /// Commits changes and the checkpoint, all or nothing. The changes are sorted by key, each key once.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn commit(&self, changes: Vec<Change>, checkpoint: Checkpoint) -> Result<(), ViewError> {
        debug_assert!(changes.is_sorted_by(|a, b| a.0 < b.0));
        let mut writes = Vec::new();
        let mut changes = changes.into_iter().peekable();
        while let Some((key, _)) = changes.peek() {
            let target = if self.empty.load(std::sync::atomic::Ordering::Relaxed) {
                None
            } else {
                self.store.at_or_below(&block_key(key))?
            };
            let (lower, block) = match target {
                Some((found, block)) if found.first() == Some(&b'b') => (found.to_vec(), Some(block)),
                _ => (block_key(b""), None),
            };
            let upper = match &block {
                Some(_) => self
                    .store
                    .from(&successor(&lower))
                    .next()
                    .transpose()?
                    .map(|(key, _)| key)
                    .filter(|key| key.first() == Some(&b'b')),
                None if self.empty.load(std::sync::atomic::Ordering::Relaxed) => None,
                None => self
                    .store
                    .from(&lower)
                    .next()
                    .transpose()?
                    .map(|(key, _)| key)
                    .filter(|key| key.first() == Some(&b'b')),
            };
            let here = std::iter::from_fn(|| {
                changes.next_if(|(key, _)| upper.as_ref().is_none_or(|upper| key.as_slice() < &upper[1..]))
            });
            let rows = merged(block.as_deref().map(Block), here);
            write_blocks(&lower, block.is_some(), &rows, &mut writes);
        }
        // A checkpoint is two numbers, which always fit.
        writes.push((CHECKPOINT.to_vec(), Some(postcard::to_stdvec(&checkpoint).unwrap_or_default())));
        self.store.write(writes)?;
        self.empty.store(false, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    /// Waits until everything committed is on disk.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn flush(&self) -> Result<(), ViewError> {
        self.store.flush()
    }
}

fn block_key(row: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(row.len() + 1);
    key.push(b'b');
    key.extend_from_slice(row);
    key
}

fn successor(key: &[u8]) -> Vec<u8> {
    let mut next = key.to_vec();
    next.push(0);
    next
}

/// The least key above all that begin with a prefix.
fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut after = prefix.to_vec();
    while let Some(last) = after.pop() {
        if last < u8::MAX {
            after.push(last + 1);
            return after;
        }
    }
    vec![u8::MAX; 64]
}

/// A row as it lies in its block.
#[derive(Debug, Clone)]
pub struct Row {
    block: Bytes,
    index: usize,
}

impl Row {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        Block(&self.block).row(self.index).0
    }

    /// Its value.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        Block(&self.block).row(self.index).1
    }
}

enum BlockRows {
    Rows { block: Bytes, index: usize, end: usize },
    Back { block: Bytes, end: usize },
    Failed(Option<ViewError>),
}

impl Iterator for BlockRows {
    type Item = Result<Row, ViewError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Rows { block, index, end } => {
                let row = (*index < *end).then(|| Row { block: block.clone(), index: *index })?;
                *index += 1;
                Some(Ok(row))
            }
            Self::Back { block, end } => {
                *end = end.checked_sub(1)?;
                Some(Ok(Row { block: block.clone(), index: *end }))
            }
            Self::Failed(error) => error.take().map(Err),
        }
    }
}

/// The bytes of a block, as this module wrote them.
#[derive(Clone, Copy)]
struct Block<'a>(&'a [u8]);

impl<'a> Block<'a> {
    fn number(self, at: usize) -> usize {
        let bytes = self.0.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, |bytes| u32::from_le_bytes(bytes) as usize)
    }

    fn count(self) -> usize {
        self.number(0)
    }

    fn row(self, index: usize) -> (&'a [u8], &'a [u8]) {
        let start = self.number(4 + 4 * index);
        let end = if index + 1 < self.count() { self.number(8 + 4 * index) } else { self.0.len() };
        let row = &self.0[start..end];
        let key_length = usize::from(u16::from_le_bytes([row[0], row[1]]));
        row[2..].split_at(key_length)
    }

    fn search(self, key: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low.midpoint(high);
            match self.row(middle).0.cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }
}

/// A row's key and value, owned or still in their old block.
enum Piece<'a> {
    Old(&'a [u8], &'a [u8]),
    New(Vec<u8>, Vec<u8>),
}

impl Piece<'_> {
    fn parts(&self) -> (&[u8], &[u8]) {
        match self {
            Self::Old(key, value) => (key, value),
            Self::New(key, value) => (key, value),
        }
    }

    fn size(&self) -> usize {
        let (key, value) = self.parts();
        6 + key.len() + value.len()
    }
}

fn merged<'a>(block: Option<Block<'a>>, changes: impl Iterator<Item = Change>) -> Vec<Piece<'a>> {
    let old = block.map_or(0, Block::count);
    let mut rows = Vec::with_capacity(old + 8);
    let mut index = 0;
    for (key, value) in changes {
        if let Some(block) = block {
            while index < old && block.row(index).0 < key.as_slice() {
                let (old_key, old_value) = block.row(index);
                rows.push(Piece::Old(old_key, old_value));
                index += 1;
            }
            if index < old && block.row(index).0 == key.as_slice() {
                index += 1;
            }
        }
        if let Some(value) = value {
            rows.push(Piece::New(key, value));
        }
    }
    if let Some(block) = block {
        rows.extend((index..old).map(|index| Piece::Old(block.row(index).0, block.row(index).1)));
    }
    rows
}

fn write_blocks(lower: &[u8], existed: bool, rows: &[Piece<'_>], writes: &mut Vec<Change>) {
    if rows.is_empty() {
        if existed {
            writes.push((lower.to_vec(), None));
        }
        return;
    }
    let total: usize = rows.iter().map(Piece::size).sum();
    let share = total.div_ceil(total.div_ceil(BLOCK_BYTES));
    let (mut start, mut size) = (0, 0);
    let mut key = lower.to_vec();
    for end in 0..rows.len() {
        size += rows[end].size();
        let last = end + 1 == rows.len();
        if size >= share || last {
            writes.push((key, Some(encoded(&rows[start..=end], size))));
            if last {
                break;
            }
            key = block_key(rows[end + 1].parts().0);
            (start, size) = (end + 1, 0);
        }
    }
}

fn encoded(rows: &[Piece<'_>], size: usize) -> Vec<u8> {
    // Blocks and keys are far below four gigabytes and 64 KiB.
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let mut block = Vec::with_capacity(4 + size);
    block.extend_from_slice(&number(rows.len()));
    let mut offset = 4 + 4 * rows.len();
    for row in rows {
        block.extend_from_slice(&number(offset));
        offset += row.size() - 4;
    }
    for row in rows {
        let (key, value) = row.parts();
        block.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_le_bytes());
        block.extend_from_slice(key);
        block.extend_from_slice(value);
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Model = BTreeMap<Vec<u8>, Vec<u8>>;

    fn all(rows: &Rows, prefix: &[u8]) -> Model {
        rows.scan(prefix.to_vec(), prefix.to_vec())
            .map(|row| row.map(|row| (row.key().to_vec(), row.value().to_vec())).unwrap())
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn rows_are_an_ordered_map(batches in vec(btree_map(vec(0_u8..4, 0..5), proptest::option::of((0_u8..9, 0_usize..3000)), 1..60), 1..12)) {
            let directory = tempfile::tempdir().unwrap();
            let rows = Rows::open(directory.path()).unwrap();
            let mut model = Model::new();
            for (number, batch) in batches.into_iter().enumerate() {
                let changes: Vec<Change> = batch.into_iter().map(|(key, value)| (key, value.map(|(byte, size)| vec![byte; size]))).collect();
                for (key, value) in &changes {
                    match value {
                        Some(value) => model.insert(key.clone(), value.clone()),
                        None => model.remove(key),
                    };
                }
                let checkpoint = Checkpoint { next: Position(number as u64), moment_micros: 7 };
                rows.commit(changes, checkpoint).unwrap();
                prop_assert_eq!(rows.checkpoint().unwrap(), checkpoint);
                for prefix in [&[][..], &[1], &[2, 3], &[3]] {
                    let expected: Model = model.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())).collect();
                    prop_assert_eq!(&all(&rows, prefix), &expected);
                    let back: Vec<Vec<u8>> = rows.scan_back(prefix.to_vec(), None).map(|row| row.unwrap().key().to_vec()).collect();
                    prop_assert_eq!(back, expected.keys().rev().cloned().collect::<Vec<_>>());
                }
                for key in [vec![], vec![0], vec![1, 2], vec![3, 3, 3]] {
                    prop_assert_eq!(rows.get(&key, <[u8]>::to_vec).unwrap(), model.get(&key).cloned());
                    let after: Vec<Vec<u8>> = rows.scan(Vec::new(), key.clone()).map(|row| row.unwrap().key().to_vec()).collect();
                    prop_assert_eq!(after, model.range(key.clone()..).map(|(key, _)| key.clone()).collect::<Vec<_>>());
                }
            }
        }
    }
}
