//! From an event to an item of a subscription.
//!
//! A subscription follows the book from the end that it had when the subscription was asked for, so that nothing that
//! happens afterwards is missed. An event is answered once the views include it, from one state of them. Whoever is slow
//! lags: the book keeps their place, and nothing is kept in memory for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::{Context, Error, Result};
use event_log::{EventLog, Position, Recorded, Subscribed, Subscription};
use futures::{Stream, StreamExt, stream};

use super::platform::{ReadTrace, platform};
use super::user_error::query_error;
use crate::ApiError;

/// Where a subscription began, and whether its newest item is to be read again because the views moved meanwhile.
#[derive(Debug, Clone)]
pub struct Live {
    from: Position,
    again: Arc<AtomicBool>,
}

impl Live {
    /// From the book's end.
    #[must_use]
    pub fn from_end_of(log: &dyn EventLog) -> Self {
        Self { from: *log.watch_next_position().borrow(), again: Arc::default() }
    }

    /// The position of the first event that is told.
    #[must_use]
    pub const fn from(&self) -> Position {
        self.from
    }

    /// Has the newest item read again when the next one is asked for.
    pub fn read_again(&self) {
        self.again.store(true, Ordering::Release);
    }
}

/// The subscription that asks.
#[must_use]
pub fn live<'a>(ctx: &Context<'a>) -> &'a Live {
    ctx.data_unchecked::<Live>()
}

/// What is read from now on is of another item.
pub fn begin_item(ctx: &Context<'_>) {
    ctx.data_unchecked::<ReadTrace>().begin();
}

/// Waits until the views include everything before a position, however long that takes them.
///
/// # Errors
/// UNAVAILABLE when they have stopped.
pub async fn views_at(ctx: &Context<'_>, next: Position) -> Result<()> {
    let mut health = platform(ctx).views.health();
    let health = health.wait_for(|health| health.reached.next >= next || health.failed.is_some()).await;
    match health {
        Ok(health) if health.reached.next >= next => Ok(()),
        Ok(_) | Err(_) => Err(query_error(ApiError::Unavailable(
            "the views have stopped, so that nothing more can be told; the operator can mend it".to_owned(),
        ))),
    }
}

struct Following<'a, W, R> {
    ctx: Context<'a>,
    events: Subscription,
    newest: Option<Recorded>,
    wanted: W,
    read: R,
    over: bool,
}

/// What `read` makes of the events that are wanted, once the views include them; nothing is told where it makes nothing
/// of one. It ends with the first error.
pub fn items<'a, T, W, R>(
    ctx: &Context<'a>,
    wanted: W,
    read: R,
) -> impl Stream<Item = Result<T>> + Send + use<'a, T, W, R>
where
    T: Send + 'a,
    W: Fn(&Recorded) -> bool + Send + Sync + 'a,
    R: Fn(&Context<'a>, &Recorded) -> Result<Option<T>> + Send + Sync + 'a,
{
    let events = platform(ctx).book.log().subscribe(live(ctx).from);
    let following = Following { ctx: ctx.clone(), events, newest: None, wanted, read, over: false };
    stream::unfold(following, |mut following| async move {
        let item = following.next().await?;
        following.over = item.is_err();
        Some((item, following))
    })
}

impl<'a, T, W, R> Following<'a, W, R>
where
    W: Fn(&Recorded) -> bool,
    R: Fn(&Context<'a>, &Recorded) -> Result<Option<T>>,
{
    async fn next(&mut self) -> Option<Result<T>> {
        if self.over {
            return None;
        }
        let mut again = live(&self.ctx).again.swap(false, Ordering::AcqRel);
        loop {
            if !again && let Err(error) = self.follow().await? {
                return Some(Err(error));
            }
            again = false;
            begin_item(&self.ctx);
            if let Some(item) = (self.read)(&self.ctx, self.newest.as_ref()?).transpose() {
                return Some(item);
            }
        }
    }

    /// Goes on to the next event that is wanted, and waits until the views include it.
    async fn follow(&mut self) -> Option<Result<(), Error>> {
        let event = loop {
            match self.events.next().await? {
                Ok(Subscribed::Event(event)) if (self.wanted)(&event) => break event,
                Ok(Subscribed::Event(_) | Subscribed::CaughtUp) => {}
                Err(error) => return Some(Err(query_error(error.into()))),
            }
        };
        let there = views_at(&self.ctx, event.position.next()).await;
        self.newest = Some(event);
        Some(there)
    }
}
