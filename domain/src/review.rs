//! Reviews: what a buyer says of a product bought here and of its delivery (R-3.1-01), with photos if wanted.
//!
//! A review is published by the same decision that takes it, whatever its score (R-3.4-01). Its photos are shown once
//! a person has approved them, all or none (R-3.4-02, R-3.4-03). The buyer may change it until the thirtieth day after
//! delivery is over (R-3.3-01; without a word of the delivery, it counts from fourteen days after the promise), and have it deleted at any time (R-3.3-02): then its text's key is destroyed.
//!
//! There is no field for a coupon, a payment or a credit: a review can't be rewarded (R-3.1-06).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::calendar::end_of_day;
use crate::ids::{BuyerId, OrderId, PhotoId, ProductId, ReviewId, SellerId};
use crate::language::Language;
use crate::order::{Order, OrderStatus};
use crate::place::Country;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::retention::due_at;
use crate::review_order::TextSignals;
use crate::sealed::Sealed;
use crate::text::{ReviewText, Score, Slug, line};

/// The most photos that a review may have.
pub const MAX_PHOTOS: usize = 6;

/// What can be scored besides the whole (R-3.1-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Aspect {
    /// Value for money.
    ValueForMoney,
    /// Delivery.
    Delivery,
    /// Packaging and cleanliness.
    PackagingAndCleanliness,
    /// General performance.
    GeneralPerformance,
    /// Aesthetic appearance.
    AestheticAppearance,
}

/// The buyer's declaration of authorship and the licence granted (R-3.1-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Licence {
    /// The version of the terms accepted.
    pub terms_version: String,
    /// Whether the buyer declared to be the author.
    pub author: bool,
}

/// A buyer reviewed a line of an order. By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewSubmitted {
    /// The order.
    pub order: OrderId,
    /// The order's line, from 0.
    pub line: u16,
    /// The product bought.
    pub product: ProductId,
    /// The seller bought from.
    pub seller: SellerId,
    /// The author.
    pub buyer: BuyerId,
    /// The score.
    pub score: Score,
    /// The text.
    pub text: Sealed<String>,
    /// What is measured of the text.
    pub signals: TextSignals,
    /// The language of the text.
    pub language: Language,
    /// Where it was bought.
    pub country_of_purchase: Country,
    /// The scores of aspects.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aspects: BTreeMap<Aspect, Score>,
    /// Declaration and licence.
    pub licence: Licence,
}

/// The review is online. In the same append as what takes it (R-3.4-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewPublished {}

/// The buyer changed the review. By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewEdited {
    /// The score from now on.
    pub score: Score,
    /// The text from now on.
    pub text: Sealed<String>,
    /// What is measured of the text.
    pub signals: TextSignals,
    /// The language of the text.
    pub language: Language,
    /// The scores of aspects from now on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aspects: BTreeMap<Aspect, Score>,
}

/// The buyer had the review deleted; its key's destruction follows. By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewWithdrawn {}

/// The review's time online is over (R-3.2-05). By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewRetentionEnded {
    /// When it was due.
    pub due_at: DateTime<Utc>,
}

/// What a photo is, by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotoContent {
    /// The photo.
    pub photo: PhotoId,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Its media type, as in `image/jpeg`.
    pub media_type: String,
}

/// The buyer sent photos; a person looks at them before anyone else does (R-3.4-02). By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotosSubmitted {
    /// Which photos.
    pub photos: Vec<PhotoId>,
    /// What they are.
    pub contents: Sealed<Vec<PhotoContent>>,
}

/// A person found nothing against the photos; they are online. By a moderator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotosApproved {
    /// Which photos: all that wait.
    pub photos: Vec<PhotoId>,
}

/// Why a review or a photo breaks the rules (R-3.4-06), exactly these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names are the published criteria")]
pub enum Criterion {
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

/// At least one photo breaks the rules, so none is shown (R-3.4-03). By a moderator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotosRejected {
    /// Which photos: all that waited.
    pub photos: Vec<PhotoId>,
    /// Against which criteria; at least one.
    pub criteria: Vec<Criterion>,
    /// The facts, in words; no personal data.
    pub explanation: String,
}

/// What can happen to a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewEvent {
    /// See [`ReviewSubmitted`].
    ReviewSubmitted(ReviewSubmitted),
    /// See [`ReviewPublished`].
    ReviewPublished(ReviewPublished),
    /// See [`ReviewEdited`].
    ReviewEdited(ReviewEdited),
    /// See [`ReviewWithdrawn`].
    ReviewWithdrawn(ReviewWithdrawn),
    /// See [`ReviewRetentionEnded`].
    ReviewRetentionEnded(ReviewRetentionEnded),
    /// See [`PhotosSubmitted`].
    PhotosSubmitted(PhotosSubmitted),
    /// See [`PhotosApproved`].
    PhotosApproved(PhotosApproved),
    /// See [`PhotosRejected`].
    PhotosRejected(PhotosRejected),
}

/// What a buyer says, first or again.
#[derive(Debug, Clone)]
pub struct Opinion {
    /// The score, 1 to 5.
    pub score: u8,
    /// The text.
    pub text: String,
    /// Its language.
    pub language: Language,
    /// Scores of aspects, each 1 to 5.
    pub aspects: BTreeMap<Aspect, u8>,
}

/// What can be asked of a review.
#[derive(Debug, Clone)]
pub enum ReviewCommand {
    /// Review a line of an order.
    Submit {
        /// The review's id; the subject of the text's key is `review-<id>`.
        review: ReviewId,
        /// Who.
        buyer: BuyerId,
        /// The order.
        order_id: OrderId,
        /// The order as its stream has it.
        order: Box<Order>,
        /// Which line, from 0.
        line: u16,
        /// The category of its product, from the product's stream.
        category: Option<Slug>,
        /// What the buyer says.
        opinion: Opinion,
        /// Declaration and licence.
        licence: Licence,
    },
    /// Say it differently.
    Edit {
        /// The review's id.
        review: ReviewId,
        /// Who.
        buyer: BuyerId,
        /// The order as its stream has it.
        order: Box<Order>,
        /// The category of its product.
        category: Option<Slug>,
        /// What the buyer says now.
        opinion: Opinion,
    },
    /// Have it deleted.
    Withdraw {
        /// Who.
        buyer: BuyerId,
    },
    /// Send photos.
    SubmitPhotos {
        /// The review's id.
        review: ReviewId,
        /// Who.
        buyer: BuyerId,
        /// The order as its stream has it.
        order: Box<Order>,
        /// The photos.
        photos: Vec<PhotoContent>,
    },
    /// Show the photos that wait.
    ApprovePhotos,
    /// Show none of the photos that wait.
    RejectPhotos {
        /// Against which criteria.
        criteria: Vec<Criterion>,
        /// The facts.
        explanation: String,
    },
    /// Take it down because its time is over.
    EndRetention {
        /// Since when the product is not for sale, from the listings' streams.
        off_sale_since: Option<DateTime<Utc>>,
    },
}

/// A review that was submitted.
#[derive(Debug, Clone)]
pub struct LiveReview {
    /// As it was submitted.
    pub submitted: ReviewSubmitted,
    /// When it came online.
    pub published_at: Option<DateTime<Utc>>,
    /// The photos that wait for a person.
    pub photos_waiting: Vec<PhotoId>,
}

/// A review.
#[derive(Debug, Clone, Default)]
pub enum Review {
    /// Not submitted yet.
    #[default]
    Unknown,
    /// Online.
    Live(Box<LiveReview>),
    /// Deleted by its author.
    Withdrawn,
    /// Taken down at the end of its time; its author may still have it deleted.
    Ended(Box<LiveReview>),
}

impl Review {
    fn live(&self, rule: Rule) -> Result<&LiveReview, Refusal> {
        match self {
            Self::Live(review) => Ok(review),
            Self::Unknown => Err(Refusal::new(rule, Refused::NotFound, "reviewId", "there is no such review")),
            Self::Withdrawn => {
                Err(Refusal::new(rule, Refused::AlreadyDone, "reviewId", "this review was deleted by its author"))
            }
            Self::Ended(_) => {
                Err(Refusal::new(rule, Refused::TooLate, "reviewId", "this review's time online is over"))
            }
        }
    }

    fn own(&self, buyer: BuyerId, rule: Rule) -> Result<&LiveReview, Refusal> {
        let review = match self {
            Self::Ended(review) => review,
            Self::Unknown | Self::Live(_) | Self::Withdrawn => self.live(rule)?,
        };
        require(review.submitted.buyer == buyer, rule, Refused::Forbidden, "reviewId", || {
            "this review is not yours".to_owned()
        })?;
        Ok(review)
    }
}

impl Aggregate for Review {
    const CATEGORY: &'static str = "review";
    type Command = ReviewCommand;
    type Event = ReviewEvent;

    fn decide(&self, command: ReviewCommand, context: &Context<'_>) -> Result<Vec<ReviewEvent>, Refusal> {
        match command {
            ReviewCommand::Submit { review, buyer, order_id, order, line, category, opinion, licence } => {
                const RULE: Rule = Rule("R-3.1-01");
                require(matches!(self, Self::Unknown), RULE, Refused::AlreadyDone, "line", || {
                    "this line was reviewed already; change that review instead".to_owned()
                })?;
                let bought = bought(&order, buyer)?;
                let bought_line = bought.line(line, RULE)?;
                let said = Said::checked(review, opinion, category.as_ref(), context)?;
                require(licence.author, Rule("R-3.1-07"), Refused::NotEligible, "licence.author", || {
                    "the buyer declares to be the author; without it the review is not taken".to_owned()
                })?;
                let licence = Licence {
                    terms_version: crate::text::line(&licence.terms_version, Rule("R-3.1-07"), "licence.termsVersion")?,
                    ..licence
                };
                let submitted = ReviewSubmitted {
                    order: order_id,
                    line,
                    product: bought_line.product,
                    seller: bought_line.seller,
                    buyer,
                    score: said.score,
                    text: said.text,
                    signals: said.signals,
                    language: said.language,
                    country_of_purchase: bought.placed.country_of_purchase,
                    aspects: said.aspects,
                    licence,
                };
                Ok(vec![submitted.into(), ReviewPublished {}.into()])
            }
            ReviewCommand::Edit { review, buyer, order, category, opinion } => {
                const RULE: Rule = Rule("R-3.3-01");
                self.live(RULE)?;
                self.own(buyer, RULE)?;
                let Said { score, text, signals, language, aspects } =
                    Said::checked(review, opinion, category.as_ref(), context)?;
                within_edit_window(&order, RULE, context)?;
                Ok(vec![ReviewEdited { score, text, signals, language, aspects }.into()])
            }
            ReviewCommand::Withdraw { buyer } => {
                self.own(buyer, Rule("R-3.3-02"))?;
                Ok(vec![ReviewWithdrawn {}.into()])
            }
            ReviewCommand::SubmitPhotos { review, buyer, order, photos } => {
                const RULE: Rule = Rule("R-3.1-03");
                self.own(buyer, RULE)?;
                let live = self.live(RULE)?;
                within_edit_window(&order, RULE, context)?;
                require(live.photos_waiting.is_empty(), RULE, Refused::NotEligible, "photos", || {
                    "photos of this review wait for a decision already; send others after it".to_owned()
                })?;
                require((1..=MAX_PHOTOS).contains(&photos.len()), RULE, Refused::Invalid, "photos", || {
                    format!("a review has 1 to {MAX_PHOTOS} photos, not {}", photos.len())
                })?;
                let ids = photos.iter().map(|photo| photo.photo).collect();
                Ok(vec![PhotosSubmitted { photos: ids, contents: Sealed::new(Self::stream(review.0), photos) }.into()])
            }
            ReviewCommand::ApprovePhotos => Ok(vec![PhotosApproved { photos: self.waiting(Rule("R-3.2-02"))? }.into()]),
            ReviewCommand::RejectPhotos { mut criteria, explanation } => {
                const RULE: Rule = Rule("R-3.4-03");
                let photos = self.waiting(RULE)?;
                criteria.sort_unstable();
                criteria.dedup();
                require(!criteria.is_empty(), Rule("R-3.4-06"), Refused::Invalid, "criteria", || {
                    "a rejection names at least one criterion".to_owned()
                })?;
                Ok(vec![
                    PhotosRejected { photos, criteria, explanation: line(&explanation, RULE, "explanation")? }.into(),
                ])
            }
            ReviewCommand::EndRetention { off_sale_since } => {
                const RULE: Rule = Rule("R-3.2-05");
                let live = self.live(RULE)?;
                let due =
                    live.published_at.and_then(|published_at| due_at(published_at, off_sale_since, context.policies));
                match due {
                    Some(due_at) if due_at <= context.now => Ok(vec![ReviewRetentionEnded { due_at }.into()]),
                    Some(_) | None => Err(Refusal::new(
                        RULE,
                        Refused::TooEarly,
                        "reviewId",
                        "this review's time online is not over yet",
                    )),
                }
            }
        }
    }

    fn evolve(&mut self, event: &ReviewEvent, occurred_at: DateTime<Utc>) {
        if let ReviewEvent::ReviewSubmitted(submitted) = event {
            *self = Self::Live(Box::new(LiveReview {
                submitted: submitted.clone(),
                published_at: None,
                photos_waiting: Vec::new(),
            }));
            return;
        }
        let Self::Live(review) = &mut *self else {
            if matches!(event, ReviewEvent::ReviewWithdrawn(_)) {
                *self = Self::Withdrawn;
            }
            return;
        };
        match event {
            ReviewEvent::ReviewSubmitted(_) | ReviewEvent::ReviewEdited(_) => {}
            ReviewEvent::ReviewPublished(_) => review.published_at = Some(occurred_at),
            ReviewEvent::ReviewWithdrawn(_) => *self = Self::Withdrawn,
            ReviewEvent::ReviewRetentionEnded(_) => *self = Self::Ended(review.clone()),
            ReviewEvent::PhotosSubmitted(event) => review.photos_waiting.clone_from(&event.photos),
            ReviewEvent::PhotosApproved(_) | ReviewEvent::PhotosRejected(_) => review.photos_waiting.clear(),
        }
    }
}

impl Review {
    fn waiting(&self, rule: Rule) -> Result<Vec<PhotoId>, Refusal> {
        let waiting = &self.live(rule)?.photos_waiting;
        require(!waiting.is_empty(), rule, Refused::NotEligible, "reviewId", || {
            "no photos of this review wait for a decision".to_owned()
        })?;
        Ok(waiting.clone())
    }
}

/// What a buyer says, checked.
struct Said {
    score: Score,
    text: Sealed<String>,
    signals: TextSignals,
    language: Language,
    aspects: BTreeMap<Aspect, Score>,
}

impl Said {
    fn checked(
        review: ReviewId,
        opinion: Opinion,
        category: Option<&Slug>,
        context: &Context<'_>,
    ) -> Result<Self, Refusal> {
        const ASPECTS: Rule = Rule("R-3.1-04");
        let text = ReviewText::new(&opinion.text)?;
        let score = Score::try_from(opinion.score)?;
        let scored = category.is_some_and(|category| context.policies.aspect_categories.contains(category));
        require(scored || opinion.aspects.is_empty(), ASPECTS, Refused::NotEligible, "aspects", || {
            "aspects are not scored for products of this category; leave them out".to_owned()
        })?;
        let aspect_score = |(aspect, score)| {
            Score::try_from(score).map(|score| (aspect, score)).map_err(|refusal| Refusal {
                rule: ASPECTS,
                field: "aspects",
                ..refusal
            })
        };
        let aspects = opinion.aspects.into_iter().map(aspect_score).collect::<Result<_, _>>()?;
        let signals = TextSignals::of(text.as_str());
        Ok(Self {
            score,
            text: Sealed::new(Review::stream(review.0), text.into_string()),
            signals,
            language: opinion.language,
            aspects,
        })
    }
}

/// The order, when this buyer bought it for good (R-3.1-01).
fn bought(order: &Order, buyer: BuyerId) -> Result<&crate::order::PlacedOrder, Refusal> {
    const RULE: Rule = Rule("R-3.1-01");
    let order = order.0.as_ref().ok_or_else(|| {
        Refusal::new(
            RULE,
            Refused::NotFound,
            "orderId",
            "only a buyer with an order can review; there is no such order",
        )
    })?;
    require(order.placed.buyer == buyer, RULE, Refused::Forbidden, "orderId", || "this order is not yours".to_owned())?;
    require(order.confirmed_at.is_some(), RULE, Refused::NotEligible, "orderId", || {
        let why = if order.status == OrderStatus::Cancelled {
            "was cancelled before it was confirmed"
        } else {
            "is not confirmed yet"
        };
        format!("only what was bought can be reviewed; this order {why}")
    })?;
    Ok(order)
}

/// Without a word of its delivery, an order is taken to be received so many days after the promise.
const PRESUMED_RECEIPT_DAYS: u32 = 14;

fn within_edit_window(order: &Order, rule: Rule, context: &Context<'_>) -> Result<(), Refusal> {
    let days = context.policies.review_edit_days;
    let closes = order.0.as_ref().map(|order| match order.delivered_at {
        Some(delivered_at) => end_of_day(delivered_at, days),
        None => end_of_day(order.placed.promised_until, PRESUMED_RECEIPT_DAYS + days),
    });
    require(closes.is_none_or(|closes| context.now < closes), rule, Refused::TooLate, "reviewId", || {
        format!("a review can be changed until the end of day {days} after delivery; it can still be deleted")
    })
}

#[cfg(test)]
mod tests;
