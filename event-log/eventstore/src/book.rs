//! What is known of the book: the numbers of its events, and the news of more.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{PoisonError, RwLock};

use event_log::{Position, StreamName};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::numbering::{Numbering, Token};

/// How many of the latest events are known by their ids, for whoever appended them and waits for their numbers.
const RECENT_EVENTS: usize = 1 << 13;

/// An event as its writer knows it. The same id in another stream is another event.
pub(crate) type Known = (Uuid, StreamName);

/// Shared by the follower, which adds, and everybody who reads.
#[derive(Debug)]
pub(crate) struct Book {
    state: RwLock<State>,
    /// Tells the follower that there is something new.
    pub(crate) wake: Notify,
    pub(crate) news: watch::Receiver<Position>,
}

#[derive(Debug, Default)]
struct State {
    numbering: Numbering,
    recent: HashMap<Known, Position>,
    order: VecDeque<Known>,
    /// Numbers of the latest events that this process was told that it wrote.
    claimed: HashSet<Position>,
    claims: VecDeque<Position>,
}

impl Book {
    pub(crate) fn new(numbering: Numbering, news: watch::Receiver<Position>) -> Self {
        let state = State { numbering, ..State::default() };
        Self { state: RwLock::new(state), wake: Notify::new(), news }
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives the next numbers.
    pub(crate) fn push(&self, events: impl IntoIterator<Item = (Token, Option<Known>)>) -> Position {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        for (token, known) in events {
            let position = state.numbering.next();
            if !state.numbering.push(token) {
                continue;
            }
            if let Some(known) = known {
                state.order.push_back(known.clone());
                state.recent.insert(known, position);
            }
            if state.order.len() > RECENT_EVENTS
                && let Some(oldest) = state.order.pop_front()
                && state.recent.get(&oldest).is_some_and(|at| at.0 + RECENT_EVENTS as u64 <= position.0)
            {
                state.recent.remove(&oldest);
            }
        }
        state.numbering.next()
    }

    pub(crate) fn next(&self) -> Position {
        self.read(|state| state.numbering.next())
    }

    pub(crate) fn last(&self) -> Option<Token> {
        self.read(|state| state.numbering.last())
    }

    pub(crate) fn token(&self, position: Position) -> Option<Token> {
        self.read(|state| state.numbering.token(position))
    }

    pub(crate) fn position(&self, token: Token) -> Option<Position> {
        self.read(|state| state.numbering.position(token))
    }

    pub(crate) fn recent(&self, known: &Known) -> Option<Position> {
        self.read(|state| state.recent.get(known).copied())
    }

    /// Whether the caller is the first to be told that it wrote the event at `position`.
    pub(crate) fn claim(&self, position: Position) -> bool {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let first = state.claimed.insert(position);
        if first {
            state.claims.push_back(position);
        }
        if state.claims.len() > RECENT_EVENTS
            && let Some(oldest) = state.claims.pop_front()
        {
            state.claimed.remove(&oldest);
        }
        first
    }
}
