//! Figures are published over a real socket: what was seen, once, and to everyone only what the website says.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use domain::metadata::Role;
use serde_json::{Value, json};
use support::Market;

const SEEN: &str = "query F($period: DsaPeriodInput!) { dsaActiveRecipients(period: $period) {
  averageNumerator averageDenominator threshold warningLevel belowThreshold level percentOfThreshold
  distance { numerator denominator rounded }
  trend { withinPeriod { numerator denominator rounded } sincePeriodBefore { rounded } }
  byRole { role sum months } publications { agrees publication { id } } provenance { position digest }
} }";

const READ: &str = "{ publishedDsaFigures { nodes {
  id wording belowThreshold methodVersion eventPosition figure { average } provenance { position digest }
  en: websiteText(language: EN) de: websiteText(language: DE)
} } }";

const FIELDS: &str = "publication { id }";

async fn visit(market: &Market, month: &str, recipients: &[u128]) {
    let visits: Vec<_> =
        recipients.iter().map(|id| json!({ "recipientId": uuid::Uuid::from_u128(*id).to_string() })).collect();
    let input = json!({ "month": month, "memberState": "NL", "role": "BUYER", "visits": visits });
    market.done(Role::Operator, "recordActivity", "RecordActivityInput", input, "month").await;
    market.server.settled().await.unwrap();
}

fn period() -> Value {
    json!({ "year": 2025, "half": 2 })
}

async fn seen(market: &Market) -> Value {
    let answer = market.ask(Some(Role::Compliance), SEEN, json!({ "period": period() })).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["dsaActiveRecipients"].clone()
}

fn input(seen: &Value, wording: &str) -> Value {
    let address = &seen["provenance"];
    json!({ "period": period(), "position": address["position"], "digest": address["digest"], "wording": wording })
}

async fn published(market: &Market, role: Option<Role>) -> Vec<Value> {
    let answer = market.ask(role, READ, json!({})).await;
    answer["data"]["publishedDsaFigures"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

async fn publish(market: &Market, input: Value) -> Value {
    market.command(Role::Compliance, "publishDsaFigure", "PublishDsaFigureInput", input, FIELDS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r_5_03_a_figure_that_is_said_only_to_be_below_the_threshold_is_for_compliance_and_auditors() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    visit(&market, "2025-07", &[1]).await;
    visit(&market, "2025-12", &[1, 2, 3]).await;
    let seen = seen(&market).await;
    assert_eq!((&seen["averageNumerator"], &seen["averageDenominator"]), (&json!("4"), &json!(6)));
    assert_eq!((&seen["level"], &seen["warningLevel"]), (&json!("BELOW"), &json!(36_000_000)));
    assert_eq!(seen["distance"], json!({ "numerator": "269999996", "denominator": "6", "rounded": "44999999.33" }));
    assert_eq!(seen["trend"]["withinPeriod"], json!({ "numerator": "2", "denominator": "3", "rounded": "0.67" }));
    assert_eq!(
        (&seen["trend"]["sincePeriodBefore"]["rounded"], &seen["percentOfThreshold"]),
        (&json!("0.67"), &json!("0.00"))
    );
    assert_eq!(seen["byRole"][0], json!({ "role": "BUYER", "sum": 4, "months": [1, 0, 0, 0, 0, 3] }));
    let done = publish(&market, input(&seen, "BELOW_THRESHOLD")).await;
    assert_eq!(done["userErrors"], json!([]));

    for role in [None, Some(Role::Buyer), Some(Role::Seller), Some(Role::Moderator), Some(Role::Operator)] {
        let [publication] = &published(&market, role).await[..] else { panic!("one publication") };
        assert_eq!(publication["figure"], Value::Null, "{role:?}");
        assert_eq!((&publication["belowThreshold"], &publication["methodVersion"]), (&json!(true), &json!(1)));
        assert!(publication["en"].as_str().unwrap().contains("fewer than 45\u{a0}million"), "{publication}");
        assert!(!publication["en"].as_str().unwrap().contains("0.67"), "{publication}");
    }
    for role in [Role::Compliance, Role::Auditor] {
        let [publication] = &published(&market, Some(role)).await[..] else { panic!("one publication") };
        assert_eq!(publication["figure"]["average"], "0.67", "{role:?}");
        assert_eq!(publication["provenance"], seen["provenance"]);
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_5_05_r_0_04_a_publication_that_is_sent_again_is_done_once_and_those_at_once_are_one() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    visit(&market, "2025-07", &[1]).await;
    let seen = seen(&market).await;
    let mut sent = input(&seen, "EXACT");
    sent["commandId"] = json!(uuid::Uuid::from_u128(77));
    let (one, other, another) = tokio::join!(
        publish(&market, sent.clone()),
        publish(&market, input(&seen, "EXACT")),
        publish(&market, input(&seen, "EXACT")),
    );
    let refused = |payload: &Value| payload["userErrors"][0]["code"] == "ALREADY_DONE";
    assert_eq!([&one, &other, &another].into_iter().filter(|payload| refused(payload)).count(), 2, "{one} {other}");
    let all = published(&market, None).await;
    assert_eq!(all.len(), 1);
    let again = publish(&market, sent).await;
    if refused(&one) {
        assert!(refused(&again), "{again}");
    } else {
        assert_eq!((&again["position"], &again["publication"]["id"]), (&one["position"], &all[0]["id"]));
    }

    // What can't be published is refused before anything is counted, and says what to mend.
    for (field, value, code, named) in [
        ("position", json!("-1"), "INVALID", "position"),
        ("position", json!("1000000"), "NOT_FOUND", "position"),
        ("position", json!(u64::MAX.to_string()), "NOT_FOUND", "position"),
        ("digest", json!("12"), "INVALID", "digest"),
        ("period", json!({ "label": "2999-H1" }), "TOO_EARLY", "period"),
        ("corrects", json!(uuid::Uuid::from_u128(5)), "NOT_ELIGIBLE", "corrects"),
        ("reason", json!("late"), "INVALID", "reason"),
    ] {
        let mut wrong = input(&seen, "EXACT");
        wrong[field] = value;
        let refusal = publish(&market, wrong).await["userErrors"][0].clone();
        assert_eq!((&refusal["code"], &refusal["field"]), (&json!(code), &json!([named])), "{refusal}");
    }
    market.server.stop().await;
}
