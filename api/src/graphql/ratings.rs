//! What reviews' scores come to.

use async_graphql::{Object, SimpleObject};
use domain::ids::ProductId;
use projections::Checkpoint;
use projections::digest::Digest;
use projections::reviews::Rating;

use super::platform::Provenance;
use super::reviews::ReviewAspect;
use super::scalars::Decimal;

/// The scores of a product's reviews.
#[derive(Debug, Clone)]
pub struct RatingSummary {
    product: ProductId,
    rating: Rating,
    reached: Checkpoint,
}

impl RatingSummary {
    /// Of a product, as of a state of the views.
    #[must_use]
    pub const fn new(product: ProductId, rating: Rating, reached: Checkpoint) -> Self {
        Self { product, rating, reached }
    }
}

/// The scores of a product's reviews.
#[Object(serial)]
impl RatingSummary {
    /// How many reviews.
    async fn count(&self) -> u64 {
        self.rating.count()
    }

    /// The mean score with two decimals, rounded half to even; nothing without reviews.
    async fn average(&self) -> Option<Decimal> {
        let count = self.rating.count();
        (count > 0).then(|| Decimal::ratio(self.rating.sum(), count, 2))
    }

    /// How many reviews have one star, two, three, four, five.
    async fn histogram(&self) -> Vec<u64> {
        self.rating.histogram.to_vec()
    }

    /// Where the figures come from.
    async fn provenance(&self) -> Provenance {
        let text = format!("{} {:?}", self.product, self.rating.histogram);
        Provenance::of(self.reached, None, Digest::of_text(&text))
    }
}

/// The scores of one aspect of a product's reviews.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct AspectAverage {
    /// Which aspect.
    aspect: ReviewAspect,
    /// How many reviews score it.
    count: u64,
    /// The mean with two decimals, rounded half to even.
    average: Decimal,
}

impl AspectAverage {
    /// All aspects that any review scores.
    #[must_use]
    pub fn all(rating: &Rating) -> Vec<Self> {
        let average = |(aspect, (count, sum)): (&domain::review::Aspect, &(u64, u64))| Self {
            aspect: (*aspect).into(),
            count: *count,
            average: Decimal::ratio(*sum, *count, 2),
        };
        rating.aspects.iter().map(average).collect()
    }
}
