//! [`HashedBook`]: the hashes of a book's first events, computed from the book and from nothing that is kept beside it.

use event_log::merkle::{Hash, HashTree, InclusionProof, SignedHead};
use event_log::{EventLog, LogError, Position};
use tempfile::TempDir;

use crate::error::ToolError;
use crate::events::Events;
use crate::progress::Progress;

/// How many hashes are written at a time.
const HASHED_AT_ONCE: usize = 8_192;

/// The hashes, in a file that goes with them.
pub(crate) struct HashedBook {
    tree: HashTree,
    _directory: TempDir,
}

impl HashedBook {
    /// Of the events that a head is of, or of as many of them as the book has.
    pub(crate) fn under(log: &dyn EventLog, head: &SignedHead) -> Result<Self, ToolError> {
        let directory = tempfile::tempdir().map_err(ToolError::io("making a temporary directory for the hashes"))?;
        let mut tree = HashTree::open(directory.path().join("hashes"))?;
        let progress = Progress::new("hashing", "events");
        let mut events = Events::between(log, Position::START, Position(head.head.size));
        loop {
            let leaves = events.by_ref().take(HASHED_AT_ONCE).map(|event| Ok(Hash::of_event(&event?)));
            let leaves = leaves.collect::<Result<Vec<_>, LogError>>()?;
            if leaves.is_empty() {
                break;
            }
            tree.append(leaves)?;
            progress.at(tree.size(), head.head.size);
        }
        Ok(Self { tree, _directory: directory })
    }

    /// How many events there are.
    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Whether it is the book of which this head was signed.
    pub(crate) fn is_of(&self, head: &SignedHead) -> bool {
        self.tree.size() == head.head.size && self.tree.root() == head.head.root
    }

    /// The proof that the event at a position is in it.
    pub(crate) fn inclusion(&self, position: Position) -> Result<InclusionProof, LogError> {
        self.tree.inclusion(position.0, self.tree.size())
    }
}
