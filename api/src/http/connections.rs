//! The connections that stay open: they are bounded, for each who asks and for all, and a stopping server closes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::auth::Viewer;

/// How many connections may stay open. Each subscription reads the book for itself, so that many cost reading and not
/// memory; an address that wants more needs another server.
const MAX_CONNECTIONS: u32 = 512;

/// How many of them may be of those who have not said who they are, so that there is always room for who has.
const MAX_OF_STRANGERS: usize = 256;

/// How many of them may be of one who has: some devices, with some tabs on each.
const MAX_OF_ONE: usize = 32;

/// How long a stopping server waits for its connections: longer than one takes to say goodbye.
const CLOSING: Duration = Duration::from_secs(5);

/// The connections that stay open.
#[derive(Debug)]
pub struct Connections {
    places: Arc<Semaphore>,
    /// How many each has; the empty name is of those who have not said theirs.
    taken: Arc<Mutex<HashMap<String, usize>>>,
    closing: watch::Sender<bool>,
}

impl Default for Connections {
    fn default() -> Self {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
        Self { places, taken: Arc::default(), closing: watch::Sender::default() }
    }
}

/// A place for a connection, as long as it is held.
#[derive(Debug)]
pub(super) struct Place {
    of: String,
    taken: Arc<Mutex<HashMap<String, usize>>>,
    _permit: OwnedSemaphorePermit,
}

/// Tells when connections are to be closed.
#[derive(Debug)]
pub(super) struct Closing(watch::Receiver<bool>);

impl Connections {
    /// A place for one more, if there is any for who asks.
    pub(super) fn enter(&self, viewer: &Viewer) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let of = viewer.identity().map(|who| format!("{}:{}", who.role.name(), who.subject)).unwrap_or_default();
        let most = if of.is_empty() { MAX_OF_STRANGERS } else { MAX_OF_ONE };
        let mut taken = locked(&self.taken);
        let places = taken.entry(of.clone()).or_default();
        if *places >= most {
            return None;
        }
        *places += 1;
        drop(taken);
        metrics::gauge!("marktboek_websockets").increment(1.0);
        Some(Place { of, taken: Arc::clone(&self.taken), _permit: permit })
    }

    /// Tells when connections are to be closed.
    pub(super) fn closing(&self) -> Closing {
        Closing(self.closing.subscribe())
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

/// No code panics while it holds the lock, so that a poisoned one is whole.
fn locked(taken: &Mutex<HashMap<String, usize>>) -> MutexGuard<'_, HashMap<String, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Closing {
    /// Waits until the connection is to be closed.
    pub(super) async fn wait(mut self) {
        // The sender lives as long as the server; without it there is nothing to wait for either.
        let _ = self.0.wait_for(|closing| *closing).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("marktboek_websockets").decrement(1.0);
        let mut taken = locked(&self.taken);
        if let Some(places) = taken.get_mut(&self.of) {
            *places -= 1;
            if *places == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::metadata::Role;

    #[test]
    fn nobody_takes_all_places_and_who_leaves_makes_room() {
        let connections = Connections::default();
        let strangers: Vec<_> = (0..=MAX_OF_STRANGERS).map_while(|_| connections.enter(&Viewer::default())).collect();
        assert_eq!(strangers.len(), MAX_OF_STRANGERS);
        let viewer = |name: usize| Viewer::known(Role::Auditor, &name.to_string());
        let of_one: Vec<_> = (0..=MAX_OF_ONE).map_while(|_| connections.enter(&viewer(0))).collect();
        assert_eq!(of_one.len(), MAX_OF_ONE);
        let others: Vec<_> = (1..).map_while(|name| connections.enter(&viewer(name))).collect();
        assert_eq!(strangers.len() + of_one.len() + others.len(), MAX_CONNECTIONS as usize);
        drop((strangers, of_one, others));
        assert!(connections.enter(&Viewer::default()).is_some() && connections.enter(&viewer(0)).is_some());
        assert!(locked(&connections.taken).is_empty());
    }
}
