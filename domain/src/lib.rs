//! The language of the marketplace, as pure functions: no I/O, no clock, no randomness, no async.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`aggregate`] | the shape of every aggregate: `decide`, `evolve` and nothing else |
//! | [`event`] | every event that can ever be in the book, as one closed enum; [`upcast`] for old versions |
//! | [`seller`] [`product`] [`listing`] [`order`] [`buyer`] [`review`] [`invitation`] | selling, buying and reviewing: aggregates, one file each |
//! | [`notice`] [`statement`] [`complaint`] [`authority`] [`dispute`] [`safety_warning`] [`deadline`] | moderation and the law: aggregates, one file each |
//! | [`submission`] | what became of a statement's record at the Commission's database |
//! | [`decision`] | which events restrict somebody, and why |
//! | [`transparency_category`] | what the Commission calls each reason, for its database and for the transparency report |
//! | [`mail`] [`activity`] [`policy`] [`subject`] | what was told, who was seen, what decides, who is forgotten: aggregates, one file each |
//! | [`pseudonym`] [`sightings`] [`counting_rule`] | by what name a recipient is known in a month, who has been seen in it, which visits count |
//! | [`dsa_figure`] [`figure_digest`] | the figure of DSA art. 24(2) as it was published: an aggregate; [`publication_due`] by when the next one is |
//! | [`threshold`] | how far a figure is from a very large platform's |
//! | [`ledger`] | what each event moves between accounts, double entry |
//! | [`ranking`] [`quality`] [`review_order`] | the published formulas: buy box, best sellers, seller rates, relevance |
//! | [`retention`] | how long a review stays online |
//! | [`legal_hold`] | what an authority orders to be kept all the same: an aggregate |
//! | [`money`] [`calendar`] [`working_days`] [`criterion`] [`place`] [`language`] [`ean`] [`text`] [`ids`] | values that carry their rule |
//! | [`recording`] [`metadata`] | from a decision to what is recorded, and who did it and why |
//! | [`sealed`] | personal data, readable only with its subject's key |
//! | [`personal_data`] | personal data in a text that should have none |
//! | [`refusal`] | why a command was refused: the rule, the field, the mend |
//!
//! Absences that always hold: nothing here reads a clock or makes an id; nothing here knows the log, the views or
//! the API; no formula sees a fee, a commission, an insurance or a payment.

pub mod activity;
pub mod aggregate;
pub mod authority;
pub mod buyer;
pub mod calendar;
pub mod complaint;
pub mod counting_rule;
pub mod criterion;
pub mod deadline;
pub mod decision;
pub mod dispute;
pub mod dsa_figure;
pub mod ean;
pub mod event;
pub mod figure_digest;
#[cfg(test)]
mod given;
pub mod ids;
pub mod invitation;
pub mod language;
pub mod ledger;
pub mod legal_hold;
pub mod listing;
pub mod mail;
pub mod metadata;
pub mod money;
pub mod notice;
pub mod order;
pub mod personal_data;
pub mod place;
pub mod policy;
pub mod product;
pub mod pseudonym;
pub mod publication_due;
pub mod quality;
pub mod ranking;
pub mod recording;
pub mod refusal;
pub mod retention;
pub mod review;
pub mod review_order;
pub mod safety_warning;
pub mod sealed;
pub mod seller;
pub mod sightings;
pub mod statement;
pub mod subject;
pub mod submission;
pub mod text;
mod text_code;
pub mod threshold;
pub mod transparency_category;
pub mod upcast;
pub mod working_days;

pub use aggregate::{Aggregate, Context};
pub use event::{Event, EventKind};
pub use refusal::{Refusal, Refused, Rule};
pub use sealed::Sealed;
