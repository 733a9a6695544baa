//! The DSA's transparency report (art. 15 and 24(1); R-7-01), from events, in the harmonised template (Implementing
//! Regulation (EU) 2024/2835, annex I; annex II says how it is filled in).
//!
//! | file | what lives there |
//! | --- | --- |
//! | `view.rs` | the view: one row for each act that counts, by when it happened |
//! | `act.rs` | what such an act is |
//! | `figures.rs` | the figures of a period: a pure function of the acts in it |
//! | `duration.rs` | how long things took, and exact medians |
//! | `heading.rs` | the rows of the parts that are by category, in the template's order |
//! | `part.rs` | a part as a table of cells, and as CSV |
//! | `why.rs` | why a value is not there |
//! | `identification.rs`, `by_category.rs`, `indicators.rs`, `qualitative.rs` | parts 1 and 2, 3 to 6, 7 to 10, and 11 |
//! | `columns.rs` | the template's columns |
//! | `document.rs` | the whole report, with what its digest covers |
//!
//! An act counts in the period in which it happened: an order or a notice when it came in, a decision when it was taken,
//! whenever that began on which it decides. So a period that is over keeps its figures, but for a restriction of its last
//! moments whose statement of reasons is still to be issued. A cell that the book can't fill is empty and says why;
//! nothing is zero because nobody knows.

mod act;
mod by_category;
mod columns;
mod document;
mod duration;
mod figures;
mod heading;
mod identification;
mod indicators;
mod part;
mod qualitative;
mod view;
mod why;

pub use act::{Act, AuthorityOrder, ComplaintAbout, Measure, Notified, RestrictionKind, Trigger};
pub use document::TransparencyReport;
pub use duration::{Durations, Median};
pub use figures::{
    ByCategory, ComplaintFigures, MeasureFigures, NoticeFigures, OrderFigures, OrdersOfOneKind, TransparencyFigures,
};
pub use heading::{Class, Heading};
pub use identification::TO_BE_FILLED_IN;
pub use part::{Cell, Part};
pub use qualitative::TO_BE_WRITTEN;
pub use view::{Transparency, TransparencyReader};
pub use why::Why;
