//! A view is a function of the events up to a position and of a moment, and of nothing else: not of batches, restarts,
//! ticks, or of the keys at hand.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

mod book;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use book::{ALL, Book, Digests, digests, late_year, open, quiet_year, year};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::ReviewId;
use event_log::Position;
use projections::Served;
use projections::registry::VIEWS;
use projections::replay::Replayed;
use projections::report::Filter;
use projections::reviews::ReviewsReader;
use projections::runner::{self, BATCH_EVENTS, Until};
use projections::search::Wanted;
use projections::snapshots::Snapshots;
use proptest::collection::vec;
use proptest::prelude::*;

fn as_of(moment: DateTime<Utc>) -> Until {
    Until { position: None, moment: Some(moment) }
}

#[test]
fn r_0_01_a_year_replayed_twice_and_in_other_batches_has_the_same_digests() {
    let book = Book::of(year());
    let first = book.replayed(ALL.0, ALL.1);
    assert_eq!(first.len(), VIEWS.len());
    for batch_events in [BATCH_EVENTS, 1_000, 7] {
        assert_eq!(book.replayed(ALL.0, batch_events), first, "batches of {batch_events}");
    }
}

#[test]
fn r_0_01_events_taken_one_by_one_give_what_batches_give() {
    let olist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/histories/olist-mini");
    let (olist, _) = fixtures::olist::history(&olist).unwrap();
    for history in [&olist, &late_year()] {
        let book = Book::of(history);
        assert_eq!(book.replayed(ALL.0, 1), book.replayed(ALL.0, ALL.1));
    }
}

/// A stretch of the book's growth, and how the views follow it.
#[derive(Debug, Clone)]
struct Stretch {
    steps: usize,
    batch_events: usize,
    /// Time goes by until then after the newest event.
    tick: Option<TimeDelta>,
    /// The views are closed and opened again.
    restart: bool,
}

fn stretch() -> impl Strategy<Value = Stretch> {
    let tick = proptest::option::of((0..60 * 24 * 40_i64).prop_map(TimeDelta::minutes));
    (1..900_usize, 1..400_usize, tick, proptest::bool::weighted(0.3))
        .prop_map(|(steps, batch_events, tick, restart)| Stretch { steps, batch_events, tick, restart })
}

proptest! {
    // Each case writes and follows a book; a failure prints its stretches.
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r_0_01_views_that_follow_a_growing_book_equal_views_made_from_nothing(
        stretches in vec(stretch(), 1..16), late in proptest::bool::ANY
    ) {
        let history = if late { late_year() } else { quiet_year().clone() };
        let (book, directory) = (Book::of(&[]), tempfile::tempdir().unwrap());
        let mut views = open(directory.path());
        let mut rest = &history[..];
        let last = Stretch { steps: usize::MAX, batch_events: BATCH_EVENTS, tick: None, restart: true };
        for Stretch { steps, batch_events, tick, restart } in stretches.into_iter().chain([last]) {
            let (grown, later) = rest.split_at(steps.min(rest.len()));
            rest = later;
            book.add(grown);
            book.run(&mut views, ALL.0, batch_events).unwrap();
            if let Some(tick) = tick {
                let to = views[0].reached().moment() + tick;
                runner::advance(&mut views, to).unwrap();
                runner::commit(&mut views).unwrap();
            }
            if restart {
                drop(views);
                views = open(directory.path());
            }
        }
        let moment = views[0].reached().moment();
        prop_assert_eq!(digests(&views), book.replayed(as_of(moment), BATCH_EVENTS));
    }
}

#[test]
fn r_0_01_views_that_stand_at_different_positions_are_brought_level_without_taking_anything_twice() {
    let book = Book::of(quiet_year());
    let directory = tempfile::tempdir().unwrap();
    let mut ahead = open(directory.path());
    for (number, position) in [(1, 9_000), (3, 2_000), (4, 5_000), (6, 8_000)] {
        let until = Until { position: Some(Position(position)), moment: None };
        book.run(&mut ahead[number..=number], until, BATCH_EVENTS).unwrap();
    }
    drop(ahead);
    let mut views = open(directory.path());
    book.run(&mut views, ALL.0, 700).unwrap();
    assert_eq!(digests(&views), book.replayed(ALL.0, ALL.1));
}

#[test]
fn r_0_03_a_view_as_of_a_moment_is_the_view_of_a_book_cut_there() {
    let history = late_year();
    let book = Book::of(&history);
    for number in [history.len() / 3, history.len() - 1] {
        let occurred = history[number].occurred_at;
        for moment in [occurred, occurred - TimeDelta::microseconds(1)] {
            let before: Vec<_> = history.iter().filter(|step| step.occurred_at <= moment).cloned().collect();
            let cut = Book::of(&before).replayed(as_of(moment), ALL.1);
            assert_eq!(book.replayed(as_of(moment), ALL.1), cut, "as of {moment}");
        }
    }
}

#[test]
fn r_0_03_a_view_at_a_position_is_the_view_of_a_book_that_ends_there() {
    let history = late_year();
    let book = Book::of(&history);
    for number in [1, history.len() / 3] {
        let events: usize = history[..number].iter().map(|step| step.events.len()).sum();
        let until = Until { position: Some(Position(events as u64 - 1)), moment: None };
        assert_eq!(book.replayed(until, 100), Book::of(&history[..number]).replayed(ALL.0, ALL.1), "{events} events");
    }
}

/// The digests of all views at an address, begun at what snapshots there are.
fn from_snapshots(book: &Book, until: Until, snapshots: &Snapshots) -> Digests {
    let views = tempfile::tempdir().unwrap();
    let replayed = Replayed::with_snapshots(&book.log, &VIEWS, until, views.path(), snapshots, &|_, _| ()).unwrap();
    replayed.digests().unwrap().into_iter().map(|(name, digest)| (name, digest.to_string())).collect()
}

/// All files in a directory and below.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Beginnings of a book that heard of some orders late, so that events after a moment lie before a position.
fn late_book(steps: usize) -> (Vec<fixtures::Step>, Book) {
    let history = late_year()[..steps].to_vec();
    let book = Book::of(&history);
    (history, book)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r_0_03_views_from_snapshots_equal_views_from_nothing_at_any_point(
        every in 200..1_500_u64, points in vec((0..3_000_usize, proptest::bool::ANY, proptest::bool::ANY), 2..6)
    ) {
        let (history, book) = late_book(3_000);
        let directory = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::new(directory.path(), "this").narrow(every);
        for (point, by_moment, by_position) in points {
            let until = Until {
                position: by_position.then_some(Position(point as u64)),
                moment: by_moment.then(|| history[point].occurred_at),
            };
            prop_assert_eq!(from_snapshots(&book, until, &snapshots), book.replayed(until, ALL.1), "{:?}", until);
        }
    }
}

#[test]
fn r_0_03_a_snapshot_that_is_damaged_or_of_another_book_or_program_is_not_used() {
    let (history, book) = late_book(1_500);
    let directory = tempfile::tempdir().unwrap();
    let snapshots = Snapshots::new(directory.path(), "this").narrow(500);
    let expected = from_snapshots(&book, ALL.0, &snapshots);
    let kept = files_below(directory.path());
    assert!(kept.len() > VIEWS.len(), "{kept:?}");
    for path in &kept {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
    let foreign = Snapshots::new(directory.path(), "that").narrow(500);
    assert_eq!(from_snapshots(&book, ALL.0, &foreign), expected);
    assert_eq!(from_snapshots(&book, ALL.0, &snapshots), expected);
    // A book that begins with the same event and went another way.
    let mut parted = history;
    parted.remove(700);
    let parted = Book::of(&parted);
    assert_eq!(from_snapshots(&parted, ALL.0, &snapshots), parted.replayed(ALL.0, ALL.1));
}

#[test]
fn r_0_03_a_replay_from_a_snapshot_reads_the_distance_to_it_only() {
    let (_, book) = late_book(3_000);
    let directory = tempfile::tempdir().unwrap();
    let snapshots = Snapshots::new(directory.path(), "this").narrow(1_000);
    let until = |position| Until { position: Some(Position(position)), moment: None };
    from_snapshots(&book, until(2_999), &snapshots);
    let passed = std::sync::Mutex::new(Vec::new());
    let views = tempfile::tempdir().unwrap();
    let told = |done, _| passed.lock().unwrap().push(done);
    Replayed::with_snapshots(&book.log, &VIEWS, until(2_099), views.path(), &snapshots, &told).unwrap();
    assert_eq!(*passed.lock().unwrap(), [2_100]);
}

#[test]
fn r_3_3_02_no_view_has_a_text_in_the_clear_and_no_text_outlives_its_key() {
    let book = Book::of(quiet_year());
    let directory = tempfile::tempdir().unwrap();
    let mut views = open(directory.path());
    book.run(&mut views, ALL.0, ALL.1).unwrap();
    let view = views.iter().find(|view| view.kind().name == "reviews").unwrap();
    let reader = ReviewsReader(view.rows());
    let report = view.kind().report(view.rows(), "reviews", &Filter::default()).unwrap();
    let reviews: Vec<ReviewId> = report.rows.iter().map(|row| row[0].as_str().unwrap().parse().unwrap()).collect();
    let text = |review: &ReviewId| book.opened(&reader.review(*review).unwrap().unwrap().text?);
    let readable: Vec<(ReviewId, String)> =
        reviews.iter().filter_map(|review| Some((*review, text(review)?))).collect();
    assert!(readable.len() > 50, "{} texts", readable.len());
    // What is stored is searched as raw bytes, as somebody with the disk would.
    view.rows().flush().unwrap();
    let stored = bytes_below(directory.path());
    for (review, text) in readable.iter().take(12) {
        assert!(!stored.windows(text.len()).any(|piece| piece == text.as_bytes()), "{review} is stored in the clear");
    }
    let (forgotten, kept) = readable.split_at(readable.len() / 2);
    for (review, _) in forgotten {
        assert!(book.keys.0.destroy(&format!("review-{review}")).unwrap());
    }
    assert!(forgotten.iter().all(|(review, _)| text(review).is_none()));
    assert!(kept.iter().all(|(review, kept)| text(review).as_ref() == Some(kept)));
}

/// The bytes of all files in a directory and below.
fn bytes_below(directory: &std::path::Path) -> Vec<u8> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { bytes_below(&path) } else { std::fs::read(path).unwrap() }).collect()
}

#[test]
fn r_0_01_what_a_server_serves_is_what_a_replay_gives_before_and_after_a_rebuild() {
    let book = Book::of(quiet_year());
    let expected = book.replayed(ALL.0, ALL.1);
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(book.log);
    let served = Served::open(directory.path(), log.clone(), Arc::new(|| None)).unwrap();
    let last = Position(event_log::EventLog::watch_next_position(log.as_ref()).borrow().0 - 1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert!(runtime.block_on(served.includes(last, Duration::from_secs(60))));
    let digests = || -> Vec<_> {
        let snapshot = served.snapshot();
        VIEWS.iter().map(|kind| (kind.name, snapshot.digest(kind.name).unwrap().to_string())).collect()
    };
    let found = || {
        let hits = |query| served.snapshot().search().found(&Wanted::of(query).unwrap()).unwrap();
        ["iphone 13", "galxy", "128gb", "ma"].map(|query| hits(query).into_iter().collect::<BTreeSet<_>>())
    };
    assert_eq!(digests(), expected);
    let before = found();
    assert!(before.iter().all(|hits| !hits.is_empty()), "{before:?}");
    served.rebuild(&VIEWS, &|_, _| {}).unwrap();
    assert_eq!((digests(), found()), (expected, before));
    served.close();
}

#[test]
fn r_0_02_what_is_read_says_from_which_position_and_moment_it_is() {
    let history = quiet_year();
    let book = Book::of(history);
    let (directory, moment) = (tempfile::tempdir().unwrap(), history[history.len() / 2].occurred_at);
    let kinds = [VIEWS[0]];
    let replay = |until, name: &str| {
        let to = directory.path().join(name);
        projections::replay::Replayed::new(&book.log, &kinds, until, &to, &|_, _| {}).unwrap()
    };
    let reached = replay(as_of(moment), "moment").address();
    let events: usize = history.iter().map(|step| step.events.len()).sum();
    assert_eq!((reached.next, reached.moment()), (Position(events as u64), moment));
    let reached = replay(Until { position: Some(Position(99)), moment: None }, "position").address();
    assert_eq!(reached.next, Position(100));
}
