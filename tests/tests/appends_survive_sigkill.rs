//! What was acknowledged is there, in its place and once, however often the process that wrote is killed.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use event_log::{Direction, EmbeddedLog, EventLog};
use projections::data_directory::DataDirectory;
use rand::RngExt as _;
use tests::books::OPTIONS;
use tests::chance::chance;
use tests::programs::must;
use uuid::Uuid;

const ROUNDS: usize = 16;

/// Where an acknowledged event was said to be.
type Acknowledged = HashMap<(String, u64), Uuid>;

/// Appends until so many events are acknowledged, then kills. Everything that was acknowledged by then is noted.
fn append_until(many: usize, log: &Path, acknowledged: &mut Acknowledged) {
    let mut writer = Command::new(env!("CARGO_BIN_EXE_append_forever"))
        .arg(log)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap());
    let (mut line, mut read) = (String::new(), 0);
    while lines.read_line(&mut line).unwrap() > 0 {
        // A line that was cut by the kill acknowledges nothing.
        if let Some(whole) = line.strip_suffix('\n') {
            let [stream, revision, id] = whole.split(' ').collect::<Vec<_>>()[..] else { panic!("{whole}") };
            let before = acknowledged.insert((stream.to_owned(), revision.parse().unwrap()), id.parse().unwrap());
            assert_eq!(before, None, "{whole}: a revision is given once");
        }
        line.clear();
        read += 1;
        if read == many {
            writer.kill().unwrap();
        }
    }
    writer.wait().unwrap();
    assert!(read >= many, "it ended by itself");
}

#[test]
fn what_was_acknowledged_is_there_in_order_and_once_after_every_kill() {
    let (data, mut chance) = (tempfile::tempdir().unwrap(), chance());
    let directory = DataDirectory::new(data.path()).log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut acknowledged = Acknowledged::new();
    for round in 0..ROUNDS {
        append_until(chance.random_range(1..600), &directory, &mut acknowledged);
        // Every other time the next writer finds the end as the kill left it.
        let log = if round % 2 == 0 {
            EmbeddedLog::open(&directory, &OPTIONS).unwrap()
        } else {
            EmbeddedLog::open_read_only(&directory).unwrap()
        };
        let events = runtime.block_on(log.read_all(None, Direction::Forwards, usize::MAX)).unwrap();
        let (mut next, mut ids) = (HashMap::<_, u64>::new(), HashSet::new());
        let mut missing = acknowledged.clone();
        for (position, event) in (0..).zip(&events) {
            let stream = event.stream.as_str().to_owned();
            let next = next.entry(stream.clone()).or_default();
            assert_eq!((event.position.0, event.revision.0), (position, *next), "round {round}");
            *next += 1;
            assert!(ids.insert(event.id), "round {round}: {} is there twice", event.id);
            if let Some(id) = missing.remove(&(stream, event.revision.0)) {
                assert_eq!(event.id, id, "round {round}");
            }
        }
        assert!(missing.is_empty(), "round {round}: acknowledged, and not there: {missing:?}");
        runtime.block_on(log.close());
    }
    // Opening for writing cuts what the last kill left unfinished.
    drop(EmbeddedLog::open(&directory, &OPTIONS).unwrap());
    assert!(must(data.path(), &["verify"]).starts_with("good"));
}
