//! Views made from nothing, or from snapshots of an earlier replay, as of any past position or moment: what an auditor
//! compares with what is served.

use std::path::Path;

use event_log::{EventLog, Position};

use crate::ViewError;
use crate::digest::Digest;
use crate::registry::{Running, ViewKind};
use crate::report::{Filter, Report};
use crate::rows::{Checkpoint, Rows};
use crate::runner::{self, BATCH_EVENTS, Counted, Progress, Until};
use crate::snapshots::Snapshots;

/// Views at an address: a position and a moment.
pub struct Replayed(Vec<Box<dyn Running>>);

impl Replayed {
    /// Replays the log into new rows under a directory (a temporary one: the caller deletes it).
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn new(
        log: &dyn EventLog,
        kinds: &[ViewKind],
        until: Until,
        directory: &Path,
        progress: Progress<'_>,
    ) -> Result<Self, ViewError> {
        let mut views =
            kinds.iter().map(|kind| kind.open(&directory.join(kind.name))).collect::<Result<Vec<_>, _>>()?;
        runner::run(log, &mut views, until, BATCH_EVENTS, progress)?;
        Ok(Self(views))
    }

    /// As [`Self::new`], but each view begins at its nearest snapshot, and snapshots are kept along the way.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn with_snapshots(
        log: &dyn EventLog,
        kinds: &[ViewKind],
        until: Until,
        directory: &Path,
        snapshots: &Snapshots,
        progress: Progress<'_>,
    ) -> Result<Self, ViewError> {
        let opened = kinds.iter().map(|kind| snapshots.open(log, *kind, until, &directory.join(kind.name)));
        let mut views = opened.collect::<Result<Vec<_>, _>>()?;
        let book = *log.watch_next_position().borrow();
        let (every, end) = (snapshots.every(book), until.position.map_or(book, |last| last.next().min(book)));
        let mut counted = Counted::All;
        while counted == Counted::All {
            let stands = views.iter().map(|view| view.reached().next).min().unwrap_or(end);
            let stop = Position((stands.0 / every + 1) * every).min(end);
            let Some(last) = stop.0.checked_sub(1).filter(|_| stands < end) else { break };
            let stretch = Until { position: Some(Position(last)), moment: until.moment };
            counted = runner::pass(log, &mut views, stretch, BATCH_EVENTS, progress)?;
            if counted == Counted::All && (stop.0.is_multiple_of(every) || (stop == end && snapshots.at_end())) {
                runner::commit(&mut views)?;
                for view in views.iter().filter(|view| view.reached().next == stop) {
                    snapshots.keep(log, view.as_ref())?;
                }
            }
        }
        runner::run(log, &mut views, until, BATCH_EVENTS, progress)?;
        Ok(Self(views))
    }

    /// Where the views stand.
    #[must_use]
    pub fn address(&self) -> Checkpoint {
        self.0.first().map(|view| view.reached()).unwrap_or_default()
    }

    /// A report.
    ///
    /// # Errors
    /// [`ViewError::Unknown`] when none of the views prints it.
    pub fn report(&self, name: &str, filter: &Filter) -> Result<Report, ViewError> {
        let kind = ViewKind::named(name)?;
        kind.report(self.rows(kind)?, name, filter)
    }

    /// A view's rows.
    ///
    /// # Errors
    /// [`ViewError::Unknown`] when it is not among the views.
    pub fn rows(&self, kind: ViewKind) -> Result<&Rows, ViewError> {
        let view = self.0.iter().find(|view| view.kind().name == kind.name);
        view.map(|view| view.rows().as_ref())
            .ok_or_else(|| ViewError::Unknown { name: kind.name.to_owned(), known: "others".to_owned() })
    }

    /// Each view's name and digest.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn digests(&self) -> Result<Vec<(&'static str, Digest)>, ViewError> {
        self.0.iter().map(|view| Ok((view.kind().name, view.kind().digest(view.rows())?))).collect()
    }
}
