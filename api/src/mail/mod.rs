//! Mail: what people and authorities are told by e-mail, and how it is sent.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`letter`] [`statement`] | every kind of mail, with the data that it needs and no more |
//! | [`link`] | a value that a letter carries |
//! | `country` | countries in the reader's language; days are in [`projections::written`] |
//! | [`render`] `plain` | from a letter to its subject, its HTML and its plain text |
//! | [`message`] | from what was rendered to what goes over the wire |
//! | [`settings`] [`transport`] `maildir` `smtp` | where mail goes |
//! | [`send_error`] [`backoff`](mod@backoff) | what went wrong, and when to try again |
//!
//! The words are in `api/templates/mail/`: a folder a language, a file a letter. A template is HTML; the plain text is
//! made of the same HTML, so that the two parts of a mail can't say different things.
//!
//! Invariants: every letter exists in every language (a missing one does not compile); the same letter, id and moment
//! give the same bytes, so that a mail that is sent twice is recognised as one; every send ends by its deadline; no
//! error repeats the recipient's address. Absences: nothing here reads a clock, the book or a view, and nothing here
//! decides that a mail is due.

pub mod backoff;
pub(crate) mod country;
pub mod letter;
pub mod link;
mod maildir;
pub mod message;
mod plain;
pub mod render;
pub mod send_error;
pub mod settings;
mod smtp;
pub mod statement;
pub mod transport;

pub use backoff::backoff;
pub use letter::{
    AuthorityLanguageNotice, AuthorityMessageRefused, AuthorityOrderExecuted, AuthorityOrderReceived, BuyerWarned,
    ComplaintDecided, ComplaintOutcome, ComplaintReceived, DangerousProduct, Hazard, KeptForNow, KnownAs, Letter,
    NoticeDecided, NoticeReceived, Redress, ReviewInvitation, Trader,
};
pub use link::Link;
pub use message::Message;
pub use render::Rendered;
pub use send_error::SendError;
pub use settings::{Destination, MailSettings};
pub use statement::{Basis, BlockLength, ModeratedReview, Origin, Restriction, StatementOfReasons, Territory};
pub use transport::Transport;

/// The languages in which mail is written.
pub use projections::written::WrittenLanguage as MailLanguage;
