//! A book that an earlier month's program wrote is read by today's, gives the figures that the earlier one printed of it, to
//! the byte, and goes on: what it has of events of old versions stays as it was written, and new ones follow in the same
//! streams.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test looks at the events that it is about, and fails where it stands"
)]

use std::collections::BTreeMap;
use std::fs;
use std::future::ready;
use std::path::Path;

use api::Book;
use api::clock::ClockSetting;
use api::opened::Opened;
use api::serve::{Server, Settings};
use domain::authority::{
    Authority, AuthorityCommand, AuthorityEvent, AuthorityOrderEffect, AuthorityOrderKind, IncomingOrder,
};
use domain::ids::{AuthorityContactId, CommandId, StaffId};
use domain::mail::{MailContent, MailEvent, MailKind};
use domain::metadata::Actor;
use domain::order::OrderEvent;
use domain::recording::Cause;
use domain::safety_warning::{BuyersWarned, SafetyWarningEvent, WarnedBuyer};
use domain::{Aggregate, Event, EventKind};
use event_log::{EmbeddedLog, EventLog, Expected, Position, Recorded};
use projections::data_directory::DataDirectory;
use projections::registry::VIEWS;
use projections::runner::{self, Until};
use serde_json::{Value, json};
use tests::old_books::{self, texts};
use tests::programs::{must, run};
use uuid::Uuid;

fn events(data: &Path) -> Vec<Recorded> {
    EmbeddedLog::open_read_only(DataDirectory::new(data).log()).unwrap().scan(Position::START, usize::MAX).unwrap()
}

fn decoded(record: &Recorded) -> Event {
    let kind = EventKind::from_name(&record.event_type).unwrap();
    Event::decode(kind, record.schema, &record.data).unwrap_or_else(|error| panic!("{}: {error}", record.position))
}

/// Each field that was there then says the same now.
fn assert_says(path: &str, now: &Value, then: &Value) {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            for (field, then) in then {
                assert_says(&format!("{path}/{field}"), now.get(field).unwrap_or(&Value::Null), then);
            }
        }
        (Value::Array(now), Value::Array(then)) => {
            assert_eq!(now.len(), then.len(), "{path}");
            for (number, (now, then)) in now.iter().zip(then).enumerate() {
                assert_says(&format!("{path}/{number}"), now, then);
            }
        }
        (now, then) => assert_eq!(now, then, "{path}"),
    }
}

/// A view of another version keeps other rows than then, so that its digest is another one; what it says is the same.
fn is_of_another_version_now(view: &str) -> bool {
    // Its second version keeps who was seen as it came, and counts when it is asked.
    view == "active-recipients"
}

#[test]
fn r_0_02_an_old_book_gives_the_figures_that_its_own_program_printed_to_the_byte() {
    for book in old_books::all() {
        let (unpacked, out) = (book.unpacked(), tempfile::tempdir().unwrap());
        let data = unpacked.path();
        let verified = book.json("verify.json");
        assert!(verified["heads"].as_u64().unwrap() > 1, "{verified}");
        // Every head that was signed then is the book's still.
        assert_eq!(must(data, &["verify", "--json"]), book.figure("verify.json"));
        assert_eq!(must(data, &["head-keys"]), book.figure("head-keys.txt"));
        let erased = book.json("erased.json");
        let left = must(data, &["erased", erased["subject"].as_str().unwrap(), "--json"]);
        assert_eq!(left, book.figure("erased.json"));
        let position = verified["lastPosition"].to_string();
        let at = ["--position", &position];
        let dsa = must(data, &[&["dsa", "--period", "2026-H1", "--json"][..], &at].concat());
        let dsa: Value = serde_json::from_str(&dsa).unwrap();
        // The figure may say more than it did then, but nothing of that otherwise.
        assert_says("", &dsa, &book.json("dsa.json"));
        let (report, statements) = (out.path().join("report"), out.path().join("statements"));
        let [to_report, to_statements] = [&report, &statements].map(|directory| directory.to_str().unwrap());
        let written = run(data, &[&["transparency-report", "--period", "2026-H1"], &at[..], &[to_report]].concat());
        assert_eq!(written.code, Some(0), "{written:?}");
        // The report may have more files than it had then, but none of those otherwise.
        for (file, then) in book.figures("transparency-report") {
            assert_eq!(fs::read_to_string(report.join(&file)).unwrap(), then, "{file}");
        }
        let exported = must(data, &[&["export-statements", to_statements], &at[..]].concat());
        assert_eq!(exported, book.figure("export-statements.txt"));
        assert_eq!(texts(&statements), book.figures("statements"));
        let digests = book.json("digests.json");
        for (file, rows) in book.figures("views") {
            let name = file.strip_suffix(".jsonl").unwrap();
            let shown = run(data, &[&["view", name], &at[..]].concat());
            assert_eq!((shown.code, &shown.stdout), (Some(0), &rows), "{name}");
            let (_, told) = shown.stderr.trim().rsplit_once("digest of ").unwrap();
            let (view, digest) = told.split_once(' ').unwrap();
            if !is_of_another_version_now(view) {
                assert_eq!(digests[view], digest, "{name}");
            }
        }
    }
}

#[test]
fn r_0_01_views_over_an_old_book_are_what_they_were_in_whatever_batches() {
    for book in old_books::all() {
        let data = book.unpacked();
        let log = EmbeddedLog::open_read_only(DataDirectory::new(data.path()).log()).unwrap();
        let expected: BTreeMap<String, String> = serde_json::from_str(&book.figure("digests.json")).unwrap();
        for batch_events in [1, 7, 1_000] {
            let directory = tempfile::tempdir().unwrap();
            let mut views: Vec<_> =
                VIEWS.iter().map(|kind| kind.open(&directory.path().join(kind.name)).unwrap()).collect();
            runner::run(&log, &mut views, Until::default(), batch_events, &|_, _| {}).unwrap();
            let digest = |name: &String| {
                let view = views.iter().find(|view| view.kind().name == name).unwrap();
                view.kind().digest(view.rows()).unwrap().to_string()
            };
            let expected = expected.iter().filter(|(name, _)| !is_of_another_version_now(name));
            for (name, expected) in expected {
                assert_eq!(digest(name), *expected, "{name} in batches of {batch_events}");
            }
        }
    }
}

#[test]
fn r_0_01_every_event_of_an_old_book_is_read_and_its_old_versions_are_in_it() {
    for book in old_books::all() {
        let data = book.unpacked();
        let mut versions = BTreeMap::new();
        for record in events(data.path()) {
            assert_eq!(decoded(&record).kind().name(), &*record.event_type);
            let metadata: Value = serde_json::from_slice(&record.metadata).unwrap();
            assert_eq!(metadata["schema"], record.schema);
            *versions.entry(format!("{}.v{}", record.event_type, record.schema)).or_insert(0_u64) += 1;
        }
        assert_eq!(json!(versions), book.json("versions.json"), "{}", book.name());
    }
    let versions = old_books::of("2026-11").json("versions.json");
    assert_eq!((&versions["BuyersWarned.v1"], &versions["AuthorityOrderReceived.v1"]), (&json!(1), &json!(3)));
}

#[test]
fn r_3_3_02_what_an_old_book_has_sealed_opens_with_its_keys_and_what_was_forgotten_does_not() {
    let book = old_books::of("2026-11");
    let (data, forgotten) = (book.unpacked(), book.json("erased.json")["subject"].clone());
    let vault = DataDirectory::new(data.path()).open_vault_read_only().unwrap().unwrap();
    let open = |kind: EventKind, subject: &str, sealed: &[u8]| {
        vault.keys_to_open(&[subject]).unwrap().open_sealed(subject, kind.name().as_bytes(), sealed).unwrap()
    };
    let (mut addresses, mut lost) = (Vec::new(), Vec::new());
    for record in events(data.path()) {
        let kind = EventKind::from_name(&record.event_type).unwrap();
        let mut seen = |subject: String, opened: bool| {
            if !opened {
                lost.push(subject);
            }
        };
        match decoded(&record) {
            Event::Authority(AuthorityEvent::AuthorityOrderReceived(order)) => {
                let address = order.answer_to.open(|subject, sealed| open(kind, &subject.0, sealed));
                addresses.push((record.schema, order.reference, address.unwrap()));
            }
            Event::Buyer(domain::buyer::BuyerEvent::BuyerRegistered(registered)) => {
                let opened = registered.identity.open(|subject, sealed| open(kind, &subject.0, sealed));
                seen(registered.identity.subject().to_string(), opened.is_some());
            }
            _ => {}
        }
    }
    assert_eq!(addresses, vec![(1, None, "desk@acm.example".to_owned()); 3]);
    assert_eq!(json!(lost), json!([forgotten]));
}

#[test]
fn r_0_01_what_was_proved_of_an_old_book_is_proved_still() {
    let book = old_books::of("2026-11");
    let proofs = book.figures("proofs");
    assert_eq!(proofs.len(), 4);
    for (name, proof) in proofs {
        let nowhere = tempfile::tempdir().unwrap();
        let [file, keys] = ["proof.json", "keys"].map(|name| nowhere.path().join(name));
        fs::write(&file, proof).unwrap();
        fs::write(&keys, book.figure("head-keys.txt")).unwrap();
        let arguments = ["verify-proof", file.to_str().unwrap(), "--keys", keys.to_str().unwrap()];
        let said = must(nowhere.path(), &arguments);
        assert!(said.starts_with("proved: ") && said.contains(" (schema 1)"), "{name}: {said}");
    }
}

/// A mail's kind and text, where there is a key for it.
async fn mail(book: &Book, record: &Recorded) -> Option<(MailKind, MailContent)> {
    let Event::Mail(MailEvent::MailQueued(queued)) = decoded(record) else { return None };
    let content = book.open(EventKind::MailQueued, &queued.content).await.unwrap();
    content.map(|content| (queued.kind, content))
}

async fn tell<A: Aggregate>(book: &Book, id: Uuid, command: A::Command)
where
    A::Command: Clone + Sync,
{
    let cause = Cause::new(CommandId(Uuid::new_v4()), Actor::system("test"));
    book.execute::<A, _, _>(id, &cause, |_| ready(Ok(command.clone()))).await.unwrap();
}

fn executed() -> AuthorityCommand {
    AuthorityCommand::Execute {
        effect: AuthorityOrderEffect::Given,
        effective_at: None,
        explanation: "the answer is sealed and sent".into(),
        decided_by: StaffId("c-2".into()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_0_01_an_old_book_is_served_and_new_events_follow_the_old_ones_in_the_same_streams() {
    let unpacked = old_books::of("2026-11").unpacked();
    let old = events(unpacked.path());
    let find = |name: &str| old.iter().filter(|record| &*record.event_type == name).collect::<Vec<_>>();
    let warned = find("BuyersWarned")[0];
    // Of the three orders the last one has no answer yet.
    let open = AuthorityContactId(find("AuthorityOrderReceived")[2].stream.id().parse().unwrap());
    let bought = find("OrderPlaced").into_iter().find_map(|record| match decoded(record) {
        Event::Order(OrderEvent::OrderPlaced(order)) => Some((order.buyer, record.stream.id().parse().unwrap())),
        _ => None,
    });
    let (buyer, order) = bought.unwrap();

    let data = DataDirectory::new(unpacked.path());
    // A day after its last one.
    let clock = ClockSetting::Fixed("2026-07-02T09:00:00Z".parse().unwrap());
    let settings = Settings::new(&data, "127.0.0.1:0".parse().unwrap(), clock).unwrap();
    let server = Server::start(&data, Opened::open(&data).unwrap(), settings).await.unwrap();
    server.settled().await.unwrap();
    let book = server.app().executor.platform().book.clone();
    let all = |from: usize| book.log().scan(Position(from as u64), usize::MAX).unwrap();
    // Whatever the reactors had done, they do not do it again.
    let added = all(old.len());
    assert_eq!(added, []);

    let reference = "DGCCRF 2026/17".to_owned();
    let incoming = IncomingOrder {
        kind: AuthorityOrderKind::ProvideInformation,
        authority: "DGCCRF".into(),
        member_state: "FR".parse().unwrap(),
        legal_basis: "art. 10 DSA".into(),
        reference: Some(reference.clone()),
        language: "fr".parse().unwrap(),
        urls: Vec::new(),
        transmitted_at: None,
        answer_to: "desk@dgccrf.example".into(),
    };
    let contact = AuthorityContactId(Uuid::from_u128(1));
    tell::<Authority>(&book, open.0, executed()).await;
    tell::<Authority>(&book, contact.0, AuthorityCommand::RecordOrder { contact, order: incoming }).await;
    tell::<Authority>(&book, contact.0, executed()).await;
    // More buyers of the product of which the old warning is.
    let Event::SafetyWarning(SafetyWarningEvent::BuyersWarned(first)) = decoded(warned) else { panic!("a warning") };
    assert!(first.buyers.iter().all(|buyer| buyer.order.is_none()));
    let more = BuyersWarned { buyers: vec![WarnedBuyer { buyer, order: Some(order) }], ..first };
    let cause = Cause::new(CommandId(Uuid::new_v4()), Actor::system("test"));
    let appended = fixtures::unsealed(vec![more.into()], &cause, warned.occurred_at).unwrap();
    let warning = appended[0].id;
    book.log().append(&warned.stream, Expected::Exact(warned.revision), appended).await.unwrap();
    server.settled().await.unwrap();

    let mut letters = BTreeMap::new();
    for record in all(old.len()) {
        if let Some((kind, content)) = mail(&book, &record).await {
            letters.entry(format!("{kind:?}")).or_insert_with(Vec::new).push(content);
        }
    }
    let said = |kind: &str| letters[kind].iter().map(|content| content.text.replace('\n', " ")).collect::<Vec<_>>();
    let answers = said("AuthorityOrderExecuted");
    assert!(answers[0].contains("injonction fondée sur art. 10 DSA"), "without a reference: {answers:?}");
    assert!(answers[1].contains(&format!("injonction {reference}")), "with one: {answers:?}");
    let warnings = said("DangerousProduct");
    assert!(warnings.len() == 1 && warnings[0].contains(&order.to_string()), "the order that is named: {warnings:?}");
    drop(book);
    server.stop().await;

    // The old events are as they were, and what is served is what a replay from nothing gives.
    let now = events(unpacked.path());
    assert_eq!(now[..old.len()], old[..]);
    let versions: Vec<u16> =
        now.iter().filter(|record| record.stream == warned.stream).map(|record| record.schema).collect();
    assert_eq!(versions, [1, 2]);
    for check in ["verify", "diff"] {
        assert_eq!(run(unpacked.path(), &[check]).code, Some(0), "{check}");
    }
    // An order's timeline has the warning that names it, and of what followed the letter to its own buyer.
    let timeline = must(unpacked.path(), &["timeline", "order", &order.to_string(), "--format", "json"]);
    let lines: Vec<Value> = timeline.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["id"] == warning.to_string()), "{timeline}");
    let followed = lines.iter().filter(|line| line["causedBy"]["type"] == "BuyersWarned").count();
    assert_eq!(followed, 1, "{timeline}");
}
