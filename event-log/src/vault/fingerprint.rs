//! HMAC-SHA256 under a key of its own, which is itself derived from the subject's: the key that encrypts does nothing
//! else.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::cipher::Key;

/// What the derived key is for, so that no other derivation gives the same one.
const PURPOSE: &[u8] = b"fingerprint";

/// Gives the fingerprints of many pieces of bytes in one context: the key is derived once. Not to be kept.
#[derive(Clone)]
pub struct Fingerprinter(Hmac<Sha256>);

impl Fingerprinter {
    pub(super) fn new(key: &Key, context: &[u8]) -> Self {
        let mut derived = keyed(key.as_slice());
        derived.update(PURPOSE);
        derived.update(context);
        let derived: Zeroizing<[u8; 32]> = Zeroizing::new(derived.finalize().into_bytes().into());
        Self(keyed(derived.as_slice()))
    }

    /// The fingerprint of bytes.
    #[must_use]
    pub fn of(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Fingerprinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprinter(…)")
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}
