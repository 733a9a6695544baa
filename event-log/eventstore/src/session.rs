//! The client, kept usable: whoever calls need not know that one died.
//!
//! A client of the `eventstore` crate is dead for good after one failed connect, and stays with a node that went away; so
//! a call that fails in such a way is done again with a new client, which looks for the servers anew. Each try has a
//! deadline. Between tries there is a pause, which doubles, has jitter so that many nodes do not come back at once, and
//! ends when another call gets through. After a while the caller is told; once no call has been answered for some seconds,
//! the log is lost, and callers are told at once, but for one now and then whose call is tried. Every call may be done
//! again: reading changes nothing, and the server recognises events that it has.
//!
//! The client lives on a runtime of its own, so that callers may block a thread of theirs on a call ([`Session::wait`]).

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use event_log::{LogError, Revision};
use eventstore::Client;
use rand::RngExt;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, timeout};

use crate::connection::Connection;
use crate::fault::{self, Fault};
use crate::nodelay;

/// What a call does that changes something.
pub(crate) const APPENDING: &str = "appending";
/// The first pause after a try that failed.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// After so long without an answer the log is lost: longer than a cluster takes to elect a leader.
const LOST_AFTER: Duration = Duration::from_secs(5);
/// How often a log that is lost is asked again, whoever calls.
const ASKED_EVERY: Duration = LONGEST_PAUSE;

/// What a call that was answered came to.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    /// It was done.
    Done(T),
    /// The stream is not where it was expected.
    WrongRevision(Option<Revision>),
    /// There is no such stream.
    NoStream,
}

/// Why there is no client.
pub(crate) enum Unconnected {
    /// There may be one when the server is asked again.
    Yet(eventstore::Error),
    /// There will be none.
    Never(LogError),
}

/// The client and whoever keeps it.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    runtime: Handle,
    held: Mutex<Held>,
    /// There while calls fail.
    failing: std::sync::Mutex<Option<Failing>>,
    /// Tells those who pause that the server answers again.
    back: Notify,
}

/// Calls fail.
struct Failing {
    since: Instant,
    tried_at: Instant,
    message: String,
}

impl Failing {
    fn is_lost(&self) -> bool {
        self.since.elapsed() >= LOST_AFTER
    }
}

#[derive(Default)]
struct Held {
    client: Option<Client>,
    /// Counts clients, so that many calls that failed with the same one replace it once.
    generation: u64,
}

impl Session {
    /// Starts. Connects at the first call. The runtime ends when whoever has it says so.
    pub(crate) fn start(connection: Connection) -> Result<(Arc<Self>, Runtime), LogError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("eventstore").enable_all().build();
        let runtime = runtime.map_err(|source| LogError::Io {
            doing: "starting a runtime for the client of",
            path: connection.server.clone().into(),
            source: Arc::new(source),
        })?;
        let handle = runtime.handle().clone();
        let (held, failing, back) = (Mutex::default(), std::sync::Mutex::default(), Notify::new());
        Ok((Arc::new(Self { connection, runtime: handle, held, failing, back }), runtime))
    }

    /// Does a call on the client's runtime, whoever waits for it; it goes on when nobody does any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, LogError>> + Send + 'static,
    ) -> Result<T, LogError> {
        match self.runtime.spawn(call).await {
            Ok(outcome) => outcome,
            Err(error) if error.is_panic() => Err(LogError::Refused {
                server: self.connection.server.clone(),
                doing: "calling",
                message: "the client came to grief over the server's answer, as it has said on stderr; report both"
                    .to_owned(),
            }),
            Err(_) => Err(LogError::Closed),
        }
    }

    /// The same for a thread that may block.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, LogError>> + Send + 'static,
    ) -> Result<T, LogError> {
        let (answer, answered) = std::sync::mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            // Whoever waits does so to the end.
            let _ = answer.send(call.await);
        });
        answered.recv().map_err(|_| LogError::Closed)?
    }

    /// Calls until there is an answer, an error that asking again would not mend, or no patience left.
    pub(crate) async fn call<T, C, F>(&self, doing: &'static str, mut call: C) -> Result<Answer<T>, LogError>
    where
        C: FnMut(Client) -> F,
        F: Future<Output = eventstore::Result<T>>,
    {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(message) = self.lost() {
                return Err(self.unavailable(doing, &message));
            }
            let (outcome, generation) = match self.client().await {
                Ok((client, generation)) => {
                    let outcome = timeout(self.connection.deadline, call(client)).await;
                    (outcome.unwrap_or(Err(eventstore::Error::DeadlineExceeded)), Some(generation))
                }
                Err(Unconnected::Yet(error)) => (Err(error), None),
                Err(Unconnected::Never(error)) => return Err(error),
            };
            let message = match outcome {
                Ok(done) => {
                    if let Some(failing) = self.failing().take() {
                        if failing.is_lost() {
                            tracing::info!(server = self.connection.server, "the log is back");
                        }
                        self.back.notify_waiters();
                    }
                    return Ok(Answer::Done(done));
                }
                Err(error) => match fault::judge(&self.connection.server, doing, error) {
                    Fault::WrongRevision(actual) => return Ok(Answer::WrongRevision(actual)),
                    Fault::NoStream => return Ok(Answer::NoStream),
                    Fault::Never(error) => return Err(error),
                    Fault::Again(message) => message,
                    Fault::Anew(message) => {
                        if let Some(generation) = generation {
                            self.discard(generation).await;
                        }
                        message
                    }
                },
            };
            let is_lost = self.note_failure(&message);
            if is_lost || began.elapsed() + pause > self.connection.patience {
                return Err(self.unavailable(doing, &message));
            }
            if pause == FIRST_PAUSE {
                tracing::debug!("{doing}: {message}; asking the log's server again");
            } else {
                tracing::warn!("{doing}: {message}; asking the log's server again");
            }
            // Whoever gets through wakes the others.
            let _ = timeout(jittered(pause), self.back.notified()).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What the last call came to, where the log is lost and somebody has just asked for it. Whoever gets nothing may ask.
    fn lost(&self) -> Option<String> {
        let mut failing = self.failing();
        let failing = failing.as_mut().filter(|failing| failing.is_lost())?;
        if failing.tried_at.elapsed() < ASKED_EVERY {
            return Some(failing.message.clone());
        }
        failing.tried_at = Instant::now();
        None
    }

    /// Whether no call has been answered for so long that nobody need try.
    pub(crate) fn is_lost(&self) -> bool {
        self.failing().as_ref().is_some_and(Failing::is_lost)
    }

    fn note_failure(&self, message: &str) -> bool {
        let (mut failing, now) = (self.failing(), Instant::now());
        let since = failing.as_ref().map_or(now, |failing| failing.since);
        failing.insert(Failing { since, tried_at: now, message: message.to_owned() }).is_lost()
    }

    fn failing(&self) -> MutexGuard<'_, Option<Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unavailable(&self, doing: &'static str, message: &str) -> LogError {
        let again = if doing == APPENDING {
            ". What was to be appended may be there or not: appending the same events again does no harm"
        } else {
            ""
        };
        let message = format!(
            "{message}; see whether the server runs, can be reached from here and speaks TLS as the connection string says \
             (its default is that it does){again}"
        );
        LogError::Unavailable { server: self.connection.server.clone(), doing, message }
    }

    /// The client, and which it is.
    pub(crate) async fn client(&self) -> Result<(Client, u64), Unconnected> {
        let mut held = self.held.lock().await;
        if let Some(client) = &held.client {
            return Ok((client.clone(), held.generation));
        }
        let settings = self.connection.settings.clone();
        let client = Client::with_runtime_handle(self.runtime.clone(), settings).map_err(Unconnected::Yet)?;
        // Connects now, so that its socket is there, and what is wrong is told before the client forgets it.
        match timeout(self.connection.deadline, client.server_info()).await {
            Ok(Ok(_)) => {}
            // It has come to grief over something here before it has tried.
            Ok(Err(eventstore::Error::ConnectionClosed)) => return Err(Unconnected::Never(self.no_start())),
            Ok(Err(error)) => return Err(Unconnected::Yet(error)),
            Err(_) => return Err(Unconnected::Yet(eventstore::Error::DeadlineExceeded)),
        }
        nodelay::set(&self.connection.ports);
        held.generation += 1;
        held.client = Some(client.clone());
        Ok((client, held.generation))
    }

    fn no_start(&self) -> LogError {
        LogError::Refused {
            server: self.connection.server.clone(),
            doing: "connecting",
            message: "the client can't start: rustls was given a provider for the whole process before (open the log \
                      before anything else speaks TLS), or the system's certificates can't be read (see SSL_CERT_FILE \
                      and SSL_CERT_DIR), or tlsCAFile, userCertFile or userKeyFile is not what its name says"
                .to_owned(),
        }
    }

    /// Has the next call begin with a new client, unless somebody has seen to that.
    pub(crate) async fn discard(&self, generation: u64) {
        let mut held = self.held.lock().await;
        if held.generation == generation {
            held.client = None;
        }
    }
}

/// From half of a pause to all of it, so that those who began to wait together do not come back together.
pub(crate) fn jittered(pause: Duration) -> Duration {
    rand::rng().random_range(pause / 2..=pause)
}
