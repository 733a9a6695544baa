//! What a complaint found to be decided wrongly is taken back (R-3.4-10, DSA art. 20(4)): the review or its photos come
//! back, the account is open again, the seller may sell again, the listing is for sale as it was. What had come down with a
//! seller follows from that, by [`super::seller_removal`].

use std::collections::VecDeque;
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::buyer::{Buyer, BuyerCommand, UnblockReason};
use domain::complaint::{ComplaintEvent, ComplaintOutcome, Contested};
use domain::event::Event;
use domain::ids::{ComplaintId, StatementId};
use domain::listing::{Listing, ListingCommand};
use domain::review::{Review, ReviewCommand};
use domain::seller::{Seller, SellerCommand};
use domain::statement::{Addressee, Ground, Restriction, Statement};
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::commands::Done;
use crate::{ApiError, Book};

/// Takes decisions back.
#[derive(Debug, Default)]
pub struct Complaints;

/// A restriction that is to end: because of which event and complaint, by which statement.
type Reversal = (Uuid, ComplaintId, StatementId, Restriction);

#[async_trait]
impl Reactor for Complaints {
    const NAME: &'static str = "complaints";
    /// The first one took it for settled that a listing of a removed seller could not come back.
    const VERSION: u32 = 2;
    const WANTS: &'static [EventKind] = &[EventKind::ComplaintDecided];
    type State = VecDeque<Reversal>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        if let Event::Complaint(ComplaintEvent::ComplaintDecided(decided)) = &fact.event
            && let Contested::Restriction { statement, restriction } = decided.contested
            && decided.outcome == ComplaintOutcome::Reversed
        {
            state.push_back((fact.event_id, ComplaintId(fact.id), statement, restriction));
        }
    }

    async fn act(&self, book: &Book, state: &mut Self::State, _: DateTime<Utc>) -> Result<bool, ApiError> {
        let Some((event, complaint, statement, restriction)) = state.front().copied() else { return Ok(false) };
        if let Some(result) = take_back(book, event, complaint, statement, restriction).await? {
            settled(result)?;
        }
        state.pop_front();
        Ok(true)
    }
}

async fn take_back(
    book: &Book,
    event: Uuid,
    complaint: ComplaintId,
    statement: StatementId,
    restriction: Restriction,
) -> Result<Option<Result<Done, ApiError>>, ApiError> {
    let cause = cause(Complaints::NAME, event, "take-back");
    Ok(Some(match restriction {
        Restriction::ReviewRemoved(review) => {
            book.execute(review.0, &cause, |_: Review| ready(Ok(ReviewCommand::Reinstate(complaint)))).await
        }
        Restriction::PhotosNotPublished(review) | Restriction::PhotosRemoved(review) => {
            book.execute(review.0, &cause, |_: Review| ready(Ok(ReviewCommand::ReinstatePhotos(complaint)))).await
        }
        Restriction::SellerRemoved(seller) => {
            book.execute(seller.0, &cause, |_: Seller| ready(Ok(SellerCommand::Reinstate(complaint)))).await
        }
        Restriction::AccountSuspended(_) | Restriction::AccountTerminated => {
            let Some(statement) = book.load::<Statement>(statement.0).await?.issued else { return Ok(None) };
            let Addressee::Buyer(buyer) = statement.addressee else { return Ok(None) };
            let unblock = || BuyerCommand::Unblock(UnblockReason::Complaint(complaint));
            book.execute(buyer.0, &cause, |_: Buyer| ready(Ok(unblock()))).await
        }
        Restriction::ListingRemoved(listing) => {
            let Some(statement) = book.load::<Statement>(statement.0).await?.issued else { return Ok(None) };
            let (Addressee::Seller(seller), Ground::Listing(reason)) = (statement.addressee, statement.ground) else {
                return Ok(None);
            };
            let removed_at = statement.since;
            let put_back = |_: Listing| async move {
                let seller_standing = book.load::<Seller>(seller.0).await?.standing;
                Ok(ListingCommand::Reinstate { complaint, removed_at, reason, seller_standing })
            };
            book.execute(listing.0, &cause, put_back).await
        }
    }))
}
