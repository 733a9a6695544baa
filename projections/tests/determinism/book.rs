//! Books with generated histories, and the digests of every view over them.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use chrono::TimeDelta;
use domain::Event;
use domain::review::ReviewEvent;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, MasterKey, OwnKeys, Vault};
use fixtures::{History, Step};
use projections::SealedText;
use projections::ViewError;
use projections::registry::{Running, VIEWS};
use projections::runner::{self, BATCH_EVENTS, Until};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// A book in a directory of its own, with its vault.
pub(crate) struct Book {
    pub(crate) log: EmbeddedLog,
    pub(crate) keys: OwnKeys,
    runtime: Runtime,
    _directory: TempDir,
}

impl Book {
    pub(crate) fn of(history: &[Step]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // A segment is filled with zeros first: small ones, for there are many books here.
        let options = EmbeddedOptions { segment_bytes: 1 << 20 };
        let log = EmbeddedLog::open(directory.path().join("log"), &options).unwrap();
        let vault = Vault::open(directory.path().join("vault"), MasterKey::from_bytes([7; 32])).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let book = Self { log, keys: OwnKeys(Arc::new(vault)), runtime, _directory: directory };
        book.add(history);
        book
    }

    pub(crate) fn add(&self, history: &[Step]) {
        self.runtime.block_on(fixtures::write(&self.log, &self.keys, history, &mut |_| ())).unwrap();
    }

    /// A text, as long as its key is there.
    pub(crate) fn opened(&self, text: &SealedText) -> Option<String> {
        let (kind, sealed) = text.to_sealed().unwrap();
        let keys = self.keys.0.keys_to_open(&[&sealed.subject().0]).unwrap();
        sealed.open(|subject, sealed| keys.open_sealed(&subject.0, kind.name().as_bytes(), sealed).unwrap())
    }

    /// The digests of all views, made from nothing.
    pub(crate) fn replayed(&self, until: Until, batch_events: usize) -> Digests {
        let directory = tempfile::tempdir().unwrap();
        let mut views = open(directory.path());
        self.run(&mut views, until, batch_events).unwrap();
        digests(&views)
    }

    /// Brings views to the book's end, or to `until`.
    pub(crate) fn run(
        &self,
        views: &mut [Box<dyn Running>],
        until: Until,
        batch_events: usize,
    ) -> Result<(), ViewError> {
        runner::run(&self.log, views, until, batch_events, &|_, _| {})
    }
}

pub(crate) type Views = Vec<Box<dyn Running>>;

/// Each view's name and digest.
pub(crate) type Digests = Vec<(&'static str, String)>;

/// All views, in a directory.
pub(crate) fn open(directory: &Path) -> Views {
    VIEWS.iter().map(|kind| kind.open(&directory.join(kind.name)).unwrap()).collect()
}

pub(crate) fn digests(views: &Views) -> Digests {
    views.iter().map(|view| (view.kind().name, view.kind().digest(view.rows()).unwrap().to_string())).collect()
}

/// The whole log, in the runner's own batches.
pub(crate) const ALL: (Until, usize) = (Until { position: None, moment: None }, BATCH_EVENTS);

/// A generated year.
pub(crate) fn year() -> &'static History {
    static YEAR: OnceLock<History> = OnceLock::new();
    YEAR.get_or_init(|| fixtures::demo::history(1, "2026-06-30T12:00:00Z".parse().unwrap()).0)
}

/// The same year with one order in sixteen, and the reviews of those: small enough to be read again and again.
pub(crate) fn quiet_year() -> &'static History {
    static QUIET_YEAR: OnceLock<History> = OnceLock::new();
    QUIET_YEAR.get_or_init(|| {
        let mut dropped = HashSet::new();
        let order = |stream: &str| stream.starts_with("order-") && !stream.ends_with('0');
        let keep = |step: &&Step| {
            if let Event::Review(ReviewEvent::ReviewSubmitted(review)) = &step.events[0]
                && order(&format!("order-{}", review.order))
            {
                dropped.insert(step.stream.clone());
            }
            !order(&step.stream) && !dropped.contains(&step.stream)
        };
        year().iter().filter(keep).cloned().collect()
    })
}

/// The quiet year in a book that heard of some orders weeks late; each stream keeps its own order.
pub(crate) fn late_year() -> History {
    let mut steps: Vec<_> = quiet_year().iter().map(|step| (step.occurred_at + delay(step), step.clone())).collect();
    steps.sort_by_key(|(heard, _)| *heard);
    steps.into_iter().map(|(_, step)| step).collect()
}

fn delay(step: &Step) -> TimeDelta {
    let Some(order) = step.stream.strip_prefix("order-") else { return TimeDelta::zero() };
    TimeDelta::days(17 * i64::from(order.bytes().next().unwrap_or_default() % 5))
}
