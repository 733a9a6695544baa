//! The words of moderation and of disputes, as clients see them.

use async_graphql::Enum;

/// What a notice alleges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::notice::Allegation")]
pub enum NoticeAllegation {
    /// It is illegal content (DSA art. 16).
    Illegal,
    /// It is an offence under Directive 2011/93/EU, art. 3 to 7: whoever says so need not say who they are.
    OffenceAgainstChildren,
    /// It is against the platform's rules.
    AgainstTerms,
}

/// What a notice came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::notice::NoticeOutcome")]
pub enum NoticeOutcome {
    /// Something was restricted because it is illegal.
    ActionByLaw,
    /// Something was restricted because it is against the rules.
    ActionByTerms,
    /// Nothing was restricted.
    NoAction,
}

/// What a complaint came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::complaint::ComplaintOutcome")]
pub enum ComplaintOutcome {
    /// The first decision stands.
    Upheld,
    /// The first decision stands in part.
    PartiallyReversed,
    /// The first decision is taken back.
    Reversed,
}

/// How far a complaint has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::moderation::ComplaintStatus")]
pub enum ComplaintStatus {
    /// It waits for a person.
    Open,
    /// It is decided.
    Decided,
}

/// Before whom a dispute is brought (R-6-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::dispute::Forum")]
pub enum DisputeForum {
    /// A consumer mediator.
    Mediator,
    /// A body for alternative dispute resolution (Directive 2013/11/EU).
    AlternativeDisputeResolution,
    /// The court of the buyer's residence.
    CourtOfBuyersResidence,
    /// The court of the seller's seat.
    CourtOfSellersSeat,
    /// The court of the place of delivery.
    CourtOfDelivery,
}

/// How a dispute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::dispute::DisputeOutcome")]
pub enum DisputeOutcome {
    /// The parties agreed.
    Settled,
    /// For the buyer.
    ForBuyer,
    /// For the seller.
    ForSeller,
    /// In part for each.
    InPart,
    /// The buyer let it rest.
    Withdrawn,
}

/// How far a dispute has come, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::dispute::DisputeState")]
pub enum DisputeState {
    /// None.
    None,
    /// The parties look for an amicable settlement.
    Amicable,
    /// Before a mediator or a body for alternative dispute resolution.
    Mediation,
    /// Before a court.
    Court,
    /// Over.
    Closed,
}
