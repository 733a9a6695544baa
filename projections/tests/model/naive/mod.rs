//! Naive computations: from the whole list of what happened, each time anew, in as few lines as can be.

pub(crate) mod deadlines;
pub(crate) mod dsa_figures;
pub(crate) mod ledger;
pub(crate) mod mails;
pub(crate) mod moderation;
pub(crate) mod offers;
pub(crate) mod orders;
pub(crate) mod ranking;
pub(crate) mod recipients;
pub(crate) mod retention;
pub(crate) mod reviews;
pub(crate) mod statements;
pub(crate) mod submissions;
pub(crate) mod transparency;

use std::collections::HashMap;

use domain::Event;
use domain::ids::ListingId;
use domain::listing::{ListingEvent, ListingPublished};
use domain::policy::{Policies, PolicyEvent};
use projections::Happened;

/// The policies that were adopted last.
pub(crate) fn policies(facts: &[Happened]) -> Policies {
    let mut adopted = facts.iter().rev().filter_map(|fact| match &fact.event {
        Event::Policy(PolicyEvent::PolicyAdopted(adopted)) => Some(adopted.policies.clone()),
        _ => None,
    });
    adopted.next().unwrap_or_default()
}

/// What is for sale, with the instant of its publication.
pub(crate) fn for_sale(facts: &[Happened]) -> HashMap<ListingId, (ListingPublished, i64)> {
    let mut listings = HashMap::new();
    for fact in facts {
        let Event::Listing(event) = &fact.event else { continue };
        let id = ListingId(fact.id);
        match event {
            ListingEvent::ListingPublished(listing) => {
                listings.insert(id, (listing.clone(), fact.micros()));
            }
            ListingEvent::ListingPriceChanged(change) => listings.get_mut(&id).unwrap().0.price = change.price,
            ListingEvent::ListingReinstated(back) => {
                listings.insert(id, (back.listing.clone(), back.published_at.timestamp_micros()));
            }
            ListingEvent::ListingRemoved(_) => {
                listings.remove(&id);
            }
        }
    }
    listings
}
