//! Appends: over a session of batches where that works, one call each where it does not.
//!
//! A batch session takes appends without a wait between them, in order, and a lone one at once; but it ends with the first
//! append that is refused, does not say at which revision the stream is, and its client is silent when the server ends it.
//! So what a session leaves unanswered is appended again, one call each, in order: the server recognises what it has by
//! the events' ids, and that call's answer is exact. That what was refused would not be taken now, because of something
//! that was sent after it, is seen to by what goes into one window together.

use std::collections::HashMap;
use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;
use std::vec;

use event_log::{Appended, Direction, Expected, LogError, Position, Revision, StreamAppend, StreamName};
use eventstore::{AppendToStreamOptions, BatchAppendClient, BatchAppendOptions, Client, EventData, ExpectedRevision};
use tokio::sync::Mutex;
use tokio::time::timeout;
use uuid::Uuid;

use crate::book::Book;
use crate::envelope::proposed;
use crate::follower::numbered;
use crate::numbering::Token;
use crate::reading;
use crate::session::{APPENDING, Answer, Session};

/// gRPC's code for an expectation that did not hold, in a batch.
const ALREADY_EXISTS: i32 = 6;
/// The most appends of one caller that are on their way.
const WINDOW: usize = 128;
/// How long a batch session may be silent before its appends are done in another way.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);

/// An append as the server takes it.
struct Ready {
    stream: StreamName,
    expected: Expected,
    events: Vec<EventData>,
    last: Uuid,
}

/// Where the server says that an append stands.
struct Placed {
    revision: u64,
    token: Token,
}

/// What a batch session says to an append.
enum InBatch {
    Placed(Placed),
    /// Its expectation did not hold.
    Wrong,
    /// It may be there or not.
    Unanswered,
}

/// Whoever appends.
pub(crate) struct Appender {
    session: Arc<Session>,
    book: Arc<Book>,
    batches: Mutex<Option<Arc<BatchAppendClient>>>,
}

impl Appender {
    pub(crate) fn new(session: Arc<Session>, book: Arc<Book>) -> Self {
        Self { session, book, batches: Mutex::default() }
    }

    /// Appends in order, each all or none.
    pub(crate) async fn append_each(
        &self,
        appends: Vec<StreamAppend>,
    ) -> Result<Vec<Result<Appended, LogError>>, LogError> {
        let before = self.book.next();
        let mut outcomes = Vec::with_capacity(appends.len());
        let mut appends = appends.into_iter().peekable();
        while appends.peek().is_some() {
            let window = window(&mut appends);
            let mut answers = self.in_batches(&window).await.into_iter();
            for ready in window {
                let answer = answers.next().unwrap_or(InBatch::Unanswered);
                outcomes.push(match ready {
                    Ok(ready) => {
                        let placed = match answer {
                            InBatch::Placed(placed) => Ok(placed),
                            InBatch::Wrong => Err(self.wrong(&ready).await?),
                            InBatch::Unanswered => match self.alone(&ready).await {
                                // Those after it may be on their way still: nothing can be said of them.
                                Err(error @ LogError::Unavailable { .. }) => return Err(error),
                                answered => answered,
                            },
                        };
                        placed.map(|placed| (ready, placed))
                    }
                    Err(error) => Err(error),
                });
            }
        }
        // Some are in the book whose numbers are not known, so that nothing is known of any.
        let mut numbers = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            numbers.push(match outcome {
                Ok((ready, placed)) => Ok(self.number(&ready, &placed, before).await?),
                Err(error) => Err(error),
            });
        }
        Ok(numbers)
    }

    /// Appends over the batch session; answers up to the first that failed.
    async fn in_batches(&self, ready: &[Result<Ready, LogError>]) -> Vec<InBatch> {
        let batches = if self.session.is_lost() { None } else { self.batches().await };
        let Some(batches) = batches else {
            return Vec::new();
        };
        let mut waiting = Vec::with_capacity(ready.len());
        for ready in ready {
            let Ok(ready) = ready else {
                waiting.push(None);
                continue;
            };
            let expected = revision(ready.expected);
            let (batches, stream, events) = (Arc::clone(&batches), ready.stream.clone(), ready.events.clone());
            let mut append = Box::pin(async move { batches.append_to_stream(stream.as_str(), expected, events).await });
            // The first poll sends it: in this order they arrive.
            let sent = futures::poll!(&mut append);
            waiting.push(Some((sent, append)));
        }
        let mut answers = Vec::with_capacity(waiting.len());
        for waiting in waiting {
            let Some((sent, append)) = waiting else {
                answers.push(InBatch::Unanswered);
                continue;
            };
            let outcome = match sent {
                std::task::Poll::Ready(outcome) => Ok(outcome),
                std::task::Poll::Pending => timeout(self.silence(), append).await,
            };
            let answer = match outcome {
                Ok(Ok(result)) => {
                    let position = result.current_position().unwrap_or(eventstore::Position { commit: 0, prepare: 0 });
                    let placed = |revision| InBatch::Placed(Placed { revision, token: position.into() });
                    result.current_revision().map_or(InBatch::Unanswered, placed)
                }
                Ok(Err(eventstore::Error::Grpc { code, .. })) if i32::from(code) == ALREADY_EXISTS => InBatch::Wrong,
                Ok(Err(_)) | Err(_) => InBatch::Unanswered,
            };
            let over = !matches!(answer, InBatch::Placed(_));
            answers.push(answer);
            if over {
                self.forget(&batches).await;
                break;
            }
        }
        answers
    }

    /// The batch session; a new one where there is none.
    async fn batches(&self) -> Option<Arc<BatchAppendClient>> {
        let mut held = self.batches.lock().await;
        if held.is_none() {
            let (client, _) = self.session.client().await.ok()?;
            let opened = timeout(self.silence(), client.batch_append(&BatchAppendOptions::default())).await;
            *held = opened.ok()?.ok().map(Arc::new);
        }
        held.clone()
    }

    fn silence(&self) -> Duration {
        self.session.connection.deadline.min(LONGEST_SILENCE)
    }

    async fn forget(&self, batches: &Arc<BatchAppendClient>) {
        let mut held = self.batches.lock().await;
        if held.as_ref().is_some_and(|held| Arc::ptr_eq(held, batches)) {
            *held = None;
        }
    }

    /// The refusal of an append whose expectation did not hold: with the stream as it is now.
    async fn wrong(&self, ready: &Ready) -> Result<LogError, LogError> {
        let last = reading::stream(&self.session, &ready.stream, None, Direction::Backwards, 1).await?;
        let actual = last.first().map(|event| Revision(event.revision));
        Ok(LogError::WrongRevision { stream: ready.stream.clone(), expected: ready.expected, actual })
    }

    /// Appends by a call of its own.
    async fn alone(&self, ready: &Ready) -> Result<Placed, LogError> {
        let options = AppendToStreamOptions::default().expected_revision(revision(ready.expected));
        let append = |client: Client| {
            let (options, stream, events) = (options.clone(), ready.stream.as_str().to_owned(), ready.events.clone());
            async move { client.append_to_stream(stream, &options, events).await }
        };
        match self.session.call(APPENDING, append).await? {
            Answer::Done(written) => {
                Ok(Placed { revision: written.next_expected_version, token: written.position.into() })
            }
            Answer::WrongRevision(actual) => {
                Err(LogError::WrongRevision { stream: ready.stream.clone(), expected: ready.expected, actual })
            }
            Answer::NoStream => {
                Err(LogError::WrongRevision { stream: ready.stream.clone(), expected: ready.expected, actual: None })
            }
        }
    }

    /// The number of an append's last event. The server need not say where events stand that it had already, and may
    /// mean the first where it says something: then the event itself is asked for.
    async fn number(&self, ready: &Ready, placed: &Placed, before: Position) -> Result<Appended, LogError> {
        numbered(&self.session, &self.book, placed.token).await?;
        let known = (ready.last, ready.stream.clone());
        let position = match self.book.recent(&known) {
            Some(position) => position,
            None => self.position(ready, placed.revision).await?,
        };
        let already = position < before || !self.book.claim(position);
        Ok(Appended { position, revision: Revision(placed.revision), already })
    }

    async fn position(&self, ready: &Ready, revision: u64) -> Result<Position, LogError> {
        let from = Some(Revision(revision));
        let found = reading::stream(&self.session, &ready.stream, from, Direction::Forwards, 1).await?;
        let token = found.first().filter(|event| event.id == ready.last).map(|event| Token::from(event.position));
        let lost = || LogError::Refused {
            server: self.session.connection.server.clone(),
            doing: "appending",
            message: format!(
                "stream {}, revision {revision}: the server took an event that is not there; check its data",
                ready.stream
            ),
        };
        let token = token.ok_or_else(lost)?;
        numbered(&self.session, &self.book, token).await?;
        self.book.position(token).ok_or_else(lost)
    }
}

/// The next appends that may be sent together: those of one stream only where each expects what the one before leaves,
/// so that none that was refused would be taken after those that follow it.
fn window(appends: &mut Peekable<vec::IntoIter<StreamAppend>>) -> Vec<Result<Ready, LogError>> {
    let mut left: HashMap<StreamName, Option<u64>> = HashMap::new();
    let mut window = Vec::new();
    while window.len() < WINDOW
        && let Some(append) = appends.next_if(|append| match left.get(&append.stream) {
            None => true,
            Some(Some(last)) => append.expected == Expected::Exact(Revision(*last)),
            Some(None) => false,
        })
    {
        let count = append.events.len() as u64;
        let last = match append.expected {
            Expected::NoStream => count.checked_sub(1),
            Expected::Exact(revision) => revision.0.checked_add(count),
            Expected::Any | Expected::StreamExists => None,
        };
        left.insert(append.stream.clone(), last);
        window.push(ready(append));
    }
    window
}

fn ready(append: StreamAppend) -> Result<Ready, LogError> {
    let StreamAppend { stream, expected, events } = append;
    let proposed = proposed(&events)?;
    let last = events.last().map(|event| event.id).unwrap_or_default();
    Ok(Ready { stream, expected, events: proposed, last })
}

fn revision(expected: Expected) -> ExpectedRevision {
    match expected {
        Expected::Any => ExpectedRevision::Any,
        Expected::NoStream => ExpectedRevision::NoStream,
        Expected::StreamExists => ExpectedRevision::StreamExists,
        Expected::Exact(revision) => ExpectedRevision::Exact(revision.0),
    }
}
