//! Photos of reviews: what is sent, what is made of it, where that is kept.
//!
//! | module | what lives there |
//! | --- | --- |
//! | `sent` | bytes from somebody, checked before anything is decoded: [`Received`], [`Sent`] |
//! | `picture` | decoded, turned upright, made small and encoded anew, so that no metadata is left: [`Picture`] |
//! | `store` | sealed and kept under a name that tells nothing: [`Photos`] |
//! | `place` | a directory or a bucket: [`Place`] |
//!
//! Invariants: no byte that was sent is ever served or stored, only the pixels are; whatever is stored is sealed with its
//! review's key, so that destroying the key destroys the photo wherever a copy of it lies; a photo is stored before the
//! event says that it is there.

mod picture;
mod place;
mod sent;
mod store;

pub use picture::Picture;
pub use place::Place;
pub use sent::{MAX_PHOTO_BYTES, Received, Sent};
pub use store::{Photos, Size, Stored};

use domain::Rule;

/// Photos may be added to a review.
const RULE: Rule = Rule("R-3.1-03");

/// The media type of every photo that is kept.
pub const MEDIA_TYPE: &str = "image/jpeg";
