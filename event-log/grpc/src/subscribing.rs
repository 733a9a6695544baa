//! Following: what is there, then what comes. Whoever subscribes from an event gets what comes after it.
//!
//! A client reads as fast as it likes: the next event is taken from the book when the one before has gone out, and a
//! client that is slow is told again when it has caught up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::vec::IntoIter;

use chrono::Utc;
use event_log::{Direction, EventLog, LogError, Position, Recorded, Revision, StreamName, Subscribed, Subscription};
use futures::stream::{self, StreamExt};
use tokio::sync::watch;
use tonic::Status;
use uuid::Uuid;

use crate::envelope::{delivered, saying, timestamp};
use crate::filter::Filter;
use crate::pages::{Of, Pages, last_revision};
use crate::query::From;
use crate::reading::Answers;
use crate::refusal::Refusal;
use crate::wire::IdForm;
use crate::wire::streams::ReadResp;
use crate::wire::streams::read_resp::{self, CaughtUp, Checkpoint, Content, SubscriptionConfirmation};

/// A reader that gets this many events without a pause was behind, and is told when it has caught up again. As many as the
/// embedded engine's.
const FALLEN_BEHIND_EVENTS: u64 = 4096;

/// Follows the whole book, or what a filter wants of it.
pub(crate) async fn follow_all(
    log: &dyn EventLog,
    from: From<Position>,
    filter: Option<Filter>,
    ids: IdForm,
) -> Result<Answers, Refusal> {
    let end = log.next_position().await?;
    let next = match from {
        From::Start => Position::START,
        From::End => end,
        From::At(position) if position < end => position.next(),
        From::At(position) => {
            let message = format!(
                "{position} is not in this book, which has {end} events: was the book restored from an older backup, or \
                 is the position of another book? Trying to read from an invalid position."
            );
            return Err(Refusal::invalid("position", message));
        }
    };
    let considered = next.0.checked_sub(1).map(Position);
    let following =
        FollowingAll { events: log.subscribe(next), filter, ids, considered, unsaid: 0, ready: VecDeque::new() };
    let answers = stream::unfold(following, |mut following| async move {
        let answer = following.step().await.map_err(Status::from);
        Some((answer, following))
    });
    Ok(confirmed().chain(answers).boxed())
}

/// Follows a stream, which need not be there yet.
pub(crate) async fn follow_stream(
    log: Arc<dyn EventLog>,
    stream: StreamName,
    from: From<Revision>,
    ids: IdForm,
) -> Result<Answers, Refusal> {
    // Before anything is read: what is appended from here on is news.
    let news = log.watch_next_position();
    let next = match from {
        From::Start => 0,
        From::End => last_revision(log.as_ref(), &stream).await?.map_or(0, |last| last.next().0),
        From::At(revision) => revision.0.saturating_add(1),
    };
    let pages = Pages::new(log, Of::Stream(stream), Direction::Forwards, Some(next));
    let seen = next.checked_sub(1).map(Revision);
    let page = Vec::new().into_iter();
    let following = FollowingStream { pages, news, page, ids, seen, without_pause: 0, caught_up: false };
    let answers = stream::unfold(following, |mut following| async move {
        let answer = following.step().await.map_err(Status::from);
        Some((answer, following))
    });
    Ok(confirmed().chain(answers).boxed())
}

/// Clients want this first.
fn confirmed() -> Answers {
    let confirmation = SubscriptionConfirmation { subscription_id: Uuid::new_v4().to_string() };
    stream::iter([Ok(saying(Content::Confirmation(confirmation)))]).boxed()
}

struct FollowingAll {
    events: Subscription,
    filter: Option<Filter>,
    ids: IdForm,
    /// The last position that was looked at.
    considered: Option<Position>,
    /// How many events were looked at since the client was told how far.
    unsaid: u64,
    ready: VecDeque<ReadResp>,
}

impl FollowingAll {
    async fn step(&mut self) -> Result<ReadResp, Refusal> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Ok(ready);
            }
            match self.events.next().await.transpose()? {
                None => return Err(LogError::Closed.into()),
                Some(Subscribed::Event(event)) => self.take(event).await?,
                Some(Subscribed::CaughtUp) => {
                    if self.unsaid > 0 {
                        self.checkpoint();
                    }
                    let position = self.considered.map(|Position(position)| read_resp::Position {
                        commit_position: position,
                        prepare_position: position,
                    });
                    let caught_up =
                        CaughtUp { timestamp: Some(timestamp(Utc::now())), stream_revision: None, position };
                    self.ready.push_back(saying(Content::CaughtUp(caught_up)));
                }
            }
        }
    }

    async fn take(&mut self, event: Recorded) -> Result<(), Refusal> {
        self.considered = Some(event.position);
        let Some(filter) = &self.filter else {
            self.ready.push_back(delivered(event, self.ids));
            return Ok(());
        };
        self.unsaid += 1;
        let due = self.unsaid >= filter.checkpoint_interval;
        if filter.wants(&event).await? {
            self.ready.push_back(delivered(event, self.ids));
        }
        if due {
            self.checkpoint();
        }
        Ok(())
    }

    fn checkpoint(&mut self) {
        self.unsaid = 0;
        if let Some(Position(position)) = self.considered {
            let checkpoint = Checkpoint {
                commit_position: position,
                prepare_position: position,
                timestamp: Some(timestamp(Utc::now())),
            };
            self.ready.push_back(saying(Content::Checkpoint(checkpoint)));
        }
    }
}

struct FollowingStream {
    pages: Pages,
    news: watch::Receiver<Position>,
    page: IntoIter<Recorded>,
    ids: IdForm,
    /// The last revision that was delivered, or from which on it was asked for.
    seen: Option<Revision>,
    /// How many were delivered since the reader had to wait.
    without_pause: u64,
    caught_up: bool,
}

impl FollowingStream {
    async fn step(&mut self) -> Result<ReadResp, Refusal> {
        loop {
            if let Some(event) = self.page.next() {
                self.seen = Some(event.revision);
                self.without_pause += 1;
                return Ok(delivered(event, self.ids));
            }
            self.news.mark_unchanged();
            let page = self.pages.page(u64::MAX).await?;
            let behind = !self.caught_up || self.without_pause >= FALLEN_BEHIND_EVENTS;
            if !page.is_empty() {
                self.page = page.into_iter();
                continue;
            }
            self.without_pause = 0;
            if behind {
                self.caught_up = true;
                let stream_revision = self.seen.and_then(|seen| i64::try_from(seen.0).ok());
                let caught_up = CaughtUp { timestamp: Some(timestamp(Utc::now())), stream_revision, position: None };
                return Ok(saying(Content::CaughtUp(caught_up)));
            }
            if self.news.changed().await.is_err() {
                // The book is closed; what was appended last may not have been read yet.
                let page = self.pages.page(u64::MAX).await?;
                if page.is_empty() {
                    return Err(LogError::Closed.into());
                }
                self.page = page.into_iter();
            }
        }
    }
}
