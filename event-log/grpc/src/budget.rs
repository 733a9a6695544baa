//! Bytes that are held of what a client is appending: of the room of its connection, and of that of all.

use places::{Charge as Held, Room};

use crate::refusal::Refusal;

/// What a connection may hold.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    pub(crate) own: Room,
    pub(crate) all: Room,
}

impl Budget {
    /// Nothing yet.
    pub(crate) fn charge(&self) -> Charge {
        Charge { own: self.own.charge(), all: self.all.charge() }
    }
}

/// Bytes that are held until it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    own: Held,
    all: Held,
}

impl Charge {
    /// Holds more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.own.grow(bytes).map_err(|_| Refusal::ConnectionFull)?;
        self.all.grow(bytes).map_err(|_| Refusal::NodeFull)
    }

    /// Holds what another held of the same budget.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.own.absorb(other.own);
        self.all.absorb(other.all);
    }
}
