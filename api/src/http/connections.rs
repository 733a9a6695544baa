//! The connections that stay open: they are bounded, and a stopping server closes them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How many connections may stay open. Each subscription reads the book for itself, so that many cost reading and not
/// memory; an address that wants more needs another server.
const MAX_CONNECTIONS: u32 = 512;

/// How long a stopping server waits for its connections: longer than one takes to say goodbye.
const CLOSING: Duration = Duration::from_secs(5);

/// The connections that stay open.
#[derive(Debug)]
pub struct Connections {
    places: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

impl Default for Connections {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MAX_CONNECTIONS as usize)), closing: watch::Sender::default() }
    }
}

/// A place for a connection, as long as it is held.
#[derive(Debug)]
pub(super) struct Place {
    closing: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    /// A place for one more, if there is any.
    pub(super) fn enter(&self) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        metrics::gauge!("marktboek_websockets").increment(1.0);
        Some(Place { closing: self.closing.subscribe(), _permit: permit })
    }

    /// Has all connections closed, and waits until they are. There are no new ones from then on.
    pub async fn close(&self) {
        self.closing.send_replace(true);
        match tokio::time::timeout(CLOSING, self.places.acquire_many(MAX_CONNECTIONS)).await {
            // Whoever holds all the places keeps them.
            Ok(all) => all.into_iter().for_each(tokio::sync::SemaphorePermit::forget),
            Err(_) => tracing::warn!("some connections did not close within {} s", CLOSING.as_secs()),
        }
    }
}

impl Place {
    /// Waits until the connection is to be closed.
    pub(super) async fn closing(&self) {
        // The sender lives as long as the server; without it there is nothing to wait for either.
        let _ = self.closing.clone().wait_for(|closing| *closing).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("marktboek_websockets").decrement(1.0);
    }
}
