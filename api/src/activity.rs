//! Batches of visits, from edge servers to the book.
//!
//! Who was recorded in a month is kept in memory, tens of millions of them, so that nobody is recorded twice; it is read
//! from the month's stream when the first batch comes after a start. Batches of a month are recorded one after the other.
//! Several nodes may take batches of one month: each reads what the others recorded before it appends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::activity::{ActivityCommand, ActivityMonth, RecipientRole, Visit};
use domain::calendar::Month;
use domain::counting_rule::{Exposure, UserAgentClass};
use domain::place::MemberState;
use domain::recording::Cause;
use event_log::StreamName;
use serde::Deserialize;

use crate::commands::Done;
use crate::hot::Folded;
use crate::pseudonyms::Pseudonyms;
use crate::{ApiError, Book};

/// Of how many months it is kept who was recorded: this one, and the one before, of which batches still come in late.
const MAX_MONTHS: usize = 2;

type Recorded = Arc<tokio::sync::Mutex<Folded<ActivityMonth>>>;

/// A visit as an edge server reports it, and as `POST /activity` has it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reported<'a> {
    /// Who: the id of a buyer's or a seller's account, or whatever the device was given.
    pub recipient: &'a str,
    /// From where.
    pub member_state: MemberState,
    /// In which part.
    pub role: RecipientRole,
    /// By which kind of program.
    #[serde(default = "browser")]
    pub user_agent: UserAgentClass,
    /// Where it was shown what the service hosts.
    #[serde(default = "service")]
    pub exposure: Exposure,
}

const fn browser() -> UserAgentClass {
    UserAgentClass::Browser
}

const fn service() -> Exposure {
    Exposure::Service
}

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

    /// Records a batch as it was reported: who it is of is named by the month's pseudonyms.
    ///
    /// # Errors
    /// As [`Self::record`]; [`domain::Refused::TooLate`] when the month's key has been destroyed, [`ApiError::Input`] naming
    /// `field` for an id that is none.
    pub async fn report<'a>(
        &self,
        cause: &Cause,
        month: Month,
        field: &'static str,
        visits: impl Iterator<Item = Reported<'a>> + Send,
    ) -> Result<Done, ApiError> {
        let names = match Pseudonyms::of_month(self.book.keys().as_ref(), month).await {
            Ok(names) => names,
            // The batch may have been recorded before its month's key was destroyed.
            Err(error) => return self.answered(cause, month).await?.ok_or(error),
        };
        let named = |visit: Reported<'_>| {
            let Reported { recipient, member_state, role, user_agent, exposure } = visit;
            let recipient = names.of_recipient(recipient, field)?;
            Ok::<_, ApiError>(Visit { recipient, member_state, role, user_agent, exposure })
        };
        let visits = visits.map(named).collect::<Result<_, _>>()?;
        self.record(cause, month, visits).await
    }

    async fn answered(&self, cause: &Cause, month: Month) -> Result<Option<Done>, ApiError> {
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
