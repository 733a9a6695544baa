//! Catching up, then live: one reader that always reads from the book and waits only when there is nothing to read, as
//! the embedded engine has it.

use std::vec::IntoIter;

use event_log::{LogError, Position, Recorded, Subscribed, Subscription};
use futures::StreamExt;
use futures::stream;
use tokio::sync::watch;

use crate::log::Reader;

/// A reader that is this many events behind has fallen behind, and is told when it has caught up again.
const FALLEN_BEHIND_EVENTS: u64 = 4096;

struct Subscriber {
    reader: Reader,
    news: watch::Receiver<Position>,
    next: Position,
    read: IntoIter<Recorded>,
    caught_up: bool,
    over: bool,
}

/// Everything from `from` on. Ends when the book is closed.
pub(crate) fn subscribe(reader: Reader, from: Position) -> Subscription {
    let news = reader.book.news.clone();
    let read = Vec::new().into_iter();
    let subscriber = Subscriber { reader, news, next: from, read, caught_up: false, over: false };
    stream::unfold(subscriber, |mut subscriber| async move {
        let item = subscriber.step().await?;
        subscriber.over |= item.is_err();
        Some((item, subscriber))
    })
    .fuse()
    .boxed()
}

impl Subscriber {
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
                let (reader, from) = (self.reader.clone(), self.next);
                match self.reader.session.run(async move { reader.some(from, usize::MAX).await }).await {
                    Ok(events) => self.read = events.into_iter(),
                    Err(error) => return Some(Err(error)),
                }
            } else if !self.caught_up {
                self.caught_up = true;
                return Some(Ok(Subscribed::CaughtUp));
            } else if self.news.changed().await.is_err() {
                return None;
            }
        }
    }
}
