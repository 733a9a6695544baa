//! What may be appended.

use event_log::{NewEvent, StreamName};

/// Whoever knows which events can be read again. The book keeps any; its owner's views may stop at one that they don't
/// know, and nothing is ever taken out of the book: so what can't be read is refused before it is in.
pub trait Admission: Send + Sync + 'static {
    /// Lets an event in.
    ///
    /// # Errors
    /// A sentence for whoever sent it: which part of it can't be read, and what would be right.
    fn admit(&self, stream: &StreamName, event: &NewEvent) -> Result<(), String>;
}
