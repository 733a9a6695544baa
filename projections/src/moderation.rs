//! What moderators work on: open notices (R-3.4-05), complaints (R-3.4-10), and what is known of each review's case
//! (R-3.4-08).
//!
//! Read by moderators. Nothing here says who wrote a review, who sent a notice or who complains; the review itself, its
//! text and its photos are in the view of reviews.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `n` | notice | [`NoticeRow`] |
//! | `o` | trusted flaggers first, when sent, notice | –, for those that wait |
//! | `c` | complaint | [`ComplaintRow`] |
//! | `l` | status, when lodged (open) or decided (newest first), complaint | – |
//! | `r` | review | [`CaseRow`]: the notices and complaints about it, and what was found against it |
//!
//! Reasons are opened personal data: a digest covers only that they are there, and they are dropped when their subject's
//! key is destroyed.

use chrono::{DateTime, Utc};
use domain::complaint::{Complainant, ComplaintEvent, ComplaintOutcome, Contested};
use domain::criterion::Criterion;
use domain::event::{Event, EventKind};
use domain::ids::{ComplaintId, NoticeId, PhotoId, ReviewId, StaffId};
use domain::language::Language;
use domain::notice::{Allegation, NoticeEvent, NoticeOutcome, NoticeTarget};
use domain::review::ReviewEvent;
use domain::statement::Restriction;
use domain::subject::SubjectEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;
use uuid::Uuid;

use crate::key::{Falling, Key};
use crate::report::{Filter, Report, cell, maybe_moment, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::view::{Happened, View};
use crate::{SealedText, ViewError};

type OpenNoticeKey = (Falling, i64, NoticeId);
type ComplaintKey = (ComplaintStatus, i64, ComplaintId);

const NOTICES: Layout<NoticeId, NoticeRow> = Layout::new(b'n');
const OPEN_NOTICES: Layout<OpenNoticeKey, ()> = Layout::new(b'o');
const COMPLAINTS: Layout<ComplaintId, ComplaintRow> = Layout::new(b'c');
const BY_STATUS: Layout<ComplaintKey, ()> = Layout::new(b'l');
const CASES: Layout<ReviewId, CaseRow> = Layout::new(b'r');

/// How far a complaint has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComplaintStatus {
    /// It waits for a person.
    Open = 0,
    /// It is decided.
    Decided = 1,
}

impl Key for ComplaintStatus {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let number = u8::read(bytes)?;
        [Self::Open, Self::Decided].into_iter().find(|status| *status as u8 == number)
    }
}

/// A notice. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRow {
    /// What it is about.
    pub target: NoticeTarget,
    /// What is alleged.
    pub allegation: Allegation,
    /// Where exactly it is, as the notifier said it.
    pub url: String,
    /// Why, unless the key is destroyed or was never at hand.
    pub reasons: Option<SealedText>,
    /// Whether a trusted flagger sent it.
    pub trusted_flagger: bool,
    /// In which language the notifier is written to.
    pub language: Language,
    /// When it was sent.
    pub submitted_at: i64,
    /// What it came to.
    pub decision: Option<NoticeDecision>,
}

/// What a notice came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeDecision {
    /// In a word.
    pub outcome: NoticeOutcome,
    /// Against which criteria.
    pub criteria: Vec<Criterion>,
    /// The facts.
    pub explanation: String,
    /// When.
    pub decided_at: i64,
}

/// A complaint. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComplaintRow {
    /// What is contested.
    pub contested: Contested,
    /// Who complains.
    pub complainant: Complainant,
    /// The review that it is about, if it is about one.
    pub review: Option<ReviewId>,
    /// Why, unless the key is destroyed or was never at hand.
    pub reasons: Option<SealedText>,
    /// Who took the first decision: for nobody to be shown, but to be told whether they may decide.
    pub first_decided_by: Option<StaffId>,
    /// When it was lodged.
    pub lodged_at: i64,
    /// What it came to.
    pub decision: Option<ComplaintDecision>,
}

/// What a complaint came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComplaintDecision {
    /// In a word.
    pub outcome: ComplaintOutcome,
    /// Why.
    pub explanation: String,
    /// When.
    pub decided_at: i64,
}

/// What is known of a review's case, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaseRow {
    /// The notices about it.
    pub notices: Vec<NoticeId>,
    /// The complaints about it.
    pub complaints: Vec<ComplaintId>,
    /// What was found against it.
    pub findings: Vec<Finding>,
}

/// What was found against a review. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The photos against which; none where it was the text.
    pub photos: Vec<PhotoId>,
    /// Which criteria were broken.
    pub criteria: Vec<Criterion>,
    /// The facts.
    pub explanation: String,
    /// When.
    pub found_at: i64,
    /// When it was taken back.
    pub reversed_at: Option<i64>,
}

impl NoticeRow {
    /// The review that it is about, if it is about one.
    #[must_use]
    pub const fn review(&self) -> Option<ReviewId> {
        review_of(self.target)
    }
}

impl Value for NoticeRow {
    fn covered(self) -> Self {
        Self { reasons: None, ..self }
    }
}

impl Value for ComplaintRow {
    fn covered(self) -> Self {
        Self { reasons: None, ..self }
    }
}

impl Value for CaseRow {}

impl CaseRow {
    /// Whether something was found against a photo, so that a moderator must be able to look at it.
    #[must_use]
    pub fn concerns(&self, photo: PhotoId) -> bool {
        self.findings.iter().any(|finding| finding.photos.contains(&photo))
    }

    fn reverse(&mut self, photos: &[PhotoId], at: i64) {
        if let Some(finding) = self.findings.iter_mut().rfind(|finding| finding.photos == photos) {
            finding.reversed_at = Some(at);
        }
    }
}

/// The view.
#[derive(Debug)]
pub struct Moderation {
    notices: Table<NoticeId, NoticeRow>,
    open_notices: Index<OpenNoticeKey>,
    complaints: Table<ComplaintId, ComplaintRow>,
    by_status: Index<ComplaintKey>,
    cases: Table<ReviewId, CaseRow>,
}

impl Moderation {
    fn of_notice(&mut self, id: NoticeId, at: i64, event: &NoticeEvent, rows: &Rows) -> Result<(), ViewError> {
        match event {
            NoticeEvent::NoticeSubmitted(event) => {
                let row = NoticeRow {
                    target: event.target,
                    allegation: event.allegation,
                    url: event.url.clone(),
                    reasons: SealedText::of(EventKind::NoticeSubmitted, &event.reasons),
                    trusted_flagger: event.trusted_flagger,
                    language: event.language,
                    submitted_at: at,
                    decision: None,
                };
                self.open_notices.insert(&open_notice(&row, id));
                if let Some(review) = review_of(event.target) {
                    self.cases.entry(rows, &review)?.notices.push(id);
                }
                self.notices.put(id, row);
            }
            NoticeEvent::NoticeDecided(event) => {
                if let Some(notice) = self.notices.get_mut(rows, &id)? {
                    let (criteria, explanation) = (event.criteria.clone(), event.explanation.clone());
                    notice.decision =
                        Some(NoticeDecision { outcome: event.outcome, criteria, explanation, decided_at: at });
                    self.open_notices.remove(&open_notice(notice, id));
                }
            }
        }
        Ok(())
    }

    fn of_complaint(&mut self, id: ComplaintId, at: i64, event: &ComplaintEvent, rows: &Rows) -> Result<(), ViewError> {
        match event {
            ComplaintEvent::ComplaintLodged(event) => {
                let review = match event.contested {
                    Contested::Restriction { restriction, .. } => restricted_review(restriction),
                    Contested::Notice(notice) => {
                        self.notices.get(rows, &notice)?.and_then(|notice| review_of(notice.target))
                    }
                };
                let row = ComplaintRow {
                    contested: event.contested,
                    complainant: event.complainant,
                    review,
                    reasons: SealedText::of(EventKind::ComplaintLodged, &event.reasons),
                    first_decided_by: event.first_decided_by.clone(),
                    lodged_at: at,
                    decision: None,
                };
                if let Some(review) = review {
                    self.cases.entry(rows, &review)?.complaints.push(id);
                }
                self.complaints.put(id, row);
                self.by_status.insert(&(ComplaintStatus::Open, at, id));
            }
            ComplaintEvent::ComplaintDecided(event) => {
                if let Some(complaint) = self.complaints.get_mut(rows, &id)? {
                    let explanation = event.explanation.clone();
                    complaint.decision =
                        Some(ComplaintDecision { outcome: event.outcome, explanation, decided_at: at });
                    self.by_status.remove(&(ComplaintStatus::Open, complaint.lodged_at, id));
                    self.by_status.insert(&(ComplaintStatus::Decided, -at, id));
                }
            }
        }
        Ok(())
    }

    fn of_review(&mut self, id: ReviewId, at: i64, event: &ReviewEvent, rows: &Rows) -> Result<(), ViewError> {
        let (photos, criteria, explanation) = match event {
            ReviewEvent::ReviewModerated(event) => (&[][..], &event.criteria, &event.explanation),
            ReviewEvent::PhotosRejected(event) => (&event.photos[..], &event.criteria, &event.explanation),
            ReviewEvent::PhotosRemoved(event) => (&event.photos[..], &event.criteria, &event.explanation),
            ReviewEvent::ReviewReinstated(_) => {
                self.cases.entry(rows, &id)?.reverse(&[], at);
                return Ok(());
            }
            ReviewEvent::PhotosReinstated(event) => {
                self.cases.entry(rows, &id)?.reverse(&event.photos, at);
                return Ok(());
            }
            ReviewEvent::ReviewSubmitted(_)
            | ReviewEvent::ReviewPublished(_)
            | ReviewEvent::ReviewEdited(_)
            | ReviewEvent::ReviewWithdrawn(_)
            | ReviewEvent::ReviewRetentionEnded(_)
            | ReviewEvent::PhotosSubmitted(_)
            | ReviewEvent::PhotosApproved(_)
            | ReviewEvent::ReviewTranslated(_) => return Ok(()),
        };
        self.cases.entry(rows, &id)?.findings.push(Finding {
            photos: photos.to_vec(),
            criteria: criteria.clone(),
            explanation: explanation.clone(),
            found_at: at,
            reversed_at: None,
        });
        Ok(())
    }

    fn forget(&mut self, subject: &str, rows: &Rows) -> Result<(), ViewError> {
        let Some((of, id)) = subject.split_once('-') else { return Ok(()) };
        let Ok(id) = Uuid::parse_str(id) else { return Ok(()) };
        if of == "notice"
            && let Some(notice) = self.notices.get_mut(rows, &NoticeId(id))?
        {
            notice.reasons = None;
        }
        if of == "complaint"
            && let Some(complaint) = self.complaints.get_mut(rows, &ComplaintId(id))?
        {
            complaint.reasons = None;
        }
        Ok(())
    }
}

fn open_notice(row: &NoticeRow, id: NoticeId) -> OpenNoticeKey {
    (Falling(i64::from(row.trusted_flagger)), row.submitted_at, id)
}

/// The review that a notice is about.
const fn review_of(target: NoticeTarget) -> Option<ReviewId> {
    match target {
        NoticeTarget::Review(review) | NoticeTarget::Photos(review) => Some(review),
        NoticeTarget::Listing(_) => None,
    }
}

/// The review that is restricted.
fn restricted_review(restriction: Restriction) -> Option<ReviewId> {
    match restriction {
        Restriction::ReviewRemoved(review)
        | Restriction::PhotosNotPublished(review)
        | Restriction::PhotosRemoved(review) => Some(review),
        Restriction::ListingRemoved(_)
        | Restriction::SellerRemoved(_)
        | Restriction::AccountSuspended(_)
        | Restriction::AccountTerminated => None,
    }
}

impl View for Moderation {
    const NAME: &'static str = "moderation";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[
        EventKind::NoticeSubmitted,
        EventKind::NoticeDecided,
        EventKind::ComplaintLodged,
        EventKind::ComplaintDecided,
        EventKind::ReviewModerated,
        EventKind::ReviewReinstated,
        EventKind::PhotosRejected,
        EventKind::PhotosRemoved,
        EventKind::PhotosReinstated,
        EventKind::SubjectKeyDestroyed,
    ];
    const REPORTS: &'static [&'static str] = &["moderation", "complaints"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self {
            notices: Table::new(NOTICES),
            open_notices: Index::new(OPEN_NOTICES),
            complaints: Table::new(COMPLAINTS),
            by_status: Index::new(BY_STATUS),
            cases: Table::new(CASES),
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let (id, at) = (happened.id, happened.micros());
        match &happened.event {
            Event::Notice(event) => self.of_notice(NoticeId(id), at, event, rows),
            Event::Complaint(event) => self.of_complaint(ComplaintId(id), at, event, rows),
            Event::Review(event) => self.of_review(ReviewId(id), at, event, rows),
            Event::Subject(SubjectEvent::SubjectKeyDestroyed(event)) => self.forget(&event.subject.0, rows),
            Event::Seller(_)
            | Event::Product(_)
            | Event::Listing(_)
            | Event::Order(_)
            | Event::Buyer(_)
            | Event::Invitation(_)
            | Event::Statement(_)
            | Event::Authority(_)
            | Event::Subject(SubjectEvent::ErasureDeferred(_))
            | Event::LegalHold(_)
            | Event::Dispute(_)
            | Event::SafetyWarning(_)
            | Event::Deadline(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::DsaFigure(_)
            | Event::Policy(_) => Ok(()),
        }
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.notices, &self.open_notices, &self.complaints, &self.by_status, &self.cases]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.notices, &mut self.open_notices, &mut self.complaints, &mut self.by_status, &mut self.cases]
    }

    fn report(rows: &Rows, name: &str, _: &Filter) -> Result<Report, ViewError> {
        if name == "complaints" {
            let mut report = Report::new(&["complaint", "review", "lodged_at", "outcome", "decided_at"]);
            for key in ModerationReader(rows).complaints(None, None) {
                let (_, _, id) = key?;
                let Some(row) = COMPLAINTS.get(rows, &id)? else { continue };
                let decision = row.decision.as_ref();
                let outcome = decision.map(|decision| serde_json::to_value(decision.outcome).unwrap_or_default());
                report.rows.push(vec![
                    cell(id),
                    row.review.map_or(Cell::Null, cell),
                    moment(row.lodged_at),
                    outcome.unwrap_or_default(),
                    maybe_moment(decision.map(|decision| decision.decided_at)),
                ]);
            }
            return Ok(report);
        }
        let mut report =
            Report::new(&["notice", "about", "allegation", "trusted_flagger", "submitted_at", "outcome", "decided_at"]);
        for row in NOTICES.scan(rows, &()) {
            let (id, row) = row?;
            let decision = row.decision.as_ref();
            let outcome = decision.map(|decision| serde_json::to_value(decision.outcome).unwrap_or_default());
            let about = match row.target {
                NoticeTarget::Review(review) => format!("review-{review}"),
                NoticeTarget::Photos(review) => format!("photos-{review}"),
                NoticeTarget::Listing(listing) => format!("listing-{listing}"),
            };
            report.rows.push(vec![
                cell(id),
                cell(about),
                serde_json::to_value(row.allegation).unwrap_or_default(),
                cell(if row.trusted_flagger { "YES" } else { "NO" }),
                moment(row.submitted_at),
                outcome.unwrap_or_default(),
                maybe_moment(decision.map(|decision| decision.decided_at)),
            ]);
        }
        Ok(report)
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct ModerationReader<'a>(pub &'a Rows);

/// Where a page of open notices begins or ends: opaque outside.
pub type NoticeCursor = OpenNoticeKey;
/// Where a page of complaints begins or ends: opaque outside.
pub type ComplaintCursor = ComplaintKey;

impl<'a> ModerationReader<'a> {
    /// A notice.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn notice(&self, id: NoticeId) -> Result<Option<NoticeRow>, ViewError> {
        NOTICES.get(self.0, &id)
    }

    /// A complaint.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn complaint(&self, id: ComplaintId) -> Result<Option<ComplaintRow>, ViewError> {
        COMPLAINTS.get(self.0, &id)
    }

    /// What is known of a review's case; nothing of most reviews.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn case(&self, review: ReviewId) -> Result<CaseRow, ViewError> {
        Ok(CASES.get(self.0, &review)?.unwrap_or_default())
    }

    /// The notices that wait for a person, trusted flaggers' first, then the longest waiting, from after a cursor.
    pub fn open_notices(
        &self,
        after: Option<&NoticeCursor>,
    ) -> impl Iterator<Item = Result<NoticeCursor, ViewError>> + use<'a> {
        let first = (Falling(i64::MAX), i64::MIN, NoticeId(Uuid::nil()));
        OPEN_NOTICES.scan_after(self.0, &(), after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }

    /// Complaints, of one status or the open ones first: open ones the longest waiting first, decided ones newest first,
    /// from after a cursor.
    pub fn complaints(
        &self,
        status: Option<ComplaintStatus>,
        after: Option<&ComplaintCursor>,
    ) -> impl Iterator<Item = Result<ComplaintCursor, ViewError>> + use<'a> {
        let first = (status.unwrap_or(ComplaintStatus::Open), i64::MIN, ComplaintId(Uuid::nil()));
        BY_STATUS
            .scan_after(self.0, &(), after.unwrap_or(&first))
            .map(|row| row.map(|(key, ())| key))
            .take_while(move |key| key.as_ref().map_or(true, |key| status.is_none_or(|status| key.0 == status)))
    }
}
