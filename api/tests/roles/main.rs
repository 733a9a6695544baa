//! Who may read what: every cell of `docs/who-may-read-what.md` is tried, by every way that leads to its field, against a
//! server with a history in which everything happens.
//!
//! First everybody looks where they get to. Then everybody takes every way that led anybody to a type, and asks for each of
//! its fields: what the table gives them must answer by some way, what it does not must answer by none; and what is only
//! for whose it is must not answer somebody else of the same role. A field that nobody reached is an error too: give the
//! history what leads there.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod askers;
mod hidden;
mod history;
mod play;
#[path = "../support/mod.rs"]
mod support;
mod trial;
mod ways;

use history::history;
use trial::Trial;

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_08_every_field_answers_whom_the_table_says_and_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut trial = Trial::of(history(directory.path()).await);
    trial.run().await;
    let wrong = trial.wrong().await;
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    trial.end().await;
}
