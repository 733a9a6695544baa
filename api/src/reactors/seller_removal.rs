//! A removed seller's listings come down, each by an event of its own that the removal caused (R-2.2-04). A listing that
//! was being published while its seller was removed comes down as well.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::ids::{ListingId, SellerId};
use domain::listing::{Listing, ListingCommand, ListingEvent, ListingRemovalReason};
use domain::seller::SellerEvent;
use domain::{Aggregate, EventKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::{ApiError, Book};

/// Takes the listings of removed sellers off sale.
#[derive(Debug, Default)]
pub struct SellerRemoval;

/// Who sells what, and who may no longer.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Selling {
    for_sale: BTreeMap<SellerId, BTreeSet<ListingId>>,
    /// Removed sellers with the event that removed them.
    removed: BTreeMap<SellerId, Uuid>,
}

#[async_trait]
impl Reactor for SellerRemoval {
    const NAME: &'static str = "seller-removal";
    const WANTS: &'static [EventKind] = &[
        EventKind::ListingPublished,
        EventKind::ListingReinstated,
        EventKind::ListingRemoved,
        EventKind::SellerRemoved,
        EventKind::SellerReinstated,
    ];
    type State = Selling;

    fn fold(&self, state: &mut Selling, fact: &Fact) {
        let seller = SellerId(fact.id);
        if let Event::Listing(ListingEvent::ListingPublished(listing)) = &fact.event {
            state.for_sale.entry(listing.seller).or_default().insert(ListingId(fact.id));
        } else if let Event::Listing(ListingEvent::ListingReinstated(event)) = &fact.event {
            state.for_sale.entry(event.listing.seller).or_default().insert(ListingId(fact.id));
        } else if let Event::Listing(ListingEvent::ListingRemoved(listing)) = &fact.event {
            if let Some(listings) = state.for_sale.get_mut(&listing.seller) {
                listings.remove(&ListingId(fact.id));
            }
        } else if let Event::Seller(SellerEvent::SellerRemoved(_)) = &fact.event {
            state.removed.insert(seller, fact.event_id);
        } else if let Event::Seller(SellerEvent::SellerReinstated(_)) = &fact.event {
            state.removed.remove(&seller);
        }
    }

    async fn act(&self, book: &Book, state: &mut Selling, _: DateTime<Utc>) -> Result<bool, ApiError> {
        let next = state.removed.iter().find_map(|(seller, removal)| {
            let listing = state.for_sale.get(seller)?.first()?;
            Some((*seller, *removal, *listing))
        });
        let Some((seller, removal, listing)) = next else { return Ok(false) };
        let cause = cause(Self::NAME, removal, &Listing::stream(listing.0));
        let remove = || ListingCommand::Remove {
            seller: None,
            reason: ListingRemovalReason::SellerRemoved,
            explanation: "its seller was removed".to_owned(),
            shop_name: None,
            notice: None,
            decided_by: None,
        };
        settled(book.execute(listing.0, &cause, |_: Listing| ready(Ok(remove()))).await)?;
        if let Some(listings) = state.for_sale.get_mut(&seller) {
            listings.remove(&listing);
        }
        Ok(true)
    }
}
