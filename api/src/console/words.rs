//! Words for what the schema names: what was alleged, decided and restricted, on what, and why.

use async_graphql::resolver_utils::EnumType;

use crate::graphql::complaint_queue::ComplainantKind;
use crate::graphql::listings::{Condition, ListingRemovalReason};
use crate::graphql::moderation_cases::ReviewPart;
use crate::graphql::moderation_terms::{ComplaintOutcome, NoticeAllegation, NoticeOutcome};
use crate::graphql::reviews::ReviewStatus;
use crate::graphql::sellers::SellerRemovalReason;
use crate::graphql::statements::{AddresseeKind, GroundKind, Redress, RestrictionKind};
use crate::graphql::submissions::{SubmissionState, WhyNoRecord};

/// The value of an enum of the schema that has a name.
pub(super) fn named<E: EnumType + Copy>(name: &str) -> Option<E> {
    E::items().iter().find(|item| item.name == name).map(|item| item.value)
}

/// What a notice alleges.
pub(super) const fn allegation(allegation: NoticeAllegation) -> &'static str {
    match allegation {
        NoticeAllegation::Illegal => "Illegal content",
        NoticeAllegation::OffenceAgainstChildren => "Offence against children",
        NoticeAllegation::AgainstTerms => "Against the rules",
    }
}

/// What a notice came to.
pub(super) const fn notice_outcome(outcome: NoticeOutcome) -> &'static str {
    match outcome {
        NoticeOutcome::ActionByLaw => "Restricted, because it is illegal",
        NoticeOutcome::ActionByTerms => "Restricted, because it is against the rules",
        NoticeOutcome::NoAction => "Nothing was restricted",
    }
}

/// What a complaint came to.
pub(super) const fn complaint_outcome(outcome: ComplaintOutcome) -> &'static str {
    match outcome {
        ComplaintOutcome::Upheld => "The first decision stands",
        ComplaintOutcome::PartiallyReversed => "The first decision stands in part",
        ComplaintOutcome::Reversed => "The first decision is taken back",
    }
}

/// In which part somebody complains.
pub(super) const fn complainant(complainant: ComplainantKind) -> &'static str {
    match complainant {
        ComplainantKind::Buyer => "a buyer",
        ComplainantKind::Seller => "a seller",
        ComplainantKind::Notifier => "whoever sent the notice",
    }
}

/// A part of a review.
pub(super) const fn part(part: ReviewPart) -> &'static str {
    match part {
        ReviewPart::Text => "The text",
        ReviewPart::Photos => "The photos",
    }
}

/// Whether a review is shown.
pub(super) const fn review_status(status: ReviewStatus) -> &'static str {
    match status {
        ReviewStatus::Pending => "submitted, not published yet",
        ReviewStatus::Online => "online",
        ReviewStatus::Removed => "removed",
        ReviewStatus::Withdrawn => "deleted by its author",
        ReviewStatus::Ended => "its time online is over",
    }
}

/// An item's condition.
pub(super) const fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::Fair => "fair",
        Condition::Good => "good",
        Condition::VeryGood => "very good",
        Condition::Premium => "premium",
    }
}

/// What is restricted.
pub(super) const fn restriction(restriction: RestrictionKind) -> &'static str {
    match restriction {
        RestrictionKind::ReviewRemoved => "Review removed",
        RestrictionKind::PhotosNotPublished => "Photos not published",
        RestrictionKind::PhotosRemoved => "Photos removed",
        RestrictionKind::ListingRemoved => "Listing removed",
        RestrictionKind::SellerRemoved => "Seller removed",
        RestrictionKind::AccountSuspended => "Account blocked for a time",
        RestrictionKind::AccountTerminated => "Account blocked for good",
    }
}

/// On what a decision stands.
pub(super) const fn ground(ground: GroundKind) -> &'static str {
    match ground {
        GroundKind::Law => "The law",
        GroundKind::Terms => "The platform's terms",
    }
}

/// Why a listing was removed.
pub(super) const fn listing_reason(reason: ListingRemovalReason) -> &'static str {
    match reason {
        ListingRemovalReason::WithdrawnBySeller => "Withdrawn by the seller",
        ListingRemovalReason::Convenience => "The operator's convenience",
        ListingRemovalReason::BreachOfLaw => "Breach of law",
        ListingRemovalReason::BreachOfTerms => "Breach of the terms of sale",
        ListingRemovalReason::BreachOfQualityCharter => "Breach of the quality charter",
        ListingRemovalReason::Prohibited => "Prohibited or illegal trade",
        ListingRemovalReason::Dangerous => "Endangers health, safety or the environment",
        ListingRemovalReason::NotReconditioned => "Not reconditioned and repackaged",
        ListingRemovalReason::SellerRemoved => "Its seller was removed",
    }
}

/// Why a seller is removed.
pub(super) const fn seller_reason(reason: SellerRemovalReason) -> &'static str {
    match reason {
        SellerRemovalReason::Convenience => "The operator's convenience",
        SellerRemovalReason::BreachOfLaw => "Breach of law",
        SellerRemovalReason::BreachOfTerms => "Breach of the terms of sale",
        SellerRemovalReason::BreachOfQualityCharter => "Breach of the quality charter",
        SellerRemovalReason::TraderNotTraceable => "The trader can't be traced (DSA art. 30(3))",
    }
}

/// Who is told.
pub(super) const fn addressee(addressee: AddresseeKind) -> &'static str {
    match addressee {
        AddresseeKind::Buyer => "a buyer",
        AddresseeKind::Seller => "a seller",
    }
}

/// Where a decision can be contested.
pub(super) const fn redress(redress: Redress) -> &'static str {
    match redress {
        Redress::InternalComplaint => "the platform's own complaint form (DSA art. 20)",
        Redress::OutOfCourtSettlement => "a certified out-of-court dispute settlement body (DSA art. 21)",
        Redress::Court => "a court",
    }
}

/// How far a record for the Transparency Database has come.
pub(super) const fn submission(state: SubmissionState) -> &'static str {
    match state {
        SubmissionState::Exempt => "None is needed",
        SubmissionState::Waiting => "Waits to be sent",
        SubmissionState::Submitted => "Sent: whether it arrived is not known yet",
        SubmissionState::Accepted => "In the database",
        SubmissionState::Refused => "Refused: a person must look at it",
    }
}

/// Why a statement has no record in the Transparency Database.
pub(super) const fn why_no_record(why: WhyNoRecord) -> &'static str {
    match why {
        WhyNoRecord::Convenience => "None: the operator's convenience",
        WhyNoRecord::OwnWill => "None: the seller's own will",
        WhyNoRecord::Refused => "Not fit to be sent: a person must look at it",
    }
}
