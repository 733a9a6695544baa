//! All views there are, by name.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::event::EventKind;
use event_log::Position;

use crate::digest::Digest;
use crate::report::{Filter, Report};
use crate::rows::{Checkpoint, Rows};
use crate::view::{Happened, View};
use crate::{
    ViewError, active_recipients, buy_box, catalogue, deadlines, dsa_figures, ledger, mails, moderation, orders,
    ranking, retention, reviews, statements, submissions, transparency,
};

type OpenView = fn(Rows) -> Result<Box<dyn Running>, ViewError>;

/// A view, whichever: what can be known of it before it is opened.
#[derive(Debug, Clone, Copy)]
pub struct ViewKind {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: u32,
    /// The events that it wants.
    pub wants: &'static [EventKind],
    /// The reports that it can print.
    pub reports: &'static [&'static str],
    open: OpenView,
    report: fn(&Rows, &str, &Filter) -> Result<Report, ViewError>,
    digest: fn(&Rows) -> Result<Digest, ViewError>,
}

impl ViewKind {
    const fn of<V: View>() -> Self {
        Self {
            name: V::NAME,
            version: V::VERSION,
            wants: V::WANTS,
            reports: V::REPORTS,
            open: Kept::<V>::open,
            report: V::report,
            digest: digest::<V>,
        }
    }

    /// Opens it in a directory.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn open(&self, directory: &Path) -> Result<Box<dyn Running>, ViewError> {
        self.over(Rows::open(directory)?)
    }

    /// Opens it over rows.
    pub(crate) fn over(&self, rows: Rows) -> Result<Box<dyn Running>, ViewError> {
        (self.open)(rows)
    }

    /// Prints one of its reports.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn report(&self, rows: &Rows, name: &str, filter: &Filter) -> Result<Report, ViewError> {
        (self.report)(rows, name, filter)
    }

    /// The digest of its committed rows.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn digest(&self, rows: &Rows) -> Result<Digest, ViewError> {
        (self.digest)(rows)
    }

    /// The view with this name, or the one that prints the report with this name.
    ///
    /// # Errors
    /// [`ViewError::Unknown`].
    pub fn named(name: &str) -> Result<Self, ViewError> {
        VIEWS.iter().find(|view| view.name == name || view.reports.contains(&name)).copied().ok_or_else(|| {
            let mut known: Vec<_> = VIEWS.iter().flat_map(|view| view.reports.iter().copied()).collect();
            known.sort_unstable();
            ViewError::Unknown { name: name.to_owned(), known: known.join(", ") }
        })
    }
}

fn digest<V: View>(rows: &Rows) -> Result<Digest, ViewError> {
    Digest::of_rows(rows, &V::open(rows)?.tables())
}

/// All views, in alphabetical order of name.
pub const VIEWS: [ViewKind; 15] = [
    ViewKind::of::<active_recipients::ActiveRecipients>(),
    ViewKind::of::<buy_box::BuyBox>(),
    ViewKind::of::<catalogue::Catalogue>(),
    ViewKind::of::<deadlines::Deadlines>(),
    ViewKind::of::<dsa_figures::DsaFigures>(),
    ViewKind::of::<ledger::Ledger>(),
    ViewKind::of::<mails::Mails>(),
    ViewKind::of::<moderation::Moderation>(),
    ViewKind::of::<orders::Orders>(),
    ViewKind::of::<ranking::Ranking>(),
    ViewKind::of::<retention::Retention>(),
    ViewKind::of::<reviews::Reviews>(),
    ViewKind::of::<statements::Statements>(),
    ViewKind::of::<submissions::Submissions>(),
    ViewKind::of::<transparency::Transparency>(),
];

/// A view that is being kept.
pub trait Running: Send + Sync {
    /// What it is.
    fn kind(&self) -> ViewKind;
    /// Its committed rows.
    fn rows(&self) -> &Arc<Rows>;
    /// How far it has come, committed or not.
    fn reached(&self) -> Checkpoint;
    /// Takes in what it wants of some events that follow each other, and notes that it has seen all before `next`.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    fn apply(&mut self, events: &[(EventKind, Happened)], next: Position) -> Result<(), ViewError>;
    /// Moves to a moment, if that is later than where it stands.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    fn advance(&mut self, to: DateTime<Utc>) -> Result<(), ViewError>;
    /// How many rows are in memory.
    fn in_memory(&self) -> usize;
    /// Commits what changed, with how far it has come.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    fn commit(&mut self) -> Result<(), ViewError>;
}

struct Kept<V> {
    view: V,
    rows: Arc<Rows>,
    reached: Checkpoint,
    wanted: [bool; EventKind::ALL.len()],
}

impl<V: View> Kept<V> {
    fn open(rows: Rows) -> Result<Box<dyn Running>, ViewError> {
        let rows = Arc::new(rows);
        let view = V::open(&rows)?;
        let reached = rows.checkpoint()?;
        let mut wanted = [false; EventKind::ALL.len()];
        V::WANTS.iter().for_each(|kind| wanted[*kind as usize] = true);
        Ok(Box::new(Self { view, rows, reached, wanted }))
    }
}

impl<V: View> Running for Kept<V> {
    fn kind(&self) -> ViewKind {
        ViewKind::of::<V>()
    }

    fn rows(&self) -> &Arc<Rows> {
        &self.rows
    }

    fn reached(&self) -> Checkpoint {
        self.reached
    }

    fn apply(&mut self, events: &[(EventKind, Happened)], next: Position) -> Result<(), ViewError> {
        for (kind, happened) in events {
            if self.wanted[*kind as usize] && happened.position >= self.reached.next {
                self.view.apply(happened, &self.rows)?;
            }
        }
        self.reached.next = self.reached.next.max(next);
        Ok(())
    }

    fn advance(&mut self, to: DateTime<Utc>) -> Result<(), ViewError> {
        if to.timestamp_micros() > self.reached.moment_micros {
            self.reached.moment_micros = to.timestamp_micros();
            self.view.advance(to, &self.rows)?;
        }
        Ok(())
    }

    fn in_memory(&self) -> usize {
        self.view.tables().iter().map(|table| table.in_memory()).sum()
    }

    fn commit(&mut self) -> Result<(), ViewError> {
        self.view.settle(&self.rows)?;
        let mut changes = Vec::new();
        for table in self.view.tables_mut() {
            table.take_changes(&mut changes);
        }
        // Each table's are in order; this sort is the one that merges what is.
        changes.sort_by(|a, b| a.0.cmp(&b.0));
        self.rows.commit(changes, self.reached)
    }
}
