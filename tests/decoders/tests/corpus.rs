//! What the fuzzers begin with, and what they have found, holds: without nightly, without libFuzzer.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

use decoders::TARGETS;

/// As much may be kept.
const MAX_CORPUS_BYTES: u64 = 200_000;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_decoder_holds_on_its_corpus_and_on_what_is_left_of_it() {
    for (name, target) in TARGETS {
        for file in files(&corpus().join(name)) {
            println!("{}", file.display());
            let bytes = fs::read(&file).unwrap();
            target(&bytes);
            // Broken off half way, and with a byte changed.
            target(&bytes[..bytes.len() / 2]);
            let mut changed = bytes;
            if let Some(byte) = changed.last_mut() {
                *byte ^= 0x20;
            }
            target(&changed);
        }
    }
}

#[test]
fn every_decoder_has_a_corpus_and_a_way_in_and_the_corpora_are_small() {
    let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
    let corpora: Vec<_> = files(&corpus()).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(corpora, names);
    let ways: Vec<_> =
        files(&corpus().join("../fuzz_targets")).iter().map(|path| path.file_stem().unwrap().to_owned()).collect();
    assert_eq!(ways, names);
    let all = names.iter().flat_map(|name| files(&corpus().join(name)));
    let bytes: u64 = all.map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(bytes < MAX_CORPUS_BYTES, "{bytes} bytes");
}
