//! The figure of DSA art. 24(2), regenerated from the book: for a command, which reads no view, and for whoever compares.

use std::sync::Arc;

use domain::calendar::SixMonths;
use domain::dsa_figure::RegeneratedFigure;
use event_log::{LogError, Position};
use projections::Checkpoint;
use projections::active_recipients::{Average, regenerate};
use projections::runner::Until;
use tokio::sync::Semaphore;

use crate::{ApiError, Book};

/// One figure at a time is regenerated: it takes all processors and up to a gigabyte, and nobody publishes two at once.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// The figure of a period as the book has it up to a position, or to where it ends before that.
///
/// # Errors
/// What the log says.
pub async fn regenerated(book: &Book, period: SixMonths, position: u64) -> Result<RegeneratedFigure, ApiError> {
    let (average, reached) = counted(book, period, position, |_, _| {}).await?;
    Ok(RegeneratedFigure {
        position: reached.next.0.checked_sub(1),
        as_of: reached.moment(),
        months: average.published_months(),
        digest: average.digest().into(),
    })
}

/// The same with how far it has read: `progress` is told how many events of how many, again from 0 where months have to be
/// counted in another reading. It waits its turn, and ends with the book also when whoever asked has gone.
///
/// # Errors
/// What the log says.
pub async fn counted(
    book: &Book,
    period: SixMonths,
    position: u64,
    progress: impl Fn(u64, u64) + Send + Sync + 'static,
) -> Result<(Average, Checkpoint), ApiError> {
    let stopped = || ApiError::Log(LogError::Closed);
    let place = ONE_AT_A_TIME.acquire().await.map_err(|_| stopped())?;
    let log = Arc::clone(book.log());
    let last = Position(position.min(log.next_position().await?.0));
    let work = move || {
        // It goes on when whoever asked has gone, and the next one waits for it.
        let _place = place;
        let until = Until { position: Some(last), moment: None };
        Ok(regenerate(log.as_ref(), period, until, &progress)?)
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| stopped())?
}
