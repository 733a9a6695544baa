//! How long reviews stay: since when a product is not for sale, when a review's years have passed, and what is held.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::Event;
use domain::calendar::years_later;
use domain::ids::{LegalHoldId, ProductId, ReviewId};
use domain::legal_hold::{HeldData, LegalHoldEvent};
use domain::listing::ListingEvent;
use domain::policy::RetentionReading;
use domain::review::ReviewEvent;
use domain::subject::SubjectEvent;
use projections::legal_holds::DeferredRow;
use projections::retention::RetentionReader;
use projections::{Happened, Rows};

use super::policies;

fn off_sale_since(facts: &[Happened], product: ProductId) -> Option<DateTime<Utc>> {
    let (mut for_sale, mut since) = (BTreeSet::new(), None);
    for fact in facts {
        match &fact.event {
            Event::Listing(ListingEvent::ListingPublished(listing)) if listing.product == product => {
                for_sale.insert(fact.id);
            }
            Event::Listing(ListingEvent::ListingReinstated(back)) if back.listing.product == product => {
                for_sale.insert(fact.id);
            }
            Event::Listing(ListingEvent::ListingRemoved(_)) if for_sale.remove(&fact.id) => since = Some(fact.at),
            _ => {}
        }
    }
    since.filter(|_| for_sale.is_empty())
}

/// The reviews whose time runs: product, since when, and whether a moderator removed them.
fn running(facts: &[Happened]) -> BTreeMap<ReviewId, (ProductId, DateTime<Utc>, bool)> {
    let (mut products, mut running) = (HashMap::new(), BTreeMap::new());
    for fact in facts {
        match &fact.event {
            Event::Review(ReviewEvent::ReviewSubmitted(review)) => {
                products.insert(fact.id, review.product);
            }
            Event::Review(ReviewEvent::ReviewPublished(_)) => {
                running.insert(ReviewId(fact.id), (products[&fact.id], fact.at, false));
            }
            Event::Review(ReviewEvent::ReviewWithdrawn(_) | ReviewEvent::ReviewRetentionEnded(_)) => {
                running.remove(&ReviewId(fact.id));
            }
            Event::Review(ReviewEvent::ReviewModerated(_)) => running.get_mut(&ReviewId(fact.id)).unwrap().2 = true,
            Event::Review(ReviewEvent::ReviewReinstated(_)) => running.get_mut(&ReviewId(fact.id)).unwrap().2 = false,
            _ => {}
        }
    }
    running
}

/// Compares a view with what the policies in force give for each review.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let (reader, policies) = (RetentionReader(rows), policies(facts));
    let mut all_due = Vec::new();
    for (id, (product, published_at, removed)) in running(facts) {
        let years = years_later(published_at, policies.review_retention_years);
        let off = off_sale_since(facts, product);
        let due = match (policies.review_retention_reading, off) {
            (RetentionReading::LaterOf, None) => None,
            (RetentionReading::LaterOf, Some(off)) => Some(off.max(years)),
            (RetentionReading::EarlierOf, None) => Some(years),
            // A review that came online after its product went off sale is not due before it was there.
            (RetentionReading::EarlierOf, Some(off)) => Some(off.max(published_at).min(years)),
        };
        let due = due.filter(|_| !removed);
        let micros = |moment: DateTime<Utc>| moment.timestamp_micros();
        let row = reader.review(id).unwrap().unwrap();
        assert_eq!(
            (row.published_at, row.years_pass_at, row.off_sale_since, row.due_at),
            (micros(published_at), micros(years), off.map(micros), due.map(micros)),
            "{id}"
        );
        all_due.extend(due.map(|due| (micros(due), id)));
    }
    all_due.sort_unstable();
    assert_eq!(reader.due(None).map(|row| row.unwrap()).collect::<Vec<_>>(), all_due);
    let products: BTreeSet<ProductId> = running(facts).into_values().map(|(product, ..)| product).collect();
    for product in products {
        let of_product = |(_, id): &&(i64, ReviewId)| reader.review(*id).unwrap().unwrap().product == product;
        let expected: Vec<_> = all_due.iter().filter(of_product).copied().collect();
        assert_eq!(reader.due_of_product(product).unwrap(), expected, "{product}");
    }
    check_holds(&reader, facts);
}

/// Compares what is held, and what waits because of it, with what was placed, released and forgotten.
fn check_holds(reader: &RetentionReader<'_>, facts: &[Happened]) {
    let placed = facts.iter().filter_map(|fact| match &fact.event {
        Event::LegalHold(LegalHoldEvent::LegalHoldPlaced(placed)) => Some((fact, placed)),
        _ => None,
    });
    let released_at = |hold| {
        let released = |fact: &&Happened| {
            fact.id == hold && matches!(fact.event, Event::LegalHold(LegalHoldEvent::LegalHoldReleased(_)))
        };
        facts.iter().find(released).map(Happened::micros)
    };
    let (mut newest, mut on) = (Vec::new(), BTreeMap::<HeldData, BTreeSet<LegalHoldId>>::new());
    for (fact, placed) in placed {
        let (id, row) = (LegalHoldId(fact.id), reader.holds().hold(LegalHoldId(fact.id)).unwrap().unwrap());
        assert_eq!((&row.legal_basis, &row.data, row.placed_at), (&placed.legal_basis, &placed.data, fact.micros()));
        assert_eq!(row.release.map(|release| release.at), released_at(fact.id), "{id}");
        newest.push((std::cmp::Reverse(fact.micros()), id));
        for data in &placed.data {
            let holds = on.entry(*data).or_default();
            if released_at(fact.id).is_none() {
                holds.insert(id);
            }
        }
    }
    newest.sort_unstable();
    let shown: Vec<_> = reader.holds().newest(None).map(|cursor| cursor.unwrap().1).collect();
    assert_eq!(shown, newest.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
    for (data, holds) in on {
        assert_eq!(reader.holds().on(data).unwrap(), holds.into_iter().collect::<Vec<_>>(), "{data}");
        let mut deferred = None;
        for fact in facts {
            match &fact.event {
                Event::Subject(SubjectEvent::ErasureDeferred(event)) if event.data == data => {
                    deferred = Some(DeferredRow { deferred_at: fact.micros(), destroyed_at: None });
                }
                Event::Subject(SubjectEvent::SubjectKeyDestroyed(event)) if event.subject == data.subject() => {
                    deferred = deferred.map(|row| DeferredRow { destroyed_at: Some(fact.micros()), ..row });
                }
                _ => {}
            }
        }
        assert_eq!(reader.holds().deferred(data).unwrap(), deferred, "{data}");
    }
}
