//! What waits for the writer. Bounded in bytes: who finds no room waits for it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::limits::MAX_QUEUED_BYTES;
use crate::{Appended, LogError, StreamAppend};

/// What became of each append of a request.
pub(super) type Outcomes = Vec<Result<Appended, LogError>>;

/// What a caller gets. Its appends come back to be freed where they were made: freeing them in the writer's thread would
/// hold up the next group.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) outcomes: Outcomes,
    pub(super) appends: Vec<StreamAppend>,
}

/// Some appends of one caller, who waits for all of them.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) appends: Vec<StreamAppend>,
    pub(super) reply: oneshot::Sender<Result<Answer, LogError>>,
}

/// The queue between callers and the writer.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    room: Semaphore,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Request>,
    /// The writer sleeps until this many wait: waking it for each would cost more than the appends.
    wanted: usize,
    closed: Option<LogError>,
}

impl Queue {
    pub(super) fn new() -> Self {
        let state = State { waiting: VecDeque::new(), wanted: 1, closed: None };
        Self { state: Mutex::new(state), arrived: Condvar::new(), room: Semaphore::new(MAX_QUEUED_BYTES) }
    }

    /// Waits for room for a request of `bytes`; the room is free again when the permit is dropped.
    pub(super) async fn room(&self, bytes: usize) -> Result<SemaphorePermit<'_>, LogError> {
        // A request larger than the whole queue gets all of it.
        let permits = u32::try_from(bytes.min(MAX_QUEUED_BYTES)).unwrap_or(u32::MAX);
        self.room.acquire_many(permits).await.map_err(|_| self.why_closed())
    }

    /// Adds a request.
    pub(super) fn push(&self, request: Request) -> Result<(), LogError> {
        let mut state = self.state();
        if let Some(error) = &state.closed {
            return Err(error.clone());
        }
        state.waiting.push_back(request);
        let enough = state.waiting.len() == state.wanted;
        drop(state);
        if enough {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Waits for requests and takes all. False when the queue is closed and empty.
    pub(super) fn take(&self, taken: &mut VecDeque<Request>) -> bool {
        let mut state = self.state();
        state.wanted = 1;
        let state = self.arrived.wait_while(state, State::is_short).unwrap_or_else(PoisonError::into_inner);
        State::take(state, taken)
    }

    /// Waits until `wanted` requests wait, but not longer than `window`, and takes all. False when none came.
    pub(super) fn take_within(&self, wanted: usize, window: Duration, taken: &mut VecDeque<Request>) -> bool {
        let mut state = self.state();
        state.wanted = wanted;
        let waited = self.arrived.wait_timeout_while(state, window, State::is_short);
        State::take(waited.unwrap_or_else(PoisonError::into_inner).0, taken)
    }

    /// How many requests wait.
    pub(super) fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// Takes nothing more; what waits is still written. The first reason stays.
    pub(super) fn close(&self, why: LogError) {
        self.state().closed.get_or_insert(why);
        self.room.close();
        self.arrived.notify_one();
    }

    /// Why nothing more is taken.
    pub(super) fn why_closed(&self) -> LogError {
        self.state().closed.clone().unwrap_or(LogError::Closed)
    }

    /// No code panics while it holds the lock, so that a poisoned one is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_short(&mut self) -> bool {
        self.waiting.len() < self.wanted && self.closed.is_none()
    }

    fn take(mut state: MutexGuard<'_, Self>, taken: &mut VecDeque<Request>) -> bool {
        std::mem::swap(&mut state.waiting, taken);
        !taken.is_empty()
    }
}
