//! What follows from an event by itself.
//!
//! A reactor reads the book and gives commands whose ids are derived from the event that caused them, so that doing it
//! again does nothing: after a crash it begins where it is sure to have been, and repeats the rest. It may run in
//! several processes at once.

pub mod erasure;
pub mod seller_removal;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use domain::metadata::Actor;
use domain::recording::Cause;
use event_log::{LogError, Position, Recorded, Subscribed};
use futures::StreamExt;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{ApiError, Book};
use domain::ids::CommandId;

/// How long a reactor waits before it tries again what failed.
const RETRY: Duration = Duration::from_secs(1);

/// Something that follows from events by itself.
#[async_trait]
pub trait Reactor: Send + 'static {
    /// Its name: in logs, figures, metadata, and of its checkpoint.
    const NAME: &'static str;

    /// Takes an event in; true when it acted on it.
    ///
    /// # Errors
    /// What the book says. The same event comes again then.
    async fn react(&mut self, book: &Book, event: &Recorded) -> Result<bool, ApiError>;

    /// Everything in the book has been taken in.
    ///
    /// # Errors
    /// What the book says. It is called again then.
    async fn caught_up(&mut self, _book: &Book) -> Result<(), ApiError> {
        Ok(())
    }
}

/// Why a reactor gives a command.
#[must_use]
pub fn cause(reactor: &str, event: Uuid, purpose: &str) -> Cause {
    Cause { causation: Some(event), ..Cause::new(CommandId::caused_by(event, purpose), Actor::system(reactor)) }
}

/// Where a reactor begins after a restart.
#[derive(Debug, Clone)]
pub struct Checkpoint(Option<PathBuf>);

impl Checkpoint {
    /// At the position in a file; losing the file costs time, nothing else.
    #[must_use]
    pub const fn file(path: PathBuf) -> Self {
        Self(Some(path))
    }

    /// At the book's start: for what folds all of it.
    #[must_use]
    pub const fn start() -> Self {
        Self(None)
    }

    fn read(&self) -> Position {
        let text = self.0.as_ref().and_then(|path| fs::read_to_string(path).ok());
        Position(text.and_then(|text| text.trim().parse().ok()).unwrap_or_default())
    }

    fn write(&self, next: Position) -> Result<(), ApiError> {
        let Some(path) = &self.0 else { return Ok(()) };
        let beside = path.with_extension("new");
        fs::write(&beside, next.to_string()).map_err(ApiError::io("writing", &beside))?;
        fs::rename(&beside, path).map_err(ApiError::io("naming", path))
    }
}

/// Runs a reactor until `stop` says so or the book is closed. `reached` tells up to which position it has acted on
/// everything; it says nothing before the reactor has caught up for the first time.
pub async fn run<R: Reactor>(
    book: Book,
    mut reactor: R,
    checkpoint: Checkpoint,
    reached: watch::Sender<Position>,
    mut stop: watch::Receiver<bool>,
) {
    let mut from = checkpoint.read();
    loop {
        let followed = tokio::select! {
            followed = follow(&book, &mut reactor, &checkpoint, &mut from, &reached) => followed,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match followed {
            Ok(()) | Err(ApiError::Log(LogError::Closed)) => return,
            Err(error) => {
                tracing::error!(reactor = R::NAME, position = %from, %error, "a reactor failed; it tries again")
            }
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn follow<R: Reactor>(
    book: &Book,
    reactor: &mut R,
    checkpoint: &Checkpoint,
    from: &mut Position,
    reached: &watch::Sender<Position>,
) -> Result<(), ApiError> {
    let end = book.log().next_position().await?;
    // A checkpoint beyond the end is of another book.
    if *from > end {
        *from = Position::START;
    }
    let (mut events, mut caught_up) = (book.log().subscribe(*from), false);
    while let Some(event) = events.next().await {
        match event? {
            Subscribed::Event(event) => {
                let acted = reactor.react(book, &event).await?;
                *from = event.position.next();
                if acted {
                    metrics::counter!("marktboek_reactions_total", "reactor" => R::NAME).increment(1);
                    checkpoint.write(*from)?;
                }
                if caught_up {
                    reached.send_replace(*from);
                }
            }
            Subscribed::CaughtUp => {
                reactor.caught_up(book).await?;
                checkpoint.write(*from)?;
                caught_up = true;
                reached.send_replace(*from);
            }
        }
    }
    Ok(())
}
