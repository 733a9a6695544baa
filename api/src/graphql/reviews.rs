//! Reviews, as readers and their authors see them.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::ids::{PhotoId, ProductId, ReviewId};
use domain::language::Language;
use futures::future::try_join_all;
use projections::ViewError;
use projections::reviews::{ReviewRow, Translation, Visibility};
use serde::Serialize;

use super::guard::HIDDEN_REVIEW_READERS;
use super::node::{global, parse};
use super::orders::Order;
use super::platform::{Views, instant, opened, read, viewer};
use super::products::Product;
use super::user_error::query_error;
use crate::ApiError;
use crate::auth::Viewer;

/// What can be scored besides the whole (R-3.1-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::review::Aspect")]
pub enum ReviewAspect {
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

/// An aspect's score.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct AspectScore {
    /// Which aspect.
    aspect: ReviewAspect,
    /// 1 to 5.
    score: u8,
}

/// Whether a review is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::reviews::Visibility")]
pub enum ReviewStatus {
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

/// A photo of a review.
#[derive(Debug, Clone, SimpleObject, Serialize)]
#[graphql(serial)]
#[serde(rename_all = "camelCase")]
pub struct Photo {
    /// The photo's id.
    id: ID,
    /// Where it is, on this server: JPEG, at most 2,048 pixels a side.
    url: String,
    /// Where it is small: JPEG, at most 320 pixels a side.
    thumbnail_url: String,
}

impl Photo {
    /// A photo by its id.
    #[must_use]
    pub fn new(id: PhotoId) -> Self {
        Self { id: global(id), url: format!("/photos/{id}"), thumbnail_url: format!("/photos/{id}/thumbnail") }
    }
}

/// A review's text in another language, by a machine (R-3.2-06).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct ReviewTranslation {
    /// The language of the translation, BCP 47.
    language: String,
    /// The translation.
    text: String,
    /// The language in which it was written, BCP 47.
    original_language: String,
    /// Where the product was bought, ISO 3166-1.
    country_of_purchase: String,
    /// What translated it.
    engine: String,
}

/// A review of a product bought here.
#[derive(Debug, Clone)]
pub struct Review {
    id: ReviewId,
    row: ReviewRow,
}

impl Review {
    /// A review at hand.
    #[must_use]
    pub const fn new(id: ReviewId, row: ReviewRow) -> Self {
        Self { id, row }
    }

    /// A review, if there is one with this id and the asker may see it: everybody while it is online, its author and
    /// staff always.
    ///
    /// # Errors
    /// What the views say.
    pub fn visible(ctx: &Context<'_>, id: ReviewId) -> Result<Option<Self>> {
        let review = read(ctx, |views| Self::from_views(views, id))?;
        Ok(review.filter(|review| review.is_for(viewer(ctx))))
    }

    /// A review, whoever asks.
    ///
    /// # Errors
    /// What the views say.
    pub fn from_views(views: &Views<'_>, id: ReviewId) -> Result<Option<Self>, ViewError> {
        Ok(views.reviews().review(id)?.map(|row| Self { id, row }))
    }

    async fn translated(
        &self,
        ctx: &Context<'_>,
        language: Language,
        translation: &Translation,
    ) -> Result<Option<ReviewTranslation>> {
        let text = opened(ctx, translation.text.as_ref()).await?;
        Ok(text.map(|text| ReviewTranslation {
            language: language.to_string(),
            text,
            original_language: self.row.language.to_string(),
            country_of_purchase: self.row.country_of_purchase.to_string(),
            engine: translation.engine.clone(),
        }))
    }

    /// Whether it is of a product.
    pub(super) fn is_of(&self, product: ProductId) -> bool {
        self.row.product == product
    }

    fn is_for(&self, viewer: &Viewer) -> bool {
        let theirs = viewer.buyer() == Some(self.row.buyer);
        self.row.visibility == Visibility::Online || HIDDEN_REVIEW_READERS.lets(viewer, theirs)
    }
}

/// A review of a product bought here.
#[Object(serial)]
impl Review {
    /// The global id.
    pub async fn id(&self) -> ID {
        global(self.id)
    }

    /// 1 to 5.
    async fn score(&self) -> u8 {
        self.row.score.get()
    }

    /// The text; nothing once its author had it deleted.
    async fn text(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.row.text.as_ref()).await
    }

    /// The language in which it was written, BCP 47.
    async fn original_language(&self) -> &str {
        self.row.language.code()
    }

    /// The text in another language, while it stands in the original (R-3.2-06); nothing where it was not translated into
    /// that one.
    async fn translation(&self, ctx: &Context<'_>, language: String) -> Result<Option<ReviewTranslation>> {
        let language = language.parse::<Language>();
        let language = language.map_err(|bad| query_error(ApiError::input("language", bad.to_string())))?;
        match self.row.translations.get(&language) {
            Some(translation) => self.translated(ctx, language, translation).await,
            None => Ok(None),
        }
    }

    /// All translations of the text.
    async fn translations(&self, ctx: &Context<'_>) -> Result<Vec<ReviewTranslation>> {
        let translations = self.row.translations.iter();
        let translated = translations.map(|(language, translation)| self.translated(ctx, *language, translation));
        Ok(try_join_all(translated).await?.into_iter().flatten().collect())
    }

    /// Where the product was bought, ISO 3166-1.
    async fn country_of_purchase(&self) -> &str {
        self.row.country_of_purchase.code()
    }

    /// When it was submitted.
    async fn submitted_at(&self) -> DateTime<Utc> {
        instant(self.row.submitted_at)
    }

    /// When it came online.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.row.published_at.map(instant)
    }

    /// When it was last changed.
    async fn edited_at(&self) -> Option<DateTime<Utc>> {
        self.row.edited_at.map(instant)
    }

    /// How often it was changed.
    async fn edits(&self) -> u32 {
        self.row.edits
    }

    /// The photos that a person has approved.
    async fn photos(&self) -> Vec<Photo> {
        self.row.photos.iter().copied().map(Photo::new).collect()
    }

    /// How many photos wait for a person (R-3.4-02).
    async fn photos_waiting(&self) -> usize {
        self.row.waiting.as_ref().map_or(0, |(_, photos)| photos.len())
    }

    /// Scores of aspects, for products whose aspects are scored.
    async fn aspects(&self) -> Vec<AspectScore> {
        let score = |(aspect, score): (&domain::review::Aspect, &domain::text::Score)| AspectScore {
            aspect: (*aspect).into(),
            score: score.get(),
        };
        self.row.aspects.iter().map(score).collect()
    }

    /// Always: only what was bought here can be reviewed (R-3.2-07).
    async fn verified_purchase(&self) -> bool {
        true
    }

    /// The order that it is of (R-3.2-07): for its author, its sellers, and staff but for
    /// moderators (R-3.4-08).
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        Order::visible(ctx, self.row.order)
    }

    /// Whether it is shown.
    async fn status(&self) -> ReviewStatus {
        self.row.visibility.into()
    }

    /// The product.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        Product::load(ctx, self.row.product)
    }
}

/// Queries on reviews.
#[derive(Debug, Default)]
pub struct ReviewQuery;

#[Object]
impl ReviewQuery {
    /// A review: for everybody while it is online, for its author and staff always.
    async fn review(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Review>> {
        Review::visible(ctx, parse(&id, "id").map_err(query_error)?)
    }
}
