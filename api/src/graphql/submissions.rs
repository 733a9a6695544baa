//! A statement's record for the Commission's Transparency Database, and how far it has come (R-7-02): for compliance staff and
//! for auditors.

use async_graphql::{Enum, Json, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::ids::StatementId;
use domain::submission::{Acceptance, Problem};
use projections::statements::StatementRow;
use projections::submissions::SubmissionRow;
use projections::transparency_database::{Exemption, Unpublished, record_of};
use serde_json::Value;
use uuid::Uuid;

use super::platform::instant;

/// A statement of reasons as the Commission's Transparency Database has it (DSA art. 24(5)).
#[derive(Debug, Clone, SimpleObject)]
pub struct TransparencyDatabaseEntry {
    /// The record's id in the database, the same for ever; nothing where there is no record.
    puid: Option<String>,
    /// The record, as the database takes it.
    record: Option<Json<Value>>,
    /// Why there is no record.
    why_none: Option<WhyNoRecord>,
    /// The same in words, with the database's field and the mend where the record was refused.
    explanation: Option<String>,
    /// How far the record has come.
    submission: Option<RecordSubmission>,
}

/// Why a statement of reasons has no record in the Transparency Database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum WhyNoRecord {
    /// The operator's convenience, which is neither a breach of law nor of terms.
    Convenience,
    /// The seller's own will, which restricts nobody.
    OwnWill,
    /// The database would not take it, or it has personal data: a person must look at it.
    Refused,
}

impl TransparencyDatabaseEntry {
    /// What is known of a statement's record.
    ///
    /// # Errors
    /// That it can't be written.
    pub fn of(id: StatementId, row: &StatementRow, submission: Option<SubmissionRow>) -> Result<Self> {
        let submission = submission.map(RecordSubmission::from);
        let unpublished = match record_of(id, row) {
            Ok(record) => {
                let (puid, record) = (record.puid().as_str().to_owned(), serde_json::to_value(record)?);
                let record = Some(Json(record));
                return Ok(Self { puid: Some(puid), record, why_none: None, explanation: None, submission });
            }
            Err(unpublished) => unpublished,
        };
        let why = match &unpublished {
            Unpublished::Exempt(Exemption::Convenience) => WhyNoRecord::Convenience,
            Unpublished::Exempt(Exemption::OwnWill) => WhyNoRecord::OwnWill,
            Unpublished::Refused(_) => WhyNoRecord::Refused,
        };
        let explanation = Some(unpublished.to_string());
        Ok(Self { puid: None, record: None, why_none: Some(why), explanation, submission })
    }
}

/// How far a record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::submissions::SubmissionState")]
pub enum SubmissionState {
    /// There is none, and none is needed.
    Exempt,
    /// It was never sent.
    Waiting,
    /// It was sent, or about to be; nobody knows yet whether the database has it.
    Submitted,
    /// The database has it.
    Accepted,
    /// It was refused: a person must look at it.
    Refused,
}

/// How it is known that the database has a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AcceptanceKind {
    /// It answered that it took it.
    Answered,
    /// No answer came, and it knows the record's PUID.
    FoundByPuid,
}

/// Who refused a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::submission::RefusedBy")]
pub enum RefusedBy {
    /// The platform, before anything was sent.
    Platform,
    /// The database.
    Database,
}

/// What is wrong with a field of a record.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct RecordProblem {
    /// The field, as the database names it.
    field: String,
    /// What is wrong with it, in the words of whoever refused it.
    words: String,
}

impl From<Problem> for RecordProblem {
    fn from(Problem { field, words }: Problem) -> Self {
        Self { field, words }
    }
}

/// How far a statement's record for the Transparency Database has come.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct RecordSubmission {
    /// How far.
    state: SubmissionState,
    /// Which database it was submitted to last, by its address.
    database: Option<String>,
    /// When it was submitted last: from then on the database may have it.
    submitted_at: Option<DateTime<Utc>>,
    /// When it was accepted or refused.
    settled_at: Option<DateTime<Utc>>,
    /// How it is known that the database has it, where it has.
    how: Option<AcceptanceKind>,
    /// The database's own id of it, where it answered.
    uuid: Option<Uuid>,
    /// Where anybody can read it, where the database answered.
    permalink: Option<String>,
    /// Who refused it, where it was.
    refused_by: Option<RefusedBy>,
    /// Why it was refused; nothing where it was not.
    problems: Vec<RecordProblem>,
}

impl From<SubmissionRow> for RecordSubmission {
    fn from(row: SubmissionRow) -> Self {
        let (how, answer) = match row.acceptance {
            Some(Acceptance::Answered { uuid, permalink }) => (Some(AcceptanceKind::Answered), Some((uuid, permalink))),
            Some(Acceptance::FoundByPuid) => (Some(AcceptanceKind::FoundByPuid), None),
            None => (None, None),
        };
        let (uuid, permalink) = answer.unzip();
        let (refused_by, problems) = row.refusal.map(|refusal| (refusal.by.into(), refusal.problems)).unzip();
        Self {
            state: row.state.into(),
            database: row.database,
            submitted_at: row.submitted_at.map(instant),
            settled_at: row.settled_at.map(instant),
            how,
            uuid,
            permalink,
            refused_by,
            problems: problems.unwrap_or_default().into_iter().map(RecordProblem::from).collect(),
        }
    }
}
