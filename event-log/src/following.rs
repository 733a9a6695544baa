//! Following a book: catching up, then live, whichever engine keeps it.
//!
//! One reader always reads from the book and waits only when there is nothing to read. So there is no seam between the two
//! where an event could be lost or come twice, and a slow reader costs nobody memory: it lags, and the book keeps its
//! place.

use std::vec::IntoIter;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream;
use tokio::sync::watch;

use crate::{LogError, Position, Recorded, Subscribed, Subscription};

/// A reader that is this many events behind has fallen behind, and is told when it has caught up again.
const FALLEN_BEHIND_EVENTS: u64 = 4096;

/// An engine's book, as whoever follows it reads it.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// At least one event from `from` on, unless that is the end.
    ///
    /// # Errors
    /// As [`crate::EventLog::scan`].
    async fn some(&self, from: Position) -> Result<Vec<Recorded>, LogError>;

    /// Why the book ended, where it did not end well.
    fn failure(&self) -> Option<LogError>;
}

struct Follower<S> {
    source: S,
    news: watch::Receiver<Position>,
    next: Position,
    read: IntoIter<Recorded>,
    caught_up: bool,
    over: bool,
}

/// Everything from `from` on; `news` is the position that the next event will have. Ends when the book does; with an error
/// when it did not end well.
pub fn follow(source: impl Source, news: watch::Receiver<Position>, from: Position) -> Subscription {
    let read = Vec::new().into_iter();
    let follower = Follower { source, news, next: from, read, caught_up: false, over: false };
    stream::unfold(follower, |mut follower| async move {
        let item = follower.step().await?;
        follower.over |= item.is_err();
        Some((item, follower))
    })
    .fuse()
    .boxed()
}

impl<S: Source> Follower<S> {
    async fn step(&mut self) -> Option<Result<Subscribed, LogError>> {
        loop {
            if self.over {
                return None;
            }
            if let Some(event) = self.read.next() {
                self.next = event.position.next();
                return Some(Ok(Subscribed::Event(event)));
            }
            let end = *self.news.borrow_and_update();
            if self.next < end {
                self.caught_up &= end.0 - self.next.0 < FALLEN_BEHIND_EVENTS;
                match self.source.some(self.next).await {
                    Ok(events) => self.read = events.into_iter(),
                    Err(error) => return Some(Err(error)),
                }
            } else if !self.caught_up {
                self.caught_up = true;
                return Some(Ok(Subscribed::CaughtUp));
            } else if self.news.changed().await.is_err() {
                // What was told before the end would have been told now.
                self.over = true;
                return self.source.failure().map(Err);
            }
        }
    }
}
