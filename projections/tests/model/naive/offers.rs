//! Sellers' quality and the buy box: count deliveries and issues in the window, weigh, sort.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::Event;
use domain::ids::{ListingId, SellerId};
use domain::listing::Condition;
use domain::order::OrderEvent;
use domain::quality::QualityCounts;
use domain::seller::SellerEvent;
use projections::buy_box::BuyBoxReader;
use projections::{Happened, Rows};

use super::{for_sale, policies};
use crate::bazaar::{PRODUCTS, SELLERS};

/// Whether an issue was the first of its kind is looked at here, not read from the event.
fn quality(facts: &[Happened], seller: SellerId, moment: DateTime<Utc>) -> QualityCounts {
    let window = TimeDelta::days(i64::from(policies(facts).quality_window_days));
    let mut counts = QualityCounts::default();
    let mut inside = HashSet::new();
    for fact in facts {
        if let Event::Order(OrderEvent::OrderDelivered(delivered)) = &fact.event
            && delivered.sellers.contains(&seller)
            && moment - window < fact.at
            && fact.at <= moment
        {
            inside.insert(fact.id);
            counts.delivered += 1;
            counts.late += u32::from(delivered.late);
        }
    }
    let issues: HashSet<_> = facts
        .iter()
        .filter_map(|fact| match &fact.event {
            Event::Order(OrderEvent::IssueReported(issue)) if issue.seller == seller => Some((fact.id, issue.kind)),
            _ => None,
        })
        .collect();
    issues.iter().filter(|(order, _)| inside.contains(order)).for_each(|(_, kind)| counts.issues[kind.index()] += 1);
    counts
}

fn removed(facts: &[Happened], seller: SellerId) -> bool {
    let removal = |fact: &Happened| matches!(fact.event, Event::Seller(SellerEvent::SellerRemoved(_)));
    facts.iter().any(|fact| fact.id == seller.0 && removal(fact))
}

/// Compares a view with what counting and weighing give.
pub(crate) fn check(rows: &Rows, facts: &[Happened], moment: DateTime<Utc>) {
    let (reader, weights) = (BuyBoxReader(rows), policies(facts).quality_weights);
    let qualities: HashMap<_, _> = SELLERS.into_iter().map(|seller| (seller, quality(facts, seller, moment))).collect();
    for seller in SELLERS {
        let kept = reader.seller(seller).unwrap();
        assert_eq!((kept.counts, kept.removed), (qualities[&seller], removed(facts, seller)), "{seller}");
    }
    let listings = for_sale(facts);
    for (product, ..) in PRODUCTS {
        let mut expected: Vec<(Condition, i128, i64, i64, ListingId)> = listings
            .iter()
            .filter(|(_, (listing, _))| listing.product == product && !removed(facts, listing.seller))
            .map(|(id, (listing, published))| {
                let counts = qualities[&listing.seller];
                let rate = |bad: u32| i128::from(bad + 2) * 10_000 / i128::from(counts.delivered + 100);
                let [aesthetic, wrong, defective, accessories] = counts.issues;
                let surcharge = i128::from(weights.aesthetic_defect) * rate(aesthetic)
                    + i128::from(weights.wrong_product) * rate(wrong)
                    + i128::from(weights.defective_product) * rate(defective)
                    + i128::from(weights.wrong_accessories) * rate(accessories)
                    + i128::from(weights.late_delivery) * rate(counts.late);
                let price = listing.price.minor;
                (listing.condition, i128::from(price) * (10_000 + surcharge), price, *published, *id)
            })
            .collect();
        expected.sort_unstable();
        let shown: Vec<_> = reader
            .product(product)
            .unwrap()
            .into_iter()
            .flat_map(|ranking| {
                let condition = ranking.condition;
                ranking.ranked.into_iter().map(move |(offer, ranked)| {
                    (condition, ranked.score_times_10_000, offer.price.minor, offer.published_at, offer.listing)
                })
            })
            .collect();
        assert_eq!(shown, expected, "{product}");
    }
}
