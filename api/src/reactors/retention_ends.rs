//! A review comes down when its time online is over (R-3.2-05): when its years have passed and its product is no longer
//! for sale, or as the policy reads it. Not while a legal hold keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::event::Event;
use domain::ids::{LegalHoldId, ListingId, ProductId, ReviewId};
use domain::legal_hold::{HeldData, LegalHoldEvent};
use domain::listing::ListingEvent;
use domain::retention::due_at;
use domain::review::{Review, ReviewCommand, ReviewEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, Settled, cause, settled};
use crate::{ApiError, Book};

/// Takes reviews down.
#[derive(Debug, Default)]
pub struct RetentionEnds;

/// Reviews that are online, by when they came online, what is for sale, and what is held.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Online {
    /// Oldest first: the review, its product, the event that put it online.
    reviews: BTreeSet<(DateTime<Utc>, ReviewId, ProductId, Uuid)>,
    published: BTreeMap<ReviewId, (DateTime<Utc>, ProductId, Uuid)>,
    for_sale: BTreeMap<ProductId, BTreeSet<ListingId>>,
    off_sale_since: BTreeMap<ProductId, DateTime<Utc>>,
    /// The holds in force on reviews, online or not.
    held: BTreeMap<ReviewId, BTreeSet<LegalHoldId>>,
}

impl Online {
    fn put(&mut self, review: ReviewId, at: DateTime<Utc>, product: ProductId, event: Uuid) {
        self.take_out(review);
        self.published.insert(review, (at, product, event));
        self.reviews.insert((at, review, product, event));
    }

    fn take_out(&mut self, review: ReviewId) {
        if let Some((at, product, event)) = self.published.remove(&review) {
            self.reviews.remove(&(at, review, product, event));
        }
    }

    fn sells(&mut self, product: ProductId, listing: ListingId) {
        self.for_sale.entry(product).or_default().insert(listing);
        self.off_sale_since.remove(&product);
    }

    fn hold(&mut self, hold: LegalHoldId, event: &LegalHoldEvent) {
        match event {
            LegalHoldEvent::LegalHoldPlaced(placed) => {
                for review in reviews(&placed.data) {
                    self.held.entry(review).or_default().insert(hold);
                }
            }
            LegalHoldEvent::LegalHoldReleased(released) => {
                for review in reviews(&released.data) {
                    if let Some(holds) = self.held.get_mut(&review) {
                        holds.remove(&hold);
                        if holds.is_empty() {
                            self.held.remove(&review);
                        }
                    }
                }
            }
        }
    }
}

fn reviews(data: &[HeldData]) -> impl Iterator<Item = ReviewId> + '_ {
    data.iter().filter_map(|data| match data {
        HeldData::Review(review) => Some(*review),
        HeldData::Buyer(_) => None,
    })
}

#[async_trait]
impl Reactor for RetentionEnds {
    const NAME: &'static str = "retention-ends";
    const VERSION: u32 = 2;
    const WANTS: &'static [EventKind] = &[
        EventKind::ListingPublished,
        EventKind::ListingReinstated,
        EventKind::ListingRemoved,
        EventKind::ReviewSubmitted,
        EventKind::ReviewWithdrawn,
        EventKind::ReviewRetentionEnded,
        EventKind::LegalHoldPlaced,
        EventKind::LegalHoldReleased,
    ];
    type State = Online;

    fn fold(&self, state: &mut Online, fact: &Fact) {
        if let Event::Listing(ListingEvent::ListingPublished(listing)) = &fact.event {
            state.sells(listing.product, ListingId(fact.id));
        } else if let Event::Listing(ListingEvent::ListingReinstated(event)) = &fact.event {
            state.sells(event.listing.product, ListingId(fact.id));
        } else if let Event::Listing(ListingEvent::ListingRemoved(listing)) = &fact.event {
            let left = state.for_sale.entry(listing.product).or_default();
            // What had come down with its seller may be removed for another reason as well.
            if left.remove(&ListingId(fact.id)) && left.is_empty() {
                state.off_sale_since.insert(listing.product, fact.at);
            }
        } else if let Event::Review(ReviewEvent::ReviewSubmitted(review)) = &fact.event {
            state.put(ReviewId(fact.id), fact.at, review.product, fact.event_id);
        } else if let Event::LegalHold(event) = &fact.event {
            state.hold(LegalHoldId(fact.id), event);
        } else {
            state.take_out(ReviewId(fact.id));
        }
    }

    async fn act(&self, book: &Book, state: &mut Online, now: DateTime<Utc>) -> Result<bool, ApiError> {
        let policies = book.policies().await?;
        // Nothing that came online later is due before what came online first, unless its product went off sale: so all
        // whose years passed are looked at, and the others only where the policy lets the sale alone decide.
        let by_sale = policies.review_retention_reading == domain::policy::RetentionReading::EarlierOf;
        let due = state.reviews.iter().take_while(|(published_at, ..)| {
            by_sale || domain::retention::years_pass_at(*published_at, &policies) <= now
        });
        let due = due.clone().find(|(published_at, review, product, _)| {
            let off_sale_since = state.off_sale_since.get(product).copied();
            !state.held.contains_key(review)
                && due_at(*published_at, off_sale_since, &policies).is_some_and(|due| due <= now)
        });
        let Some((_, review, product, event)) = due.copied() else { return Ok(false) };
        let off_sale_since = state.off_sale_since.get(&product).copied();
        let cause = cause(Self::NAME, event, "end-retention");
        let end = |_: Review| ready(Ok(ReviewCommand::EndRetention { off_sale_since, held_by: None }));
        if settled(book.execute(review.0, &cause, end).await)? == Settled::NotYet {
            return Ok(false);
        }
        state.take_out(review);
        Ok(true)
    }
}
