//! A review's case as the moderator sees it who decides: the text, the photos and what is said against them, never who
//! wrote it, who sold the product, the score or the order (R-3.4-08), nor who decided before.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::ids::{ComplaintId, NoticeId, PhotoId, ProductId, ReviewId};
use domain::language::Language;
use projections::moderation::{CaseRow, Finding};
use projections::reviews::ReviewRow;
use projections::{SealedText, ViewError};

use super::complaint_queue::Complaint;
use super::guard::{Allowed, MODERATORS, Only};
use super::node::{global, parse};
use super::notice_queue::Notice;
use super::platform::{Views, instant, opened, read};
use super::review_commands::ReviewCriterion;
use super::reviews::{Photo, ReviewStatus};
use super::user_error::query_error;
use crate::ApiError;

/// How many notices, complaints and findings a case shows, the newest: more of them say nothing new.
const MAX_SHOWN: usize = 20;

/// A part of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ReviewPart {
    /// The text.
    Text,
    /// The photos.
    Photos,
}

/// What was found against a review.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct CaseFinding {
    /// Against which part.
    part: ReviewPart,
    /// Which criteria were broken.
    criteria: Vec<ReviewCriterion>,
    /// The facts.
    explanation: String,
    /// When.
    found_at: DateTime<Utc>,
    /// When it was taken back.
    reversed_at: Option<DateTime<Utc>>,
}

impl From<&Finding> for CaseFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            part: if finding.photos.is_empty() { ReviewPart::Text } else { ReviewPart::Photos },
            criteria: finding.criteria.iter().copied().map(ReviewCriterion::from).collect(),
            explanation: finding.explanation.clone(),
            found_at: instant(finding.found_at),
            reversed_at: finding.reversed_at.map(instant),
        }
    }
}

/// A review's case. It has no field for what a moderator must not know, so that no answer can say it.
#[derive(Debug, Clone)]
pub struct ModerationCase {
    review: ReviewId,
    text: Option<SealedText>,
    photos: Vec<PhotoId>,
    product: ProductId,
    language: Language,
    submitted_at: i64,
    status: ReviewStatus,
    case: CaseRow,
}

impl ModerationCase {
    /// The case of a review, if there is such a review.
    ///
    /// # Errors
    /// What the views say.
    pub fn of_review(views: &Views<'_>, review: ReviewId) -> Result<Option<Self>, ViewError> {
        let Some(row) = views.reviews().review(review)? else { return Ok(None) };
        let case = views.moderation().case(review)?;
        let mut photos: Vec<PhotoId> = Vec::new();
        let kept_back = case.findings.iter().filter(|finding| finding.reversed_at.is_none());
        let waiting = row.waiting.iter().flat_map(|(_, photos)| photos);
        for photo in row.photos.iter().chain(waiting).chain(kept_back.flat_map(|finding| &finding.photos)) {
            if !photos.contains(photo) {
                photos.push(*photo);
            }
        }
        let ReviewRow { text, product, language, submitted_at, visibility, .. } = row;
        Ok(Some(Self { review, text, photos, product, language, submitted_at, status: visibility.into(), case }))
    }
}

/// A review's case, blind: never who wrote it, who sold the product, the score or the order (R-3.4-08).
#[Object(serial)]
impl ModerationCase {
    /// The review.
    async fn review_id(&self) -> ID {
        global(self.review)
    }

    /// The text; nothing once its author had it deleted.
    async fn text(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.text.as_ref()).await
    }

    /// The language in which it was written, BCP 47.
    async fn language(&self) -> &str {
        self.language.code()
    }

    /// The photos: those shown, those that wait, those kept back. A moderator's token opens them.
    async fn photos(&self) -> Vec<Photo> {
        self.photos.iter().copied().map(Photo::new).collect()
    }

    /// The name of the product that it is about.
    async fn product_title(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        read(ctx, |views| Ok(views.catalogue().product(self.product)?.map(|row| row.title)))
    }

    /// When it was submitted.
    async fn submitted_at(&self) -> DateTime<Utc> {
        instant(self.submitted_at)
    }

    /// Whether it is shown.
    async fn status(&self) -> ReviewStatus {
        self.status
    }

    /// The notices about it, oldest first: at most the newest 20.
    #[graphql(complexity = "MAX_SHOWN * child_complexity")]
    async fn notices(&self, ctx: &Context<'_>) -> Result<Vec<Notice>> {
        let shown = newest(&self.case.notices);
        read(ctx, |views| shown.iter().filter_map(|id| Notice::load(views, *id).transpose()).collect())
    }

    /// The complaints about decisions on it, oldest first: at most the newest 20.
    #[graphql(complexity = "MAX_SHOWN * child_complexity")]
    async fn complaints(&self, ctx: &Context<'_>) -> Result<Vec<Complaint>> {
        let shown = newest(&self.case.complaints);
        read(ctx, |views| shown.iter().filter_map(|id| Complaint::load(views, *id).transpose()).collect())
    }

    /// What was found against it, oldest first: at most the newest 20.
    #[graphql(complexity = "MAX_SHOWN * child_complexity")]
    async fn findings(&self) -> Vec<CaseFinding> {
        newest(&self.case.findings).iter().map(CaseFinding::from).collect()
    }
}

fn newest<T>(all: &[T]) -> &[T] {
    &all[all.len().saturating_sub(MAX_SHOWN)..]
}

/// Whose case is asked for.
enum CaseOf {
    Review(ReviewId),
    Notice(NoticeId),
    Complaint(ComplaintId),
}

impl CaseOf {
    fn parse(id: &ID) -> Result<Self, ApiError> {
        parse(id, "id")
            .map(Self::Review)
            .or_else(|_| parse(id, "id").map(Self::Notice))
            .or_else(|_| parse(id, "id").map(Self::Complaint))
            .map_err(|_| ApiError::input("id", "give the id of a review, a notice or a complaint"))
    }

    fn review(&self, views: &Views<'_>) -> Result<Option<ReviewId>, ViewError> {
        let moderation = views.moderation();
        Ok(match self {
            Self::Review(id) => Some(*id),
            Self::Notice(id) => moderation.notice(*id)?.and_then(|row| row.review()),
            Self::Complaint(id) => moderation.complaint(*id)?.and_then(|row| row.review),
        })
    }
}

/// The query for a case.
#[derive(Debug, Default)]
pub struct CaseQuery;

#[Object]
impl CaseQuery {
    /// A review's case by the id of the review, or of a notice or a complaint about it; nothing where it is about no
    /// review. Blind (R-3.4-08). For a MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS))]
    async fn moderation_case(&self, ctx: &Context<'_>, id: ID) -> Result<Option<ModerationCase>> {
        let of = CaseOf::parse(&id).map_err(query_error)?;
        read(ctx, |views| match of.review(views)? {
            Some(review) => ModerationCase::of_review(views, review),
            None => Ok(None),
        })
    }
}
