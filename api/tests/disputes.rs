//! Disputes about orders, over a real socket.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::metadata::Role;
use serde_json::{Value, json};
use support::{BUYER, Market};

const OTHER: &str = "b0b00000-0000-4000-8000-0000000000ff";

async fn dispute(market: &Market, role: Role, step: &str, order: &str) -> Value {
    let (mutation, input_type, mut input) = match step {
        "open" => ("openDispute", "OpenDisputeInput", json!({ "subject": "it is broken" })),
        "mediator" => {
            ("referDispute", "ReferDisputeInput", json!({ "forum": "MEDIATOR", "body": "Geschillencommissie" }))
        }
        "court" => {
            let input = json!({ "forum": "COURT_OF_BUYERS_RESIDENCE", "body": "Rechtbank Amsterdam" });
            ("referDispute", "ReferDisputeInput", input)
        }
        outcome => ("closeDispute", "CloseDisputeInput", json!({ "outcome": outcome, "explanation": "it is over" })),
    };
    input["orderId"] = json!(order);
    market.command(role, mutation, input_type, input, "order { id }").await
}

/// The UUID in a global id.
fn plain(id: &str) -> String {
    let text = String::from_utf8(BASE64.decode(id).unwrap()).unwrap();
    text.split_once(':').unwrap().1.to_owned()
}

fn refusal(payload: &Value) -> (&str, &str, &str) {
    let error = &payload["userErrors"][0];
    (error["code"].as_str().unwrap(), error["field"][0].as_str().unwrap(), error["rule"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn r_6_01_a_dispute_goes_from_the_parties_to_a_body_to_a_court_and_its_end_is_noted_by_staff() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let order = &market.delivered(&market.stock().await).await;
    assert_eq!(refusal(&dispute(&market, Role::Buyer, "mediator", order).await), ("NOT_FOUND", "orderId", "R-6-01"));
    for step in ["open", "mediator", "court"] {
        let payload = dispute(&market, Role::Buyer, step, order).await;
        assert_eq!((&payload["userErrors"], &payload["order"]["id"]), (&json!([]), &json!(order)), "{step}");
    }
    assert_eq!(refusal(&dispute(&market, Role::Buyer, "open", order).await), ("ALREADY_DONE", "orderId", "R-6-01"));
    assert_eq!(refusal(&dispute(&market, Role::Buyer, "mediator", order).await), ("NOT_ELIGIBLE", "forum", "R-6-01"));
    assert_eq!(refusal(&dispute(&market, Role::Buyer, "FOR_BUYER", order).await), ("FORBIDDEN", "outcome", "R-6-01"));
    let closed = dispute(&market, Role::Compliance, "FOR_BUYER", order).await;
    assert_eq!((&closed["userErrors"], &closed["order"]["id"]), (&json!([]), &json!(order)));
    let again = dispute(&market, Role::Operator, "SETTLED", order).await;
    assert_eq!(refusal(&again), ("ALREADY_DONE", "orderId", "R-6-01"));

    // What it is about is sealed; how it went is not.
    let events = "query E($stream: String!) { events(stream: $stream) { nodes { type data } } }";
    let stream = format!("dispute-{}", plain(order));
    let book = market.ask(Some(Role::Auditor), events, json!({ "stream": stream })).await.to_string();
    assert!(!book.contains("it is broken") && book.contains("Rechtbank Amsterdam"), "{book}");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_6_01_a_dispute_is_its_buyers_to_open_and_to_let_rest() {
    let directory = tempfile::tempdir().unwrap();
    let mut market = Market::open(directory.path()).await;
    let order = &market.delivered(&market.stock().await).await;
    market.buyer = OTHER;
    assert_eq!(refusal(&dispute(&market, Role::Buyer, "open", order).await), ("FORBIDDEN", "orderId", "R-6-01"));
    market.buyer = BUYER;
    assert_eq!(dispute(&market, Role::Buyer, "open", order).await["userErrors"], json!([]));
    market.buyer = OTHER;
    assert_eq!(refusal(&dispute(&market, Role::Buyer, "WITHDRAWN", order).await), ("FORBIDDEN", "orderId", "R-6-01"));
    market.buyer = BUYER;
    assert_eq!(dispute(&market, Role::Buyer, "WITHDRAWN", order).await["userErrors"], json!([]));
    let query = "mutation O($id: ID!) { openDispute(input: { orderId: $id, subject: \"x\" }) { position } }";
    for role in [None, Some(Role::Seller), Some(Role::Operator)] {
        let refused = market.ask(role, query, json!({ "id": order })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role:?}");
    }
    market.server.stop().await;
}
