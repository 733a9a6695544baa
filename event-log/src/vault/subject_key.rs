//! Opened keys: what seals and opens a subject's data.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::cipher::{self, KEY_BYTES, Key};
use super::fingerprint::Fingerprinter;
use crate::LogError;

/// A subject's key, opened. Overwritten when its last holder drops it, never printed.
#[derive(Clone)]
pub struct SubjectKey(Arc<Key>);

impl SubjectKey {
    pub(super) fn random() -> Self {
        Self(Arc::new(cipher::random_key()))
    }

    /// A key that came from elsewhere, as a key-management service sends it.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Arc::new(Key::new(bytes)))
    }

    /// The key itself, for whoever hands it on.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey(…)")
    }
}

/// The keys of some subjects, for as long as one piece of work takes: not to be kept.
#[derive(Debug, Default)]
pub struct SubjectKeys(HashMap<Box<str>, SubjectKey>);

impl SubjectKeys {
    /// Adds a subject's key.
    pub fn insert(&mut self, subject: &str, key: SubjectKey) {
        self.0.insert(subject.into(), key);
    }

    /// Adds other keys.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Each subject with its key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &SubjectKey)> {
        self.0.iter().map(|(subject, key)| (&**subject, key))
    }

    /// Seals for a subject. `context` must be given again to open.
    ///
    /// # Errors
    /// [`LogError::Sealing`] for a subject whose key is not among these.
    pub fn seal(&self, subject: &str, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, LogError> {
        cipher::seal(&self.key(subject)?.0, context, plaintext)
            .ok_or_else(|| sealing(subject, "the text is too long to be sealed"))
    }

    /// A name for bytes that are a subject's: the same bytes give the same one for the same subject and context, other
    /// ones for another subject. Without the subject's key nobody can tell of which bytes it is, even who has them; once
    /// it is destroyed, nobody at all.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn fingerprint(&self, subject: &str, context: &[u8], bytes: &[u8]) -> Result<[u8; 32], LogError> {
        Ok(self.fingerprinter(subject, context)?.of(bytes))
    }

    /// What gives [`Self::fingerprint`]s of many pieces of bytes.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn fingerprinter(&self, subject: &str, context: &[u8]) -> Result<Fingerprinter, LogError> {
        Ok(Fingerprinter::new(&self.key(subject)?.0, context))
    }

    /// Opens what [`Self::seal`] gave; nothing where the subject's key is not among these, because it is destroyed or was
    /// never there.
    ///
    /// # Errors
    /// [`LogError::Sealing`] when the key is there but the bytes or the context are not what was sealed.
    pub fn open_sealed(&self, subject: &str, context: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        let Some(key) = self.0.get(subject) else { return Ok(None) };
        match cipher::open(&key.0, context, sealed) {
            Some(plaintext) => Ok(Some(plaintext)),
            None => Err(sealing(subject, "these bytes were not sealed for it in this context; compare the event")),
        }
    }

    fn key(&self, subject: &str) -> Result<&SubjectKey, LogError> {
        self.0.get(subject).ok_or_else(|| sealing(subject, "its key was not asked for"))
    }
}

pub(super) fn sealing(subject: &str, message: &str) -> LogError {
    LogError::Sealing { subject: subject.to_owned(), message: message.to_owned() }
}
