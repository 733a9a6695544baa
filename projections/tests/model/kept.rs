//! A view kept by the machinery that keeps it in earnest, fed in batches of any size, with ticks between.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::event::EventKind;
use event_log::Position;
use projections::registry::{Running, ViewKind};
use projections::{Happened, Rows};
use tempfile::TempDir;

pub(crate) struct Kept {
    view: Box<dyn Running>,
    _directory: TempDir,
}

impl Kept {
    pub(crate) fn new(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let view = ViewKind::named(name).unwrap().open(directory.path()).unwrap();
        Self { view, _directory: directory }
    }

    /// Takes a batch in, as the runner does: the events, then the newest moment of them.
    pub(crate) fn take_in(&mut self, batch: &[Happened]) {
        let events: Vec<(EventKind, Happened)> =
            batch.iter().map(|happened| (happened.event.kind(), happened.clone())).collect();
        let next = self.view.reached().next.0 + batch.len() as u64;
        self.view.apply(&events, Position(next)).unwrap();
        if let Some(newest) = batch.iter().map(|happened| happened.at).max() {
            self.view.advance(newest).unwrap();
        }
    }

    pub(crate) fn advance(&mut self, to: DateTime<Utc>) {
        self.view.advance(to).unwrap();
    }

    pub(crate) fn commit(&mut self) {
        self.view.commit().unwrap();
    }

    pub(crate) fn moment(&self) -> DateTime<Utc> {
        self.view.reached().moment()
    }

    pub(crate) fn rows(&self) -> &Arc<Rows> {
        self.view.rows()
    }

    pub(crate) fn digest(&self) -> String {
        self.view.kind().digest(self.view.rows()).unwrap().to_string()
    }
}
