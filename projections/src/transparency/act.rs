//! What the report counts, as far as it counts it: without ids, texts or persons.

use domain::authority::AuthorityOrderKind;
use domain::complaint::ComplaintOutcome;
use domain::notice::{Allegation, NoticeOutcome};
use domain::place::MemberState;
use domain::statement::{Ground, Restriction};
use serde::{Deserialize, Serialize};

use crate::table::Value;

/// An authority's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityOrder {
    /// What is ordered.
    pub kind: AuthorityOrderKind,
    /// Of which Member State the authority is.
    pub member_state: MemberState,
}

/// A notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notified {
    /// What is alleged.
    pub allegation: Allegation,
    /// Whether a trusted flagger sent it (art. 22).
    pub trusted_flagger: bool,
}

impl Notified {
    /// Whether it is a notice in the sense of art. 16, which alleges that something is illegal. One that alleges only a
    /// breach of the terms comes by the same form, but what follows from it is the operator's own initiative.
    #[must_use]
    pub const fn is_of_article_16(self) -> bool {
        match self.allegation {
            Allegation::Illegal | Allegation::OffenceAgainstChildren => true,
            Allegation::AgainstTerms => false,
        }
    }
}

/// What led to a restriction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// Nobody outside, or nobody who alleged that something is illegal.
    OwnInitiative,
    /// A notice in the sense of art. 16.
    Notice,
}

/// What is restricted, as the template tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RestrictionKind {
    /// What was online was removed.
    Removed,
    /// What waited for a decision does not come online.
    NotPublished,
    /// A seller may sell no longer, and the account is closed.
    ServiceEnded,
    /// An account is blocked for a time.
    AccountSuspended,
    /// An account is blocked for good.
    AccountTerminated,
}

impl From<Restriction> for RestrictionKind {
    fn from(restriction: Restriction) -> Self {
        match restriction {
            Restriction::ReviewRemoved(_) | Restriction::PhotosRemoved(_) | Restriction::ListingRemoved(_) => {
                Self::Removed
            }
            Restriction::PhotosNotPublished(_) => Self::NotPublished,
            Restriction::SellerRemoved(_) => Self::ServiceEnded,
            Restriction::AccountSuspended(_) => Self::AccountSuspended,
            Restriction::AccountTerminated => Self::AccountTerminated,
        }
    }
}

/// A restriction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// What is restricted.
    pub restriction: RestrictionKind,
    /// On which ground. The listings of a removed seller have the seller's.
    pub ground: Ground,
    /// What led to it.
    pub trigger: Trigger,
    /// Whether automated means detected or decided it.
    pub automated: bool,
    /// Whether it follows from a notice that had led to nothing until a complaint about that was well-founded.
    pub after_complaint: bool,
}

/// What a complaint is about, as the template tells it apart (art. 20(1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ComplaintAbout {
    /// That something is not visible (point (a)).
    Visibility,
    /// That a seller may sell no longer (point (b)).
    Service,
    /// That an account is blocked (point (c)).
    Account,
    /// That a notice of art. 16 led to nothing.
    Notice,
    /// That a trusted flagger's notice of art. 16 led to nothing.
    TrustedFlaggersNotice,
    /// That a notice which alleged only a breach of the terms led to nothing.
    NoticeOfTerms,
}

impl From<Notified> for ComplaintAbout {
    fn from(notice: Notified) -> Self {
        match (notice.is_of_article_16(), notice.trusted_flagger) {
            (true, true) => Self::TrustedFlaggersNotice,
            (true, false) => Self::Notice,
            (false, _) => Self::NoticeOfTerms,
        }
    }
}

impl From<Restriction> for ComplaintAbout {
    fn from(restriction: Restriction) -> Self {
        match RestrictionKind::from(restriction) {
            RestrictionKind::Removed | RestrictionKind::NotPublished => Self::Visibility,
            RestrictionKind::ServiceEnded => Self::Service,
            RestrictionKind::AccountSuspended | RestrictionKind::AccountTerminated => Self::Account,
        }
    }
}

/// Something that counts in the report. How long it took is in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// An authority's order came in.
    OrderReceived {
        /// Which.
        order: AuthorityOrder,
        /// How many addresses it names.
        items: u32,
    },
    /// The authority was told that its order came in: the mail was handed over.
    OrderConfirmed {
        /// Which.
        order: AuthorityOrder,
        /// How long after the authority sent it.
        after: i64,
    },
    /// What was ordered was done, at least in part.
    OrderEffective {
        /// Which.
        order: AuthorityOrder,
        /// How long after the authority sent it.
        after: i64,
    },
    /// A notice came in.
    NoticeReceived(Notified),
    /// A notice was decided.
    NoticeDecided {
        /// Which.
        notice: Notified,
        /// What it came to.
        outcome: NoticeOutcome,
        /// How long after it came in.
        after: i64,
    },
    /// Somebody was restricted.
    Restricted(Measure),
    /// A complaint was lodged.
    ComplaintLodged(ComplaintAbout),
    /// A complaint was decided.
    ComplaintDecided {
        /// About what.
        about: ComplaintAbout,
        /// What it came to.
        outcome: ComplaintOutcome,
        /// How long after it was lodged.
        after: i64,
    },
    /// A dispute about a buyer's order was brought before a mediator or another body out of court.
    DisputeReferred,
    /// A dispute about a buyer's order that was before such a body is over.
    DisputeClosed {
        /// How long after it was brought there.
        after: i64,
    },
}

impl Value for Act {}

impl Act {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OrderReceived { .. } => "ORDER_RECEIVED",
            Self::OrderConfirmed { .. } => "ORDER_CONFIRMED",
            Self::OrderEffective { .. } => "ORDER_EFFECTIVE",
            Self::NoticeReceived(_) => "NOTICE_RECEIVED",
            Self::NoticeDecided { .. } => "NOTICE_DECIDED",
            Self::Restricted(_) => "RESTRICTED",
            Self::ComplaintLodged(_) => "COMPLAINT_LODGED",
            Self::ComplaintDecided { .. } => "COMPLAINT_DECIDED",
            Self::DisputeReferred => "DISPUTE_REFERRED",
            Self::DisputeClosed { .. } => "DISPUTE_CLOSED",
        }
    }

    /// Its place among acts of one moment and one id; stored, so it never changes.
    pub(super) const fn number(&self) -> u8 {
        match self {
            Self::OrderReceived { .. } => 0,
            Self::OrderConfirmed { .. } => 1,
            Self::OrderEffective { .. } => 2,
            Self::NoticeReceived(_) => 3,
            Self::NoticeDecided { .. } => 4,
            Self::Restricted(_) => 5,
            Self::ComplaintLodged(_) => 6,
            Self::ComplaintDecided { .. } => 7,
            Self::DisputeReferred => 8,
            Self::DisputeClosed { .. } => 9,
        }
    }

    /// How long it took, where that is known.
    #[must_use]
    pub const fn after(&self) -> Option<i64> {
        match self {
            Self::OrderConfirmed { after, .. }
            | Self::OrderEffective { after, .. }
            | Self::NoticeDecided { after, .. }
            | Self::ComplaintDecided { after, .. }
            | Self::DisputeClosed { after } => Some(*after),
            Self::OrderReceived { .. }
            | Self::NoticeReceived(_)
            | Self::Restricted(_)
            | Self::ComplaintLodged(_)
            | Self::DisputeReferred => None,
        }
    }
}
