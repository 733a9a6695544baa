//! Policies: what decides where the rules are silent or can be read two ways.
//!
//! The values are an event ([`PolicyAdopted`]), so that history replays under what was in force at the time. There is
//! one stream, `policy-marketplace`; each event holds all values, so that a reader needs the newest one only. Before
//! the first event, [`Policies::default`] is in force, as version 0.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::criterion::Criterion;
use crate::language::Language;
use crate::money::{Currency, Money};
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::text::Slug;
use crate::working_days::HolidayCalendar;

/// Which categories may be sold in (R-1.1-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AllowedCategories {
    /// These, all of them electronics.
    Electronics(BTreeSet<Slug>),
    /// Any: for imported histories of other marketplaces.
    Any,
}

impl AllowedCategories {
    /// Whether a category may be sold in.
    #[must_use]
    pub fn allows(&self, category: &Slug) -> bool {
        match self {
            Self::Electronics(categories) => categories.contains(category),
            Self::Any => true,
        }
    }
}

/// When a review's time online is over (R-3.2-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RetentionReading {
    /// When the years have passed *and* the product is no longer for sale.
    LaterOf,
    /// When the years have passed *or* the product is no longer for sale, whichever is first.
    EarlierOf,
}

/// The service fee of orders whose items cost less than `below` (R-1.2-03). Minor units of the policy's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceFeeTier {
    /// The first amount of the next tier.
    pub below_minor: i64,
    /// The fee.
    pub fee_minor: i64,
}

/// How much each of the five rates weighs against the price in the buy box (R-2.3-07); 1 adds a rate's percentage to
/// the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QualityWeights {
    /// Aesthetic Defect Rate.
    pub aesthetic_defect: u32,
    /// Wrong Product Rate.
    pub wrong_product: u32,
    /// Defective Product Rate.
    pub defective_product: u32,
    /// Wrong Accessories Rate.
    pub wrong_accessories: u32,
    /// Late Delivery Rate.
    pub late_delivery: u32,
}

/// All policy values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policies {
    /// The version; 0 for the defaults before any was adopted.
    pub version: u32,
    /// The currency of all prices.
    pub currency: Currency,
    /// Which categories may be sold in (R-1.1-02).
    pub categories: AllowedCategories,
    /// Service fee by what the items cost, in rising order; above the last tier, the last tier's fee (R-1.2-03).
    pub service_fee: Vec<ServiceFeeTier>,
    /// The commission, in basis points (R-1.2-05).
    pub commission_basis_points: u32,
    /// The premium of the breakage and theft insurance, in basis points of the items (R-1.3-03).
    pub insurance_basis_points: u32,
    /// The legal guarantee, in months from delivery (R-1.3-01).
    pub legal_guarantee_months: u32,
    /// How many products of a subcategory are best sellers (R-2.3-02).
    pub best_sellers: u32,
    /// How many orders in 30 days a best seller needs at least (R-2.3-02).
    pub best_seller_minimum_orders: u32,
    /// The window of the five rates, in days of 24 hours (R-2.3-08).
    pub quality_window_days: u32,
    /// The buy box's weights (R-2.3-07).
    pub quality_weights: QualityWeights,
    /// Categories whose reviews may score aspects (R-3.1-04).
    pub aspect_categories: BTreeSet<Slug>,
    /// The days after delivery within which a review may be changed (R-3.3-01).
    pub review_edit_days: u32,
    /// The years for which a review stays online (R-3.2-05).
    pub review_retention_years: u32,
    /// How those years and the sale of the product go together (R-3.2-05).
    pub review_retention_reading: RetentionReading,
    /// A seller's fixed monthly fee, in minor units of the currency (R-1.2-04).
    pub seller_monthly_fee_minor: i64,
    /// The days after delivery at which a buyer is invited to review (R-3.1-05).
    pub review_invitation_days: u32,
    /// The working days within which a review is published (R-3.2-01).
    pub review_publication_working_days: u32,
    /// The working days within which photos are decided (R-3.2-02).
    pub photo_decision_working_days: u32,
    /// Whose public holidays are no working days (R-0-05).
    pub holidays: HolidayCalendar,
    /// Criteria so serious that an account may be blocked without a warning before (R-3.4-11).
    pub serious_criteria: BTreeSet<Criterion>,
    /// The months within which a decision can be contested (R-3.4-10, DSA art. 20(1)).
    pub complaint_months: u32,
    /// Into which languages reviews are translated: those of the countries served (R-3.2-06).
    pub review_languages: BTreeSet<Language>,
}

impl Default for Policies {
    fn default() -> Self {
        // The slugs are written here and checked by a test, so none is refused.
        let slugs =
            |names: &[&str]| names.iter().filter_map(|name| Slug::new(name, "category").ok()).collect::<BTreeSet<_>>();
        let tier = |below_minor, fee_minor| ServiceFeeTier { below_minor, fee_minor };
        Self {
            version: 0,
            currency: Currency::EUR,
            categories: AllowedCategories::Electronics(slugs(ELECTRONICS)),
            service_fee: vec![
                tier(5_000, 49),
                tier(10_000, 99),
                tier(15_000, 199),
                tier(20_000, 299),
                tier(30_000, 399),
                tier(40_000, 499),
                tier(50_000, 599),
                tier(65_000, 699),
                tier(i64::MAX, 799),
            ],
            commission_basis_points: 1_000,
            insurance_basis_points: 800,
            legal_guarantee_months: 24,
            best_sellers: 3,
            best_seller_minimum_orders: 1,
            quality_window_days: 90,
            quality_weights: QualityWeights {
                aesthetic_defect: 1,
                wrong_product: 1,
                defective_product: 1,
                wrong_accessories: 1,
                late_delivery: 1,
            },
            aspect_categories: slugs(&["smartphones", "laptops", "tablets"]),
            review_edit_days: 30,
            review_retention_years: 10,
            review_retention_reading: RetentionReading::LaterOf,
            seller_monthly_fee_minor: 5_000,
            review_invitation_days: 7,
            review_publication_working_days: 1,
            photo_decision_working_days: 7,
            holidays: HolidayCalendar::France,
            serious_criteria: [Criterion::IllegalContent, Criterion::IdentityTheft, Criterion::HateOrViolence].into(),
            complaint_months: 6,
            review_languages: ["de", "en", "es", "fr", "it", "nl"]
                .iter()
                .filter_map(|code| code.parse().ok())
                .collect(),
        }
    }
}

const ELECTRONICS: &[&str] = &[
    "smartphones",
    "laptops",
    "tablets",
    "smartwatches",
    "consoles",
    "audio",
    "cameras",
    "monitors",
    "desktops",
    "accessories",
];

impl Policies {
    /// What a seller pays a month (R-1.2-04).
    #[must_use]
    pub const fn seller_monthly_fee(&self) -> Money {
        Money::new(self.seller_monthly_fee_minor, self.currency)
    }

    /// The service fee of an order whose items cost so much (R-1.2-03).
    #[must_use]
    pub fn service_fee_of(&self, items: Money) -> Money {
        let tier = self.service_fee.iter().find(|tier| items.minor < tier.below_minor).or(self.service_fee.last());
        Money::new(tier.map_or(0, |tier| tier.fee_minor), self.currency)
    }

    fn check(&self) -> Result<(), Refusal> {
        const RULE: Rule = Rule("R-0-01");
        let bad = |field, mend: &str| Refusal::new(RULE, Refused::Invalid, field, format!("{field}: {mend}"));
        if !self.service_fee.windows(2).all(|pair| pair[0].below_minor < pair[1].below_minor) {
            return Err(bad("serviceFee", "each tier must begin above the one before it"));
        }
        if self.service_fee.iter().any(|tier| tier.fee_minor < 0) {
            return Err(bad("serviceFee", "a fee can't be negative"));
        }
        for (field, value, most) in [
            ("commissionBasisPoints", self.commission_basis_points, 10_000),
            ("insuranceBasisPoints", self.insurance_basis_points, 10_000),
            ("legalGuaranteeMonths", self.legal_guarantee_months, 1_200),
            ("qualityWindowDays", self.quality_window_days, 3_660),
            ("reviewEditDays", self.review_edit_days, 3_660),
            ("reviewRetentionYears", self.review_retention_years, 100),
            ("bestSellers", self.best_sellers, 1_000),
            ("reviewInvitationDays", self.review_invitation_days, 3_660),
            ("reviewPublicationWorkingDays", self.review_publication_working_days, 366),
            ("photoDecisionWorkingDays", self.photo_decision_working_days, 366),
            ("complaintMonths", self.complaint_months, 1_200),
        ] {
            require(value <= most, RULE, Refused::Invalid, field, || {
                format!("{field} is at most {most}, not {value}")
            })?;
        }
        require(self.seller_monthly_fee_minor >= 0, RULE, Refused::Invalid, "sellerMonthlyFeeMinor", || {
            "a fee can't be negative".to_owned()
        })?;
        require(self.complaint_months >= 6, RULE, Refused::Invalid, "complaintMonths", || {
            "a decision can be contested for at least six months (DSA art. 20(1))".to_owned()
        })?;
        require(self.quality_window_days > 0, RULE, Refused::Invalid, "qualityWindowDays", || {
            "qualityWindowDays is at least 1".to_owned()
        })
    }
}

/// New values are in force from this event's moment on. Adopted by an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyAdopted {
    /// All values, with their version.
    pub policies: Policies,
}

/// What can happen to the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyEvent {
    /// See [`PolicyAdopted`].
    PolicyAdopted(PolicyAdopted),
}

/// What can be asked of the policies.
#[derive(Debug, Clone)]
pub enum PolicyCommand {
    /// Adopt these values; their version is set to the next one.
    Adopt(Box<Policies>),
}

/// The policies in force.
#[derive(Debug, Clone, Default)]
pub struct PolicyBook {
    /// The values.
    pub current: Policies,
}

impl PolicyBook {
    /// The one stream.
    pub const STREAM: &'static str = "policy-marketplace";
}

impl Aggregate for PolicyBook {
    const CATEGORY: &'static str = "policy";
    type Command = PolicyCommand;
    type Event = PolicyEvent;

    fn decide(&self, command: PolicyCommand, _: &Context<'_>) -> Result<Vec<PolicyEvent>, Refusal> {
        let PolicyCommand::Adopt(mut policies) = command;
        policies.check()?;
        policies.version = self.current.version + 1;
        Ok(vec![PolicyAdopted { policies: *policies }.into()])
    }

    fn evolve(&mut self, event: &PolicyEvent, _: DateTime<Utc>) {
        let PolicyEvent::PolicyAdopted(PolicyAdopted { policies }) = event;
        self.current = policies.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(policies: &Policies) -> Context<'_> {
        Context { now: DateTime::UNIX_EPOCH, policies }
    }

    #[test]
    fn the_default_slugs_are_all_there() {
        let AllowedCategories::Electronics(categories) = Policies::default().categories else {
            panic!("electronics by default")
        };
        assert_eq!(categories.len(), ELECTRONICS.len());
        assert_eq!(Policies::default().aspect_categories.len(), 3);
    }

    #[test]
    fn r_1_2_03_the_service_fee_follows_the_tiers() {
        let policies = Policies::default();
        for (items, fee) in [
            (1, 49),
            (4_999, 49),
            (5_000, 99),
            (29_999, 399),
            (30_000, 499),
            (64_999, 699),
            (65_000, 799),
            (9_000_000, 799),
        ] {
            assert_eq!(policies.service_fee_of(Money::new(items, Currency::EUR)).minor, fee, "{items}");
        }
        let none = Policies { service_fee: Vec::new(), ..policies };
        assert_eq!(none.service_fee_of(Money::new(9_000, Currency::EUR)).minor, 0);
    }

    #[test]
    fn r_0_01_a_policy_is_an_event_with_the_next_version() {
        let defaults = Policies::default();
        let mut book = PolicyBook::default();
        for version in 1..=3 {
            let events = book
                .decide(
                    PolicyCommand::Adopt(Box::new(Policies { best_sellers: version, ..Policies::default() })),
                    &context(&defaults),
                )
                .unwrap();
            book.evolve(&events[0], DateTime::UNIX_EPOCH);
            assert_eq!((book.current.version, book.current.best_sellers), (version, version));
        }
        let absurd = Policies { commission_basis_points: 10_001, ..Policies::default() };
        assert_eq!(
            book.decide(PolicyCommand::Adopt(Box::new(absurd)), &context(&defaults)).unwrap_err().field,
            "commissionBasisPoints"
        );
    }
}
