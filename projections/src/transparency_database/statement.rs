//! From a statement of reasons to its record, or why it has none.

use std::fmt;

use domain::Refusal;
use domain::calendar::local_day;
use domain::ids::StatementId;
use domain::listing::ListingRemovalReason;
use domain::refusal::{Refused, Rule};
use domain::seller::SellerRemovalReason;
use domain::statement::{Addressee, Ground, Restriction};

use super::{AccountType, Automation, Basis, ContentLanguage, ContentType, Draft, Puid, Record};
use crate::statements::StatementRow;
use crate::view::instant;

/// Why a statement has no record, although nothing is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exemption {
    /// The operator's convenience: neither the law nor the terms were broken, so that it is no decision of DSA art. 17(1);
    /// reasons are given all the same (P2B art. 4).
    Convenience,
    /// The seller's own will, which restricts nobody.
    OwnWill,
}

impl Exemption {
    /// Its public name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Convenience => "CONVENIENCE",
            Self::OwnWill => "OWN_WILL",
        }
    }

    /// Whether a ground needs no record. What an authority ordered has no statement to begin with (DSA art. 17(5)): see
    /// [`domain::decision::Decision::of`].
    #[must_use]
    pub const fn of(ground: &Ground) -> Option<Self> {
        match ground {
            Ground::Listing(ListingRemovalReason::Convenience) | Ground::Seller(SellerRemovalReason::Convenience) => {
                Some(Self::Convenience)
            }
            Ground::Listing(ListingRemovalReason::WithdrawnBySeller) => Some(Self::OwnWill),
            Ground::Listing(
                ListingRemovalReason::BreachOfLaw
                | ListingRemovalReason::BreachOfTerms
                | ListingRemovalReason::BreachOfQualityCharter
                | ListingRemovalReason::Prohibited
                | ListingRemovalReason::Dangerous
                | ListingRemovalReason::NotReconditioned
                | ListingRemovalReason::SellerRemoved,
            )
            | Ground::Seller(
                SellerRemovalReason::BreachOfLaw
                | SellerRemovalReason::BreachOfTerms
                | SellerRemovalReason::BreachOfQualityCharter
                | SellerRemovalReason::TraderNotTraceable,
            )
            | Ground::Criteria(_) => None,
        }
    }
}

impl fmt::Display for Exemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Convenience => "the operator's convenience, which is neither a breach of law nor of terms",
            Self::OwnWill => "the seller's own will, which restricts nobody",
        })
    }
}

/// Why a statement has no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpublished {
    /// It needs none.
    Exempt(Exemption),
    /// It needs one that the database would not take, or that would have personal data.
    Refused(Refusal),
}

impl fmt::Display for Unpublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exempt(exemption) => exemption.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl StatementRow {
    /// The ground on which its record rests: of what became of a removed seller's listings, the seller's.
    #[must_use]
    pub fn underlying_ground(&self) -> Ground {
        match (&self.ground, self.seller_removal) {
            (Ground::Listing(ListingRemovalReason::SellerRemoved), Some(reason)) => Ground::Seller(reason),
            (ground, _) => ground.clone(),
        }
    }
}

/// The record of a statement, as far as can be told without a key: the only name at hand is the shop's.
///
/// # Errors
/// Why it has none.
pub fn record_of(id: StatementId, statement: &StatementRow) -> Result<Record, Unpublished> {
    record_without(id, statement, statement.shop_name.as_slice())
}

/// The record of a statement whose facts have none of these names.
///
/// # Errors
/// Why it has none.
pub fn record_without(id: StatementId, statement: &StatementRow, names: &[String]) -> Result<Record, Unpublished> {
    let ground = statement.underlying_ground();
    if let Some(exemption) = Exemption::of(&ground) {
        return Err(Unpublished::Exempt(exemption));
    }
    let basis = Basis::of(&ground).ok_or_else(|| {
        Unpublished::Refused(Refusal::new(
            Rule("R-7-02"),
            Refused::Invalid,
            "decision_ground",
            "decision_ground is nowhere in the book: no criterion, or no removal of the seller with whom a listing went",
        ))
    })?;
    let draft = Draft {
        puid: Puid::of(id),
        restricted: statement.restriction.into(),
        account_type: match statement.addressee {
            Addressee::Buyer(_) => AccountType::Private,
            Addressee::Seller(_) => AccountType::Business,
        },
        basis,
        classifications: ground.classifications(),
        content: content(statement),
        language: statement.content_language.and_then(ContentLanguage::of),
        content_date: local_day(instant(statement.content_since)),
        ean: statement.ean,
        application_date: local_day(instant(statement.since)),
        facts: statement.facts.clone(),
        source: statement.notified.into(),
        automation: if statement.automated { Automation::Partial } else { Automation::None },
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Record::new(draft, &names).map_err(Unpublished::Refused)
}

/// What kinds of content a statement concerns. A review that was removed took its photos with it.
fn content(statement: &StatementRow) -> Vec<ContentType> {
    match statement.restriction {
        Restriction::ReviewRemoved(_) if statement.with_photos => vec![ContentType::Image, ContentType::Text],
        Restriction::ReviewRemoved(_) => vec![ContentType::Text],
        Restriction::PhotosNotPublished(_) | Restriction::PhotosRemoved(_) => vec![ContentType::Image],
        Restriction::ListingRemoved(_) => vec![ContentType::Product],
        Restriction::SellerRemoved(_) | Restriction::AccountSuspended(_) | Restriction::AccountTerminated => {
            vec![ContentType::Account]
        }
    }
}
