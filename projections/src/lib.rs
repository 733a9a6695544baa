//! Every view of the marketplace: what anyone reads is a page computed from the book.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`view`] | the shape of a view, and what it is told ([`view::Happened`]) |
//! | [`legal_holds`] | a part of the retention view: what authorities ordered to be kept |
//! | [`catalogue`] [`ranking`] [`buy_box`] [`reviews`] [`retention`] [`active_recipients`] [`orders`] [`moderation`] [`statements`] [`submissions`] [`deadlines`] [`dsa_figures`] [`ledger`] [`mails`] | the views, one file each |
//! | [`transparency`] | the view of what the DSA's transparency report counts, and the report in the template's parts |
//! | [`transparency_database`] | the Commission's record of each statement of reasons |
//! | [`publication_check`] | a published figure against what the book says: whether they agree, or in which words they differ |
//! | [`website_text`] | what the website says of a published figure, in four languages |
//! | [`written`] | days and numbers as people write them in these languages |
//! | [`registry`] | all views there are, by name |
//! | [`runner`] | keeps views current: one pass over the log for all, decoding in parallel with applying |
//! | [`search`] | product search: an index in memory that follows the catalogue's rows |
//! | [`served`] | the views that a server answers from: one consistent snapshot, rebuilt without downtime |
//! | [`generation`] | where a view's rows lie, and which generation serves |
//! | [`replay`] | views as of any past position or moment, from nothing |
//! | [`snapshots`] | views kept along a replay, so that the next one begins at the nearest |
//! | [`report`] | a view as a table for people and for other programs |
//! | [`digest`] | a view's content as one number |
//! | [`data_directory`] | where both programs keep what |
//! | [`sealed_text`] | personal data as views keep it |
//! | [`table`] [`key`] [`rows`] [`store`] | typed rows, order-preserving keys, rows packed into blocks, and sled (only there) |
//!
//! Invariants: a view's content is a function of the events up to a position and of a moment, nothing else; its
//! changes and its checkpoint are written in one atomic batch. Absences: no view writes an event, reads a clock, or
//! reads another view.

pub mod active_recipients;
pub mod buy_box;
pub mod catalogue;
pub mod data_directory;
pub mod deadlines;
pub mod digest;
pub mod dsa_figures;
pub mod error;
pub mod generation;
pub mod key;
pub mod ledger;
pub mod legal_holds;
pub mod mails;
pub mod moderation;
pub mod orders;
pub mod publication_check;
pub mod ranking;
pub mod registry;
pub mod replay;
pub mod report;
pub mod retention;
pub mod reviews;
pub mod rows;
pub mod runner;
pub mod sealed_text;
pub mod search;
pub mod served;
pub mod snapshots;
pub mod statements;
pub mod store;
pub mod submissions;
pub mod table;
pub mod transparency;
pub mod transparency_database;
pub mod view;
pub mod website_text;
pub mod written;

pub use error::ViewError;
pub use rows::{Checkpoint, Rows};
pub use sealed_text::SealedText;
pub use served::{Served, Snapshot};
pub use view::{Happened, View};
