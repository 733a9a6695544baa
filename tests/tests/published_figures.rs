//! A published figure is one number with one digest: as it was published, regenerated from the book as of its position after
//! a year of later events, and counted in a second way that shares nothing with the first. What is reported late makes a
//! correction, which names what it corrects; both stay.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test looks at the events that it is about, and fails where it stands"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use domain::activity::{
    ActivityCommand, ActivityEvent, ActivityMonth, Excluded, RecipientRole, RecipientsSeen, Seen, Visit,
};
use domain::calendar::{Month, SixMonths};
use domain::counting_rule::{COUNTING_RULE, Exposure, UserAgentClass};
use domain::dsa_figure::{AskedPublication, DsaFigureCommand, FigureMonth, FigureWording, RegeneratedFigure};
use domain::figure_digest::FigureDigest;
use domain::ids::{CommandId, DsaPublicationId};
use domain::metadata::Actor;
use domain::order::OrderEvent;
use domain::place::MemberState;
use domain::pseudonym::{Pseudonym, Recipients};
use domain::recording::Cause;
use domain::{Event, EventKind};
use event_log::{EmbeddedLog, EventLog, Position, Recorded};
use fixtures::{History, Marketplace, Occasion, Step};
use projections::data_directory::DataDirectory;
use projections::digest::Digest;
use serde_json::{Value, json};
use tests::books;
use tests::node::Node;
use tests::programs::{must, run};
use uuid::Uuid;

const PERIOD: &str = "2025-H2";
const PUBLISHED_AT: &str = "2026-02-10T12:00:00Z";
const CORRECTED_AT: &str = "2027-02-11T12:00:00Z";

const SEEN: &str = "query F($period: DsaPeriodInput!) { dsaActiveRecipients(period: $period) {
  average averageNumerator averageDenominator provenance { position digest }
  publications { agrees publication { id } } nextPublicationDue { period { label } dueOn }
} }";

const PUBLISH: &str = "mutation P($input: PublishDsaFigureInput!) { publishDsaFigure(input: $input) {
  userErrors { code field message } position publication { id }
} }";

const READ: &str = "{ publishedDsaFigures { nodes {
  id period { label } reason figure { average averageNumerator averageDenominator months { month recipients } }
  corrects { id } correctedBy { id } provenance { position asOf digest } text: websiteText(language: NL)
} } }";

/// What counts of a generated year that ends at a moment: visits, and orders as they were placed.
fn year(seed: u64, end: &str) -> History {
    let (history, _) = fixtures::demo::history(seed, end.parse().unwrap());
    let counts = |step: &Step| {
        step.stream.starts_with("activity-") || matches!(step.events[0], Event::Order(OrderEvent::OrderPlaced(_)))
    };
    history.into_iter().filter(counts).collect()
}

/// A month's recipients, counted one by one.
#[derive(Default)]
struct Counted {
    parts: BTreeMap<RecipientRole, BTreeSet<Pseudonym>>,
    states: BTreeMap<MemberState, BTreeSet<Pseudonym>>,
    bots: u64,
    incidental: u64,
}

impl Counted {
    fn see(&mut self, who: Pseudonym, role: RecipientRole, state: MemberState) {
        self.parts.entry(role).or_default().insert(who);
        self.states.entry(state).or_default().insert(who);
    }

    fn union(&self) -> usize {
        self.parts.values().flatten().collect::<BTreeSet<_>>().len()
    }

    fn part(&self, role: RecipientRole) -> usize {
        self.parts.get(&role).map_or(0, BTreeSet::len)
    }
}

/// The second way: sets of all that the book says up to a position; the sum of six sizes, and the digest of the text that a
/// figure is digested as.
fn naive(data: &Path, position: u64) -> (u64, String) {
    let mut months: BTreeMap<Month, Counted> = BTreeMap::new();
    for record in all(data).iter().filter(|record| record.position.0 <= position) {
        let kind = EventKind::from_name(&record.event_type).unwrap();
        match Event::decode(kind, record.schema, &record.data).unwrap() {
            Event::Order(OrderEvent::OrderPlaced(placed)) => {
                if let Some(state) = placed.member_state {
                    let buyer = placed.recipient.unwrap_or_else(|| Pseudonym::of_id(placed.buyer.0));
                    let month = months.entry(Month::of(record.occurred_at)).or_default();
                    month.see(buyer, RecipientRole::Buyer, state);
                }
            }
            Event::Activity(ActivityEvent::RecipientsSeen(batch)) => {
                let month = months.entry(batch.month).or_default();
                for seen in &batch.seen {
                    seen.recipients.iter().for_each(|who| month.see(who, seen.role, seen.member_state));
                }
                month.bots += batch.excluded.bots;
                month.incidental += batch.excluded.incidental;
            }
            _ => {}
        }
    }
    let (mut sum, mut text) = (0, String::new());
    for month in PERIOD.parse::<SixMonths>().unwrap().months() {
        let counted = months.remove(&month).unwrap_or_default();
        let [buyers, traders, visitors] = RecipientRole::ALL.map(|role| counted.part(role));
        let union = counted.union();
        text += &format!("{month} EU {union} {buyers} {traders} {} {}\n", counted.bots, counted.incidental);
        for (state, recipients) in &counted.states {
            text += &format!("{month} {state} {}\n", recipients.len());
        }
        if visitors > 0 {
            text += &format!("{month} EU visitors {visitors}\n");
        }
        sum += union as u64;
    }
    (sum, Digest::of_text(&text).to_string())
}

/// The number and the digest of what `replay-tool dsa` prints.
fn regenerated(data: &Path, arguments: &[&str]) -> (u64, String) {
    let printed = must(data, &[&["dsa", "--period", PERIOD, "--json"], arguments].concat());
    let figure: Value = serde_json::from_str(&printed).unwrap();
    (figure["averageNumerator"].as_u64().unwrap(), text(&figure["digest"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

fn period() -> Value {
    json!({ "label": PERIOD })
}

/// The figure as compliance staff see it, once the views have come to a position.
fn seen(node: &Node, position: Option<&str>) -> Value {
    node.ask(Some("compliance"), position, SEEN, &json!({ "period": period() }))["dsaActiveRecipients"].clone()
}

/// What it came to that they publish what they saw.
fn publish(node: &Node, seen: &Value, more: Value) -> Value {
    let mut input = json!({
        "period": period(), "wording": "EXACT",
        "position": seen["provenance"]["position"], "digest": seen["provenance"]["digest"],
    });
    let Value::Object(more) = more else { panic!("fields: {more}") };
    input.as_object_mut().unwrap().extend(more);
    node.ask(Some("compliance"), None, PUBLISH, &json!({ "input": input }))["publishDsaFigure"].clone()
}

/// What everyone reads, the newest first.
fn read(node: &Node) -> Vec<Value> {
    node.ask(None, None, READ, &json!({}))["publishedDsaFigures"]["nodes"].as_array().unwrap().clone()
}

fn number_and_digest(publication: &Value) -> (u64, String) {
    let figure = &publication["figure"];
    (text(&figure["averageNumerator"]).parse().unwrap(), text(&publication["provenance"]["digest"]))
}

#[test]
fn r_5_05_r_5_02_published_regenerated_after_a_year_and_counted_in_a_second_way_are_one_number_with_one_digest() {
    let first = year(1, PUBLISHED_AT);
    let data = books::with(&first);
    let node = Node::start_at(data.path(), PUBLISHED_AT);
    let saw = seen(&node, None);
    assert_eq!(saw["nextPublicationDue"], json!({ "period": { "label": "2025-H2" }, "dueOn": "2026-02-17" }));
    let done = publish(&node, &saw, json!({}));
    assert_eq!(done["userErrors"], json!([]));
    let [published] = &read(&node)[..] else { panic!("one publication") };
    let (id, position) = (published["id"].clone(), text(&published["provenance"]["position"]));
    let one = number_and_digest(published);
    assert_eq!(text(&saw["averageNumerator"]), one.0.to_string());
    assert!(one.0 > 0);
    assert_eq!(published["figure"]["months"].as_array().unwrap().len(), 6);
    let again = publish(&node, &saw, json!({}));
    let refusal = &again["userErrors"][0];
    assert_eq!((&refusal["code"], &refusal["field"]), (&json!("ALREADY_DONE"), &json!(["corrects"])));
    drop(node);

    // A year goes by.
    let known: BTreeSet<_> = first.iter().map(|step| step.stream.as_str()).collect();
    let later: History =
        year(2, "2027-02-10T12:00:00Z").into_iter().filter(|step| !known.contains(step.stream.as_str())).collect();
    assert!(later.len() > 1_000);
    books::write(data.path(), &later);
    let as_published = ["--position", &position];
    assert_eq!(regenerated(data.path(), &as_published), one, "as of the position of publication");
    assert_eq!(regenerated(data.path(), &[]), one, "now, when nothing came late");
    assert_eq!(naive(data.path(), position.parse().unwrap()), one, "the second way");
    let checked = must(data.path(), &["dsa", "--period", PERIOD, "--published"]);
    assert!(checked.contains("regenerated  the same: "), "{checked}");

    // Visits of September come late: no server names anybody of a published month any more, but a batch may have waited.
    let late = late_batch(data.path());
    let node = Node::start_at(data.path(), CORRECTED_AT);
    let saw = seen(&node, Some(&late));
    assert_eq!(saw["publications"], json!([{ "agrees": false, "publication": { "id": id } }]));
    assert_eq!(saw["nextPublicationDue"], json!({ "period": { "label": "2026-H1" }, "dueOn": "2026-08-10" }));
    let corrects = json!({ "corrects": id, "reason": "visits of September were reported late" });
    let unseen = json!({ "provenance": { "position": late, "digest": "0".repeat(64) } });
    let refused = publish(&node, &unseen, corrects.clone());
    let message = text(&refused["userErrors"][0]["message"]);
    assert!(
        message.contains(&"0".repeat(64)) && message.contains(saw["provenance"]["digest"].as_str().unwrap()),
        "{message}"
    );
    assert_eq!(publish(&node, &saw, corrects)["userErrors"], json!([]));
    let [correction, first] = &read(&node)[..] else { panic!("two publications") };
    assert_eq!((&correction["corrects"]["id"], &first["correctedBy"]["id"]), (&first["id"], &correction["id"]));
    assert_eq!(number_and_digest(first), one, "what was published is what it was");
    assert_eq!(text(&first["text"]), text(&published["text"]), "and so is its text");
    let two = number_and_digest(correction);
    assert_eq!(two.0, one.0 + 1);
    assert_ne!(two.1, one.1);
    drop(node);
    assert_eq!(naive(data.path(), late.parse().unwrap()), two, "the second way");
    assert_eq!(regenerated(data.path(), &[]), two);
    assert_eq!(regenerated(data.path(), &as_published), one);
    let checked = must(data.path(), &["dsa", "--period", PERIOD, "--published", "--json"]);
    let checked: Value = serde_json::from_str(&checked).unwrap();
    let [first_checked, second_checked] = &checked["publications"].as_array().unwrap()[..] else { panic!("{checked}") };
    assert_eq!((&first_checked["difference"], &second_checked["difference"]), (&Value::Null, &Value::Null));
    assert_eq!(second_checked["corrects"], first_checked["publication"]);
    let printed = must(data.path(), &["dsa", "--period", PERIOD, "--text", "nl"]);
    assert_eq!(printed, text(&correction["text"]), "both programs say the same");
    let named = text(&first_checked["publication"]);
    let printed = must(data.path(), &["dsa", "--period", PERIOD, "--text", "nl", "--publication", &named]);
    assert_eq!(printed, text(&first["text"]));
}

/// Writes a batch of September's that was made in time, as another node would; at which position.
fn late_batch(data: &Path) -> String {
    let month: Month = "2025-09".parse().unwrap();
    let recipients = Recipients::new(vec![Pseudonym(7)]);
    let seen = vec![Seen { member_state: MemberState::NL, role: RecipientRole::Visitor, recipients }];
    let batch = RecipientsSeen { month, rule: COUNTING_RULE, seen, excluded: Excluded::default() };
    let stream = ActivityMonth::stream_of(month);
    let before = all(data);
    let first_revision = before.iter().filter(|record| record.stream.as_str() == stream).count() as u64;
    let cause = Cause::new(CommandId(Uuid::from_u128(0x1a7e)), Actor::system("edge"));
    let occurred_at = CORRECTED_AT.parse().unwrap();
    books::write(data, &[Step { stream, first_revision, events: vec![batch.into()], occurred_at, cause }]);
    before.len().to_string()
}

/// All records of a book.
fn all(data: &Path) -> Vec<Recorded> {
    let log = EmbeddedLog::open_read_only(DataDirectory::new(data).log()).unwrap();
    let mut records = Vec::new();
    loop {
        let page = log.scan(Position(records.len() as u64), usize::MAX).unwrap();
        if page.is_empty() {
            return records;
        }
        records.extend(page);
    }
}

/// A book with visits of one month, and a publication that says that there were so many recipients.
fn claiming(recipients: u64) -> History {
    let at: DateTime<Utc> = PUBLISHED_AT.parse().unwrap();
    let mut market = Marketplace::new();
    let mut command = 0;
    let mut occasion = || {
        command += 1;
        Occasion { at, cause: Cause::new(CommandId(Uuid::from_u128(command)), Actor::system("test")) }
    };
    let (period, september): (SixMonths, Month) = (PERIOD.parse().unwrap(), "2025-09".parse().unwrap());
    let visit = Visit {
        recipient: Pseudonym(7),
        member_state: MemberState::NL,
        role: RecipientRole::Buyer,
        user_agent: UserAgentClass::Browser,
        exposure: Exposure::Service,
    };
    let visits = ActivityCommand::RecordVisits { month: september, visits: vec![visit] };
    market.activity(september, visits, occasion()).unwrap();
    let month = |month: Month| {
        let union = if month == september { recipients } else { 0 };
        let by_role =
            RecipientRole::ALL.map(|role| (role, if role == RecipientRole::Buyer { union } else { 0 })).into();
        let states = if union == 0 { BTreeMap::new() } else { [(MemberState::NL, union)].into() };
        FigureMonth { month, union, by_role, by_member_state: states, excluded: Excluded::default() }
    };
    let months: Vec<FigureMonth> = period.months().map(month).into();
    let of_month = |month: &FigureMonth| {
        let FigureMonth { month, union, .. } = month;
        let states = if *union == 0 { String::new() } else { format!("{month} NL {union}\n") };
        format!("{month} EU {union} {union} 0 0 0\n{states}")
    };
    let digest = FigureDigest::from(Digest::of_text(&months.iter().map(of_month).collect::<String>()));
    let asked = AskedPublication {
        publication: DsaPublicationId(Uuid::from_u128(1)),
        period,
        position: 0,
        digest,
        wording: FigureWording::Exact,
        corrects: None,
        reason: None,
    };
    let regenerated = RegeneratedFigure { position: Some(0), as_of: at, months, digest };
    market.figure(period, DsaFigureCommand::Publish { asked, regenerated }, occasion()).unwrap();
    market.into_history()
}

#[test]
fn r_5_05_a_publication_that_is_not_what_the_book_says_is_found_and_what_differs_is_named() {
    let check = ["dsa", "--period", PERIOD, "--published"];
    let honest = books::with(&claiming(1));
    let checked = run(honest.path(), &check);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let lying = books::with(&claiming(2));
    let checked = run(lying.path(), &check);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    let difference = "regenerated  differs: published of 2025-09 were 2 recipients; the book says 1\n";
    assert!(checked.stdout.ends_with(difference), "{checked:?}");
    let as_json = run(lying.path(), &[&check[..], &["--json"]].concat());
    assert_eq!(as_json.code, Some(1), "{as_json:?}");

    let unpublished = run(honest.path(), &["dsa", "--period", "2025-H1", "--published"]);
    assert_eq!(unpublished.code, Some(2), "{unpublished:?}");
    assert!(unpublished.stderr.contains("nothing has been published of 2025-H1"), "{unpublished:?}");
    let unknown = Uuid::from_u128(9).to_string();
    let unknown = run(honest.path(), &["dsa", "--period", PERIOD, "--publication", &unknown]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.stderr.contains(&Uuid::from_u128(1).to_string()), "what there is: {unknown:?}");
}
