//! Decisions of moderators on what is online (R-3.4-04) and on the accounts of whoever breaks the rules (R-3.4-11).
//! Whom a decision restricts is told why by the statement of reasons that follows from it by itself.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use domain::buyer::{Buyer as BuyerStream, BuyerCommand, UnblockReason};
use domain::criterion::Criterion;
use domain::ids::{BuyerId, NoticeId, ReviewId, StaffId};
use domain::notice::{Notice, NoticeTarget};
use domain::review::{Judgement, Review as ReviewStream, ReviewCommand};
use domain::{Refusal, Refused, Rule};
use uuid::Uuid;

use super::buyers::BuyerPayload;
use super::command::Command;
use super::guard::{Allowed, MODERATORS, Only};
use super::node::parse;
use super::review_commands::{ReviewCriterion, ReviewPayload, Written};
use crate::{ApiError, Book};

/// The removal of a review, or of its photos.
#[derive(Debug, Clone, InputObject)]
pub struct ModerateReviewInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which review.
    review_id: ID,
    /// Against which criteria; at least one.
    criteria: Vec<ReviewCriterion>,
    /// The facts, in words; no personal data.
    explanation: String,
    /// The notice that led to it, which must be about this review; nothing on the operator's own initiative (R-3.4-05).
    notice_id: Option<ID>,
    /// Whether the review stays and only its photos, those that are online, are removed.
    #[graphql(default)]
    photos_only: bool,
}

/// A warning.
#[derive(Debug, Clone, InputObject)]
pub struct WarnBuyerInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Whom; the author of reviewId where nothing is said.
    buyer_id: Option<ID>,
    /// Which criteria were broken; at least one.
    criteria: Vec<ReviewCriterion>,
    /// The facts, in words; no personal data.
    explanation: String,
    /// The buyer's review that broke them, if one did.
    review_id: Option<ID>,
}

/// A block.
#[derive(Debug, Clone, InputObject)]
pub struct BlockBuyerInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Whom; the author of reviewId where nothing is said.
    buyer_id: Option<ID>,
    /// A review of the buyer's, instead of who they are.
    review_id: Option<ID>,
    /// The first instant at which it does not hold; for good where nothing is said.
    until: Option<DateTime<Utc>>,
    /// Which criteria were broken; at least one.
    criteria: Vec<ReviewCriterion>,
    /// The facts, in words; no personal data.
    explanation: String,
}

/// The end of a block before its time.
#[derive(Debug, Clone, InputObject)]
pub struct UnblockBuyerInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Whom; the author of reviewId where nothing is said.
    buyer_id: Option<ID>,
    /// A review of the buyer's, instead of who they are.
    review_id: Option<ID>,
}

/// Commands of moderators.
#[derive(Debug, Default)]
pub struct ModerationMutation;

#[Object]
impl ModerationMutation {
    /// Removes a review, or only its photos (R-3.4-04 to R-3.4-06); its author is told why and can contest it. For a
    /// MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS))]
    async fn moderate_review(&self, ctx: &Context<'_>, input: ModerateReviewInput) -> Result<ReviewPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let review: ReviewId = parse(&input.review_id, "reviewId")?;
            let notice = input.notice_id.as_ref().map(|id| parse::<NoticeId>(id, "noticeId")).transpose()?;
            let judgement = &Judgement {
                criteria: criteria(&input.criteria),
                explanation: input.explanation.clone(),
                decided_by: command.viewer.staff(),
            };
            let (book, photos_only) = (command.book, input.photos_only);
            let done = command.execute::<ReviewStream, _, _>(review, |_| async move {
                if let Some(notice) = notice {
                    book.load::<Notice>(notice.0).await?.concerns(NoticeTarget::Review(review))?;
                }
                let judgement = judgement.clone();
                Ok(if photos_only {
                    ReviewCommand::RemovePhotos { judgement, notice }
                } else {
                    ReviewCommand::Moderate { judgement, notice }
                })
            });
            Ok((review, done.await?))
        };
        ReviewPayload::of(&command, result.await)
    }

    /// Tells a buyer that what they did breaks the rules, before anything worse follows (R-3.4-11). For a MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS))]
    async fn warn_buyer(&self, ctx: &Context<'_>, input: WarnBuyerInput) -> Result<BuyerPayload> {
        let make = |review, decided_by| BuyerCommand::Warn {
            criteria: criteria(&input.criteria),
            explanation: input.explanation.clone(),
            review,
            decided_by,
        };
        on_account(ctx, input.command_id, input.buyer_id.as_ref(), input.review_id.as_ref(), make).await
    }

    /// Blocks a buyer's account, for a time or for good: the last resort, after a warning or for a criterion that the
    /// policy calls serious (R-3.4-11). The buyer can contest it. For a MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS))]
    async fn block_buyer(&self, ctx: &Context<'_>, input: BlockBuyerInput) -> Result<BuyerPayload> {
        let make = |_, decided_by| BuyerCommand::Block {
            until: input.until,
            criteria: criteria(&input.criteria),
            explanation: input.explanation.clone(),
            decided_by,
        };
        on_account(ctx, input.command_id, input.buyer_id.as_ref(), input.review_id.as_ref(), make).await
    }

    /// Lifts a block before its time is over (R-3.4-11). For a MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS))]
    async fn unblock_buyer(&self, ctx: &Context<'_>, input: UnblockBuyerInput) -> Result<BuyerPayload> {
        let make = |_, _| BuyerCommand::Unblock(UnblockReason::Lifted);
        on_account(ctx, input.command_id, input.buyer_id.as_ref(), input.review_id.as_ref(), make).await
    }
}

/// Carries out a command on an account, from the review that may be named with it and who decides.
async fn on_account(
    ctx: &Context<'_>,
    command_id: Option<Uuid>,
    buyer: Option<&ID>,
    review: Option<&ID>,
    make: impl Fn(Option<ReviewId>, StaffId) -> BuyerCommand + Sync,
) -> Result<BuyerPayload> {
    let command = Command::of(ctx, command_id);
    let result = async {
        let whom = &Whom::named(command.book, buyer, review).await?;
        let (book, make, decided_by) = (command.book, &make, &command.viewer.staff());
        let done = command.execute::<BuyerStream, _, _>(whom.buyer, |_| async move {
            whom.wrote_it(book).await?;
            Ok(make(whom.review, decided_by.clone()))
        });
        Ok((whom.told(), done.await?))
    };
    BuyerPayload::of(&command, result.await)
}

/// Criteria as the domain has them.
pub(super) fn criteria(named: &[ReviewCriterion]) -> Vec<Criterion> {
    named.iter().copied().map(Criterion::from).collect()
}

/// Whom a decision is about. A moderator judges a case without knowing whose it is (R-3.4-08), so that the author of a
/// review can be meant by the review alone, and is not told by the answer either.
#[derive(Debug, Clone, Copy)]
struct Whom {
    buyer: BuyerId,
    review: Option<ReviewId>,
    by_review: bool,
}

impl Whom {
    async fn named(book: &Book, buyer: Option<&ID>, review: Option<&ID>) -> Result<Self, ApiError> {
        let review = review.map(|id| parse::<ReviewId>(id, "reviewId")).transpose()?;
        match (buyer, review) {
            (Some(buyer), review) => Ok(Self { buyer: parse(buyer, "buyerId")?, review, by_review: false }),
            (None, Some(review)) => match Written::of(book, review).await? {
                Some(written) => Ok(Self { buyer: written.by, review: Some(review), by_review: true }),
                None => Err(no_such_review("there is no such review")),
            },
            (None, None) => Err(ApiError::input("buyerId", "say whom, by buyerId or by a review of theirs, reviewId")),
        }
    }

    /// Refuses to hold against a buyer what another one wrote.
    async fn wrote_it(&self, book: &Book) -> Result<(), ApiError> {
        let Some(review) = self.review.filter(|_| !self.by_review) else { return Ok(()) };
        let state: ReviewStream = book.load(review.0).await?;
        if state.known().is_some_and(|written| written.submitted.buyer == self.buyer) {
            return Ok(());
        }
        Err(no_such_review("this buyer wrote no such review, or had it deleted; leave it out to do it without one"))
    }

    /// Who it is, for whoever knew it before.
    fn told(&self) -> Option<BuyerId> {
        (!self.by_review).then_some(self.buyer)
    }
}

fn no_such_review(message: &'static str) -> ApiError {
    Refusal::new(Rule("R-3.4-11"), Refused::NotFound, "reviewId", message).into()
}
