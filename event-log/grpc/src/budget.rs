//! Bytes that are held of what clients are appending: so many for a connection, and so many for all.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;

/// What a connection may hold.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    own: Arc<Semaphore>,
    all: Arc<Semaphore>,
}

impl Budget {
    pub(crate) fn new(own: Arc<Semaphore>, all: Arc<Semaphore>) -> Self {
        Self { own, all }
    }

    /// Nothing yet.
    pub(crate) fn charge(&self) -> Charge {
        Charge { budget: self.clone(), held: None }
    }
}

/// Bytes that are held; they are free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Budget,
    held: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

impl Charge {
    /// Holds more. Whoever finds no room does not wait for it: many who each hold a part would wait for one another.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let take = |from: &Arc<Semaphore>| Arc::clone(from).try_acquire_many_owned(bytes);
        let own = take(&self.budget.own).map_err(|_| Refusal::ConnectionFull)?;
        let all = take(&self.budget.all).map_err(|_| Refusal::NodeFull)?;
        match &mut self.held {
            Some((held_own, held_all)) => {
                held_own.merge(own);
                held_all.merge(all);
            }
            None => self.held = Some((own, all)),
        }
        Ok(())
    }

    /// Holds what another held.
    pub(crate) fn absorb(&mut self, other: Self) {
        match (&mut self.held, other.held) {
            (Some((own, all)), Some((other_own, other_all))) => {
                own.merge(other_own);
                all.merge(other_all);
            }
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
    fn what_is_not_held_any_more_is_free_again() {
        let all = Arc::new(Semaphore::new(150));
        let of = || Budget::new(Arc::new(Semaphore::new(100)), Arc::clone(&all));
        let (mut one, mut other) = (of().charge(), of().charge());
        one.grow(60).unwrap();
        one.grow(40).unwrap();
        assert!(matches!(one.grow(1), Err(Refusal::ConnectionFull)));
        assert!(matches!(other.grow(51), Err(Refusal::NodeFull)));
        other.grow(50).unwrap();
        drop(one);
        other.grow(50).unwrap();
        assert_eq!(all.available_permits(), 50);
    }
}
