//! What lies where on disk.
//!
//! ```text
//! <data>/log/           the book
//!        vault/         the subjects' keys, wrapped by the master key
//!        views/         the views: disposable
//!        photos/        photos, sealed
//!        reactors/      where each reactor begins after a restart: disposable
//!        master.key     the master key, where no file is named for it
//!        token-secret   what signs tokens, where no file is named for it
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, MasterKey, Vault};

use crate::ApiError;
use crate::photos::Photos;
use crate::token::Signer;

/// The variable that names the master key's file.
pub const MASTER_KEY_FILE: &str = "MARKTBOEK_MASTER_KEY_FILE";
/// The variable that names the token secret's file.
pub const TOKEN_SECRET_FILE: &str = "MARKTBOEK_TOKEN_SECRET_FILE";

/// A data directory.
#[derive(Debug, Clone)]
pub struct DataDirectory(PathBuf);

/// What is in a data directory, opened for writing by this process alone.
#[derive(Debug)]
pub struct Opened {
    /// The book.
    pub log: Arc<EmbeddedLog>,
    /// The subjects' keys.
    pub vault: Arc<Vault>,
    /// The photos.
    pub photos: Photos,
    /// What signs tokens.
    pub signer: Signer,
}

impl DataDirectory {
    /// The data directory at a path, which is made if it is not there.
    ///
    /// # Errors
    /// I/O errors.
    pub fn at(path: &Path) -> Result<Self, ApiError> {
        fs::create_dir_all(path).map_err(ApiError::io("making", path))?;
        Ok(Self(path.to_owned()))
    }

    /// Opens what is in it. Checks every record of the book; blocks.
    ///
    /// # Errors
    /// That another process writes it; what the log and the vault say.
    pub fn open(&self) -> Result<Opened, ApiError> {
        let log = EmbeddedLog::open(self.0.join("log"), &EmbeddedOptions::default())?;
        if let Some(torn) = log.recovered() {
            tracing::warn!(?torn, "the book had an unfinished end, as a crash leaves it; it was cut and kept aside");
        }
        let vault = Vault::open(self.0.join("vault"), self.master_key()?)?;
        if let Some(torn) = vault.recovered() {
            tracing::warn!(
                ?torn,
                "the key file had an unfinished end, as a crash leaves it; it was cut and kept aside"
            );
        }
        let vault = Arc::new(vault);
        let photos = Photos::open(self.0.join("photos"), Arc::clone(&vault))?;
        Ok(Opened { log: Arc::new(log), vault, photos, signer: self.signer()? })
    }

    /// What signs tokens.
    ///
    /// # Errors
    /// As [`Signer::from_file`].
    pub fn signer(&self) -> Result<Signer, ApiError> {
        let path = std::env::var_os(TOKEN_SECRET_FILE).map_or_else(|| self.0.join("token-secret"), PathBuf::from);
        Signer::from_file(&path)
    }

    /// Where the views lie.
    #[must_use]
    pub fn views(&self) -> PathBuf {
        self.0.join("views")
    }

    /// Where reactors note how far they have come.
    ///
    /// # Errors
    /// I/O errors.
    pub fn reactors(&self) -> Result<PathBuf, ApiError> {
        let path = self.0.join("reactors");
        fs::create_dir_all(&path).map_err(ApiError::io("making", &path))?;
        Ok(path)
    }

    fn master_key(&self) -> Result<MasterKey, ApiError> {
        if let Some(path) = std::env::var_os(MASTER_KEY_FILE) {
            return Ok(MasterKey::from_file(PathBuf::from(path))?);
        }
        let path = self.0.join("master.key");
        let (key, made) = MasterKey::load_or_generate(&path)?;
        if made {
            tracing::warn!(
                path = %path.display(),
                "a master key was made beside the data that it protects; for more than trying out, keep it elsewhere and \
                 name its file in {MASTER_KEY_FILE}. Whoever loses it has lost all personal data"
            );
        }
        Ok(key)
    }
}
