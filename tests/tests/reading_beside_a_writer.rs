//! Auditors read while the marketplace writes: no damage is seen where there is none, and nothing has to stop.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event_log::{EmbeddedLog, OwnKeys};
use projections::data_directory::DataDirectory;
use tests::books::{self, OPTIONS};
use tests::programs::{must, run};

/// Small appends, so that the reader meets the writer in the middle of many.
const STEPS_AT_A_TIME: usize = 20;

#[test]
fn checks_and_views_beside_a_writer_end_well_and_report_no_damage() {
    let history = books::year(1);
    let (first, rest) = history.split_at(history.len() / 4);
    let data = books::with(first);
    let (done, ran_out) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let directory = DataDirectory::new(data.path());
        let log = EmbeddedLog::open(directory.log(), &OPTIONS).unwrap();
        let keys = OwnKeys(Arc::new(directory.open_vault().unwrap().0));
        let (done, ran_out) = (&done, &ran_out);
        scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            for steps in rest.chunks(STEPS_AT_A_TIME).take_while(|_| !done.load(Ordering::Relaxed)) {
                runtime.block_on(fixtures::write(&log, &keys, steps, &mut |_| ())).unwrap();
            }
            ran_out.store(!done.load(Ordering::Relaxed), Ordering::Relaxed);
            runtime.block_on(log.close());
        });
        for round in 0..6 {
            let checked = run(data.path(), &["verify"]);
            assert_eq!(checked.code, Some(0), "round {round}: {}", checked.stderr);
            let live = checked.stdout.contains("a server is writing");
            assert!(live || ran_out.load(Ordering::Relaxed), "round {round}: {}", checked.stdout);
            let view = run(data.path(), &["view", "ranking"]);
            assert_eq!(view.code, Some(0), "round {round}: {}", view.stderr);
            assert!(view.stderr.contains("served: position "), "round {round}: {}", view.stderr);
            let as_of = run(data.path(), &["view", "my-orders", "--as-of", "2025-12-01"]);
            assert_eq!(as_of.code, Some(0), "round {round}: {}", as_of.stderr);
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(must(data.path(), &["verify"]).starts_with("good"));
    assert!(!must(data.path(), &["diff"]).contains("DIFFERENT"));
}
