//! A view's content as one number: SHA-256 over its rows in order of key.
//!
//! It covers everything but opened personal data (of which only that it is there), so that neither random nonces nor
//! a later erasure changes it; and neither blocks, directories nor checkpoints, so that how a view was made does not
//! count.

use std::fmt;

use domain::figure_digest::FigureDigest;
use sha2::{Digest as _, Sha256};

use crate::ViewError;
use crate::rows::Rows;
use crate::table::AnyTable;

/// A digest, printed as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<[u8; 32]> for Digest {
    fn from(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }
}

impl From<FigureDigest> for Digest {
    fn from(published: FigureDigest) -> Self {
        Self(published.0)
    }
}

impl From<Digest> for FigureDigest {
    fn from(digest: Digest) -> Self {
        Self(digest.0)
    }
}

impl Digest {
    /// Of a text: for figures, which are digested as they are printed.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Of a view's committed rows.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn of_rows(rows: &Rows, tables: &[&dyn AnyTable]) -> Result<Self, ViewError> {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for row in rows.scan(Vec::new(), Vec::new()) {
            let row = row?;
            let table = tables.iter().find(|table| Some(&table.letter()) == row.key().first());
            part(row.key());
            part(&table.map_or_else(Vec::new, |table| table.covered(row.value())));
        }
        Ok(Self(hash.finalize().into()))
    }
}
