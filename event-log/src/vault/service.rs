//! [`KeyService`]: whoever keeps the subjects' keys.
//!
//! This process does, with a [`Vault`] of its own; or another node's; or, one day, a key-management service. What they
//! have in common is that asking takes time and may fail, so that keys are asked for before the work that needs them, for
//! all its subjects at once, and dropped after it.

use std::sync::Arc;

use async_trait::async_trait;

use super::{SubjectKeys, Vault};
use crate::LogError;

/// Whoever keeps the subjects' keys.
///
/// Invariants: a destroyed subject never gets a key again; nobody keeps an opened key of another's for longer than
/// [`super::KeyCache::TERM`], so that by then a destroyed one is gone everywhere.
#[async_trait]
pub trait KeyService: Send + Sync + 'static {
    /// Keys to seal with; a subject that has none gets one. They are durable when this returns, so that what is sealed with
    /// them may be appended.
    ///
    /// # Errors
    /// [`LogError::Sealing`] for a destroyed subject; [`LogError::Invalid`] for an empty or overlong name;
    /// [`LogError::Unavailable`] when whoever keeps them does not answer.
    async fn keys_to_seal(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError>;

    /// Keys to open with: of those subjects that have one.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] when whoever keeps them does not answer.
    async fn keys_to_open(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError>;

    /// Destroys a subject's key for good and sees to it that it never gets another. True when there was a key. May be
    /// called again.
    ///
    /// # Errors
    /// As [`Self::keys_to_seal`]; [`LogError::WriteFailed`].
    async fn destroy(&self, subject: &str) -> Result<bool, LogError>;

    /// Drops the opened keys that were kept for long enough. To be called every few seconds.
    fn forget_stale(&self);
}

/// The keys in this process's own vault.
#[derive(Debug, Clone)]
pub struct OwnKeys(pub Arc<Vault>);

impl OwnKeys {
    /// Waits for the disk, so on a thread of its own.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vault) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let vault = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&vault)).await.map_err(|_| LogError::Closed)?
    }
}

#[async_trait]
impl KeyService for OwnKeys {
    async fn keys_to_seal(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError> {
        let keys = self.0.keys_to_seal(subjects)?;
        if self.0.has_unwritten_keys() {
            self.blocking(Vault::sync).await?;
        }
        Ok(keys)
    }

    async fn keys_to_open(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError> {
        self.0.keys_to_open(subjects)
    }

    async fn destroy(&self, subject: &str) -> Result<bool, LogError> {
        let subject = subject.to_owned();
        self.blocking(move |vault| vault.destroy(&subject)).await
    }

    fn forget_stale(&self) {
        self.0.forget_stale();
    }
}
