//! One key a subject of personal data; destroying it forgets the subject.
//!
//! The book is never changed, so that what must be forgettable stands in it sealed: AES-256-GCM under a random key of
//! its subject (a review, a buyer), which is itself kept wrapped by the operator's master key. Destroying a subject's
//! key makes everything that was sealed for it unreadable, in every copy of the book.
//!
//! ```text
//! <directory>/keys              the wrapped keys, and the names of destroyed subjects
//!             keys.new          being written, to become `keys`; removed at opening
//!             keys.old          no longer valid, being overwritten; that is finished at opening
//!             keys.lock         held by the process that writes
//!             torn-keys-<n>.bytes   what a crash left unfinished and opening cut
//! ```
//!
//! | module | what lives there |
//! | --- | --- |
//! | `service` | [`KeyService`]: whoever keeps the keys; [`OwnKeys`], this process |
//! | `subject_key` | [`SubjectKeys`]: opened keys, which seal, open and name |
//! | `keys` | [`Vault`]: making keys, making them durable, opening and destroying them |
//! | `master_key` | [`MasterKey`]: the operator's key, from a file |
//! | `cache` | [`KeyCache`]: opened keys, a bounded number for a bounded time |
//! | `cipher` | AES-256-GCM: nonce before ciphertext |
//! | `fingerprint` | HMAC-SHA256: names for bytes that give nothing away |
//! | `key_file` | the bytes on disk, and what a crash leaves of them |
//! | `erase` | replacing the file so that no copy of a destroyed key stays |
//!
//! Invariants: a key is durable before anything sealed with it may be appended; a destroyed subject
//! never gets a key again; no opened key is kept for more than a minute, and none is ever logged.

mod cache;
mod cipher;
mod erase;
mod fingerprint;
mod key_file;
mod keys;
mod master_key;
mod service;
mod subject_key;

pub use cache::KeyCache;
pub(crate) use cipher::random_key;
pub use fingerprint::Fingerprinter;
pub use key_file::TornKeys;
pub use keys::Vault;
pub use master_key::MasterKey;
pub use service::{KeyService, OwnKeys};
pub use subject_key::{SubjectKey, SubjectKeys};
