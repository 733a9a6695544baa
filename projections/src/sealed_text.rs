//! A text of personal data as a view keeps it: sealed, as its event has it.
//!
//! It is opened when it is shown, never when it is stored: an engine that only appends keeps what was overwritten for a
//! while, so a text that was once written in the clear would outlive its key. Destroying the key forgets it here at once.

use domain::EventKind;
use domain::sealed::{Sealed, Subject};
use serde::{Deserialize, Serialize};

/// A sealed text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedText {
    subject: Subject,
    /// The type of the event that it is of, which its seal names.
    kind: String,
    ciphertext: Vec<u8>,
}

impl SealedText {
    /// The text of a recorded event of this type; nothing of one that is not recorded yet.
    #[must_use]
    pub fn of(kind: EventKind, sealed: &Sealed<String>) -> Option<Self> {
        match sealed {
            Sealed::Closed { subject, ciphertext } => {
                Some(Self { subject: subject.clone(), kind: kind.name().to_owned(), ciphertext: ciphertext.clone() })
            }
            Sealed::Open { .. } => None,
        }
    }

    /// The text as its event has it, and the event's type, to open it; nothing of a type that this version does not know.
    #[must_use]
    pub fn to_sealed(&self) -> Option<(EventKind, Sealed<String>)> {
        let sealed = Sealed::Closed { subject: self.subject.clone(), ciphertext: self.ciphertext.clone() };
        Some((EventKind::from_name(&self.kind)?, sealed))
    }
}
