//! A removed seller's listings come down, each by an event of its own that the removal caused (R-2.2-04).
//!
//! It folds listings and removals from the book's start, and acts once it has caught up: so a removal of long ago, or one
//! before which the process died halfway, costs nothing more than a look. A listing that was being published while its
//! seller was removed comes down as well.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

use async_trait::async_trait;
use domain::event::Event;
use domain::ids::{ListingId, SellerId};
use domain::listing::{Listing, ListingCommand, ListingEvent, ListingRemovalReason};
use domain::seller::SellerEvent;
use domain::{Aggregate, EventKind, Refused};
use event_log::Recorded;
use uuid::Uuid;

use super::{Reactor, cause};
use crate::commands::decode;
use crate::{ApiError, Book};

/// Takes the listings of removed sellers off sale.
#[derive(Debug, Default)]
pub struct SellerRemoval {
    for_sale: BTreeMap<SellerId, BTreeSet<ListingId>>,
    /// Removed sellers with the event that removed them.
    removed: BTreeMap<SellerId, Uuid>,
    caught_up: bool,
}

const KINDS: [EventKind; 4] =
    [EventKind::ListingPublished, EventKind::ListingRemoved, EventKind::SellerRemoved, EventKind::SellerReinstated];

impl SellerRemoval {
    /// The seller whose listings may have to come down because of an event.
    fn fold(&mut self, event: &Recorded) -> Result<Option<SellerId>, ApiError> {
        let wanted = EventKind::from_name(&event.event_type).is_some_and(|kind| KINDS.contains(&kind));
        let (true, Ok(id)) = (wanted, Uuid::parse_str(event.stream.id())) else { return Ok(None) };
        Ok(match decode(event)? {
            Event::Listing(ListingEvent::ListingPublished(listing)) => {
                self.for_sale.entry(listing.seller).or_default().insert(ListingId(id));
                Some(listing.seller)
            }
            Event::Listing(ListingEvent::ListingRemoved(listing)) => {
                if let Some(listings) = self.for_sale.get_mut(&listing.seller) {
                    listings.remove(&ListingId(id));
                }
                None
            }
            Event::Seller(SellerEvent::SellerRemoved(_)) => {
                self.removed.insert(SellerId(id), event.id);
                Some(SellerId(id))
            }
            Event::Seller(SellerEvent::SellerReinstated(_)) => {
                self.removed.remove(&SellerId(id));
                None
            }
            Event::Listing(ListingEvent::ListingPriceChanged(_))
            | Event::Seller(
                SellerEvent::SellerRegistered(_)
                | SellerEvent::SellerTermsAccepted(_)
                | SellerEvent::SellerVerified(_)
                | SellerEvent::SellerFeeCharged(_),
            )
            | Event::Product(_)
            | Event::Order(_)
            | Event::Buyer(_)
            | Event::Review(_)
            | Event::Invitation(_)
            | Event::Notice(_)
            | Event::Statement(_)
            | Event::Complaint(_)
            | Event::Authority(_)
            | Event::Dispute(_)
            | Event::SafetyWarning(_)
            | Event::Deadline(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::Policy(_)
            | Event::Subject(_) => None,
        })
    }

    async fn take_down(&mut self, book: &Book, seller: SellerId) -> Result<bool, ApiError> {
        let (Some(removal), Some(listings)) = (self.removed.get(&seller), self.for_sale.get_mut(&seller)) else {
            return Ok(false);
        };
        let acted = !listings.is_empty();
        while let Some(listing) = listings.first().copied() {
            let cause = cause(Self::NAME, *removal, &Listing::stream(listing.0));
            let remove = || ListingCommand::Remove {
                seller: None,
                reason: ListingRemovalReason::SellerRemoved,
                explanation: "its seller was removed".to_owned(),
                notice: None,
                decided_by: None,
            };
            match book.execute(listing.0, &cause, |_: Listing| ready(Ok(remove()))).await {
                Ok(_) => {}
                // Somebody was faster: it is off sale, which is what is wanted.
                Err(ApiError::Refused(refusal)) if refusal.kind == Refused::AlreadyDone => {}
                Err(error) => return Err(error),
            }
            listings.remove(&listing);
        }
        Ok(acted)
    }
}

#[async_trait]
impl Reactor for SellerRemoval {
    const NAME: &'static str = "seller-removal";

    async fn react(&mut self, book: &Book, event: &Recorded) -> Result<bool, ApiError> {
        match self.fold(event)? {
            Some(seller) if self.caught_up => self.take_down(book, seller).await,
            Some(_) | None => Ok(false),
        }
    }

    async fn caught_up(&mut self, book: &Book) -> Result<(), ApiError> {
        self.caught_up = true;
        for seller in self.removed.keys().copied().collect::<Vec<_>>() {
            self.take_down(book, seller).await?;
        }
        Ok(())
    }
}
