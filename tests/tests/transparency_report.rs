//! The transparency report of a generated marketplace: its sums are those of its events, and the same address gives the
//! same bytes to whoever has the log.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use domain::calendar::{Month, ReportPeriod};
use domain::event::Event;
use domain::listing::ListingRemovalReason;
use domain::seller::SellerEvent;
use domain::statement::{Addressee, Ground, Restriction, StatementEvent, StatementOfReasonsIssued};
use fixtures::Step;
use tests::books;
use tests::programs::must;

/// A part's rows by column.
type Rows = Vec<BTreeMap<String, String>>;

/// Writes a report with these arguments, and says what the program said.
fn report(data: &Path, out: &Path, at: &[&str]) -> String {
    let out = out.to_str().unwrap();
    must(data, &[&["transparency-report", "--period", "2026-H1"], at, &[out]].concat())
}

fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(out).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

fn part(out: &Path, name: &str) -> Rows {
    let mut reader = csv::Reader::from_path(out.join(name)).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// A cell's number, found by the column's beginning.
fn number(row: &BTreeMap<String, String>, column: &str) -> u64 {
    let (name, cell) = row.iter().find(|(name, _)| name.starts_with(column)).unwrap();
    cell.parse().unwrap_or_else(|_| panic!("{name}: {cell:?}"))
}

/// The restrictions that began in the period, from the events themselves.
fn restrictions(history: &[Step], period: ReportPeriod) -> Vec<&StatementOfReasonsIssued> {
    let events = history.iter().flat_map(|step| &step.events);
    let issued = events.filter_map(|event| {
        let Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)) = event else { return None };
        Some(issued)
    });
    issued.filter(|issued| period.months().contains(&Month::of(issued.since))).collect()
}

/// The ground of a restriction; of a removed seller's listing, the seller's.
fn ground(history: &[Step], issued: &StatementOfReasonsIssued) -> Ground {
    let Addressee::Seller(seller) = issued.addressee else { return issued.ground.clone() };
    if issued.ground != Ground::Listing(ListingRemovalReason::SellerRemoved) {
        return issued.ground.clone();
    }
    let stream = format!("seller-{seller}");
    let events = history.iter().filter(|step| step.stream == stream).flat_map(|step| &step.events);
    let mut removed = events.filter_map(|event| {
        let Event::Seller(SellerEvent::SellerRemoved(removed)) = event else { return None };
        Some(Ground::Seller(removed.reason))
    });
    removed.next().unwrap()
}

#[test]
fn r_7_01_the_sums_of_a_generated_marketplaces_report_are_those_of_its_events() {
    let history = books::year(1);
    let (data, out) = (books::with(&history), tempfile::tempdir().unwrap());
    report(data.path(), out.path(), &[]);
    let period = "2026-H1".parse().unwrap();
    let restrictions = restrictions(&history, period);
    let with_grounds = restrictions.iter().map(|issued| (issued.restriction, ground(&history, issued)));
    // What was removed for the operator's convenience is no moderation of content.
    let moderation = with_grounds.filter(|(_, ground)| !ground.classifications().is_empty());
    let (by_law, by_terms): (Vec<_>, Vec<_>) = moderation.partition(|(_, ground)| ground.is_law());
    assert!(by_terms.len() > 10, "{}", by_terms.len());
    let photos = by_terms.iter().filter(|(what, _)| matches!(what, Restriction::PhotosNotPublished(_))).count();
    let total = |name| part(out.path(), name).remove(0);
    let terms = total("part-06-own-initiative-terms.csv");
    assert_eq!(number(&terms, "Number of measures taken at the provider's own initiative"), by_terms.len() as u64);
    assert_eq!(number(&terms, "Number of measures taken after detection"), 0);
    assert_eq!(number(&terms, "Visibility restriction Other"), photos as u64);
    let law = total("part-05-own-initiative-illegal.csv");
    assert_eq!(number(&law, "Number of measures taken at the provider's own initiative"), by_law.len() as u64);
    let automated = part(out.path(), "part-08-automated-means.csv");
    assert_eq!(number(&automated[0], "Value"), 0);
    assert_eq!(number(&automated[1], "Value"), (by_law.len() + by_terms.len()) as u64);
    // The same figure as in the publication of art. 24(2).
    let dsa = must(data.path(), &["dsa", "--period", "2026-H1", "--json"]);
    let dsa: serde_json::Value = serde_json::from_str(&dsa).unwrap();
    let recipients = number(&total("part-10-active-recipients-voluntary.csv"), "Value");
    let sum = dsa["averageNumerator"].as_u64().unwrap();
    assert!((6 * recipients).abs_diff(sum) <= 3, "{recipients} is not the mean of {sum}");
}

#[test]
fn r_7_01_r_0_02_the_same_log_and_position_give_the_same_report_to_the_byte_and_digest() {
    let history = books::year(1);
    let (first, later) = history.split_at(history.len() * 3 / 4);
    let data = books::with(first);
    let events: usize = first.iter().map(|step| step.events.len()).sum();
    let position = (events - 1).to_string();
    let at = ["--position", &position];
    let [published, again, elsewhere, grown, newer] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let said = report(data.path(), published.path(), &at);
    assert!(said.contains(&format!("position {position}, as of ")), "{said}");
    assert_eq!(report(data.path(), again.path(), &at), said);
    let files_published = files(published.path());
    assert_eq!(files_published.len(), 16);
    assert_eq!(files(again.path()), files_published, "written twice");
    let address: serde_json::Value = serde_json::from_slice(&files_published["address.json"]).unwrap();
    assert_eq!((&address["position"], &address["policyVersion"]), (&(events - 1).into(), &1.into()));
    assert!(said.contains(address["digest"].as_str().unwrap()), "{said}");
    let auditor = tempfile::tempdir().unwrap();
    books::copy(&data.path().join("log"), &auditor.path().join("log"));
    report(auditor.path(), elsewhere.path(), &at);
    assert_eq!(files(elsewhere.path()), files_published, "with the log alone");
    books::write(data.path(), later);
    report(data.path(), grown.path(), &at);
    assert_eq!(files(grown.path()), files_published, "after the book has grown");
    report(data.path(), newer.path(), &[]);
    assert_ne!(files(newer.path()), files_published, "another address is another report's");
}
