//! Bytes that are held of what clients send: so many, and who finds no room does not wait for it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// There is no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("as much is held of what clients send as may be")]
pub struct Full;

/// Room for so many bytes.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

impl Room {
    /// For so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// Nothing yet.
    #[must_use]
    pub fn charge(&self) -> Charge {
        Charge { room: self.clone(), held: None }
    }
}

/// Bytes that are held; there is room for others again when it is dropped.
#[derive(Debug)]
pub struct Charge {
    room: Room,
    held: Option<OwnedSemaphorePermit>,
}

impl Charge {
    /// Holds more.
    ///
    /// # Errors
    /// [`Full`], and what was held before still is. Nobody waits: many who each hold a part would wait for one another.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        // A request for more than fits finds no room either way.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.room.0).try_acquire_many_owned(bytes).map_err(|_| Full)?;
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }

    /// Holds what another held of the same room.
    pub fn absorb(&mut self, other: Self) {
        match (&mut self.held, other.held) {
            (Some(held), Some(other)) => held.merge(other),
            (held @ None, other) => *held = other,
            (Some(_), None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

    use super::*;

    #[test]
    fn what_is_not_held_any_more_leaves_room() {
        let room = Room::new(150);
        let (mut one, mut other, mut third) = (room.charge(), room.charge(), room.charge());
        one.grow(60).unwrap();
        one.grow(40).unwrap();
        assert_eq!(other.grow(51), Err(Full));
        other.grow(50).unwrap();
        drop(one);
        third.grow(100).unwrap();
        other.absorb(third);
        assert_eq!(room.charge().grow(1), Err(Full));
        drop(other);
        room.charge().grow(150).unwrap();
        assert_eq!(room.charge().grow(usize::MAX), Err(Full));
    }
}
