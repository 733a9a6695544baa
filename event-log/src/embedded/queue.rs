//! Where callers and the writer meet. A caller decides and encodes its appends itself, so that this goes on while the
//! writer waits for the disk. Bounded in bytes: who finds no room waits for it.
//!
//! While one group is synced the next one gathers, of those who were not in the first. So there are two groups of half
//! the callers where there could be one of all. On a fast disk that is best, for one half works while the other is
//! synced. On a slow disk it doubles everyone's wait; there the writer lets the other half come back first, where they
//! lately took much less time than a sync, and never waits for longer than that sync takes.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::task::spawn_blocking;

use super::group::Group;
use super::limits::MAX_QUEUED_BYTES;
use super::plan::{Ids, Plan, Verdict};
use super::reader::Reader;
use crate::{Appended, LogError, StreamAppend};

/// The longest wait for a group to gather, whatever a sync costs.
const MAX_GATHERING: Duration = Duration::from_millis(1);
/// Callers who are back within this part of a sync's time are worth waiting for.
const QUICK: u32 = 4;

/// What became of each append of a request.
pub(super) type Outcomes = Vec<Result<Appended, LogError>>;

/// What callers have decided, for the writer to take.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    room: Semaphore,
}

#[derive(Debug)]
struct State {
    plan: Plan,
    /// The writer sleeps until this many callers wait: waking it for each would cost more than the appends.
    wanted: usize,
    /// When that many waited.
    complete: Option<Instant>,
    /// When those who are wanted were answered.
    since: Instant,
    closed: Option<LogError>,
}

/// What the writer did last.
#[derive(Debug)]
pub(super) struct Synced {
    /// When the sync ended.
    pub(super) at: Instant,
    /// How long the write and the sync took.
    pub(super) took: Duration,
    /// How many callers waited for it.
    pub(super) answered: usize,
}

impl Synced {
    /// Nothing yet.
    pub(super) fn nothing() -> Self {
        Self { at: Instant::now(), took: Duration::ZERO, answered: 0 }
    }
}

/// How far a request has got.
enum Progress {
    Decided(oneshot::Receiver<Result<(), LogError>>),
    /// The next append's stream must be read from this revision on.
    Unread(u64),
}

impl Queue {
    pub(super) fn new(plan: Plan) -> Self {
        let state = State { plan, wanted: 1, complete: None, since: Instant::now(), closed: None };
        Self { state: Mutex::new(state), arrived: Condvar::new(), room: Semaphore::new(MAX_QUEUED_BYTES) }
    }

    /// Waits for room for a request of `bytes`; the room is free again when the permit is dropped.
    pub(super) async fn room(&self, bytes: usize) -> Result<SemaphorePermit<'_>, LogError> {
        // A request larger than the whole queue gets all of it.
        let permits = u32::try_from(bytes.min(MAX_QUEUED_BYTES)).unwrap_or(u32::MAX);
        self.room.acquire_many(permits).await.map_err(|_| self.why_closed())
    }

    /// Decides each append, and waits until what was decided is durable, and what it was decided on.
    pub(super) async fn append(&self, reader: &Arc<Reader>, appends: &[StreamAppend]) -> Result<Outcomes, LogError> {
        let (mut outcomes, mut known) = (Vec::with_capacity(appends.len()), None);
        loop {
            match self.decide(reader, appends, &mut outcomes, known.as_ref())? {
                Progress::Decided(durable) => {
                    durable.await.unwrap_or_else(|_| Err(self.why_closed()))?;
                    return Ok(outcomes);
                }
                Progress::Unread(from) => match read(reader, &appends[outcomes.len()], from).await {
                    Ok(ids) => known = Some(ids),
                    Err(error) => outcomes.push(Err(error)),
                },
            }
        }
    }

    /// Decides the appends that have no outcome yet. The lock is let go between two, for others are not to wait long.
    fn decide(
        &self,
        reader: &Reader,
        appends: &[StreamAppend],
        outcomes: &mut Outcomes,
        mut known: Option<&Ids>,
    ) -> Result<Progress, LogError> {
        loop {
            let mut state = self.state();
            if let Some(error) = &state.closed {
                return Err(error.clone());
            }
            if let Some(append) = appends.get(outcomes.len()) {
                match state.plan.add(reader, append, known.take()) {
                    Verdict::Decided(outcome) => outcomes.push(outcome),
                    Verdict::Unread(from) => {
                        // What was decided is not left to wait for a caller who may never come back.
                        drop(self.wait(state));
                        return Ok(Progress::Unread(from));
                    }
                }
            }
            if outcomes.len() == appends.len() {
                return Ok(Progress::Decided(self.wait(state)));
            }
            self.note(state);
        }
    }

    /// Has a caller wait for what was decided so far.
    fn wait(&self, mut state: MutexGuard<'_, State>) -> oneshot::Receiver<Result<(), LogError>> {
        let (reply, durable) = oneshot::channel();
        state.plan.wait(reply);
        self.note(state);
        durable
    }

    /// Wakes the writer when what it waits for is there.
    fn note(&self, mut state: MutexGuard<'_, State>) {
        let complete = state.note();
        drop(state);
        if complete {
            self.arrived.notify_one();
        }
    }

    /// Takes the oldest group when someone waits for it and, where that is worth while, when everyone whom `last`
    /// answers is back. None when the queue is closed and empty.
    pub(super) fn take(&self, last: &Synced) -> Option<Group> {
        let mut state = self.state();
        let quick = state.back_within(last.answered).is_some_and(|back| back <= last.took / QUICK);
        state.since = last.at;
        if quick {
            let all = state.plan.waiting().saturating_add(last.answered);
            state.want(all);
            let window = last.took.min(MAX_GATHERING);
            let waited = self.arrived.wait_timeout_while(state, window, |state| state.is_short());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.plan.waiting() == 0 {
            state.want(1);
            let waited = self.arrived.wait_while(state, |state| state.is_short());
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let group = state.plan.take();
        if !quick {
            state.want(last.answered);
        }
        group
    }

    /// Forgets a group that is visible now.
    pub(super) fn retire(&self, group: Group) {
        self.state().plan.retire(group);
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
    fn is_short(&self) -> bool {
        self.complete.is_none() && self.closed.is_none()
    }

    /// How long it will take until so many callers are back, if those who were wanted last came. Fewer are hardly
    /// faster, because the first must be woken; more take as much longer.
    fn back_within(&self, answered: usize) -> Option<Duration> {
        let took = self.complete?.saturating_duration_since(self.since);
        let times = answered.div_ceil(self.wanted.max(1)).max(1);
        Some(took.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX)))
    }

    fn want(&mut self, wanted: usize) {
        self.wanted = wanted;
        self.complete = None;
        self.note();
    }

    /// Notes whether enough wait. True when they have just become enough.
    fn note(&mut self) -> bool {
        let complete = self.complete.is_none() && self.plan.waiting() >= self.wanted;
        if complete {
            self.complete = Some(Instant::now());
        }
        complete
    }
}

async fn read(reader: &Arc<Reader>, append: &StreamAppend, from: u64) -> Result<Ids, LogError> {
    let (reader, stream, count) = (Arc::clone(reader), append.stream.clone(), append.events.len());
    let read = spawn_blocking(move || reader.ids(&stream, from, count));
    let ids = read.await.map_err(|_| LogError::Closed)??;
    Ok(Ids { from, ids })
}
