//! The console's pages for compliance staff and auditors, over a real socket: a figure is published, regenerated and corrected;
//! an event is proved; what is to be kept is kept.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "support/console.rs"]
mod console;
mod support;

use console::{OWN, events, fields, page, sent, text};
use domain::activity::{RecipientRole, Visit};
use domain::counting_rule::{Exposure, UserAgentClass};
use domain::ids::CommandId;
use domain::metadata::{Actor, Role};
use domain::place::MemberState;
use domain::pseudonym::Pseudonym;
use domain::recording::Cause;
use event_log::merkle::{Proof, PublicHeadKey};
use event_log::{Direction, Expected, NewEvent, StreamName};
use serde_json::{Value, json};
use support::{Answer, Market, review_input};
use uuid::Uuid;

const FIGURE: &str = "/console/active-recipients";
const PERIOD: &str = "/console/active-recipients?period=2025-H2";

async fn visited(market: &Market, month: &str, recipients: &[u128]) {
    let visits: Vec<Value> = recipients.iter().map(|id| json!({ "recipientId": Uuid::from_u128(*id) })).collect();
    let input = json!({ "month": month, "memberState": "NL", "role": "BUYER", "visits": visits });
    market.done(Role::Operator, "recordActivity", "RecordActivityInput", input, "month").await;
    market.server.settled().await.unwrap();
}

/// Somebody was seen, in a batch that was named in time and waited: no server names anybody of a published month.
async fn came_late(market: &Market, month: &str, recipient: u64) {
    let visit = Visit {
        recipient: Pseudonym(recipient),
        member_state: MemberState::NL,
        role: RecipientRole::Buyer,
        user_agent: UserAgentClass::Browser,
        exposure: Exposure::Service,
    };
    let cause = Cause::new(CommandId(Uuid::new_v4()), Actor::system("edge"));
    let activity = &market.server.app().executor.platform().activity;
    activity.record(&cause, month.parse().unwrap(), vec![visit]).await.unwrap();
    market.server.settled().await.unwrap();
}

/// Sends the form of a page to a path, with what a person would write or choose in it.
async fn filled(market: &Market, role: Role, shown: &str, path: &str, more: &[(&str, &str)]) -> Answer {
    let token = fields(shown, "formToken")[0];
    let mut form = vec![("formToken", token)];
    form.extend_from_slice(more);
    sent(market, Some(role), path, &[OWN], &form).await
}

async fn published(market: &Market, more: &[(&str, &str)]) -> Answer {
    let shown = page(market, Role::Compliance, PERIOD).await;
    let shown = text(&shown);
    let mut form: Vec<(&str, &str)> =
        ["commandId", "period", "position", "digest"].map(|name| (name, *fields(shown, name).last().unwrap())).to_vec();
    form.extend(fields(shown, "corrects").first().map(|corrects| ("corrects", *corrects)));
    form.extend_from_slice(more);
    filled(market, Role::Compliance, shown, "/console/active-recipients/publications", &form).await
}

/// The page of a regeneration once it has ended.
async fn regenerated(market: &Market, role: Role, form: &[(&str, &str)]) -> String {
    let shown = page(market, role, PERIOD).await;
    let begun = filled(market, role, text(&shown), &format!("{FIGURE}/regenerations"), form).await;
    assert_eq!(begun.status, 303, "{}", text(&begun));
    let path = begun.header("location").unwrap().to_owned();
    loop {
        let shown = page(market, role, &path).await;
        assert_eq!(shown.status, 200);
        if !text(&shown).contains("hx-trigger") {
            return text(&shown).to_owned();
        }
    }
}

async fn publications(market: &Market) -> Vec<String> {
    let shown = page(market, Role::Auditor, PERIOD).await;
    let mut all: Vec<String> = fields(text(&shown), "publication").into_iter().map(str::to_owned).collect();
    all.dedup();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn r_5_05_a_figure_is_published_from_its_page_regenerated_and_corrected_when_a_late_event_came() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    visited(&market, "2025-07", &[1, 2]).await;
    visited(&market, "2025-08", &[2]).await;
    let shown = page(&market, Role::Auditor, PERIOD).await;
    assert!(text(&shown).contains("exactly 3/6") && text(&shown).contains("44,999,999.50"), "{}", text(&shown));
    assert!(
        text(&shown).contains("Figures are published by COMPLIANCE.") && !text(&shown).contains("name=\"wording\"")
    );
    let as_shown: Vec<(&str, &str)> =
        ["period", "position", "digest"].map(|name| (name, fields(text(&shown), name)[0])).to_vec();
    let form = [as_shown.clone(), vec![("against", "shown")]].concat();
    assert!(regenerated(&market, Role::Auditor, &form).await.contains("Regenerated the same"));
    let form = [as_shown, vec![("commandId", "00000000-0000-4000-8000-000000000001"), ("wording", "EXACT")]].concat();
    let refused = filled(&market, Role::Auditor, text(&shown), &format!("{FIGURE}/publications"), &form).await;
    assert_eq!(refused.status, 403, "an auditor publishes nothing");

    let done = published(&market, &[("wording", "EXACT")]).await;
    assert_eq!((done.status, done.header("location")), (303, Some(&*format!("{PERIOD}&done=published"))));
    let shown = page(&market, Role::Compliance, PERIOD).await;
    assert!(text(&shown).contains("Agrees with what is computed now.") && text(&shown).contains("nothing to correct"));
    let first = publications(&market).await[0].clone();
    let own = [("against", "publication"), ("publication", &*first)];
    assert!(regenerated(&market, Role::Auditor, &own).await.contains("Regenerated the same: one number, one digest."));
    let french = page(&market, Role::Auditor, &format!("{FIGURE}/publications/{first}?language=fr")).await;
    assert!(text(&french).contains("lang=\"fr\" tabindex") && text(&french).contains("destinataires"));
    let plain = page(&market, Role::Auditor, &format!("{FIGURE}/publications/{first}/de")).await;
    assert_eq!(plain.header("content-type"), Some("text/plain; charset=utf-8"));

    came_late(&market, "2025-07", 3).await;
    let shown = page(&market, Role::Compliance, PERIOD).await;
    assert!(text(&shown).contains("Differs from what is computed now"));
    assert!(regenerated(&market, Role::Compliance, &own).await.contains("Regenerated the same"), "as of its position");
    let now = regenerated(&market, Role::Compliance, &[("against", "now"), ("publication", &first)]).await;
    assert!(now.contains("differs: published of 2025-07 were 2 recipients; the book says 3"), "{now}");

    let before = events(&market).await;
    let without = published(&market, &[("wording", "BELOW_THRESHOLD")]).await;
    assert!(without.status == 422 && text(&without).contains("id=\"reason-wrong\""), "{}", text(&without));
    assert!(text(&without).contains("value=\"BELOW_THRESHOLD\" checked"), "what was chosen is still there");
    assert_eq!(events(&market).await, before);
    let reason = ("reason", "visits of July were reported late");
    assert_eq!(published(&market, &[("wording", "EXACT"), reason]).await.status, 303);
    let shown = page(&market, Role::Auditor, PERIOD).await;
    assert!(text(&shown).contains("Corrected since.") && text(&shown).contains(reason.1));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_5_05_a_publication_that_the_book_does_not_bear_out_is_found_by_regenerating_it() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    visited(&market, "2025-07", &[1, 2]).await;
    assert_eq!(published(&market, &[("wording", "EXACT")]).await.status, 303);
    let log = market.server.app().executor.platform().book.log().clone();
    let stream = StreamName::new("dsafigure-2025-H2").unwrap();
    let right = log.read_stream(&stream, None, Direction::Forwards, 1).await.unwrap().remove(0);
    let mut data: Value = serde_json::from_slice(&right.data).unwrap();
    data["publication"] = json!(Uuid::from_u128(7));
    data["months"][0]["union"] = json!(2_000);
    let wrong = NewEvent {
        id: Uuid::from_u128(8),
        event_type: right.event_type.clone(),
        schema: right.schema,
        occurred_at: right.occurred_at,
        data: data.to_string().into(),
        metadata: right.metadata.clone(),
    };
    log.append(&stream, Expected::Exact(right.revision), vec![wrong]).await.unwrap();
    market.server.settled().await.unwrap();
    let all = publications(&market).await;
    assert_eq!(all.len(), 2);
    let found = regenerated(&market, Role::Auditor, &[("against", "publication"), ("publication", &all[1])]).await;
    assert!(found.contains("differs: published of 2025-07 were 2000 recipients; the book says 2"), "{found}");
    assert!(found.contains("<strong class=\"differs\">differs</strong>"));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn months_and_their_address_are_what_was_asked_for_or_the_page_says_why_not() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let any = page(&market, Role::Compliance, "/console/active-recipients?period=2025-03").await;
    assert!(any.status == 200 && text(&any).contains("2025-03 to 2025-08"));
    assert!(text(&any).contains("role=\"img\" aria-labelledby=\"chart-title chart-desc\""));
    let far = page(&market, Role::Compliance, "/console/active-recipients?period=2999-H1").await;
    assert!(text(&far).contains("These months are not over") && !text(&far).contains("name=\"wording\""));
    let bad = page(&market, Role::Compliance, "/console/active-recipients?period=2025-H3").await;
    assert!(bad.status == 400 && text(&bad).contains("a period is a half-year"));
    let gone = format!("{FIGURE}/regenerations/{}", Uuid::from_u128(1));
    assert_eq!(page(&market, Role::Auditor, &gone).await.status, 404);
    assert_eq!(page(&market, Role::Moderator, &gone).await.status, 403);
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_shown_sealed_and_proved_and_its_proof_holds_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    market.stock().await;
    let end = events(&market).await;
    let list = page(&market, Role::Auditor, "/console/events").await;
    assert!(text(&list).contains(&format!("/console/events/{}\"", end - 1)));
    let found = page(&market, Role::Auditor, "/console/events?q=0").await;
    assert_eq!((found.status, found.header("location")), (303, Some("/console/events/0")));
    let stream = format!("seller-{}", support::SELLER);
    let of_stream = page(&market, Role::Auditor, &format!("/console/events?q={stream}")).await;
    let path = text(&of_stream).split("href=\"/console/events/").nth(1).unwrap().split('"').next().unwrap();
    let event = page(&market, Role::Auditor, &format!("/console/events/{path}")).await;
    let shown = text(&event);
    assert!(shown.contains("Proved: this event is in the book of which this head was signed."), "{shown}");
    assert!(shown.contains("SellerRegistered, schema") && shown.contains("ciphertext"));
    assert!(!shown.contains("NL00BANK0000000000"), "what is sealed stays sealed");

    let file = page(&market, Role::Auditor, &format!("/console/events/{path}/proof.json")).await;
    let name = format!("attachment; filename=\"proof-{path}.json\"");
    assert_eq!(file.header("content-disposition"), Some(&*name));
    let keys = market.ask(None, "{ logHeadKeys }", json!({})).await["data"]["logHeadKeys"].clone();
    let keys: Vec<PublicHeadKey> =
        keys.as_array().unwrap().iter().map(|key| key.as_str().unwrap().parse().unwrap()).collect();
    let proof = Proof::parse(text(&file)).unwrap();
    assert_eq!(proof.verify(&keys).unwrap().position.to_string(), path);
    let forged = text(&file).replace("seller-5e11", "seller-6e11");
    assert!(Proof::parse(&forged).unwrap().verify(&keys).is_err());

    let beyond = page(&market, Role::Auditor, &format!("/console/events/{end}00")).await;
    assert_eq!(beyond.status, 404, "{}", text(&beyond));
    assert_eq!(page(&market, Role::Compliance, "/console/events/0").await.status, 403);
    let log = page(&market, Role::Operator, "/console/log").await;
    assert!(text(&log).contains("The views have caught up and are kept.") && text(&log).contains(&keys[0].to_string()));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_4_03_a_hold_is_placed_seen_beside_what_falls_due_exported_and_released() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    let policy = json!({ "reviewRetentionReading": "EARLIER_OF" });
    market.done(Role::Operator, "adoptPolicy", "AdoptPolicyInput", policy, "policies { version }").await;
    let ordered = market.delivered(&listing).await;
    let submitted =
        market.done(Role::Buyer, "submitReview", "SubmitReviewInput", review_input(&ordered, "Goed."), "review { id }");
    let review = submitted.await["review"]["id"].as_str().unwrap().to_owned();
    market.server.settled().await.unwrap();
    let due = "/console/retention?before=2999-01-01";
    let shown = page(&market, Role::Compliance, due).await;
    assert!(text(&shown).contains("Its years pass"), "{}", text(&shown));
    let command = fields(text(&shown), "commandId")[0];
    let form = [
        ("commandId", command),
        ("memberState", "FR"),
        ("legalBasis", "Reg. (EU) 2023/1543 art. 11"),
        ("reference", "PR/2026/\"77\""),
        ("reviewIds", &*review),
    ];
    let holds = "/console/retention/holds";
    let refused = filled(&market, Role::Compliance, text(&shown), holds, &form).await;
    assert!(refused.status == 422 && text(&refused).contains("id=\"authority-wrong\""), "{}", text(&refused));
    assert!(text(&refused).contains("value=\"FR\" selected"));
    let whole = [&form[..], &[("authority", "Parquet de Paris")]].concat();
    let placed = filled(&market, Role::Compliance, text(&shown), holds, &whole).await;
    assert_eq!(placed.header("location"), Some("/console/retention?done=placed"));

    let auditor = page(&market, Role::Auditor, due).await;
    assert!(
        text(&auditor)
            .contains("<strong>Parquet de Paris (FR), Reg. (EU) 2023/1543 art. 11, PR/2026/&#34;77&#34;</strong>")
    );
    assert!(!text(&auditor).contains("Release this hold") && !text(&auditor).contains("Place the hold"));
    let csv = page(&market, Role::Auditor, "/console/retention/due.csv?before=2999-01-01").await;
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
    let lines: Vec<&str> = text(&csv).split("\r\n").collect();
    assert!(lines.len() == 3 && lines[0].starts_with("review_id,product_id,") && lines[2].is_empty(), "{lines:?}");
    assert!(
        lines[1].ends_with(",\"Parquet de Paris (FR), Reg. (EU) 2023/1543 art. 11, PR/2026/\"\"77\"\"\""),
        "{lines:?}"
    );

    let shown = page(&market, Role::Compliance, due).await;
    let (command, hold) = (fields(text(&shown), "commandId")[0], fields(text(&shown), "holdId")[0]);
    let path = "/console/retention/holds/release";
    let mut form = vec![("commandId", command), ("holdId", hold)];
    let refused = filled(&market, Role::Compliance, text(&shown), path, &form).await;
    assert!(refused.status == 422 && text(&refused).contains("id=\"explanation-wrong\""), "{}", text(&refused));
    form.push(("explanation", "the order lapsed"));
    let released = filled(&market, Role::Compliance, text(&shown), path, &form).await;
    assert_eq!(released.header("location"), Some("/console/retention?done=released"));
    let all = page(&market, Role::Auditor, "/console/retention?holds=all").await;
    assert!(text(&all).contains("the order lapsed"));
    let in_force = page(&market, Role::Auditor, "/console/retention").await;
    assert!(text(&in_force).contains("No hold is in force."));
    let bad = page(&market, Role::Auditor, "/console/retention?before=soon").await;
    assert_eq!(bad.status, 400);
    market.server.stop().await;
}
