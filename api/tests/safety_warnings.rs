//! Whoever bought a dangerous product is told of which order (R-2.2-06), over a real socket.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::Utc;
use domain::event::Event;
use domain::mail::{MailEvent, MailKind};
use domain::metadata::Role;
use domain::safety_warning::SafetyWarning;
use domain::{Aggregate, EventKind};
use event_log::{Expected, NewEvent, Position, Recorded, StreamName};
use serde_json::{Value, json};
use support::{BUYER, Market, PRODUCT, SELLER, listing_input};
use uuid::Uuid;

fn plain(global: &str) -> Uuid {
    let text = String::from_utf8(BASE64.decode(global).unwrap()).unwrap();
    Uuid::parse_str(text.split_once(':').unwrap().1).unwrap()
}

async fn register(market: &Market) {
    let buyer = json!({
        "country": "NL", "language": "nl",
        "identity": { "name": "Jo Peeters", "email": "jo@example.eu", "address": "Kade 2" },
    });
    market.done(Role::Buyer, "registerBuyer", "RegisterBuyerInput", buyer, "position").await;
}

/// An order of the buyer's that is cancelled before anybody confirms it.
async fn cancelled(market: &Market, listing: &str) -> String {
    let quote =
        "query Q($input: OrderQuoteInput!) { orderQuote(input: $input) { serviceFee { amount currencyCode } } }";
    let lines = json!([{ "listingId": listing }]);
    let quoted = market.ask(Some(Role::Buyer), quote, json!({ "input": { "lines": lines } })).await;
    let order = json!({
        "lines": lines, "serviceFee": quoted["data"]["orderQuote"]["serviceFee"], "countryOfPurchase": "NL",
    });
    let placed = market.done(Role::Buyer, "placeOrder", "PlaceOrderInput", order, "order { id }").await;
    let id = placed["order"]["id"].as_str().unwrap().to_owned();
    let cancel = json!({ "orderId": id });
    market.done(Role::Buyer, "cancelOrder", "CancelOrderInput", cancel, "order { status }").await;
    id
}

fn of_type(market: &Market, name: &str) -> Vec<Recorded> {
    let book = &market.server.app().executor.platform().book;
    let mut records = book.log().scan(Position::START, usize::MAX).unwrap();
    records.retain(|record| &*record.event_type == name);
    records
}

/// What the warnings of the product say, the oldest first.
async fn letters(market: &Market) -> Vec<String> {
    market.server.settled().await.unwrap();
    let book = &market.server.app().executor.platform().book;
    let mut letters = Vec::new();
    for record in of_type(market, "MailQueued") {
        let event = Event::decode(EventKind::MailQueued, record.schema, &record.data).unwrap();
        if let Event::Mail(MailEvent::MailQueued(queued)) = event
            && queued.kind == MailKind::DangerousProduct
        {
            letters.push(book.open(EventKind::MailQueued, &queued.content).await.unwrap().unwrap().text);
        }
    }
    letters
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_06_a_buyer_is_told_of_the_order_that_stands_and_not_of_a_later_one_that_was_cancelled() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    register(&market).await;
    let listing = market.stock().await;
    let (stands, later) = (market.delivered(&listing).await, cancelled(&market, &listing).await);
    let remove = json!({ "listingId": listing, "reason": "DANGEROUS", "explanation": "its battery may burn" });
    market.done(Role::Operator, "removeListing", "RemoveListingInput", remove, "position").await;
    let [letter] = &letters(&market).await[..] else { panic!("one letter") };
    let [stands, later] = [stands, later].map(|order| plain(&order).to_string());
    assert!(letter.contains(&stands) && !letter.contains(&later), "{letter}");
    let [warned] = &of_type(&market, "BuyersWarned")[..] else { panic!("one warning") };
    let data: Value = serde_json::from_slice(&warned.data).unwrap();
    assert_eq!(data["buyers"], json!([{ "buyer": BUYER, "order": stands }]));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_06_where_an_old_warning_did_not_record_the_order_the_book_is_searched_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    register(&market).await;
    market.stock().await;
    let listed = market.done(Role::Seller, "publishListing", "PublishListingInput", listing_input(), "listing { id }");
    let listing = listed.await["listing"]["id"].as_str().unwrap().to_owned();
    let order = plain(&market.delivered(&listing).await).to_string();
    // As a version of before wrote it, which ended before it told anybody.
    let (now, id) = (Utc::now(), Uuid::from_u128(1));
    let data = json!({
        "product": PRODUCT, "seller": SELLER, "reason": "DANGEROUS", "explanation": "its battery may burn",
        "awareAt": now, "buyers": [BUYER],
    });
    let metadata = json!({
        "occurredAt": now, "actor": { "role": "system", "id": "safety-warnings" }, "commandId": id, "correlationId": id,
        "schema": 1,
    });
    let event = NewEvent {
        id,
        event_type: "BuyersWarned".into(),
        schema: 1,
        occurred_at: now,
        data: data.to_string().into(),
        metadata: metadata.to_string().into(),
    };
    let stream = StreamName::new(SafetyWarning::stream(plain(&listing))).unwrap();
    let book = &market.server.app().executor.platform().book;
    book.log().append(&stream, Expected::NoStream, vec![event]).await.unwrap();
    let [letter] = &letters(&market).await[..] else { panic!("one letter") };
    assert!(letter.contains(&order), "{letter}");
    market.server.stop().await;
}
