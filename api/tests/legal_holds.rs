//! What an authority ordered to be kept stays until the hold is released, and whoever asked for it to be forgotten is told.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::Book;
use api::clock::{Clock, ClockSetting};
use api::reactors::retention_ends::RetentionEnds;
use api::reactors::{Fact, Reactor};
use base64::Engine as _;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::buyer::Buyer;
use domain::ids::{CommandId, LegalHoldId, ListingId, OrderId, ProductId, ReviewId, SellerId, StaffId};
use domain::legal_hold::{HeldData, LegalHoldCommand, PreservationOrder, Remains};
use domain::listing::{ListingCommand, ListingRemovalReason};
use domain::metadata::{Actor, Role};
use domain::order::{OrderCommand, Party, RequestedLine, quote};
use domain::recording::Cause;
use domain::review::{Licence, Opinion, ReviewCommand};
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, OwnKeys, Position, Recorded};
use fixtures::{History, Marketplace, Occasion, Step};
use projections::data_directory::DataDirectory;
use serde_json::{Value, json};
use support::{BUYER, Market, PRODUCT, review_input};
use uuid::Uuid;

const HOLD: &str = "hold { id release { explanation } data { reviewId buyerId erasureDeferredAt forgottenAt } }";
const TEXT: &str = "Batterij houdt het een dag vol.";

/// The UUID in a global id.
fn plain(global: &str) -> String {
    let text = base64::engine::general_purpose::STANDARD.decode(global).unwrap();
    String::from_utf8(text).unwrap().split_once(':').unwrap().1.to_owned()
}

fn order() -> Value {
    json!({
        "authority": "Parquet de Paris", "memberState": "FR", "legalBasis": "Reg. (EU) 2023/1543 art. 11",
        "reference": "PR/2026/77",
    })
}

fn with(mut input: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("fields: {more}") };
    input.as_object_mut().unwrap().extend(more);
    input
}

async fn place(market: &Market, what: Value) -> Value {
    let input = with(order(), what);
    market.command(Role::Compliance, "placeLegalHold", "PlaceLegalHoldInput", input, HOLD).await
}

async fn release(market: &Market, hold: &Value) -> Value {
    let input = json!({ "holdId": hold, "explanation": "the order lapsed" });
    market.command(Role::Compliance, "releaseLegalHold", "ReleaseLegalHoldInput", input, HOLD).await
}

/// The mails to the buyer, by what they are.
async fn mails(market: &Market) -> Vec<String> {
    let answer = market.ask(Some(Role::Buyer), "{ viewer { mails { nodes { kind } } } }", json!({})).await;
    let nodes = answer["data"]["viewer"]["mails"]["nodes"].as_array().unwrap().clone();
    nodes.iter().map(|node| node["kind"].as_str().unwrap().to_owned()).collect()
}

async fn holds(market: &Market, in_force: bool) -> Value {
    let query = "query H($inForce: Boolean) { legalHolds(inForce: $inForce) { nodes { id authority legalBasis reference \
                 data { reviewId buyerId erasureDeferredAt forgottenAt } } } }";
    let answer = market.ask(Some(Role::Auditor), query, json!({ "inForce": in_force })).await;
    answer["data"]["legalHolds"]["nodes"].clone()
}

async fn forgotten(market: &Market, subject: &str) {
    while !market.has_forgotten(subject).await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    market.server.settled().await.unwrap();
}

async fn registered(market: &Market) {
    let identity = json!({ "name": "Jo Peeters", "email": "jo@example.eu", "address": "Kaai 1, Gent" });
    let input = json!({ "country": "BE", "language": "nl", "identity": identity });
    market.done(Role::Buyer, "registerBuyer", "RegisterBuyerInput", input, "buyer { id }").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_3_02_r_4_03_a_withdrawn_review_under_a_hold_is_offline_at_once_and_forgotten_when_the_last_hold_ends() {
    let directory = tempfile::tempdir().unwrap();
    let mut market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    registered(&market).await;
    let ordered = market.delivered(&listing).await;
    let submitted = market
        .done(Role::Buyer, "submitReview", "SubmitReviewInput", review_input(&ordered, TEXT), "review { id }")
        .await;
    let review = submitted["review"]["id"].clone();
    let subject = format!("review-{}", plain(review.as_str().unwrap()));
    let first = place(&market, json!({ "reviewIds": [review] })).await["hold"]["id"].clone();
    let second = place(&market, json!({ "reviewIds": [review] })).await["hold"]["id"].clone();

    let input = json!({ "reviewId": review });
    let withdraw = |market: &Market| {
        let (token, input) = (market.bearer(Role::Buyer), input.clone());
        let query = "mutation W($input: WithdrawReviewInput!) { withdrawReview(input: $input) { keptForNow position \
                     userErrors { message } review { text } } }";
        (vec![token], json!({ "query": query, "variables": { "input": input } }))
    };
    let (headers, body) = withdraw(&market);
    let answer = market.raw("/graphql", headers, Some(body)).await.json()["data"]["withdrawReview"].clone();
    assert_eq!((&answer["keptForNow"], &answer["userErrors"]), (&json!(true), &json!([])), "{answer}");
    market.server.settled().await.unwrap();
    // Nobody is shown it, and its author is told why it is kept; the authority is not named.
    let read = "query R($id: ID!) { review(id: $id) { text } }";
    for role in [None, Some(Role::Buyer), Some(Role::Compliance)] {
        let shown = market.ask(role, read, json!({ "id": review })).await;
        assert_eq!(shown["data"]["review"]["text"], Value::Null, "{role:?}: {shown}");
    }
    assert_eq!(mails(&market).await, ["ERASURE_DEFERRED"]);
    let told = "{ viewer { mails { nodes { content { text } } } } }";
    let told = market.ask(Some(Role::Buyer), told, json!({})).await.to_string();
    assert!(told.contains("17, lid 3") && told.contains("iPhone 13 128 GB") && !told.contains("Parquet"), "{told}");
    let held = holds(&market, true).await;
    assert_eq!(held[0]["id"], second, "the newest first");
    assert!(held[0]["data"][0]["erasureDeferredAt"].is_string(), "{held}");

    release(&market, &first).await;
    market.server.settled().await.unwrap();
    assert!(!market.has_forgotten(&subject).await, "another hold keeps it");
    // What waits is still known after the server was started anew.
    market.server.stop().await;
    market = Market::open(directory.path()).await;
    assert!(!market.has_forgotten(&subject).await);
    assert_eq!(holds(&market, true).await.as_array().unwrap().len(), 1);
    release(&market, &second).await;
    forgotten(&market, &subject).await;
    assert_eq!(holds(&market, true).await, json!([]));
    let ended = holds(&market, false).await;
    assert!(ended[0]["data"][0]["forgottenAt"].is_string(), "{ended}");
    assert_eq!(mails(&market).await.len(), 1, "told once");
    let late = place(&market, json!({ "reviewIds": [review] })).await["userErrors"][0].clone();
    assert_eq!(
        (&late["code"], &late["field"], &late["rule"]),
        (&json!("TOO_LATE"), &json!(["reviewIds"]), &json!("R-4-03"))
    );
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_3_02_a_buyer_under_a_hold_is_answered_once_and_written_to_no_more_until_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    registered(&market).await;
    let ordered = market.delivered(&listing).await;
    let review = market
        .done(Role::Buyer, "submitReview", "SubmitReviewInput", review_input(&ordered, TEXT), "review { id }")
        .await;
    let hold = place(&market, json!({ "buyerIds": [BUYER] })).await["hold"]["id"].clone();
    let erased =
        market.done(Role::Buyer, "eraseBuyer", "EraseBuyerInput", json!({}), "keptForNow buyer { status }").await;
    assert_eq!((&erased["keptForNow"], &erased["buyer"]["status"]), (&json!(true), &json!("ERASED")));
    market.server.settled().await.unwrap();
    // A moderator removes their review: a statement of reasons is issued, and nobody writes to them.
    let moderate = json!({
        "reviewId": review["review"]["id"], "criteria": ["INSULTING"], "explanation": "insults a person",
    });
    market.done(Role::Moderator, "moderateReview", "ModerateReviewInput", moderate, "review { id }").await;
    market.server.settled().await.unwrap();
    assert_eq!(mails(&market).await, ["ERASURE_DEFERRED"]);
    release(&market, &hold).await;
    forgotten(&market, &format!("buyer-{BUYER}")).await;
    let events = market.ask(Some(Role::Auditor), "{ events(first: 250) { nodes { type } } }", json!({})).await;
    let of = |kind: &str| events.to_string().matches(&format!("\"{kind}\"")).count();
    assert_eq!((of("ErasureDeferred"), of("SubjectKeyDestroyed"), of("LegalHoldReleased")), (1, 1, 1));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_4_03_a_hold_is_placed_by_compliance_staff_on_what_is_there_and_refused_with_the_field_to_mend() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    market.stock().await;
    registered(&market).await;
    let nowhere = "00000000-0000-4000-8000-000000000001";
    for (what, field, code) in [
        (json!({}), "reviewIds", "INVALID"),
        (json!({ "reviewIds": [nowhere] }), "reviewIds", "NOT_FOUND"),
        (json!({ "buyerIds": [BUYER, nowhere] }), "buyerIds", "NOT_FOUND"),
        (json!({ "buyerIds": [BUYER], "memberState": "XX" }), "memberState", "INVALID"),
        (json!({ "buyerIds": [BUYER], "legalBasis": " " }), "legalBasis", "INVALID"),
        (json!({ "buyerIds": [BUYER], "orderedAt": "2999-01-01T00:00:00Z" }), "orderedAt", "INVALID"),
        (json!({ "buyerIds": [BUYER], "orderId": nowhere }), "orderId", "NOT_FOUND"),
    ] {
        let refused = place(&market, what.clone()).await["userErrors"][0].clone();
        assert_eq!((&refused["field"], &refused["code"]), (&json!([field]), &json!(code)), "{what}: {refused}");
    }
    let placed = place(&market, json!({ "buyerIds": [BUYER] })).await;
    assert!(placed["hold"]["data"][0]["buyerId"].is_string(), "{placed}");
    let again = with(order(), json!({ "buyerIds": [BUYER], "holdId": placed["hold"]["id"] }));
    let again = market.command(Role::Compliance, "placeLegalHold", "PlaceLegalHoldInput", again, HOLD).await;
    assert_eq!(again["userErrors"][0]["code"], "ALREADY_DONE");
    let released = release(&market, &placed["hold"]["id"]).await;
    assert_eq!(released["hold"]["release"]["explanation"], "the order lapsed");
    assert_eq!(release(&market, &placed["hold"]["id"]).await["userErrors"][0]["code"], "ALREADY_DONE");
    assert_eq!(release(&market, &json!(nowhere)).await["userErrors"][0]["code"], "NOT_FOUND");
    for role in [None, Some(Role::Buyer), Some(Role::Moderator), Some(Role::Auditor), Some(Role::Operator)] {
        let query = "mutation H($input: PlaceLegalHoldInput!) { placeLegalHold(input: $input) { position } }";
        let refused = market.ask(role, query, json!({ "input": with(order(), json!({ "buyerIds": [BUYER] })) })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role:?}");
    }
    market.server.stop().await;
}

const SELLER: SellerId = SellerId(Uuid::from_u128(1));
const OF: ProductId = ProductId(Uuid::from_u128(2));
const ON_SALE: ListingId = ListingId(Uuid::from_u128(3));
/// An order's review, the first of which is held, twice.
const ORDERS: [OrderId; 2] = [OrderId(Uuid::from_u128(11)), OrderId(Uuid::from_u128(12))];
const HOLDS: [LegalHoldId; 2] = [LegalHoldId(Uuid::from_u128(21)), LegalHoldId(Uuid::from_u128(22))];

/// Two reviews of 2020 of what went off sale in 2021, due in February 2030; the first is held from 2029 on, by one hold
/// until March and by another until June of 2030.
fn ten_years() -> History {
    let (mut market, mut command) = (Marketplace::new(), 0);
    let mut on = |moment: &str| {
        command += 1;
        let cause = Cause::new(CommandId(Uuid::from_u128(command)), Actor::system("test"));
        Occasion { at: moment.parse().unwrap(), cause }
    };
    fixtures::stall(&mut market, (SELLER, OF), [ON_SALE], || on("2020-01-05T10:00:00Z")).unwrap();
    for order in ORDERS {
        let line = RequestedLine { listing_id: ON_SALE, listing: market.listing_state(ON_SALE), quantity: 1 };
        let place = OrderCommand::Place {
            buyer: BUYER.parse().unwrap(),
            account: Buyer::default(),
            quoted_service_fee: quote(std::slice::from_ref(&line), false, market.policies()).unwrap().service_fee,
            lines: vec![line],
            insured: false,
            country_of_purchase: "BE".parse().unwrap(),
            member_state: None,
            recipient: None,
            promised_until: None,
        };
        market.order(order, place, on("2020-01-20T10:00:00Z")).unwrap();
        let confirm = OrderCommand::Confirm { party: Party::Platform, payment: Some("psp".into()) };
        market.order(order, confirm, on("2020-01-20T10:00:00Z")).unwrap();
    }
    for order in ORDERS {
        let submit = ReviewCommand::Submit {
            review: ReviewId::of_line(order, 0),
            buyer: BUYER.parse().unwrap(),
            author: Buyer::default(),
            order_id: order,
            order: Box::new(market.order_state(order)),
            line: 0,
            category: market.category_of(OF),
            opinion: Opinion {
                score: 5,
                text: TEXT.into(),
                language: "nl".parse().unwrap(),
                aspects: std::collections::BTreeMap::new(),
            },
            licence: Licence { terms_version: "1".into(), author: true },
        };
        market.review(ReviewId::of_line(order, 0), submit, on("2020-02-01T10:00:00Z")).unwrap();
    }
    let remove = ListingCommand::Remove {
        seller: Some(SELLER),
        reason: ListingRemovalReason::WithdrawnBySeller,
        explanation: "sold".into(),
        shop_name: None,
        notice: None,
        decided_by: None,
    };
    market.listing(ON_SALE, remove, on("2021-01-01T10:00:00Z")).unwrap();
    for hold in HOLDS {
        let order = PreservationOrder {
            authority: "Parquet de Paris".into(),
            member_state: "FR".parse().unwrap(),
            legal_basis: "Reg. (EU) 2023/1543 art. 11".into(),
            reference: None,
            order: None,
            ordered_at: None,
            data: vec![(HeldData::Review(ReviewId::of_line(ORDERS[0], 0)), Remains::Readable)],
        };
        let place = LegalHoldCommand::Place { order, decided_by: StaffId("c-1".into()) };
        market.hold(hold, place, on("2029-06-01T10:00:00Z")).unwrap();
    }
    for (hold, moment) in HOLDS.into_iter().zip(["2030-03-01T10:00:00Z", "2030-06-01T10:00:00Z"]) {
        let release = LegalHoldCommand::Release { explanation: "lapsed".into(), decided_by: StaffId("c-1".into()) };
        market.hold(hold, release, on(moment)).unwrap();
    }
    market.into_history()
}

/// The book with what has happened until a moment, opened at that moment.
async fn book(directory: &Path, history: &[Step], now: &str) -> Book {
    let now: DateTime<Utc> = now.parse().unwrap();
    let until: Vec<Step> = history.iter().filter(|step| step.occurred_at <= now).cloned().collect();
    let data = DataDirectory::new(directory);
    let keys = Arc::new(OwnKeys(Arc::new(data.open_vault().unwrap().0)));
    let log = Arc::new(EmbeddedLog::open(data.log(), &EmbeddedOptions { segment_bytes: 4 << 20 }).unwrap());
    fixtures::write(log.as_ref(), keys.as_ref(), &until, &mut |_| {}).await.unwrap();
    let clock = Clock::start(ClockSetting::Fixed(now), log.as_ref()).unwrap();
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

/// The reactor's state after everything in the book.
fn folded(book: &Book) -> <RetentionEnds as Reactor>::State {
    let mut state = <RetentionEnds as Reactor>::State::default();
    for record in records(book) {
        if EventKind::from_name(&record.event_type).is_some_and(|kind| RetentionEnds::WANTS.contains(&kind)) {
            RetentionEnds.fold(&mut state, &Fact::read(&record).unwrap());
        }
    }
    state
}

/// Which reviews came down, in order.
fn ended(book: &Book) -> Vec<String> {
    let is_end = |record: &&Recorded| &*record.event_type == EventKind::ReviewRetentionEnded.name();
    records(book).iter().filter(is_end).map(|record| record.stream.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_2_05_while_a_hold_is_in_force_a_due_review_stays_and_comes_down_once_when_the_last_is_released() {
    let (directory, history) = (tempfile::tempdir().unwrap(), ten_years());
    let [held, free] = ORDERS.map(|order| format!("review-{}", ReviewId::of_line(order, 0)));
    for (moment, expected) in [
        ("2030-02-01T09:59:59Z", vec![]),
        ("2030-02-01T10:00:00Z", vec![free.clone()]),
        ("2030-03-02T10:00:00Z", vec![free.clone()]),
        ("2030-05-31T10:00:00Z", vec![free.clone()]),
        ("2030-06-01T10:00:00Z", vec![free, held]),
    ] {
        let book = book(directory.path(), &history, moment).await;
        // Killed after each step, before anything was noted: the same step again.
        loop {
            let noted = serde_json::to_vec(&folded(&book)).unwrap();
            let mut twice = [0, 1].map(|_| serde_json::from_slice(&noted).unwrap()).into_iter();
            let (mut state, mut again) = (twice.next().unwrap(), twice.next().unwrap());
            if !RetentionEnds.act(&book, &mut state, book.clock().now()).await.unwrap() {
                break;
            }
            assert!(RetentionEnds.act(&book, &mut again, book.clock().now()).await.unwrap());
        }
        assert_eq!(ended(&book), expected, "{moment}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_2_05_what_falls_due_is_shown_ahead_with_why_and_what_keeps_it() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    let policy = json!({ "reviewRetentionReading": "EARLIER_OF" });
    market.done(Role::Operator, "adoptPolicy", "AdoptPolicyInput", policy, "policies { version }").await;
    let ordered = market.delivered(&listing).await;
    let submitted = market
        .done(Role::Buyer, "submitReview", "SubmitReviewInput", review_input(&ordered, TEXT), "review { id }")
        .await;
    let review = submitted["review"]["id"].clone();
    let query = "query D($before: Date, $productId: ID, $reviewId: ID) { retentionDue(before: $before, \
                 productId: $productId, reviewId: $reviewId) { nodes { reviewId dueBecause policyVersion \
                 holds { authority legalBasis } } } }";
    let due = async |variables: Value| {
        market.server.settled().await.unwrap();
        let answer = market.ask(Some(Role::Auditor), query, variables).await;
        answer["data"]["retentionDue"]["nodes"].clone()
    };
    // Its years end in ten years, and what it is about is for sale.
    assert_eq!(due(json!({})).await, json!([]));
    let in_time = due(json!({ "before": "2999-01-01" })).await;
    assert_eq!((&in_time[0]["reviewId"], &in_time[0]["dueBecause"]), (&review, &json!("YEARS_PASSED")));
    place(&market, json!({ "reviewIds": [review] })).await;
    let remove = json!({ "listingId": listing, "reason": "WITHDRAWN_BY_SELLER", "explanation": "sold" });
    market.done(Role::Seller, "removeListing", "RemoveListingInput", remove, "listing { id }").await;
    let held = json!([{ "authority": "Parquet de Paris", "legalBasis": "Reg. (EU) 2023/1543 art. 11" }]);
    let node = json!({ "reviewId": review, "dueBecause": "OFF_SALE", "policyVersion": 1, "holds": held });
    for variables in [json!({}), json!({ "productId": PRODUCT }), json!({ "reviewId": review })] {
        assert_eq!(due(variables.clone()).await, json!([node]), "{variables}");
    }
    let other = "00000000-0000-4000-8000-000000000001";
    for variables in [json!({ "productId": other }), json!({ "reviewId": other }), json!({ "before": "2020-01-01" })] {
        assert_eq!(due(variables.clone()).await, json!([]), "{variables}");
    }
    let both = market.ask(Some(Role::Compliance), query, json!({ "productId": PRODUCT, "reviewId": review })).await;
    assert_eq!(both["errors"][0]["extensions"]["code"], "INVALID");
    let report = market.raw("/views/retention", vec![market.bearer(Role::Auditor)], None).await.json();
    assert!(report["reports"]["retention-due"].to_string().contains("OFF_SALE"), "{report}");
    assert!(report["reports"]["legal-holds"].to_string().contains("Parquet de Paris"), "{report}");
    market.server.stop().await;
}
