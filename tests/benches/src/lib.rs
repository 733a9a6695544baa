//! How fast, each against a limit that is measured in the same run.
//!
//! | program | what it compares |
//! | --- | --- |
//! | `durable-appends` | single appends by 64 writers with the disk's own limit, and with an events table in PostgreSQL |
//! | `over-grpc` | reading and appending through EventStoreDB's protocol with the embedded book used directly |
//! | `merkle-log` | appends with the Merkle log and without, a whole check with SHA-256 alone, proofs over a million events |
//! | `rebuild` | making all views anew with only reading and decoding the book |
//! | `product-page` | a product page by GraphQL with the same bytes sent ready-made |
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`events`] | events to append, as many writers do |
//! | [`rounds`] | rounds, their ratios, and the row that a table gets |
//! | [`year`] | a large marketplace's year, made of the domain's own decisions |
//! | [`work`] | a directory to work in |
//!
//! A rate alone says more of a machine than of a program, and a shared machine is now fast, now slow. So the things
//! compared take turns in short rounds, each round gives a ratio, and the median of the ratios is what counts.
//! `docs/performance.md` has the results and what they mean.

pub mod events;
pub mod rounds;
pub mod work;
pub mod year;
