//! The console at `/console`: pages for moderators, compliance staff, auditors and operators.
//!
//! | module | what lives there |
//! | --- | --- |
//! | `page` | what a page is, and the table of all, which drives routes and navigation |
//! | `pages` | one file a page, with its questions to the schema beside it |
//! | `gate` | what stands before every page: who comes, what they may open, whether they meant a form to be sent |
//! | `session` `origin` | who is signed in, by a cookie; where a request comes from |
//! | `visit` `outcome` `schema_enum` | what a page is given: questions, commands, forms; what a command came to |
//! | `sign_in` `trouble` `frame` | coming in; what went wrong, as a page; what stands around every page |
//! | `when` `criteria` `words` `count` `number` `plain_id` | words for days and deadlines, for criteria, for what the schema names, for how many; numbers and ids as pages write them |
//! | `queue` `page_info` `choice` `address` | what queues share; whether a list goes on; what can be chosen in a form; addresses of pages |
//! | `reported` `grounds` | what notices and complaints are about; on what a decision stands |
//! | `chart` | active recipients by month, drawn |
//! | `headers` `assets` | what every answer says to browsers; styles and scripts |
//!
//! The console is a client of the schema in the same process. A page asks and commands with GraphQL documents, as whoever
//! is signed in, and has nothing else: so guards, blindness, provenance and idempotence are the API's own.
//!
//! Invariants: no page is reached but through the gate; nothing is changed by a request that another site could have
//! caused; a form that is sent twice takes effect once; every page works without scripts; no answer loads anything from
//! another origin, or has styles or scripts in it.

mod address;
mod assets;
mod chart;
mod choice;
mod count;
mod criteria;
mod frame;
mod gate;
mod grounds;
mod headers;
mod number;
mod origin;
mod outcome;
mod page;
mod page_info;
mod pages;
mod plain_id;
mod queue;
mod reported;
mod schema_enum;
mod session;
mod sign_in;
mod trouble;
mod visit;
mod when;
mod words;

pub(crate) use page::routes;
