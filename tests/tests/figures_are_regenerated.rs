//! A published figure has an address, and whoever has the log gets the same figure there: without keys, without the
//! views, and after the book has grown.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use tests::books;
use tests::programs::must;

#[test]
fn r_5_05_r_0_02_the_same_log_and_position_give_the_same_figure_address_and_digest() {
    let history = books::year(1);
    let (first, later) = history.split_at(history.len() * 3 / 4);
    let data = books::with(first);
    let events: usize = first.iter().map(|step| step.events.len()).sum();
    let position = (events - 1).to_string();
    let dsa = ["dsa", "--period", "2025-H2", "--position", &position];
    let published = must(data.path(), &dsa);
    assert!(published.contains(&format!("position {position}, as of ")), "{published}");
    let auditor = tempfile::tempdir().unwrap();
    books::copy(&data.path().join("log"), &auditor.path().join("log"));
    assert_eq!(must(auditor.path(), &dsa), published, "with the log alone");
    books::write(data.path(), later);
    assert_eq!(must(data.path(), &dsa), published, "after the book has grown");
    let other = must(data.path(), &["dsa", "--period", "2025-H2"]);
    assert_ne!(other, published, "another address is another figure's");
}
