//! The buy box of a product page: one offer a condition, and why it stands where it stands (R-2.3-06, R-2.3-07).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use async_graphql::{ID, Object, SimpleObject};
use domain::ids::{ProductId, SellerId};
use domain::money::Money as Amount;
use domain::ranking::RankedOffer;
use projections::ViewError;
use projections::buy_box::{ConditionRanking, OfferRow, QualityPolicy, score};

use super::listings::Condition;
use super::node::global;
use super::platform::Views;
use super::scalars::{Decimal, Money};
use super::sellers::{Seller, SellerQuality};

/// The offer of one seller that is shown for a condition.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct Offer {
    /// The listing, to order from.
    listing_id: ID,
    /// The condition.
    condition: Condition,
    /// The price, taxes included, without delivery.
    price: Money,
    /// What delivery costs.
    delivery_cost: Money,
    /// The days within which the seller promises to deliver.
    delivery_days: u16,
    /// Whoever sells it: the buyer's contractual partner.
    seller: Seller,
    /// The seller's commercial guarantee, in months from delivery.
    warranty_months: u16,
    /// Why this offer is shown.
    ranking: OfferRanking,
}

/// Why an offer stands where it stands. The lowest score wins; no payment of a seller can count (R-2.3-09).
#[derive(Debug, Clone)]
pub struct OfferRanking {
    standing: Standing,
    others: Vec<Standing>,
}

#[derive(Debug, Clone)]
struct Standing {
    rank: usize,
    row: OfferRow,
    ranked: RankedOffer,
    policy: QualityPolicy,
    reached: projections::Checkpoint,
}

impl Standing {
    /// The weighted rates as a surcharge on the price, in the price's currency.
    fn surcharge(&self) -> Decimal {
        let whole = RankedOffer {
            score_times_10_000: i128::from(self.row.price.minor) * i128::from(self.ranked.surcharge_basis_points),
            ..self.ranked
        };
        Decimal(score(&self.row, &whole))
    }

    fn quality(&self) -> SellerQuality {
        SellerQuality {
            counts: self.ranked.offer.quality,
            policy: self.policy,
            reached: self.reached,
            seller: self.row.seller,
        }
    }
}

/// Why an offer stands where it stands. The lowest score wins; no payment of a seller can count (R-2.3-09).
#[Object(serial)]
impl OfferRanking {
    /// The price and the surcharge for quality; the lowest wins.
    async fn score(&self) -> Decimal {
        Decimal(score(&self.standing.row, &self.standing.ranked))
    }

    /// What the price adds to the score.
    async fn price_score(&self) -> Decimal {
        Decimal(self.standing.row.price.decimal())
    }

    /// What the seller's weighted rates add to the score.
    async fn quality_score(&self) -> Decimal {
        self.standing.surcharge()
    }

    /// The version of the policies whose weights count.
    async fn policy_version(&self) -> u32 {
        self.standing.policy.policy_version
    }

    /// How many other offers there are of this product in this condition.
    async fn competitors(&self) -> usize {
        self.others.len()
    }

    /// The seller's rates that were weighed.
    async fn rates(&self) -> SellerQuality {
        self.standing.quality()
    }

    /// The formula with this offer's numbers, in words.
    async fn explanation(&self) -> String {
        explain(&self.standing, self.others.len())
    }

    /// The other offers of this product in this condition, the best first, each with its own score.
    async fn others(&self) -> Vec<RankedCompetitor> {
        self.others.iter().cloned().map(RankedCompetitor).collect()
    }
}

fn explain(standing: &Standing, others: usize) -> String {
    let Standing { rank, row, ranked, policy, .. } = standing;
    let (counts, weights) = (&ranked.offer.quality, &policy.weights);
    let [aesthetic, wrong, defective, accessories] = counts.issues;
    format!(
        "rank {} of {}: score {} = price {} × (1 + {} basis points). The surcharge adds up the seller's rates over {} \
         days, each smoothed as (bad + 2) ÷ (delivered + 100) and times its weight: of {} deliveries {aesthetic} with \
         an aesthetic defect (weight {}), {wrong} of a wrong product ({}), {defective} defective ({}), {accessories} \
         with wrong accessories ({}), {} late ({}). The lowest score wins; ties go to the lower price, then the older \
         offer. Policy version {}.",
        rank + 1,
        others + 1,
        score(row, ranked),
        row.price,
        ranked.surcharge_basis_points,
        policy.window_days,
        counts.delivered,
        weights.aesthetic_defect,
        weights.wrong_product,
        weights.defective_product,
        weights.wrong_accessories,
        counts.late,
        weights.late_delivery,
        policy.policy_version,
    )
}

/// An offer that is not shown, and its score.
#[derive(Debug, Clone)]
pub struct RankedCompetitor(Standing);

/// An offer that is not shown, and its score.
#[Object(serial)]
impl RankedCompetitor {
    /// The listing.
    async fn listing_id(&self) -> ID {
        global(self.0.row.listing)
    }

    /// Its place, from 2.
    async fn rank(&self) -> usize {
        self.0.rank + 1
    }

    /// The price.
    async fn price(&self) -> Money {
        self.0.row.price.into()
    }

    /// The price and the surcharge for quality.
    async fn score(&self) -> Decimal {
        Decimal(score(&self.0.row, &self.0.ranked))
    }

    /// The seller's rates that were weighed.
    async fn rates(&self) -> SellerQuality {
        self.0.quality()
    }
}

/// The buy box of a product, worst condition first.
///
/// # Errors
/// What the views say.
pub fn offers(views: &Views<'_>, product: ProductId) -> Result<Vec<Offer>, ViewError> {
    let (reader, reached) = (views.buy_box(), views.reached);
    let policy = reader.policy()?;
    let mut sellers: HashMap<SellerId, Option<Seller>> = HashMap::new();
    let mut offers = Vec::new();
    for ConditionRanking { condition, ranked } in reader.product(product)? {
        let mut standings =
            ranked.into_iter().enumerate().map(|(rank, (row, ranked))| Standing { rank, row, ranked, policy, reached });
        let Some(standing) = standings.next() else { continue };
        let id = standing.row.seller;
        let seller = match sellers.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Seller::from_views(views, id)?),
        };
        // Only registered sellers list, so there is always a row.
        let Some(seller) = seller.clone() else { continue };
        let money = |amount: Amount| Money::from(amount);
        offers.push(Offer {
            listing_id: global(standing.row.listing),
            condition: condition.into(),
            price: money(standing.row.price),
            delivery_cost: money(standing.row.delivery_cost),
            delivery_days: standing.row.delivery_days,
            seller,
            warranty_months: standing.row.warranty_months,
            ranking: OfferRanking { others: standings.collect(), standing },
        });
    }
    Ok(offers)
}
