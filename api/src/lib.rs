//! The `marktboek` program: commands in, answers out, and what happens by itself.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`commands`] | from a command to durable events: load, decide, seal, append |
//! | [`activity`] [`pseudonyms`] | visits from edge servers, and by what names the book knows recipients |
//! | [`clock`] | what time it is on the platform |
//! | [`figures`] [`regenerations`] | the figure of active recipients, regenerated from the book: for a command; while staff wait |
//! | [`graphql`] | the schema: one file a subject |
//! | [`http`] | the routes, the page for trying queries, health and figures |
//! | [`console`] | pages for staff and auditors, read and commanded by the schema |
//! | [`auth`] [`token`] | who asks: a role and a pseudonym, by a signed token |
//! | [`esdb`] | the book for EventStoreDB's clients: who may come, what they may append |
//! | [`reactors`] | what follows from an event by itself, repeatable after a crash |
//! | [`mail`] | letters in four languages, and how they are sent |
//! | [`submission`] | statements of reasons, submitted to the Commission's Transparency Database |
//! | [`translation`] | texts in other languages, by a translation service |
//! | [`photos`] | the bytes of photos, sealed |
//! | [`opened`] | what is in a data directory, opened by the one process that may write it |
//! | [`serve`] [`ending`] [`demo`] | the server; how it is told to end; the server with a generated marketplace |
//! | [`error`] | what can go wrong, said to the person who must act |
//!
//! Invariants: an answer to a command means that its events are on disk; a command that is sent twice takes effect
//! once and answers the same. Absences: no command reads a view; nothing here touches the log's files; no query
//! writes.

pub mod activity;
pub mod auth;
pub mod clock;
pub mod commands;
pub mod console;
pub mod demo;
pub mod ending;
pub mod error;
pub mod esdb;
pub mod figures;
pub mod graphql;
pub mod heads;
mod hot;
pub mod http;
pub mod keys;
pub mod mail;
pub mod opened;
pub mod photos;
pub mod pseudonyms;
pub mod reactors;
pub mod regenerations;
pub mod serve;
pub mod submission;
mod tls;
pub mod token;
pub mod translation;

pub use commands::Book;
pub use error::ApiError;
