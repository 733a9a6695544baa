//! What the tests that cross rooms share.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`programs`] | the built programs, run as people run them |
//! | [`node`] | the built program as a server, killed and started again |
//! | [`books`] | data directories with generated histories |
//! | [`old_books`] | books that programs of earlier months wrote, with the figures that they printed |
//! | [`forger`] | a book's files changed by somebody who knows the format |
//! | [`signed`] | books with signed heads, without a server |
//! | [`faces`] | books shown to EventStoreDB's clients, without a program |
//! | [`chance`] | random choices that can be made again |
//!
//! The tests themselves are in `tests/`, each file named after the promise that it keeps.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

pub mod books;
pub mod chance;
pub mod faces;
pub mod forger;
pub mod node;
pub mod old_books;
pub mod programs;
pub mod signed;
