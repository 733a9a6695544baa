//! Notices: anybody says that something on the platform is illegal or against the rules, and a person decides (R-3.4-05,
//! R-3.4-07, DSA art. 16).
//!
//! Who sends one needs no account, so that there is no token and no guard; what a notice must have, its decision asks. A
//! notice's id is told to its sender alone, who contests with it that nothing was done (lodgeComplaint).

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result};
use domain::ids::{ListingId, NoticeId, ReviewId};
use domain::language::Language;
use domain::listing::Listing as ListingStream;
use domain::notice::{Notice, NoticeCommand, NoticeTarget, Notifier};
use domain::review::Review as ReviewStream;
use std::future::ready;
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, MODERATORS, Only};
use super::moderation_commands::criteria;
use super::moderation_terms::{NoticeAllegation, NoticeOutcome};
use super::node::{global, parse};
use super::platform::platform;
use super::review_commands::ReviewCriterion;
use super::user_error::query_error;
use crate::{ApiError, Book};

/// No token says that its holder is a trusted flagger (DSA art. 22): that status is a Digital Services Coordinator's to
/// award, and to take away. Without it a notice is one like any other.
const TRUSTED_FLAGGER: bool = false;

/// How far a notice has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum NoticeStatus {
    /// Waits for a person.
    Open,
    /// Decided.
    Decided,
}

/// Who sends a notice (DSA art. 16(2)(c)). Sealed with a key of the notice's own.
#[derive(Debug, Clone, InputObject)]
pub struct NotifierInput {
    /// Name.
    name: String,
    /// E-mail address: the receipt and the decision go there.
    email: String,
}

/// A notice of a review, of its photos, or of a listing: of exactly one of them.
#[derive(Debug, Clone, InputObject)]
pub struct SubmitNoticeInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The notice's id; a new one where nothing is said.
    notice_id: Option<ID>,
    /// The review that it is about.
    review_id: Option<ID>,
    /// The review whose photos it is about.
    photos_of_review_id: Option<ID>,
    /// The listing that it is about.
    listing_id: Option<ID>,
    /// What is alleged.
    allegation: NoticeAllegation,
    /// Where exactly it is (DSA art. 16(2)(b)); the path of what it is about where nothing is said.
    url: Option<String>,
    /// Why (DSA art. 16(2)(a)). Sealed.
    reasons: String,
    /// Who says so; may be left out for OFFENCE_AGAINST_CHILDREN only.
    notifier: Option<NotifierInput>,
    /// Whether you believe in good faith that the notice is accurate and complete (DSA art. 16(2)(d)).
    good_faith: bool,
    /// In which language you are written to, BCP 47.
    #[graphql(default_with = "\"en\".to_owned()")]
    language: String,
}

/// A decision on a notice.
#[derive(Debug, Clone, InputObject)]
pub struct DecideNoticeInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which.
    notice_id: ID,
    /// What it comes to.
    outcome: NoticeOutcome,
    /// Against which criteria; at least one where a review or its photos are restricted. None of a listing, which is removed
    /// for reasons of its own: BREACH_OF_LAW or BREACH_OF_TERMS, by the outcome.
    #[graphql(default)]
    criteria: Vec<ReviewCriterion>,
    /// The facts, in words; no personal data.
    explanation: String,
}

payload! {
    /// What a command on a notice came to.
    NoticePayload(NoticeId)
}

#[ComplexObject]
impl NoticePayload {
    /// The notice's id. Keep it: with it you contest the decision.
    async fn notice_id(&self) -> Option<ID> {
        self.effect.as_ref().map(|effect| global(effect.what))
    }

    /// How far the notice has come.
    async fn status(&self, ctx: &Context<'_>) -> Result<Option<NoticeStatus>> {
        let Some(effect) = &self.effect else { return Ok(None) };
        Ok(match platform(ctx).book.load(effect.what.0).await.map_err(query_error)? {
            Notice::Unknown => None,
            Notice::Open(_) => Some(NoticeStatus::Open),
            Notice::Decided(..) => Some(NoticeStatus::Decided),
        })
    }
}

/// Commands on notices.
#[derive(Debug, Default)]
pub struct NoticeMutation;

#[Object]
impl NoticeMutation {
    /// Says that a review, its photos or a listing is illegal or against the rules (R-3.4-05, DSA art. 16). For ANYBODY:
    /// it needs no token.
    async fn submit_notice(&self, ctx: &Context<'_>, input: SubmitNoticeInput) -> Result<NoticePayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let named = input.notice_id.as_ref().map(|id| parse::<NoticeId>(id, "noticeId")).transpose()?;
            let notice = named.unwrap_or_else(|| command.derived());
            let target = target(&input)?;
            let language: Language =
                input.language.parse().map_err(|bad| ApiError::input("language", format!("{bad}")))?;
            let (book, input) = (command.book, &input);
            let done = command.execute::<Notice, _, _>(notice, |_| async move {
                let notifier = input.notifier.as_ref();
                Ok(NoticeCommand::Submit {
                    notice,
                    target,
                    target_exists: exists(book, target).await?,
                    allegation: input.allegation.into(),
                    url: input.url.clone().unwrap_or_else(|| path(target)),
                    reasons: input.reasons.clone(),
                    notifier: notifier.map(|who| Notifier { name: who.name.clone(), email: who.email.clone() }),
                    good_faith: input.good_faith,
                    trusted_flagger: TRUSTED_FLAGGER,
                    language,
                })
            });
            Ok((notice, done.await?))
        };
        NoticePayload::of(&command, result.await)
    }

    /// Decides a notice: by a person, never by a rule alone (R-3.4-07). For a MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS))]
    async fn decide_notice(&self, ctx: &Context<'_>, input: DecideNoticeInput) -> Result<NoticePayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let notice: NoticeId = parse(&input.notice_id, "noticeId")?;
            let done = command.execute::<Notice, _, _>(notice, |_| {
                ready(Ok(NoticeCommand::Decide {
                    outcome: input.outcome.into(),
                    criteria: criteria(&input.criteria),
                    explanation: input.explanation.clone(),
                    moderator: command.viewer.staff(),
                }))
            });
            Ok((notice, done.await?))
        };
        NoticePayload::of(&command, result.await)
    }
}

/// The one thing that a notice is about.
fn target(input: &SubmitNoticeInput) -> Result<NoticeTarget, ApiError> {
    match (&input.review_id, &input.photos_of_review_id, &input.listing_id) {
        (Some(review), None, None) => Ok(NoticeTarget::Review(parse(review, "reviewId")?)),
        (None, Some(review), None) => Ok(NoticeTarget::Photos(parse(review, "photosOfReviewId")?)),
        (None, None, Some(listing)) => Ok(NoticeTarget::Listing(parse(listing, "listingId")?)),
        (review, photos, listing) => {
            let named = [review, photos, listing].into_iter().flatten().count();
            let wanted = "say what it is about by one of reviewId, photosOfReviewId and listingId";
            Err(ApiError::input("reviewId", format!("{wanted}, not by {named} of them")))
        }
    }
}

/// Whether there is, by its stream, what a notice is about; for photos, whether any are online.
async fn exists(book: &Book, target: NoticeTarget) -> Result<bool, ApiError> {
    Ok(match target {
        NoticeTarget::Review(ReviewId(id)) => book.load::<ReviewStream>(id).await?.known().is_some(),
        NoticeTarget::Photos(ReviewId(id)) => {
            book.load::<ReviewStream>(id).await?.known().is_some_and(|review| !review.photos_shown.is_empty())
        }
        NoticeTarget::Listing(ListingId(id)) => !matches!(book.load(id).await?, ListingStream::Unknown),
    })
}

/// Where on this platform it is.
fn path(target: NoticeTarget) -> String {
    match target {
        NoticeTarget::Review(review) | NoticeTarget::Photos(review) => format!("/reviews/{review}"),
        NoticeTarget::Listing(listing) => format!("/listings/{listing}"),
    }
}
