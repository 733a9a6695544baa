//! A removed seller's listings come down, each by an event of its own that the removal caused (R-2.2-04). A listing that
//! was being published while its seller was removed comes down as well. Where a complaint finds that the removal was wrong,
//! what came down by it comes back, and nothing else does (R-2.2-05, P2B art. 4(3)).

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::ids::{ComplaintId, ListingId, SellerId};
use domain::listing::{Listing, ListingCommand, ListingEvent, ListingRemovalReason, ListingRemoved};
use domain::seller::{FormerListings, Seller, SellerEvent, SellerStanding};
use domain::{Aggregate, EventKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::{ApiError, Book};

/// Takes the listings of removed sellers off sale, and puts them back where the removal is taken back.
#[derive(Debug, Default)]
pub struct SellerRemoval;

/// Who sells what, who may no longer, and who may again.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Selling {
    for_sale: BTreeMap<SellerId, BTreeSet<ListingId>>,
    /// Removed sellers with the event that removed them.
    removed: BTreeMap<SellerId, Uuid>,
    /// Listings that came down with their seller.
    down: BTreeMap<SellerId, BTreeMap<ListingId, Down>>,
    /// Sellers whose removal was wrong.
    reinstated: BTreeMap<SellerId, Reinstated>,
}

/// A listing that came down with its seller.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Down {
    since: DateTime<Utc>,
    /// The event for which it was put back, as far as the platform let it.
    put_back_for: Option<Uuid>,
}

/// A seller whose removal was wrong.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Reinstated {
    event: Uuid,
    complaint: ComplaintId,
}

impl Selling {
    fn is_for_sale(&mut self, seller: SellerId, listing: ListingId) {
        self.for_sale.entry(seller).or_default().insert(listing);
        if let Some(down) = self.down.get_mut(&seller) {
            down.remove(&listing);
        }
    }

    fn is_removed(&mut self, seller: SellerId, listing: ListingId) {
        if let Some(listings) = self.for_sale.get_mut(&seller) {
            listings.remove(&listing);
        }
    }

    fn to_take_down(&self) -> Option<(SellerId, Uuid, ListingId)> {
        self.removed.iter().find_map(|(seller, removal)| {
            let listing = self.for_sale.get(seller)?.first()?;
            Some((*seller, *removal, *listing))
        })
    }

    fn to_put_back(&self) -> Option<(SellerId, Reinstated, ListingId, DateTime<Utc>)> {
        self.reinstated.iter().find_map(|(seller, reinstated)| {
            let mut down = self.down.get(seller)?.iter();
            let (listing, down) = down.find(|(_, down)| down.put_back_for != Some(reinstated.event))?;
            Some((*seller, *reinstated, *listing, down.since))
        })
    }
}

#[async_trait]
impl Reactor for SellerRemoval {
    const NAME: &'static str = "seller-removal";
    /// The second one also knows what came down with whom.
    const VERSION: u32 = 2;
    const WANTS: &'static [EventKind] = &[
        EventKind::ListingPublished,
        EventKind::ListingReinstated,
        EventKind::ListingRemoved,
        EventKind::SellerRemoved,
        EventKind::SellerReinstated,
    ];
    type State = Selling;

    fn fold(&self, state: &mut Selling, fact: &Fact) {
        let (seller, listing) = (SellerId(fact.id), ListingId(fact.id));
        if let Event::Listing(ListingEvent::ListingPublished(event)) = &fact.event {
            state.is_for_sale(event.seller, listing);
        } else if let Event::Listing(ListingEvent::ListingReinstated(event)) = &fact.event {
            state.is_for_sale(event.listing.seller, listing);
        } else if let Event::Listing(ListingEvent::ListingRemoved(event)) = &fact.event {
            state.is_removed(event.seller, listing);
            let may_come_back = event.reason == ListingRemovalReason::SellerRemoved
                && (state.removed.contains_key(&event.seller) || state.reinstated.contains_key(&event.seller));
            let down = state.down.entry(event.seller).or_default();
            if may_come_back {
                down.insert(listing, Down { since: fact.at, put_back_for: None });
            } else {
                down.remove(&listing);
            }
        } else if let Event::Seller(SellerEvent::SellerRemoved(_)) = &fact.event {
            state.removed.insert(seller, fact.event_id);
            state.reinstated.remove(&seller);
        } else if let Event::Seller(SellerEvent::SellerReinstated(event)) = &fact.event {
            state.removed.remove(&seller);
            match event.listings {
                FormerListings::ComeBack => {
                    let reinstated = Reinstated { event: fact.event_id, complaint: event.complaint };
                    state.reinstated.insert(seller, reinstated);
                }
                FormerListings::ToBePublishedAnew => {
                    state.down.remove(&seller);
                }
            }
        }
    }

    async fn act(&self, book: &Book, state: &mut Selling, _: DateTime<Utc>) -> Result<bool, ApiError> {
        if let Some((seller, removal, listing)) = state.to_take_down() {
            if book.load::<Seller>(seller.0).await?.standing != SellerStanding::Removed {
                // The reinstatement is in the book already, and comes here next.
                return Ok(false);
            }
            take_down(book, removal, listing).await?;
            state.is_removed(seller, listing);
            return Ok(true);
        }
        let Some((seller, reinstated, listing, since)) = state.to_put_back() else { return Ok(false) };
        put_back(book, seller, reinstated, listing, since).await?;
        if let Some(down) = state.down.get_mut(&seller).and_then(|down| down.get_mut(&listing)) {
            down.put_back_for = Some(reinstated.event);
        }
        Ok(true)
    }
}

async fn take_down(book: &Book, removal: Uuid, listing: ListingId) -> Result<(), ApiError> {
    let cause = cause(SellerRemoval::NAME, removal, &Listing::stream(listing.0));
    let remove = || ListingCommand::Remove {
        seller: None,
        reason: ListingRemovalReason::SellerRemoved,
        explanation: ListingRemoved::SELLER_WAS_REMOVED.to_owned(),
        shop_name: None,
        notice: None,
        decided_by: None,
    };
    settled(book.execute(listing.0, &cause, |_: Listing| ready(Ok(remove()))).await)?;
    Ok(())
}

async fn put_back(
    book: &Book,
    seller: SellerId,
    Reinstated { event, complaint }: Reinstated,
    listing: ListingId,
    removed_at: DateTime<Utc>,
) -> Result<(), ApiError> {
    // A listing may come down again after it was put back.
    let purpose = format!("{} of {}", Listing::stream(listing.0), removed_at.timestamp_micros());
    let cause = cause(SellerRemoval::NAME, event, &purpose);
    let reason = ListingRemovalReason::SellerRemoved;
    let reinstate = |_: Listing| async move {
        let seller_standing = book.load::<Seller>(seller.0).await?.standing;
        Ok(ListingCommand::Reinstate { complaint, removed_at, reason, seller_standing })
    };
    settled(book.execute(listing.0, &cause, reinstate).await)?;
    Ok(())
}
