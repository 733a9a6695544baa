//! How a call that would go on for ever is ended: with an error, for clients take a good end of a subscription for its
//! last word (and one of them then spins).

use std::pin::Pin;

use chrono::{DateTime, Utc};
use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::watch;
use tonic::Status;

use crate::refusal::Refusal;

/// The longest that is slept in one piece; a token that holds for longer than a timer can count is looked at again then.
const LONGEST_SLEEP: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// Items until the node stops or the right to them ends.
pub(crate) fn ending<T: Send + 'static>(
    items: BoxStream<'static, Result<T, Status>>,
    stop: watch::Receiver<bool>,
    until: Option<DateTime<Utc>>,
) -> BoxStream<'static, Result<T, Status>> {
    stream::unfold(Some((items, end(stop, until))), |running| async move {
        let (mut items, mut end) = running?;
        let item = tokio::select! {
            biased;
            refusal = &mut end => Err(refusal.into()),
            item = items.next() => item?,
        };
        let running = item.is_ok().then_some((items, end));
        Some((item, running))
    })
    .boxed()
}

/// Why a call that would go on for ever is to end, once it is.
pub(crate) type End = Pin<Box<dyn Future<Output = Refusal> + Send>>;

/// When the node stops or the right to the call ends.
pub(crate) fn end(mut stop: watch::Receiver<bool>, until: Option<DateTime<Utc>>) -> End {
    Box::pin(async move {
        tokio::select! {
            // Without a sender the node is gone.
            _ = stop.wait_for(|stop| *stop) => Refusal::Stopping,
            () = ended(until) => Refusal::Unauthenticated("the token has expired; come again with a new one".to_owned()),
        }
    })
}

async fn ended(until: Option<DateTime<Utc>>) {
    let Some(until) = until else { return std::future::pending().await };
    while let Ok(left) = (until - Utc::now()).to_std() {
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}
