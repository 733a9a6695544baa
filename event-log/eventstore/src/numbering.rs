//! Which event has which number.
//!
//! The server orders its events by a pair of places in its own log, a *token*, with gaps and with events of its own in
//! between; we count ours from 0. Numbers are given in the order of tokens and never change: nothing is inserted before
//! what has a number, because a server's log only grows at its end.

use event_log::Position;
use uuid::Uuid;

/// Where an event stands in the server's log. Stays inside this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token {
    pub(crate) commit: u64,
    pub(crate) prepare: u64,
}

impl From<eventstore::Position> for Token {
    fn from(position: eventstore::Position) -> Self {
        Self { commit: position.commit, prepare: position.prepare }
    }
}

impl From<Token> for eventstore::Position {
    fn from(token: Token) -> Self {
        Self { commit: token.commit, prepare: token.prepare }
    }
}

/// A numbered event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) token: Token,
    pub(crate) id: Uuid,
}

/// The tokens by number: 16 bytes an event.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    tokens: Vec<Token>,
}

impl Numbering {
    pub(crate) fn new(tokens: Vec<Token>) -> Self {
        Self { tokens }
    }

    /// The number that the next event will have.
    pub(crate) fn next(&self) -> Position {
        Position(self.tokens.len() as u64)
    }

    /// The token of the last event.
    pub(crate) fn last(&self) -> Option<Token> {
        self.tokens.last().copied()
    }

    /// Adds the event that comes next. One that has a number already keeps it.
    pub(crate) fn push(&mut self, token: Token) -> bool {
        let newer = self.last().is_none_or(|last| last < token);
        if newer {
            self.tokens.push(token);
        }
        newer
    }

    pub(crate) fn token(&self, position: Position) -> Option<Token> {
        self.tokens.get(usize::try_from(position.0).ok()?).copied()
    }

    /// The number of the event with this token; nothing when no event of ours has it.
    pub(crate) fn position(&self, token: Token) -> Option<Position> {
        self.tokens.binary_search(&token).ok().map(|at| Position(at as u64))
    }
}
