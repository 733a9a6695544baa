//! Places for connections, and what each connection is doing.
//!
//! Anybody can connect and say nothing. So a place is not kept for whoever has it: who comes when all are taken gets that
//! of a connection without a call. Whoever would keep others out must be quicker than their first call is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use crate::budget::Budget;
use crate::limits::Limits;

/// All places.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
    /// What all connections may hold.
    room: Arc<Semaphore>,
    present: Mutex<Present>,
}

#[derive(Debug, Default)]
struct Present {
    next: u64,
    connections: HashMap<u64, Presence>,
}

/// What a connection is doing.
#[derive(Debug)]
struct Presence {
    known: bool,
    calls: usize,
    /// Since when it has had that many calls, where it has none.
    since: Instant,
    /// Dropped when it must go.
    _stay: oneshot::Sender<()>,
}

/// A connection's place, as its calls see it.
#[derive(Debug, Clone)]
pub(crate) struct Visitor(Arc<Visit>);

#[derive(Debug)]
struct Visit {
    places: Places,
    number: u64,
    known: AtomicBool,
    room: Arc<Semaphore>,
}

/// A connection's place, as long as it lasts.
#[derive(Debug)]
pub(crate) struct Place {
    visitor: Visitor,
    /// Ends when it must go.
    pub(crate) stay: oneshot::Receiver<()>,
}

/// A call that was let in, as long as it lasts.
#[derive(Debug)]
pub(crate) struct Call(Visitor);

impl Places {
    pub(crate) fn new(limits: Limits) -> Self {
        let room = Arc::new(Semaphore::new(limits.held_bytes));
        Self(Arc::new(Shared { limits, room, present: Mutex::default() }))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// A place for one more; none where everybody is being answered.
    pub(crate) fn enter(&self) -> Option<Place> {
        let mut present = self.present();
        if present.connections.len() >= self.0.limits.connections {
            let idle = present.connections.iter().filter(|(_, presence)| presence.calls == 0);
            let (gives_way, _) = idle.min_by_key(|(_, presence)| (presence.known, presence.since))?;
            let gives_way = *gives_way;
            present.connections.remove(&gives_way);
        }
        let number = present.next;
        present.next += 1;
        let (stay, told) = oneshot::channel();
        let presence = Presence { known: false, calls: 0, since: Instant::now(), _stay: stay };
        present.connections.insert(number, presence);
        drop(present);
        Some(Place { visitor: self.visitor(number), stay: told })
    }

    /// Somebody who came by no connection.
    pub(crate) fn nobody(&self) -> Visitor {
        self.visitor(u64::MAX)
    }

    fn visitor(&self, number: u64) -> Visitor {
        let room = Arc::new(Semaphore::new(self.0.limits.held_bytes_per_connection));
        Visitor(Arc::new(Visit { places: self.clone(), number, known: AtomicBool::new(false), room }))
    }

    /// No code panics while it holds the lock, so that a poisoned one is whole.
    fn present(&self) -> MutexGuard<'_, Present> {
        self.0.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(crate) fn visitor(&self) -> &Visitor {
        &self.visitor
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.visitor.0.places.present().connections.remove(&self.visitor.0.number);
    }
}

impl Visitor {
    /// Whether a call of theirs was ever let in.
    pub(crate) fn is_known(&self) -> bool {
        self.0.known.load(Ordering::Relaxed)
    }

    /// A call that was let in.
    pub(crate) fn call(&self) -> Call {
        self.0.known.store(true, Ordering::Relaxed);
        self.0.places.with(self.0.number, |presence| {
            presence.known = true;
            presence.calls += 1;
        });
        Call(self.clone())
    }

    /// What they may hold.
    pub(crate) fn budget(&self) -> Budget {
        Budget::new(Arc::clone(&self.0.room), Arc::clone(&self.0.places.0.room))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Visit { places, number, .. } = self.0.0.as_ref();
        places.with(*number, |presence| {
            presence.calls -= 1;
            presence.since = Instant::now();
        });
    }
}

impl Places {
    fn with(&self, number: u64, change: impl FnOnce(&mut Presence)) {
        // Who had to go is not there any more.
        if let Some(presence) = self.present().connections.get_mut(&number) {
            change(presence);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

    use super::*;

    fn places(connections: usize) -> Places {
        Places::new(Limits { connections, ..Limits::default() })
    }

    fn is_cut(place: &mut Place) -> bool {
        place.stay.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[tokio::test]
    async fn who_never_called_gives_way_first_then_who_was_idle_longest_and_nobody_who_is_being_answered() {
        let places = places(3);
        let (mut answered, mut idle) = (places.enter().unwrap(), places.enter().unwrap());
        let call = answered.visitor().call();
        drop(idle.visitor().call());
        let mut silent = places.enter().unwrap();
        let mut fourth = places.enter().unwrap();
        assert!(is_cut(&mut silent) && !is_cut(&mut idle) && !is_cut(&mut answered));
        let fifth_call = fourth.visitor().call();
        let mut fifth = places.enter().unwrap();
        assert!(is_cut(&mut idle) && !is_cut(&mut fourth));
        let sixth_call = fifth.visitor().call();
        assert!(places.enter().is_none(), "all are being answered");
        drop((call, fifth_call, sixth_call));
        drop(places.enter().unwrap());
        assert!(is_cut(&mut answered) && !is_cut(&mut fourth) && !is_cut(&mut fifth));
    }

    #[tokio::test]
    async fn a_place_is_free_when_its_connection_ends() {
        let places = places(1);
        for _ in 0..3 {
            let mut place = places.enter().unwrap();
            let _call = place.visitor().call();
            assert!(!is_cut(&mut place));
        }
    }
}
