//! `marktboek submit-statements`: the statements of reasons submitted to the Commission's Transparency Database (R-7-02, DSA
//! art. 24(5)).
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`settings`] | where records go, as whom and how quickly, as an operator says it |
//! | [`database`] | the database's interface over HTTP, and what its answers mean |
//! | [`pace`] | how quickly it is asked, and when again after a failure |
//! | [`names`] | the names of a case, opened, so that no record has one of them |
//! | [`submitter`] | which records go, in which order, and what is recorded of them |
//!
//! It opens the book as a server does, and is another node of it: the data directory itself where no server runs, or a
//! running server's `--esdb-listen`.
//!
//! Invariants: that a record is about to be sent is on disk before it is sent; a record that may have arrived is not sent
//! before the database has said that it does not know its PUID; none is sent that the book says was accepted. So whatever is
//! killed when, no record is sent twice. Absences: no record is corrected or withdrawn, for the database can't; no redirect
//! is followed; nothing of a record is logged.

pub mod database;
pub mod names;
pub mod pace;
pub mod settings;
pub mod submitter;

pub use settings::SubmissionArguments;
pub use submitter::{SubmissionError, submit};
