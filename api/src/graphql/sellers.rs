//! Sellers: their accounts, and the five rates by which they are measured.

use std::future::ready;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::ids::SellerId;
use domain::place::Country;
use domain::quality::QualityCounts;
use domain::seller::{Seller as SellerStream, SellerCommand, SellerTermsAccepted, TraderContact};
use projections::Checkpoint;
use projections::buy_box::QualityPolicy;
use projections::catalogue::{SellerCursor, SellerRow};
use projections::digest::Digest;
use projections::statements::Told;
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, FIGURES, Only, SELLER_SIDE, SUPERVISORS};
use super::node::{global, parse};
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{Provenance, Views, instant, read, views, wait_for};
use super::scalars::Decimal;
use super::statements::{StatementOfReasons, told};
use super::user_error::query_error;
use crate::ApiError;

/// What it costs to look at the offers of all products: so much that a query asks it of a few sellers at most.
const ALL_OFFERS: usize = 4_000;

/// A professional seller (a trader), as everyone may see it (DSA art. 30(7)).
#[derive(Debug, Clone)]
pub struct Seller {
    id: SellerId,
    row: SellerRow,
}

impl Seller {
    /// A seller, if there is one with this id.
    ///
    /// # Errors
    /// What the views say.
    pub fn load(ctx: &Context<'_>, id: SellerId) -> Result<Option<Self>> {
        read(ctx, |views| Self::from_views(views, id))
    }

    /// As [`Self::load`], from views at hand.
    ///
    /// # Errors
    /// What the views say.
    pub fn from_views(views: &Views<'_>, id: SellerId) -> Result<Option<Self>, projections::ViewError> {
        Ok(views.catalogue().seller(id)?.map(|row| Self { id, row }))
    }
}

/// A professional seller (a trader), as everyone may see it (DSA art. 30(7)).
#[Object(serial)]
impl Seller {
    /// The global id.
    pub async fn id(&self) -> ID {
        global(self.id)
    }

    /// The name under which the shop trades.
    async fn shop_name(&self) -> &str {
        &self.row.shop_name
    }

    /// Where the seller is established, ISO 3166-1.
    async fn country(&self) -> &str {
        self.row.country.code()
    }

    /// The trade register's number.
    async fn trade_register_number(&self) -> &str {
        &self.row.trade_register_number
    }

    /// Whether the seller was verified and may sell.
    async fn verified(&self) -> bool {
        self.row.may_sell()
    }

    /// Since when the seller may sell no longer.
    async fn removed_at(&self) -> Option<DateTime<Utc>> {
        self.row.removed_at.map(instant)
    }

    /// What the seller's deliveries in the window came to (R-2.3-08).
    async fn quality(&self, ctx: &Context<'_>) -> Result<SellerQuality> {
        read(ctx, |views| {
            let reader = views.buy_box();
            Ok(SellerQuality {
                counts: reader.seller(self.id)?.counts,
                policy: reader.policy()?,
                reached: views.reached,
                seller: self.id,
            })
        })
    }

    /// The statements of reasons to it, newest first. For COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES), complexity = "cost(first, None, child_complexity)")]
    async fn statements_of_reasons(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<StatementOfReasons>> {
        told(ctx, Some(Told::Seller(self.id)), first, after)
    }
}

/// A seller's five rates over the window, as raw counts.
#[derive(Debug, Clone)]
pub struct SellerQuality {
    /// The counts.
    pub counts: QualityCounts,
    /// The window.
    pub policy: QualityPolicy,
    /// As of when.
    pub reached: Checkpoint,
    /// Whose.
    pub seller: SellerId,
}

impl SellerQuality {
    fn rate(&self, bad: u32) -> Rate {
        Rate {
            numerator: bad,
            denominator: self.counts.delivered,
            value: Decimal::ratio(u64::from(bad), u64::from(self.counts.delivered), 4),
        }
    }
}

/// A seller's five rates over the window, as raw counts.
#[Object(serial)]
impl SellerQuality {
    /// Orders delivered in the window.
    async fn delivered_orders(&self) -> u32 {
        self.counts.delivered
    }

    /// Looked worse than promised.
    async fn aesthetic_defect_rate(&self) -> Rate {
        self.rate(self.counts.issues[0])
    }

    /// Another product than ordered.
    async fn wrong_product_rate(&self) -> Rate {
        self.rate(self.counts.issues[1])
    }

    /// Did not work as it should.
    async fn defective_product_rate(&self) -> Rate {
        self.rate(self.counts.issues[2])
    }

    /// Accessories missing or wrong.
    async fn wrong_accessories_rate(&self) -> Rate {
        self.rate(self.counts.issues[3])
    }

    /// Delivered after the promised date.
    async fn late_delivery_rate(&self) -> Rate {
        self.rate(self.counts.late)
    }

    /// The window's length.
    async fn window_days(&self) -> u32 {
        self.policy.window_days
    }

    /// Where the rates come from.
    async fn provenance(&self) -> Provenance {
        let QualityCounts { delivered, late, issues } = self.counts;
        let text = format!("{} {delivered} {late} {issues:?}", self.seller);
        Provenance::of(self.reached, Some(self.policy.policy_version), Digest::of_text(&text))
    }
}

/// A rate, as an exact fraction.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct Rate {
    /// How many were bad.
    numerator: u32,
    /// Of how many.
    denominator: u32,
    /// The fraction with four decimals; zero where there is nothing to divide by.
    value: Decimal,
}

/// Why a seller is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::seller::SellerRemovalReason")]
pub enum SellerRemovalReason {
    /// The operator's convenience.
    Convenience,
    /// Law was not respected.
    BreachOfLaw,
    /// The terms of sale were not respected.
    BreachOfTerms,
    /// The quality charter was not respected.
    BreachOfQualityCharter,
    /// The trader's information is wrong or incomplete and was not mended (DSA art. 30(3)).
    TraderNotTraceable,
}

/// Who the trader is (DSA art. 30(1)(a) to (c)). Sealed with a key of its own.
#[derive(Debug, Clone, InputObject)]
pub struct TraderContactInput {
    /// The trader's legal name.
    name: String,
    /// Postal address.
    address: String,
    /// Telephone number.
    phone: String,
    /// E-mail address.
    email: String,
    /// The identification document or electronic identification, by reference.
    identification: String,
    /// The payment account.
    payment_account: String,
}

/// A new seller's account.
#[derive(Debug, Clone, InputObject)]
pub struct RegisterSellerInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The seller's id; a seller's own token says it, the operator may leave it out for a new one.
    seller_id: Option<ID>,
    /// The name under which the shop trades.
    shop_name: String,
    /// Where the seller is established, ISO 3166-1.
    country: String,
    /// The trade register's number.
    trade_register_number: String,
    /// The seller's word to offer only what complies with Union law (DSA art. 30(1)(e)).
    self_certified: bool,
    /// Who the trader is.
    contact: TraderContactInput,
    /// Which terms are accepted.
    terms_version: String,
    /// Which quality charter is accepted.
    quality_charter_version: String,
}

/// A verification.
#[derive(Debug, Clone, InputObject)]
pub struct VerifySellerInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Whom.
    seller_id: ID,
    /// What the trader's information was checked against, as in a public register.
    checked_against: String,
}

/// A removal.
#[derive(Debug, Clone, InputObject)]
pub struct RemoveSellerInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Whom.
    seller_id: ID,
    /// Why.
    reason: SellerRemovalReason,
    /// The facts, in words; no personal data.
    explanation: String,
}

payload! {
    /// What a command on a seller came to.
    SellerPayload(SellerId)
}

#[ComplexObject]
impl SellerPayload {
    /// The seller as it now is.
    async fn seller(&self, ctx: &Context<'_>) -> Result<Option<Seller>> {
        let Some(effect) = &self.effect else { return Ok(None) };
        wait_for(ctx, effect.position).await?;
        Seller::load(ctx, effect.what)
    }
}

/// Queries on sellers.
#[derive(Debug, Default)]
pub struct SellerQuery;

#[Object]
impl SellerQuery {
    /// A seller.
    async fn seller(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Seller>> {
        Seller::load(ctx, parse(&id, "id").map_err(query_error)?)
    }

    /// How many of a seller's listings are for sale; none any more some moments after it was removed. For an OPERATOR or
    /// COMPLIANCE.
    #[graphql(guard = "Only(SUPERVISORS)", directive = Allowed::apply(SUPERVISORS), complexity = "ALL_OFFERS")]
    async fn listings_for_sale(&self, ctx: &Context<'_>, seller_id: ID) -> Result<usize> {
        let seller = parse(&seller_id, "sellerId").map_err(query_error)?;
        read(ctx, |views| views.buy_box().listings_of(seller))
    }

    /// Sellers by the name of their shop, also those who were removed: all, or those whose name has a text in it. For an
    /// OPERATOR or COMPLIANCE.
    #[graphql(guard = "Only(SUPERVISORS)", directive = Allowed::apply(SUPERVISORS), complexity = "cost(first, None, child_complexity)")]
    async fn sellers(
        &self,
        ctx: &Context<'_>,
        name: Option<String>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<Seller>> {
        let asked = PageInput::forwards(first, after).checked(|_: &SellerCursor| true)?;
        let views = views(ctx);
        let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
        let keys = views.catalogue().sellers_named(name.as_deref().unwrap_or_default(), from.as_ref());
        let keys = keys.map_err(|error| query_error(error.into()))?;
        take(&asked, keys.into_iter().map(Ok), |key| Seller::from_views(&views, key.1))
    }
}

/// Commands on sellers.
#[derive(Debug, Default)]
pub struct SellerMutation;

#[Object]
impl SellerMutation {
    /// Opens a seller's account (R-2.1-01). For the SELLER whom the token names, or an OPERATOR for one.
    #[graphql(guard = "Only(SELLER_SIDE)", directive = Allowed::apply(SELLER_SIDE))]
    async fn register_seller(&self, ctx: &Context<'_>, input: RegisterSellerInput) -> Result<SellerPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let named = input.seller_id.as_ref().map(|id| parse::<SellerId>(id, "sellerId")).transpose()?;
            let seller = command.viewer.seller().or(named).unwrap_or_else(|| command.derived());
            if named.is_some_and(|named| named != seller) {
                return Err(ApiError::input("sellerId", "a seller registers itself; leave the id out"));
            }
            let country: Country = input.country.parse().map_err(|bad| ApiError::input("country", format!("{bad}")))?;
            let done = command.execute::<SellerStream, _, _>(seller, |_| {
                ready(Ok(SellerCommand::Register {
                    seller,
                    shop_name: input.shop_name.clone(),
                    country,
                    trade_register_number: input.trade_register_number.clone(),
                    self_certified: input.self_certified,
                    contact: Box::new(contact(&input.contact)),
                    terms: SellerTermsAccepted {
                        terms_version: input.terms_version.clone(),
                        quality_charter_version: input.quality_charter_version.clone(),
                    },
                }))
            });
            Ok((seller, done.await?))
        };
        SellerPayload::of(&command, result.await)
    }

    /// Declares a trader verified (DSA art. 30(2)), so that it may sell. For an OPERATOR or COMPLIANCE.
    #[graphql(guard = "Only(SUPERVISORS)", directive = Allowed::apply(SUPERVISORS))]
    async fn verify_seller(&self, ctx: &Context<'_>, input: VerifySellerInput) -> Result<SellerPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let seller: SellerId = parse(&input.seller_id, "sellerId")?;
            let done = command.execute::<SellerStream, _, _>(seller, |_| {
                ready(Ok(SellerCommand::Verify { checked_against: input.checked_against.clone() }))
            });
            Ok((seller, done.await?))
        };
        SellerPayload::of(&command, result.await)
    }

    /// Removes a seller; each of its listings comes down by an event of its own (R-2.2-04). For an OPERATOR or
    /// COMPLIANCE.
    #[graphql(guard = "Only(SUPERVISORS)", directive = Allowed::apply(SUPERVISORS))]
    async fn remove_seller(&self, ctx: &Context<'_>, input: RemoveSellerInput) -> Result<SellerPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let seller: SellerId = parse(&input.seller_id, "sellerId")?;
            let done = command.execute::<SellerStream, _, _>(seller, |_| {
                ready(Ok(SellerCommand::Remove {
                    reason: input.reason.into(),
                    explanation: input.explanation.clone(),
                    decided_by: command.viewer.staff(),
                }))
            });
            Ok((seller, done.await?))
        };
        SellerPayload::of(&command, result.await)
    }
}

fn contact(input: &TraderContactInput) -> TraderContact {
    TraderContact {
        name: input.name.clone(),
        address: input.address.clone(),
        phone: input.phone.clone(),
        email: input.email.clone(),
        identification: input.identification.clone(),
        payment_account: input.payment_account.clone(),
    }
}
