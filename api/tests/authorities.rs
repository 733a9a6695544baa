//! The contact point for authorities, over a real socket.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::fs;

use chrono::{DateTime, Utc};
use domain::metadata::Role;
use projections::data_directory::DataDirectory;
use serde_json::{Value, json};
use support::Market;

const CONTACT: &str = "contact { id status answerBy }";

fn message(sender: &str, language: &str) -> Value {
    json!({
        "sender": sender, "authority": "DGCCRF", "language": language, "email": "desk@authority.example",
        "text": "Please act.",
    })
}

fn order() -> Value {
    json!({
        "kind": "ACT_AGAINST_PRODUCT", "authority": "Autoriteit Consument & Markt", "memberState": "NL",
        "legalBasis": "Reg. (EU) 2023/988 art. 22", "reference": "ACM/UIT/612", "language": "nl", "urls": ["https://market.example/listings/1"],
        "answerTo": "desk@authority.example",
    })
}

fn with(mut input: Value, field: &str, value: Value) -> Value {
    input[field] = value;
    input
}

fn refusal(payload: &Value) -> (&str, &Value, &str) {
    let error = &payload["userErrors"][0];
    (error["code"].as_str().unwrap(), &error["field"], error["rule"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn r_4_01_r_4_02_what_came_in_is_noted_and_whoever_is_no_authority_is_not_handled() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let note =
        |input| market.command(Role::Compliance, "recordAuthorityMessage", "AuthorityMessageInput", input, CONTACT);
    let heard = note(message("MARKET_SURVEILLANCE", "nl")).await;
    assert_eq!(heard["contact"]["status"], "MESSAGE");
    assert_eq!(note(message("NOT_AN_AUTHORITY", "fr")).await["contact"]["status"], "REFUSED");
    let id = &heard["contact"]["id"];
    let read = "query C($id: ID!) { authorityContact(id: $id) { language order { kind } message { sender authority email text } } }";
    let contact =
        market.ask(Some(Role::Compliance), read, json!({ "id": id })).await["data"]["authorityContact"].clone();
    let said = json!({
        "sender": "MARKET_SURVEILLANCE", "authority": "DGCCRF", "email": "desk@authority.example", "text": "Please act.",
    });
    assert_eq!(contact, json!({ "language": "nl", "order": null, "message": said }), "compliance staff read it");
    for role in [None, Some(Role::Operator), Some(Role::Auditor)] {
        let refused = market.ask(role, read, json!({ "id": id })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role:?}");
    }
    let again = note(with(message("EUROPEAN_COMMISSION", "en"), "contactId", id.clone())).await;
    assert_eq!(refusal(&again), ("ALREADY_DONE", &json!(["contactId"]), "R-4-01"));
    let nameless = note(with(message("EUROPEAN_COMMISSION", "en"), "authority", Value::Null)).await;
    assert_eq!(refusal(&nameless), ("INVALID", &json!(["authority"]), "R-4-01"));
    let executed = json!({ "orderId": id, "effect": "GIVEN", "explanation": "removed" });
    let executed =
        market.command(Role::Compliance, "executeAuthorityOrder", "ExecuteAuthorityOrderInput", executed, CONTACT);
    assert_eq!(refusal(&executed.await), ("NOT_FOUND", &json!(["orderId"]), "R-4-03"));

    // It wrote in Dutch, which the contact point does not speak: it is told so in the same append.
    let events = "{ events(first: 250) { nodes { type data } } }";
    let book = market.ask(Some(Role::Auditor), events, Value::Null).await["data"]["events"]["nodes"].to_string();
    for noted in ["AuthorityMessageReceived", "AuthorityLanguageNotice", "AuthorityMessageRefused"] {
        assert!(book.contains(noted), "{noted}: {book}");
    }
    assert!(!book.contains("Please act"), "it is sealed: {book}");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_4_03_an_order_is_noted_with_its_clock_and_answered_once() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let note = |input| market.command(Role::Compliance, "recordAuthorityOrder", "AuthorityOrderInput", input, CONTACT);
    let noted = note(order()).await;
    assert_eq!(noted["contact"]["status"], "OPEN_ORDER");
    let answer_by: DateTime<Utc> = noted["contact"]["answerBy"].as_str().unwrap().parse().unwrap();
    assert!(answer_by > Utc::now());
    for (field, value) in [
        ("urls", json!([])),
        ("legalBasis", json!(" ")),
        ("reference", json!(" ")),
        ("memberState", json!("XX")),
        ("language", json!("Dutch")),
        ("answerTo", json!("desk")),
        ("transmittedAt", json!("2999-01-01T00:00:00Z")),
    ] {
        let answer = note(with(order(), field, value)).await;
        let (code, at, _) = refusal(&answer);
        assert_eq!((code, at), ("INVALID", &json!([field])));
    }
    let information = with(with(order(), "kind", json!("PROVIDE_INFORMATION")), "urls", json!([]));
    assert_eq!(note(information).await["contact"]["status"], "OPEN_ORDER");

    let answer = || json!({ "orderId": noted["contact"]["id"], "effect": "GIVEN", "explanation": "removed" });
    let execute =
        |input| market.command(Role::Compliance, "executeAuthorityOrder", "ExecuteAuthorityOrderInput", input, CONTACT);
    let early = execute(with(answer(), "effectiveAt", json!("2020-01-01T00:00:00Z"))).await;
    assert_eq!(refusal(&early), ("INVALID", &json!(["effectiveAt"]), "R-4-03"));
    let answered = execute(answer()).await;
    assert_eq!(
        (&answered["contact"]["status"], &answered["contact"]["answerBy"]),
        (&json!("ANSWERED_ORDER"), &Value::Null)
    );
    assert_eq!(refusal(&execute(answer()).await), ("ALREADY_DONE", &json!(["orderId"]), "R-4-03"));
    let read = "query C($id: ID!) { authorityContact(id: $id) { message { text } order { \
                kind authority memberState legalBasis reference urls answerTo answer { effect explanation } } } }";
    let id = json!({ "id": noted["contact"]["id"] });
    let contact = market.ask(Some(Role::Compliance), read, id).await["data"]["authorityContact"].clone();
    let mut expected = order();
    expected.as_object_mut().unwrap().remove("language");
    expected["answer"] = json!({ "effect": "GIVEN", "explanation": "removed" });
    assert_eq!(contact, json!({ "message": null, "order": expected }));

    // It need not give a reference.
    let nameless = note(with(order(), "reference", Value::Null)).await;
    let id = json!({ "id": nameless["contact"]["id"] });
    let contact = market.ask(Some(Role::Compliance), read, id).await["data"]["authorityContact"].clone();
    assert_eq!(contact["order"]["reference"], Value::Null);

    // Nothing could be done about it, and it is not told otherwise.
    let id = &nameless["contact"]["id"];
    let nothing = json!({ "orderId": id, "effect": "NOT_GIVEN", "explanation": "there is no such listing" });
    assert_eq!(execute(nothing).await["contact"]["status"], "ANSWERED_ORDER");
    market.server.settled().await.unwrap();
    let mails = fs::read_dir(DataDirectory::new(directory.path()).mail().join("new")).unwrap();
    let mails: Vec<_> = mails.map(|mail| fs::read_to_string(mail.unwrap().path()).unwrap()).collect();
    for told in ["Wij hebben gevolg gegeven aan uw bevel", "Wij konden geen gevolg geven aan uw bevel"] {
        assert_eq!(mails.iter().filter(|mail| mail.contains(&format!("Subject: {told}"))).count(), 1, "{mails:?}");
    }

    for role in [None, Some(Role::Buyer), Some(Role::Moderator), Some(Role::Operator)] {
        let query = "mutation O($input: AuthorityOrderInput!) { recordAuthorityOrder(input: $input) { position } }";
        let refused = market.ask(role, query, json!({ "input": order() })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role:?}");
    }
    market.server.stop().await;
}
