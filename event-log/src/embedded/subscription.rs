//! Catching up, then live: one reader that always reads from the book and waits only when there is nothing to read.
//! So there is no seam between the two where an event could be lost or come twice, and a slow reader costs nobody
//! memory: it lags, and the book keeps its place.

use std::sync::Arc;
use std::vec::IntoIter;

use futures::StreamExt;
use futures::stream;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::queue::Queue;
use super::reader::Reader;
use crate::{LogError, Position, Recorded, Subscribed, Subscription};

/// A reader that is this many events behind has fallen behind, and is told when it has caught up again.
const FALLEN_BEHIND_EVENTS: u64 = 4096;

struct Follower {
    reader: Arc<Reader>,
    /// Says why the book ended; none for a book opened for reading only.
    queue: Option<Arc<Queue>>,
    news: watch::Receiver<Position>,
    next: Position,
    read: IntoIter<Recorded>,
    caught_up: bool,
    over: bool,
}

/// Everything from `from` on. Ends when the book is closed; with an error when its writer failed.
pub(super) fn subscribe(
    reader: Arc<Reader>,
    queue: Option<Arc<Queue>>,
    news: watch::Receiver<Position>,
    from: Position,
) -> Subscription {
    let read = Vec::new().into_iter();
    let follower = Follower { reader, queue, news, next: from, read, caught_up: false, over: false };
    stream::unfold(follower, |mut follower| async move {
        let item = follower.step().await?;
        follower.over |= item.is_err();
        Some((item, follower))
    })
    .fuse()
    .boxed()
}

impl Follower {
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
                match self.scan().await {
                    Ok(events) => self.read = events.into_iter(),
                    Err(error) => return Some(Err(error)),
                }
            } else if !self.caught_up {
                self.caught_up = true;
                return Some(Ok(Subscribed::CaughtUp));
            } else if self.news.changed().await.is_err() && self.next == *self.news.borrow() {
                self.over = true;
                return self.failure().map(Err);
            }
        }
    }

    async fn scan(&self) -> Result<Vec<Recorded>, LogError> {
        let (reader, from) = (Arc::clone(&self.reader), self.next);
        spawn_blocking(move || reader.scan(from, usize::MAX)).await.map_err(|_| LogError::Closed)?
    }

    fn failure(&self) -> Option<LogError> {
        Some(self.queue.as_ref()?.why_closed()).filter(|why| !matches!(why, LogError::Closed))
    }
}
