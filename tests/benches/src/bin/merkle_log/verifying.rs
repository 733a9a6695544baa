//! A whole book checked as `replay-tool verify` does it, against reading the same book and against SHA-256 alone.
//!
//! Checking reads every byte, computes every checksum, hashes every event and pair of hashes, and compares with the signed
//! heads and the kept hashes. The book is in the page cache for all of them.

use std::path::Path;
use std::sync::Arc;

use benches::events::{Writer, payloads};
use benches::rounds::{Rounds, Unit, rate, row, timed};
use chrono::Utc;
use event_log::embedded::{self, EmbeddedOptions};
use event_log::merkle::{Comparison, HASHES, HEADS, Hash, HashTree, HeadFile, HeadKeeper, HeadKeys};
use event_log::{EmbeddedLog, EventLog, Expected, Position, StreamName};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::Failure;

pub(crate) const EVENTS: usize = 1_000_000;
const EVENTS_A_STREAM: usize = 100;
/// A head of every so many, as a server under load signs them.
const EVENTS_A_HEAD: usize = 10_000;
const ROUNDS: usize = 9;
const READ_EVENTS: usize = 8_192;

/// Makes a book of a million events, its hashes and its heads.
pub(crate) async fn fill(directory: &Path) -> Result<(), Failure> {
    let log = Arc::new(EmbeddedLog::open(directory.join("log"), &EmbeddedOptions::default())?);
    std::fs::create_dir_all(directory.join("heads"))?;
    let mut keeper = HeadKeeper::open(&directory.join("heads"), "bench", log.as_ref())?;
    let payloads = payloads();
    for number in 1..=EVENTS / EVENTS_A_STREAM {
        let writer = Writer::new();
        let events = payloads.iter().cycle().take(EVENTS_A_STREAM).enumerate();
        let events = events.map(|(number, payload)| writer.event(number, payload)).collect();
        log.append(&StreamName::new(writer.stream.clone())?, Expected::NoStream, events).await?;
        if (number * EVENTS_A_STREAM).is_multiple_of(EVENTS_A_HEAD) {
            keeper.catch_up(log.as_ref())?;
            keeper.sign(Utc::now())?;
        }
    }
    log.close().await;
    Ok(())
}

pub(crate) fn measure(directory: &Path) -> Result<(), Failure> {
    let log = EmbeddedLog::open_read_only(directory.join("log"))?;
    let pieces = pieces(&log)?;
    let bytes: usize = pieces.iter().map(Vec::len).sum();
    let (mut of_hashing, mut of_reading) = (Rounds::default(), Rounds::default());
    let (mut verified, mut hashed, mut read) = (Rounds::default(), Rounds::default(), Rounds::default());
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        let (good, verifying) = timed(|| verify(directory));
        good?;
        let (_, hashing) = timed(|| pieces.par_iter().map(hash).collect::<Vec<_>>());
        let (events, reading) = timed(|| read_all(&log));
        assert_eq!(events?, EVENTS);
        if round > 0 {
            let [verifying, hashing, reading] = [verifying, hashing, reading].map(|elapsed| rate(EVENTS, elapsed));
            verified.push(verifying);
            hashed.push(hashing);
            read.push(reading);
            of_hashing.push(verifying / hashing);
            of_reading.push(verifying / reading);
        }
    }
    let amount = format!("{EVENTS} events of {} bytes, {} heads", bytes / EVENTS, EVENTS / EVENTS_A_HEAD);
    println!(
        "{}",
        row("verify / SHA-256 of events and pairs alone on both cores", &amount, &of_hashing, Unit::Percent, "≥ 50 %")
    );
    println!("{}", row("verify / reading it on one core", &amount, &of_reading, Unit::Percent, ""));
    println!("{}", row("verify, this machine", &amount, &verified, Unit::PerSecond, ""));
    println!("{}", row("SHA-256 on both cores, this machine", &amount, &hashed, Unit::PerSecond, ""));
    println!("{}", row("reading on one core, this machine", &amount, &read, Unit::PerSecond, ""));
    Ok(())
}

fn verify(directory: &Path) -> Result<(), Failure> {
    let keys = HeadKeys::public_in(&directory.join("heads"))?;
    let heads = HeadFile::read(&directory.join("heads").join(HEADS), &keys)?;
    let kept = HashTree::open_read_only(directory.join("heads").join(HASHES))?;
    let mut comparison = Comparison::new(heads, kept);
    let log = directory.join("log");
    embedded::verify_each(&log, &Hash::of_event, &mut |leaf, event| comparison.take(leaf, event), &mut |_, _| ())?;
    let compared = comparison.finish()?;
    assert_eq!((compared.size, compared.difference), (EVENTS as u64, None));
    assert_eq!(compared.heads, EVENTS / EVENTS_A_HEAD);
    Ok(())
}

/// All that a tree needs of SHA-256 for an event: its own hash, and that of a pair, of which there are as many.
fn hash(piece: &Vec<u8>) -> [[u8; 32]; 2] {
    [Sha256::digest(piece).into(), Sha256::digest([0; 1 + 2 * Hash::BYTES]).into()]
}

/// What SHA-256 alone is to hash: all that is hashed of an event, a piece for each.
fn pieces(log: &EmbeddedLog) -> Result<Vec<Vec<u8>>, Failure> {
    let (mut pieces, mut at) = (Vec::with_capacity(EVENTS), Position::START);
    loop {
        let events = log.scan(at, READ_EVENTS)?;
        let Some(last) = events.last() else { return Ok(pieces) };
        at = last.position.next();
        let numbers = [0; 16 + 8 + 2 + 8 + 4 * 4];
        pieces.extend(events.iter().map(|event| {
            [&numbers, event.stream.as_str().as_bytes(), event.event_type.as_bytes(), &event.data, &event.metadata]
                .concat()
        }));
    }
}

fn read_all(log: &EmbeddedLog) -> Result<usize, Failure> {
    let (mut read, mut at) = (0, Position::START);
    loop {
        let events = log.scan(at, READ_EVENTS)?;
        let Some(last) = events.last() else { return Ok(read) };
        at = last.position.next();
        read += events.len();
    }
}
