//! What is restricted, as the Transparency Database's `decision_*` fields: exactly those that a restriction has.

use chrono::NaiveDate;
use domain::calendar::local_day;
use domain::statement::Restriction;

/// A restriction, as the database tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restricted {
    /// Content was removed.
    ContentRemoved,
    /// Content was not published. The database has no value for it, so that it is said in words.
    ContentNotPublished,
    /// A seller may sell no longer, and the account is closed.
    ServiceTerminated,
    /// An account is blocked; on this day the block ends.
    AccountSuspended(NaiveDate),
    /// An account is blocked for good.
    AccountTerminated,
}

impl From<Restriction> for Restricted {
    fn from(restriction: Restriction) -> Self {
        match restriction {
            Restriction::ReviewRemoved(_) | Restriction::PhotosRemoved(_) | Restriction::ListingRemoved(_) => {
                Self::ContentRemoved
            }
            Restriction::PhotosNotPublished(_) => Self::ContentNotPublished,
            Restriction::SellerRemoved(_) => Self::ServiceTerminated,
            Restriction::AccountSuspended(until) => Self::AccountSuspended(local_day(until)),
            Restriction::AccountTerminated => Self::AccountTerminated,
        }
    }
}

impl Restricted {
    /// `decision_visibility`, and in words what it is where the database has no value for it.
    #[must_use]
    pub const fn visibility(self) -> Option<(&'static str, Option<&'static str>)> {
        match self {
            Self::ContentRemoved => Some(("DECISION_VISIBILITY_CONTENT_REMOVED", None)),
            Self::ContentNotPublished => {
                Some(("DECISION_VISIBILITY_OTHER", Some("Not published after a check before publication")))
            }
            Self::ServiceTerminated | Self::AccountSuspended(_) | Self::AccountTerminated => None,
        }
    }

    /// `decision_provision`.
    #[must_use]
    pub const fn provision(self) -> Option<&'static str> {
        match self {
            Self::ServiceTerminated => Some("DECISION_PROVISION_TOTAL_TERMINATION"),
            Self::ContentRemoved | Self::ContentNotPublished | Self::AccountSuspended(_) | Self::AccountTerminated => {
                None
            }
        }
    }

    /// `decision_account`.
    #[must_use]
    pub const fn account(self) -> Option<&'static str> {
        match self {
            Self::AccountSuspended(_) => Some("DECISION_ACCOUNT_SUSPENDED"),
            Self::ServiceTerminated | Self::AccountTerminated => Some("DECISION_ACCOUNT_TERMINATED"),
            Self::ContentRemoved | Self::ContentNotPublished => None,
        }
    }

    /// `end_date_account_restriction`; for good where nothing is said.
    #[must_use]
    pub const fn account_until(self) -> Option<NaiveDate> {
        match self {
            Self::AccountSuspended(until) => Some(until),
            Self::ContentRemoved | Self::ContentNotPublished | Self::ServiceTerminated | Self::AccountTerminated => {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{ListingId, ReviewId, SellerId};
    use uuid::Uuid;

    #[test]
    fn r_7_02_each_restriction_has_the_decision_of_this_table() {
        let id = Uuid::from_u128(1);
        let until = "2026-02-28T23:30:00Z".parse().unwrap();
        let removed = Some("DECISION_VISIBILITY_CONTENT_REMOVED");
        let (terminated, suspended) = (Some("DECISION_ACCOUNT_TERMINATED"), Some("DECISION_ACCOUNT_SUSPENDED"));
        let provision = Some("DECISION_PROVISION_TOTAL_TERMINATION");
        for (restriction, visibility, service, account, end) in [
            (Restriction::ReviewRemoved(ReviewId(id)), removed, None, None, None),
            (Restriction::PhotosRemoved(ReviewId(id)), removed, None, None, None),
            (Restriction::PhotosNotPublished(ReviewId(id)), Some("DECISION_VISIBILITY_OTHER"), None, None, None),
            (Restriction::ListingRemoved(ListingId(id)), removed, None, None, None),
            (Restriction::SellerRemoved(SellerId(id)), None, provision, terminated, None),
            // Half an hour before midnight in UTC it is the next day in Paris.
            (Restriction::AccountSuspended(until), None, None, suspended, Some("2026-03-01")),
            (Restriction::AccountTerminated, None, None, terminated, None),
        ] {
            let restricted = Restricted::from(restriction);
            assert_eq!(restricted.visibility().map(|(name, _)| name), visibility, "{restriction:?}");
            let in_words = restricted.visibility().is_some_and(|(_, words)| words.is_some());
            assert_eq!(in_words, visibility == Some("DECISION_VISIBILITY_OTHER"), "{restriction:?}");
            assert_eq!((restricted.provision(), restricted.account()), (service, account), "{restriction:?}");
            assert_eq!(restricted.account_until().map(|day| day.to_string()).as_deref(), end, "{restriction:?}");
        }
    }
}
