//! The two rankings of products and offers, as published formulas.
//!
//! **Category results** (R-2.3-03): by orders in the last 30 days; ties by lower price, then product id.
//!
//! **The buy box** (R-2.3-06, R-2.3-07): for each condition the offer with the lowest score, where
//! `score = price × (10,000 + Σ weight × rate) ÷ 10,000`: each smoothed rate, in basis points, is added to the price as
//! a surcharge. Ties by lower price, then the older offer, then its id. Integers only: scores are compared before the
//! division, so that rounding decides nothing.
//!
//! The inputs below have no field for a fee, a commission, an insurance, a payment or a contract: such a thing can't
//! influence a rank, because it can't be said here (R-2.3-09).

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::{ListingId, ProductId};
use crate::policy::QualityWeights;
use crate::quality::QualityCounts;

/// The window of the orders that count for a rank (R-2.3-02, R-2.3-03): 30 days of 24 hours.
pub const ORDERS_WINDOW: TimeDelta = TimeDelta::days(30);

/// Whether what happened at `at` counts at `moment` in a window of this length: `moment − window < at ≤ moment`
/// (R-2.3-10).
#[must_use]
pub fn in_window(at: DateTime<Utc>, moment: DateTime<Utc>, window: TimeDelta) -> bool {
    at <= moment && at > moment - window
}

/// A product in its category's results. Its order is the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategoryRank {
    /// Orders in the last 30 days, most first.
    pub orders: Reverse<u32>,
    /// The lowest price at which it is offered, in minor units, lowest first.
    pub price_minor: i64,
    /// The product, last resort.
    pub product: ProductId,
}

/// What the buy box knows of an offer. Nothing else can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The listing.
    pub listing: ListingId,
    /// The price shown to the buyer, taxes included, without delivery and service fee; minor units.
    pub price_minor: i64,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// What its seller's deliveries in the window came to.
    pub quality: QualityCounts,
}

/// An offer's place in the buy box and how it came there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankedOffer {
    /// The offer.
    pub offer: Offer,
    /// The weighted rates, in basis points of the price.
    pub surcharge_basis_points: u64,
    /// The score times 10,000, exactly; the lowest wins.
    pub score_times_10_000: i128,
}

impl RankedOffer {
    fn new(offer: Offer, weights: &QualityWeights) -> Self {
        let surcharge_basis_points = offer.quality.weighted_basis_points(weights);
        Self {
            offer,
            surcharge_basis_points,
            score_times_10_000: i128::from(offer.price_minor) * i128::from(10_000 + surcharge_basis_points),
        }
    }
}

/// Ranks the offers of one product in one condition, the best first (R-2.3-07).
#[must_use]
pub fn rank_offers(offers: impl IntoIterator<Item = Offer>, weights: &QualityWeights) -> Vec<RankedOffer> {
    let mut ranked: Vec<_> = offers.into_iter().map(|offer| RankedOffer::new(offer, weights)).collect();
    ranked.sort_by_key(|ranked| {
        (ranked.score_times_10_000, ranked.offer.price_minor, ranked.offer.published_at, ranked.offer.listing)
    });
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policies;
    use uuid::Uuid;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn offer(id: u128, price_minor: i64, quality: QualityCounts) -> Offer {
        Offer { listing: ListingId(Uuid::from_u128(id)), price_minor, published_at: DateTime::UNIX_EPOCH, quality }
    }

    fn order_of(offers: Vec<Offer>) -> Vec<u128> {
        rank_offers(offers, &Policies::default().quality_weights)
            .into_iter()
            .map(|ranked| ranked.offer.listing.0.as_u128())
            .collect()
    }

    #[test]
    fn r_2_3_10_windows_are_half_open() {
        let moment = at("2026-03-31T12:00:00Z");
        for (instant, counts) in [
            ("2026-03-01T12:00:00Z", false),
            ("2026-03-01T12:00:00.000001Z", true),
            ("2026-03-31T12:00:00Z", true),
            ("2026-03-31T12:00:00.000001Z", false),
        ] {
            assert_eq!(in_window(at(instant), moment, ORDERS_WINDOW), counts, "{instant}");
        }
    }

    #[test]
    fn r_2_3_10_ties_go_to_the_lower_price_then_the_product_id() {
        let rank = |orders, price_minor, id| CategoryRank {
            orders: Reverse(orders),
            price_minor,
            product: ProductId(Uuid::from_u128(id)),
        };
        let mut ranks = [rank(1, 100, 9), rank(2, 900, 8), rank(2, 500, 7), rank(2, 500, 6)];
        ranks.sort();
        assert_eq!(ranks.map(|rank| rank.product.0.as_u128()), [6, 7, 8, 9]);
    }

    #[test]
    fn r_2_3_07_price_is_weighed_against_quality() {
        let good = QualityCounts { delivered: 900, late: 0, issues: [0; 4] };
        let bad = QualityCounts { delivered: 900, late: 98, issues: [98; 4] };
        assert_eq!(order_of(vec![offer(1, 10_000, bad), offer(2, 14_000, good)]), [2, 1]);
        assert_eq!(order_of(vec![offer(1, 10_000, bad), offer(2, 15_000, good)]), [1, 2]);
    }

    #[test]
    fn r_2_3_07_ties_go_to_the_older_offer_then_its_id() {
        let older = Offer { published_at: at("1969-12-31T00:00:00Z"), ..offer(9, 100, QualityCounts::default()) };
        assert_eq!(
            order_of(vec![offer(2, 100, QualityCounts::default()), offer(1, 100, QualityCounts::default()), older]),
            [9, 1, 2]
        );
    }
}
