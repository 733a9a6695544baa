//! A view's rows and its checkpoint are committed as one: whenever the process is killed, it goes on from where it was
//! and ends where an undisturbed one ends.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use projections::registry::VIEWS;
use rand::{Rng, RngExt as _};
use tests::books;
use tests::chance::chance;
use tests::programs::{must, replay_tool};

/// Starts replay-tool and kills it at some moment of the time that it needs; whether that came before it ended.
fn killed(data: &Path, arguments: &[&str], needs: Duration, chance: &mut impl Rng) -> bool {
    let mut tool = replay_tool(data, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The commit comes last, so that is where most kills should fall.
    let part = if chance.random_bool(0.3) { 0..500 } else { 500..1_000 };
    let deadline = Instant::now() + needs * chance.random_range(part) / 1_000;
    while Instant::now() < deadline && tool.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    // It may have ended by itself: that is one of the moments.
    let _ = tool.kill();
    tool.wait().unwrap().signal().is_some()
}

/// How long it takes undisturbed, on a copy.
fn needs(data: &Path, arguments: &[&str]) -> Duration {
    let copy = tempfile::tempdir().unwrap();
    books::copy(data, copy.path());
    let begun = Instant::now();
    let _ = must(copy.path(), arguments);
    begun.elapsed()
}

#[test]
fn r_0_01_views_that_were_killed_again_and_again_end_as_undisturbed_ones() {
    const FOLLOW: [&str; 2] = ["view", "catalogue"];
    let (history, mut chance) = (books::years(2), chance());
    let data = tempfile::tempdir().unwrap();
    let mut kills = 0;
    // The book grows, so that what is killed is a first fill, and then commits into rows that are there.
    for grown in history.chunks(history.len().div_ceil(3)) {
        books::write(data.path(), grown);
        let time = needs(data.path(), &FOLLOW);
        for _ in 0..5 {
            kills += usize::from(killed(data.path(), &FOLLOW, time, &mut chance));
        }
    }
    let _ = must(data.path(), &FOLLOW);
    assert!(kills > 0, "nothing was killed before it ended");
    // The served views against the same replayed from nothing, each to its digest.
    let said = must(data.path(), &["diff"]);
    assert_eq!(said.lines().filter(|line| line.contains(": same, ")).count(), VIEWS.len(), "{said}");
    let undisturbed = tempfile::tempdir().unwrap();
    books::copy(&data.path().join("log"), &undisturbed.path().join("log"));
    let begun = Instant::now();
    let digests = must(undisturbed.path(), &["rebuild"]);
    let time = begun.elapsed();
    for _ in 0..3 {
        killed(data.path(), &["rebuild"], time, &mut chance);
    }
    assert_eq!(must(data.path(), &["rebuild"]), digests);
}
