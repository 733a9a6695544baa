//! What follows by itself follows once: after a kill at every step, after a month of standing still, after a checkpoint is
//! lost. A kill is a reactor that is dropped; what it had noted is gone, or older than what it did.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::future::ready;
use std::path::Path;
use std::sync::Arc;

use api::Book;
use api::clock::{Clock, ClockSetting};
use api::reactors::monthly_fees::MonthlyFees;
use api::reactors::seller_removal::SellerRemoval;
use api::reactors::{Fact, Reactor};
use domain::EventKind;
use domain::event::Event;
use domain::ids::{CommandId, ComplaintId, ListingId, ProductId, SellerId, StaffId};
use domain::listing::{Listing, ListingCommand, ListingRemovalReason};
use domain::metadata::Actor;
use domain::recording::Cause;
use domain::seller::{FormerListings, Seller, SellerCommand, SellerEvent, SellerRemovalReason};
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, OwnKeys, Position, Recorded};
use fixtures::{Marketplace, Occasion};
use projections::data_directory::DataDirectory;
use uuid::Uuid;

const LISTINGS: u128 = 500;
const SELLER: SellerId = SellerId(Uuid::from_u128(1));

/// A verified seller with listings; removed if wanted.
fn history(listings: u128, removed: bool) -> fixtures::History {
    let (mut market, mut command) = (Marketplace::new(), 0);
    let mut occasion = || {
        command += 1;
        Occasion { at: "2026-01-05T10:00:00Z".parse().unwrap(), cause: cause(command) }
    };
    let listings = (0..listings).map(|number| ListingId(Uuid::from_u128(1_000 + number)));
    fixtures::stall(&mut market, (SELLER, ProductId(Uuid::from_u128(2))), listings, &mut occasion).unwrap();
    if removed {
        let remove = SellerCommand::Remove {
            reason: SellerRemovalReason::BreachOfTerms,
            explanation: "sold new phones".into(),
            decided_by: StaffId("o-1".into()),
        };
        market.seller(SELLER, remove, occasion()).unwrap();
    }
    market.into_history()
}

/// A book with a history, opened at a moment.
async fn book(directory: &Path, history: &[fixtures::Step], now: &str) -> Book {
    let data = DataDirectory::new(directory);
    let keys = Arc::new(OwnKeys(Arc::new(data.open_vault().unwrap().0)));
    let log = Arc::new(EmbeddedLog::open(data.log(), &EmbeddedOptions { segment_bytes: 4 << 20 }).unwrap());
    fixtures::write(log.as_ref(), keys.as_ref(), history, &mut |_| {}).await.unwrap();
    let clock = Clock::start(ClockSetting::Fixed(now.parse().unwrap()), log.as_ref()).unwrap();
    Book::new(log, keys, Arc::new(clock))
}

fn records(book: &Book) -> Vec<Recorded> {
    let (mut from, mut all) = (Position::START, Vec::new());
    loop {
        let read = book.log().scan(from, 8_192).unwrap();
        let Some(last) = read.last() else { return all };
        from = last.position.next();
        all.extend(read);
    }
}

/// A reactor's state after everything in the book.
fn folded<R: Reactor>(reactor: &R, book: &Book) -> R::State {
    let mut state = R::State::default();
    for record in records(book) {
        if EventKind::from_name(&record.event_type).is_some_and(|kind| R::WANTS.contains(&kind)) {
            reactor.fold(&mut state, &Fact::read(&record).unwrap());
        }
    }
    state
}

/// Does everything that is due, as far as this state knows.
async fn acts<R: Reactor>(reactor: &R, book: &Book, state: &mut R::State) {
    while reactor.act(book, state, book.clock().now()).await.unwrap() {}
}

/// The same, of a process that has read the whole book.
async fn catches_up<R: Reactor>(reactor: &R, book: &Book) {
    acts(reactor, book, &mut folded(reactor, book)).await;
}

/// Why the test gives its command of this number.
fn cause(number: u128) -> Cause {
    Cause::new(CommandId(Uuid::from_u128(number)), Actor::system("test"))
}

/// The seller's removal is found to be wrong.
async fn reinstate(book: &Book, number: u128) {
    let reinstate = |_: Seller| ready(Ok(SellerCommand::Reinstate(ComplaintId(Uuid::from_u128(7)))));
    book.execute(SELLER.0, &cause(number), reinstate).await.unwrap();
}

fn count(book: &Book, kind: EventKind) -> usize {
    records(book).iter().filter(|record| &*record.event_type == kind.name()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_04_a_cascade_that_is_killed_at_every_step_leaves_nothing_and_does_nothing_twice() {
    let directory = tempfile::tempdir().unwrap();
    let book = book(directory.path(), &history(LISTINGS, true), "2026-01-05T10:00:00Z").await;
    let mut done = 0;
    loop {
        let state = folded(&SellerRemoval, &book);
        // What was noted before the step is all that the next life has.
        let noted = serde_json::to_vec(&state).unwrap();
        let read = || serde_json::from_slice::<<SellerRemoval as Reactor>::State>(&noted).unwrap();
        let now = book.clock().now();
        if !SellerRemoval.act(&book, &mut read(), now).await.unwrap() {
            break;
        }
        done += 1;
        assert_eq!(count(&book, EventKind::ListingRemoved), done, "a step takes one listing down");
        // Killed after the append, before anything was noted: the same step again.
        assert!(SellerRemoval.act(&book, &mut read(), now).await.unwrap());
        assert_eq!(count(&book, EventKind::ListingRemoved), done, "and never twice");
    }
    assert_eq!(done, 500, "nothing is left for sale");
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_05_what_came_down_with_a_seller_comes_back_once_when_the_removal_was_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let book = book(directory.path(), &history(20, true), "2026-01-05T10:00:00Z").await;
    let now = book.clock().now();
    // Half of them are down when the removal is found to be wrong, and one more comes down for a reason of its own.
    let mut state = folded(&SellerRemoval, &book);
    for _ in 0..10 {
        assert!(SellerRemoval.act(&book, &mut state, now).await.unwrap());
    }
    let last = Uuid::from_u128(1_019);
    let dangerous = |_: Listing| {
        ready(Ok(ListingCommand::Remove {
            seller: None,
            reason: ListingRemovalReason::Dangerous,
            explanation: "its battery burns".into(),
            shop_name: None,
            notice: None,
            decided_by: Some(StaffId("m-1".into())),
        }))
    };
    book.execute(last, &cause(9_001), dangerous).await.unwrap();
    reinstate(&book, 9_002).await;
    // Whoever has not heard of it yet takes nothing down of a seller who sells.
    assert!(!SellerRemoval.act(&book, &mut state, now).await.unwrap());
    assert_eq!(count(&book, EventKind::ListingRemoved), 11);
    let mut back = 0;
    loop {
        // Killed after each append, before anything was noted, and then after it was.
        let noted = serde_json::to_vec(&folded(&SellerRemoval, &book)).unwrap();
        let read = || serde_json::from_slice::<<SellerRemoval as Reactor>::State>(&noted).unwrap();
        if !SellerRemoval.act(&book, &mut read(), now).await.unwrap() {
            break;
        }
        back += 1;
        assert!(SellerRemoval.act(&book, &mut read(), now).await.unwrap());
        assert_eq!(count(&book, EventKind::ListingReinstated), back, "each comes back once");
    }
    assert_eq!(back, 10);
    assert!(matches!(book.load::<Listing>(Uuid::from_u128(1_000)).await.unwrap(), Listing::ForSale(_)));
    assert!(matches!(book.load::<Listing>(last).await.unwrap(), Listing::Removed(_)), "that decision stands");
}

/// What was written when such listings stayed away still says so.
#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_05_nothing_comes_back_for_a_reinstatement_of_version_1() {
    let directory = tempfile::tempdir().unwrap();
    let book = book(directory.path(), &history(2, true), "2026-01-05T10:00:00Z").await;
    catches_up(&SellerRemoval, &book).await;
    reinstate(&book, 9_001).await;
    let mut state = <SellerRemoval as Reactor>::State::default();
    for record in records(&book) {
        let mut fact = Fact::read(&record).unwrap();
        if let Event::Seller(SellerEvent::SellerReinstated(event)) = &mut fact.event {
            event.listings = FormerListings::ToBePublishedAnew;
        }
        SellerRemoval.fold(&mut state, &fact);
    }
    assert!(!SellerRemoval.act(&book, &mut state, book.clock().now()).await.unwrap());
    assert_eq!(count(&book, EventKind::ListingReinstated), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_05_nothing_comes_back_with_a_seller_who_was_removed_again() {
    let directory = tempfile::tempdir().unwrap();
    let book = book(directory.path(), &history(2, true), "2026-01-05T10:00:00Z").await;
    catches_up(&SellerRemoval, &book).await;
    reinstate(&book, 9_001).await;
    let mut behind = folded(&SellerRemoval, &book);
    let remove = |_: Seller| {
        ready(Ok(SellerCommand::Remove {
            reason: SellerRemovalReason::BreachOfLaw,
            explanation: "sold what was stolen".into(),
            decided_by: StaffId("o-1".into()),
        }))
    };
    book.execute(SELLER.0, &cause(9_002), remove).await.unwrap();
    acts(&SellerRemoval, &book, &mut behind).await;
    catches_up(&SellerRemoval, &book).await;
    assert_eq!(count(&book, EventKind::ListingReinstated), 0);
    // What the first removal had taken down is not lost: a second complaint that is well-founded brings it back too.
    reinstate(&book, 9_003).await;
    catches_up(&SellerRemoval, &book).await;
    assert_eq!(count(&book, EventKind::ListingReinstated), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_1_2_04_months_of_standing_still_are_charged_once_each() {
    let directory = tempfile::tempdir().unwrap();
    // Verified in January; looked at again on 1 April, an instant before and at its first instant in Paris.
    for (moment, months) in [("2026-03-31T21:59:59Z", 3), ("2026-03-31T22:00:00Z", 4), ("2026-04-30T12:00:00Z", 4)] {
        let book = book(directory.path(), &history(1, false), moment).await;
        for _ in 0..2 {
            catches_up(&MonthlyFees, &book).await;
            assert_eq!(count(&book, EventKind::SellerFeeCharged), months, "{moment}");
        }
    }
}
