//! HMAC-SHA256 under a key of its own, which is itself derived from the subject's: the key that encrypts does nothing
//! else.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::cipher::Key;

/// What the derived key is for, so that no other derivation gives the same one.
const PURPOSE: &[u8] = b"fingerprint";

/// The fingerprint of bytes in a context.
pub(super) fn of(key: &Key, context: &[u8], bytes: &[u8]) -> [u8; 32] {
    let derived = Zeroizing::new(hmac(key.as_slice(), &[PURPOSE, context]));
    hmac(derived.as_slice(), &[bytes])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
