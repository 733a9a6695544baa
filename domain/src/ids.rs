//! Identities. One newtype each, so that a seller can't stand where a product belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// A professional seller (a trader, DSA art. 30).
    SellerId,
    /// A product: what is sold, whoever sells it.
    ProductId,
    /// One seller's offer of a product in one condition.
    ListingId,
    /// A buyer's order.
    OrderId,
    /// A buyer: a consumer, known here by a pseudonym only.
    BuyerId,
    /// A review of an order's line.
    ReviewId,
    /// A photo of a review.
    PhotoId,
    /// A request for help on an order.
    HelpRequestId,
    /// A third party's notice of content (DSA art. 16).
    NoticeId,
    /// A statement of reasons (DSA art. 17).
    StatementId,
    /// A complaint about a decision (DSA art. 20).
    ComplaintId,
    /// What came to the authorities' contact point: a message or an order (DSA art. 9 to 11).
    AuthorityContactId,
    /// An authority's order to keep data.
    LegalHoldId,
    /// A publication of the figure of DSA art. 24(2).
    DsaPublicationId,
    /// A mail.
    MailId,
    /// A command, chosen by its sender; sending it again does nothing (R-0-04).
    CommandId,
}

impl CommandId {
    /// The id of the command's n-th event: UUID v5 of the command's id and the index, so that a command that is
    /// carried out again makes the same events, which the log recognises (R-0-04).
    #[must_use]
    pub fn event_id(self, index: usize) -> Uuid {
        Uuid::new_v5(&self.0, index.to_string().as_bytes())
    }

    /// A command that something causes by itself: the same cause and purpose give the same id, so that a reactor
    /// that does it again does nothing.
    #[must_use]
    pub fn caused_by(cause: Uuid, purpose: &str) -> Self {
        Self(Uuid::new_v5(&cause, purpose.as_bytes()))
    }
}

/// A member of staff who decides, by the pseudonym in their token. It stands in the events of decisions, since a complaint
/// is decided by somebody else (R-3.4-10).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StaffId(pub String);

impl fmt::Display for StaffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StatementId {
    /// The statement of the reasons of a decision, by the event that records it: a decision has one.
    #[must_use]
    pub fn of_decision(event: Uuid) -> Self {
        Self(Uuid::new_v5(&event, b"statement"))
    }
}

impl ComplaintId {
    /// The complaint about what a statement of reasons or a notice stands for, by its id. Derived, so that it is contested
    /// once (R-3.4-10).
    #[must_use]
    pub fn about(contested: Uuid) -> Self {
        Self(Uuid::new_v5(&contested, b"complaint"))
    }
}

impl ReviewId {
    /// The review of an order's line. Derived, so that a line can't have two (R-3.1-01).
    #[must_use]
    pub fn of_line(order: OrderId, line: u16) -> Self {
        Self(Uuid::new_v5(&order.0, format!("review/{line}").as_bytes()))
    }
}
