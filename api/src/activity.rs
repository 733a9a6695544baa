//! Batches of visits, from edge servers to the book.
//!
//! Who was recorded in a month is kept in memory, tens of millions of them, so that nobody is recorded twice; it is read
//! from the month's stream when the first batch comes after a start. Batches of a month are recorded one after the other.
//! Several nodes may take batches of one month: each reads what the others recorded before it appends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::activity::{ActivityCommand, ActivityMonth, Visit};
use domain::calendar::Month;
use domain::recording::Cause;
use event_log::StreamName;

use crate::commands::Done;
use crate::hot::Folded;
use crate::{ApiError, Book};

/// Of how many months it is kept who was recorded: this one, and the one before, of which batches still come in late.
const MAX_MONTHS: usize = 2;

type Recorded = Arc<tokio::sync::Mutex<Folded<ActivityMonth>>>;

/// Takes batches of visits. Cheap to clone.
#[derive(Clone)]
pub struct Activity {
    book: Book,
    months: Arc<Mutex<BTreeMap<Month, Recorded>>>,
}

impl Activity {
    /// Into this book.
    #[must_use]
    pub fn new(book: Book) -> Self {
        Self { book, months: Arc::default() }
    }

    /// What a batch came to that was sent before with the same command, if it was: it may be of a month whose names can't be
    /// made again.
    ///
    /// # Errors
    /// What the log says.
    pub async fn answered(&self, cause: &Cause, month: Month) -> Result<Option<Done>, ApiError> {
        let stream = StreamName::new(ActivityMonth::stream_of(month))?;
        let recorded = self.recorded(month);
        let mut recorded = recorded.lock().await;
        self.book.read_kept(&stream, &mut recorded).await?;
        Ok(recorded.answered(cause.command).map(|position| Done { position, already: true }))
    }

    /// Records a batch.
    ///
    /// # Errors
    /// The rule's refusal; what the log says.
    pub async fn record(&self, cause: &Cause, month: Month, visits: Vec<Visit>) -> Result<Done, ApiError> {
        let stream = StreamName::new(ActivityMonth::stream_of(month))?;
        let recorded = self.recorded(month);
        let mut recorded = recorded.lock().await;
        self.book.execute_on(&stream, &mut recorded, cause, ActivityCommand::RecordVisits { month, visits }).await
    }

    /// Who was recorded in a month, as far as that is kept. Room is made by forgetting the oldest months.
    fn recorded(&self, month: Month) -> Recorded {
        let mut months = self.months.lock().unwrap_or_else(PoisonError::into_inner);
        let recorded = Arc::clone(months.entry(month).or_default());
        while months.len() > MAX_MONTHS {
            let oldest = months.keys().find(|kept| **kept != month).copied();
            oldest.map(|oldest| months.remove(&oldest));
        }
        recorded
    }
}
