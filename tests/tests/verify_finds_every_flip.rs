//! One wrong bit in any record, the last one included, and the auditor's check fails and names the place.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rand::RngExt as _;
use tests::books;
use tests::chance::chance;
use tests::programs::{must, run};

/// A small book of a real data set: its data directory, its only segment, and where each record begins; last, where
/// the records end.
fn small_book() -> (tempfile::TempDir, PathBuf, Vec<usize>) {
    let olist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/histories/olist-mini");
    let data = books::with(&fixtures::olist::history(&olist).unwrap().0);
    let mut segments = std::fs::read_dir(data.path().join("log")).unwrap().map(|entry| entry.unwrap().path());
    let segment = segments.find(|path| path.extension().is_some_and(|extension| extension == "log")).unwrap();
    let bytes = std::fs::read(&segment).unwrap();
    let mut begins: Vec<_> = bytes.windows(4).enumerate().filter(|(_, w)| w == b"EVNT").map(|(at, _)| at).collect();
    begins.push(bytes.iter().rposition(|byte| *byte != 0).unwrap().next_multiple_of(8));
    assert!(begins.len() > 40, "{} records", begins.len());
    (data, segment, begins)
}

/// Flips bits of one byte, lets the auditor look, and puts the byte back.
fn found(data: &Path, segment: &Path, at: usize, flip: u8, record_begins: usize) {
    let file = OpenOptions::new().read(true).write(true).open(segment).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at as u64).unwrap();
    file.write_all_at(&[byte[0] ^ flip], at as u64).unwrap();
    let outcome = run(data, &["verify"]);
    file.write_all_at(&byte, at as u64).unwrap();
    let place = format!("{}, offset {record_begins}:", segment.display());
    assert_eq!(outcome.code, Some(1), "byte {at} ^ {flip:#04x}: {outcome:?}");
    assert!(outcome.stderr.contains(&place) && outcome.stdout.is_empty(), "byte {at} ^ {flip:#04x}: {outcome:?}");
}

#[test]
fn r_0_01_a_flipped_byte_in_any_record_fails_the_check_which_names_segment_and_offset() {
    let (data, segment, begins) = small_book();
    let mut chance = chance();
    for record in begins.windows(2) {
        for _ in 0..3 {
            let (at, flip) = (chance.random_range(record[0]..record[1]), chance.random_range(1..=u8::MAX));
            found(data.path(), &segment, at, flip, record[0]);
        }
    }
    assert!(must(data.path(), &["verify"]).starts_with("good"));
}

#[test]
fn r_0_01_every_byte_of_the_last_record_is_checked() {
    let (data, segment, begins) = small_book();
    let [.., begin, end] = begins[..] else { panic!("records") };
    for at in begin..end {
        found(data.path(), &segment, at, 0x10, begin);
    }
    assert!(must(data.path(), &["verify"]).starts_with("good"));
}
