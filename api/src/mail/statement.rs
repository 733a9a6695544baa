//! Statements of reasons: why someone is restricted, and what they can do about it (R-2.2-05, R-3.4-09, R-3.4-11).
//!
//! They say what DSA art. 17(3) and P2B art. 4 ask for. What is the same for every decision on this platform has no
//! field and stands in the words: a person decides, automated means neither find nor decide (R-3.4-07), and what is
//! taken away stays away unless the decision is reversed, but for an account that is blocked for a time.

use chrono::{DateTime, Utc};
use domain::listing::ListingRemovalReason;
use domain::place::Country;
use domain::criterion::Criterion;
use domain::seller::SellerRemovalReason;

use super::Redress;

/// A decision that restricts someone, with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementOfReasons {
    /// What is restricted, and which rule of the platform's was broken.
    pub restriction: Restriction,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Where (art. 17(3)(a)).
    pub territory: Territory,
    /// What happened, in words (art. 17(3)(b)); to a seller also what a third party's notice said (P2B art. 4(5)).
    pub facts: String,
    /// How the platform came to look at it (art. 17(3)(b)).
    pub origin: Origin,
    /// On what the decision rests (art. 17(3)(d) and (e)).
    pub basis: Basis,
    /// Why the facts fall under it, in words.
    pub because: String,
    /// How it can be contested (art. 17(3)(f)).
    pub redress: Redress,
}

/// What is restricted. Each names the platform's own reason, as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restriction {
    /// A review is shown no longer.
    ReviewRemoved {
        /// Which.
        review: ModeratedReview,
        /// Against which criteria it was; at least one.
        criteria: Vec<Criterion>,
    },
    /// A review's photos are not shown (R-3.4-03).
    PhotosNotPublished {
        /// The review.
        review: ModeratedReview,
        /// Against which criteria they are; at least one.
        criteria: Vec<Criterion>,
    },
    /// A review's photos are shown no longer.
    PhotosRemoved {
        /// The review.
        review: ModeratedReview,
        /// Against which criteria they were; at least one.
        criteria: Vec<Criterion>,
    },
    /// A listing is for sale no longer.
    ListingRemoved {
        /// The product's title.
        product: String,
        /// Why.
        reason: ListingRemovalReason,
    },
    /// A seller's account is closed and all their listings are for sale no longer (R-2.2-04).
    SellerRemoved {
        /// Why.
        reason: SellerRemovalReason,
    },
    /// A buyer's account is blocked (R-3.4-11).
    BuyerBlocked {
        /// For how long.
        length: BlockLength,
        /// Against which criteria the buyer's reviews were; at least one.
        criteria: Vec<Criterion>,
    },
}

/// A review as its author knows it: the complaint form asks for its date and its order's number (R-3.4-10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeratedReview {
    /// The product's title.
    pub product: String,
    /// The order's number.
    pub order: String,
    /// When it was submitted.
    pub submitted: DateTime<Utc>,
}

/// For how long an account is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockLength {
    /// Until an instant, at which the block ends by itself.
    Until(DateTime<Utc>),
    /// For good.
    ForGood,
}

/// Where a restriction holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Territory {
    /// Everywhere the platform is offered.
    WholeService,
    /// In some countries only; at least one.
    Countries(Vec<Country>),
}

/// How the platform came to look at something (R-3.4-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// On the platform's own initiative.
    OwnInitiative,
    /// After a notice (DSA art. 16).
    Notice,
}

/// On what a decision rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// A law, by its name and article.
    Law(String),
    /// The platform's terms, by clause.
    Terms(String),
}
