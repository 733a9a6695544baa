//! Notices that wait for a person (R-3.4-05, R-3.4-07): trusted flaggers' first (DSA art. 22), then the longest waiting.
//! Who sent one is not shown.

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};
use domain::ids::NoticeId;
use domain::notice::NoticeTarget;
use projections::ViewError;
use projections::moderation::{NoticeCursor, NoticeRow};

use super::guard::{Allowed, MODERATORS, Only};
use super::listings::Listing;
use super::moderation_cases::{ModerationCase, ReviewPart};
use super::moderation_terms::{NoticeAllegation, NoticeOutcome};
use super::node::global;
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{Views, instant, opened, read, views};
use super::review_commands::ReviewCriterion;

/// A third party's notice.
#[derive(Debug, Clone)]
pub struct Notice {
    id: NoticeId,
    row: NoticeRow,
}

impl Notice {
    /// A notice, if there is one with this id.
    ///
    /// # Errors
    /// What the views say.
    pub fn load(views: &Views<'_>, id: NoticeId) -> Result<Option<Self>, ViewError> {
        Ok(views.moderation().notice(id)?.map(|row| Self { id, row }))
    }
}

/// A third party's notice, as a moderator sees it: not who sent it.
#[Object(serial)]
impl Notice {
    /// The global id.
    async fn id(&self) -> ID {
        global(self.id)
    }

    /// The review that it is about, if it is about one.
    async fn review_id(&self) -> Option<ID> {
        self.row.review().map(global)
    }

    /// Which part of the review it is about.
    async fn part(&self) -> Option<ReviewPart> {
        match self.row.target {
            NoticeTarget::Review(_) => Some(ReviewPart::Text),
            NoticeTarget::Photos(_) => Some(ReviewPart::Photos),
            NoticeTarget::Listing(_) => None,
        }
    }

    /// The listing that it is about, if it is about one.
    async fn listing_id(&self) -> Option<ID> {
        match self.row.target {
            NoticeTarget::Listing(listing) => Some(global(listing)),
            NoticeTarget::Review(_) | NoticeTarget::Photos(_) => None,
        }
    }

    /// The listing, for sale or not any more.
    async fn listing(&self, ctx: &Context<'_>) -> Result<Option<Listing>> {
        match self.row.target {
            NoticeTarget::Listing(listing) => Listing::load(ctx, listing).await,
            NoticeTarget::Review(_) | NoticeTarget::Photos(_) => Ok(None),
        }
    }

    /// What is alleged.
    async fn allegation(&self) -> NoticeAllegation {
        self.row.allegation.into()
    }

    /// Where exactly it is, as the notifier said it.
    async fn url(&self) -> &str {
        &self.row.url
    }

    /// Why; nothing once the notifier was forgotten.
    async fn reasons(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.row.reasons.as_ref()).await
    }

    /// Whether a trusted flagger sent it (DSA art. 22).
    async fn trusted_flagger(&self) -> bool {
        self.row.trusted_flagger
    }

    /// In which language the notifier is written to, BCP 47.
    async fn language(&self) -> &str {
        self.row.language.code()
    }

    /// When it was sent.
    async fn submitted_at(&self) -> DateTime<Utc> {
        instant(self.row.submitted_at)
    }

    /// What it came to; nothing while it waits.
    async fn outcome(&self) -> Option<NoticeOutcome> {
        self.row.decision.as_ref().map(|decision| decision.outcome.into())
    }

    /// Against which criteria, where something was restricted.
    async fn criteria(&self) -> Vec<ReviewCriterion> {
        let criteria = self.row.decision.iter().flat_map(|decision| &decision.criteria);
        criteria.copied().map(ReviewCriterion::from).collect()
    }

    /// The facts that were found.
    async fn explanation(&self) -> Option<&str> {
        self.row.decision.as_ref().map(|decision| decision.explanation.as_str())
    }

    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.row.decision.as_ref().map(|decision| instant(decision.decided_at))
    }

    /// The case of the review that it is about.
    async fn case(&self, ctx: &Context<'_>) -> Result<Option<ModerationCase>> {
        read(ctx, |views| match self.row.review() {
            Some(review) => ModerationCase::of_review(views, review),
            None => Ok(None),
        })
    }
}

/// The query for notices.
#[derive(Debug, Default)]
pub struct NoticeQuery;

#[Object]
impl NoticeQuery {
    /// Notices that wait for a person, trusted flaggers' first, then the longest waiting (R-3.4-07, DSA art. 22). For a
    /// MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS), complexity = "cost(first, None, child_complexity)")]
    async fn notices(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<String>) -> Result<Page<Notice>> {
        let asked = PageInput::forwards(first, after).checked(|_: &NoticeCursor| true)?;
        let views = views(ctx);
        let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
        take(&asked, views.moderation().open_notices(from.as_ref()), |key| Notice::load(&views, key.2))
    }
}
