//! [`HeadKeeper`]: keeps the tree of a book, and signs its heads.
//!
//! ```text
//! <directory>/heads     every head that was signed: not to be lost
//!             key-1, …  the keys that sign: see `head_key`
//!             keys      the public keys of all that ever signed
//!             hashes    the tree: computed from the book
//! ```

use std::collections::VecDeque;
use std::path::Path;

use chrono::{DateTime, SubsecRound, Utc};

use super::head_file::HeadFile;
use super::{ConsistencyProof, Hash, HashTree, Head, HeadKeys, InclusionProof, PublicHeadKey, SignedHead};
use crate::{EventLog, LogError, Position};

/// The file of heads, in a directory.
pub const HEADS: &str = "heads";
/// The file of the tree, in a directory.
pub const HASHES: &str = "hashes";
/// How many events are read at a time.
const PAGE_EVENTS: usize = 8_192;
/// How many of the newest heads are kept in memory, to be shown: the file has all.
const RECENT_HEADS: usize = 20;

/// Whoever keeps a book's tree and signs its heads. All methods block, for moments unless said otherwise.
#[derive(Debug)]
pub struct HeadKeeper {
    tree: HashTree,
    keys: HeadKeys,
    file: HeadFile,
    /// The newest heads, the oldest of them first.
    recent: VecDeque<SignedHead>,
}

impl HeadKeeper {
    /// Takes up the tree in a directory, brings it to the book's end, and compares it with every head that was signed. Where
    /// there are no keys yet, one of this name is made. Reads the whole book where there is no tree; of a tree that is there
    /// only its end is compared with the book, so that a start does not hash everything: the auditor's check does.
    ///
    /// # Errors
    /// [`LogError::Damaged`] when the book is not one of which these heads were signed; what the log says.
    pub fn open(directory: &Path, name: &str, log: &dyn EventLog) -> Result<Self, LogError> {
        let keys = HeadKeys::open(directory, name)?;
        let path = directory.join(HEADS);
        let (file, heads) = HeadFile::open(&path, keys.public())?;
        let mut tree = HashTree::open(directory.join(HASHES))?;
        let end = log.watch_next_position().borrow().0;
        tree.truncate(end)?;
        if let Some(last) = tree.size().checked_sub(1) {
            let event = log.scan(Position(last), 1)?;
            if event.first().map(Hash::of_event) != Some(tree.leaf(last)?) {
                tree.truncate(0)?;
            }
        }
        let mut keeper = Self { tree, keys, file, recent: VecDeque::new() };
        keeper.catch_up(log)?;
        for signed in &heads {
            keeper.compare(signed, &path)?;
        }
        heads.into_iter().for_each(|signed| keeper.remember(signed));
        Ok(keeper)
    }

    fn compare(&self, signed: &SignedHead, path: &Path) -> Result<(), LogError> {
        let Head { size, root, time, .. } = signed.head;
        let is_same = size <= self.tree.size() && self.tree.root_of(size)? == root;
        let what = || {
            format!(
                "the book's first {size} events are not those that were signed at {time}: something was changed, left out \
                 or cut off since"
            )
        };
        let mend = "`replay-tool verify` tells where; restore the book from before";
        if is_same { Ok(()) } else { Err(LogError::damaged(path, 0, what(), mend)) }
    }

    /// Takes in what has come to the book. May read all of it.
    ///
    /// # Errors
    /// What the log says.
    pub fn catch_up(&mut self, log: &dyn EventLog) -> Result<(), LogError> {
        loop {
            let events = log.scan(Position(self.tree.size()), PAGE_EVENTS)?;
            if events.is_empty() {
                return Ok(());
            }
            self.tree.append(events.iter().map(Hash::of_event))?;
        }
    }

    /// Signs the book as far as it was taken in; the newest head where nothing has come since. Waits for the disk.
    ///
    /// # Errors
    /// I/O errors.
    pub fn sign(&mut self, now: DateTime<Utc>) -> Result<SignedHead, LogError> {
        let (size, root) = (self.tree.size(), self.tree.root());
        if let Some(newest) = self.newest().filter(|newest| newest.head.size == size) {
            return Ok(newest.clone());
        }
        let key = self.keys.current();
        let signed = Head { origin: key.public().name().to_owned(), size, root, time: now.trunc_subsecs(0) }.sign(key);
        self.file.append(&signed)?;
        self.remember(signed.clone());
        Ok(signed)
    }

    /// The newest head that was signed.
    #[must_use]
    pub fn newest(&self) -> Option<&SignedHead> {
        self.recent.back()
    }

    /// The newest heads that were signed, the newest first; as many as are kept in memory.
    pub fn recent(&self) -> impl Iterator<Item = &SignedHead> {
        self.recent.iter().rev()
    }

    fn remember(&mut self, signed: SignedHead) {
        if self.recent.len() == RECENT_HEADS {
            self.recent.pop_front();
        }
        self.recent.push_back(signed);
    }

    /// How many events were taken in.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The public keys of all that ever signed, the oldest first.
    #[must_use]
    pub fn keys(&self) -> &[PublicHeadKey] {
        self.keys.public()
    }

    /// As [`HashTree::inclusion`], with the event's leaf.
    ///
    /// # Errors
    /// As [`HashTree::inclusion`].
    pub fn inclusion(&self, position: u64, size: u64) -> Result<(Hash, InclusionProof), LogError> {
        let proof = self.tree.inclusion(position, size)?;
        Ok((self.tree.leaf(position)?, proof))
    }

    /// As [`HashTree::consistency`].
    ///
    /// # Errors
    /// As [`HashTree::consistency`].
    pub fn consistency(&self, from: u64, to: u64) -> Result<ConsistencyProof, LogError> {
        self.tree.consistency(from, to)
    }
}
