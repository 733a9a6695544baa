//! The grounds of a statement of reasons in words (DSA art. 17(3)(d) and (e)).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

use super::criteria;
use super::schema_enum::{schema_enum, schema_enum_or_none, schema_enums};
use super::when::moment;
use super::words;
use crate::graphql::listings::ListingRemovalReason;
use crate::graphql::review_commands::ReviewCriterion;
use crate::graphql::sellers::SellerRemovalReason;
use crate::graphql::statements::GroundKind;

/// Of a statement: `{ ground criteria listingReason sellerReason automated since until issuedAt }`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grounds {
    #[serde(deserialize_with = "schema_enum")]
    ground: GroundKind,
    #[serde(deserialize_with = "schema_enums")]
    criteria: Vec<ReviewCriterion>,
    #[serde(deserialize_with = "schema_enum_or_none")]
    listing_reason: Option<ListingRemovalReason>,
    #[serde(deserialize_with = "schema_enum_or_none")]
    seller_reason: Option<SellerRemovalReason>,
    automated: bool,
    #[serde(deserialize_with = "told")]
    since: String,
    #[serde(deserialize_with = "told_or_none")]
    until: Option<String>,
    /// When the statement was issued.
    #[serde(deserialize_with = "told")]
    pub(super) issued_at: String,
}

impl Grounds {
    /// The law, or the terms.
    pub(super) fn ground(&self) -> &'static str {
        words::ground(self.ground)
    }

    /// What was broken.
    pub(super) fn reasons(&self) -> String {
        let criteria = self.criteria.iter().map(|criterion| criteria::words((*criterion).into()));
        let listing = self.listing_reason.map(words::listing_reason);
        let all: Vec<&str> = criteria.chain(listing).chain(self.seller_reason.map(words::seller_reason)).collect();
        all.join("; ")
    }

    /// Who found and decided it.
    pub(super) const fn decided_by(&self) -> &'static str {
        if self.automated { "Automated means" } else { "A person" }
    }

    /// From when until when.
    pub(super) fn lasts(&self) -> String {
        match &self.until {
            Some(until) => format!("from {} until {until}", self.since),
            None => format!("from {}, for good", self.since),
        }
    }
}

fn told<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    DateTime::<Utc>::deserialize(from).map(moment)
}

fn told_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<DateTime<Utc>>::deserialize(from)?.map(moment))
}
