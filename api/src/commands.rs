//! From a command to durable events.
//!
//! A command takes its own stream as it is remembered or else reads it, decides, seals, and appends with the revision on
//! which it decided; when somebody was faster, it reads on and decides again, a bounded number of times. What a decision
//! needs from other streams is loaded from those streams, anew at each attempt.
//!
//! Invariants: no view is read here; a key is durable before what was sealed with it is appended; nothing is refused on
//! what was only remembered; a command whose events are in its stream already is answered with their position, whatever
//! the rules say by now (R-0-04).

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::event::DecodeError;
use domain::ids::CommandId;
use domain::policy::{Policies, PolicyBook};
use domain::recording::{Cause, Draft, drafts, subjects};
use domain::{Aggregate, Context, Event, EventKind, Sealed};
use event_log::{
    Appended, Direction, EventLog, Expected, KeyService, LogError, NewEvent, Position, Recorded, Revision, StreamName,
    SubjectKeys,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::ApiError;
use crate::clock::Clock;
use crate::hot::{Folded, HotAggregates, answered_in};

/// How often a command is decided before it gives up.
const MAX_ATTEMPTS: u32 = 5;

/// The same for what the caller keeps, on which several nodes append all the time: of ten of them that never rest, one loses
/// that often once in thirty times.
const MAX_ATTEMPTS_ON_KEPT: u32 = 32;

/// How many events of a stream are read at a time. Nearly all streams fit one page.
const PAGE_EVENTS: usize = 1_000;

/// How long the policies that were read are taken for those in force: so much later, at most, does a node decide by
/// policies that were changed at another one. A change of its own is in force at once.
const POLICIES_TERM: Duration = Duration::from_secs(1);

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
    keys: Arc<dyn KeyService>,
    clock: Arc<Clock>,
    policies: Arc<Mutex<KnownPolicies>>,
    hot: Arc<HotAggregates>,
}

#[derive(Clone, Default)]
struct KnownPolicies {
    current: Arc<Policies>,
    /// The first revision of the policies' stream that has not been read.
    next: Revision,
    /// When the stream was read to its end.
    read_at: Option<Instant>,
}

/// Events that were appended, as they were, and where.
struct Decided {
    events: Vec<NewEvent>,
    appended: Appended,
}

impl Book {
    /// The book in this log, sealed with these keys, by this clock.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, keys: Arc<dyn KeyService>, clock: Arc<Clock>) -> Self {
        Self { log, keys, clock, policies: Arc::default(), hot: Arc::default() }
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// Whoever keeps the subjects' keys.
    #[must_use]
    pub fn keys(&self) -> &Arc<dyn KeyService> {
        &self.keys
    }

    /// Opens a sealed field of an event of this type; nothing when its subject was forgotten.
    ///
    /// # Errors
    /// What whoever keeps the keys says.
    pub async fn open<T>(&self, kind: EventKind, sealed: &Sealed<T>) -> Result<Option<T>, ApiError>
    where
        T: Serialize + DeserializeOwned + Clone,
    {
        let keys = self.keys.keys_to_open(&[sealed.subject().0.as_str()]).await?;
        Ok(sealed.open(|subject, ciphertext| {
            keys.open_sealed(&subject.0, kind.name().as_bytes(), ciphertext).unwrap_or_else(|error| {
                tracing::warn!(%subject, %error, "sealed data can't be opened");
                None
            })
        }))
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
        Ok(self.load_stream(&StreamName::new(A::stream(id))?).await?.0.state)
    }

    /// An aggregate, and the events of its stream from the oldest on.
    ///
    /// # Errors
    /// What the log says, or that an event can't be read.
    pub async fn load_recorded<A: Aggregate>(&self, id: Uuid) -> Result<(A, Vec<Recorded>), ApiError> {
        let (folded, records) = self.load_stream(&StreamName::new(A::stream(id))?).await?;
        Ok((folded.state, records))
    }

    /// The policies in force.
    ///
    /// # Errors
    /// What the log says, or that an event can't be read.
    pub async fn policies(&self) -> Result<Arc<Policies>, ApiError> {
        let mut known = self.known_policies().clone();
        if known.read_at.is_some_and(|read_at| read_at.elapsed() < POLICIES_TERM) {
            return Ok(known.current);
        }
        let began = Instant::now();
        let stream = StreamName::new(PolicyBook::STREAM)?;
        let mut book = PolicyBook { current: Policies::clone(&known.current) };
        let from = known.next;
        loop {
            let news = self.log.read_stream(&stream, Some(known.next), Direction::Forwards, PAGE_EVENTS).await?;
            let Some(last) = news.last() else { break };
            for record in &news {
                book.evolve(&belonging::<PolicyBook>(decode(record)?, &stream, record.position)?, record.occurred_at);
            }
            known.next = last.revision.next();
        }
        if known.next > from {
            known.current = Arc::new(book.current);
        }
        known.read_at = Some(began);
        let mut newest = self.known_policies();
        if newest.next <= known.next {
            *newest = known.clone();
        }
        Ok(known.current)
    }

    fn known_policies(&self) -> MutexGuard<'_, KnownPolicies> {
        self.policies.lock().unwrap_or_else(PoisonError::into_inner)
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
        let (mut folded, mut is_new) = match self.hot.take::<A>(&stream) {
            Some(remembered) => (remembered, false),
            None => (self.load_stream(&stream).await?.0, true),
        };
        let mut conflicts = 0;
        loop {
            if let Some(position) = folded.answered(cause.command) {
                self.hot.keep(stream, folded);
                return Ok(Done { position, already: true });
            }
            let decided = match command(folded.state.clone()).await {
                Ok(command) => self.decide_and_append(&stream, &folded.state, command, cause, folded.expected()).await,
                Err(error) => Err(error),
            };
            match decided {
                Ok(Some(Decided { appended, .. })) if appended.already => {
                    return Ok(Done { position: appended.position, already: true });
                }
                Ok(Some(decided)) => {
                    let position = decided.appended.position;
                    self.remember(stream, folded, &decided)?;
                    return Ok(Done { position, already: false });
                }
                Err(ApiError::Log(LogError::WrongRevision { .. })) => {
                    metrics::counter!("marktboek_command_conflicts_total").increment(1);
                    conflicts += 1;
                    if conflicts == MAX_ATTEMPTS {
                        return Err(ApiError::Conflict { stream: stream.to_string(), attempts: MAX_ATTEMPTS });
                    }
                    self.read_on(&stream, &mut folded, drop).await?;
                    is_new = true;
                }
                Err(error @ ApiError::Log(_)) => return Err(error),
                Ok(None) | Err(_) if !is_new => {
                    self.read_on(&stream, &mut folded, drop).await?;
                    is_new = true;
                }
                Ok(None) => {
                    let position = folded.position().unwrap_or_default();
                    self.hot.keep(stream, folded);
                    return Ok(Done { position, already: true });
                }
                Err(error) => {
                    self.hot.keep(stream, folded);
                    return Err(error);
                }
            }
        }
    }

    /// Remembers a stream with what was appended to it.
    fn remember<A: Aggregate>(
        &self,
        stream: StreamName,
        mut folded: Folded<A>,
        decided: &Decided,
    ) -> Result<(), ApiError> {
        if stream.as_str() == PolicyBook::STREAM {
            self.known_policies().read_at = None;
        }
        self.fold(&stream, &mut folded, decided)?;
        if folded.next() == decided.appended.revision.next() {
            self.hot.keep(stream, folded);
        }
        Ok(())
    }

    /// Takes in what was appended, read as anybody would read it: sealed.
    fn fold<A: Aggregate>(
        &self,
        stream: &StreamName,
        folded: &mut Folded<A>,
        Decided { events, appended }: &Decided,
    ) -> Result<(), ApiError> {
        // The events lie side by side, the last one where the log says.
        let first = (appended.position.0 + 1).saturating_sub(events.len() as u64);
        for (event, position) in events.iter().zip(first..) {
            let position = Position(position);
            let read = read(&event.event_type, event.schema, &event.data, position)?;
            folded.take(event.id, position, &belonging::<A>(read, stream, position)?, event.occurred_at);
        }
        Ok(())
    }

    /// Reads what has come to an aggregate that the caller keeps.
    ///
    /// # Errors
    /// What the log says, or that an event can't be read.
    pub(crate) async fn read_kept<A: Aggregate>(
        &self,
        stream: &StreamName,
        kept: &mut Folded<A>,
    ) -> Result<(), ApiError> {
        self.read_on(stream, kept, drop).await
    }

    /// Carries out a command on an aggregate that the caller keeps, because it is too large to be copied or forgotten.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub(crate) async fn execute_on<A: Aggregate>(
        &self,
        stream: &StreamName,
        kept: &mut Folded<A>,
        cause: &Cause,
        command: A::Command,
    ) -> Result<Done, ApiError>
    where
        A::Command: Clone,
    {
        if kept.position().is_none() {
            self.read_on(stream, kept, drop).await?;
        }
        for _ in 0..MAX_ATTEMPTS_ON_KEPT {
            if let Some(position) = kept.answered(cause.command) {
                return Ok(Done { position, already: true });
            }
            match self.decide_and_append(stream, &kept.state, command.clone(), cause, kept.expected()).await {
                Ok(Some(decided)) => {
                    let Appended { position, already, .. } = decided.appended;
                    self.fold(stream, kept, &decided)?;
                    return Ok(Done { position, already });
                }
                Ok(None) => return Ok(Done { position: kept.position().unwrap_or_default(), already: true }),
                Err(ApiError::Log(LogError::WrongRevision { .. })) => {
                    metrics::counter!("marktboek_command_conflicts_total").increment(1);
                    self.read_on(stream, kept, drop).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(ApiError::Conflict { stream: stream.to_string(), attempts: MAX_ATTEMPTS_ON_KEPT })
    }

    async fn decide_and_append<A: Aggregate>(
        &self,
        stream: &StreamName,
        state: &A,
        command: A::Command,
        cause: &Cause,
        expected: Expected,
    ) -> Result<Option<Decided>, ApiError> {
        let policies = self.policies().await?;
        let now = self.clock.now();
        let events = state.decide(command, &Context { now, policies: &policies })?;
        if events.is_empty() {
            return Ok(None);
        }
        let events: Vec<Event> = events.into_iter().map(Into::into).collect();
        let subjects = subjects(&events)?;
        let subjects: Vec<&str> = subjects.iter().map(|subject| subject.0.as_str()).collect();
        let keys = if subjects.is_empty() { SubjectKeys::default() } else { self.keys.keys_to_seal(&subjects).await? };
        let drafts = drafts(events, cause, now, |subject, context, plain| {
            keys.seal(&subject.0, context.as_bytes(), plain).map_err(ApiError::from)
        })?;
        let started = Instant::now();
        let events: Vec<NewEvent> = drafts.into_iter().map(new_event).collect();
        let appended = self.log.append(stream, expected, events.clone()).await?;
        metrics::histogram!("marktboek_append_seconds").record(started.elapsed());
        self.clock.observe(now);
        Ok(Some(Decided { events, appended }))
    }

    /// Whether a command was carried out on a stream.
    ///
    /// # Errors
    /// What the log says.
    pub async fn has_answered(&self, stream: &str, command: CommandId) -> Result<bool, ApiError> {
        let stream = StreamName::new(stream)?;
        let records = self.log.read_stream(&stream, None, Direction::Forwards, PAGE_EVENTS).await?;
        Ok(answered_in(&records, command).is_some())
    }

    async fn load_stream<A: Aggregate>(&self, stream: &StreamName) -> Result<(Folded<A>, Vec<Recorded>), ApiError> {
        let (mut folded, mut records) = (Folded::default(), Vec::new());
        self.read_on(stream, &mut folded, |record| records.push(record)).await?;
        Ok((folded, records))
    }

    /// Reads what has come to a stream since it was folded, folds it, and hands each event over.
    async fn read_on<A: Aggregate>(
        &self,
        stream: &StreamName,
        folded: &mut Folded<A>,
        mut take: impl FnMut(Recorded) + Send,
    ) -> Result<(), ApiError> {
        loop {
            let page = self.log.read_stream(stream, Some(folded.next()), Direction::Forwards, PAGE_EVENTS).await?;
            let is_last = page.len() < PAGE_EVENTS;
            for record in page {
                let event = belonging::<A>(decode(&record)?, stream, record.position)?;
                folded.take(record.id, record.position, &event, record.occurred_at);
                take(record);
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

/// Reads an event as it is recorded.
///
/// # Errors
/// That this version of the program can't read it.
pub fn decode(record: &Recorded) -> Result<Event, ApiError> {
    read(&record.event_type, record.schema, &record.data, record.position)
}

fn read(event_type: &str, schema: u16, data: &[u8], position: Position) -> Result<Event, ApiError> {
    let wrong = |source| ApiError::Event { position, source };
    let kind =
        EventKind::from_name(event_type).ok_or_else(|| wrong(DecodeError::UnknownType(event_type.to_owned())))?;
    Event::decode(kind, schema, data).map_err(wrong)
}

/// An event as one of the aggregate in whose stream it is.
fn belonging<A: Aggregate>(event: Event, stream: &StreamName, position: Position) -> Result<A::Event, ApiError> {
    A::Event::try_from(event).map_err(|event| ApiError::Misplaced {
        position,
        event_type: event.kind().name().to_owned(),
        stream: stream.to_string(),
    })
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
