//! The names of a case, opened, so that no record that goes public has one of them (R-7-02, DSA art. 24(5)).
//!
//! Whose they are: of whom the statement tells; of the author of a review and the seller of what it is about; of who sent the
//! notice; the pseudonym of who decided. Names of people, each word of them that would tell who it is; names of shops and
//! addresses as a whole, since a shop may be called by ordinary words. What somebody who was forgotten was called, nobody can
//! know any more.

use std::collections::BTreeSet;

use domain::Aggregate;
use domain::buyer::{Buyer, BuyerEvent};
use domain::event::{Event, EventKind};
use domain::ids::{BuyerId, NoticeId, ReviewId, SellerId};
use domain::notice::{Notice, NoticeEvent};
use domain::personal_data::parts_of_name;
use domain::review::{Review, ReviewEvent};
use domain::seller::{Seller, SellerEvent};
use domain::statement::{Addressee, StatementOfReasonsIssued};

use crate::reactors::first;
use crate::{ApiError, Book};

/// The names of the case of a statement.
///
/// # Errors
/// What the book says, and whoever keeps the keys: without them nothing is known to be free of names.
pub async fn names_of_case(book: &Book, issued: &StatementOfReasonsIssued) -> Result<Vec<String>, ApiError> {
    let mut names = BTreeSet::new();
    match issued.addressee {
        Addressee::Buyer(buyer) => of_buyer(book, buyer, &mut names).await?,
        Addressee::Seller(seller) => of_seller(book, seller, &mut names).await?,
    }
    if let Some(review) = issued.restriction.review() {
        of_review(book, review, &mut names).await?;
    }
    if let Some(notice) = issued.notice {
        of_notice(book, notice, &mut names).await?;
    }
    names.extend(issued.decided_by.iter().map(|staff| staff.0.clone()));
    Ok(names.into_iter().filter(|name| !name.trim().is_empty()).collect())
}

fn of_person(name: &str, names: &mut BTreeSet<String>) {
    names.insert(name.to_owned());
    names.extend(parts_of_name(name).map(str::to_owned));
}

async fn of_buyer(book: &Book, buyer: BuyerId, names: &mut BTreeSet<String>) -> Result<(), ApiError> {
    let fact = first(book, &Buyer::stream(buyer.0)).await?;
    let Some(Event::Buyer(BuyerEvent::BuyerRegistered(registered))) = fact.map(|fact| fact.event) else {
        return Ok(());
    };
    if let Some(identity) = book.open(EventKind::BuyerRegistered, &registered.identity).await? {
        of_person(&identity.name, names);
        names.insert(identity.address);
    }
    Ok(())
}

async fn of_seller(book: &Book, seller: SellerId, names: &mut BTreeSet<String>) -> Result<(), ApiError> {
    let fact = first(book, &Seller::stream(seller.0)).await?;
    let Some(Event::Seller(SellerEvent::SellerRegistered(registered))) = fact.map(|fact| fact.event) else {
        return Ok(());
    };
    names.insert(registered.shop_name);
    if let Some(contact) = book.open(EventKind::SellerRegistered, &registered.contact).await? {
        of_person(&contact.name, names);
        names.insert(contact.address);
    }
    Ok(())
}

async fn of_review(book: &Book, review: ReviewId, names: &mut BTreeSet<String>) -> Result<(), ApiError> {
    let fact = first(book, &Review::stream(review.0)).await?;
    let Some(Event::Review(ReviewEvent::ReviewSubmitted(submitted))) = fact.map(|fact| fact.event) else {
        return Ok(());
    };
    of_buyer(book, submitted.buyer, names).await?;
    of_seller(book, submitted.seller, names).await
}

async fn of_notice(book: &Book, notice: NoticeId, names: &mut BTreeSet<String>) -> Result<(), ApiError> {
    let fact = first(book, &Notice::stream(notice.0)).await?;
    let Some(Event::Notice(NoticeEvent::NoticeSubmitted(submitted))) = fact.map(|fact| fact.event) else {
        return Ok(());
    };
    if let Some(notifier) = &submitted.notifier
        && let Some(notifier) = book.open(EventKind::NoticeSubmitted, notifier).await?
    {
        of_person(&notifier.name, names);
    }
    Ok(())
}
