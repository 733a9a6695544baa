//! What every field can reach: the book, the views, the photos, and who asks.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::{Context, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::policy::Policies;
use event_log::Position;
use projections::digest::Digest;
use projections::{Checkpoint, SealedText, Served, Snapshot, ViewError};

use super::user_error::query_error;
use crate::activity::Activity;
use crate::auth::Viewer;
use crate::heads::Heads;
use crate::photos::Photos;
use crate::reactors::translations::Queue;
use crate::{ApiError, Book};

/// How long an answer waits for the views to be where it needs them.
pub const VIEWS_WAIT: Duration = Duration::from_secs(5);

/// What every field can reach.
pub struct Platform {
    /// The book, for commands.
    pub book: Book,
    /// Visits, on their way into the book.
    pub activity: Activity,
    /// The views, for queries.
    pub views: Arc<Served>,
    /// The book's heads.
    pub heads: Heads,
    /// The photos' bytes.
    pub photos: Photos,
    /// How many reviews wait to be translated.
    pub translations: Queue,
}

/// A text of personal data that a view has; nothing once its subject was forgotten.
///
/// # Errors
/// UNAVAILABLE when whoever keeps the keys does not answer.
pub async fn opened(ctx: &Context<'_>, text: Option<&SealedText>) -> Result<Option<String>> {
    let Some((kind, sealed)) = text.and_then(SealedText::to_sealed) else { return Ok(None) };
    platform(ctx).book.open(kind, &sealed).await.map_err(query_error)
}

/// Which state of the views a request has read. A request reads them field by field; when a commit came in between,
/// it saw two states, and is answered again.
#[derive(Debug, Clone, Default)]
pub struct ReadTrace(Arc<Mutex<Read>>);

#[derive(Debug, Default)]
struct Read {
    first: Option<Checkpoint>,
    torn: bool,
}

impl ReadTrace {
    fn note(&self, reached: Checkpoint) {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match read.first {
            None => read.first = Some(reached),
            Some(first) => read.torn |= first != reached,
        }
    }

    /// Forgets what was read: what is read next is of another answer.
    pub fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Read::default();
    }

    /// The earliest state that was read, if any was.
    #[must_use]
    pub fn reached(&self) -> Option<Checkpoint> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).first
    }

    /// Whether two states were read.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).torn
    }
}

/// The views at one position and moment.
pub struct Views<'a> {
    snapshot: Snapshot<'a>,
    /// How far they have come.
    pub reached: Checkpoint,
}

impl<'a> Deref for Views<'a> {
    type Target = Snapshot<'a>;
    fn deref(&self) -> &Snapshot<'a> {
        &self.snapshot
    }
}

/// What every field can reach. Every request's schema is built with it.
#[must_use]
pub fn platform<'a>(ctx: &Context<'a>) -> &'a Platform {
    ctx.data_unchecked::<Arc<Platform>>()
}

/// Who asks.
#[must_use]
pub fn viewer<'a>(ctx: &Context<'a>) -> &'a Viewer {
    ctx.data_unchecked::<Viewer>()
}

/// The views as they are now. Never held across an `await`.
#[must_use]
pub fn views<'a>(ctx: &Context<'a>) -> Views<'a> {
    let snapshot = platform(ctx).views.snapshot();
    let reached = snapshot.reached();
    ctx.data_unchecked::<ReadTrace>().note(reached);
    Views { snapshot, reached }
}

/// Reads the views.
///
/// # Errors
/// What they say, told to the operator.
pub fn read<'a, T>(ctx: &Context<'a>, read: impl FnOnce(&Views<'a>) -> Result<T, ViewError>) -> Result<T> {
    read(&views(ctx)).map_err(|error| query_error(error.into()))
}

/// Waits until the views include an event, so that what a command did can be read back.
///
/// # Errors
/// UNAVAILABLE when they do not get there in time.
pub async fn wait_for(ctx: &Context<'_>, position: Position) -> Result<()> {
    if platform(ctx).views.includes(position, VIEWS_WAIT).await {
        return Ok(());
    }
    Err(query_error(ApiError::Unavailable(format!(
        "it is done, but the views have not come to position {position} yet; ask again with X-Marktboek-Position"
    ))))
}

/// The policies in force.
///
/// # Errors
/// What the log says, told to the operator.
pub async fn policies(ctx: &Context<'_>) -> Result<Arc<Policies>> {
    platform(ctx).book.policies().await.map_err(query_error)
}

/// An instant from microseconds since the epoch.
#[must_use]
pub fn instant(micros: i64) -> DateTime<Utc> {
    projections::view::instant(micros)
}

/// Where a figure comes from: the same address gives the same figure, here and in replay-tool.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct Provenance {
    /// The position of the last event that counts; -1 before the first.
    position: String,
    /// The moment as of which it counts.
    as_of: DateTime<Utc>,
    /// The version of the policies by which it was computed, where any decides.
    policy_version: Option<u32>,
    /// SHA-256 of the figure: the same figure at the same address has the same one. Of a figure that `replay-tool` prints too,
    /// as the active recipients and the transparency report, it is the digest that it prints.
    digest: String,
}

impl Provenance {
    /// The address of a figure that was read from these views.
    #[must_use]
    pub fn of(reached: Checkpoint, policy_version: Option<u32>, digest: Digest) -> Self {
        Self { position: last_position(reached), as_of: reached.moment(), policy_version, digest: digest.to_string() }
    }
}

/// The position of the last event that views include, as text; -1 before the first.
#[must_use]
pub fn last_position(reached: Checkpoint) -> String {
    reached.next.0.checked_sub(1).map_or_else(|| "-1".to_owned(), |last| last.to_string())
}
