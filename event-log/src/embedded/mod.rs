//! The engine in a directory: the book as a few large files, written by one process, read by any number.
//!
//! ```text
//! <directory>/segment-00000000000000000000.log   records, oldest first; named after the first one's position
//!             segment-00000000000000151234.log
//!             next-segment.preparing             zeros, to become the next segment
//!             torn-<position>-<n>.bytes          what a crash left unfinished and opening cut
//!             lock                               held by the process that writes
//! ```
//!
//! | module | what lives there |
//! | --- | --- |
//! | `log` | [`EmbeddedLog`]: opening, appending, reading, closing |
//! | `source` | the book, as whoever follows it reads it |
//! | `limits` | what is taken, and every bound with its reason |
//! | `queue`, `plan`, `recent`, `group`, `writer`, `active` | an append's way: room, decide, encode, group, write, sync, publish |
//! | `segment`, `record` | the bytes on disk |
//! | `index`, `reader`, `files` | an event's way back |
//! | `scan`, `load`, `build`, `recovery` | opening: check everything, build the index, judge the end |
//! | `verify` | the auditor's check of every byte |

mod active;
mod build;
mod files;
mod group;
mod index;
mod limits;
mod load;
mod log;
mod plan;
mod queue;
mod reader;
mod recent;
mod record;
mod recovery;
mod scan;
mod segment;
mod source;

mod verify;
mod writer;

pub use limits::{MAX_APPEND_BYTES, MAX_EVENT_BYTES, MAX_EVENTS_PER_APPEND, MAX_TYPE_BYTES, check};
pub use log::{EmbeddedLog, EmbeddedOptions};
pub use recovery::TornTail;
pub use verify::{VerifyReport, verify, verify_each};
