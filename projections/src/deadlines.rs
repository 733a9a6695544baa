//! What is due when, and what was late: publication of reviews (R-3.2-01), decisions on photos (R-3.2-02), answers to
//! authorities' orders (R-4-03).
//!
//! Read by moderators and compliance staff, and by what raises the alarm.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `p` | duty, what it concerns | [`PendingRow`]: what is not done |
//! | `d` | when due, duty, what it concerns | – |
//! | `m` | when due (newest first), duty, what it concerns | [`MissedRow`]: what was done too late, or alarmed about |
//! | `v` | – | the policies in force |
//!
//! When something is due follows from the policies in force when its clock began; later ones don't move it. What is due
//! at a moment and not done then is still in `p`: it is for the reader to compare. Photos of a removed review can't be
//! decided, so they are not due; the clock begins anew when the review is online again.

use chrono::{DateTime, Utc};
use domain::authority::AuthorityEvent;
use domain::deadline::{DeadlineEvent, Duty, photos_due, publication_due};
use domain::event::{Event, EventKind};
use domain::policy::{Policies, PolicyEvent};
use domain::review::ReviewEvent;
use domain::working_days::HolidayCalendar;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ViewError;
use crate::key::{Falling, Key};
use crate::report::{Filter, Report, cell, maybe_moment, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::view::{Happened, View};

type DueKey = (i64, Duty, Uuid);
type MissedKey = (Falling, Duty, Uuid);

const PENDING: Layout<(Duty, Uuid), PendingRow> = Layout::new(b'p');
const DUE: Layout<DueKey, ()> = Layout::new(b'd');
const MISSED: Layout<MissedKey, MissedRow> = Layout::new(b'm');
const POLICY: Layout<(), DeadlinePolicy> = Layout::new(b'v');

impl Key for Duty {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let number = u8::read(bytes)?;
        [Self::ReviewPublication, Self::PhotoDecision, Self::AuthorityOrder]
            .into_iter()
            .find(|duty| *duty as u8 == number)
    }
}

/// What is not done yet. Instants are microseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRow {
    /// When its clock began.
    pub began_at: i64,
    /// The first instant that is too late.
    pub due_at: i64,
    /// When the alarm was raised.
    pub alarm_at: Option<i64>,
    /// Whether it can't be done for now, so that it is not due.
    held: bool,
}

/// What was late. Instants are microseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedRow {
    /// When its clock began.
    pub began_at: i64,
    /// When it was done, or could not be done any more; nothing while it still waits.
    pub done_at: Option<i64>,
    /// When the alarm was raised.
    pub alarm_at: Option<i64>,
}

/// From what due times follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct DeadlinePolicy {
    publication_days: u32,
    photo_days: u32,
    holidays: HolidayCalendar,
}

impl Value for PendingRow {}
impl Value for MissedRow {}
impl Value for DeadlinePolicy {}

impl From<&Policies> for DeadlinePolicy {
    fn from(policies: &Policies) -> Self {
        Self {
            publication_days: policies.review_publication_working_days,
            photo_days: policies.photo_decision_working_days,
            holidays: policies.holidays,
        }
    }
}

impl DeadlinePolicy {
    fn policies(self) -> Policies {
        Policies {
            review_publication_working_days: self.publication_days,
            photo_decision_working_days: self.photo_days,
            holidays: self.holidays,
            ..Policies::default()
        }
    }
}

/// The view.
#[derive(Debug)]
pub struct Deadlines {
    pending: Table<(Duty, Uuid), PendingRow>,
    due: Index<DueKey>,
    missed: Table<MissedKey, MissedRow>,
    policy_row: Table<(), DeadlinePolicy>,
    policies: Policies,
}

impl Deadlines {
    fn begin(&mut self, duty: Duty, id: Uuid, at: DateTime<Utc>, due_at: DateTime<Utc>) {
        let (began_at, due_at) = (at.timestamp_micros(), due_at.timestamp_micros());
        self.pending.put((duty, id), PendingRow { began_at, due_at, alarm_at: None, held: false });
        self.due.insert(&(due_at, duty, id));
    }

    /// It is done, or can't be done any more.
    fn end(&mut self, duty: Duty, id: Uuid, at: i64, rows: &Rows) -> Result<(), ViewError> {
        let Some(&PendingRow { began_at, due_at, alarm_at, held }) = self.pending.get(rows, &(duty, id))? else {
            return Ok(());
        };
        self.pending.remove((duty, id));
        self.due.remove(&(due_at, duty, id));
        if alarm_at.is_some() || (!held && due_at <= at) {
            let row = MissedRow { began_at, done_at: Some(at), alarm_at };
            self.missed.put((Falling(due_at), duty, id), row);
        }
        Ok(())
    }

    /// It can't be done for now.
    fn hold(&mut self, duty: Duty, id: Uuid, at: i64, rows: &Rows) -> Result<(), ViewError> {
        let Some(pending) = self.pending.get(rows, &(duty, id))?.copied() else { return Ok(()) };
        self.end(duty, id, at, rows)?;
        self.pending.put((duty, id), PendingRow { alarm_at: None, held: true, ..pending });
        Ok(())
    }

    /// It can be done again, and its clock begins anew.
    fn release(&mut self, duty: Duty, id: Uuid, at: DateTime<Utc>, rows: &Rows) -> Result<(), ViewError> {
        if self.pending.get(rows, &(duty, id))?.is_some_and(|pending| pending.held) {
            let due_at = photos_due(at, &self.policies);
            self.begin(duty, id, at, due_at);
        }
        Ok(())
    }

    fn raise(&mut self, duty: Duty, id: Uuid, at: i64, rows: &Rows) -> Result<(), ViewError> {
        if let Some(pending) = self.pending.get_mut(rows, &(duty, id))?.filter(|pending| !pending.held) {
            pending.alarm_at = Some(at);
            let row = MissedRow { began_at: pending.began_at, done_at: None, alarm_at: Some(at) };
            self.missed.put((Falling(pending.due_at), duty, id), row);
        }
        Ok(())
    }

    fn of_review(&mut self, event: &ReviewEvent, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let (id, at) = (happened.id, happened.micros());
        match event {
            ReviewEvent::ReviewSubmitted(_) => {
                let due_at = publication_due(happened.at, &self.policies);
                self.begin(Duty::ReviewPublication, id, happened.at, due_at);
            }
            ReviewEvent::ReviewPublished(_) => self.end(Duty::ReviewPublication, id, at, rows)?,
            ReviewEvent::PhotosSubmitted(_) => {
                let due_at = photos_due(happened.at, &self.policies);
                self.begin(Duty::PhotoDecision, id, happened.at, due_at);
            }
            ReviewEvent::PhotosApproved(_) | ReviewEvent::PhotosRejected(_) | ReviewEvent::PhotosReinstated(_) => {
                self.end(Duty::PhotoDecision, id, at, rows)?;
            }
            ReviewEvent::ReviewModerated(_) => self.hold(Duty::PhotoDecision, id, at, rows)?,
            ReviewEvent::ReviewReinstated(_) => self.release(Duty::PhotoDecision, id, happened.at, rows)?,
            ReviewEvent::ReviewWithdrawn(_) | ReviewEvent::ReviewRetentionEnded(_) => {
                self.end(Duty::ReviewPublication, id, at, rows)?;
                self.end(Duty::PhotoDecision, id, at, rows)?;
            }
            ReviewEvent::ReviewEdited(_) | ReviewEvent::PhotosRemoved(_) | ReviewEvent::ReviewTranslated(_) => {}
        }
        Ok(())
    }
}

impl View for Deadlines {
    const NAME: &'static str = "deadlines";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[
        EventKind::ReviewSubmitted,
        EventKind::ReviewPublished,
        EventKind::ReviewWithdrawn,
        EventKind::ReviewRetentionEnded,
        EventKind::ReviewModerated,
        EventKind::ReviewReinstated,
        EventKind::PhotosSubmitted,
        EventKind::PhotosApproved,
        EventKind::PhotosRejected,
        EventKind::PhotosReinstated,
        EventKind::AuthorityOrderReceived,
        EventKind::AuthorityOrderExecuted,
        EventKind::DeadlineMissed,
        EventKind::PolicyAdopted,
    ];
    const REPORTS: &'static [&'static str] = &["deadlines", "missed-deadlines"];

    fn open(rows: &Rows) -> Result<Self, ViewError> {
        let policies = POLICY.get(rows, &())?.map_or_else(Policies::default, DeadlinePolicy::policies);
        Ok(Self {
            pending: Table::new(PENDING),
            due: Index::new(DUE),
            missed: Table::new(MISSED),
            policy_row: Table::new(POLICY),
            policies,
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let (id, at) = (happened.id, happened.micros());
        match &happened.event {
            Event::Review(event) => self.of_review(event, happened, rows)?,
            Event::Authority(AuthorityEvent::AuthorityOrderReceived(event)) => {
                self.begin(Duty::AuthorityOrder, id, happened.at, event.answer_by);
            }
            Event::Authority(AuthorityEvent::AuthorityOrderExecuted(_)) => {
                self.end(Duty::AuthorityOrder, id, at, rows)?;
            }
            Event::Deadline(DeadlineEvent::DeadlineMissed(event)) => {
                self.raise(event.duty, event.concerns, at, rows)?;
            }
            Event::Policy(PolicyEvent::PolicyAdopted(event)) => {
                let policy = DeadlinePolicy::from(&event.policies);
                self.policies = policy.policies();
                self.policy_row.put((), policy);
            }
            Event::Authority(
                AuthorityEvent::AuthorityMessageReceived(_)
                | AuthorityEvent::AuthorityMessageRefused(_)
                | AuthorityEvent::AuthorityLanguageNotice(_),
            )
            | Event::Seller(_)
            | Event::Product(_)
            | Event::Listing(_)
            | Event::Order(_)
            | Event::Buyer(_)
            | Event::Invitation(_)
            | Event::Notice(_)
            | Event::Statement(_)
            | Event::Complaint(_)
            | Event::LegalHold(_)
            | Event::Dispute(_)
            | Event::SafetyWarning(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::DsaFigure(_)
            | Event::Subject(_) => {}
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.pending, &self.due, &self.missed, &self.policy_row]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.pending, &mut self.due, &mut self.missed, &mut self.policy_row]
    }

    fn report(rows: &Rows, name: &str, _: &Filter) -> Result<Report, ViewError> {
        let reader = DeadlinesReader(rows);
        if name == "missed-deadlines" {
            let mut report = Report::new(&["duty", "concerns", "began_at", "due_at", "done_at", "alarm_at"]);
            for row in MISSED.scan(rows, &()) {
                let ((Falling(due_at), duty, id), row) = row?;
                let (began, due) = (moment(row.began_at), moment(due_at));
                let (done, alarm) = (maybe_moment(row.done_at), maybe_moment(row.alarm_at));
                report.rows.push(vec![
                    serde_json::to_value(duty).unwrap_or_default(),
                    cell(id),
                    began,
                    due,
                    done,
                    alarm,
                ]);
            }
            return Ok(report);
        }
        let mut report = Report::new(&["duty", "concerns", "began_at", "due_at", "alarm_at"]);
        for key in reader.due(None) {
            let (due_at, duty, id) = key?;
            if let Some(row) = reader.pending(duty, id)? {
                let (began, due, alarm) = (moment(row.began_at), moment(due_at), maybe_moment(row.alarm_at));
                report.rows.push(vec![serde_json::to_value(duty).unwrap_or_default(), cell(id), began, due, alarm]);
            }
        }
        Ok(report)
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct DeadlinesReader<'a>(pub &'a Rows);

/// Where a page of what is due begins or ends: opaque outside.
pub type DueCursor = DueKey;
/// Where a page of what was late begins or ends: opaque outside.
pub type MissedCursor = MissedKey;

impl<'a> DeadlinesReader<'a> {
    /// What is due and not done, if it is.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn pending(&self, duty: Duty, concerns: Uuid) -> Result<Option<PendingRow>, ViewError> {
        Ok(PENDING.get(self.0, &(duty, concerns))?.filter(|pending| !pending.held))
    }

    /// What was late.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn missed(&self, key: &MissedCursor) -> Result<Option<MissedRow>, ViewError> {
        MISSED.get(self.0, key)
    }

    /// What is due and not done, soonest first, from after a cursor.
    pub fn due(&self, after: Option<&DueCursor>) -> impl Iterator<Item = Result<DueCursor, ViewError>> + use<'a> {
        let first = (i64::MIN, Duty::ReviewPublication, Uuid::nil());
        DUE.scan_after(self.0, &(), after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }

    /// What was done too late or alarmed about, what was due last first, from after a cursor.
    pub fn late(
        &self,
        after: Option<&MissedCursor>,
    ) -> impl Iterator<Item = Result<MissedCursor, ViewError>> + use<'a> {
        let first = (Falling(i64::MAX), Duty::ReviewPublication, Uuid::nil());
        MISSED.scan_after(self.0, &(), after.unwrap_or(&first)).map(|row| row.map(|(key, _)| key))
    }
}
