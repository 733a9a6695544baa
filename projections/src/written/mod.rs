//! Values as people write them, in the languages in which the platform writes to them: days and numbers.
//!
//! They are here, and not with the mails, because both programs print the texts for the website.

mod day;
mod language;
mod number;

pub use day::{day, last_day};
pub use language::WrittenLanguage;
pub use number::number;
