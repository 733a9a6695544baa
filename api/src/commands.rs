//! From a command to durable events.
//!
//! A command loads its own stream, decides, seals, syncs the vault, and appends with the revision on which it decided;
//! when somebody was faster, it loads and decides again, a bounded number of times. What a decision needs from other
//! streams is loaded from those streams, anew at each attempt.
//!
//! Invariants: no view is read here; a key is durable before what was sealed with it is appended; a command whose
//! events are in its stream already is answered with their position, whatever the rules say by now (R-0-04).

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use domain::event::DecodeError;
use domain::ids::CommandId;
use domain::policy::{Policies, PolicyBook};
use domain::recording::{Cause, Draft, drafts};
use domain::{Aggregate, Context, Event, EventKind};
use event_log::{
    Appended, Direction, EventLog, Expected, LogError, NewEvent, Position, Recorded, Revision, StreamName, Vault,
};
use uuid::Uuid;

use crate::ApiError;
use crate::clock::Clock;

/// How often a command is decided before it gives up.
const MAX_ATTEMPTS: u32 = 5;

/// How many events of a stream are read at a time. Nearly all streams fit one page.
const PAGE_EVENTS: usize = 1_000;

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Where its last event stands.
    pub position: Position,
    /// Whether it had been done before.
    pub already: bool,
}

/// The book, as commands use it. Cheap to clone.
#[derive(Clone)]
pub struct Book {
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    clock: Arc<Clock>,
    policies: Arc<Mutex<KnownPolicies>>,
}

#[derive(Clone, Default)]
struct KnownPolicies {
    current: Arc<Policies>,
    /// The first revision of the policies' stream that has not been read.
    next: Revision,
}

/// A stream's events folded, and what is needed to append to it.
struct Loaded<A> {
    state: A,
    records: Vec<Recorded>,
}

impl Book {
    /// The book in this log, sealed with this vault, by this clock.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, vault: Arc<Vault>, clock: Arc<Clock>) -> Self {
        Self { log, vault, clock, policies: Arc::default() }
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// The vault.
    #[must_use]
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// The platform's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// An aggregate as its stream has it now; the default one where there is no stream.
    ///
    /// # Errors
    /// What the log says, or that an event can't be read.
    pub async fn load<A: Aggregate>(&self, id: Uuid) -> Result<A, ApiError> {
        Ok(self.load_stream(&StreamName::new(A::stream(id))?).await?.state)
    }

    /// An aggregate, and the events of its stream from the oldest on.
    ///
    /// # Errors
    /// What the log says, or that an event can't be read.
    pub async fn load_recorded<A: Aggregate>(&self, id: Uuid) -> Result<(A, Vec<Recorded>), ApiError> {
        let Loaded { state, records } = self.load_stream(&StreamName::new(A::stream(id))?).await?;
        Ok((state, records))
    }

    /// The policies in force.
    ///
    /// # Errors
    /// What the log says, or that an event can't be read.
    pub async fn policies(&self) -> Result<Arc<Policies>, ApiError> {
        let mut known = self.policies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let stream = StreamName::new(PolicyBook::STREAM)?;
        let mut book = PolicyBook { current: Policies::clone(&known.current) };
        let from = known.next;
        loop {
            let news = self.log.read_stream(&stream, Some(known.next), Direction::Forwards, PAGE_EVENTS).await?;
            let Some(last) = news.last() else { break };
            fold(&mut book, &news)?;
            known.next = last.revision.next();
        }
        if known.next > from {
            known.current = Arc::new(book.current);
            let mut newest = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
            if newest.next < known.next {
                *newest = known.clone();
            }
        }
        Ok(known.current)
    }

    /// Carries out a command on the stream of the aggregate with this id. `command` makes it from the aggregate's
    /// state and what it loads from other streams; it is called anew at each attempt.
    ///
    /// # Errors
    /// The rule's refusal, [`ApiError::Conflict`], or what the log and the vault say.
    pub async fn execute<A, F, C>(&self, id: Uuid, cause: &Cause, command: F) -> Result<Done, ApiError>
    where
        A: Aggregate,
        F: Fn(A) -> C,
        C: Future<Output = Result<A::Command, ApiError>>,
    {
        self.execute_in(A::stream(id), cause, command).await
    }

    /// As [`Self::execute`], for a stream whose name is not made from one id.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub async fn execute_in<A, F, C>(&self, stream: String, cause: &Cause, command: F) -> Result<Done, ApiError>
    where
        A: Aggregate,
        F: Fn(A) -> C,
        C: Future<Output = Result<A::Command, ApiError>>,
    {
        let stream = StreamName::new(stream)?;
        for _ in 0..MAX_ATTEMPTS {
            let Loaded { state, records } = self.load_stream::<A>(&stream).await?;
            if let Some(position) = answered(&records, cause.command) {
                return Ok(Done { position, already: true });
            }
            let command = command(state.clone()).await?;
            let expected = records.last().map_or(Expected::NoStream, |last: &Recorded| Expected::Exact(last.revision));
            let before = records.last().map(|last| last.position);
            match self.decide_and_append(&stream, &state, command, cause, expected).await {
                Ok(Some(appended)) => return Ok(Done { position: appended.position, already: appended.already }),
                Ok(None) => return Ok(Done { position: before.unwrap_or_default(), already: true }),
                Err(ApiError::Log(LogError::WrongRevision { .. })) => {
                    metrics::counter!("marktboek_command_conflicts_total").increment(1);
                }
                Err(error) => return Err(error),
            }
        }
        Err(ApiError::Conflict { stream: stream.to_string(), attempts: MAX_ATTEMPTS })
    }

    /// Carries out a command on a stream whose decisions need nothing of what is in it, and which is long: nothing is
    /// loaded, and the log recognises the command's events among its recent ones.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub async fn append_to<A: Aggregate>(
        &self,
        stream: String,
        cause: &Cause,
        command: A::Command,
    ) -> Result<Done, ApiError> {
        let stream = StreamName::new(stream)?;
        let appended = self.decide_and_append(&stream, &A::default(), command, cause, Expected::Any).await?;
        let Some(appended) = appended else {
            return Ok(Done { position: Position::START, already: true });
        };
        Ok(Done { position: appended.position, already: appended.already })
    }

    async fn decide_and_append<A: Aggregate>(
        &self,
        stream: &StreamName,
        state: &A,
        command: A::Command,
        cause: &Cause,
        expected: Expected,
    ) -> Result<Option<Appended>, ApiError> {
        let policies = self.policies().await?;
        let now = self.clock.now();
        let events = state.decide(command, &Context { now, policies: &policies })?;
        if events.is_empty() {
            return Ok(None);
        }
        let mut sealed = false;
        let drafts = drafts(events.into_iter().map(Into::into).collect(), cause, now, |subject, context, plain| {
            sealed = true;
            self.vault.seal(&subject.0, context.as_bytes(), plain).map_err(ApiError::from)
        })?;
        if sealed {
            self.sync_vault().await?;
        }
        let started = Instant::now();
        let appended = self.log.append(stream, expected, drafts.into_iter().map(new_event).collect()).await?;
        metrics::histogram!("marktboek_append_seconds").record(started.elapsed());
        self.clock.observe(now);
        Ok(Some(appended))
    }

    /// Whether a command was carried out on a stream.
    ///
    /// # Errors
    /// What the log says.
    pub async fn has_answered(&self, stream: &str, command: CommandId) -> Result<bool, ApiError> {
        let stream = StreamName::new(stream)?;
        let records = self.log.read_stream(&stream, None, Direction::Forwards, PAGE_EVENTS).await?;
        Ok(answered(&records, command).is_some())
    }

    /// Returns when every key made so far is on disk. It waits for the disk, so it has a thread of its own.
    ///
    /// # Errors
    /// What the vault says.
    pub async fn sync_vault(&self) -> Result<(), ApiError> {
        let vault = Arc::clone(&self.vault);
        tokio::task::spawn_blocking(move || vault.sync()).await.map_err(|_| LogError::Closed)??;
        Ok(())
    }

    async fn load_stream<A: Aggregate>(&self, stream: &StreamName) -> Result<Loaded<A>, ApiError> {
        let mut records = self.log.read_stream(stream, None, Direction::Forwards, PAGE_EVENTS).await?;
        let mut page = records.len();
        while page == PAGE_EVENTS {
            let from = records.last().map(|last| last.revision.next());
            let more = self.log.read_stream(stream, from, Direction::Forwards, PAGE_EVENTS).await?;
            page = more.len();
            records.extend(more);
        }
        let mut state = A::default();
        fold(&mut state, &records)?;
        Ok(Loaded { state, records })
    }
}

/// Reads an event as it is recorded.
///
/// # Errors
/// That this version of the program can't read it.
pub fn decode(record: &Recorded) -> Result<Event, ApiError> {
    let wrong = |source| ApiError::Event { position: record.position, source };
    let kind = EventKind::from_name(&record.event_type)
        .ok_or_else(|| wrong(DecodeError::UnknownType(record.event_type.to_string())))?;
    Event::decode(kind, record.schema, &record.data).map_err(wrong)
}

fn fold<A: Aggregate>(state: &mut A, records: &[Recorded]) -> Result<(), ApiError> {
    for record in records {
        let event = A::Event::try_from(decode(record)?).map_err(|_| ApiError::Misplaced {
            position: record.position,
            event_type: record.event_type.to_string(),
            stream: record.stream.to_string(),
        })?;
        state.evolve(&event, record.occurred_at);
    }
    Ok(())
}

/// Where the last event stands that answers this command already, if any does. A command's events are appended all or
/// none and lie side by side.
fn answered(records: &[Recorded], command: CommandId) -> Option<Position> {
    let first = records.iter().position(|record| record.id == command.event_id(0))?;
    let same = |(index, record): &(usize, &Recorded)| record.id == command.event_id(*index);
    records[first..].iter().enumerate().take_while(same).last().map(|(_, record)| record.position)
}

fn new_event(draft: Draft) -> NewEvent {
    NewEvent {
        id: draft.id,
        event_type: draft.kind.name().into(),
        schema: draft.schema,
        occurred_at: draft.occurred_at,
        data: Bytes::from(draft.data),
        metadata: Bytes::from(draft.metadata),
    }
}
