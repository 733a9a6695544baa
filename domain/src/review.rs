//! Reviews: what a buyer says of a product bought here and of its delivery (R-3.1-01), with photos if wanted.
//!
//! A review is published by the same decision that takes it, whatever its score (R-3.4-01). Its photos are shown once
//! a person has approved them, all or none (R-3.4-02, R-3.4-03). The buyer may change it until the thirtieth day after
//! delivery is over (R-3.3-01; without a word of the delivery, it counts from fourteen days after the promise), and have it deleted at any time (R-3.3-02): then its text's key is destroyed.
//!
//! A moderator may remove a review or its photos at any time, by the published criteria, on the operator's own initiative
//! or because of a third party's notice (R-3.4-04 to R-3.4-06). A complaint that is well-founded brings them back
//! (R-3.4-10). Translations stand beside the original (R-3.2-06).
//!
//! There is no field for a coupon, a payment or a credit: a review can't be rewarded (R-3.1-06).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::buyer::Buyer;
use crate::calendar::end_of_day;
use crate::criterion::{Criterion, named};
use crate::ids::{
    BuyerId, ComplaintId, LegalHoldId, NoticeId, OrderId, PhotoId, ProductId, ReviewId, SellerId, StaffId,
};
use crate::language::Language;
use crate::order::{Order, OrderStatus};
use crate::place::Country;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::retention::due_at;
use crate::review_order::TextSignals;
use crate::sealed::Sealed;
use crate::text::{ReviewText, Score, Slug, facts, line};

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
    /// Who decided; events written before it was noted don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<StaffId>,
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
    /// Who decided; events written before it was noted don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<StaffId>,
}

/// The review was removed against the criteria (R-3.4-04). By a moderator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewModerated {
    /// Against which criteria; at least one.
    pub criteria: Vec<Criterion>,
    /// The facts, in words; no personal data.
    pub explanation: String,
    /// The notice that led to it; nothing on the operator's own initiative (R-3.4-05).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_id: Option<NoticeId>,
    /// Who decided.
    pub decided_by: StaffId,
}

/// Photos that were online were removed, all of them (R-3.4-04, R-3.4-03). By a moderator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotosRemoved {
    /// Which photos: all that were online.
    pub photos: Vec<PhotoId>,
    /// Against which criteria; at least one.
    pub criteria: Vec<Criterion>,
    /// The facts, in words; no personal data.
    pub explanation: String,
    /// The notice that led to it; nothing on the operator's own initiative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_id: Option<NoticeId>,
    /// Who decided.
    pub decided_by: StaffId,
}

/// A removed review is online again, as of its first publication (R-3.4-10). Because of a well-founded complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewReinstated {
    /// The complaint.
    pub complaint: ComplaintId,
}

/// Photos that were refused or removed are online (R-3.4-10). Because of a well-founded complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotosReinstated {
    /// Which photos.
    pub photos: Vec<PhotoId>,
    /// The complaint.
    pub complaint: ComplaintId,
}

/// The review's text was translated (R-3.2-06). By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewTranslated {
    /// Into which language.
    pub language: Language,
    /// The translation.
    pub text: Sealed<String>,
    /// Which of the review's texts: 0 is the first, each edit counts one more.
    pub version: u32,
    /// What translated it, as it names itself.
    pub engine: String,
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
    /// See [`ReviewModerated`].
    ReviewModerated(ReviewModerated),
    /// See [`PhotosRemoved`].
    PhotosRemoved(PhotosRemoved),
    /// See [`ReviewReinstated`].
    ReviewReinstated(ReviewReinstated),
    /// See [`PhotosReinstated`].
    PhotosReinstated(PhotosReinstated),
    /// See [`ReviewTranslated`].
    ReviewTranslated(ReviewTranslated),
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

/// Why something is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Against which criteria; at least one.
    pub criteria: Vec<Criterion>,
    /// The facts, in words; no personal data.
    pub explanation: String,
    /// Who decides.
    pub decided_by: StaffId,
}

impl Judgement {
    fn checked(self, rule: Rule) -> Result<Self, Refusal> {
        let explanation = facts(&self.explanation, &[], rule, "explanation")?;
        Ok(Self { criteria: named(self.criteria)?, explanation, ..self })
    }
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
        /// Who, as the buyer's stream has them.
        author: Buyer,
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
        /// Who, as the buyer's stream has them.
        author: Buyer,
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
        /// Who, as the buyer's stream has them.
        author: Buyer,
        /// The order as its stream has it.
        order: Box<Order>,
        /// The photos.
        photos: Vec<PhotoContent>,
    },
    /// Show the photos that wait.
    ApprovePhotos {
        /// Who decides.
        decided_by: StaffId,
    },
    /// Show none of the photos that wait.
    RejectPhotos(Judgement),
    /// Remove it.
    Moderate {
        /// By what.
        judgement: Judgement,
        /// The notice that led to it, if one did.
        notice: Option<NoticeId>,
    },
    /// Remove the photos that are online.
    RemovePhotos {
        /// By what.
        judgement: Judgement,
        /// The notice that led to it, if one did.
        notice: Option<NoticeId>,
    },
    /// Bring it back.
    Reinstate(ComplaintId),
    /// Show the photos that were refused or removed last.
    ReinstatePhotos(ComplaintId),
    /// Note a translation.
    Translate {
        /// The review's id.
        review: ReviewId,
        /// Into which language.
        language: Language,
        /// The translation.
        text: String,
        /// Of which of its texts.
        version: u32,
        /// What translated it.
        engine: String,
    },
    /// Take it down because its time is over.
    EndRetention {
        /// Since when the product is not for sale, from the listings' streams.
        off_sale_since: Option<DateTime<Utc>>,
        /// A legal hold in force on it, if there is one.
        held_by: Option<LegalHoldId>,
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
    /// The photos that are online.
    pub photos_shown: Vec<PhotoId>,
    /// The photos that were refused or removed last, until others are shown.
    pub photos_refused: Vec<PhotoId>,
    /// The language of the text as it is now.
    pub language: Language,
    /// How often the text was changed.
    pub version: u32,
    /// The languages into which the text as it is now was translated.
    pub translations: BTreeSet<Language>,
}

/// A review.
#[derive(Debug, Clone, Default)]
pub enum Review {
    /// Not submitted yet.
    #[default]
    Unknown,
    /// Online.
    Live(Box<LiveReview>),
    /// Removed against the criteria; its author may contest that, and may still have it deleted.
    Removed(Box<LiveReview>),
    /// Deleted by its author.
    Withdrawn,
    /// Taken down at the end of its time; its author may still have it deleted.
    Ended(Box<LiveReview>),
}

impl Review {
    /// The review, online or not, while its text can be read.
    #[must_use]
    pub fn known(&self) -> Option<&LiveReview> {
        match self {
            Self::Live(review) | Self::Removed(review) | Self::Ended(review) => Some(review),
            Self::Unknown | Self::Withdrawn => None,
        }
    }

    fn live(&self, rule: Rule) -> Result<&LiveReview, Refusal> {
        match self {
            Self::Live(review) => Ok(review),
            Self::Unknown => Err(Refusal::new(rule, Refused::NotFound, "reviewId", "there is no such review")),
            Self::Withdrawn => {
                Err(Refusal::new(rule, Refused::AlreadyDone, "reviewId", "this review was deleted by its author"))
            }
            Self::Removed(_) => Err(Refusal::new(
                rule,
                Refused::NotEligible,
                "reviewId",
                "this review was removed by a moderator; its author can contest that (lodgeComplaint) or delete it",
            )),
            Self::Ended(_) => {
                Err(Refusal::new(rule, Refused::TooLate, "reviewId", "this review's time online is over"))
            }
        }
    }

    fn own(&self, buyer: BuyerId, rule: Rule) -> Result<&LiveReview, Refusal> {
        let review = match self {
            Self::Ended(review) | Self::Removed(review) => review,
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
            ReviewCommand::Submit { review, buyer, author, order_id, order, line, category, opinion, licence } => {
                const RULE: Rule = Rule("R-3.1-01");
                require(matches!(self, Self::Unknown), RULE, Refused::AlreadyDone, "line", || {
                    "this line was reviewed already; change that review instead".to_owned()
                })?;
                author.may_act(context.now)?;
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
            ReviewCommand::Edit { review, buyer, author, order, category, opinion } => {
                const RULE: Rule = Rule("R-3.3-01");
                self.own(buyer, RULE)?;
                self.live(RULE)?;
                author.may_act(context.now)?;
                let Said { score, text, signals, language, aspects } =
                    Said::checked(review, opinion, category.as_ref(), context)?;
                within_edit_window(&order, RULE, context)?;
                Ok(vec![ReviewEdited { score, text, signals, language, aspects }.into()])
            }
            ReviewCommand::Withdraw { buyer } => {
                self.own(buyer, Rule("R-3.3-02"))?;
                Ok(vec![ReviewWithdrawn {}.into()])
            }
            ReviewCommand::SubmitPhotos { review, buyer, author, order, photos } => {
                const RULE: Rule = Rule("R-3.1-03");
                self.own(buyer, RULE)?;
                let live = self.live(RULE)?;
                author.may_act(context.now)?;
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
            ReviewCommand::ApprovePhotos { decided_by } => {
                let photos = self.waiting(Rule("R-3.2-02"))?;
                Ok(vec![PhotosApproved { photos, decided_by: Some(decided_by) }.into()])
            }
            ReviewCommand::RejectPhotos(judgement) => {
                const RULE: Rule = Rule("R-3.4-03");
                let photos = self.waiting(RULE)?;
                let Judgement { criteria, explanation, decided_by } = judgement.checked(RULE)?;
                Ok(vec![PhotosRejected { photos, criteria, explanation, decided_by: Some(decided_by) }.into()])
            }
            ReviewCommand::Moderate { judgement, notice } => {
                const RULE: Rule = Rule("R-3.4-04");
                if matches!(self, Self::Removed(_)) {
                    return Err(already_removed(RULE));
                }
                self.live(RULE)?;
                let Judgement { criteria, explanation, decided_by } = judgement.checked(RULE)?;
                Ok(vec![ReviewModerated { criteria, explanation, notice_id: notice, decided_by }.into()])
            }
            ReviewCommand::RemovePhotos { judgement, notice } => {
                const RULE: Rule = Rule("R-3.4-04");
                let photos = self.live(RULE)?.photos_shown.clone();
                require(!photos.is_empty(), RULE, Refused::NotEligible, "reviewId", || {
                    "no photos of this review are online".to_owned()
                })?;
                let Judgement { criteria, explanation, decided_by } = judgement.checked(RULE)?;
                Ok(vec![PhotosRemoved { photos, criteria, explanation, notice_id: notice, decided_by }.into()])
            }
            ReviewCommand::Reinstate(complaint) => match self {
                Self::Removed(_) => Ok(vec![ReviewReinstated { complaint }.into()]),
                Self::Unknown | Self::Live(_) | Self::Withdrawn | Self::Ended(_) => {
                    self.live(CONTEST)?;
                    Err(Refusal::new(CONTEST, Refused::AlreadyDone, "reviewId", "this review is online"))
                }
            },
            ReviewCommand::ReinstatePhotos(complaint) => {
                let photos = self.live(CONTEST)?.photos_refused.clone();
                require(!photos.is_empty(), CONTEST, Refused::AlreadyDone, "reviewId", || {
                    "no photos of this review are kept back".to_owned()
                })?;
                Ok(vec![PhotosReinstated { photos, complaint }.into()])
            }
            ReviewCommand::Translate { review, language, text, version, engine } => {
                const RULE: Rule = Rule("R-3.2-06");
                let live = self.live(RULE)?;
                require(version == live.version, RULE, Refused::TooLate, "version", || {
                    "the text was changed since; translate it anew".to_owned()
                })?;
                require(
                    language != live.language && !live.translations.contains(&language),
                    RULE,
                    Refused::AlreadyDone,
                    "language",
                    || format!("the text can be read in {language} already"),
                )?;
                let text = Sealed::new(Self::stream(review.0), ReviewText::new(&text)?.into_string());
                Ok(vec![ReviewTranslated { language, text, version, engine: line(&engine, RULE, "engine")? }.into()])
            }
            ReviewCommand::EndRetention { off_sale_since, held_by } => {
                const RULE: Rule = Rule("R-3.2-05");
                let live = self.live(RULE)?;
                require(held_by.is_none(), RULE, Refused::TooEarly, "reviewId", || {
                    "an authority ordered that this review be kept; it ends when the hold is released".to_owned()
                })?;
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
            *self = Self::Live(Box::new(LiveReview::of(submitted.clone())));
            return;
        }
        let (Self::Live(review) | Self::Removed(review) | Self::Ended(review)) = &mut *self else { return };
        match event {
            ReviewEvent::ReviewSubmitted(_) => {}
            ReviewEvent::ReviewPublished(_) => review.published_at = Some(occurred_at),
            ReviewEvent::ReviewEdited(event) => {
                review.version += 1;
                review.language = event.language;
                review.translations.clear();
            }
            ReviewEvent::ReviewWithdrawn(_) => *self = Self::Withdrawn,
            ReviewEvent::ReviewRetentionEnded(_) => *self = Self::Ended(review.clone()),
            ReviewEvent::ReviewModerated(_) => *self = Self::Removed(review.clone()),
            ReviewEvent::ReviewReinstated(_) => *self = Self::Live(review.clone()),
            ReviewEvent::ReviewTranslated(event) => {
                review.translations.insert(event.language);
            }
            ReviewEvent::PhotosSubmitted(event) => review.photos_waiting.clone_from(&event.photos),
            ReviewEvent::PhotosApproved(event) => review.show(&event.photos),
            ReviewEvent::PhotosReinstated(event) => review.show(&event.photos),
            ReviewEvent::PhotosRejected(event) => {
                review.photos_waiting.clear();
                review.photos_refused.clone_from(&event.photos);
            }
            ReviewEvent::PhotosRemoved(event) => {
                review.photos_shown.clear();
                review.photos_refused.clone_from(&event.photos);
            }
        }
    }
}

impl LiveReview {
    fn of(submitted: ReviewSubmitted) -> Self {
        Self {
            language: submitted.language,
            submitted,
            published_at: None,
            photos_waiting: Vec::new(),
            photos_shown: Vec::new(),
            photos_refused: Vec::new(),
            version: 0,
            translations: BTreeSet::new(),
        }
    }

    /// Photos that come online take the place of those before.
    fn show(&mut self, photos: &[PhotoId]) {
        self.photos_waiting.clear();
        self.photos_refused.clear();
        self.photos_shown = photos.to_vec();
    }
}

const CONTEST: Rule = Rule("R-3.4-10");

fn already_removed(rule: Rule) -> Refusal {
    Refusal::new(rule, Refused::AlreadyDone, "reviewId", "this review was removed already")
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
pub(crate) mod tests;
