//! What is sealed is opened while its subject's key lives, and by nobody ever after.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use event_log::{LogError, MasterKey, Vault};
use support::{copy, files};

const CONTEXT: &[u8] = b"ReviewSubmitted/text";

fn master() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

fn open(directory: &Path) -> Vault {
    Vault::open(directory, master()).unwrap()
}

fn read(vault: &Vault, subject: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    opened(vault, subject, CONTEXT, sealed).unwrap()
}

fn opened(vault: &Vault, subject: &str, context: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
    vault.keys_to_open(&[subject])?.open_sealed(subject, context, sealed)
}

fn seal(vault: &Vault, subject: &str, plain: &[u8]) -> Result<Vec<u8>, LogError> {
    vault.keys_to_seal(&[subject])?.seal(subject, CONTEXT, plain)
}

fn fingerprint(vault: &Vault, subject: &str, context: &[u8], bytes: &[u8]) -> Result<[u8; 32], LogError> {
    vault.keys_to_seal(&[subject])?.fingerprint(subject, context, bytes)
}

#[test]
fn what_is_sealed_is_opened_also_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path());
    let sealed = seal(&vault, "review-1", b"very good").unwrap();
    assert!(!sealed.windows(4).any(|part| part == b"good"));
    assert_ne!(sealed, seal(&vault, "review-1", b"very good").unwrap(), "each sealing has a nonce of its own");
    vault.sync().unwrap();
    vault.sync().unwrap();
    assert_eq!(read(&vault, "review-1", &sealed).as_deref(), Some(&b"very good"[..]));
    assert_eq!(read(&vault, "review-2", &sealed), None);
    drop(vault);
    let vault = open(directory.path());
    assert_eq!(read(&vault, "review-1", &sealed).as_deref(), Some(&b"very good"[..]));
    let reader = Vault::open_read_only(directory.path(), master()).unwrap();
    assert_eq!(read(&reader, "review-1", &sealed).as_deref(), Some(&b"very good"[..]));
    assert!(matches!(seal(&reader, "review-9", b""), Err(LogError::ReadOnly { .. })));
    assert!(matches!(reader.destroy("review-1"), Err(LogError::ReadOnly { .. })));
}

#[test]
fn a_fingerprint_is_the_same_for_the_same_bytes_of_one_subject_only_and_dies_with_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path());
    let first = fingerprint(&vault, "review-1", b"photo", b"pixels").unwrap();
    vault.sync().unwrap();
    drop(vault);
    let vault = open(directory.path());
    assert_eq!(fingerprint(&vault, "review-1", b"photo", b"pixels").unwrap(), first);
    let other = |subject, context: &[u8], bytes: &[u8]| fingerprint(&vault, subject, context, bytes).unwrap();
    for other in [
        other("review-2", b"photo", b"pixels"),
        other("review-1", b"phot", b"opixels"),
        other("review-1", b"photo", b"pixel"),
    ] {
        assert_ne!(other, first);
    }
    vault.destroy("review-1").unwrap();
    assert!(matches!(fingerprint(&vault, "review-1", b"photo", b"pixels"), Err(LogError::Sealing { .. })));
}

#[test]
fn a_destroyed_subject_is_unreadable_for_good_and_gets_no_new_key() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path());
    let sealed: Vec<_> = (0..9).map(|n| seal(&vault, &format!("review-{n}"), b"text").unwrap()).collect();
    vault.sync().unwrap();
    let before = fs::read(directory.path().join("keys")).unwrap();
    assert!(vault.destroy("review-4").unwrap());
    assert!(!vault.destroy("review-4").unwrap());
    assert!(!vault.destroy("review-never").unwrap());
    let later = seal(&vault, "review-9", b"later").unwrap();
    vault.sync().unwrap();
    for vault in [vault, open_again(directory.path())] {
        assert!(
            vault.is_destroyed("review-4") && vault.is_destroyed("review-never") && !vault.is_destroyed("review-3")
        );
        for (n, sealed) in sealed.iter().enumerate() {
            assert_eq!(read(&vault, &format!("review-{n}"), sealed).is_some(), n != 4);
        }
        assert!(read(&vault, "review-9", &later).is_some());
        assert!(matches!(seal(&vault, "review-4", b"again"), Err(LogError::Sealing { .. })));
        assert!(matches!(seal(&vault, "review-never", b"again"), Err(LogError::Sealing { .. })));
    }
    assert_eq!(files(directory.path(), "keys"), [directory.path().join("keys"), directory.path().join("keys.lock")]);
    let at = before.windows(8).position(|part| part == b"review-4").unwrap() + 8;
    let wrapped = &before[at..at + 60];
    let after = fs::read(directory.path().join("keys")).unwrap();
    assert!(!after.windows(60).any(|part| part == wrapped), "the wrapped key is gone from the disk");
}

/// While the first is still open; the lock would refuse a second writer.
fn open_again(directory: &Path) -> Vault {
    assert!(matches!(Vault::open(directory, master()), Err(LogError::Locked { .. })));
    let copied = copy(directory).keep();
    open(&copied)
}

#[test]
fn a_changed_byte_or_another_context_is_an_error_not_an_answer() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path());
    let sealed = seal(&vault, "review-1", b"text").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(matches!(opened(&vault, "review-1", CONTEXT, &changed), Err(LogError::Sealing { .. })), "byte {at}");
    }
    for wrong in [&sealed[..sealed.len() - 1], &[]] {
        assert!(matches!(opened(&vault, "review-1", CONTEXT, wrong), Err(LogError::Sealing { .. })));
    }
    assert!(matches!(opened(&vault, "review-1", b"other", &sealed), Err(LogError::Sealing { .. })));
    for subject in ["", &"x".repeat(256)] {
        assert!(matches!(seal(&vault, subject, b""), Err(LogError::Invalid { field: "subject", .. })));
    }
}

#[test]
fn another_master_key_is_told_from_damage() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    match Vault::open(directory.path(), MasterKey::from_bytes([8; 32])) {
        Err(LogError::Invalid { field, .. }) => assert_eq!(field, "master key"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_flipped_byte_of_the_key_file_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path());
    let path = directory.path().join("keys");
    let mut ends = Vec::new();
    for n in 0..3 {
        seal(&vault, &format!("review-{n}"), b"text").unwrap();
        vault.sync().unwrap();
        ends.push(fs::metadata(&path).unwrap().len() as usize);
    }
    drop(vault);
    for settled in [false, true] {
        if settled {
            // The file is rewritten: from then on none of it can be a crash's unfinished end.
            open(directory.path()).destroy("review-0").unwrap();
        }
        let sound = fs::read(&path).unwrap();
        for at in 0..sound.len() {
            let damaged = copy(directory.path());
            let file = OpenOptions::new().write(true).open(damaged.path().join("keys")).unwrap();
            file.write_all_at(&[sound[at] ^ 0xff], at as u64).unwrap();
            match Vault::open(damaged.path(), master()) {
                Err(LogError::Damaged { .. }) => assert!(settled || at < ends[1], "byte {at} is in the last batch"),
                // Nobody can tell a changed constant from another master key.
                Err(other) => panic!("byte {at}: {other}"),
                Ok(vault) => {
                    assert!(!settled && at >= ends[1], "byte {at} was synced before another batch");
                    let side = vault.recovered().unwrap().side_file.clone().unwrap();
                    assert_eq!(fs::read(side).unwrap().len(), sound.len() - ends[1]);
                    assert!(vault.destroy("review-1").unwrap());
                    assert!(files(damaged.path(), "torn-").is_empty(), "destroying leaves no key in side files");
                }
            }
        }
    }
}

#[test]
fn a_key_file_cut_anywhere_in_its_last_batch_keeps_the_keys_before() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path());
    let path = directory.path().join("keys");
    let sealed = seal(&vault, "review-1", b"text").unwrap();
    vault.sync().unwrap();
    let kept = fs::metadata(&path).unwrap().len();
    seal(&vault, "review-2", b"text").unwrap();
    seal(&vault, "review-3", b"text").unwrap();
    vault.sync().unwrap();
    drop(vault);
    let whole = fs::metadata(&path).unwrap().len();
    for length in kept..whole {
        let cut = copy(directory.path());
        OpenOptions::new().write(true).open(cut.path().join("keys")).unwrap().set_len(length).unwrap();
        let vault = open(cut.path());
        assert!(read(&vault, "review-1", &sealed).is_some());
        seal(&vault, "review-4", b"text").unwrap();
        vault.sync().unwrap();
        drop(vault);
        assert_eq!(open(cut.path()).recovered(), None);
    }
}

#[test]
fn a_crash_at_any_step_of_a_rewrite_leaves_the_keys_whole() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path());
    let sealed = seal(&vault, "review-1", b"text").unwrap();
    vault.sync().unwrap();
    drop(vault);
    let (keys, old, new) = (|d: &Path| d.join("keys"), |d: &Path| d.join("keys.old"), |d: &Path| d.join("keys.new"));
    let steps: [&dyn Fn(&Path); 4] = [
        // The new file is half written.
        &|d| fs::write(new(d), b"half").unwrap(),
        // The old file has its second name, and is still the first.
        &|d| fs::hard_link(keys(d), old(d)).unwrap(),
        // The new file has taken its place.
        &|d| {
            fs::hard_link(keys(d), old(d)).unwrap();
            fs::copy(keys(d), new(d)).unwrap();
            fs::rename(new(d), keys(d)).unwrap();
        },
        // The old file is overwritten but still there.
        &|d| fs::write(old(d), vec![0; 500]).unwrap(),
    ];
    for step in steps {
        let crashed = copy(directory.path());
        step(crashed.path());
        let vault = open(crashed.path());
        assert!(read(&vault, "review-1", &sealed).is_some());
        assert!(!old(crashed.path()).exists() && !new(crashed.path()).exists());
        assert!(vault.destroy("review-1").unwrap());
    }
}

#[test]
fn many_threads_seal_and_sync_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path());
    let sealed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (vault, sealed) = (&vault, &sealed);
            scope.spawn(move || {
                for n in 0..40 {
                    // Half of the subjects are shared by all threads.
                    let subject = if n % 2 == 0 { format!("buyer-{n}") } else { format!("review-{thread}-{n}") };
                    let text = seal(vault, &subject, subject.as_bytes()).unwrap();
                    vault.sync().unwrap();
                    sealed.lock().unwrap().push((subject, text));
                }
            });
        }
    });
    drop(vault);
    let vault = open(directory.path());
    for (subject, text) in sealed.into_inner().unwrap() {
        assert_eq!(read(&vault, &subject, &text), Some(subject.into_bytes()));
    }
}
