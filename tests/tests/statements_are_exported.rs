//! The statements of reasons go to the Transparency Database as files that anybody with the book makes again, byte for byte;
//! one that may not go holds back no other.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::collections::BTreeMap;
use std::path::Path;

use domain::Event;
use domain::statement::{Ground, StatementEvent};
use serde_json::Value;
use tests::books;
use tests::programs::{must, run};

/// The files of an export, by name.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The ids of an export's records, in order.
fn puids(files: &BTreeMap<String, String>) -> Vec<String> {
    let batches = files.values().map(|file| serde_json::from_str::<Value>(file).unwrap());
    let sent = batches.flat_map(|batch| batch["statements"].as_array().unwrap().clone());
    sent.map(|record| record["puid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn r_7_02_r_0_02_the_same_book_and_position_give_the_same_files_summary_and_digest() {
    let history = books::year(1);
    let (first, later) = history.split_at(history.len() * 3 / 4);
    let data = books::with(first);
    let events: usize = first.iter().map(|step| step.events.len()).sum();
    let position = (events - 1).to_string();
    let out = tempfile::tempdir().unwrap();
    let export = |data: &Path, name: &str, more: &[&str]| {
        let directory = out.path().join(name);
        let mut arguments = vec!["export-statements", directory.to_str().unwrap()];
        arguments.extend(more);
        (must(data, &arguments), files(&directory))
    };
    let exported = export(data.path(), "exported", &["--position", &position]);
    assert!(exported.0.contains(&format!("position {position}, as of ")), "{}", exported.0);
    assert!(!exported.1.is_empty());
    let auditor = tempfile::tempdir().unwrap();
    books::copy(&data.path().join("log"), &auditor.path().join("log"));
    assert_eq!(export(auditor.path(), "auditor", &["--position", &position]), exported, "with the log alone");
    books::write(data.path(), later);
    assert_eq!(export(data.path(), "grown", &["--position", &position]), exported, "after the book has grown");

    let all = puids(&export(data.path(), "all", &[]).1);
    let middle = "2026-01-01";
    let mut parts = puids(&export(data.path(), "before", &["--to", middle]).1);
    let before = parts.len();
    parts.extend(puids(&export(data.path(), "after", &["--from", middle]).1));
    assert_eq!(parts, all);
    assert!(0 < before && before < all.len(), "{before} of {}", all.len());
}

#[test]
fn r_7_02_a_statement_with_personal_data_is_named_and_every_other_is_exported() {
    let history = books::year(1);
    let mut spoilt = history.clone();
    let statement = spoilt.iter_mut().find_map(|step| match &mut step.events[..] {
        [Event::Statement(StatementEvent::StatementOfReasonsIssued(issued))]
            if matches!(issued.ground, Ground::Criteria(_)) =>
        {
            Some((step.stream.clone(), issued))
        }
        _ => None,
    });
    let (stream, issued) = statement.unwrap();
    issued.facts = "the seller answers as jan.de.vries@example.eu".to_owned();
    let id = stream.strip_prefix("statement-").unwrap().to_owned();
    let (good, bad) = (books::with(&history), books::with(&spoilt));
    let out = tempfile::tempdir().unwrap();
    let directories = [out.path().join("good"), out.path().join("bad")];
    let _ = must(good.path(), &["export-statements", directories[0].to_str().unwrap()]);
    let outcome = run(bad.path(), &["export-statements", directories[1].to_str().unwrap()]);
    assert_eq!(outcome.code, Some(1), "{}{}", outcome.stdout, outcome.stderr);
    assert!(
        outcome.stderr.contains(&format!("statement {id}: decision_facts has an e-mail address")),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains("jan.de.vries"), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("refused      1\n"), "{}", outcome.stdout);
    let mut left = puids(&files(&directories[0]));
    left.retain(|puid| *puid != format!("sor-{id}"));
    assert_eq!(puids(&files(&directories[1])), left);

    let again = run(good.path(), &["export-statements", directories[0].to_str().unwrap()]);
    assert_eq!(again.code, Some(2), "into files of another export: {}", again.stderr);
    assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
}
