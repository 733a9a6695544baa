//! Every event that can ever be in the book, as one closed enum.
//!
//! An event is stored under its type's name with the version of its schema. A schema only ever grows; a change of
//! meaning is a new version with an upcaster in [`crate::upcast`]. A frozen sample of every version ever written lies
//! in `fixtures/events/` and must always decode.
//!
//! The aggregate's own id is not in the payload: it is the stream's name.

use serde_json::Value;

use crate::activity::{ActivityEvent, RecipientsSeen};
use crate::authority::{
    AuthorityEvent, AuthorityLanguageNotice, AuthorityMessageReceived, AuthorityMessageRefused, AuthorityOrderExecuted,
    AuthorityOrderReceived,
};
use crate::buyer::{BuyerBlocked, BuyerErasureRequested, BuyerEvent, BuyerRegistered, BuyerUnblocked, BuyerWarned};
use crate::complaint::{ComplaintDecided, ComplaintEvent, ComplaintLodged};
use crate::deadline::{DeadlineEvent, DeadlineMissed};
use crate::dispute::{DisputeClosed, DisputeEvent, DisputeOpened, DisputeReferred};
use crate::dsa_figure::{DsaFigureEvent, DsaFigurePublished};
use crate::invitation::{InvitationEvent, ReviewInvited};
use crate::legal_hold::{LegalHoldEvent, LegalHoldPlaced, LegalHoldReleased};
use crate::listing::{ListingEvent, ListingPriceChanged, ListingPublished, ListingReinstated, ListingRemoved};
use crate::mail::{MailEvent, MailFailed, MailQueued, MailSent};
use crate::notice::{NoticeDecided, NoticeEvent, NoticeSubmitted};
use crate::order::{
    HelpRequested, HelpResolved, IssueReported, OrderCancelled, OrderConfirmed, OrderDelivered, OrderEvent,
    OrderPlaced, OrderShipped, PaymentCaptured, PaymentRefunded,
};
use crate::policy::{PolicyAdopted, PolicyEvent};
use crate::product::{ProductCatalogued, ProductEvent};
use crate::review::{
    PhotosApproved, PhotosReinstated, PhotosRejected, PhotosRemoved, PhotosSubmitted, ReviewEdited, ReviewEvent,
    ReviewModerated, ReviewPublished, ReviewReinstated, ReviewRetentionEnded, ReviewSubmitted, ReviewTranslated,
    ReviewWithdrawn,
};
use crate::safety_warning::{BuyersWarned, SafetyWarningEvent};
use crate::sealed::{Closable, Subject};
use crate::seller::{
    SellerEvent, SellerFeeCharged, SellerRegistered, SellerReinstated, SellerRemoved, SellerTermsAccepted,
    SellerVerified,
};
use crate::statement::{StatementEvent, StatementOfReasonsIssued};
use crate::subject::{ErasureDeferred, SubjectEvent, SubjectKeyDestroyed};
use crate::submission::{StatementAccepted, StatementRefused, StatementSubmitted};
use crate::upcast::upcast;

/// An event that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No such type in this version of the program.
    #[error("event type {0:?} is unknown to this version of the program; use a newer one")]
    UnknownType(String),
    /// A version from the future.
    #[error("{kind} has schema version {found}, but this version of the program knows up to {known}; use a newer one")]
    UnknownVersion {
        /// The type's name.
        kind: &'static str,
        /// The version found.
        found: u16,
        /// The newest version known.
        known: u16,
    },
    /// A payload that does not fit its schema.
    #[error("the payload of {kind} version {schema} does not fit its schema: {source}")]
    Payload {
        /// The type's name.
        kind: &'static str,
        /// The version.
        schema: u16,
        /// What does not fit.
        source: serde_json::Error,
    },
}

macro_rules! events {
    ($($family:ident($family_event:ident) { $($kind:ident = $version:literal),* $(,)? })*) => {
        /// The type of an event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind { $($(#[doc = concat!("[`", stringify!($kind), "`]")] $kind),*),* }

        impl EventKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$($(Self::$kind),*),*];

            /// The name under which it is stored.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$kind => stringify!($kind)),*),* }
            }

            /// The newest version of its schema, which is the one written.
            #[must_use]
            pub const fn version(self) -> u16 {
                match self { $($(Self::$kind => $version),*),* }
            }

            /// The type stored under this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($(stringify!($kind) => Some(Self::$kind),)*)* _ => None }
            }
        }

        /// An event, by the aggregate to which it happened.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event { $(#[doc = concat!("It happened to the aggregate in `", stringify!($family), "`.")] $family($family_event)),* }

        impl Event {
            /// Its type.
            #[must_use]
            pub const fn kind(&self) -> EventKind {
                match self { $($(Self::$family($family_event::$kind(_)) => EventKind::$kind),*),* }
            }

            /// Its payload as JSON.
            ///
            /// # Errors
            /// When personal data in it is not sealed yet.
            pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self { $($(Self::$family($family_event::$kind(payload)) => serde_json::to_vec(payload)),*),* }
            }

            fn from_slice(kind: EventKind, data: &[u8]) -> Result<Self, serde_json::Error> {
                Ok(match kind { $($(EventKind::$kind => Self::$family($family_event::$kind(serde_json::from_slice(data)?))),*),* })
            }

            fn from_value(kind: EventKind, data: Value) -> Result<Self, serde_json::Error> {
                Ok(match kind { $($(EventKind::$kind => Self::$family($family_event::$kind(serde_json::from_value(data)?))),*),* })
            }
        }

        $(
            impl From<$family_event> for Event {
                fn from(event: $family_event) -> Self {
                    Self::$family(event)
                }
            }

            impl TryFrom<Event> for $family_event {
                type Error = Event;
                fn try_from(event: Event) -> Result<Self, Event> {
                    #[allow(clippy::wildcard_enum_match_arm, reason = "an event of another aggregate, whichever, is handed back")]
                    match event { Event::$family(event) => Ok(event), other => Err(other) }
                }
            }

            $(
                impl From<$kind> for $family_event {
                    fn from(payload: $kind) -> Self {
                        Self::$kind(payload)
                    }
                }

                impl From<$kind> for Event {
                    fn from(payload: $kind) -> Self {
                        Self::$family($family_event::$kind(payload))
                    }
                }
            )*
        )*
    };
}

events! {
    Seller(SellerEvent) {
        SellerRegistered = 1, SellerTermsAccepted = 1, SellerVerified = 1, SellerRemoved = 1, SellerReinstated = 2,
        SellerFeeCharged = 1,
    }
    Product(ProductEvent) { ProductCatalogued = 1 }
    Listing(ListingEvent) { ListingPublished = 2, ListingPriceChanged = 1, ListingRemoved = 1, ListingReinstated = 1 }
    Order(OrderEvent) {
        OrderPlaced = 2, OrderConfirmed = 1, OrderShipped = 1, OrderDelivered = 1, OrderCancelled = 1,
        IssueReported = 1, HelpRequested = 1, HelpResolved = 1, PaymentCaptured = 1, PaymentRefunded = 1,
    }
    Buyer(BuyerEvent) {
        BuyerRegistered = 1, BuyerErasureRequested = 1, BuyerWarned = 1, BuyerBlocked = 1, BuyerUnblocked = 1,
    }
    Review(ReviewEvent) {
        ReviewSubmitted = 1, ReviewPublished = 1, ReviewEdited = 1, ReviewWithdrawn = 1, ReviewRetentionEnded = 1,
        PhotosSubmitted = 1, PhotosApproved = 1, PhotosRejected = 1, ReviewModerated = 1, PhotosRemoved = 1,
        ReviewReinstated = 1, PhotosReinstated = 1, ReviewTranslated = 1,
    }
    Invitation(InvitationEvent) { ReviewInvited = 1 }
    Notice(NoticeEvent) { NoticeSubmitted = 1, NoticeDecided = 1 }
    Statement(StatementEvent) {
        StatementOfReasonsIssued = 1, StatementSubmitted = 1, StatementAccepted = 1, StatementRefused = 1,
    }
    Complaint(ComplaintEvent) { ComplaintLodged = 1, ComplaintDecided = 1 }
    Authority(AuthorityEvent) {
        AuthorityMessageReceived = 1, AuthorityMessageRefused = 1, AuthorityLanguageNotice = 1,
        AuthorityOrderReceived = 2, AuthorityOrderExecuted = 1,
    }
    LegalHold(LegalHoldEvent) { LegalHoldPlaced = 1, LegalHoldReleased = 1 }
    Dispute(DisputeEvent) { DisputeOpened = 1, DisputeReferred = 1, DisputeClosed = 1 }
    SafetyWarning(SafetyWarningEvent) { BuyersWarned = 2 }
    Deadline(DeadlineEvent) { DeadlineMissed = 1 }
    Mail(MailEvent) { MailQueued = 2, MailSent = 1, MailFailed = 1 }
    Activity(ActivityEvent) { RecipientsSeen = 2 }
    DsaFigure(DsaFigureEvent) { DsaFigurePublished = 1 }
    Policy(PolicyEvent) { PolicyAdopted = 2 }
    Subject(SubjectEvent) { SubjectKeyDestroyed = 1, ErasureDeferred = 1 }
}

impl Event {
    /// Reads an event as it is stored, whatever the version of its schema.
    ///
    /// # Errors
    /// [`DecodeError`] when its type or version is unknown, or its payload does not fit.
    pub fn decode(kind: EventKind, schema: u16, data: &[u8]) -> Result<Self, DecodeError> {
        let known = kind.version();
        let wrong = |source| DecodeError::Payload { kind: kind.name(), schema, source };
        match schema {
            0 => Err(DecodeError::UnknownVersion { kind: kind.name(), found: 0, known }),
            _ if schema == known => Self::from_slice(kind, data).map_err(wrong),
            _ if schema > known => Err(DecodeError::UnknownVersion { kind: kind.name(), found: schema, known }),
            _ => {
                let old = serde_json::from_slice(data).map_err(wrong)?;
                Self::from_value(kind, upcast(kind, schema, old)).map_err(wrong)
            }
        }
    }

    /// Closes the personal data in it, so that it can be recorded: `seal` gives the ciphertext for a subject's
    /// plaintext. The context that it is given names the event type, so that a ciphertext can't be moved to another.
    ///
    /// # Errors
    /// What `seal` says.
    pub fn seal<E: From<serde_json::Error>>(
        &mut self,
        mut seal: impl FnMut(&Subject, &'static str, &[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let context = self.kind().name();
        let mut seal = |subject: &Subject, plain: &[u8]| seal(subject, context, plain);
        match self {
            Self::Seller(SellerEvent::SellerRegistered(event)) => event.contact.close(&mut seal),
            Self::Order(OrderEvent::HelpRequested(event)) => event.message.close(&mut seal),
            Self::Buyer(BuyerEvent::BuyerRegistered(event)) => event.identity.close(&mut seal),
            Self::Review(ReviewEvent::ReviewSubmitted(event)) => event.text.close(&mut seal),
            Self::Review(ReviewEvent::ReviewEdited(event)) => event.text.close(&mut seal),
            Self::Review(ReviewEvent::PhotosSubmitted(event)) => event.contents.close(&mut seal),
            Self::Review(ReviewEvent::ReviewTranslated(event)) => event.text.close(&mut seal),
            Self::Notice(NoticeEvent::NoticeSubmitted(event)) => {
                event.reasons.close(&mut seal)?;
                event.notifier.as_mut().map_or(Ok(()), |notifier| notifier.close(&mut seal))
            }
            Self::Complaint(ComplaintEvent::ComplaintLodged(event)) => event.reasons.close(&mut seal),
            Self::Authority(AuthorityEvent::AuthorityMessageReceived(event)) => event.letter.close(&mut seal),
            Self::Authority(AuthorityEvent::AuthorityMessageRefused(event)) => event.letter.close(&mut seal),
            Self::Authority(AuthorityEvent::AuthorityOrderReceived(event)) => event.answer_to.close(&mut seal),
            Self::Dispute(DisputeEvent::DisputeOpened(event)) => event.subject.close(&mut seal),
            Self::Mail(MailEvent::MailQueued(event)) => event.content.close(&mut seal),
            Self::Seller(
                SellerEvent::SellerTermsAccepted(_)
                | SellerEvent::SellerVerified(_)
                | SellerEvent::SellerRemoved(_)
                | SellerEvent::SellerReinstated(_)
                | SellerEvent::SellerFeeCharged(_),
            )
            | Self::Product(ProductEvent::ProductCatalogued(_))
            | Self::Listing(
                ListingEvent::ListingPublished(_)
                | ListingEvent::ListingPriceChanged(_)
                | ListingEvent::ListingRemoved(_)
                | ListingEvent::ListingReinstated(_),
            )
            | Self::Order(
                OrderEvent::OrderPlaced(_)
                | OrderEvent::OrderConfirmed(_)
                | OrderEvent::OrderShipped(_)
                | OrderEvent::OrderDelivered(_)
                | OrderEvent::OrderCancelled(_)
                | OrderEvent::IssueReported(_)
                | OrderEvent::HelpResolved(_)
                | OrderEvent::PaymentCaptured(_)
                | OrderEvent::PaymentRefunded(_),
            )
            | Self::Buyer(
                BuyerEvent::BuyerErasureRequested(_)
                | BuyerEvent::BuyerWarned(_)
                | BuyerEvent::BuyerBlocked(_)
                | BuyerEvent::BuyerUnblocked(_),
            )
            | Self::Review(
                ReviewEvent::ReviewPublished(_)
                | ReviewEvent::ReviewWithdrawn(_)
                | ReviewEvent::ReviewRetentionEnded(_)
                | ReviewEvent::PhotosApproved(_)
                | ReviewEvent::PhotosRejected(_)
                | ReviewEvent::ReviewModerated(_)
                | ReviewEvent::PhotosRemoved(_)
                | ReviewEvent::ReviewReinstated(_)
                | ReviewEvent::PhotosReinstated(_),
            )
            | Self::Invitation(InvitationEvent::ReviewInvited(_))
            | Self::Notice(NoticeEvent::NoticeDecided(_))
            | Self::Statement(
                StatementEvent::StatementOfReasonsIssued(_)
                | StatementEvent::StatementSubmitted(_)
                | StatementEvent::StatementAccepted(_)
                | StatementEvent::StatementRefused(_),
            )
            | Self::Complaint(ComplaintEvent::ComplaintDecided(_))
            | Self::Authority(AuthorityEvent::AuthorityLanguageNotice(_) | AuthorityEvent::AuthorityOrderExecuted(_))
            | Self::LegalHold(LegalHoldEvent::LegalHoldPlaced(_) | LegalHoldEvent::LegalHoldReleased(_))
            | Self::Dispute(DisputeEvent::DisputeReferred(_) | DisputeEvent::DisputeClosed(_))
            | Self::SafetyWarning(SafetyWarningEvent::BuyersWarned(_))
            | Self::Deadline(DeadlineEvent::DeadlineMissed(_))
            | Self::Mail(MailEvent::MailSent(_) | MailEvent::MailFailed(_))
            | Self::Activity(ActivityEvent::RecipientsSeen(_))
            | Self::DsaFigure(DsaFigureEvent::DsaFigurePublished(_))
            | Self::Policy(PolicyEvent::PolicyAdopted(_))
            | Self::Subject(SubjectEvent::SubjectKeyDestroyed(_) | SubjectEvent::ErasureDeferred(_)) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_a_version_that_is_not_known_yet_is_refused_whatever_it_says() {
        let kind = EventKind::ReviewPublished;
        assert!(Event::decode(kind, kind.version(), b"{}").is_ok());
        for schema in [0, kind.version() + 1] {
            let error = Event::decode(kind, schema, b"{}").unwrap_err();
            assert!(matches!(error, DecodeError::UnknownVersion { found, .. } if found == schema), "{error}");
        }
    }
}
