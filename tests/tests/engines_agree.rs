//! The same history gives the same views, whichever engine keeps the book.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::sync::Arc;

use event_log::{EmbeddedLog, EventLog, OwnKeys};
use event_log_eventstore::EventStoreLog;
use projections::data_directory::DataDirectory;
use projections::digest::Digest;
use projections::registry::VIEWS;
use projections::replay::Replayed;
use projections::runner::Until;
use tests::books;
use tests::faces::{connection, shown};
use tests::programs::{must, run};

/// As many steps as make every kind of view, and cross many pages.
const STEPS: usize = 6000;

async fn written(log: &dyn EventLog, history: &[fixtures::Step]) {
    let keys = tempfile::tempdir().unwrap();
    let keys = OwnKeys(Arc::new(DataDirectory::new(keys.path()).open_vault().unwrap().0));
    fixtures::write(log, &keys, history, &mut |_| ()).await.unwrap();
    let again = fixtures::write(log, &keys, &history[..50], &mut |_| ()).await.unwrap();
    assert_eq!(again.events_written, 0, "what is there already is recognised");
}

fn digests(log: &dyn EventLog) -> Vec<(&'static str, Digest)> {
    let views = tempfile::tempdir().unwrap();
    Replayed::new(log, &VIEWS, Until::default(), views.path(), &|_, _| ()).unwrap().digests().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn views_have_the_same_digests_on_either_engine() {
    let history: Vec<_> = books::year(1).into_iter().take(STEPS).collect();
    let directory = tempfile::tempdir().unwrap();
    let embedded = EmbeddedLog::open(directory.path().join("here"), &books::OPTIONS).unwrap();
    written(&embedded, &history).await;

    let kept = Arc::new(EmbeddedLog::open(directory.path().join("there"), &books::OPTIONS).unwrap());
    let face = shown(kept).await;
    let connection = connection(&face);
    let served = EventStoreLog::open(&connection, directory.path().join("numbers")).await.unwrap();
    written(&served, &history).await;

    assert_eq!(served.next_position().await.unwrap(), embedded.next_position().await.unwrap());
    let (here, there) = tokio::task::spawn_blocking(move || (digests(&embedded), digests(&served))).await.unwrap();
    assert_eq!(here, there);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_reads_a_cluster_as_a_directory() {
    let history: Vec<_> = books::year(1).into_iter().take(STEPS).collect();
    let data = tokio::task::spawn_blocking({
        let history = history.clone();
        move || books::with(&history)
    });
    let data = data.await.unwrap();
    let kept = Arc::new(EmbeddedLog::open(DataDirectory::new(data.path()).log(), &books::OPTIONS).unwrap());
    let face = shown(kept).await;
    let connection = connection(&face);
    let compared = tokio::task::spawn_blocking(move || {
        let auditor = tempfile::tempdir().unwrap();
        let log = ["--log", &connection];
        for view in [&["view", "ranking"][..], &["view", "reviews"], &["dsa", "--period", "2025-H2"]] {
            let arguments = [view, &["--position", "5000"], &log].concat();
            assert_eq!(
                must(auditor.path(), &arguments),
                must(data.path(), &arguments[..arguments.len() - 2]),
                "{view:?}"
            );
        }
        let stream = history[STEPS / 2].stream.clone();
        let history = ["history", &stream];
        assert_eq!(must(auditor.path(), &[&history[..], &log].concat()), must(data.path(), &history));
        let wrong = run(auditor.path(), &[&["verify"], &log[..]].concat());
        assert_eq!((wrong.code, wrong.stderr.contains("no signed heads")), (Some(2), true), "{}", wrong.stderr);
    });
    compared.await.unwrap();
}
