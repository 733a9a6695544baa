//! Places for connections, and what each connection is doing.
//!
//! Anybody can connect and say nothing. So a place is not kept for whoever has it: who comes when all are taken gets that
//! of a connection without a call. Whoever would keep others out must be quicker than their first call is.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::room::Room;

/// What connections may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many connections there are. Who comes when there are so many gets the place of whoever has been without a call
    /// for longest, of those first of whom nobody knows who they are; nobody who is being answered gives way.
    pub connections: usize,
    /// How long a connection may take to its first call, from its beginning.
    pub greeting: Duration,
    /// How long the kernel may take nothing of what is to be sent to a client before it is cut off. Whoever reads slowly
    /// but reads has all the time there is.
    pub stalled: Duration,
    /// The most bytes of what a connection sends that are held for it.
    pub room: usize,
}

/// All places.
#[derive(Debug, Clone)]
pub struct Places(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
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
    /// When it last began, or a call of it did, or ended.
    since: Instant,
    /// Dropped when it must go.
    _stay: oneshot::Sender<()>,
}

/// A connection's place, as its calls see it.
#[derive(Debug, Clone)]
pub struct Visitor(Arc<Visit>);

#[derive(Debug)]
struct Visit {
    places: Places,
    number: u64,
    greeted: AtomicBool,
    room: Room,
}

/// A connection's place, as long as it lasts.
#[derive(Debug)]
pub struct Place {
    visitor: Visitor,
    /// Ends when it must go; nothing once it has.
    stay: Option<oneshot::Receiver<()>>,
}

/// A call that is being answered, as long as it is.
#[derive(Debug)]
pub struct Call(Visitor);

impl Places {
    /// So many.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Shared { limits, present: Mutex::default() }))
    }

    /// What connections may take.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// A place for one more; none where everybody is being answered.
    #[must_use]
    pub fn enter(&self) -> Option<Place> {
        let mut present = self.present();
        if present.connections.len() >= self.0.limits.connections {
            present.have_one_go()?;
        }
        let number = present.next;
        present.next += 1;
        let (stay, told) = oneshot::channel();
        let presence = Presence { known: false, calls: 0, since: Instant::now(), _stay: stay };
        present.connections.insert(number, presence);
        drop(present);
        Some(Place { visitor: self.visitor(number), stay: Some(told) })
    }

    /// Has the connection go that would give way to the next one, for what it holds is needed.
    pub fn have_one_go(&self) {
        // Where everybody is being answered, nobody goes.
        let _ = self.present().have_one_go();
    }

    /// Somebody who came by no connection.
    #[must_use]
    pub fn nobody(&self) -> Visitor {
        self.visitor(u64::MAX)
    }

    fn visitor(&self, number: u64) -> Visitor {
        let room = Room::new(self.0.limits.room);
        Visitor(Arc::new(Visit { places: self.clone(), number, greeted: AtomicBool::new(false), room }))
    }

    /// No code panics while it holds the lock, so that a poisoned one is whole.
    fn present(&self) -> MutexGuard<'_, Present> {
        self.0.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    fn have_one_go(&mut self) -> Option<()> {
        let idle = self.connections.iter().filter(|(_, presence)| presence.calls == 0);
        let (gives_way, _) = idle.min_by_key(|(_, presence)| (presence.known, presence.since))?;
        let gives_way = *gives_way;
        self.connections.remove(&gives_way).map(drop)
    }
}

impl Place {
    /// Ready once it must go.
    pub(crate) fn poll_gone(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(stay) = &mut self.stay {
            // Nobody sends: whoever has it go drops the other end.
            let _ = ready!(Pin::new(stay).poll(context));
            self.stay = None;
        }
        Poll::Ready(())
    }

    /// As calls see it.
    #[must_use]
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.visitor.0.places.present().connections.remove(&self.visitor.0.number);
    }
}

impl Visitor {
    /// A call of theirs has begun to come.
    pub fn greet(&self) {
        self.0.greeted.store(true, Ordering::Relaxed);
        self.0.places.with(self.0.number, |presence| presence.since = Instant::now());
    }

    /// Whether a call of theirs has ever begun to come.
    #[must_use]
    pub fn has_greeted(&self) -> bool {
        self.0.greeted.load(Ordering::Relaxed)
    }

    /// They have shown who they are.
    pub fn know(&self) {
        self.0.places.with(self.0.number, |presence| presence.known = true);
    }

    /// A call of theirs is being answered.
    #[must_use]
    pub fn call(&self) -> Call {
        self.0.greeted.store(true, Ordering::Relaxed);
        self.0.places.with(self.0.number, |presence| presence.calls += 1);
        Call(self.clone())
    }

    /// All places.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.0.places
    }

    /// What is held of what they send.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.0.room
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
        let long = Duration::from_secs(3600);
        Places::new(Limits { connections, greeting: long, stalled: long, room: 0 })
    }

    fn is_cut(place: &mut Place) -> bool {
        let mut context = Context::from_waker(std::task::Waker::noop());
        let gone = place.poll_gone(&mut context).is_ready();
        assert_eq!(place.poll_gone(&mut context).is_ready(), gone, "asked again it is as it was");
        gone
    }

    #[tokio::test]
    async fn a_stranger_gives_way_first_then_who_was_idle_longest_and_nobody_who_is_being_answered() {
        let places = places(3);
        let (mut answered, mut idle) = (places.enter().unwrap(), places.enter().unwrap());
        let call = answered.visitor().call();
        idle.visitor().know();
        drop(idle.visitor().call());
        let mut silent = places.enter().unwrap();
        let mut fourth = places.enter().unwrap();
        assert!(is_cut(&mut silent) && !is_cut(&mut idle) && !is_cut(&mut answered));
        fourth.visitor().know();
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
