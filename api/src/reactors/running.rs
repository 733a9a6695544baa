//! How a reactor is run: from its checkpoint to the book's end, then live, with time passing.
//!
//! The checkpoint is the position and the state, in one file, written beside and renamed. It may be old or lost: a state
//! that is behind only makes the reactor do again what does nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::EventKind;
use event_log::{LogError, Position, Recorded, Subscribed};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Fact, Reactor};
use crate::{ApiError, Book};

/// How long a reactor waits before it tries again what failed.
const RETRY: Duration = Duration::from_secs(1);

/// How often a reactor looks at the clock when nothing happens.
const TICK: Duration = Duration::from_secs(1);

/// A checkpoint is written when this long passed since the last one and there is news, when the end of the book is reached
/// for the first time, and when the reactor ends. Writing it oftener would cost more than reading a little again.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);

/// How far a reactor has come, as its file has it.
#[derive(Debug, Serialize, Deserialize)]
struct Checkpoint<S> {
    version: u32,
    next: u64,
    state: S,
}

/// A reactor on its way.
pub struct Run<R: Reactor> {
    reactor: R,
    state: R::State,
    next: Position,
    /// Where its checkpoint lies.
    file: PathBuf,
    written: Instant,
    /// Whether its checkpoint is behind it.
    news: bool,
    /// Tells up to which position it has done everything; nothing before it has caught up for the first time.
    reached: watch::Sender<Position>,
}

impl<R: Reactor> Run<R> {
    /// A reactor with its checkpoint in a directory. Without a checkpoint it begins at `begin`: past what somebody else
    /// has acted on already.
    #[must_use]
    pub fn new(reactor: R, directory: &Path, begin: Position, reached: watch::Sender<Position>) -> Self {
        let file = directory.join(R::NAME);
        let read = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Checkpoint<R::State>>(&bytes).ok());
        let (state, next) = match read.filter(|checkpoint| checkpoint.version == R::VERSION) {
            Some(checkpoint) => (checkpoint.state, Position(checkpoint.next)),
            None => (R::State::default(), begin),
        };
        Self { reactor, state, next, file, written: Instant::now(), news: false, reached }
    }

    /// Runs until `stop` says so or the book is closed.
    pub async fn run(mut self, book: Book, mut stop: watch::Receiver<bool>) {
        loop {
            let followed = tokio::select! {
                followed = self.follow(&book) => followed,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match followed {
                Ok(()) | Err(ApiError::Log(LogError::Closed)) => break,
                Err(error) => {
                    let position = self.next;
                    tracing::error!(reactor = R::NAME, %position, %error, "a reactor failed; it tries again");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(RETRY) => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        if let Err(error) = self.write() {
            tracing::warn!(reactor = R::NAME, %error, "a reactor's checkpoint could not be written");
        }
    }

    async fn follow(&mut self, book: &Book) -> Result<(), ApiError> {
        // A checkpoint beyond the end is of another book.
        if self.next > book.log().next_position().await? {
            (self.state, self.next) = (R::State::default(), Position::START);
        }
        let mut events = book.log().subscribe(self.next);
        let (mut caught_up, mut tick) = (false, tokio::time::interval(TICK));
        loop {
            // What a reactor does not want gives it nothing to do; what time brings, a tick brings.
            let (may_be_due, first_time) = tokio::select! {
                event = events.next() => match event {
                    Some(event) => match event? {
                        Subscribed::Event(record) => (self.take_in(&record)?, false),
                        Subscribed::CaughtUp => (true, !std::mem::replace(&mut caught_up, true)),
                    },
                    None => return Ok(()),
                },
                _ = tick.tick() => (true, false),
            };
            if !caught_up {
                continue;
            }
            if may_be_due {
                self.act(book).await?;
            }
            self.reached.send_replace(self.next);
            if first_time || self.news && self.written.elapsed() >= CHECKPOINT_EVERY {
                self.write()?;
            }
        }
    }

    /// Takes a record in; whether it was one that the reactor wants.
    fn take_in(&mut self, record: &Recorded) -> Result<bool, ApiError> {
        let kind = EventKind::from_name(&record.event_type);
        let wanted = kind.is_some_and(|kind| R::WANTS.contains(&kind));
        if wanted {
            self.reactor.fold(&mut self.state, &Fact::read(record)?);
        }
        self.next = record.position.next();
        self.news = true;
        Ok(wanted)
    }

    /// Does all that is due.
    async fn act(&mut self, book: &Book) -> Result<(), ApiError> {
        while self.reactor.act(book, &mut self.state, book.clock().now()).await? {
            self.news = true;
            metrics::counter!("marktboek_reactions_total", "reactor" => R::NAME).increment(1);
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), ApiError> {
        (self.written, self.news) = (Instant::now(), false);
        let checkpoint = Checkpoint { version: R::VERSION, next: self.next.0, state: &self.state };
        let beside = self.file.with_extension("new");
        fs::write(&beside, serde_json::to_vec(&checkpoint)?).map_err(ApiError::io("writing", &beside))?;
        fs::rename(&beside, &self.file).map_err(ApiError::io("naming", &self.file))
    }
}
