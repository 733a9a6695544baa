//! Complaints about decisions (R-3.4-10, R-2.2-05, DSA art. 20): the open ones the longest waiting first. Who complains
//! and who decided first is not shown; whether the asker may decide is.

use async_graphql::{Context, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use domain::complaint::{Complainant, Contested};
use domain::ids::ComplaintId;
use domain::notice::NoticeTarget;
use domain::statement::{Addressee, Restriction};
use projections::ViewError;
use projections::moderation::{ComplaintCursor, ComplaintRow, ComplaintStatus as Status};

use super::guard::{Allowed, MODERATORS, Only};
use super::listings::Listing;
use super::moderation_cases::ModerationCase;
use super::moderation_terms::{ComplaintOutcome, ComplaintStatus};
use super::node::global;
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{Views, instant, opened, read, viewer, views};
use super::statements::{RestrictionKind, StatementOfReasons, concerned};

/// In which part somebody complains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ComplainantKind {
    /// As the buyer who is restricted.
    Buyer,
    /// As the seller who is restricted.
    Seller,
    /// As whoever sent the notice.
    Notifier,
}

/// A complaint.
#[derive(Debug, Clone)]
pub struct Complaint {
    id: ComplaintId,
    row: ComplaintRow,
}

impl Complaint {
    /// A complaint, if there is one with this id.
    ///
    /// # Errors
    /// What the views say.
    pub fn load(views: &Views<'_>, id: ComplaintId) -> Result<Option<Self>, ViewError> {
        Ok(views.moderation().complaint(id)?.map(|row| Self { id, row }))
    }

    fn contested_restriction(&self) -> Option<Restriction> {
        match self.row.contested {
            Contested::Restriction { restriction, .. } => Some(restriction),
            Contested::Notice(_) => None,
        }
    }
}

/// A complaint about a decision, as a moderator sees it: not who complains, nor who decided first.
#[Object(serial)]
impl Complaint {
    /// The global id.
    async fn id(&self) -> ID {
        global(self.id)
    }

    /// How far it has come.
    async fn status(&self) -> ComplaintStatus {
        if self.row.decision.is_none() { ComplaintStatus::Open } else { ComplaintStatus::Decided }
    }

    /// In which part somebody complains.
    async fn complainant(&self) -> ComplainantKind {
        match self.row.complainant {
            Complainant::Restricted(Addressee::Buyer(_)) => ComplainantKind::Buyer,
            Complainant::Restricted(Addressee::Seller(_)) => ComplainantKind::Seller,
            Complainant::Notifier(_) => ComplainantKind::Notifier,
        }
    }

    /// Which restriction is contested; nothing where it is that a notice led to none.
    async fn restriction(&self) -> Option<RestrictionKind> {
        self.contested_restriction().map(RestrictionKind::from)
    }

    /// What the restriction concerns: a review, a listing or a seller; nothing where it is the complainant's own account.
    async fn concerns_id(&self) -> Option<ID> {
        self.contested_restriction().and_then(concerned)
    }

    /// The listing that was removed, or that the notice is about which led to nothing.
    async fn listing(&self, ctx: &Context<'_>) -> Result<Option<Listing>> {
        let notice = match self.row.contested {
            Contested::Restriction { restriction: Restriction::ListingRemoved(id), .. } => {
                return Listing::load(ctx, id).await;
            }
            Contested::Restriction { .. } => return Ok(None),
            Contested::Notice(notice) => read(ctx, |views| views.moderation().notice(notice))?,
        };
        match notice.map(|row| row.target) {
            Some(NoticeTarget::Listing(id)) => Listing::load(ctx, id).await,
            Some(NoticeTarget::Review(_) | NoticeTarget::Photos(_)) | None => Ok(None),
        }
    }

    /// The notice that led to nothing, where that is contested.
    async fn notice_id(&self) -> Option<ID> {
        match self.row.contested {
            Contested::Notice(notice) => Some(global(notice)),
            Contested::Restriction { .. } => None,
        }
    }

    /// The statement of reasons of the contested decision; nothing where it is that a notice led to none.
    async fn statement(&self, ctx: &Context<'_>) -> Result<Option<StatementOfReasons>> {
        read(ctx, |views| match self.row.contested {
            Contested::Restriction { statement, .. } => StatementOfReasons::load(views, statement),
            Contested::Notice(_) => Ok(None),
        })
    }

    /// The facts on which the contested decision stands.
    async fn facts(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        read(ctx, |views| match self.row.contested {
            Contested::Restriction { statement, .. } => {
                Ok(views.statements().statement(statement)?.map(|row| row.facts))
            }
            Contested::Notice(notice) => {
                let decision = views.moderation().notice(notice)?.and_then(|row| row.decision);
                Ok(decision.map(|decision| decision.explanation))
            }
        })
    }

    /// Why the decision is wrong, in the complainant's words; nothing once the complainant was forgotten.
    async fn reasons(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.row.reasons.as_ref()).await
    }

    /// When it was lodged.
    async fn lodged_at(&self) -> DateTime<Utc> {
        instant(self.row.lodged_at)
    }

    /// Whether you may decide it: it is open, and you did not take the first decision.
    async fn may_decide(&self, ctx: &Context<'_>) -> bool {
        self.row.decision.is_none() && self.row.first_decided_by.as_ref() != Some(&viewer(ctx).staff())
    }

    /// What it came to.
    async fn outcome(&self) -> Option<ComplaintOutcome> {
        self.row.decision.as_ref().map(|decision| decision.outcome.into())
    }

    /// Why, in words.
    async fn explanation(&self) -> Option<&str> {
        self.row.decision.as_ref().map(|decision| decision.explanation.as_str())
    }

    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.row.decision.as_ref().map(|decision| instant(decision.decided_at))
    }

    /// The case of the review that it is about, if it is about one.
    async fn case(&self, ctx: &Context<'_>) -> Result<Option<ModerationCase>> {
        read(ctx, |views| match self.row.review {
            Some(review) => ModerationCase::of_review(views, review),
            None => Ok(None),
        })
    }
}

/// The query for complaints.
#[derive(Debug, Default)]
pub struct ComplaintQuery;

#[Object]
impl ComplaintQuery {
    /// Complaints, of one status or the open ones first: open ones the longest waiting first, decided ones newest first
    /// (R-3.4-10). For a MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS), complexity = "cost(first, None, child_complexity)")]
    async fn complaints(
        &self,
        ctx: &Context<'_>,
        status: Option<ComplaintStatus>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<Complaint>> {
        let status = status.map(Status::from);
        let belongs = |key: &ComplaintCursor| status.is_none_or(|status| key.0 == status);
        let asked = PageInput::forwards(first, after).checked(belongs)?;
        let views = views(ctx);
        let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
        take(&asked, views.moderation().complaints(status, from.as_ref()), |key| Complaint::load(&views, key.2))
    }
}
