//! The transparency report, over a real socket.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use chrono::{DateTime, Utc};
use domain::calendar::{Month, ReportPeriod, SixMonths};
use domain::metadata::Role;
use event_log::Position;
use projections::active_recipients::{ActiveRecipients, ActiveRecipientsReader, Counted};
use projections::registry::ViewKind;
use projections::replay::Replayed;
use projections::runner::Until;
use projections::transparency::{Transparency, TransparencyReader, TransparencyReport};
use projections::view::View;
use serde_json::{Value, json};
use support::{Market, review_input};

const REPORT: &str = "query R($period: DsaPeriodInput!) {
  transparencyReport(period: $period) {
    period { label } isFinal
    ordersToAct { received items medianHoursToConfirm medianHoursToEffect } ordersToInform { received }
    notices { received decided actionsByLaw actionsByTerms medianHoursToAct } trustedFlaggersNotices { received }
    ownInitiativeByLaw { taken } ownInitiativeByTerms { taken } measures { taken automated }
    complaints { lodged upheld partiallyReversed reversed medianHoursToDecide }
    suspensionsForIllegalContent orderDisputes
    parts { number file rows csv } qualitative
    provenance { position asOf policyVersion digest }
  }
}";

/// Six months with today in them, also if it is another month before the test is over.
fn period() -> ReportPeriod {
    SixMonths::from(Month::of(Utc::now())).into()
}

/// The report once it has what is at a position.
async fn report(market: &Market, role: Role, position: &str) -> Value {
    let headers = vec![
        ("Authorization", format!("Bearer {}", market.token(role))),
        ("X-Marktboek-Position", position.to_owned()),
    ];
    let body = json!({ "query": REPORT, "variables": { "period": { "label": period().to_string() } } });
    let answer = market.raw("/graphql", headers, Some(body)).await.json();
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["transparencyReport"].clone()
}

/// A notice of a review and its decision, and an order of an authority and its answer; at which position that is.
async fn govern(market: &Market) -> String {
    let order = market.delivered(&market.stock().await).await;
    let review = review_input(&order, "Goed toestel.");
    let review = market.done(Role::Buyer, "submitReview", "SubmitReviewInput", review, "review { id }").await;
    let notice = json!({
        "reviewId": review["review"]["id"], "allegation": "ILLEGAL", "url": "https://market.example/reviews/1",
        "reasons": "it is a threat", "notifier": { "name": "Jo", "email": "jo@example.eu" }, "goodFaith": true,
        "language": "en",
    });
    let notice = market.done(Role::Buyer, "submitNotice", "SubmitNoticeInput", notice, "noticeId").await;
    let decision = json!({ "noticeId": notice["noticeId"], "outcome": "NO_ACTION", "explanation": "no threat" });
    market.done(Role::Moderator, "decideNotice", "DecideNoticeInput", decision, "status").await;
    let order = json!({
        "kind": "ACT_AGAINST_PRODUCT", "authority": "Autoriteit Consument & Markt", "memberState": "NL",
        "legalBasis": "Reg. (EU) 2023/988 art. 22", "language": "en", "urls": ["https://market.example/listings/1"],
        "answerTo": "desk@authority.example",
    });
    let noted =
        market.done(Role::Compliance, "recordAuthorityOrder", "AuthorityOrderInput", order, "contact { id }").await;
    let answer = json!({ "orderId": noted["contact"]["id"], "effect": "GIVEN", "explanation": "removed" });
    let execute = market.done(
        Role::Compliance,
        "executeAuthorityOrder",
        "ExecuteAuthorityOrderInput",
        answer,
        "contact { status }",
    );
    execute.await["position"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_7_01_the_report_is_for_compliance_and_auditors_and_for_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let variables = json!({ "period": { "year": 2025, "half": 2 } });
    for role in [None, Some(Role::Buyer), Some(Role::Seller), Some(Role::Moderator), Some(Role::Operator)] {
        let answer = market.ask(role, REPORT, variables.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role:?}");
    }
    for role in [Role::Compliance, Role::Auditor] {
        for (period, label) in [(variables["period"].clone(), "2025-H2"), (json!({ "year": 2025 }), "2025")] {
            let answer = market.ask(Some(role), REPORT, json!({ "period": period })).await;
            assert_eq!(answer["data"]["transparencyReport"]["period"]["label"], label, "{answer}");
            assert_eq!(answer["data"]["transparencyReport"]["isFinal"], true);
        }
    }
    let bad = market.ask(Some(Role::Auditor), REPORT, json!({ "period": { "label": "2025-H3" } })).await;
    assert_eq!(bad["errors"][0]["extensions"]["code"], "INVALID", "{bad}");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_7_01_r_0_02_what_was_done_is_counted_and_a_replay_at_its_address_gives_the_same_report() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let position = govern(&market).await;
    let told = report(&market, Role::Compliance, &position).await;
    let counts = |field: &str, of: &str| told[field][of].as_u64().unwrap();
    assert_eq!((counts("notices", "received"), counts("notices", "decided")), (1, 1));
    assert_eq!(told["notices"]["medianHoursToAct"], Value::Null, "it led to nothing");
    assert_eq!((counts("ordersToAct", "received"), counts("ordersToAct", "items")), (1, 1));
    assert_eq!(told["ordersToAct"]["medianHoursToEffect"], "0.00");
    assert_eq!((counts("ordersToInform", "received"), counts("measures", "taken")), (0, 0));
    let parts = told["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 12, "the template's eleven, and the recipients of one's own will");
    let orders = parts[2]["csv"].as_str().unwrap();
    assert!(orders.contains(",KEYWORD_UNSAFE_PRODUCTS,,NL,1,1,"), "{orders}");
    assert_eq!(told["isFinal"], false);

    let address = &told["provenance"];
    let position = Position(address["position"].as_str().unwrap().parse().unwrap());
    let moment: DateTime<Utc> = address["asOf"].as_str().unwrap().parse().unwrap();
    let until = Until { position: Some(position), moment: Some(moment) };
    let kinds = [ActiveRecipients::NAME, Transparency::NAME].map(|name| ViewKind::named(name).unwrap());
    let views = tempfile::tempdir().unwrap();
    let log = market.server.app().executor.platform().book.log();
    let replayed = Replayed::new(log.as_ref(), &kinds, until, views.path(), &|_, _| {}).unwrap();
    let recipients =
        ActiveRecipientsReader::new(replayed.rows(kinds[0]).unwrap(), &Counted::default()).average(period()).unwrap();
    let reader = TransparencyReader(replayed.rows(kinds[1]).unwrap());
    let (figures, policies) = (reader.figures(period()).unwrap(), reader.policy_version().unwrap());
    let again = TransparencyReport::new(period(), figures, &recipients, policies, replayed.address());
    assert_eq!(address["digest"], again.digest().to_string());
    assert_eq!(address["policyVersion"], policies);
    for (part, again) in parts.iter().zip(&again.parts) {
        assert_eq!((part["file"].as_str(), part["csv"].as_str()), (Some(&*again.file()), Some(&*again.csv())));
    }
    assert_eq!(told["qualitative"], again.qualitative);
    market.server.stop().await;
}
