//! Views made from nothing, as of any past position or moment: what an auditor compares with what is served.

use std::path::Path;

use event_log::EventLog;

use crate::ViewError;
use crate::digest::Digest;
use crate::registry::{Running, ViewKind};
use crate::report::{Filter, Report};
use crate::rows::{Checkpoint, Rows};
use crate::runner::{self, BATCH_EVENTS, Progress, Until};

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
