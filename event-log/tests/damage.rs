//! Nothing that is not as it was written is ever served: what a crash leaves is cut and kept, anything else is refused
//! with its place, and the auditor's check sees every byte.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use event_log::embedded::verify;
use event_log::{Direction, EmbeddedLog, EventLog, Expected, LogError, Position};
use support::{TINY, copy, events, files, open, stream};

/// Before a segment's first record.
const SEGMENT_HEADER_BYTES: usize = 64;

/// A book of one segment: three groups of two, one and two events. Returns also where each record begins, and the end.
async fn small_book() -> (tempfile::TempDir, Vec<usize>) {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    for (first, end) in [(0, 2), (2, 3), (3, 5)] {
        log.append(&stream("order-1"), Expected::Any, events(first..end)).await.unwrap();
    }
    log.close().await;
    let bytes = fs::read(&files(directory.path(), "segment-")[0]).unwrap();
    let mut begins: Vec<_> = bytes.windows(4).enumerate().filter(|(_, w)| w == b"EVNT").map(|(at, _)| at).collect();
    begins.push(bytes.iter().rposition(|byte| *byte != 0).unwrap().next_multiple_of(8));
    assert_eq!(begins.len(), 6);
    (directory, begins)
}

fn positions(log: &EmbeddedLog) -> Vec<u64> {
    log.scan(Position::START, usize::MAX).unwrap().iter().map(|event| event.position.0).collect()
}

fn checked(directory: &Path) -> Result<u64, LogError> {
    verify(directory, &mut |_, _| ()).map(|report| report.events)
}

fn place(outcome: Result<u64, LogError>) -> (String, usize) {
    match outcome {
        Err(LogError::Damaged { place, .. }) => {
            (place.file.file_name().unwrap().to_str().unwrap().to_owned(), place.offset as usize)
        }
        other => panic!("not seen as damage: {other:?}"),
    }
}

#[tokio::test]
async fn every_flipped_byte_is_found_in_its_place_and_never_served() {
    let (directory, begins) = small_book().await;
    let file = files(directory.path(), "segment-").remove(0);
    let sound = fs::read(&file).unwrap();
    let handle = OpenOptions::new().write(true).open(&file).unwrap();
    let end = *begins.last().unwrap();
    // Every byte of the records; of the zeros behind them every seventh, because they are all alike.
    for at in (0..end + 64).chain((end + 64..sound.len()).step_by(7)) {
        for flip in [0x01, 0x80, 0xff] {
            handle.write_all_at(&[sound[at] ^ flip], at as u64).unwrap();
            let (name, offset) = place(checked(directory.path()));
            assert_eq!(name, file.file_name().unwrap().to_str().unwrap());
            let record = begins.iter().rposition(|begin| *begin <= at).filter(|_| at < end);
            let expected = match record {
                Some(record) => begins[record]..begins[record] + 1,
                None if at < SEGMENT_HEADER_BYTES => 0..SEGMENT_HEADER_BYTES,
                // Behind the last record: the very byte, or where a record would begin.
                None => end..at + 1,
            };
            assert!(expected.contains(&offset), "byte {at}: said to be at {offset}, not within {expected:?}");
        }
        // Opening is slower than verifying: few of the zeros.
        if at < end + 64 {
            let damaged = copy(directory.path());
            match EmbeddedLog::open(damaged.path(), &TINY) {
                Err(LogError::Damaged { .. }) => assert!(at < begins[3], "byte {at} is in the last group"),
                Err(other) => panic!("byte {at}: {other}"),
                Ok(log) => {
                    assert!(at >= begins[3], "byte {at} is in a group that was synced before another");
                    let torn = log.recovered().unwrap();
                    let kept = fs::read(torn.side_file.as_ref().unwrap()).unwrap();
                    let mut flipped = sound[torn.offset as usize..].to_vec();
                    flipped[at - torn.offset as usize] ^= 0xff;
                    flipped.truncate(torn.bytes as usize);
                    assert!(kept.ends_with(&flipped), "byte {at}: what was cut is kept");
                    // The last group is one append: all or none.
                    let whole = if at < end { 3 } else { 5 };
                    assert_eq!(positions(&log), (0..whole).collect::<Vec<_>>(), "byte {at}");
                    drop(log);
                    assert_eq!(checked(damaged.path()).unwrap(), whole);
                }
            }
        }
        handle.write_all_at(&sound[at..=at], at as u64).unwrap();
    }
    assert_eq!(checked(directory.path()).unwrap(), 5);
}

#[tokio::test]
async fn a_book_cut_anywhere_in_its_last_append_opens_without_that_append() {
    let (directory, begins) = small_book().await;
    for length in begins[3]..*begins.last().unwrap() {
        let cut = copy(directory.path());
        let file = files(cut.path(), "segment-").remove(0);
        OpenOptions::new().write(true).open(&file).unwrap().set_len(length as u64).unwrap();
        place(checked(cut.path()));
        let reader = EmbeddedLog::open_read_only(cut.path()).unwrap();
        assert_eq!(positions(&reader), [0, 1, 2]);
        assert_eq!(reader.recovered().unwrap().side_file, None);
        assert_eq!(fs::metadata(&file).unwrap().len(), length as u64, "reading changes nothing");
        let log = open(cut.path());
        assert_eq!(positions(&log), [0, 1, 2]);
        assert_eq!(log.recovered().unwrap().position, Position(3));
        drop(log);
        let report = verify(cut.path(), &mut |_, _| ()).unwrap();
        assert_eq!((report.events, report.side_files.len()), (3, 1), "the auditor sees that something was cut");
    }
}

#[tokio::test]
async fn a_group_of_which_only_some_pages_reached_the_disk_is_cut_and_the_book_goes_on() {
    let (directory, begins) = small_book().await;
    let file = files(directory.path(), "segment-").remove(0);
    let handle = OpenOptions::new().write(true).open(&file).unwrap();
    // The last group's first record is missing, its second is whole: disks write in any order.
    handle.write_all_at(&vec![0; begins[4] - begins[3]], begins[3] as u64).unwrap();
    let log = open(directory.path());
    let torn = log.recovered().unwrap().clone();
    assert_eq!((torn.offset, torn.position), (begins[3] as u64, Position(3)));
    let again = log.append(&stream("order-1"), Expected::Any, events(3..5)).await.unwrap();
    assert_eq!((again.position, again.already), (Position(4), false), "what was cut is not taken for written");
    log.close().await;
    drop(log);
    assert_eq!(checked(directory.path()).unwrap(), 5);
    assert_eq!(open(directory.path()).recovered(), None);
}

#[tokio::test]
async fn text_that_looks_like_a_record_of_another_book_does_not_stop_recovery() {
    let other = tempfile::tempdir().unwrap();
    let log = open(other.path());
    log.append(&stream("order-1"), Expected::Any, events(0..9)).await.unwrap();
    log.append(&stream("order-1"), Expected::Any, events(9..10)).await.unwrap();
    log.close().await;
    let (directory, begins) = small_book().await;
    let (from, to) = (files(other.path(), "segment-").remove(0), files(directory.path(), "segment-").remove(0));
    let foreign = fs::read(from).unwrap();
    let handle = OpenOptions::new().write(true).open(to).unwrap();
    handle.write_all_at(&foreign[SEGMENT_HEADER_BYTES..2048], begins[3] as u64).unwrap();
    assert_eq!(positions(&open(directory.path())), [0, 1, 2]);
}

#[tokio::test]
async fn damage_missing_and_foreign_segments_are_refused_everywhere_but_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    for number in 0..100 {
        log.append(&stream("order-1"), Expected::Any, events(number..number + 1)).await.unwrap();
    }
    log.close().await;
    drop(log);
    let names = |directory: &Path| files(directory, "segment-");
    assert!(names(directory.path()).len() >= 4);
    assert_eq!(checked(directory.path()).unwrap(), 100);
    let refused = |change: &dyn Fn(&Path)| {
        let damaged = copy(directory.path());
        change(damaged.path());
        let before: Vec<_> = names(damaged.path()).iter().map(|name| fs::read(name).unwrap()).collect();
        for outcome in [
            checked(damaged.path()),
            EmbeddedLog::open(damaged.path(), &TINY).map(|_| 0),
            EmbeddedLog::open_read_only(damaged.path()).map(|_| 0),
        ] {
            place(outcome);
        }
        let after: Vec<_> = names(damaged.path()).iter().map(|name| fs::read(name).unwrap()).collect();
        assert!(before == after, "a damaged book is not changed");
    };
    let last_record_of = |path: &Path| fs::read(path).unwrap().windows(4).rposition(|w| w == b"EVNT").unwrap() as u64;
    refused(&|directory| fs::remove_file(&names(directory)[0]).unwrap());
    refused(&|directory| fs::remove_file(&names(directory)[1]).unwrap());
    refused(&|directory| fs::rename(&names(directory)[1], directory.join("segment-00000000000000000001.log")).unwrap());
    refused(&|directory| {
        let file = OpenOptions::new().write(true).open(&names(directory)[1]).unwrap();
        file.set_len(2000).unwrap();
    });
    refused(&|directory| {
        // The last group of a full segment was synced before the next segment was begun.
        let path = &names(directory)[1];
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.write_all_at(&[0; 64], last_record_of(path)).unwrap();
    });
    let (stranger, _) = small_book().await;
    refused(&|directory| {
        let path = files(stranger.path(), "segment-").remove(0);
        fs::copy(path, &names(directory)[0]).unwrap();
    });
}

#[tokio::test]
async fn a_crash_while_the_next_segment_was_prepared_or_begun_is_harmless() {
    let (directory, _) = small_book().await;
    fs::write(directory.path().join("next-segment.preparing"), vec![0; 1000]).unwrap();
    let log = open(directory.path());
    assert_eq!(log.recovered(), None);
    // Fill this segment to the brim, so that the next append begins another; then take that append away again.
    let mut number = 5;
    while files(directory.path(), "segment-").len() == 1 {
        log.append(&stream("order-2"), Expected::Any, events(number..number + 1)).await.unwrap();
        number += 1;
    }
    log.close().await;
    drop(log);
    let begun = files(directory.path(), "segment-").remove(1);
    let file = OpenOptions::new().write(true).open(begun).unwrap();
    file.write_all_at(&[0; 1000], SEGMENT_HEADER_BYTES as u64).unwrap();
    let log = open(directory.path());
    assert_eq!((log.recovered(), log.next_position().await.unwrap().0), (None, number as u64 - 1));
    log.append(&stream("order-2"), Expected::Any, events(number..number + 1)).await.unwrap();
    assert_eq!(log.read_all(None, Direction::Backwards, 1).await.unwrap()[0].position.0, number as u64 - 1);
    log.close().await;
    assert_eq!(checked(directory.path()).unwrap(), number as u64);
}

#[tokio::test]
async fn rot_under_an_open_book_is_noticed_when_it_is_read() {
    let (directory, begins) = small_book().await;
    let log = open(directory.path());
    let file = OpenOptions::new().write(true).open(&files(directory.path(), "segment-")[0]).unwrap();
    file.write_all_at(b"!", begins[2] as u64 + 100).unwrap();
    match log.read_all(None, Direction::Forwards, 9).await {
        Err(LogError::Damaged { place, .. }) => assert_eq!(place.offset, begins[2] as u64),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn verifying_tells_what_it_saw_and_how_far_it_is() {
    let (directory, _) = small_book().await;
    let mut steps = Vec::new();
    let report = verify(directory.path(), &mut |done, total| steps.push((done, total))).unwrap();
    assert_eq!((report.events, report.streams, report.segments, report.bytes), (5, 1, 1, 4096));
    assert_eq!((report.first_position, report.last_position), (Some(Position(0)), Some(Position(4))));
    let moments = events(0..5);
    assert_eq!(report.first_occurred_at, Some(moments[0].occurred_at));
    assert_eq!(report.last_occurred_at, Some(moments[4].occurred_at));
    assert!(!report.live && report.side_files.is_empty());
    assert_eq!(steps.last(), Some(&(4096, 4096)));
    assert!(steps.is_sorted());
}
