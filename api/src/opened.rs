//! What is in a data directory, opened by the one process that may write it.

use std::fs;
use std::sync::Arc;

use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, KeyService, OwnKeys};
use event_log_eventstore::{Engine, EventStoreLog};
use projections::data_directory::{DataDirectory, MASTER_KEY_FILE};

use crate::ApiError;
use crate::keys::KeyPlace;
use crate::photos::{Photos, Place};
use crate::token::Signer;

/// What is in a data directory.
pub struct Opened {
    /// The book.
    pub log: Arc<dyn EventLog>,
    /// Whoever keeps the subjects' keys.
    pub keys: Arc<dyn KeyService>,
    /// The photos.
    pub photos: Photos,
    /// What signs tokens.
    pub signer: Arc<Signer>,
}

/// Where the parts are that need not be in the data directory.
#[derive(Debug, Clone)]
pub struct Places {
    /// Which engine keeps the book.
    pub log: Engine,
    /// Who keeps the subjects' keys.
    pub keys: KeyPlace,
    /// Where photos are kept.
    pub photos: Place,
}

impl Places {
    /// Everything in the data directory.
    #[must_use]
    pub fn own(data: &DataDirectory) -> Self {
        Self { log: Engine::Embedded, keys: KeyPlace::Own, photos: Place::Directory(data.photos()) }
    }
}

impl Opened {
    /// Opens what is in a data directory, which is made if it is not there. Checks every record of the book; blocks.
    ///
    /// # Errors
    /// That another process writes it; what the log and the vault say.
    pub fn open(data: &DataDirectory) -> Result<Self, ApiError> {
        Self::around(embedded(data)?, &Places::own(data), data)
    }

    /// As [`Self::open`], with parts in other places. To be called before anything else in the process speaks TLS.
    ///
    /// # Errors
    /// As [`Self::open`]; also what the other places say.
    pub async fn in_places(places: &Places, data: &DataDirectory) -> Result<Self, ApiError> {
        let log: Arc<dyn EventLog> = match &places.log {
            Engine::Embedded => embedded(data)?,
            Engine::EventStore(connection) => Arc::new(EventStoreLog::open(connection, data.numbers()).await?),
        };
        Self::around(log, places, data)
    }

    fn around(log: Arc<dyn EventLog>, places: &Places, data: &DataDirectory) -> Result<Self, ApiError> {
        fs::create_dir_all(data.path()).map_err(ApiError::io("making", data.path()))?;
        let signer = Arc::new(Signer::from_file(&data.token_secret())?);
        let keys = match &places.keys {
            KeyPlace::Own => own_keys(data)?,
            KeyPlace::Node(node) => Arc::new(node.open(&signer)?),
        };
        let photos = Photos::open(&places.photos, Arc::clone(&keys))?;
        Ok(Self { log, keys, photos, signer })
    }
}

fn embedded(data: &DataDirectory) -> Result<Arc<dyn EventLog>, ApiError> {
    fs::create_dir_all(data.path()).map_err(ApiError::io("making", data.path()))?;
    let log = EmbeddedLog::open(data.log(), &EmbeddedOptions::default())?;
    if let Some(torn) = log.recovered() {
        tracing::warn!(?torn, "the book had an unfinished end, as a crash leaves it; it was cut and kept aside");
    }
    Ok(Arc::new(log))
}

fn own_keys(data: &DataDirectory) -> Result<Arc<dyn KeyService>, ApiError> {
    let (vault, generated) = data.open_vault()?;
    if generated {
        tracing::warn!(
            path = %data.master_key().display(),
            "a master key was made beside the data that it protects; for more than trying out, keep it elsewhere and \
             name its file in {MASTER_KEY_FILE}. Whoever loses it has lost all personal data"
        );
    }
    if let Some(torn) = vault.recovered() {
        tracing::warn!(?torn, "the key file had an unfinished end, as a crash leaves it; it was cut and kept aside");
    }
    Ok(Arc::new(OwnKeys(Arc::new(vault))))
}
