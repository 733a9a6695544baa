//! Where both programs keep what: one directory, `--data`.
//!
//! ```text
//! <data>/log/            the book: the only thing that can't be made again
//!        numbers/        where a book in a cluster has which number, instead of log/: disposable
//!        vault/          the subjects' keys: without them, personal data is gone
//!        master.key      the master key, unless MARKTBOEK_MASTER_KEY_FILE names another file
//!        photos/         photos, sealed
//!        heads/          the book's signed heads, and the keys that sign them
//!        token-secret    what tokens are signed with, unless MARKTBOEK_TOKEN_SECRET_FILE names another file
//!        views/          the served views: disposable
//!        reactors/       where each reactor begins after a restart: disposable
//! ```

use std::path::{Path, PathBuf};

use event_log::vault::MasterKey;
use event_log::{LogError, Vault};

/// The environment variable that names the master key's file.
pub const MASTER_KEY_FILE: &str = "MARKTBOEK_MASTER_KEY_FILE";
/// The environment variable that names the token secret's file.
pub const TOKEN_SECRET_FILE: &str = "MARKTBOEK_TOKEN_SECRET_FILE";

/// A data directory.
#[derive(Debug, Clone)]
pub struct DataDirectory(PathBuf);

impl DataDirectory {
    /// The data directory at a path.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The book.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The numbers of the events of a book that is in a cluster.
    #[must_use]
    pub fn numbers(&self) -> PathBuf {
        self.0.join("numbers")
    }

    /// The subjects' keys.
    #[must_use]
    pub fn vault(&self) -> PathBuf {
        self.0.join("vault")
    }

    /// The served views.
    #[must_use]
    pub fn views(&self) -> PathBuf {
        self.0.join("views")
    }

    /// Photos.
    #[must_use]
    pub fn photos(&self) -> PathBuf {
        self.0.join("photos")
    }

    /// The book's signed heads, and the keys that sign them.
    #[must_use]
    pub fn heads(&self) -> PathBuf {
        self.0.join("heads")
    }

    /// Mails, where no mail server is named.
    #[must_use]
    pub fn mail(&self) -> PathBuf {
        self.0.join("mail")
    }

    /// Where reactors note how far they have come.
    #[must_use]
    pub fn reactors(&self) -> PathBuf {
        self.0.join("reactors")
    }

    /// The file of the secret that tokens are signed with.
    #[must_use]
    pub fn token_secret(&self) -> PathBuf {
        std::env::var_os(TOKEN_SECRET_FILE).map_or_else(|| self.0.join("token-secret"), PathBuf::from)
    }

    /// The master key's file.
    #[must_use]
    pub fn master_key(&self) -> PathBuf {
        std::env::var_os(MASTER_KEY_FILE).map_or_else(|| self.0.join("master.key"), PathBuf::from)
    }

    /// Opens the vault for writing. The master key is generated where there is none and no file was named; the answer
    /// says whether it was, for people must be told that it lies beside what it protects.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn open_vault(&self) -> Result<(Vault, bool), LogError> {
        let (master, generated) = match std::env::var_os(MASTER_KEY_FILE) {
            Some(file) => (MasterKey::from_file(PathBuf::from(file))?, false),
            None => MasterKey::load_or_generate(self.master_key())?,
        };
        Ok((Vault::open(self.vault(), master)?, generated))
    }

    /// Opens the vault for reading; none when the master key is not at hand: then what is sealed stays so.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn open_vault_read_only(&self) -> Result<Option<Vault>, LogError> {
        let master_key = self.master_key();
        if !master_key.exists() || !self.vault().exists() {
            return Ok(None);
        }
        Vault::open_read_only(self.vault(), MasterKey::from_file(master_key)?).map(Some)
    }
}
