//! Heads say what was signed, keys rotate, and another implementation of signed notes verifies ours.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use event_log::merkle::{Hash, Head, HeadError, HeadKey, HeadKeys, PublicHeadKey, SignedHead};
use signed_note::{Note, StandardVerifier, VerifierList};

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
