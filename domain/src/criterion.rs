//! The criteria by which reviews and photos are judged (R-3.4-06): a closed list, of which every decision names at least
//! one, whoever wrote the review (R-3.4-08).

use serde::{Deserialize, Serialize};

use crate::refusal::{Refusal, Refused, Rule, require};

/// Why a review or a photo breaks the rules (R-3.4-06), exactly these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names are the published criteria")]
pub enum Criterion {
    Advertising,
    Duplicate,
    OffTopic,
    OtherProduct,
    CompetitorPromotion,
    PoliticalOrSocial,
    Insulting,
    Obscene,
    Offensive,
    SexuallyExplicit,
    Defamatory,
    PersonalAttack,
    FalseOrMisleading,
    WrittenBySeller,
    IllegalContent,
    ThirdPartyRights,
    IdentityTheft,
    PersonalData,
    HateOrViolence,
    RegulatoryBreach,
}

impl Criterion {
    /// Whether it is the law (DSA art. 17(3)(d)) rather than the platform's terms (art. 17(3)(e)).
    #[must_use]
    pub const fn is_law(self) -> bool {
        matches!(self, Self::IllegalContent | Self::HateOrViolence | Self::RegulatoryBreach)
    }
}

/// Criteria as a decision names them: each once, at least one.
///
/// # Errors
/// A refusal when there is none.
pub fn named(mut criteria: Vec<Criterion>) -> Result<Vec<Criterion>, Refusal> {
    criteria.sort_unstable();
    criteria.dedup();
    require(!criteria.is_empty(), Rule("R-3.4-06"), Refused::Invalid, "criteria", || {
        "a decision names at least one criterion".to_owned()
    })?;
    Ok(criteria)
}
