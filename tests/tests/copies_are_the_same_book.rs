//! A book that was copied to another engine is the same book: event for event, position for position, digest for digest.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use event_log::{EmbeddedLog, EventLog, Expected, NewEvent, Position, Recorded, StreamName};
use event_log_eventstore::EventStoreLog;
use fixtures::Step;
use projections::data_directory::DataDirectory;
use projections::digest::Digest;
use projections::registry::VIEWS;
use projections::replay::Replayed;
use projections::runner::Until;
use rand::RngExt as _;
use serde_json::Value;
use tests::books;
use tests::chance::chance;
use tests::faces::{connection, shown, shown_but};
use tests::programs::{Outcome, replay_tool, run};
use uuid::Uuid;

/// As many steps as make every kind of view, and cross many windows.
const STEPS: usize = 6000;

fn history(steps: usize) -> Vec<Step> {
    books::year(1).into_iter().take(steps).collect()
}

/// `replay-tool copy --json`, and what it printed, if anything.
fn copy(from: &str, to: &str) -> (Outcome, Value) {
    let nowhere = tempfile::tempdir().unwrap();
    let outcome = run(nowhere.path(), &["copy", "--json", "--from", from, "--to", to]);
    let printed = serde_json::from_str(&outcome.stdout).unwrap_or_default();
    (outcome, printed)
}

/// The same, and it must end well: how many events are in both, and how many of them were copied now.
fn copied(from: &str, to: &str) -> (u64, u64) {
    let (outcome, printed) = copy(from, to);
    assert_eq!((outcome.code, &printed["good"]), (Some(0), &Value::Bool(true)), "{outcome:?}");
    (printed["events"].as_u64().unwrap(), printed["copied"].as_u64().unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn book(data: &Path) -> EmbeddedLog {
    EmbeddedLog::open_read_only(DataDirectory::new(data).log()).unwrap()
}

/// Everything in a book, but when it was taken.
fn events(log: &dyn EventLog) -> Vec<Recorded> {
    let (mut events, end) = (Vec::new(), log.watch_next_position().borrow().0);
    while (events.len() as u64) < end {
        events.extend(log.scan(Position(events.len() as u64), usize::MAX).unwrap());
    }
    events.iter_mut().for_each(|event| event.created = event.occurred_at);
    events
}

fn digests(log: &dyn EventLog) -> Vec<(&'static str, Digest)> {
    let views = tempfile::tempdir().unwrap();
    Replayed::new(log, &VIEWS, Until::default(), views.path(), &|_, _| ()).unwrap().digests().unwrap()
}

/// An embedded book to copy into, kept open as a cluster's is.
fn kept(directory: &Path) -> Arc<EmbeddedLog> {
    Arc::new(EmbeddedLog::open(directory.join("kept"), &books::OPTIONS).unwrap())
}

/// A strange event, with as much in its metadata as a cluster needs or not.
fn strange(id: u128, metadata: &str) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(id),
        event_type: "ProductCatalogued".into(),
        schema: 1,
        occurred_at: "2026-06-01T00:00:00Z".parse().unwrap(),
        data: Bytes::from_static(b"{}"),
        metadata: Bytes::copy_from_slice(metadata.as_bytes()),
    }
}

const WHOLE: &str = r#"{"occurredAt":"2026-06-01T00:00:00Z","schema":1}"#;

async fn append(log: &dyn EventLog, event: NewEvent) {
    let stream = StreamName::new(format!("product-{}", event.id)).unwrap();
    log.append(&stream, Expected::NoStream, vec![event]).await.unwrap();
}

/// Runs what blocks beside the servers of the test.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_went_to_a_cluster_to_another_and_back_has_the_same_events_and_digests() {
    let directory = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| kept(&directory.path().join(name)));
    let faces = [shown(Arc::clone(&one)).await, shown(Arc::clone(&other)).await];
    let [first, second] = [connection(&faces[0]), connection(&faces[1])];
    beside(move || {
        let data = books::with(&history(STEPS));
        let back = directory.path().join("back");
        let count = events(&book(data.path())).len() as u64;
        assert_eq!(copied(text(data.path()), &first), (count, count));
        assert_eq!(copied(&first, &second), (count, count));
        assert_eq!(copied(&second, text(&back)), (count, count));
        assert_eq!(copied(text(&back), &first), (count, 0), "what is there is not copied again");
        let here = book(data.path());
        let wanted = events(&here);
        for log in [one.as_ref(), &other, &book(&back)] {
            assert_eq!(events(log), wanted);
        }
        let numbers = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let there = runtime.block_on(EventStoreLog::open(&second, numbers.path())).unwrap();
        assert_eq!(digests(&here), digests(&there));
        assert_eq!(digests(&here), digests(&book(&back)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_into_a_cluster_that_was_killed_again_and_again_goes_on_with_nothing_twice() {
    let directory = tempfile::tempdir().unwrap();
    let target = kept(directory.path());
    let face = shown(Arc::clone(&target)).await;
    let to = connection(&face);
    beside(move || {
        let data = books::with(&history(STEPS));
        killed_again_and_again(data.path(), &to, || target.watch_next_position().borrow().0);
        assert_eq!(events(target.as_ref()), events(&book(data.path())));
    })
    .await;
}

#[test]
fn a_copy_into_a_directory_that_was_killed_again_and_again_goes_on_with_nothing_twice() {
    let data = books::with(&history(2 * STEPS));
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("target");
    let log = DataDirectory::new(&target).log();
    killed_again_and_again(data.path(), text(&target), || match EmbeddedLog::open_read_only(&log) {
        Ok(log) => log.watch_next_position().borrow().0,
        // It is being made.
        Err(_) => 0,
    });
    assert_eq!(events(&book(&target)), events(&book(data.path())));
}

/// Kills a copy whenever some more events are in the target, and lets it end at last.
fn killed_again_and_again(data: &Path, to: &str, held: impl Fn() -> u64) {
    let (mut chance, mut kills) = (chance(), 0);
    let end = events(&book(data)).len() as u64;
    for _ in 0..5 {
        let enough = held() + chance.random_range(1..end / 10);
        let mut copying = replay_tool(data, &["copy", "--from", text(data), "--to", to])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while held() < enough && copying.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        // It may have ended by itself.
        let _ = copying.kill();
        kills += usize::from(copying.wait().unwrap().signal().is_some());
    }
    assert!(kills > 0, "nothing was killed before it ended");
    let (events, _) = copied(text(data), to);
    assert_eq!(events, end);
    assert_eq!(held(), end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_another_book_is_named_by_its_first_different_position_and_left_as_it_is() {
    const SHARED: usize = 700;
    let history = history(1500);
    let directory = tempfile::tempdir().unwrap();
    let target = kept(directory.path());
    let face = shown(Arc::clone(&target)).await;
    let to = connection(&face);
    let (data, foreign) = beside(move || (books::with(&history), tempfile::tempdir().unwrap())).await;
    let shared: Vec<_> = events(&book(data.path())).into_iter().take(SHARED).collect();
    let in_directory = Arc::new(EmbeddedLog::open(DataDirectory::new(foreign.path()).log(), &books::OPTIONS).unwrap());
    for log in [&in_directory, &target] {
        for event in &shared {
            let Recorded { id, stream, revision, event_type, schema, occurred_at, data, metadata, .. } = event.clone();
            let expected =
                revision.0.checked_sub(1).map_or(Expected::NoStream, |last| Expected::Exact(event_log::Revision(last)));
            let event = NewEvent { id, event_type, schema, occurred_at, data, metadata };
            log.append(&stream, expected, vec![event]).await.unwrap();
        }
        append(log.as_ref(), strange(1, WHOLE)).await;
    }
    in_directory.close().await;
    beside(move || {
        for to in [text(foreign.path()), &to] {
            let (outcome, printed) = copy(text(data.path()), to);
            assert_eq!((outcome.code, &printed["good"]), (Some(1), &Value::Bool(false)), "{outcome:?}");
            assert_eq!(printed["position"], SHARED, "{outcome:?}");
            for told in [&format!("position {SHARED}: "), "00000000-0000-0000-0000-000000000001", "nothing was written"]
            {
                assert!(outcome.stderr.contains(told), "{told}: {}", outcome.stderr);
            }
        }
        for log in [&book(foreign.path()), target.as_ref()] {
            assert_eq!(log.watch_next_position().borrow().0, SHARED as u64 + 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_target_that_went_on_by_itself_is_longer_than_the_source_and_told_where() {
    let data = tempfile::tempdir().unwrap();
    let longer = tempfile::tempdir().unwrap();
    for (directory, count) in [(&data, 3), (&longer, 4)] {
        let log = EmbeddedLog::open(DataDirectory::new(directory.path()).log(), &books::OPTIONS).unwrap();
        for id in 0..count {
            append(&log, strange(id, WHOLE)).await;
        }
        log.close().await;
    }
    beside(move || {
        let (outcome, printed) = copy(text(data.path()), text(longer.path()));
        assert_eq!((outcome.code, &printed["position"]), (Some(1), &Value::from(3)), "{outcome:?}");
        assert!(outcome.stderr.contains("nothing in the source"), "{outcome:?}");
        assert_eq!(copied(text(longer.path()), text(data.path())), (4, 1), "the other way it goes on");
    })
    .await;
}

#[tokio::test]
async fn a_book_that_is_written_meanwhile_is_copied_to_where_it_was_and_the_rest_the_next_time() {
    let data = tempfile::tempdir().unwrap();
    let target = data.path().join("copy");
    let live = EmbeddedLog::open(DataDirectory::new(data.path()).log(), &books::OPTIONS).unwrap();
    append(&live, strange(1, WHOLE)).await;
    let (from, to) = (text(data.path()).to_owned(), text(&target).to_owned());
    let again = move || copied(&from, &to);
    assert_eq!(beside(again.clone()).await, (1, 1));
    append(&live, strange(2, "")).await;
    append(&live, strange(3, WHOLE)).await;
    assert_eq!(beside(again).await, (3, 2));
}

#[test]
fn of_a_damaged_book_nothing_is_copied_and_the_place_is_told() {
    // Several groups: what is wrong in the last could be a crash's.
    let data = books::with(&history(1500));
    let target = data.path().join("copy");
    let segment = std::fs::read_dir(DataDirectory::new(data.path()).log()).unwrap().map(|entry| entry.unwrap().path());
    let segment = segment.into_iter().find(|path| text(path).contains("segment-")).unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[20_000] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let (outcome, _) = copy(text(data.path()), text(&target));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("offset"), "{outcome:?}");
    assert!(!target.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_the_target_does_not_know_stops_the_copy_with_all_before_it_and_none_after() {
    const REFUSED: &str = "OrderDelivered";
    let directory = tempfile::tempdir().unwrap();
    let target = kept(directory.path());
    let old = shown_but(Arc::clone(&target), |event| event.event_type == REFUSED).await;
    let to = connection(&old);
    let (data, position, target) = beside(move || {
        let data = books::with(&history(STEPS));
        let source = events(&book(data.path()));
        let position = source.iter().position(|event| event.event_type == REFUSED).unwrap();
        let (outcome, _) = copy(text(data.path()), &to);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        for told in [&format!("position {position} "), REFUSED, "unknown here", "run the same command again"] {
            assert!(outcome.stderr.contains(told), "{told}: {}", outcome.stderr);
        }
        assert_eq!(events(target.as_ref()), source[..position]);
        (data, position, target)
    })
    .await;
    old.stop().await;
    let new = shown(Arc::clone(&target)).await;
    let to = connection(&new);
    beside(move || {
        let (events, now) = copied(text(data.path()), &to);
        assert_eq!(events - now, position as u64);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_target_refuses_for_itself_is_told_and_so_is_what_came_after_it() {
    let data = tempfile::tempdir().unwrap();
    let source = EmbeddedLog::open(DataDirectory::new(data.path()).log(), &books::OPTIONS).unwrap();
    for id in 0..10 {
        append(&source, strange(id, WHOLE)).await;
    }
    source.close().await;
    let target = kept(data.path());
    let face = shown_but(Arc::clone(&target), |event| event.id == Uuid::from_u128(5)).await;
    let to = connection(&face);
    let from = text(data.path()).to_owned();
    let (outcome, _) = beside(move || copy(&from, &to)).await;
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    for told in ["position 5 ", "unknown here", "can't be continued"] {
        assert!(outcome.stderr.contains(told), "{told}: {}", outcome.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cluster_would_change_is_refused_before_it_is_sent() {
    let data = tempfile::tempdir().unwrap();
    let source = EmbeddedLog::open(DataDirectory::new(data.path()).log(), &books::OPTIONS).unwrap();
    for (id, metadata) in [(0, WHOLE), (1, WHOLE), (2, ""), (3, WHOLE)] {
        append(&source, strange(id, metadata)).await;
    }
    source.close().await;
    let target = kept(data.path());
    let face = shown(Arc::clone(&target)).await;
    let (from, to) = (text(data.path()).to_owned(), connection(&face));
    let (outcome, _) = beside(move || copy(&from, &to)).await;
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("position 2 ") && outcome.stderr.contains("occurredAt"), "{outcome:?}");
    assert_eq!(target.next_position().await.unwrap(), Position(2));
}

#[tokio::test]
async fn wrong_use_is_told_and_no_password_is() {
    let data = tempfile::tempdir().unwrap();
    let (one, locked) = (data.path().join("one"), data.path().join("locked"));
    let log = EmbeddedLog::open(DataDirectory::new(&one).log(), &books::OPTIONS).unwrap();
    append(&log, strange(1, WHOLE)).await;
    log.close().await;
    let _held = EmbeddedLog::open(DataDirectory::new(&locked).log(), &books::OPTIONS).unwrap();
    beside(move || {
        let [one, locked, none] = [&one, &locked, &data.path().join("none")].map(|path| text(path).to_owned());
        let unreachable = "esdb://node:secret@127.0.0.1:1?tls=false&defaultDeadline=100";
        let table = [
            (&*one, &*one, "the same directory"),
            (&none, &one, "there is no book in"),
            (&one, &locked, "held by process"),
            (&one, unreachable, "127.0.0.1:1"),
            (&one, "esdb:node:secret@127.0.0.1:1", "log: "),
            ("esdb://node:secret@127.0.0.1:1?tls=maybe", &one, "log: "),
        ];
        for (from, to, told) in table {
            let (outcome, _) = copy(from, to);
            assert_eq!(outcome.code, Some(2), "{from} {to}: {outcome:?}");
            assert!(outcome.stderr.contains(told), "{told}: {outcome:?}");
            assert!(!outcome.stderr.contains("secret"), "{outcome:?}");
        }
    })
    .await;
}
