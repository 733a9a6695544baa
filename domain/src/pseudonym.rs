//! By what name a recipient is known in a month's activity: 64 bits that say nothing of who it is.
//!
//! It is made of a keyed hash, with a key of the month alone that is destroyed once the month's figure is published: then
//! nobody can tell any more whose it was, and nobody is ever followed from one month to the next, because the same person
//! has another one there (Regulation (EU) 2022/2065, recital 77: no tracking is asked for).
//!
//! 64 bits are enough to count exactly: of 45 million recipients in a month, n²/2⁶⁵ = 0.00006 pairs are expected to share
//! one, so that in 18,000 such months one recipient would be counted too few.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A recipient in a month. In JSON as in [`Recipients`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(pub u64);

impl Serialize for Pseudonym {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Recipients(vec![*self]).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Pseudonym {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Recipients::deserialize(deserializer)?.0[..] {
            [one] => Ok(one),
            ref others => Err(D::Error::invalid_length(others.len(), &"one pseudonym")),
        }
    }
}

/// How many bytes one takes where it is written.
const BYTES: usize = size_of::<u64>();

impl Pseudonym {
    /// The first 64 bits of a keyed hash of a recipient's own id, with the month's key.
    #[must_use]
    pub fn of_hash(hash: [u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = hash;
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// Of an id that is a pseudonym already, as those of histories that were not lived through here: its halves, one over
    /// the other.
    #[must_use]
    pub fn of_id(id: Uuid) -> Self {
        let (high, low) = id.as_u64_pair();
        Self(high ^ low)
    }
}

/// Recipients of one Member State and part, each once, in rising order.
///
/// In JSON a text: base64 of eight bytes each, the highest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipients(Vec<Pseudonym>);

impl Recipients {
    /// These, put in order.
    #[must_use]
    pub fn new(mut recipients: Vec<Pseudonym>) -> Self {
        recipients.sort_unstable();
        recipients.dedup();
        Self(recipients)
    }

    /// Each.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Pseudonym> + '_ {
        self.0.iter().copied()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn bytes(&self) -> Vec<u8> {
        self.iter().flat_map(|recipient| recipient.0.to_be_bytes()).collect()
    }

    /// Nothing where these are no whole pseudonyms in rising order.
    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (whole, rest) = bytes.as_chunks::<BYTES>();
        let recipients: Vec<_> = whole.iter().map(|bytes| Pseudonym(u64::from_be_bytes(*bytes))).collect();
        (rest.is_empty() && recipients.is_sorted_by(|one, next| one < next)).then_some(Self(recipients))
    }
}

impl Serialize for Recipients {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&BASE64.encode(self.bytes()))
        } else {
            serializer.serialize_bytes(&self.bytes())
        }
    }
}

impl<'de> Deserialize<'de> for Recipients {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(RecipientsVisitor)
        } else {
            deserializer.deserialize_bytes(RecipientsVisitor)
        }
    }
}

struct RecipientsVisitor;

impl Visitor<'_> for RecipientsVisitor {
    type Value = Recipients;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pseudonyms in rising order, each once: base64 of eight bytes each")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Recipients, E> {
        let bytes = BASE64.decode(text).map_err(E::custom)?;
        self.visit_bytes(&bytes)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Recipients, E> {
        Recipients::of_bytes(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn recipients_are_written_as_text_that_anybody_can_read() {
        let recipients = Recipients::new(vec![Pseudonym(2), Pseudonym(1), Pseudonym(2)]);
        let text = serde_json::to_string(&recipients).unwrap();
        assert_eq!(text, "\"AAAAAAAAAAEAAAAAAAAAAg\"");
        for wrong in ["\"AAAAAAAAAAIAAAAAAAAAAQ\"", "\"AAAAAAAAAAEAAAAAAAAAAQ\"", "\"AAAA\"", "\"?\"", "7"] {
            assert!(serde_json::from_str::<Recipients>(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn recipients_are_read_as_they_were_written(pseudonyms: Vec<u64>) {
            let recipients = Recipients::new(pseudonyms.into_iter().map(Pseudonym).collect());
            let text = serde_json::to_string(&recipients).unwrap();
            prop_assert_eq!(serde_json::from_str::<Recipients>(&text).unwrap(), recipients);
        }
    }
}
