//! AES-256-GCM with a random nonce that stands before the ciphertext.
//!
//! Random nonces are safe for 2^32 messages under one key; a subject has a handful, and the master key wraps one short
//! key a subject.

use aes_gcm::aead::rand_core::RngCore;
use aes_gcm::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

/// A key, overwritten when dropped.
pub(crate) type Key = Zeroizing<[u8; KEY_BYTES]>;

pub(super) const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// What sealing adds to the plaintext.
pub(super) const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// A new key from the operating system's randomness.
pub(crate) fn random_key() -> Key {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    OsRng.fill_bytes(key.as_mut_slice());
    key
}

/// Nonce and ciphertext. None only for more plaintext than AES-GCM takes (64 GiB).
pub(super) fn seal(key: &Key, context: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    let nonce = Aes256Gcm::generate_nonce(&mut OsRng);
    let payload = Payload { msg: plaintext, aad: context };
    let ciphertext = Aes256Gcm::new(key.as_slice().into()).encrypt(&nonce, payload).ok()?;
    let mut sealed = Vec::with_capacity(NONCE_BYTES + ciphertext.len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&ciphertext);
    Some(sealed)
}

/// The plaintext; none when the key, the context or any byte is not what it was.
pub(super) fn open(key: &Key, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
    let payload = Payload { msg: ciphertext, aad: context };
    Aes256Gcm::new(key.as_slice().into()).decrypt(Nonce::from_slice(nonce), payload).ok()
}
