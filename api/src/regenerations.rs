//! Figures that staff have regenerated from the book and compared, while it goes on and for an hour after (R-5-05).
//!
//! They are in memory alone: what they say can be had again at any time, by whoever has the book.
//!
//! Invariants: one is regenerated at a time, the others wait; what is wanted twice is regenerated once; no more are kept than
//! [`MAX_KEPT`], and no more wait than [`MAX_UNFINISHED`]. Each reads up to a position that the book has, so that none goes on
//! for ever, whether anybody still looks at it or not.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::calendar::SixMonths;
use domain::dsa_figure::DsaFigurePublished;
use domain::figure_digest::FigureDigest;
use projections::Checkpoint;
use projections::active_recipients::Average;
use projections::publication_check::{difference, difference_in_figure};
use uuid::Uuid;

use crate::{Book, figures};

/// How many are kept, with their results.
const MAX_KEPT: usize = 32;
/// How many may go on or wait: each may take minutes in a long book, and nobody waits for more than these.
const MAX_UNFINISHED: usize = 4;
/// How long a result is kept.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);

/// What is regenerated, and with what it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Of which six months.
    pub period: SixMonths,
    /// Up to which position of the book.
    pub position: u64,
    /// With what it is compared.
    pub against: Against,
}

/// With what a regenerated figure is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// With a publication, as of its own position: they must be the same.
    Publication(Box<DsaFigurePublished>),
    /// With a publication, as of a later position: they differ when more was reported of these months since.
    EarlierPublication(Box<DsaFigurePublished>),
    /// With what the views showed at this position: they must be the same.
    Shown(FigureDigest),
}

/// A figure that was regenerated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regenerated {
    /// The figure.
    pub average: Average,
    /// Where the book was when it was read.
    pub reached: Checkpoint,
    /// In what it differs from what it was compared with, in words; nothing where they agree.
    pub difference: Option<String>,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It waits for another one to end.
    Waiting,
    /// So many events were read.
    Reading {
        /// How many.
        read: u64,
        /// Of how many.
        all: u64,
    },
    /// It has ended.
    Done(Box<Regenerated>),
    /// It could not be done, and why.
    Failed(String),
}

impl Stage {
    const fn has_ended(&self) -> bool {
        match self {
            Self::Waiting | Self::Reading { .. } => false,
            Self::Done(_) | Self::Failed(_) => true,
        }
    }
}

/// A regeneration.
#[derive(Debug)]
pub struct Regeneration {
    /// By which it is found; nobody guesses it.
    pub id: Uuid,
    /// What.
    pub wanted: Wanted,
    begun: Instant,
    stage: Mutex<Stage>,
}

impl Regeneration {
    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.at().clone()
    }

    fn at(&self) -> MutexGuard<'_, Stage> {
        // A stage is put there whole.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_kept(&self) -> bool {
        !self.at().has_ended() || self.begun.elapsed() < KEPT_FOR
    }
}

/// As many go on or wait as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_UNFINISHED} figures are being regenerated or wait for it; try again when one has ended")]
pub struct TooMany;

/// Those that are kept, the oldest first.
#[derive(Debug, Default)]
pub struct Regenerations(Mutex<VecDeque<Arc<Regeneration>>>);

impl Regenerations {
    /// Begins one, or finds the one that goes on already.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn begin(&self, book: &Book, wanted: Wanted) -> Result<Uuid, TooMany> {
        let mut kept = self.kept();
        let unfinished = || kept.iter().filter(|one| !one.at().has_ended());
        if let Some(same) = unfinished().find(|one| one.wanted == wanted) {
            return Ok(same.id);
        }
        if unfinished().count() >= MAX_UNFINISHED {
            return Err(TooMany);
        }
        if kept.len() >= MAX_KEPT {
            let oldest = kept.iter().position(|one| one.at().has_ended());
            oldest.and_then(|oldest| kept.remove(oldest));
        }
        let (id, begun, stage) = (Uuid::new_v4(), Instant::now(), Mutex::new(Stage::Waiting));
        let one = Arc::new(Regeneration { id, wanted, begun, stage });
        kept.push_back(Arc::clone(&one));
        tokio::spawn(go_on(one, book.clone()));
        Ok(id)
    }

    /// One that is kept.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<Arc<Regeneration>> {
        self.kept().iter().find(|one| one.id == id).cloned()
    }

    /// Those that are kept, without those whose time is over.
    fn kept(&self) -> MutexGuard<'_, VecDeque<Arc<Regeneration>>> {
        // Nothing in here is ever half done.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| one.is_kept());
        kept
    }
}

async fn go_on(one: Arc<Regeneration>, book: Book) {
    let told = Arc::clone(&one);
    let progress = move |read, all| *told.at() = Stage::Reading { read, all };
    let Wanted { period, position, .. } = one.wanted;
    let counted = figures::counted(&book, period, position, progress).await;
    *one.at() = match counted {
        Ok((average, reached)) => {
            let difference = one.wanted.against.difference(&average, reached);
            Stage::Done(Box::new(Regenerated { average, reached, difference }))
        }
        Err(error) => {
            tracing::error!(%error, "a figure can't be regenerated");
            Stage::Failed(error.to_string())
        }
    };
}

impl Against {
    fn difference(&self, average: &Average, reached: Checkpoint) -> Option<String> {
        match self {
            Self::Publication(published) => difference(published, average, reached),
            Self::EarlierPublication(published) => difference_in_figure(published, average),
            Self::Shown(digest) => {
                let found = FigureDigest::from(average.digest());
                (found != *digest).then(|| format!("the page showed digest {digest}; the book says {found}"))
            }
        }
    }
}
