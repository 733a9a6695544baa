//! From recipients' own ids to the names by which a month's activity knows them (R-5-04).
//!
//! An id is hashed with the key of its month, as it comes in, and goes no further. The key lies with those of the subjects of
//! personal data, as `recipients-<month>`, and is destroyed once the month's figure is published: see
//! [`crate::reactors`]. The same account has the same name in a month by whatever way it comes, because an account is
//! named by its id.

use domain::calendar::Month;
use domain::pseudonym::Pseudonym;
use domain::sealed::Subject;
use domain::{Refusal, Refused, Rule};
use event_log::{Fingerprinter, KeyService, LogError};
use uuid::Uuid;

use crate::ApiError;
use crate::graphql::node;

/// The longest id of a recipient, in bytes: an account's, or what a device was given on its first visit.
pub const MAX_RECIPIENT_BYTES: usize = 128;

/// What the key is used for, so that no other use of it gives the same name.
const CONTEXT: &[u8] = b"recipient";

/// Whose key it is that makes a month's names.
#[must_use]
pub fn subject_of(month: Month) -> Subject {
    Subject(format!("recipients-{month}"))
}

/// Gives the names of one month.
#[derive(Debug)]
pub struct Pseudonyms(Fingerprinter);

impl Pseudonyms {
    /// Those of a month.
    ///
    /// # Errors
    /// [`Refused::TooLate`] when the month's key has been destroyed; what whoever keeps the keys says.
    pub async fn of_month(keys: &dyn KeyService, month: Month) -> Result<Self, ApiError> {
        let subject = subject_of(month);
        let keys = keys.keys_to_seal(&[subject.0.as_str()]).await.map_err(|error| {
            if !matches!(error, LogError::Sealing { .. }) {
                return ApiError::from(error);
            }
            let why = format!(
                "the figure of {month} is published and the key that named its recipients destroyed; nothing is recorded in that month any more"
            );
            Refusal::new(Rule("R-5-04"), Refused::TooLate, "month", why).into()
        })?;
        Ok(Self(keys.fingerprinter(&subject.0, CONTEXT)?))
    }

    /// An account's.
    #[must_use]
    pub fn of_account(&self, id: Uuid) -> Pseudonym {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        Pseudonym::of_hash(self.0.of(id.hyphenated().encode_lower(&mut text).as_bytes()))
    }

    /// That of whoever an edge server names so: a buyer or a seller by the id of the account, anybody else by whatever the
    /// device was given.
    ///
    /// # Errors
    /// [`ApiError::Input`] when it is empty or too long.
    pub fn of_recipient(&self, id: &str, field: &'static str) -> Result<Pseudonym, ApiError> {
        if let Some(account) = Uuid::parse_str(id).ok().or_else(|| node::account(id)) {
            return Ok(self.of_account(account));
        }
        if id.is_empty() || id.len() > MAX_RECIPIENT_BYTES {
            let message = format!("a recipient's id has 1 to {MAX_RECIPIENT_BYTES} bytes, not {}", id.len());
            return Err(ApiError::input(field, message));
        }
        Ok(Pseudonym::of_hash(self.0.of(id.as_bytes())))
    }
}
