//! Policies: what decides where the rules are silent. Public, because who is ranked and charged may know by what.

use std::collections::BTreeSet;
use std::future::ready;

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, Result, SimpleObject};
use domain::language::Language;
use domain::money::Money as Amount;
use domain::policy::{
    AllowedCategories, Policies as Values, PolicyBook, PolicyCommand, QualityWeights as Weights, ServiceFeeTier as Tier,
};
use domain::text::Slug;
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, OPERATORS, Only};
use super::platform::policies;
use super::review_commands::ReviewCriterion;
use super::scalars::{Decimal, Money};
use crate::ApiError;

/// When a review's time online is over (R-3.2-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::policy::RetentionReading")]
pub enum RetentionReading {
    /// When the years have passed and the product is no longer for sale.
    LaterOf,
    /// When the years have passed or the product is no longer for sale, whichever is first.
    EarlierOf,
}

/// Whose public holidays are no working days (R-0-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::working_days::HolidayCalendar")]
pub enum HolidayCalendar {
    /// France.
    France,
    /// The Netherlands.
    Netherlands,
    /// Germany.
    Germany,
}

/// The service fee of orders whose items cost less than an amount (R-1.2-03).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct ServiceFeeTier {
    /// The first amount of the next tier; nothing in the last tier.
    below: Option<Money>,
    /// The fee.
    fee: Money,
}

/// How much each of the five rates weighs in the buy box (R-2.3-07); 1 adds a rate's percentage to the price.
#[derive(Debug, Clone, Copy, SimpleObject, InputObject)]
#[graphql(input_name = "QualityWeightsInput")]
pub struct QualityWeights {
    /// Aesthetic Defect Rate.
    aesthetic_defect: u32,
    /// Wrong Product Rate.
    wrong_product: u32,
    /// Defective Product Rate.
    defective_product: u32,
    /// Wrong Accessories Rate.
    wrong_accessories: u32,
    /// Late Delivery Rate.
    late_delivery: u32,
}

impl From<Weights> for QualityWeights {
    fn from(weights: Weights) -> Self {
        let Weights { aesthetic_defect, wrong_product, defective_product, wrong_accessories, late_delivery } = weights;
        Self { aesthetic_defect, wrong_product, defective_product, wrong_accessories, late_delivery }
    }
}

impl From<QualityWeights> for Weights {
    fn from(weights: QualityWeights) -> Self {
        let QualityWeights { aesthetic_defect, wrong_product, defective_product, wrong_accessories, late_delivery } =
            weights;
        Self { aesthetic_defect, wrong_product, defective_product, wrong_accessories, late_delivery }
    }
}

/// All policy values in force.
#[derive(Debug, Clone)]
pub struct Policies(Values);

/// All policy values in force.
#[Object(serial)]
impl Policies {
    /// The version; 0 before any was adopted.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// The currency of all prices.
    async fn currency_code(&self) -> &str {
        self.0.currency.code()
    }

    /// The categories that may be sold in (R-1.1-02); nothing where any may.
    async fn categories(&self) -> Option<Vec<&str>> {
        match &self.0.categories {
            AllowedCategories::Electronics(slugs) => Some(slugs.iter().map(Slug::as_str).collect()),
            AllowedCategories::Any => None,
        }
    }

    /// The service fee by what the items cost (R-1.2-03).
    async fn service_fee(&self) -> Vec<ServiceFeeTier> {
        let money = |minor| Money::from(Amount::new(minor, self.0.currency));
        let tier = |tier: &Tier| ServiceFeeTier {
            below: (tier.below_minor < i64::MAX).then(|| money(tier.below_minor)),
            fee: money(tier.fee_minor),
        };
        self.0.service_fee.iter().map(tier).collect()
    }

    /// The commission, in hundredths of a percent (R-1.2-05).
    async fn commission_basis_points(&self) -> u32 {
        self.0.commission_basis_points
    }

    /// The insurance's premium, in hundredths of a percent of the items (R-1.3-03).
    async fn insurance_basis_points(&self) -> u32 {
        self.0.insurance_basis_points
    }

    /// The legal guarantee, in months from delivery (R-1.3-01).
    async fn legal_guarantee_months(&self) -> u32 {
        self.0.legal_guarantee_months
    }

    /// How many products of a subcategory are best sellers (R-2.3-02).
    async fn best_sellers(&self) -> u32 {
        self.0.best_sellers
    }

    /// How many orders in 30 days a best seller needs at least (R-2.3-02).
    async fn best_seller_minimum_orders(&self) -> u32 {
        self.0.best_seller_minimum_orders
    }

    /// The window of the five rates, in days (R-2.3-08).
    async fn quality_window_days(&self) -> u32 {
        self.0.quality_window_days
    }

    /// The buy box's weights (R-2.3-07).
    async fn quality_weights(&self) -> QualityWeights {
        self.0.quality_weights.into()
    }

    /// The categories whose reviews may score aspects (R-3.1-04).
    async fn aspect_categories(&self) -> Vec<&str> {
        self.0.aspect_categories.iter().map(Slug::as_str).collect()
    }

    /// The days after delivery within which a review may be changed (R-3.3-01).
    async fn review_edit_days(&self) -> u32 {
        self.0.review_edit_days
    }

    /// The years for which a review stays online (R-3.2-05).
    async fn review_retention_years(&self) -> u32 {
        self.0.review_retention_years
    }

    /// How those years and the sale of the product go together (R-3.2-05).
    async fn review_retention_reading(&self) -> RetentionReading {
        self.0.review_retention_reading.into()
    }

    /// A seller's fixed monthly fee (R-1.2-04).
    async fn seller_monthly_fee(&self) -> Money {
        self.0.seller_monthly_fee().into()
    }

    /// The days after delivery at which a buyer is invited to review (R-3.1-05).
    async fn review_invitation_days(&self) -> u32 {
        self.0.review_invitation_days
    }

    /// The working days within which a review is published (R-3.2-01).
    async fn review_publication_working_days(&self) -> u32 {
        self.0.review_publication_working_days
    }

    /// The working days within which photos are decided (R-3.2-02).
    async fn photo_decision_working_days(&self) -> u32 {
        self.0.photo_decision_working_days
    }

    /// Whose public holidays are no working days (R-0-05).
    async fn holidays(&self) -> HolidayCalendar {
        self.0.holidays.into()
    }

    /// Criteria so serious that an account may be blocked without a warning before (R-3.4-11).
    async fn serious_criteria(&self) -> Vec<ReviewCriterion> {
        self.0.serious_criteria.iter().copied().map(ReviewCriterion::from).collect()
    }

    /// The months within which a decision can be contested (R-3.4-10).
    async fn complaint_months(&self) -> u32 {
        self.0.complaint_months
    }

    /// The languages into which reviews are translated, BCP 47 (R-3.2-06).
    async fn review_languages(&self) -> Vec<&str> {
        self.0.review_languages.iter().map(Language::code).collect()
    }
}

/// A tier of the service fee.
#[derive(Debug, Clone, InputObject)]
pub struct ServiceFeeTierInput {
    /// The first amount of the next tier; nothing for the last tier.
    below: Option<Decimal>,
    /// The fee.
    fee: Decimal,
}

/// New values; what is left out stays as it is.
#[derive(Debug, Clone, InputObject)]
pub struct AdoptPolicyInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The currency of all prices.
    currency_code: Option<String>,
    /// The categories that may be sold in.
    categories: Option<Vec<String>>,
    /// Whether any category may be sold in: for imported histories of other marketplaces.
    #[graphql(default)]
    any_category: bool,
    /// The service fee, in rising order.
    service_fee: Option<Vec<ServiceFeeTierInput>>,
    /// The commission, in hundredths of a percent.
    commission_basis_points: Option<u32>,
    /// The insurance's premium, in hundredths of a percent.
    insurance_basis_points: Option<u32>,
    /// The legal guarantee, in months.
    legal_guarantee_months: Option<u32>,
    /// How many products of a subcategory are best sellers.
    best_sellers: Option<u32>,
    /// How many orders in 30 days a best seller needs at least.
    best_seller_minimum_orders: Option<u32>,
    /// The window of the five rates, in days.
    quality_window_days: Option<u32>,
    /// The buy box's weights.
    quality_weights: Option<QualityWeights>,
    /// The categories whose reviews may score aspects.
    aspect_categories: Option<Vec<String>>,
    /// The days after delivery within which a review may be changed.
    review_edit_days: Option<u32>,
    /// The years for which a review stays online.
    review_retention_years: Option<u32>,
    /// How those years and the sale of the product go together.
    review_retention_reading: Option<RetentionReading>,
    /// A seller's fixed monthly fee.
    seller_monthly_fee: Option<Decimal>,
    /// The days after delivery at which a buyer is invited to review.
    review_invitation_days: Option<u32>,
    /// The working days within which a review is published.
    review_publication_working_days: Option<u32>,
    /// The working days within which photos are decided.
    photo_decision_working_days: Option<u32>,
    /// Whose public holidays are no working days.
    holidays: Option<HolidayCalendar>,
    /// Criteria so serious that an account may be blocked without a warning before.
    serious_criteria: Option<Vec<ReviewCriterion>>,
    /// The months within which a decision can be contested; at least six.
    complaint_months: Option<u32>,
    /// The languages into which reviews are translated, BCP 47.
    review_languages: Option<Vec<String>>,
}

impl AdoptPolicyInput {
    /// These values over those in force.
    fn over(&self, current: Values) -> Result<Values, ApiError> {
        let slugs = |texts: &[String], field| {
            texts.iter().map(|text| Slug::new(text, field).map_err(ApiError::from)).collect::<Result<BTreeSet<_>, _>>()
        };
        let currency = match &self.currency_code {
            Some(code) => code.parse().map_err(|bad| ApiError::input("currencyCode", format!("{bad}")))?,
            None => current.currency,
        };
        let minor_of = |amount: &Decimal, field| {
            let amount = Amount::parse(&amount.0, currency);
            amount.map(|amount| amount.minor).map_err(|bad| ApiError::input(field, bad.to_string()))
        };
        let minor = |amount: &Decimal| minor_of(amount, "serviceFee");
        let language = |code: &String| code.parse().map_err(|bad| ApiError::input("reviewLanguages", format!("{bad}")));
        let tier = |tier: &ServiceFeeTierInput| {
            let below_minor = tier.below.as_ref().map_or(Ok(i64::MAX), minor)?;
            Ok::<_, ApiError>(Tier { below_minor, fee_minor: minor(&tier.fee)? })
        };
        Ok(Values {
            version: current.version,
            currency,
            categories: match (&self.categories, self.any_category) {
                (_, true) => AllowedCategories::Any,
                (Some(categories), false) => AllowedCategories::Electronics(slugs(categories, "categories")?),
                (None, false) => current.categories,
            },
            service_fee: match &self.service_fee {
                Some(tiers) => tiers.iter().map(tier).collect::<Result<_, _>>()?,
                None => current.service_fee,
            },
            commission_basis_points: self.commission_basis_points.unwrap_or(current.commission_basis_points),
            insurance_basis_points: self.insurance_basis_points.unwrap_or(current.insurance_basis_points),
            legal_guarantee_months: self.legal_guarantee_months.unwrap_or(current.legal_guarantee_months),
            best_sellers: self.best_sellers.unwrap_or(current.best_sellers),
            best_seller_minimum_orders: self.best_seller_minimum_orders.unwrap_or(current.best_seller_minimum_orders),
            quality_window_days: self.quality_window_days.unwrap_or(current.quality_window_days),
            quality_weights: self.quality_weights.map_or(current.quality_weights, Weights::from),
            aspect_categories: match &self.aspect_categories {
                Some(categories) => slugs(categories, "aspectCategories")?,
                None => current.aspect_categories,
            },
            review_edit_days: self.review_edit_days.unwrap_or(current.review_edit_days),
            review_retention_years: self.review_retention_years.unwrap_or(current.review_retention_years),
            review_retention_reading: self
                .review_retention_reading
                .map_or(current.review_retention_reading, Into::into),
            seller_monthly_fee_minor: match &self.seller_monthly_fee {
                Some(fee) => minor_of(fee, "sellerMonthlyFee")?,
                None => current.seller_monthly_fee_minor,
            },
            review_invitation_days: self.review_invitation_days.unwrap_or(current.review_invitation_days),
            review_publication_working_days: self
                .review_publication_working_days
                .unwrap_or(current.review_publication_working_days),
            photo_decision_working_days: self
                .photo_decision_working_days
                .unwrap_or(current.photo_decision_working_days),
            holidays: self.holidays.map_or(current.holidays, Into::into),
            serious_criteria: match &self.serious_criteria {
                Some(criteria) => criteria.iter().copied().map(Into::into).collect(),
                None => current.serious_criteria,
            },
            complaint_months: self.complaint_months.unwrap_or(current.complaint_months),
            review_languages: match &self.review_languages {
                Some(codes) => codes.iter().map(language).collect::<Result<_, _>>()?,
                None => current.review_languages,
            },
        })
    }
}

payload! {
    /// What a command on the policies came to.
    PolicyPayload(())
}

#[ComplexObject]
impl PolicyPayload {
    /// The policies as they now are.
    async fn policies(&self, ctx: &Context<'_>) -> Result<Option<Policies>> {
        if self.effect.is_none() {
            return Ok(None);
        }
        Ok(Some(Policies(Values::clone(&*policies(ctx).await?))))
    }
}

/// Queries on policies.
#[derive(Debug, Default)]
pub struct PolicyQuery;

#[Object]
impl PolicyQuery {
    /// The policies in force.
    async fn policies(&self, ctx: &Context<'_>) -> Result<Policies> {
        Ok(Policies(Values::clone(&*policies(ctx).await?)))
    }
}

/// Commands on policies.
#[derive(Debug, Default)]
pub struct PolicyMutation;

#[Object]
impl PolicyMutation {
    /// Puts new policy values in force, from now on. For an OPERATOR.
    #[graphql(guard = "Only(OPERATORS)", directive = Allowed::apply(OPERATORS))]
    async fn adopt_policy(&self, ctx: &Context<'_>, input: AdoptPolicyInput) -> Result<PolicyPayload> {
        let command = Command::of(ctx, input.command_id);
        let done = command.execute_in(PolicyBook::STREAM.to_owned(), |book: PolicyBook| {
            ready(input.over(book.current).map(|policies| PolicyCommand::Adopt(Box::new(policies))))
        });
        let result = done.await.map(|done| ((), done));
        PolicyPayload::of(&command, result)
    }
}
