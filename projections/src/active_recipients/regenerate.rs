//! A figure from the book alone: the one place where that is done, for whoever publishes, checks or explains it (R-5-05).

use std::path::Path;

use domain::calendar::ReportPeriod;
use event_log::EventLog;

use super::{ActiveRecipients, ActiveRecipientsReader, Average};
use crate::ViewError;
use crate::registry::ViewKind;
use crate::replay::Replayed;
use crate::rows::Checkpoint;
use crate::runner::{Progress, Until};
use crate::view::View;

/// Counts the recipients of a period anew, from the first event of the book up to `until`, with nothing but the log; tells
/// how far it has read. `scratch` is an empty directory that the caller deletes. Blocks until it is done.
///
/// # Errors
/// [`ViewError`].
pub fn regenerate(
    log: &dyn EventLog,
    period: impl Into<ReportPeriod>,
    until: Until,
    scratch: &Path,
    progress: Progress<'_>,
) -> Result<(Average, Checkpoint), ViewError> {
    let kind = ViewKind::named(ActiveRecipients::NAME)?;
    let replayed = Replayed::new(log, &[kind], until, scratch, progress)?;
    let average = ActiveRecipientsReader(replayed.rows(kind)?).average(period)?;
    Ok((average, replayed.address()))
}
