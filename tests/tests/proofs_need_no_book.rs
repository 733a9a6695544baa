//! An event's proof is verified with the proof and a public key alone; so is one whose head was signed by a key that signs no
//! more.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use event_log::merkle::{HeadKeeper, HeadKey};
use event_log::{EmbeddedLog, EventLog, Position};
use fixtures::Step;
use projections::data_directory::DataDirectory;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::faces::{connection, shown};
use tests::forger::Forger;
use tests::node::Node;
use tests::programs::{Outcome, must, replay_tool, run};
use tests::{books, signed};

/// A small real history.
fn history() -> Vec<Step> {
    let olist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/histories/olist-mini");
    fixtures::olist::history(&olist).unwrap().0
}

/// A signed book of most of it; [`grow`] adds the rest.
fn book() -> TempDir {
    let history = history();
    let data = books::with(&history[..history.len() * 3 / 4]);
    signed::sign(data.path());
    data
}

fn grow(data: &Path) {
    books::write(data, &history());
}

/// Changes one event of a book, with every checksum put right.
fn forge(data: &Path, at: usize) {
    let mut forger = Forger::read(&DataDirectory::new(data).log());
    forger.records[at].data.push(b' ');
    forger.write();
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// `verify-proof`, where there is nothing but the proof and the key.
fn verified(proof: &str, key: &str) -> Outcome {
    let nowhere = tempfile::tempdir().unwrap();
    let file = nowhere.path().join("proof.json");
    fs::write(&file, proof).unwrap();
    run(nowhere.path(), &["verify-proof", text(&file), "--key", key])
}

fn event(data: &Path, position: u64) -> event_log::Recorded {
    let log = EmbeddedLog::open_read_only(DataDirectory::new(data).log()).unwrap();
    log.scan(Position(position), 1).unwrap().remove(0)
}

#[test]
fn r_0_01_an_events_proof_says_who_did_what_and_when_and_needs_only_a_public_key() {
    let data = book();
    let key = must(data.path(), &["head-keys"]);
    let size = signed::sign(data.path()).head.size;
    for position in [0, 17, size - 1] {
        let proof = must(data.path(), &["prove", "--position", &position.to_string()]);
        let proved = verified(&proof, key.trim());
        assert_eq!(proved.code, Some(0), "{proved:?}");
        let event = event(data.path(), position);
        for line in [
            format!("event         {} {} ", event.event_type, event.id),
            format!("stream        {}, revision {}\n", event.stream, event.revision),
            format!("position      {position}\n"),
            format!("head          {size} events, signed at 2026-06-30T12:00:00Z\n"),
            format!("key           {}+", signed::ORIGIN),
        ] {
            assert!(proved.stdout.contains(&line), "{line:?} in {}", proved.stdout);
        }
        let stored: Value = serde_json::from_str(&proof).unwrap();
        assert_eq!(stored["event"]["data"].as_str().unwrap().as_bytes(), event.data, "to the byte");
    }
    let proof = must(data.path(), &["prove", "--position", "17"]);
    let file = data.path().join("proof.json");
    fs::write(&file, &proof).unwrap();
    let mut from_stdin = replay_tool(data.path(), &["verify-proof", "--key", key.trim()]);
    assert!(from_stdin.stdin(File::open(&file).unwrap()).output().unwrap().status.success());
}

#[test]
fn r_0_01_a_proof_of_which_anything_was_changed_proves_nothing() {
    let data = book();
    let key = must(data.path(), &["head-keys"]);
    let proof: Value = serde_json::from_str(&must(data.path(), &["prove", "--position", "17"])).unwrap();
    let other_id = "00000000-0000-4000-8000-000000000001";
    for (path, other) in [
        ("/position", json!(16)),
        ("/event/id", json!(other_id)),
        ("/event/stream", json!("order-another")),
        ("/event/revision", json!(99)),
        ("/event/type", json!("Another")),
        ("/event/schema", json!(9)),
        ("/event/occurredAt", json!("2020-01-01T00:00:00Z")),
        ("/event/data", json!("{}")),
        ("/event/metadata", json!("{}")),
        ("/path", json!([])),
        ("/path/0", proof["path"][1].clone()),
        ("/path/0", json!("short")),
        ("/head", json!(proof["head"].as_str().unwrap().replacen("2026", "2025", 1))),
    ] {
        let mut changed = proof.clone();
        *changed.pointer_mut(path).unwrap() = other;
        let outcome = verified(&changed.to_string(), key.trim());
        assert_eq!(outcome.code, Some(1), "{path}: {outcome:?}");
        assert!(outcome.stderr.contains("not proved: ") && outcome.stdout.is_empty(), "{path}: {outcome:?}");
    }
    let stranger = HeadKey::generate(signed::ORIGIN).unwrap().public().to_string();
    let unsigned = verified(&proof.to_string(), &stranger);
    assert!(unsigned.code == Some(1) && unsigned.stderr.contains("no signature under the head"), "{unsigned:?}");
    assert_eq!(verified("no proof", key.trim()).code, Some(1));
    let file = data.path().join("proof.json");
    fs::write(&file, proof.to_string()).unwrap();
    for wrong in [&["verify-proof", text(&file)][..], &["verify-proof", "not-there", "--key", key.trim()]] {
        assert_eq!(run(data.path(), wrong).code, Some(2), "{wrong:?}");
    }
}

#[test]
fn what_no_head_covers_is_not_proved_and_a_book_that_is_not_the_signed_one_proves_nothing() {
    let data = book();
    let size = signed::sign(data.path()).head.size;
    grow(data.path());
    let after = run(data.path(), &["prove", "--position", &size.to_string()]);
    assert!(after.code == Some(2) && after.stderr.contains("no signed head"), "{after:?}");
    let beyond = run(data.path(), &["prove", "--position", "9999999"]);
    assert!(beyond.code == Some(2) && beyond.stderr.contains("the book has no position 9999999"), "{beyond:?}");
    forge(data.path(), 3);
    for position in ["3", "4"] {
        let outcome = run(data.path(), &["prove", "--position", position]);
        assert!(outcome.code == Some(1) && outcome.stderr.contains("not the one"), "{outcome:?}");
    }
}

#[test]
fn heads_and_proofs_of_an_old_key_stay_verifiable_and_no_key_is_made_while_a_server_signs() {
    let data = book();
    let old = must(data.path(), &["head-keys"]);
    let old_proof = must(data.path(), &["prove", "--position", "5"]);
    let both = must(data.path(), &["head-keys", "--rotate"]);
    assert!(both.starts_with(&old) && both.lines().count() == 2, "{both}");
    assert_eq!(must(data.path(), &["head-keys"]), both);
    grow(data.path());
    signed::sign(data.path());
    let new_proof = must(data.path(), &["prove", "--position", "5"]);
    let new = both.lines().nth(1).unwrap();
    for (proof, key, code) in
        [(&old_proof, old.trim(), 0), (&new_proof, new, 0), (&old_proof, new, 1), (&new_proof, old.trim(), 1)]
    {
        assert_eq!(verified(proof, key).code, Some(code));
    }
    assert!(must(data.path(), &["verify"]).contains("the book goes on from every one that was signed"));

    let node = Node::start(data.path());
    let refused = run(data.path(), &["head-keys", "--rotate"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("held by"), "{refused:?}");
    let by_server = must(data.path(), &["prove", "--position", "5", "--url", node.url()]);
    let proved = verified(&by_server, new);
    assert!(proved.code == Some(0) && proved.stdout.contains("position      5\n"), "{proved:?}");

    let without = tempfile::tempdir().unwrap();
    assert_eq!(run(without.path(), &["head-keys", "--rotate"]).code, Some(2));
    assert!(!DataDirectory::new(without.path()).log().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_in_a_cluster_is_compared_with_the_heads_that_were_signed_of_it() {
    let directories = tokio::task::spawn_blocking(|| {
        let directories = [book(), tempfile::tempdir().unwrap()];
        books::copy(directories[0].path(), directories[1].path());
        forge(directories[1].path(), 9);
        directories
    });
    let directories = directories.await.unwrap();
    let books = directories
        .each_ref()
        .map(|data| Arc::new(EmbeddedLog::open(DataDirectory::new(data.path()).log(), &books::OPTIONS).unwrap()));
    let faces = [shown(Arc::clone(&books[0])).await, shown(Arc::clone(&books[1])).await];
    let addresses = faces.each_ref().map(connection);
    tokio::task::spawn_blocking(move || {
        let nodes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let verify = |node: usize| run(nodes[node].path(), &["--log", &addresses[node], "verify", "--json"]);
        let unsigned = verify(0);
        assert!(unsigned.code == Some(2) && unsigned.stderr.contains("no signed heads"), "{unsigned:?}");
        let heads = nodes.each_ref().map(|node| DataDirectory::new(node.path()).heads());
        let mut keeper = HeadKeeper::open(&heads[0], signed::ORIGIN, books[0].as_ref()).unwrap();
        let signed = keeper.sign("2026-06-30T12:00:00Z".parse().unwrap()).unwrap();
        let good = verify(0);
        let report: Value = serde_json::from_str(&good.stdout).unwrap();
        assert_eq!((good.code, &report["root"]), (Some(0), &Value::from(signed.head.root.to_string())), "{good:?}");

        books::copy(&heads[0], &heads[1]);
        let another = verify(1);
        let report: Value = serde_json::from_str(&another.stdout).unwrap();
        assert_eq!((another.code, &report["position"]), (Some(1), &Value::from(9)), "{another:?}");
    })
    .await
    .unwrap();
}
