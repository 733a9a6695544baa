//! Commands on reviews: written, changed and deleted by the buyer; photos sent by the buyer and decided by a person.

use std::collections::BTreeMap;
use std::future::ready;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use domain::criterion::Criterion;
use domain::event::Event;
use domain::ids::{BuyerId, OrderId, ReviewId};
use domain::language::Language;
use domain::legal_hold::HeldData;
use domain::order::Order as OrderStream;
use domain::product::Product as ProductStream;
use domain::review::{Judgement, Licence, Opinion, Review as ReviewStream, ReviewCommand, ReviewEvent};
use domain::text::Slug;
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, ITS_BUYER, MODERATORS, Only};
use super::legal_holds::is_held;
use super::node::parse;
use super::photo_submission::{Upload, received, submit};
use super::platform::{platform, wait_for};
use super::reviews::{Review, ReviewAspect};
use super::user_error::query_error;
use crate::auth::Viewer;
use crate::commands::decode;
use crate::{ApiError, Book};

/// An aspect's score.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct AspectScoreInput {
    /// Which aspect.
    aspect: ReviewAspect,
    /// 1 to 5.
    score: u8,
}

/// The buyer's declaration and licence (R-3.1-07).
#[derive(Debug, Clone, InputObject)]
pub struct LicenceInput {
    /// The version of the terms accepted.
    terms_version: String,
    /// Whether the buyer declares to be the author.
    author: bool,
}

/// A review of an order's line.
#[derive(Debug, Clone, InputObject)]
pub struct SubmitReviewInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The order.
    order_id: ID,
    /// Which of its lines, from 0.
    #[graphql(default)]
    line: u16,
    /// 1 to 5.
    score: u8,
    /// The text.
    text: String,
    /// The text's language, BCP 47, as in nl.
    language: String,
    /// Scores of aspects, for products whose aspects are scored.
    #[graphql(default)]
    aspects: Vec<AspectScoreInput>,
    /// Declaration and licence.
    licence: LicenceInput,
}

/// A review said differently.
#[derive(Debug, Clone, InputObject)]
pub struct EditReviewInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which.
    review_id: ID,
    /// 1 to 5.
    score: u8,
    /// The text.
    text: String,
    /// The text's language, BCP 47, as in nl.
    language: String,
    /// Scores of aspects.
    #[graphql(default)]
    aspects: Vec<AspectScoreInput>,
}

/// A deletion.
#[derive(Debug, Clone, InputObject)]
pub struct WithdrawReviewInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which.
    review_id: ID,
}

/// Photos of a review.
#[derive(Debug, Clone, InputObject)]
pub struct SubmitPhotosInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which review.
    review_id: ID,
    /// Photos in base64. With the uploads 1 to 6, JPEG, PNG or WebP, at most 5 MiB and 25 million pixels each.
    photos: Option<Vec<String>>,
    /// Photos as files of a multipart request, by graphql-multipart-request-spec.
    uploads: Option<Vec<Upload>>,
}

/// What a person decides on photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PhotoDecision {
    /// Show all of them.
    Approve,
    /// Show none of them (R-3.4-03).
    Reject,
}

/// The criteria by which reviews and photos are judged (R-3.4-06), exactly these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::criterion::Criterion")]
#[allow(missing_docs, reason = "the names are the published criteria")]
pub enum ReviewCriterion {
    Advertising,
    Duplicate,
    OffTopic,
    OtherProduct,
    CompetitorPromotion,
    PoliticalOrSocial,
    Insulting,
    Obscene,
    Offensive,
    SexuallyExplicit,
    Defamatory,
    PersonalAttack,
    FalseOrMisleading,
    WrittenBySeller,
    IllegalContent,
    ThirdPartyRights,
    IdentityTheft,
    PersonalData,
    HateOrViolence,
    RegulatoryBreach,
}

/// A decision on the photos that wait.
#[derive(Debug, Clone, InputObject)]
pub struct DecidePhotosInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which review.
    review_id: ID,
    /// What.
    decision: PhotoDecision,
    /// Against which criteria; at least one for a rejection.
    #[graphql(default)]
    criteria: Vec<ReviewCriterion>,
    /// The facts, for a rejection; no personal data.
    explanation: Option<String>,
}

payload! {
    /// What a command on a review came to.
    ReviewPayload(ReviewId)
}

#[ComplexObject]
impl ReviewPayload {
    /// The review as it now is.
    async fn review(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        let Some(effect) = &self.effect else { return Ok(None) };
        wait_for(ctx, effect.position).await?;
        Review::visible(ctx, effect.what)
    }

    /// Whether a review that its author had deleted is kept for now, because the law obliges the platform to (GDPR
    /// art. 17(3)(b)). It is offline all the same, nobody is shown it, and its author is told by mail; it is forgotten when
    /// the duty ends.
    async fn kept_for_now(&self, ctx: &Context<'_>) -> Result<bool> {
        let Some(effect) = &self.effect else { return Ok(false) };
        let state: ReviewStream = platform(ctx).book.load(effect.what.0).await.map_err(query_error)?;
        if !matches!(state, ReviewStream::Withdrawn) {
            return Ok(false);
        }
        wait_for(ctx, effect.position).await?;
        is_held(ctx, HeldData::Review(effect.what))
    }
}

/// Commands on reviews.
#[derive(Debug, Default)]
pub struct ReviewMutation;

#[Object]
impl ReviewMutation {
    /// Reviews a line of an order; published at once (R-3.1-01, R-3.4-01). For the BUYER whose order it is.
    #[graphql(guard = "Only(ITS_BUYER)", directive = Allowed::apply(ITS_BUYER))]
    async fn submit_review(&self, ctx: &Context<'_>, input: SubmitReviewInput) -> Result<ReviewPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let (buyer, order_id): (BuyerId, OrderId) = (author(command.viewer)?, parse(&input.order_id, "orderId")?);
            let (line, review) = (input.line, ReviewId::of_line(order_id, input.line));
            let opinion = &opinion(input.score, &input.text, &input.language, &input.aspects)?;
            let (book, licence) = (command.book, &input.licence);
            let done = command.execute::<ReviewStream, _, _>(review, |_| async move {
                let order: OrderStream = book.load(order_id.0).await?;
                Ok(ReviewCommand::Submit {
                    review,
                    buyer,
                    author: book.load(buyer.0).await?,
                    order_id,
                    category: category_of(book, &order, line).await?,
                    order: Box::new(order),
                    line,
                    opinion: opinion.clone(),
                    licence: Licence { terms_version: licence.terms_version.clone(), author: licence.author },
                })
            });
            Ok((review, done.await?))
        };
        ReviewPayload::of(&command, result.await)
    }

    /// Changes a review, until the thirtieth day after delivery is over (R-3.3-01). For the BUYER who wrote it.
    #[graphql(guard = "Only(ITS_BUYER)", directive = Allowed::apply(ITS_BUYER))]
    async fn edit_review(&self, ctx: &Context<'_>, input: EditReviewInput) -> Result<ReviewPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let (buyer, review): (BuyerId, ReviewId) = (author(command.viewer)?, parse(&input.review_id, "reviewId")?);
            let opinion = &opinion(input.score, &input.text, &input.language, &input.aspects)?;
            let book = command.book;
            let done = command.execute(review, |state: ReviewStream| async move {
                let (order, line) = order_of(book, &state).await?;
                Ok(ReviewCommand::Edit {
                    review,
                    buyer,
                    author: book.load(buyer.0).await?,
                    category: category_of(book, &order, line).await?,
                    order: Box::new(order),
                    opinion: opinion.clone(),
                })
            });
            Ok((review, done.await?))
        };
        ReviewPayload::of(&command, result.await)
    }

    /// Has a review deleted, at any time: it is offline at once, and its text becomes unreadable for good, everywhere
    /// (R-3.3-02); where an authority ordered that it be kept, only when that ends (keptForNow). For the BUYER who wrote it.
    #[graphql(guard = "Only(ITS_BUYER)", directive = Allowed::apply(ITS_BUYER))]
    async fn withdraw_review(&self, ctx: &Context<'_>, input: WithdrawReviewInput) -> Result<ReviewPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let (buyer, review): (BuyerId, ReviewId) = (author(command.viewer)?, parse(&input.review_id, "reviewId")?);
            let done = command.execute::<ReviewStream, _, _>(review, |_| ready(Ok(ReviewCommand::Withdraw { buyer })));
            Ok((review, done.await?))
        };
        ReviewPayload::of(&command, result.await)
    }

    /// Sends photos of a review; a person looks at them before anyone else does (R-3.1-03, R-3.4-02). Only their pixels are
    /// kept, as JPEG of at most 2,048 pixels a side: no place, time or device. For the BUYER who wrote it.
    #[graphql(guard = "Only(ITS_BUYER)", directive = Allowed::apply(ITS_BUYER))]
    async fn submit_photos(&self, ctx: &Context<'_>, input: SubmitPhotosInput) -> Result<ReviewPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let review: ReviewId = parse(&input.review_id, "reviewId")?;
            let received = received(input.photos, input.uploads)?;
            Ok((review, submit(&command, &platform(ctx).photos, review, received).await?))
        };
        ReviewPayload::of(&command, result.await)
    }

    /// Shows all the photos of a review that wait, or none of them (R-3.4-02, R-3.4-03). For a MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS))]
    async fn decide_photos(&self, ctx: &Context<'_>, input: DecidePhotosInput) -> Result<ReviewPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let review: ReviewId = parse(&input.review_id, "reviewId")?;
            let done = command.execute::<ReviewStream, _, _>(review, |_| {
                ready(Ok(match input.decision {
                    PhotoDecision::Approve => ReviewCommand::ApprovePhotos { decided_by: command.viewer.staff() },
                    PhotoDecision::Reject => ReviewCommand::RejectPhotos(Judgement {
                        criteria: input.criteria.iter().copied().map(Criterion::from).collect(),
                        explanation: input.explanation.clone().unwrap_or_default(),
                        decided_by: command.viewer.staff(),
                    }),
                }))
            });
            Ok((review, done.await?))
        };
        ReviewPayload::of(&command, result.await)
    }
}

/// The buyer who asks.
pub(super) fn author(viewer: &Viewer) -> Result<BuyerId, ApiError> {
    viewer.buyer().ok_or_else(|| ApiError::input("", "a buyer's token is needed"))
}

fn opinion(score: u8, text: &str, language: &str, aspects: &[AspectScoreInput]) -> Result<Opinion, ApiError> {
    let language: Language = language.parse().map_err(|bad| ApiError::input("language", format!("{bad}")))?;
    let scored: BTreeMap<_, _> = aspects.iter().map(|given| (given.aspect.into(), given.score)).collect();
    if scored.len() < aspects.len() {
        return Err(ApiError::input("aspects", "each aspect is scored once"));
    }
    Ok(Opinion { score, text: text.to_owned(), language, aspects: scored })
}

/// Who wrote a review, when, and of which order; known even once its text is gone.
pub(super) struct Written {
    /// Who.
    pub(super) by: BuyerId,
    /// Of which order.
    pub(super) order: OrderId,
    /// When.
    pub(super) at: DateTime<Utc>,
}

impl Written {
    /// Of a review, if there is one.
    pub(super) async fn of(book: &Book, review: ReviewId) -> Result<Option<Self>, ApiError> {
        let (_, records) = book.load_recorded::<ReviewStream>(review.0).await?;
        for record in records {
            if let Event::Review(ReviewEvent::ReviewSubmitted(event)) = decode(&record)? {
                return Ok(Some(Self { by: event.buyer, order: event.order, at: record.occurred_at }));
            }
        }
        Ok(None)
    }
}

/// The order that a review is of, and its line; an unknown order for a review that is not there to be changed.
pub(super) async fn order_of(book: &Book, review: &ReviewStream) -> Result<(OrderStream, u16), ApiError> {
    match review {
        ReviewStream::Live(live) | ReviewStream::Removed(live) | ReviewStream::Ended(live) => {
            Ok((book.load(live.submitted.order.0).await?, live.submitted.line))
        }
        ReviewStream::Unknown | ReviewStream::Withdrawn => Ok((OrderStream::default(), 0)),
    }
}

/// The category of the product on an order's line, where there is such a line.
async fn category_of(book: &Book, order: &OrderStream, line: u16) -> Result<Option<Slug>, ApiError> {
    let line = order.0.as_ref().and_then(|order| order.placed.lines.get(usize::from(line)));
    match line {
        Some(line) => Ok(book.load::<ProductStream>(line.product.0).await?.category),
        None => Ok(None),
    }
}
