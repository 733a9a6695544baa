//! Heads say what was signed, keys rotate, and another implementation of signed notes verifies ours.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::DateTime;
use event_log::embedded::EmbeddedOptions;
use event_log::merkle::{Hash, Head, HeadError, HeadFile, HeadKeeper, HeadKey, HeadKeys, PublicHeadKey, SignedHead};
use event_log::{EmbeddedLog, EventLog, Expected, LogError, NewEvent, Position, StreamName};
use signed_note::{Note, StandardVerifier, VerifierList};
use uuid::Uuid;

const NAME: &str = "shop.example/marktboek";

fn head(size: u64) -> Head {
    let root = Hash([size as u8; Hash::BYTES]);
    Head { origin: NAME.to_owned(), size, root, time: "2026-11-26T10:00:00Z".parse().unwrap() }
}

#[test]
fn a_head_is_read_back_from_its_text_and_verified_by_its_key_alone() {
    let (key, other) = (HeadKey::generate(NAME).unwrap(), HeadKey::generate(NAME).unwrap());
    let signed = head(61_865).sign(&key);
    let text = signed.to_string();
    let read: SignedHead = text.parse().unwrap();
    assert_eq!(read, signed);
    let keys = [other.public().clone(), key.public().clone()];
    assert_eq!(read.verify(&keys).unwrap(), key.public());
    assert_eq!(read.key_id(), key.public().id());
    let refused = read.verify(&keys[..1]).unwrap_err();
    assert!(matches!(&refused, HeadError::Unsigned { size: 61_865, .. }), "{refused}");
    assert!(refused.to_string().contains(&key.public().id()) && refused.to_string().contains(&other.public().id()));
}

#[test]
fn no_letter_of_a_head_can_be_changed() {
    let key = HeadKey::generate(NAME).unwrap();
    let text = head(4_711).sign(&key).to_string();
    for (at, letter) in text.char_indices() {
        let other = if letter == '1' { '2' } else { '1' };
        let changed = format!("{}{other}{}", &text[..at], &text[at + letter.len_utf8()..]);
        let read = changed.parse::<SignedHead>().and_then(|read| read.verify(&[key.public().clone()]).cloned());
        assert!(read.is_err(), "{changed}");
    }
    for wrong in ["", "a\n1\n", &text.replace("\n4711\n", "\n04711\n"), &text.replace("time", "other x\ntime")] {
        assert!(matches!(wrong.parse::<SignedHead>(), Err(HeadError::Text(_))), "{wrong}");
    }
}

#[test]
fn another_implementation_of_signed_notes_verifies_ours() {
    let key = HeadKey::generate(NAME).unwrap();
    let text = head(9).sign(&key).to_string();
    let verifier = StandardVerifier::new(&key.public().to_string()).unwrap();
    let note = Note::from_bytes(text.as_bytes()).unwrap();
    let verified = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(verified.0.len(), 1);
    let stranger = StandardVerifier::new(&HeadKey::generate(NAME).unwrap().public().to_string()).unwrap();
    assert!(note.verify(&VerifierList::new(vec![Box::new(stranger)])).is_err());
}

#[test]
fn heads_of_old_keys_stay_verifiable_when_another_key_signs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("head-keys");
    let mut keys = HeadKeys::open(&path, NAME).unwrap();
    let first = head(1).sign(keys.current());
    keys.rotate().unwrap();
    let second = head(2).sign(keys.current());
    assert_ne!(first.key_id(), second.key_id());
    let reopened = HeadKeys::open(&path, "another.name/is-of-no-account").unwrap();
    assert_eq!(reopened.public().len(), 2);
    assert_eq!(head(3).sign(reopened.current()).key_id(), second.key_id());
    // A private key that signs no more may go.
    fs::remove_file(path.join("key-1")).unwrap();
    let public = HeadKeys::public_in(&path).unwrap();
    for signed in [first, second] {
        signed.verify(&public).unwrap();
    }
    assert_eq!(fs::metadata(path.join("key-2")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn keys_are_read_from_their_texts_and_a_wrong_one_is_told_without_its_secret() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("head-keys");
    let keys = HeadKeys::open(&path, NAME).unwrap();
    let text = fs::read_to_string(path.join("key-1")).unwrap();
    let read: HeadKey = text.parse().unwrap();
    assert_eq!(read.public(), keys.current().public());
    assert_eq!(keys.current().public().to_string().parse::<PublicHeadKey>().unwrap(), *read.public());
    let secret = text.trim_end().rsplit('+').next().unwrap().to_owned();
    fs::write(path.join("key-1"), text.replacen("shop", "shopp", 1)).unwrap();
    let refused = HeadKeys::open(&path, NAME).unwrap_err().to_string();
    assert!(refused.contains("key-1") && !refused.contains(&secret), "{refused}");
    for wrong in ["", "has space", "a+b"] {
        assert!(HeadKey::generate(wrong).is_err(), "{wrong}");
    }
}

fn event(number: u64) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(number.into()),
        event_type: "ListingChanged".into(),
        schema: 1,
        occurred_at: DateTime::from_timestamp_micros(1_700_000_000_000_000 + number as i64).unwrap(),
        data: format!("{{\"number\":{number}}}").into(),
        metadata: "{}".into(),
    }
}

async fn append(log: &EmbeddedLog, numbers: std::ops::Range<u64>) {
    let stream = StreamName::new("a-1".to_owned()).unwrap();
    for number in numbers {
        log.append(&stream, Expected::Any, vec![event(number)]).await.unwrap();
    }
}

fn book(directory: &Path) -> EmbeddedLog {
    EmbeddedLog::open(directory, &EmbeddedOptions { segment_bytes: 4096 }).unwrap()
}

#[tokio::test]
async fn a_keeper_signs_what_is_in_the_book_and_goes_on_after_a_restart_with_or_without_its_tree() {
    let directory = tempfile::tempdir().unwrap();
    let (log, heads) = (book(&directory.path().join("log")), directory.path().join("heads"));
    let now = "2026-11-26T10:00:00Z".parse().unwrap();
    let mut keeper = HeadKeeper::open(&heads, NAME, &log).unwrap();
    assert!(keeper.newest().is_none());
    let mut signed = vec![keeper.sign(now).unwrap()];
    for size in [1, 40, 41, 100] {
        append(&log, keeper.size()..size).await;
        keeper.catch_up(&log).unwrap();
        signed.push(keeper.sign(now).unwrap());
        assert_eq!(keeper.sign(now).unwrap(), *signed.last().unwrap(), "nothing new, no new head");
    }
    for without_tree in [false, true] {
        if without_tree {
            fs::remove_file(heads.join("hashes")).unwrap();
        }
        let reopened = HeadKeeper::open(&heads, NAME, &log).unwrap();
        assert_eq!(reopened.newest(), signed.last());
        let root = signed[4].head.root;
        for earlier in &signed {
            let proof = reopened.consistency(earlier.head.size, 100).unwrap();
            proof.verify(earlier.head.root, root).unwrap();
        }
        let (leaf, proof) = reopened.inclusion(63, 100).unwrap();
        let event = log.scan(Position(63), 1).unwrap().remove(0);
        assert_eq!(leaf, Hash::of_event(&event));
        proof.verify(leaf, root).unwrap();
    }
    assert_eq!(HeadFile::read(&heads.join("heads"), keeper.keys()).unwrap(), signed);
    // What a crash left of the last head was told to nobody.
    let text = fs::read_to_string(heads.join("heads")).unwrap();
    fs::write(heads.join("heads"), &text[..text.len() - 1]).unwrap();
    assert_eq!(HeadKeeper::open(&heads, NAME, &log).unwrap().newest(), signed.get(3));
}

#[tokio::test]
async fn a_keeper_finds_that_a_book_is_not_the_one_that_was_signed() {
    let directory = tempfile::tempdir().unwrap();
    let log = book(&directory.path().join("log"));
    append(&log, 0..30).await;
    let heads = directory.path().join("heads");
    let mut keeper = HeadKeeper::open(&heads, NAME, &log).unwrap();
    keeper.sign("2026-11-26T10:00:00Z".parse().unwrap()).unwrap();
    drop(keeper);
    // The tree of what was signed is believed but for its end, so that a start does not hash the whole book: what was
    // changed further down is found once it is made again, as `replay-tool verify` does.
    for (what, events, changed, with_tree) in [
        ("fewer", 29, None, true),
        ("another last", 30, Some(29), true),
        ("another last", 30, Some(29), false),
        ("another in between", 40, Some(7), false),
    ] {
        let case = tempfile::tempdir().unwrap();
        let other = book(&case.path().join("log"));
        for number in 0..events {
            let number = if changed == Some(number) { number + 500 } else { number };
            append(&other, number..number + 1).await;
        }
        let copied = case.path().join("heads");
        fs::create_dir(&copied).unwrap();
        for file in fs::read_dir(&heads).unwrap().map(|file| file.unwrap()) {
            if with_tree || file.file_name() != "hashes" {
                fs::copy(file.path(), copied.join(file.file_name())).unwrap();
            }
        }
        let refused = HeadKeeper::open(&copied, NAME, &other).unwrap_err();
        assert!(matches!(&refused, LogError::Damaged { .. }), "{what}: {refused}");
        assert!(refused.to_string().contains("first 30 events"), "{what}: {refused}");
    }
}
