//! How long reviews stay: since when a product is not for sale, and when a review's years have passed.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::Event;
use domain::calendar::years_later;
use domain::ids::{ProductId, ReviewId};
use domain::listing::ListingEvent;
use domain::policy::RetentionReading;
use domain::review::ReviewEvent;
use projections::retention::RetentionReader;
use projections::{Happened, Rows};

use super::{for_sale, policies};

fn off_sale_since(facts: &[Happened], product: ProductId) -> Option<DateTime<Utc>> {
    if for_sale(facts).values().any(|(listing, _)| listing.product == product) {
        return None;
    }
    let removal = |fact: &&Happened| matches!(&fact.event, Event::Listing(ListingEvent::ListingRemoved(removed)) if removed.product == product);
    facts.iter().rfind(removal).map(|fact| fact.at)
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
}
