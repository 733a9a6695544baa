//! The storage engine under the views. This module alone names sled, behind a narrow interface (get, neighbour,
//! range, atomic batch), so that another engine could stand in its place.
//!
//! sled's habits that shaped what is above: its short scans and random loads are slow, so rows are packed into blocks
//! ([`crate::rows`]); its `len()` is a full scan, so it is never called; a batch is atomic within one tree only, so a
//! view has one tree; space is not given back, so a new generation gets a new directory; killed at the wrong moment it
//! leaves files that it refuses to open ever after (a snapshot written over the remains of a longer one), so what it
//! calls corrupted is thrown away, and the view is filled again from the log.

use std::path::{Path, PathBuf};

use crate::ViewError;

/// The page cache of one view, in bytes. sled's default is a gigabyte, too much for seven views beside each other.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// How long sled may hold writes back. Views can be made again from the log, so nothing is lost by waiting.
const FLUSH_EVERY_MILLISECONDS: u64 = 500;

/// One ordered map of bytes to bytes, in a directory of its own.
#[derive(Debug)]
pub struct Store {
    tree: sled::Db,
    directory: PathBuf,
}

/// Bytes in the store, shared with its cache.
pub type Bytes = sled::IVec;

impl Store {
    /// Opens the map in a directory, making it when there is none, and making it anew, empty, when sled can't read what
    /// is there.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn open(directory: &Path) -> Result<Self, ViewError> {
        let config = sled::Config::default()
            .path(directory)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(Some(FLUSH_EVERY_MILLISECONDS))
            .mode(sled::Mode::HighThroughput);
        let opened = match config.open() {
            Err(source @ sled::Error::Corruption { .. }) => {
                tracing::warn!(directory = %directory.display(), %source, "a view's storage is damaged; the view is made again from the book");
                std::fs::remove_dir_all(directory).map_err(|source| ViewError::Io {
                    doing: "deleting the damaged storage",
                    path: directory.to_owned(),
                    source,
                })?;
                config.open()
            }
            opened => opened,
        };
        let tree = opened.map_err(|source| ViewError::Storage { directory: directory.to_owned(), source })?;
        Ok(Self { tree, directory: directory.to_owned() })
    }

    fn check<T>(&self, result: sled::Result<T>) -> Result<T, ViewError> {
        result.map_err(|source| ViewError::Storage { directory: self.directory.clone(), source })
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, ViewError> {
        self.check(self.tree.get(key))
    }

    /// The pairs from a key on, in rising order of key.
    pub fn from<'a>(&'a self, key: &[u8]) -> impl Iterator<Item = Result<(Bytes, Bytes), ViewError>> + use<'a> {
        self.tree.range(key..).map(|pair| self.check(pair))
    }

    /// The pairs up to a key, inclusive, in falling order of key.
    pub fn back_from<'a>(&'a self, key: &[u8]) -> impl Iterator<Item = Result<(Bytes, Bytes), ViewError>> + use<'a> {
        self.tree.range(..=key).rev().map(|pair| self.check(pair))
    }

    /// The pair with the greatest key that is not above `key`.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn at_or_below(&self, key: &[u8]) -> Result<Option<(Bytes, Bytes)>, ViewError> {
        self.back_from(key).next().transpose()
    }

    /// Writes all of it or nothing: values to set, and keys to remove.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn write(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), ViewError> {
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.check(self.tree.apply_batch(batch))
    }

    /// Waits until everything written is on disk.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn flush(&self) -> Result<(), ViewError> {
        self.check(self.tree.flush()).map(|_| ())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]
mod tests {
    use super::*;

    fn snapshots(directory: &Path) -> Vec<PathBuf> {
        let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("snap.");
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).filter(named).collect()
    }

    #[test]
    fn r_0_01_a_store_that_a_kill_left_unreadable_begins_again_empty() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.write(vec![(b"key".to_vec(), Some(b"value".to_vec()))]).unwrap();
        drop(store);
        // A snapshot is written when a store is opened again.
        drop(Store::open(directory.path()).unwrap());
        // What sled leaves when it was killed while writing a long snapshot, and then writes a shorter one over it.
        let snapshot = snapshots(directory.path()).pop().unwrap();
        let mut bytes = std::fs::read(&snapshot).unwrap();
        bytes.extend([7; 100]);
        std::fs::write(&snapshot, bytes).unwrap();
        let again = Store::open(directory.path()).unwrap();
        assert!(again.from(b"").next().is_none());
        again.write(vec![(b"key".to_vec(), Some(b"anew".to_vec()))]).unwrap();
        drop(again);
        assert_eq!(Store::open(directory.path()).unwrap().get(b"key").unwrap().unwrap(), b"anew");
    }
}
