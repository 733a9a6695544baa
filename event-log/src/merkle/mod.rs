//! A Merkle log over the book (RFC 6962, RFC 9162): one hash that stands for every event up to a position.
//!
//! Whoever keeps a head (a size, a root, a signature) can later be shown that an event was in the book then
//! ([`InclusionProof`]) and that the book of today has the book of then unchanged at its beginning ([`ConsistencyProof`]).
//! Both take a few hundred bytes, and neither needs the book.
//!
//! | module | what lives there |
//! | --- | --- |
//! | `hash` | what is hashed of an event, and how two hashes make one |
//! | `tree` | [`HashTree`]: the hashes of all whole subtrees, in a file that can be made again |
//! | `peaks` | [`Peaks`]: what of a tree is needed to go on with it |
//! | `proof` | proofs, and the checks that need nothing else |
//! | `proof_file` | [`Proof`]: an event and its proof in one file, and the check that needs nothing else |
//! | `head` | [`Head`] and its signed form, as in C2SP's checkpoints, which others' tools read |
//! | `head_file` | [`HeadFile`]: every head that was ever signed |
//! | `keeper` | [`HeadKeeper`]: keeps a book's tree and signs its heads |
//! | `comparison` | [`Comparison`]: a book, read once, against the heads that were signed of it: the first position that differs |
//! | `head_key` | the keys that sign heads, and those that once did |
//!
//! Invariants: a leaf covers everything of an event that any reader can see, ciphertext as it is, but not when an engine
//! took it in: so erasure changes no hash, and a book that moves to another engine keeps its heads. The tree is a function
//! of the book; a signature is only ever put under a root that was computed from the book.

mod comparison;
mod hash;
mod head;
mod head_file;
mod head_key;
mod keeper;
mod peaks;
mod proof;
mod proof_file;
mod tree;

pub use comparison::{Compared, Comparison, Difference, Place};
pub use hash::{Hash, NoHash};
pub use head::{Head, HeadError, SignedHead};
pub use head_file::HeadFile;
pub use head_key::{HeadKey, HeadKeys, PublicHeadKey};
pub use keeper::{HASHES, HEADS, HeadKeeper};
pub use peaks::Peaks;
pub use proof::{ConsistencyProof, InclusionProof, NotProved};
pub use proof_file::{Proof, Proved, Unproved};
pub use tree::HashTree;
