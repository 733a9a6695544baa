//! Category pages and best sellers: count the orders of the last 30 days, sort.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Event;
use domain::ids::ProductId;
use domain::order::OrderEvent;
use domain::text::Slug;
use projections::ranking::{RankingReader, Sort};
use projections::{Happened, Rows};

use super::{for_sale, policies};
use crate::bazaar::PRODUCTS;

fn orders_30_days(facts: &[Happened], product: ProductId, moment: DateTime<Utc>) -> u32 {
    let cancelled: HashSet<_> = facts
        .iter()
        .filter(|fact| matches!(fact.event, Event::Order(OrderEvent::OrderCancelled(_))))
        .map(|fact| fact.id)
        .collect();
    let counts = |fact: &&Happened| match &fact.event {
        Event::Order(OrderEvent::OrderConfirmed(confirmed)) => {
            moment - TimeDelta::days(30) < fact.at
                && fact.at <= moment
                && !cancelled.contains(&fact.id)
                && confirmed.products.contains(&product)
        }
        _ => false,
    };
    u32::try_from(facts.iter().filter(counts).count()).unwrap()
}

/// Compares a view with what counting gives.
pub(crate) fn check(rows: &Rows, facts: &[Happened], moment: DateTime<Utc>) {
    let (reader, policies, listings) = (RankingReader(rows), policies(facts), for_sale(facts));
    let price = |product| listings.values().filter(|(it, _)| it.product == product).map(|(it, _)| it.price.minor).min();
    let orders = |product| orders_30_days(facts, product, moment);
    for (product, ..) in PRODUCTS {
        let Some(standing) = reader.standing(product).unwrap() else {
            assert!(!facts.iter().any(|fact| fact.id == product.0), "{product} is catalogued");
            continue;
        };
        assert_eq!((standing.orders_30_days(), standing.lowest_price_minor()), (orders(product), price(product)));
    }
    for subcategory in [None, Some("iphone"), Some("pixel")] {
        let within = |of: &str| subcategory.is_none_or(|wanted| wanted == of);
        let offered: Vec<(ProductId, i64)> = PRODUCTS
            .iter()
            .filter(|(_, _, of)| within(of))
            .filter_map(|(product, ..)| Some((*product, price(*product)?)))
            .collect();
        let page = |key: &dyn Fn(ProductId, i64) -> (i64, i64)| {
            let mut page = offered.clone();
            page.sort_by_key(|(product, price)| (key(*product, *price), *product));
            page.into_iter().map(|(product, _)| product).collect::<Vec<_>>()
        };
        let best_selling = page(&|product, price| (-i64::from(orders(product)), price));
        for (sort, expected) in [
            (Sort::BestSelling, best_selling.clone()),
            (Sort::PriceAscending, page(&|_, price| (price, 0))),
            (Sort::PriceDescending, page(&|_, price| (-price, 0))),
        ] {
            let (category, subcategory) = (slug("smartphones"), subcategory.map(slug));
            let shown = reader.ranked(&category, subcategory.as_ref(), sort, None).map(|key| key.unwrap());
            let shown: Vec<_> = shown.collect();
            assert_eq!(shown.iter().map(|key| key.4).collect::<Vec<_>>(), expected, "{subcategory:?} {sort:?}");
            let back = reader.ranked_back(&category, subcategory.as_ref(), sort, None).map(|key| key.unwrap());
            assert!(back.eq(shown.iter().rev().cloned()), "{subcategory:?} {sort:?}, backwards");
            for (number, cursor) in shown.iter().enumerate() {
                let rest = reader.ranked(&category, subcategory.as_ref(), sort, Some(cursor)).map(|key| key.unwrap());
                assert!(rest.eq(shown[number + 1..].iter().cloned()), "{subcategory:?} {sort:?}, after {number}");
            }
        }
        if subcategory.is_some() {
            let enough = policies.best_seller_minimum_orders.max(1);
            for (product, ..) in PRODUCTS.iter().filter(|(_, _, of)| within(of)) {
                let place = best_selling.iter().position(|other| other == product);
                let best =
                    place.is_some_and(|place| place < policies.best_sellers as usize) && orders(*product) >= enough;
                let Some(standing) = reader.standing(*product).unwrap() else { continue };
                assert_eq!(reader.is_best_seller(*product, &standing).unwrap(), best, "{product}");
            }
        }
    }
}

fn slug(text: &str) -> Slug {
    Slug::new(text, "category").unwrap()
}
