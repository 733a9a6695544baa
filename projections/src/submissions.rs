//! How far each statement's record for the Transparency Database has come (R-7-02): which wait, which were sent, which the
//! database has, which were refused and why, which need none.
//!
//! Read by whoever submits records, by compliance staff and by auditors. No row has personal data.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `s` | statement | [`SubmissionRow`] |
//! | `i` | state, when issued, statement | – |
//! | `d` | – | the database to which anything was submitted last |
//! | `w` | seller | why they were removed last |
//!
//! Each statement is in exactly one state. What a record says is not here: it follows from the statement
//! ([`crate::transparency_database`]).

use chrono::{DateTime, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{SellerId, StatementId};
use domain::listing::ListingRemovalReason;
use domain::seller::{SellerEvent, SellerRemovalReason};
use domain::statement::{Addressee, Ground, StatementEvent, StatementOfReasonsIssued};
use domain::submission::{Acceptance, RefusedBy, StatementRefused};
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;
use uuid::Uuid;

use crate::ViewError;
use crate::key::Key;
use crate::report::{Filter, Report, cell, maybe_moment, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::transparency_database::Exemption;
use crate::view::{Happened, View};

type StateKey = (SubmissionState, i64, StatementId);

const SUBMISSIONS: Layout<StatementId, SubmissionRow> = Layout::new(b's');
const BY_STATE: Layout<StateKey, ()> = Layout::new(b'i');
const DATABASE: Layout<(), String> = Layout::new(b'd');
const SELLERS: Layout<SellerId, SellerRemovalReason> = Layout::new(b'w');

/// How far a record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubmissionState {
    /// There is none, and none is needed.
    Exempt,
    /// It was never sent.
    Waiting,
    /// It was sent, or about to be; nobody knows yet whether the database has it.
    Submitted,
    /// The database has it.
    Accepted,
    /// It was refused.
    Refused,
}

impl SubmissionState {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [Self::Exempt, Self::Waiting, Self::Submitted, Self::Accepted, Self::Refused];
}

impl Key for SubmissionState {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Self::ALL.get(usize::from(u8::read(bytes)?)).copied()
    }
}

/// A record on its way. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionRow {
    /// When its statement was issued.
    pub issued_at: i64,
    /// How far it has come.
    pub state: SubmissionState,
    /// When it was submitted last.
    pub submitted_at: Option<i64>,
    /// To which database.
    pub database: Option<String>,
    /// When it was accepted or refused.
    pub settled_at: Option<i64>,
    /// How it is known that it was accepted.
    pub acceptance: Option<Acceptance>,
    /// By whom it was refused, and why.
    pub refusal: Option<StatementRefused>,
}

impl Value for SubmissionRow {}

impl Value for String {}

/// The view.
#[derive(Debug)]
pub struct Submissions {
    submissions: Table<StatementId, SubmissionRow>,
    by_state: Index<StateKey>,
    database: Table<(), String>,
    sellers: Table<SellerId, SellerRemovalReason>,
}

impl Submissions {
    fn issued(
        &mut self,
        id: StatementId,
        at: i64,
        event: &StatementOfReasonsIssued,
        rows: &Rows,
    ) -> Result<(), ViewError> {
        let ground = match (&event.ground, event.addressee) {
            (Ground::Listing(ListingRemovalReason::SellerRemoved), Addressee::Seller(seller)) => {
                self.sellers.get(rows, &seller)?.map_or_else(|| event.ground.clone(), |reason| Ground::Seller(*reason))
            }
            (Ground::Criteria(_) | Ground::Listing(_) | Ground::Seller(_), _) => event.ground.clone(),
        };
        let state = if Exemption::of(&ground).is_some() { SubmissionState::Exempt } else { SubmissionState::Waiting };
        let row = SubmissionRow {
            issued_at: at,
            state,
            submitted_at: None,
            database: None,
            settled_at: None,
            acceptance: None,
            refusal: None,
        };
        self.submissions.put(id, row);
        self.by_state.insert(&(state, at, id));
        Ok(())
    }

    fn of_record(&mut self, id: StatementId, at: i64, event: &StatementEvent, rows: &Rows) -> Result<(), ViewError> {
        if let StatementEvent::StatementOfReasonsIssued(event) = event {
            return self.issued(id, at, event, rows);
        }
        let Some(row) = self.submissions.get_mut(rows, &id)? else { return Ok(()) };
        self.by_state.remove(&(row.state, row.issued_at, id));
        match event {
            StatementEvent::StatementOfReasonsIssued(_) => {}
            StatementEvent::StatementSubmitted(event) => {
                row.state = SubmissionState::Submitted;
                (row.submitted_at, row.database) = (Some(at), Some(event.database.clone()));
                (row.settled_at, row.acceptance, row.refusal) = (None, None, None);
                self.database.put((), event.database.clone());
            }
            StatementEvent::StatementAccepted(event) => {
                row.state = SubmissionState::Accepted;
                (row.settled_at, row.acceptance, row.refusal) = (Some(at), Some(event.how.clone()), None);
            }
            StatementEvent::StatementRefused(event) => {
                row.state = SubmissionState::Refused;
                (row.settled_at, row.acceptance, row.refusal) = (Some(at), None, Some(event.clone()));
            }
        }
        self.by_state.insert(&(row.state, row.issued_at, id));
        Ok(())
    }
}

impl View for Submissions {
    const NAME: &'static str = "submissions";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[
        EventKind::StatementOfReasonsIssued,
        EventKind::StatementSubmitted,
        EventKind::StatementAccepted,
        EventKind::StatementRefused,
        EventKind::SellerRemoved,
    ];
    const REPORTS: &'static [&'static str] = &["submissions"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self {
            submissions: Table::new(SUBMISSIONS),
            by_state: Index::new(BY_STATE),
            database: Table::new(DATABASE),
            sellers: Table::new(SELLERS),
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        match &happened.event {
            Event::Statement(event) => {
                self.of_record(StatementId(happened.id), happened.micros(), event, rows)?;
            }
            Event::Seller(SellerEvent::SellerRemoved(event)) => {
                self.sellers.put(SellerId(happened.id), event.reason);
            }
            Event::Seller(
                SellerEvent::SellerRegistered(_)
                | SellerEvent::SellerTermsAccepted(_)
                | SellerEvent::SellerVerified(_)
                | SellerEvent::SellerReinstated(_)
                | SellerEvent::SellerFeeCharged(_),
            )
            | Event::Product(_)
            | Event::Listing(_)
            | Event::Order(_)
            | Event::Buyer(_)
            | Event::Review(_)
            | Event::Invitation(_)
            | Event::Notice(_)
            | Event::Complaint(_)
            | Event::Authority(_)
            | Event::LegalHold(_)
            | Event::Dispute(_)
            | Event::SafetyWarning(_)
            | Event::Deadline(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::DsaFigure(_)
            | Event::Policy(_)
            | Event::Subject(_) => {}
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.submissions, &self.by_state, &self.database, &self.sellers]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.submissions, &mut self.by_state, &mut self.database, &mut self.sellers]
    }

    fn report(rows: &Rows, _: &str, _: &Filter) -> Result<Report, ViewError> {
        let mut report = Report::new(&[
            "state",
            "issued_at",
            "statement",
            "database",
            "submitted_at",
            "settled_at",
            "uuid",
            "permalink",
            "refused_by",
            "problems",
        ]);
        for key in BY_STATE.scan(rows, &()) {
            let ((state, issued_at, id), ()) = key?;
            let Some(row) = SUBMISSIONS.get(rows, &id)? else { continue };
            let (uuid, permalink) = match &row.acceptance {
                Some(Acceptance::Answered { uuid, permalink }) => (cell(uuid), cell(permalink)),
                Some(Acceptance::FoundByPuid) | None => (Cell::Null, Cell::Null),
            };
            report.rows.push(vec![
                serde_json::to_value(state).unwrap_or_default(),
                moment(issued_at),
                cell(id),
                row.database.map_or(Cell::Null, cell),
                maybe_moment(row.submitted_at),
                maybe_moment(row.settled_at),
                uuid,
                permalink,
                row.refusal.as_ref().map_or(Cell::Null, |refusal| cell(by(refusal.by))),
                row.refusal.as_ref().map_or(Cell::Null, |refusal| cell(problems(refusal))),
            ]);
        }
        Ok(report)
    }
}

const fn by(by: RefusedBy) -> &'static str {
    match by {
        RefusedBy::Platform => "PLATFORM",
        RefusedBy::Database => "DATABASE",
    }
}

fn problems(refusal: &StatementRefused) -> String {
    let said = refusal.problems.iter().map(|problem| format!("{}: {}", problem.field, problem.words));
    said.collect::<Vec<_>>().join("; ")
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct SubmissionsReader<'a>(pub &'a Rows);

/// Where a page of statements in a state begins or ends: opaque outside.
pub type StateCursor = StateKey;

impl<'a> SubmissionsReader<'a> {
    /// How far a statement's record has come.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn submission(&self, id: StatementId) -> Result<Option<SubmissionRow>, ViewError> {
        SUBMISSIONS.get(self.0, &id)
    }

    /// Statements whose records are in a state, oldest first, from a moment (microseconds since the epoch) on or from after a
    /// cursor.
    pub fn in_state(
        &self,
        state: SubmissionState,
        since: i64,
        after: Option<&StateCursor>,
    ) -> impl Iterator<Item = Result<StateCursor, ViewError>> + use<'a> {
        let first = (state, since.saturating_sub(1), StatementId(Uuid::max()));
        BY_STATE.scan_after(self.0, &state, after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }

    /// The database to which anything was submitted last, if anything was.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn database(&self) -> Result<Option<String>, ViewError> {
        DATABASE.get(self.0, &())
    }
}
