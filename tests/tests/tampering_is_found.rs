//! Whoever changes history, knows the format and puts every checksum right is found: by a witness that saw an earlier head,
//! whatever the book's owner signs afterwards; and `verify` names the first position that differs.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::fs;
use std::path::{Path, PathBuf};

use event_log::EmbeddedLog;
use event_log::embedded::{self, EmbeddedOptions};
use event_log::merkle::{HASHES, HEADS, HeadKeeper};
use projections::data_directory::DataDirectory;
use rand::RngExt as _;
use serde_json::Value;
use tempfile::TempDir;
use tests::forger::{Forger, Record, segments};
use tests::node::Node;
use tests::programs::{Outcome, must, run};
use tests::{books, chance, signed};
use uuid::Uuid;

/// As many steps as fill several segments of [`OPTIONS`].
const STEPS: usize = 3_000;
/// Small segments: several, and yet little to copy for each forgery.
const OPTIONS: EmbeddedOptions = EmbeddedOptions { segment_bytes: 256 << 10 };

/// A book that grew three times and was signed each time; a witness saw the first two heads.
struct Witnessed {
    data: TempDir,
    auditor: TempDir,
    first: u64,
    seen: u64,
    signed: u64,
}

impl Witnessed {
    fn new() -> Self {
        let (data, auditor) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut history = books::year(1);
        history.truncate(STEPS);
        let mut sizes = [0; 3];
        for (third, (steps, size)) in history.chunks(STEPS / 3).zip(&mut sizes).enumerate() {
            books::write_with(&OPTIONS, data.path(), steps);
            *size = signed::sign(data.path()).head.size;
            if third < 2 {
                let _ = signed::trusted_keys(data.path(), auditor.path());
                let visit = visit(auditor.path(), data.path(), &[]);
                assert_eq!(visit.code, Some(0), "{visit:?}");
            }
        }
        let files = segments(&DataDirectory::new(data.path()).log());
        assert!(files.len() > 2, "{} segments", files.len());
        let [first, seen, signed] = sizes;
        Self { data, auditor, first, seen, signed }
    }

    /// A copy of its data directory in which the events are others; its checksums say that all is well.
    fn forged(&self, edit: impl FnOnce(&mut Vec<Record>)) -> TempDir {
        let forged = tempfile::tempdir().unwrap();
        books::copy(self.data.path(), forged.path());
        let log = DataDirectory::new(forged.path()).log();
        let mut forger = Forger::read(&log);
        edit(&mut forger.records);
        forger.write();
        let report = embedded::verify(&log, &mut |_, _| ()).unwrap();
        assert_eq!(report.events, forger.records.len() as u64);
        forged
    }

    fn visit(&self, data: &Path) -> Outcome {
        visit(self.auditor.path(), data, &[])
    }
}

/// What the auditor's witness says of a book, or of a server that is asked.
fn visit(auditor: &Path, data: &Path, more: &[&str]) -> Outcome {
    let [file, keys] = ["seen-heads", "operators-keys"].map(|name| auditor.join(name));
    let arguments = ["witness", file.to_str().unwrap(), "--keys", keys.to_str().unwrap()];
    run(data, &[&arguments[..], more].concat())
}

fn heads_of(data: &Path) -> PathBuf {
    DataDirectory::new(data).heads()
}

/// `verify --json`, which must find something.
fn found(data: &Path) -> Value {
    let outcome = run(data, &["verify", "--json"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["good"], false, "{report}");
    report
}

type Edit = fn(&mut Vec<Record>, usize);

/// Everything that can be done to the event at a position, so that it is the first that differs.
const EDITS: [(&str, Edit); 11] = [
    ("another payload", |records, at| records[at].data.push(b' ')),
    ("another actor", |records, at| records[at].metadata.push(b' ')),
    ("another time", |records, at| records[at].occurred_at += 1),
    ("another id", |records, at| records[at].id = Uuid::from_u128(1)),
    ("another type", |records, at| records[at].event_type.push(b'X')),
    ("another schema", |records, at| records[at].schema += 1),
    ("another stream", |records, at| records[at].stream = b"order-that-never-was".to_vec()),
    ("removed", |records, at| drop(records.remove(at))),
    ("inserted", |records, at| {
        let mut another = records[at].clone();
        another.id = Uuid::from_u128(2);
        records.insert(at, another);
    }),
    ("swapped", |records, at| {
        let other = records.len() - 1;
        records.swap(at, other);
    }),
    ("truncated", |records, at| records.truncate(at)),
];

#[test]
fn r_0_01_what_is_changed_removed_inserted_swapped_or_cut_is_found_by_a_witness_and_verify_names_the_first_position() {
    let book = Witnessed::new();
    let mut chance = chance::chance();
    let unharmed = book.forged(|_| ());
    assert_eq!(book.visit(unharmed.path()).code, Some(0), "written anew with the same events it is the same book");
    assert!(must(unharmed.path(), &["verify"]).starts_with("good"));
    let seen = fs::read_to_string(book.auditor.path().join("seen-heads")).unwrap();
    // That visit saw the third head, which this witness is not to know.
    let seen = seen.match_indices("\n\n").nth(3).map(|(at, _)| seen[..at + 2].to_owned()).unwrap();
    for (what, edit) in EDITS {
        for (from, to, earliest_head) in [(0, book.first, book.first), (book.first, book.seen, book.seen)] {
            fs::write(book.auditor.path().join("seen-heads"), &seen).unwrap();
            let at = chance.random_range(from..to);
            let forged = book.forged(|records| edit(records, at as usize));
            let report = found(forged.path());
            assert_eq!(report["position"], at, "{what}: {report}");
            let visit = book.visit(forged.path());
            assert_eq!(visit.code, Some(1), "{what} at {at}: {visit:?}");
            let head = format!("head of {earliest_head} events was signed");
            assert!(visit.stderr.contains(&head), "{what} at {at}: {}", visit.stderr);
            let kept = fs::read_to_string(book.auditor.path().join("seen-heads")).unwrap();
            assert_eq!(kept, seen, "{what}: a head that does not hold is not kept");
        }
        // What no witness has seen yet, the heads beside the book still tell.
        let at = chance.random_range(book.seen..book.signed);
        let forged = book.forged(|records| edit(records, at as usize));
        assert_eq!(found(forged.path())["position"], at, "{what}");
    }
}

#[test]
fn what_a_witness_says_is_there_for_programs_too() {
    let book = Witnessed::new();
    let said = |data: &Path| {
        let outcome = visit(book.auditor.path(), data, &["--json"]);
        (outcome.code, serde_json::from_str::<Value>(&outcome.stdout).unwrap())
    };
    let (code, new) = said(book.data.path());
    assert_eq!((code, &new["good"], &new["seenBefore"]), (Some(0), &true.into(), &2.into()), "{new}");
    assert_eq!((&new["firstSeen"]["events"], &new["newHead"]["events"]), (&book.first.into(), &book.signed.into()));
    let (code, again) = said(book.data.path());
    assert_eq!((code, &again["seenBefore"], &again["newHead"]), (Some(0), &3.into(), &Value::Null), "{again}");
    let (code, broken) = said(book.forged(|records| records[0].data.push(b' ')).path());
    assert_eq!((code, &broken["good"]), (Some(1), &false.into()), "{broken}");
    assert!(broken["why"].as_str().unwrap().contains("the first position that differs is 0"), "{broken}");
}

#[test]
fn whoever_also_changes_or_removes_the_hashes_is_found_and_verify_tells_between_which_heads() {
    let book = Witnessed::new();
    let mut chance = chance::chance();
    for puts_hashes_right in [true, false] {
        let at = chance.random_range(book.first..book.seen);
        let forged = book.forged(|records| records[at as usize].data.push(b' '));
        let (heads, hashes) = (heads_of(forged.path()), heads_of(forged.path()).join(HASHES));
        fs::remove_file(&hashes).unwrap();
        if puts_hashes_right {
            let elsewhere = tempfile::tempdir().unwrap();
            let log = EmbeddedLog::open_read_only(DataDirectory::new(forged.path()).log()).unwrap();
            HeadKeeper::open(elsewhere.path(), signed::ORIGIN, &log).unwrap();
            fs::copy(elsewhere.path().join(HASHES), heads.join(HASHES)).unwrap();
        }
        let report = found(forged.path());
        let between = format!("from {} to {}", book.first, book.seen - 1);
        assert!(report["difference"].as_str().unwrap().contains(&between), "{report}");
        assert_eq!((&report["position"], &report["headsOfThisBook"]), (&Value::Null, &Value::from(1)));
        let visit = book.visit(forged.path());
        assert!(visit.code == Some(1) && visit.stderr.contains(&between), "{visit:?}");
    }
    // Hashes that are wrong about a book that is right are not the book's fault.
    let data = tempfile::tempdir().unwrap();
    books::copy(book.data.path(), data.path());
    let hashes = heads_of(data.path()).join(HASHES);
    let mut bytes = fs::read(&hashes).unwrap();
    bytes[0] ^= 1;
    fs::write(&hashes, bytes).unwrap();
    let report = found(data.path());
    assert_eq!(report["position"], 0, "{report}");
    assert!(report["difference"].as_str().unwrap().starts_with("the book is what was signed"), "{report}");
    assert_eq!(book.visit(data.path()).code, Some(0));
}

#[test]
fn whoever_has_the_keys_and_signs_another_history_is_found_by_the_witness_alone() {
    let book = Witnessed::new();
    let at = chance::chance().random_range(0..book.seen) as usize;
    let forged = book.forged(|records| records[at].data.push(b' '));
    for file in [HASHES, HEADS] {
        fs::remove_file(heads_of(forged.path()).join(file)).unwrap();
    }
    signed::sign(forged.path());
    assert!(must(forged.path(), &["verify"]).starts_with("good"), "it is a book of its own");
    let visit = book.visit(forged.path());
    assert!(visit.code == Some(1) && visit.stderr.contains("does not contain all that was seen"), "{visit:?}");

    // Another key is no way out: this witness was told which keys to trust.
    fs::remove_dir_all(heads_of(forged.path())).unwrap();
    signed::sign(forged.path());
    let visit = book.visit(forged.path());
    assert!(visit.code == Some(1) && visit.stderr.contains("no signature under the head"), "{visit:?}");
}

#[test]
fn a_server_that_serves_another_history_than_it_did_is_found_by_a_witness_that_asks_it() {
    let (data, auditor) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut history = books::year(1);
    history.truncate(2_000);
    books::write(data.path(), &history);
    let visit = |node: &Node| visit(auditor.path(), auditor.path(), &["--url", node.url()]);
    let node = Node::start(data.path());
    let _ = signed::trusted_keys(data.path(), auditor.path());
    let first = visit(&node);
    assert!(first.code == Some(0) && first.stdout.starts_with("kept: the first head"), "{first:?}");
    let again = visit(&node);
    assert!(again.code == Some(0) && again.stdout.starts_with("good: today's book contains all"), "{again:?}");
    drop(node);

    let node = Node::start(data.path());
    let restarted = visit(&node);
    assert_eq!(restarted.code, Some(0), "{restarted:?}");
    drop(node);
    let seen = fs::read_to_string(auditor.path().join("seen-heads")).unwrap();

    for cut in [false, true] {
        let forged = tempfile::tempdir().unwrap();
        books::copy(data.path(), forged.path());
        // Everything that would tell the server itself.
        for file in [HASHES, HEADS] {
            fs::remove_file(heads_of(forged.path()).join(file)).unwrap();
        }
        for directory in ["views", "reactors"] {
            fs::remove_dir_all(forged.path().join(directory)).unwrap();
        }
        let mut forger = Forger::read(&DataDirectory::new(forged.path()).log());
        if cut {
            forger.records.truncate(1_000);
        } else {
            forger.records[1_000].data.push(b' ');
        }
        forger.write();
        let node = Node::start(forged.path());
        let caught = visit(&node);
        assert!(caught.code == Some(1) && caught.stderr.contains("does not contain the head of"), "{caught:?}");
        assert!(caught.stderr.contains("— marktboek "), "the head that was shown is evidence: {caught:?}");
        assert_eq!(fs::read_to_string(auditor.path().join("seen-heads")).unwrap(), seen);
    }
}
