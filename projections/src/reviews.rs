//! Review feeds in five orders, rating summaries, and the photos that wait for a person (R-3.2-03, R-3.2-04).
//!
//! Read by product pages, a review's own page, an author's list and the photo moderators.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `r` | review | [`ReviewRow`], its text sealed |
//! | `f` | product, sort, two sort keys, review | – |
//! | `a` | buyer, submission (newest first), review | – |
//! | `s` | product | [`Rating`] |
//! | `q` | when the photos were sent, review | – |
//!
//! A feed is stored in the order in which it is shown, once for each sort. The text is personal data: it stays sealed, no
//! digest covers it (a seal differs each time), and it is dropped when its subject's key is destroyed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{BuyerId, OrderId, PhotoId, ProductId, ReviewId, SellerId};
use domain::language::Language;
use domain::place::Country;
use domain::review::{Aspect, ReviewEvent};
use domain::review_order::{TextSignals, relevance};
use domain::subject::SubjectEvent;
use domain::text::Score;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

use crate::key::{Falling, Key};
use crate::report::{Filter, Report, cell, maybe_moment, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::view::{Happened, View};
use crate::{SealedText, ViewError};

type FeedKey = (ProductId, Sort, (Falling, i64), ReviewId);

const REVIEWS: Layout<ReviewId, ReviewRow> = Layout::new(b'r');
const FEEDS: Layout<FeedKey, ()> = Layout::new(b'f');
const AUTHORS: Layout<(BuyerId, Falling, ReviewId), ()> = Layout::new(b'a');
const RATINGS: Layout<ProductId, Rating> = Layout::new(b's');
const QUEUE: Layout<(i64, ReviewId), ()> = Layout::new(b'q');

/// The order of a feed. Ties always go to the newer review, then to its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// Most relevant first.
    Relevance = 0,
    /// Newest first.
    Newest = 1,
    /// Oldest first.
    Oldest = 2,
    /// Highest score first.
    Highest = 3,
    /// Lowest score first.
    Lowest = 4,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Relevance, Self::Newest, Self::Oldest, Self::Highest, Self::Lowest];
}

impl Key for Sort {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let number = u8::read(bytes)?;
        Self::ALL.into_iter().find(|sort| *sort as u8 == number)
    }
}

/// Whether a review is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visibility {
    /// Submitted, not published yet.
    Pending,
    /// Shown.
    Online,
    /// Removed by a moderator.
    Removed,
    /// Deleted by its author.
    Withdrawn,
    /// Its time online is over.
    Ended,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRow {
    /// The order.
    pub order: OrderId,
    /// The order's line.
    pub line: u16,
    /// The product.
    pub product: ProductId,
    /// The seller.
    pub seller: SellerId,
    /// The author.
    pub buyer: BuyerId,
    /// The score.
    pub score: Score,
    /// The text, unless its author had it deleted.
    pub text: Option<SealedText>,
    /// What was measured of the text.
    pub signals: TextSignals,
    /// Its language.
    pub language: Language,
    /// Where the product was bought.
    pub country_of_purchase: Country,
    /// Scores of aspects.
    pub aspects: BTreeMap<Aspect, Score>,
    /// When it was submitted, in microseconds since the epoch.
    pub submitted_at: i64,
    /// When it came online.
    pub published_at: Option<i64>,
    /// When it was last changed.
    pub edited_at: Option<i64>,
    /// How often it was changed.
    pub edits: u32,
    /// Whether it is shown.
    pub visibility: Visibility,
    /// The photos that are shown.
    pub photos: Vec<PhotoId>,
    /// The photos that wait, and since when.
    pub waiting: Option<(i64, Vec<PhotoId>)>,
    /// Translations of the text as it is now.
    pub translations: BTreeMap<Language, Translation>,
    /// By what it is placed in the feeds.
    shown: Option<Placed>,
}

/// A translation of a review's text (R-3.2-06).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Translation {
    /// The text.
    pub text: Option<SealedText>,
    /// What translated it.
    pub engine: String,
}

impl Value for ReviewRow {
    fn covered(mut self) -> Self {
        self.forget();
        self
    }
}

impl ReviewRow {
    /// Drops all personal data.
    fn forget(&mut self) {
        self.text = None;
        self.translations.values_mut().for_each(|translation| translation.text = None);
    }

    fn placed(&self) -> Option<Placed> {
        let published_at = self.published_at.filter(|_| self.visibility == Visibility::Online)?;
        let scored = u32::try_from(self.aspects.len()).unwrap_or(u32::MAX);
        let relevance = relevance(self.signals, scored, !self.photos.is_empty());
        Some(Placed { relevance, score: self.score, published_at })
    }
}

/// What places a review in the feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Placed {
    relevance: u32,
    score: Score,
    published_at: i64,
}

impl Placed {
    fn keys(self, product: ProductId, id: ReviewId) -> [FeedKey; 5] {
        let (published_at, score) = (self.published_at, i64::from(self.score.get()));
        Sort::ALL.map(|sort| {
            let by = match sort {
                Sort::Relevance => (Falling(i64::from(self.relevance)), -published_at),
                Sort::Newest => (Falling(published_at), 0),
                Sort::Oldest => (Falling(-published_at), 0),
                Sort::Highest => (Falling(score), -published_at),
                Sort::Lowest => (Falling(-score), -published_at),
            };
            (product, sort, by, id)
        })
    }
}

/// The ratings of a product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rating {
    /// How many reviews have one star, two stars, …
    pub histogram: [u64; 5],
    /// Each aspect's count and sum.
    pub aspects: BTreeMap<Aspect, (u64, u64)>,
}

impl Value for Rating {}

impl Rating {
    /// How many reviews.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.iter().sum()
    }

    /// All scores, added up.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.histogram.iter().zip(1..).map(|(count, score)| count * score).sum()
    }

    fn count_in(&mut self, review: &ReviewRow) {
        self.histogram[usize::from(review.score.get()) - 1] += 1;
        for (aspect, score) in &review.aspects {
            let (count, sum) = self.aspects.entry(*aspect).or_default();
            (*count, *sum) = (*count + 1, *sum + u64::from(score.get()));
        }
    }

    fn count_out(&mut self, review: &ReviewRow) {
        self.histogram[usize::from(review.score.get()) - 1] -= 1;
        for (aspect, score) in &review.aspects {
            let (count, sum) = self.aspects.entry(*aspect).or_default();
            (*count, *sum) = (*count - 1, *sum - u64::from(score.get()));
            if *count == 0 {
                self.aspects.remove(aspect);
            }
        }
    }
}

/// The view.
#[derive(Debug)]
pub struct Reviews {
    reviews: Table<ReviewId, ReviewRow>,
    feeds: Index<FeedKey>,
    authors: Index<(BuyerId, Falling, ReviewId)>,
    ratings: Table<ProductId, Rating>,
    queue: Index<(i64, ReviewId)>,
    unsettled: BTreeSet<ReviewId>,
}

impl Reviews {
    /// Changes a review, with its product's rating before and after.
    fn change(&mut self, id: ReviewId, rows: &Rows, change: impl FnOnce(&mut ReviewRow)) -> Result<(), ViewError> {
        let Some(review) = self.reviews.get_mut(rows, &id)? else { return Ok(()) };
        let rating = self.ratings.entry(rows, &review.product)?;
        if review.visibility == Visibility::Online {
            rating.count_out(review);
        }
        change(review);
        if review.visibility == Visibility::Online {
            rating.count_in(review);
        }
        self.unsettled.insert(id);
        Ok(())
    }

    fn end_waiting(&mut self, id: ReviewId, rows: &Rows, shown: Option<&[PhotoId]>) -> Result<(), ViewError> {
        let mut since = None;
        self.change(id, rows, |review| {
            since = review.waiting.take().map(|(since, _)| since);
            if let Some(shown) = shown {
                review.photos = shown.to_vec();
            }
        })?;
        if let Some(since) = since {
            self.queue.remove(&(since, id));
        }
        Ok(())
    }
}

impl View for Reviews {
    const NAME: &'static str = "reviews";
    const VERSION: u32 = 3;
    const WANTS: &'static [EventKind] = &[
        EventKind::ReviewSubmitted,
        EventKind::ReviewPublished,
        EventKind::ReviewEdited,
        EventKind::ReviewWithdrawn,
        EventKind::ReviewRetentionEnded,
        EventKind::PhotosSubmitted,
        EventKind::PhotosApproved,
        EventKind::PhotosRejected,
        EventKind::ReviewModerated,
        EventKind::ReviewReinstated,
        EventKind::PhotosRemoved,
        EventKind::PhotosReinstated,
        EventKind::ReviewTranslated,
        EventKind::SubjectKeyDestroyed,
    ];
    const REPORTS: &'static [&'static str] = &["reviews", "rating", "photo-queue"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self {
            reviews: Table::new(REVIEWS),
            feeds: Index::new(FEEDS),
            authors: Index::new(AUTHORS),
            ratings: Table::new(RATINGS),
            queue: Index::new(QUEUE),
            unsettled: BTreeSet::new(),
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let (id, at) = (ReviewId(happened.id), happened.micros());
        match &happened.event {
            Event::Review(ReviewEvent::ReviewSubmitted(event)) => {
                let row = ReviewRow {
                    order: event.order,
                    line: event.line,
                    product: event.product,
                    seller: event.seller,
                    buyer: event.buyer,
                    score: event.score,
                    text: SealedText::of(EventKind::ReviewSubmitted, &event.text),
                    signals: event.signals,
                    language: event.language,
                    country_of_purchase: event.country_of_purchase,
                    aspects: event.aspects.clone(),
                    submitted_at: at,
                    published_at: None,
                    edited_at: None,
                    edits: 0,
                    visibility: Visibility::Pending,
                    photos: Vec::new(),
                    waiting: None,
                    translations: BTreeMap::new(),
                    shown: None,
                };
                self.reviews.put(id, row);
                self.authors.insert(&(event.buyer, Falling(at), id));
            }
            Event::Review(ReviewEvent::ReviewPublished(_)) => self.change(id, rows, |review| {
                review.published_at.get_or_insert(at);
                review.visibility = Visibility::Online;
            })?,
            Event::Review(ReviewEvent::ReviewEdited(event)) => {
                let text = SealedText::of(EventKind::ReviewEdited, &event.text);
                self.change(id, rows, |review| {
                    (review.score, review.text, review.signals) = (event.score, text, event.signals);
                    (review.language, review.aspects) = (event.language, event.aspects.clone());
                    (review.edited_at, review.edits) = (Some(at), review.edits + 1);
                    review.translations.clear();
                })?;
            }
            Event::Review(ReviewEvent::ReviewWithdrawn(_)) => {
                self.end_waiting(id, rows, Some(&[]))?;
                self.change(id, rows, |review| {
                    review.visibility = Visibility::Withdrawn;
                    review.forget();
                })?;
            }
            Event::Review(ReviewEvent::ReviewRetentionEnded(_)) => {
                // What still waits can't be decided any more, so it must not stay in the queue.
                self.end_waiting(id, rows, None)?;
                self.change(id, rows, |review| review.visibility = Visibility::Ended)?;
            }
            Event::Review(ReviewEvent::PhotosSubmitted(event)) => {
                self.change(id, rows, |review| review.waiting = Some((at, event.photos.clone())))?;
                self.queue.insert(&(at, id));
            }
            Event::Review(ReviewEvent::PhotosApproved(event)) => self.end_waiting(id, rows, Some(&event.photos))?,
            Event::Review(ReviewEvent::PhotosRejected(_)) => self.end_waiting(id, rows, None)?,
            Event::Review(ReviewEvent::ReviewModerated(_)) => {
                let mut waited_since = None;
                self.change(id, rows, |review| {
                    review.visibility = Visibility::Removed;
                    waited_since = review.waiting.as_ref().map(|(since, _)| *since);
                })?;
                // Photos of a review that is not online can't be decided; they wait anew once it is back.
                if let Some(since) = waited_since {
                    self.queue.remove(&(since, id));
                }
            }
            Event::Review(ReviewEvent::ReviewReinstated(_)) => {
                let mut wait_again = false;
                self.change(id, rows, |review| {
                    review.visibility = Visibility::Online;
                    if let Some((since, _)) = &mut review.waiting {
                        *since = at;
                        wait_again = true;
                    }
                })?;
                if wait_again {
                    self.queue.insert(&(at, id));
                }
            }
            Event::Review(ReviewEvent::PhotosRemoved(_)) => {
                self.change(id, rows, |review| review.photos.clear())?;
            }
            Event::Review(ReviewEvent::PhotosReinstated(event)) => self.end_waiting(id, rows, Some(&event.photos))?,
            Event::Review(ReviewEvent::ReviewTranslated(event)) => {
                let text = SealedText::of(EventKind::ReviewTranslated, &event.text);
                let translation = Translation { text, engine: event.engine.clone() };
                self.change(id, rows, |review| {
                    review.translations.insert(event.language, translation);
                })?;
            }
            Event::Subject(SubjectEvent::SubjectKeyDestroyed(event)) => {
                if let Some(review) = event.subject.0.strip_prefix("review-").and_then(|id| id.parse().ok()) {
                    self.change(review, rows, ReviewRow::forget)?;
                }
            }
            Event::Seller(_)
            | Event::Product(_)
            | Event::Listing(_)
            | Event::Order(_)
            | Event::Buyer(_)
            | Event::Invitation(_)
            | Event::Notice(_)
            | Event::Statement(_)
            | Event::Complaint(_)
            | Event::Authority(_)
            | Event::Subject(SubjectEvent::ErasureDeferred(_))
            | Event::LegalHold(_)
            | Event::Dispute(_)
            | Event::SafetyWarning(_)
            | Event::Deadline(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::DsaFigure(_)
            | Event::Policy(_) => {}
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn settle(&mut self, rows: &Rows) -> Result<(), ViewError> {
        for id in std::mem::take(&mut self.unsettled) {
            let Some(review) = self.reviews.get_mut(rows, &id)? else { continue };
            let shown = review.placed();
            if shown != review.shown {
                let keys = |placed: Placed| placed.keys(review.product, id);
                review.shown.into_iter().flat_map(keys).for_each(|old| self.feeds.remove(&old));
                shown.into_iter().flat_map(keys).for_each(|new| self.feeds.insert(&new));
                review.shown = shown;
            }
        }
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.reviews, &self.feeds, &self.authors, &self.ratings, &self.queue]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.reviews, &mut self.feeds, &mut self.authors, &mut self.ratings, &mut self.queue]
    }

    fn report(rows: &Rows, name: &str, filter: &Filter) -> Result<Report, ViewError> {
        let wanted = |product: ProductId| filter.product.is_none_or(|wanted| wanted == product.0);
        match name {
            "rating" => {
                let mut report = Report::new(&["product", "count", "sum", "s1", "s2", "s3", "s4", "s5"]);
                for row in RATINGS.scan(rows, &()) {
                    let (product, rating) = row?;
                    if rating.count() > 0 && wanted(product) {
                        let numbers =
                            [rating.count(), rating.sum()].into_iter().chain(rating.histogram).map(Cell::from);
                        report.rows.push(std::iter::once(cell(product)).chain(numbers).collect());
                    }
                }
                Ok(report)
            }
            "photo-queue" => {
                let mut report = Report::new(&["submitted_at", "review"]);
                for row in QUEUE.scan(rows, &()) {
                    let ((at, review), ()) = row?;
                    report.rows.push(vec![moment(at), cell(review)]);
                }
                Ok(report)
            }
            _ => {
                let mut report = Report::new(&[
                    "review",
                    "product",
                    "score",
                    "language",
                    "country_of_purchase",
                    "submitted_at",
                    "published_at",
                    "edited_at",
                    "photos",
                    "visibility",
                    "text",
                ]);
                for row in REVIEWS.scan(rows, &()) {
                    let (id, review) = row?;
                    if wanted(review.product) {
                        report.rows.push(vec![
                            cell(id),
                            cell(review.product),
                            Cell::from(review.score.get()),
                            cell(review.language),
                            cell(review.country_of_purchase),
                            moment(review.submitted_at),
                            maybe_moment(review.published_at),
                            maybe_moment(review.edited_at),
                            Cell::from(review.photos.len()),
                            cell(format!("{:?}", review.visibility).to_uppercase()),
                            Cell::from(review.text.is_some()),
                        ]);
                    }
                }
                Ok(report)
            }
        }
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct ReviewsReader<'a>(pub &'a Rows);

/// Where a page of a feed begins or ends: opaque outside.
pub type FeedCursor = FeedKey;

impl<'a> ReviewsReader<'a> {
    /// A review.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn review(&self, id: ReviewId) -> Result<Option<ReviewRow>, ViewError> {
        REVIEWS.get(self.0, &id)
    }

    /// The ratings of a product.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn rating(&self, product: ProductId) -> Result<Rating, ViewError> {
        Ok(RATINGS.get(self.0, &product)?.unwrap_or_default())
    }

    /// A product's feed in order, from the first or from after a cursor.
    pub fn feed(
        &self,
        product: ProductId,
        sort: Sort,
        after: Option<&FeedCursor>,
    ) -> impl Iterator<Item = Result<FeedCursor, ViewError>> + use<'a> {
        let first = (product, sort, (Falling(i64::MAX), i64::MIN), ReviewId(uuid::Uuid::nil()));
        FEEDS.scan_after(self.0, &(product, sort), after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }

    /// As [`Self::feed`], backwards, from the last or from before a cursor.
    pub fn feed_back(
        &self,
        product: ProductId,
        sort: Sort,
        before: Option<&FeedCursor>,
    ) -> impl Iterator<Item = Result<FeedCursor, ViewError>> + use<'a> {
        FEEDS.scan_back(self.0, &(product, sort), before).map(|row| row.map(|(key, ())| key))
    }

    /// A buyer's reviews, newest first.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn by_author(&self, buyer: BuyerId) -> Result<Vec<ReviewId>, ViewError> {
        AUTHORS.scan(self.0, &buyer).map(|row| row.map(|((_, _, review), ())| review)).collect()
    }

    /// The reviews whose photos wait for a person, the longest waiting first, from after a cursor: when they were sent
    /// (microseconds since the epoch), and which.
    pub fn photo_queue(
        &self,
        after: Option<&(i64, ReviewId)>,
    ) -> impl Iterator<Item = Result<(i64, ReviewId), ViewError>> + use<'a> {
        let first = (i64::MIN, ReviewId(uuid::Uuid::nil()));
        QUEUE.scan_after(self.0, &(), after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }
}
