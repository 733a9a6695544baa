//! What is in a data directory, opened by the one process that may write it.

use std::fs;
use std::sync::Arc;

use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, Vault};
use event_log_eventstore::{Engine, EventStoreLog};
use projections::data_directory::{DataDirectory, MASTER_KEY_FILE};

use crate::ApiError;
use crate::photos::{Photos, Place};
use crate::token::Signer;

/// What is in a data directory.
pub struct Opened {
    /// The book.
    pub log: Arc<dyn EventLog>,
    /// The subjects' keys.
    pub vault: Arc<Vault>,
    /// The photos.
    pub photos: Photos,
    /// What signs tokens.
    pub signer: Signer,
}

impl Opened {
    /// Opens what is in a data directory, which is made if it is not there. Checks every record of the book; blocks.
    ///
    /// # Errors
    /// That another process writes it; what the log and the vault say.
    pub fn open(data: &DataDirectory) -> Result<Self, ApiError> {
        Self::with_photos_in(&Place::Directory(data.photos()), data)
    }

    /// As [`Self::open`], with the photos in another place than the data directory.
    ///
    /// # Errors
    /// As [`Self::open`]; also what the photos' place says.
    pub fn with_photos_in(photos: &Place, data: &DataDirectory) -> Result<Self, ApiError> {
        fs::create_dir_all(data.path()).map_err(ApiError::io("making", data.path()))?;
        let log = EmbeddedLog::open(data.log(), &EmbeddedOptions::default())?;
        if let Some(torn) = log.recovered() {
            tracing::warn!(?torn, "the book had an unfinished end, as a crash leaves it; it was cut and kept aside");
        }
        Self::around(Arc::new(log), photos, data)
    }

    /// As [`Self::with_photos_in`], the book kept by this engine. To be called before anything else in the process speaks
    /// TLS.
    ///
    /// # Errors
    /// As [`Self::with_photos_in`]; also what the cluster says.
    pub async fn with_log(engine: &Engine, photos: &Place, data: &DataDirectory) -> Result<Self, ApiError> {
        match engine {
            Engine::Embedded => Self::with_photos_in(photos, data),
            Engine::EventStore(connection) => {
                let log = EventStoreLog::open(connection, data.numbers()).await?;
                Self::around(Arc::new(log), photos, data)
            }
        }
    }

    fn around(log: Arc<dyn EventLog>, photos: &Place, data: &DataDirectory) -> Result<Self, ApiError> {
        let (vault, generated) = data.open_vault()?;
        if generated {
            tracing::warn!(
                path = %data.master_key().display(),
                "a master key was made beside the data that it protects; for more than trying out, keep it elsewhere and \
                 name its file in {MASTER_KEY_FILE}. Whoever loses it has lost all personal data"
            );
        }
        if let Some(torn) = vault.recovered() {
            tracing::warn!(
                ?torn,
                "the key file had an unfinished end, as a crash leaves it; it was cut and kept aside"
            );
        }
        let vault = Arc::new(vault);
        let photos = Photos::open(photos, Arc::clone(&vault))?;
        Ok(Self { log, vault, photos, signer: Signer::from_file(&data.token_secret())? })
    }
}
