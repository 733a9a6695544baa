//! Product search (R-2.3-06): which products have every word that someone types, and how well.
//!
//! The index is no view: it is made from the catalogue's committed rows when the views open, and follows them commit by
//! commit behind the same lock, so that it always stands where the other views stand. It lies in memory alone; what it
//! answers is a function of the rows. How well a product matches is a whole number by the words that it shares with the
//! query ([`query`]), never a statistic of the index, whose layout depends on when products came in.
//!
//! Nothing outside this folder names tantivy.

pub mod index;
pub mod query;
mod words;

pub use index::SearchIndex;
pub use query::{Hit, Search, Wanted};
