//! Records for the Commission's Transparency Database: one for each statement of reasons that rests on the law or on the
//! terms, without personal data (R-7-02, DSA art. 24(5)).
//!
//! | module | what lives there |
//! | --- | --- |
//! | `statement` | from a statement to its record, or why it has none |
//! | `record` | the record: what the database asks of it, checked before anything is sent, and its JSON |
//! | `restriction` | what is restricted, as the database's `decision_*` fields |
//! | `basis` | on what it rests, as the fields of illegal or of incompatible content, in standard words |
//! | `values` | the database's other lists of values |
//! | `batch` | as many records as one request may have |
//!
//! A record is a function of a row of [`crate::statements`]: the same row gives the same record, so that an export can be
//! made again at any time. The database takes a record once and never changes it, so what it would refuse is refused here,
//! with the field and the mend. Sources: the schema in force since 1 July 2025, as the database's own code checks it.

mod basis;
mod batch;
mod record;
mod restriction;
mod statement;
mod values;

pub use basis::Basis;
pub use batch::{Batch, MOST_RECORDS};
pub use record::{Draft, Puid, Record};
pub use restriction::Restricted;
pub use statement::{Exemption, Unpublished, record_of, record_without};
pub use values::{AccountType, Automation, ContentLanguage, ContentType, Source};
