//! Typed rows with a write overlay: a view changes rows in memory and reads its own writes; a commit writes what
//! changed, each row once, in key order.
//!
//! A row is encoded once a commit, not once a change: on a rebuild, where one commit holds hundreds of thousands of
//! events, that is most of the work saved.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

use foldhash::fast::RandomState;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ViewError;
use crate::key::Key;
use crate::rows::{Change, Rows};

/// A row's value.
pub trait Value: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The value as a digest covers it: without opened personal data, of which only counts that it is there.
    fn covered(self) -> Self {
        self
    }

    /// How much memory it takes, as a multiple of what most rows do.
    fn weight(&self) -> usize {
        1
    }
}

impl Value for () {}

/// The room that a key is begun with: enough for the most frequent ones (an id and a month or an instant), no more,
/// because a first fill holds the keys of all rows at once.
const KEY_BYTES: usize = 32;

/// Where a table's rows lie and what they are. Every row of a view begins with its table's letter.
#[derive(Debug)]
pub struct Layout<K, V> {
    letter: u8,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Clone for Layout<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K, V> Copy for Layout<K, V> {}

impl<K: Key, V: Value> Layout<K, V> {
    /// The table with this letter.
    #[must_use]
    pub const fn new(letter: u8) -> Self {
        Self { letter, types: PhantomData }
    }

    fn key(self, key: &impl Key) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(KEY_BYTES);
        bytes.push(self.letter);
        key.write(&mut bytes);
        bytes
    }

    /// A committed row.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn get(self, rows: &Rows, key: &K) -> Result<Option<V>, ViewError> {
        Ok(rows.get(&self.key(key), |value| postcard::from_bytes(value).ok())?.flatten())
    }

    /// The committed rows whose keys begin with these parts, in order.
    pub fn scan<'a, P: Key>(
        self,
        rows: &'a Rows,
        prefix: &P,
    ) -> impl Iterator<Item = Result<(K, V), ViewError>> + use<'a, K, V, P> {
        let prefix = self.key(prefix);
        decoded(rows.scan(prefix.clone(), prefix))
    }

    /// As [`Self::scan`], but only from a key on, with it.
    pub fn scan_from<'a, P: Key>(
        self,
        rows: &'a Rows,
        prefix: &P,
        from: &K,
    ) -> impl Iterator<Item = Result<(K, V), ViewError>> + use<'a, K, V, P> {
        decoded(rows.scan(self.key(prefix), self.key(from)))
    }

    /// As [`Self::scan`], but only what comes after a key.
    pub fn scan_after<'a, P: Key>(
        self,
        rows: &'a Rows,
        prefix: &P,
        after: &K,
    ) -> impl Iterator<Item = Result<(K, V), ViewError>> + use<'a, K, V, P> {
        let mut from = self.key(after);
        from.push(0);
        decoded(rows.scan(self.key(prefix), from))
    }

    /// As [`Self::scan`], but backwards, from the last one or from before a key.
    pub fn scan_back<'a, P: Key>(
        self,
        rows: &'a Rows,
        prefix: &P,
        before: Option<&K>,
    ) -> impl Iterator<Item = Result<(K, V), ViewError>> + use<'a, K, V, P> {
        decoded(rows.scan_back(self.key(prefix), before.map(|key| self.key(key))))
    }
}

/// Rows that can't be read were written by another version of the view, whose directory is another one: there are none.
fn decoded<'a, K: Key, V: Value>(
    rows: impl Iterator<Item = Result<crate::rows::Row, ViewError>> + 'a,
) -> impl Iterator<Item = Result<(K, V), ViewError>> + 'a {
    rows.filter_map(|row| match row {
        Ok(row) => Some(Ok((K::read(&mut &row.key()[1..])?, postcard::from_bytes(row.value()).ok()?))),
        Err(error) => Some(Err(error)),
    })
}

/// A row in memory.
#[derive(Debug)]
struct Cell<V> {
    value: Option<V>,
    changed: bool,
}

/// How many unchanged rows stay in memory between commits.
const KEPT_ROWS: usize = 20_000;

/// A table that a view changes.
#[derive(Debug)]
pub struct Table<K, V> {
    layout: Layout<K, V>,
    cells: HashMap<K, Cell<V>, RandomState>,
    /// What the rows put in since memory was cleared weigh beyond one each.
    extra: usize,
}

impl<K: Key, V: Value> Table<K, V> {
    /// The table in this layout, with nothing in memory.
    #[must_use]
    pub fn new(layout: Layout<K, V>) -> Self {
        Self { layout, cells: HashMap::default(), extra: 0 }
    }

    fn cell(&mut self, rows: &Rows, key: &K) -> Result<&mut Cell<V>, ViewError> {
        match self.cells.entry(key.clone()) {
            Entry::Occupied(cell) => Ok(cell.into_mut()),
            Entry::Vacant(cell) => Ok(cell.insert(Cell { value: self.layout.get(rows, key)?, changed: false })),
        }
    }

    /// A row.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn get(&mut self, rows: &Rows, key: &K) -> Result<Option<&V>, ViewError> {
        Ok(self.cell(rows, key)?.value.as_ref())
    }

    /// A row that is there, to change.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn get_mut(&mut self, rows: &Rows, key: &K) -> Result<Option<&mut V>, ViewError> {
        let cell = self.cell(rows, key)?;
        cell.changed |= cell.value.is_some();
        Ok(cell.value.as_mut())
    }

    /// A row to change, made where it is not there.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn entry(&mut self, rows: &Rows, key: &K) -> Result<&mut V, ViewError>
    where
        V: Default,
    {
        let cell = self.cell(rows, key)?;
        cell.changed = true;
        Ok(cell.value.get_or_insert_with(V::default))
    }

    /// Sets a row.
    pub fn put(&mut self, key: K, value: V) {
        self.extra += value.weight() - 1;
        self.cells.insert(key, Cell { value: Some(value), changed: true });
    }

    /// Removes a row.
    pub fn remove(&mut self, key: K) {
        self.cells.insert(key, Cell { value: None, changed: true });
    }

    /// All rows, committed and in memory, in no order.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn keys(&self, rows: &Rows) -> Result<Vec<K>, ViewError> {
        let mut keys: std::collections::BTreeSet<K> =
            self.layout.scan(rows, &()).map(|row| row.map(|(key, _)| key)).collect::<Result<_, _>>()?;
        for (key, cell) in &self.cells {
            if cell.value.is_some() {
                keys.insert(key.clone());
            } else {
                keys.remove(key);
            }
        }
        Ok(keys.into_iter().collect())
    }
}

/// A set of keys that a view changes: rows without a value, which may be scanned with changes in memory.
#[derive(Debug)]
pub struct Index<K> {
    layout: Layout<K, ()>,
    changes: BTreeMap<K, bool>,
}

impl<K: Key> Index<K> {
    /// The set in this layout, with nothing in memory.
    #[must_use]
    pub fn new(layout: Layout<K, ()>) -> Self {
        Self { layout, changes: BTreeMap::new() }
    }

    /// Puts a key in.
    pub fn insert(&mut self, key: &K) {
        self.changes.insert(key.clone(), true);
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &K) {
        self.changes.insert(key.clone(), false);
    }

    /// The keys that begin with these parts, committed and in memory, in order; `first` is the least that may be.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn starting(&self, rows: &Rows, prefix: &impl Key, first: &K) -> Result<Vec<K>, ViewError> {
        let committed = self.layout.scan(rows, prefix).map(|row| row.map(|(key, ())| key));
        let mut keys: std::collections::BTreeSet<K> = committed.collect::<Result<_, _>>()?;
        let prefix = prefix.bytes();
        for (key, there) in self.changes.range(first..).take_while(|(key, _)| key.bytes().starts_with(&prefix)) {
            if *there {
                keys.insert(key.clone());
            } else {
                keys.remove(key);
            }
        }
        Ok(keys.into_iter().collect())
    }
}

/// A table of any types, as a commit and a digest see it.
pub trait AnyTable {
    /// Hands over what changed since the last commit, in order of key.
    fn take_changes(&mut self, out: &mut Vec<Change>);
    /// How many rows are in memory, or as many as take as much.
    fn in_memory(&self) -> usize;
    /// The table's letter.
    fn letter(&self) -> u8;
    /// A committed value's bytes as a digest covers them.
    fn covered(&self, value: &[u8]) -> Vec<u8>;
}

impl<K: Key, V: Value> AnyTable for Table<K, V> {
    fn take_changes(&mut self, out: &mut Vec<Change>) {
        let layout = self.layout;
        let mut changed: Vec<_> = self.cells.iter_mut().filter(|(_, cell)| cell.changed).collect();
        // Keys are in the order of their bytes, and as they are they are compared without following pointers.
        changed.sort_unstable_by_key(|(key, _)| *key);
        out.reserve(changed.len());
        // One buffer that grows for all of them, and of each exactly its bytes are kept.
        let mut encoded = Vec::new();
        for (key, cell) in changed {
            let value = cell.value.as_ref().map(|value| {
                encoded.clear();
                // A value made of plain data is always encoded, and writing into memory does not fail.
                let _ = postcard::to_io(value, &mut encoded);
                encoded.clone()
            });
            out.push((layout.key(key), value));
            cell.changed = false;
        }
        if AnyTable::in_memory(self) > KEPT_ROWS {
            self.cells.clear();
            self.extra = 0;
        }
    }

    fn in_memory(&self) -> usize {
        self.cells.len() + self.extra
    }

    fn letter(&self) -> u8 {
        self.layout.letter
    }

    fn covered(&self, value: &[u8]) -> Vec<u8> {
        let value: Option<V> = postcard::from_bytes(value).ok();
        value.and_then(|value| postcard::to_stdvec(&value.covered()).ok()).unwrap_or_default()
    }
}

impl<K: Key> AnyTable for Index<K> {
    fn take_changes(&mut self, out: &mut Vec<Change>) {
        let changes = std::mem::take(&mut self.changes).into_iter();
        out.extend(changes.map(|(key, there)| (self.layout.key(&key), there.then(Vec::new))));
    }

    fn in_memory(&self) -> usize {
        self.changes.len()
    }

    fn letter(&self) -> u8 {
        self.layout.letter
    }

    fn covered(&self, value: &[u8]) -> Vec<u8> {
        value.to_vec()
    }
}
