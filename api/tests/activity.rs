//! Visits from edge servers: each recipient once a month for each Member State and part, by names that nobody can follow.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::path::Path;

use api::activity::Activity;
use domain::activity::{ActivityEvent, RecipientRole, RecipientsSeen, Visit};
use domain::calendar::Month;
use domain::counting_rule::{Exposure, UserAgentClass};
use domain::ids::CommandId;
use domain::metadata::{Actor, Role};
use domain::place::MemberState;
use domain::pseudonym::Pseudonym;
use domain::recording::Cause;
use domain::{Event, EventKind};
use event_log::Direction;
use serde_json::{Value, json};
use support::{Answer, BUYER, Market};
use uuid::Uuid;

impl Market {
    async fn post_activity(&self, role: Role, batch: &Value) -> Answer {
        self.post("/activity", vec![self.bearer(role)], batch.to_string().into_bytes()).await
    }

    async fn seen(&self, batch: &Value) -> Value {
        let answer = self.post_activity(Role::Operator, batch).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    async fn batches(&self) -> Vec<RecipientsSeen> {
        let log = self.server.app().executor.platform().book.log().clone();
        let all = log.read_all(None, Direction::Forwards, usize::MAX).await.unwrap();
        let seen = all.iter().filter(|record| *record.event_type == *"RecipientsSeen");
        let batch = |schema, data: &[u8]| {
            let event = Event::decode(EventKind::RecipientsSeen, schema, data).unwrap();
            let Event::Activity(ActivityEvent::RecipientsSeen(seen)) = event else { panic!("{event:?}") };
            seen
        };
        seen.map(|record| batch(record.schema, &record.data)).collect()
    }

    /// The active recipients of a month: in the Union, in the Netherlands, buyers and visitors.
    async fn active(&self, period: &str, month: usize) -> [u64; 4] {
        let query = "query Q($period: DsaPeriodInput!) { dsaActiveRecipients(period: $period) {
            months { recipients buyers visitors } byMemberState { memberState months } } }";
        let answer = self.ask(Some(Role::Compliance), query, json!({ "period": { "label": period } })).await;
        let figure = &answer["data"]["dsaActiveRecipients"];
        let of = |name: &str| figure["months"][month][name].as_u64().unwrap_or_else(|| panic!("{answer}"));
        let states = figure["byMemberState"].as_array().unwrap();
        let there = states.iter().find(|state| state["memberState"] == "NL");
        let there = there.map_or(0, |state| state["months"][month].as_u64().unwrap());
        [of("recipients"), there, of("buyers"), of("visitors")]
    }
}

fn visit(recipient: &str, state: &str, role: &str) -> Value {
    json!({ "recipient": recipient, "memberState": state, "role": role })
}

/// The bytes of every file under a directory.
fn files(directory: &Path) -> Vec<u8> {
    let entries = directory.read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { std::fs::read(path).unwrap() }).collect()
}

#[tokio::test]
async fn r_5_01_r_5_04_a_recipient_is_recorded_once_by_whatever_way_it_comes() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let command = Uuid::from_u128(7);
    let batch = json!({ "commandId": command, "month": "2026-03", "visits": [
        visit("device-1", "NL", "VISITOR"), visit("device-1", "BE", "VISITOR"), visit("device-1", "NL", "VISITOR"),
        visit(BUYER, "NL", "BUYER"),
        json!({ "recipient": "crawler", "memberState": "NL", "role": "VISITOR", "userAgent": "DECLARED_BOT" }),
        json!({ "recipient": "elsewhere", "memberState": "NL", "role": "VISITOR", "exposure": "ELSEWHERE" }),
    ]});
    let first = market.seen(&batch).await;
    assert_eq!(first, market.seen(&batch).await, "sent again, it does nothing and answers the same");
    let [recorded] = &market.batches().await[..] else { panic!("one batch") };
    assert_eq!((recorded.rule, recorded.excluded.bots, recorded.excluded.incidental), (2, 1, 1));
    let sizes: Vec<_> =
        recorded.seen.iter().map(|seen| (seen.member_state, seen.role, seen.recipients.len())).collect();
    let visitors = RecipientRole::Visitor;
    assert_eq!(
        sizes,
        [(MemberState::BE, visitors, 1), (MemberState::NL, RecipientRole::Buyer, 1), (MemberState::NL, visitors, 1)]
    );

    // The same account by the other way, by its global id, in capitals, and after a start; and somebody new.
    market.server.stop().await;
    let market = Market::open(directory.path()).await;
    let again = json!({ "month": "2026-03", "memberState": "NL", "role": "BUYER", "visits": [
        { "recipientId": BUYER.to_uppercase() }, { "recipientId": base64("Buyer", BUYER) },
    ]});
    market.done(Role::Operator, "recordActivity", "RecordActivityInput", again, "month").await;
    assert_eq!(market.batches().await.len(), 1, "everybody was recorded already");
    market.seen(&json!({ "month": "2026-03", "visits": [visit("device-2", "NL", "VISITOR")] })).await;
    assert_eq!(market.batches().await.len(), 2);
    market.server.settled().await.unwrap();
    assert_eq!(market.active("2026-H1", 2).await, [3, 3, 1, 2]);
}

fn base64(kind: &str, id: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{kind}:{id}"))
}

#[tokio::test]
async fn r_5_04_whoever_orders_and_whoever_visits_with_the_same_account_is_one_recipient() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    market.delivered(&listing).await;
    market.seen(&json!({ "visits": [visit(BUYER, "NL", "BUYER"), visit("device-1", "NL", "VISITOR")] })).await;
    market.server.settled().await.unwrap();
    let now = Month::of(market.server.app().executor.platform().book.clock().now());
    assert_eq!(market.active(&now.to_string(), 0).await, [2, 2, 1, 1]);
}

#[tokio::test]
async fn r_5_04_no_file_tells_who_was_seen_and_in_each_month_it_is_by_another_name() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let device = "device-5f1c0c5a3be14b6d";
    for month in ["2026-03", "2026-04"] {
        market
            .seen(&json!({ "month": month, "visits": [visit(device, "NL", "VISITOR"), visit(BUYER, "NL", "BUYER")] }))
            .await;
    }
    market.server.settled().await.unwrap();
    let [march, april] = &market.batches().await[..] else { panic!("two batches") };
    let names =
        |batch: &RecipientsSeen| -> Vec<_> { batch.seen.iter().flat_map(|seen| seen.recipients.iter()).collect() };
    assert!(names(march).iter().all(|name| !names(april).contains(name)));
    market.server.stop().await;
    let everything = files(directory.path());
    let account = Uuid::parse_str(BUYER).unwrap();
    for told in [device.as_bytes(), BUYER.as_bytes(), account.as_bytes(), &Pseudonym::of_id(account).0.to_be_bytes()] {
        assert!(!everything.windows(told.len()).any(|found| found == told), "{told:?}");
    }
}

#[tokio::test]
async fn r_5_05_once_a_figure_is_published_its_months_names_can_not_be_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let of = |month: &str, device: &str| json!({ "month": month, "visits": [visit(device, "NL", "VISITOR")] });
    let mut first = of("2025-08", "device-1");
    first["commandId"] = json!(Uuid::from_u128(8));
    let recorded = market.seen(&first).await;
    market.server.settled().await.unwrap();
    let query = "query Q($period: DsaPeriodInput!) {
        dsaActiveRecipients(period: $period) { provenance { position digest } } }";
    let seen = market.ask(Some(Role::Compliance), query, json!({ "period": { "label": "2025-H2" } })).await;
    let provenance = &seen["data"]["dsaActiveRecipients"]["provenance"];
    let publish = json!({ "period": { "label": "2025-H2" }, "position": provenance["position"],
        "digest": provenance["digest"], "wording": "EXACT" });
    market.done(Role::Compliance, "publishDsaFigure", "PublishDsaFigureInput", publish, "publication { id }").await;
    market.server.settled().await.unwrap();

    let again = market.seen(&first).await;
    assert_eq!(again, recorded, "a batch of before answers what it did");
    for month in ["2025-07", "2025-08", "2025-12"] {
        assert!(market.has_forgotten(&format!("recipients-{month}")).await, "{month}");
        let late = market.post_activity(Role::Operator, &of(month, "device-2")).await;
        assert_eq!(late.status, 409, "{late:?}");
        let error = &late.json()["userErrors"][0];
        assert_eq!((&error["code"], &error["field"][0]), (&json!("TOO_LATE"), &json!("month")), "{error}");
    }
    market.seen(&of("2026-01", "device-1")).await;
    assert_eq!(market.active("2025-H2", 1).await, [1, 1, 0, 1]);
    let again = market.ask(Some(Role::Compliance), query, json!({ "period": { "label": "2025-H2" } })).await;
    assert_eq!(again["data"]["dsaActiveRecipients"]["provenance"]["digest"], provenance["digest"]);
}

#[tokio::test]
async fn a_batch_that_is_not_one_is_told_what_is_wrong_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let good = json!({ "visits": [visit("device-1", "NL", "VISITOR")] });
    let answer = market.post_activity(Role::Compliance, &good).await;
    assert_eq!(answer.status, 403);
    let too_many = vec![visit("device-1", "NL", "VISITOR"); 10_001];
    for (batch, status, names) in [
        (json!({ "visits": [visit("device-1", "BR", "VISITOR")] }), 400, "BR"),
        (json!({ "visits": [visit("device-1", "NL", "PASSER-BY")] }), 400, "PASSER-BY"),
        (json!({ "visits": [{ "recipient": "device-1", "role": "VISITOR" }] }), 400, "memberState"),
        (json!({ "visits": [], "months": "2026-03" }), 400, "months"),
        (json!({ "month": "2026-13", "visits": [] }), 400, "month"),
        (json!({ "visits": [] }), 400, "1 to 10000"),
        (json!({ "visits": too_many }), 400, "1 to 10000"),
        (json!({ "visits": [visit("", "NL", "VISITOR")] }), 400, "a recipient's id has 1 to 128 bytes, not 0"),
        (json!({ "visits": [visit(&"d".repeat(129), "NL", "VISITOR")] }), 400, "1 to 128 bytes"),
        (json!({ "month": "2999-01", "visits": [visit("device-1", "NL", "VISITOR")] }), 409, "has not begun"),
    ] {
        let answer = market.post_activity(Role::Operator, &batch).await;
        let why = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(answer.status == status && why.contains(names), "{batch:.200}: {} {why}", answer.status);
    }
    assert!(market.batches().await.is_empty());
}

#[tokio::test]
async fn r_5_04_several_nodes_that_take_batches_of_one_month_record_nobody_twice() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let book = &market.server.app().executor.platform().book;
    let nodes = [Activity::new(book.clone()), Activity::new(book.clone()), Activity::new(book.clone())];
    let month: Month = "2026-03".parse().unwrap();
    let batch = |number: u64| -> Vec<Visit> {
        // Each of a node's batches has half of the one before.
        let ids = number * 10..number * 10 + 20;
        let (member_state, role) = (MemberState::NL, RecipientRole::Visitor);
        let (user_agent, exposure) = (UserAgentClass::App, Exposure::Service);
        ids.map(|id| Visit { recipient: Pseudonym(id), member_state, role, user_agent, exposure }).collect()
    };
    let sent = (0..30_u64).map(|number| {
        let node = nodes[number as usize % nodes.len()].clone();
        let cause = Cause::new(CommandId(Uuid::from_u128(number.into())), Actor::system("edge"));
        async move { node.record(&cause, month, batch(number)).await }
    });
    for done in futures::future::join_all(sent).await {
        done.unwrap();
    }
    let mut ids: Vec<u64> = Vec::new();
    for batch in market.batches().await {
        ids.extend(batch.seen.iter().flat_map(|seen| seen.recipients.iter()).map(|name| name.0));
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..310).collect::<Vec<_>>());
}
