//! What must hold whatever bytes come from the network: one function a decoder, which panics where something does not.
//!
//! | module | the bytes of | what must hold |
//! | --- | --- | --- |
//! | [`appending`] | the calls Append and BatchAppend | what is refused is not in the book; what is in it can be read by everybody |
//! | [`reading`] | the call Read | what is delivered is what the book has, in order, no more than was asked for |
//! | [`authorization`] | the header `authorization`, on both faces | nobody comes in without a token that was signed here |
//! | [`admission`] | events with their metadata | what is let in is read by every view and folded by its aggregate |
//! | [`asking`] | GraphQL requests in JSON and in parts; photos of a review | an answer, of the right kind; no request ends the server |
//! | [`talking`] | a WebSocket's frames and messages | the conversation ends when its client goes |
//! | [`photo`] | photos | what is made of them is bounded and can be shown |
//! | [`envelope`] | events as a cluster's server sends them | what is read of them is appended again as it was |
//! | [`records`] | a segment of the book | opening it gives events or says what is wrong, and reading gives the same |
//!
//! `fuzz/` runs them on bytes that libFuzzer makes up; the test beside them on the bytes that are kept in `fuzz/corpus/`.

#![allow(clippy::unwrap_used, reason = "what must hold is asserted: a failure is what is looked for")]

pub mod admission;
pub mod appending;
pub mod asking;
pub mod authorization;
mod calls;
pub mod envelope;
mod market;
mod parts;
pub mod photo;
pub mod reading;
pub mod records;
pub mod talking;

pub use parts::joined;

/// A decoder, put to the test.
pub type Target = fn(&[u8]);

/// All of them, by the names of their corpora.
pub const TARGETS: [(&str, Target); 10] = [
    ("admission", admission::admission),
    ("append", appending::append),
    ("asking", asking::asking),
    ("authorization", authorization::authorization),
    ("batch_append", appending::batch_append),
    ("envelope", envelope::envelope),
    ("photo", photo::photo),
    ("read", reading::read),
    ("records", records::records),
    ("talking", talking::talking),
];
