//! Replay as people use it: views at any past point, timelines of things, and where two points, books or builds part.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use domain::Event;
use domain::listing::ListingEvent;
use domain::review::ReviewEvent;
use event_log::{EmbeddedLog, EventLog, Expected, NewEvent, Position, Recorded, StreamAppend};
use fixtures::Step;
use projections::data_directory::DataDirectory;
use serde_json::Value;
use tests::books;
use tests::programs::{must, replay_tool, run};

/// As many steps as there are listings, orders and reviews in.
const STEPS: usize = 4_000;

fn history() -> Vec<Step> {
    books::year(1).into_iter().take(STEPS).collect()
}

/// The digest that `view` tells of a view at an address.
fn digest(data: &Path, address: &[&str]) -> String {
    let outcome = run(data, &[&["view", "catalogue"], address].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    outcome.stderr.trim().rsplit_once(' ').unwrap().1.to_owned()
}

#[test]
fn r_0_03_a_view_is_shown_before_the_first_event_at_one_between_two_and_within_both_bounds() {
    let history = history();
    let data = books::with(&history);
    let data = data.path();
    let first = history[0].occurred_at;
    let before = (first - chrono::TimeDelta::microseconds(1)).to_rfc3339();
    assert_eq!(must(data, &["view", "catalogue", "--as-of", &before]), "");
    let events = |steps: &[Step]| steps.iter().map(|step| step.events.len()).sum::<usize>();
    // A step that occurred before the next one, so that there is a moment between them.
    let number = (STEPS / 2..).find(|number| history[number + 1].occurred_at > history[*number].occurred_at).unwrap();
    let position = (events(&history[..=number]) - 1).to_string();
    let at = history[number].occurred_at.to_rfc3339();
    let between = history[number].occurred_at + (history[number + 1].occurred_at - history[number].occurred_at) / 2;
    let exact = digest(data, &["--position", &position]);
    assert_eq!(digest(data, &["--as-of", &at]), exact);
    assert_eq!(digest(data, &["--as-of", &between.to_rfc3339()]), exact);
    // Both bounds hold: whichever is met first is where it stops.
    let last = (events(&history) - 1).to_string();
    assert_eq!(digest(data, &["--as-of", &at, "--position", &last]), exact);
    let end = history[STEPS - 1].occurred_at.to_rfc3339();
    assert_eq!(digest(data, &["--as-of", &end, "--position", &position]), exact);
    let snapshots = tempfile::tempdir().unwrap();
    let kept = ["--snapshots", snapshots.path().to_str().unwrap(), "--position", &position];
    assert_eq!(digest(data, &kept), exact);
}

#[test]
fn whoever_has_read_enough_ends_the_program_in_silence() {
    let data = books::with(&history());
    let mut history = replay_tool(data.path(), &["history", "$all"]);
    let mut program = history.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("PolicyAdopted"), "{first}");
    let ended = program.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap().as_str()), (Some(141), ""));
}

/// The lines of a timeline as JSON.
fn timeline(data: &Path, arguments: &[&str]) -> Vec<Value> {
    let printed = must(data, &[&["timeline", "--format", "json"], arguments].concat());
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn types(lines: &[Value]) -> BTreeSet<&str> {
    lines.iter().map(|line| line["type"].as_str().unwrap()).collect()
}

#[test]
fn r_0_03_a_timeline_has_what_happened_to_an_order_in_its_own_stream_and_elsewhere() {
    let history = books::year(1);
    let data = books::with(&history);
    let data = data.path();
    let (review, submitted) = history
        .iter()
        .find_map(|step| match &step.events[..] {
            [Event::Review(ReviewEvent::PhotosRejected(_))] => Some(step.stream.clone()),
            _ => None,
        })
        .and_then(|stream| {
            let step = history.iter().find(|step| step.stream == stream)?;
            let Event::Review(ReviewEvent::ReviewSubmitted(submitted)) = &step.events[0] else { return None };
            Some((stream, submitted.clone()))
        })
        .unwrap();
    let of_review = timeline(data, &[&review]);
    assert!(types(&of_review).is_superset(&BTreeSet::from([
        "ReviewSubmitted",
        "PhotosRejected",
        "StatementOfReasonsIssued"
    ])));
    let statement = of_review.iter().find(|line| line["type"] == "StatementOfReasonsIssued").unwrap();
    assert_eq!(statement["causedBy"]["type"], "PhotosRejected");
    // The order's has all of its review's, and what happened to the order.
    let order = submitted.order.to_string();
    let of_order = timeline(data, &["order", &order]);
    let positions =
        |lines: &[Value]| lines.iter().map(|line| line["position"].as_u64().unwrap()).collect::<BTreeSet<_>>();
    assert!(positions(&of_order).is_superset(&positions(&of_review)));
    assert!(types(&of_order).is_superset(&BTreeSet::from(["OrderPlaced", "OrderConfirmed", "OrderDelivered"])));
    // The product's has the review's too, but no order's, unless they are asked for.
    let product = submitted.product.to_string();
    let of_product = timeline(data, &["product", &product]);
    assert!(positions(&of_product).is_superset(&positions(&of_review)));
    assert!(types(&of_product).is_superset(&BTreeSet::from(["ProductCatalogued", "ListingPublished"])));
    assert!(!types(&of_product).contains("OrderPlaced"));
    assert!(positions(&timeline(data, &["product", &product, "--orders"])).is_superset(&positions(&of_order)));
    // Whatever the format, each line leads to its event and its proof.
    let position = &statement["position"];
    for (format, link) in
        [("markdown", format!("](#event-{position})")), ("html", format!("href=\"#event-{position}\""))]
    {
        let page = must(data, &["timeline", &review, "--format", format]);
        assert!(page.contains(&link), "{page}");
        assert!(page.contains(&format!("replay-tool prove --position {position}")), "{page}");
    }
    // What is sealed is opened only on request.
    let texts = |lines: &[Value]| lines.iter().filter(|line| !line["opened"]["text"].is_null()).count();
    assert_eq!(texts(&of_review), 0);
    assert!(texts(&timeline(data, &[&review, "--reveal"])) > 0);
    assert_eq!(run(data, &["timeline", "buyer", &order]).code, Some(2));
}

/// The position of the first change of a listing's price in the second half, with the index of its step.
fn price_change(history: &[Step]) -> (usize, usize) {
    let changes = |step: &Step| matches!(step.events[..], [Event::Listing(ListingEvent::ListingPriceChanged(_))]);
    let number = (history.len() / 2..).find(|number| changes(&history[*number])).unwrap();
    (number, history[..number].iter().map(|step| step.events.len()).sum())
}

/// The same book, to the byte, but for one event.
fn without(data: &Path, position: usize) -> tempfile::TempDir {
    let events = EmbeddedLog::open_read_only(DataDirectory::new(data).log()).unwrap();
    let (parted, mut from) = (tempfile::tempdir().unwrap(), Position::START);
    let log = EmbeddedLog::open(DataDirectory::new(parted.path()).log(), &books::OPTIONS).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    loop {
        let page = events.scan(from, usize::MAX).unwrap();
        let Some(last) = page.last() else { break };
        from = last.position.next();
        let kept = page.into_iter().filter(|event| event.position.0 != position as u64);
        let appends = kept.map(|Recorded { stream, id, event_type, schema, occurred_at, data, metadata, .. }| {
            let event = NewEvent { id, event_type, schema, occurred_at, data, metadata };
            StreamAppend { stream, expected: Expected::Any, events: vec![event] }
        });
        let appended = runtime.block_on(log.append_each(appends.collect())).unwrap();
        assert!(appended.iter().all(Result::is_ok));
    }
    runtime.block_on(log.close());
    parted
}

#[test]
fn r_0_03_diff_finds_the_event_from_which_a_view_parts_between_two_points_two_books_and_two_builds() {
    let history = history();
    let data = books::with(&history);
    let (number, position) = price_change(&history);
    let stream = &history[number].stream;
    // Two points, the first just before it.
    let (before, after) = ((position - 1).to_string(), (position + 40).to_string());
    let points = ["diff", "buy-box", "--position", &before, "--against-position", &after];
    let found = run(data.path(), &points);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.stdout.contains(&format!("from position {position}, ")), "{}", found.stdout);
    assert!(found.stdout.contains("ListingPriceChanged") && found.stdout.contains(stream), "{}", found.stdout);
    assert!(found.stdout.contains("buy-box + "), "{}", found.stdout);
    let same = ["diff", "buy-box", "--position", &before, "--against-position", &before];
    assert_eq!(run(data.path(), &same).code, Some(0));
    // Another book, without that event.
    let parted = without(data.path(), position);
    let against = parted.path().to_str().unwrap();
    let found = run(data.path(), &["diff", "buy-box", "catalogue", "--against", against]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.stdout.contains(&format!("at position {position}: ")), "{}", found.stdout);
    assert!(found.stdout.contains(&format!("from position {position}, ")), "{}", found.stdout);
    let same = run(data.path(), &["diff", "buy-box", "--against", against, "--position", &before]);
    assert_eq!(same.code, Some(0), "{same:?}");
    // The same build agrees with itself.
    let this = tests::programs::replay_tool(data.path(), &[]);
    let program = this.get_program().to_str().unwrap();
    let same = run(data.path(), &["diff", "buy-box", "--with", program]);
    assert_eq!(same.code, Some(0), "{same:?}");
    // Another build that computes another thing from an event on.
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("other");
    let script = format!(
        "#!/bin/sh\nfor last; do [ \"$previous\" = --position ] && position=$last; previous=$last; done\n\
         if [ \"$position\" -ge {position} ]; then echo '{{}}'; echo 'replayed: digest of buy-box other' >&2; \
         else exec {program} \"$@\"; fi\n"
    );
    std::fs::write(&other, script).unwrap();
    std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let found = run(data.path(), &["diff", "buy-box", "--with", other.to_str().unwrap()]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.stdout.contains(&format!("from position {position}, ")), "{}", found.stdout);
}
