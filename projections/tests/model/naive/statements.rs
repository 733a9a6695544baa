//! Statements of reasons: filtered and sorted.

use std::cmp::Reverse;

use domain::Event;
use domain::ean::Ean;
use domain::ids::{NoticeId, StatementId};
use domain::listing::{ListingEvent, ListingRemovalReason};
use domain::notice::NoticeEvent;
use domain::product::ProductEvent;
use domain::review::ReviewEvent;
use domain::seller::SellerRemovalReason;
use domain::statement::{Addressee, Ground, Restriction, StatementEvent, StatementOfReasonsIssued};
use projections::statements::StatementsReader;
use projections::transparency::Notified;
use projections::transparency_database::{Exemption, Record, Unpublished, record_of};
use projections::{Happened, Rows};

use super::transparency::ground;
use crate::bazaar::{BUYERS, SELLERS, WHO};

/// Compares a view with what was issued.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let reader = StatementsReader(rows);
    let issued: Vec<(i64, StatementId, &StatementOfReasonsIssued)> = facts
        .iter()
        .filter_map(|fact| match &fact.event {
            Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)) => {
                Some((fact.micros(), StatementId(fact.id), issued))
            }
            _ => None,
        })
        .collect();
    let middle = issued.get(issued.len() / 2).map_or(0, |(at, ..)| *at);
    for since in [i64::MIN, middle] {
        let mut wanted: Vec<_> = issued.iter().map(|(at, id, _)| (*at, *id)).filter(|(at, _)| *at >= since).collect();
        wanted.sort_unstable();
        assert_eq!(reader.issued(since, None).map(|key| key.unwrap()).collect::<Vec<_>>(), wanted, "since {since}");
        let back = reader.issued_back(since, None).map(|key| key.unwrap());
        assert_eq!(back.collect::<Vec<_>>(), wanted.into_iter().rev().collect::<Vec<_>>(), "since {since}, backwards");
    }
    for addressee in BUYERS.map(Addressee::Buyer).into_iter().chain(SELLERS.map(Addressee::Seller)) {
        let own = issued.iter().filter(|(.., issued)| issued.addressee == addressee);
        let mut own: Vec<_> = own.map(|(at, id, _)| (Reverse(*at), *id)).collect();
        own.sort_unstable();
        let shown: Vec<_> = reader.of_addressee(addressee.into(), None).map(|key| key.unwrap().2).collect();
        assert_eq!(shown, own.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
    }
    for (at, id, issued) in issued {
        let before = &facts[..facts.iter().position(|fact| fact.id == id.0).unwrap()];
        let row = reader.of_decision(issued.decision).unwrap().unwrap();
        assert_eq!(reader.statement(id).unwrap().as_ref(), Some(&row));
        assert_eq!((row.issued_at, row.decision, row.addressee), (at, issued.decision, issued.addressee));
        assert_eq!((row.restriction, &row.ground, &row.facts), (issued.restriction, &issued.ground, &issued.facts));
        assert_eq!((row.notice, row.automated, &row.redress), (issued.notice, issued.automated, &issued.redress));
        assert_eq!(row.content_language, issued.content_language);
        assert_eq!(
            [row.since, row.content_since, row.contestable_until],
            [issued.since, issued.content_since, issued.contestable_until].map(|moment| moment.timestamp_micros())
        );
        assert_eq!(row.notified, issued.notice.map(|notice| notified(notice, before)));
        assert_eq!(row.with_photos, with_photos(issued.restriction, before));
        assert_eq!(row.ean, ean(issued.restriction, before));
        assert_eq!(row.shop_name.is_some(), matches!(issued.addressee, Addressee::Seller(_)));
        check_record(record_of(id, &row), issued, &ground(issued, before));
    }
}

fn notified(notice: NoticeId, before: &[Happened]) -> Notified {
    let mut sent = before.iter().filter(|fact| fact.id == notice.0).filter_map(|fact| match &fact.event {
        Event::Notice(NoticeEvent::NoticeSubmitted(sent)) => Some(sent),
        _ => None,
    });
    let sent = sent.next().unwrap();
    Notified { allegation: sent.allegation, trusted_flagger: sent.trusted_flagger }
}

fn with_photos(restriction: Restriction, before: &[Happened]) -> bool {
    let Restriction::ReviewRemoved(review) = restriction else { return false };
    let mut last = before.iter().rev().filter(|fact| fact.id == review.0).filter_map(|fact| match &fact.event {
        Event::Review(ReviewEvent::PhotosApproved(_) | ReviewEvent::PhotosReinstated(_)) => Some(true),
        Event::Review(ReviewEvent::PhotosRemoved(_)) => Some(false),
        _ => None,
    });
    last.next().unwrap_or(false)
}

fn ean(restriction: Restriction, before: &[Happened]) -> Option<Ean> {
    let Restriction::ListingRemoved(listing) = restriction else { return None };
    let product = before.iter().filter(|fact| fact.id == listing.0).find_map(|fact| match &fact.event {
        Event::Listing(ListingEvent::ListingPublished(published)) => Some(published.product),
        _ => None,
    })?;
    before.iter().filter(|fact| fact.id == product.0).find_map(|fact| match &fact.event {
        Event::Product(ProductEvent::ProductCatalogued(catalogued)) => Some(catalogued.ean),
        _ => None,
    })?
}

/// Each statement has its record, but for the operator's convenience; and no record has a word of what is sealed.
fn check_record(record: Result<Record, Unpublished>, issued: &StatementOfReasonsIssued, ground: &Ground) {
    let convenient = matches!(
        ground,
        Ground::Listing(ListingRemovalReason::Convenience) | Ground::Seller(SellerRemovalReason::Convenience)
    );
    match record {
        Ok(record) => {
            assert!(!convenient, "{issued:?}");
            let json = serde_json::to_string(&record).unwrap();
            let identifying = WHO.into_iter().map(str::to_owned).chain(ids(issued));
            for text in identifying {
                assert!(!json.contains(&text), "{text} is in {json}");
            }
        }
        Err(Unpublished::Exempt(Exemption::Convenience)) => assert!(convenient, "{issued:?}"),
        Err(unpublished) => panic!("{unpublished} of {issued:?}"),
    }
}

/// The ids of what a statement is about, and of whom it tells: each leads to a person.
fn ids(issued: &StatementOfReasonsIssued) -> Vec<String> {
    let told = match issued.addressee {
        Addressee::Buyer(id) => id.to_string(),
        Addressee::Seller(id) => id.to_string(),
    };
    let about = match issued.restriction {
        Restriction::ReviewRemoved(id) | Restriction::PhotosNotPublished(id) | Restriction::PhotosRemoved(id) => {
            id.to_string()
        }
        Restriction::ListingRemoved(id) => id.to_string(),
        Restriction::SellerRemoved(id) => id.to_string(),
        Restriction::AccountSuspended(_) | Restriction::AccountTerminated => told.clone(),
    };
    let notice = issued.notice.map(|id| id.to_string());
    let staff = issued.decided_by.as_ref().map(|staff| format!("\"{}\"", staff.0));
    [told, about].into_iter().chain(notice).chain(staff).collect()
}
