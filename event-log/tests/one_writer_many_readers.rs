//! One process writes a book; others read it meanwhile and see only what is whole.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event_log::embedded::verify;
use event_log::{Direction, EmbeddedLog, EventLog, Expected, LogError, Position};
use support::{TINY, events, files, open, stream};

#[tokio::test]
async fn a_second_writer_is_told_who_the_first_is() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path());
    match EmbeddedLog::open(directory.path(), &TINY) {
        Err(LogError::Locked { holder, .. }) => assert_eq!(holder, format!("process {}", std::process::id())),
        other => panic!("{other:?}"),
    }
    drop(first);
    open(directory.path());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_follows_and_an_auditor_checks_a_book_that_is_being_written() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    log.append(&stream("a-1"), Expected::NoStream, events(0..3)).await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let (path, stop) = (directory.path().to_owned(), Arc::clone(&over));
    let readers = tokio::task::spawn_blocking(move || {
        let reader = EmbeddedLog::open_read_only(&path).unwrap();
        let (mut seen, mut live) = (0, false);
        loop {
            let last_round = stop.load(Ordering::SeqCst);
            let next = reader.refresh().unwrap();
            while seen < next.0 {
                for event in reader.scan(Position(seen), usize::MAX).unwrap() {
                    assert_eq!(event.position.0, seen);
                    seen += 1;
                }
            }
            assert_eq!(reader.recovered(), None);
            let report = verify(&path, &mut |_, _| ()).unwrap();
            assert!(report.events >= next.0);
            live |= report.live;
            if last_round {
                return (seen, live);
            }
        }
    });
    for number in 1..300 {
        log.append(&stream("a-1"), Expected::Any, events(number * 3..number * 3 + 3)).await.unwrap();
    }
    over.store(true, Ordering::SeqCst);
    assert_eq!(readers.await.unwrap(), (900, true));
}

#[tokio::test]
async fn a_half_written_group_is_the_end_for_a_reader_and_damage_if_it_stays() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    log.append(&stream("a-1"), Expected::NoStream, events(0..3)).await.unwrap();
    let path = files(directory.path(), "segment-").remove(0);
    let end = fs::read(&path).unwrap().iter().rposition(|byte| *byte != 0).unwrap().next_multiple_of(8) as u64;
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(b"EVNT half a record", end).unwrap();
    let reader = EmbeddedLog::open_read_only(directory.path()).unwrap();
    assert_eq!(reader.next_position().await.unwrap(), Position(3));
    assert_eq!(reader.recovered(), None);
    match verify(directory.path(), &mut |_, _| ()) {
        Err(LogError::Damaged { place, .. }) => assert_eq!(place.offset, end),
        other => panic!("{other:?}"),
    }
    // The writer itself writes over it, and the reader picks that up.
    log.append(&stream("a-1"), Expected::Any, events(3..4)).await.unwrap();
    assert_eq!(reader.refresh().unwrap(), Position(4));
    assert_eq!(reader.read_all(None, Direction::Backwards, 1).await.unwrap()[0].position, Position(3));
}

#[tokio::test]
async fn a_reader_appends_nothing_and_needs_a_book() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(EmbeddedLog::open_read_only(directory.path().join("none")), Err(LogError::Io { .. })));
    drop(open(directory.path()));
    let reader = EmbeddedLog::open_read_only(directory.path()).unwrap();
    let refused = reader.append(&stream("a-1"), Expected::Any, events(0..1)).await;
    assert!(matches!(refused, Err(LogError::ReadOnly { .. })), "{refused:?}");
}
