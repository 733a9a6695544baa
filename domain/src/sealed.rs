//! Personal data, readable only with its subject's key.
//!
//! A decision makes a [`Sealed::Open`] value; before it is recorded it is closed with the key of its subject (a
//! review, a buyer, a seller's contact). What is recorded is always [`Sealed::Closed`]: an open value can't be
//! serialised, so that no path writes personal data in the clear. Destroying the subject's key makes every copy
//! unreadable for good, while hashes and proofs still hold, for they cover the ciphertext.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::{Error as _, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whose key seals a value: `review-<uuid>`, `buyer-<uuid>`, `seller-<uuid>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(pub String);

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value of personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealed<T> {
    /// As decided, not yet recorded.
    Open {
        /// Whose key will seal it.
        subject: Subject,
        /// The value.
        value: T,
    },
    /// As recorded.
    Closed {
        /// Whose key opens it.
        subject: Subject,
        /// Nonce and ciphertext.
        ciphertext: Vec<u8>,
    },
}

impl<T> Sealed<T> {
    /// A value that is to be sealed with its subject's key.
    #[must_use]
    pub fn new(subject: impl Into<String>, value: T) -> Self {
        Self::Open { subject: Subject(subject.into()), value }
    }

    /// Whose key it needs.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        match self {
            Self::Open { subject, .. } | Self::Closed { subject, .. } => subject,
        }
    }
}

impl<T: Serialize + DeserializeOwned> Sealed<T> {
    /// Reads the value with `open`, which gives the plaintext for a subject's ciphertext, or nothing when the
    /// subject's key is destroyed. The plaintext is JSON.
    #[must_use]
    pub fn open(&self, open: impl FnOnce(&Subject, &[u8]) -> Option<Vec<u8>>) -> Option<T>
    where
        T: Clone,
    {
        match self {
            Self::Open { value, .. } => Some(value.clone()),
            Self::Closed { subject, ciphertext } => serde_json::from_slice(&open(subject, ciphertext)?).ok(),
        }
    }
}

/// A sealed field of an event, whatever its type: what is needed to close it before it is recorded.
pub trait Closable {
    /// Closes the value with `seal`, which gives the ciphertext for a subject's plaintext. Closed values stay.
    ///
    /// # Errors
    /// What `seal` says.
    fn close<E>(&mut self, seal: impl FnOnce(&Subject, &[u8]) -> Result<Vec<u8>, E>) -> Result<(), E>
    where
        E: From<serde_json::Error>;
}

impl<T: Serialize> Closable for Sealed<T> {
    fn close<E>(&mut self, seal: impl FnOnce(&Subject, &[u8]) -> Result<Vec<u8>, E>) -> Result<(), E>
    where
        E: From<serde_json::Error>,
    {
        if let Self::Open { subject, value } = self {
            let ciphertext = seal(subject, &serde_json::to_vec(value)?)?;
            *self = Self::Closed { subject: subject.clone(), ciphertext };
        }
        Ok(())
    }
}

impl<T> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Open { subject, .. } => {
                Err(S::Error::custom(format!("personal data of {subject} must be sealed before it is recorded")))
            }
            Self::Closed { subject, ciphertext } => {
                let mut sealed = serializer.serialize_struct("Sealed", 2)?;
                sealed.serialize_field("subject", subject)?;
                sealed.serialize_field("sealed", &BASE64.encode(ciphertext))?;
                sealed.end()
            }
        }
    }
}

impl<'de, T> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Recorded<'a> {
            subject: Subject,
            #[serde(borrow)]
            sealed: std::borrow::Cow<'a, str>,
        }
        let recorded = Recorded::deserialize(deserializer)?;
        let ciphertext = BASE64.decode(recorded.sealed.as_bytes()).map_err(D::Error::custom)?;
        Ok(Self::Closed { subject: recorded.subject, ciphertext })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_value_is_never_written() {
        let open = Sealed::new("review-1", "secret".to_owned());
        assert!(serde_json::to_string(&open).unwrap_err().to_string().contains("must be sealed"));
    }

    #[test]
    fn a_closed_value_opens_with_its_key_and_not_without() {
        let mut value = Sealed::new("review-1", "secret".to_owned());
        value.close(|_, plain| Ok::<_, serde_json::Error>(plain.iter().map(|byte| byte ^ 7).collect())).unwrap();
        let read: Sealed<String> = serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
        assert_eq!(
            read.open(|_, sealed| Some(sealed.iter().map(|byte| byte ^ 7).collect())).as_deref(),
            Some("secret")
        );
        assert_eq!(read.open(|_, _| None), None);
    }
}
