//! Buyers: their accounts, and being forgotten.

use std::future::ready;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::buyer::{Buyer as BuyerStream, BuyerCommand, BuyerIdentity, BuyerStanding};
use domain::ids::BuyerId;
use domain::language::Language;
use domain::legal_hold::HeldData;
use domain::place::Country;
use uuid::Uuid;

use super::command::{Command, Effect, payload};
use super::guard::{Allowed, BUYER_SIDE, FORGETTERS, Only};
use super::legal_holds::is_held;
use super::node::{global, parse};
use super::platform::{platform, wait_for};
use super::user_error::query_error;
use crate::ApiError;

/// How far a buyer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::buyer::BuyerStanding")]
pub enum BuyerStatus {
    /// No account.
    Unknown,
    /// May buy.
    Registered,
    /// Asked to be forgotten.
    Erased,
}

/// A buyer, by a pseudonym; who it is stays sealed.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct Buyer {
    /// The global id.
    id: ID,
    /// How far it has come.
    status: BuyerStatus,
    /// The block of the account that holds now (R-3.4-11).
    block: Option<BuyerBlock>,
}

/// A block of a buyer's account.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct BuyerBlock {
    /// The first instant at which it does not hold; nothing where it is for good.
    until: Option<DateTime<Utc>>,
}

/// Who a buyer is. Sealed with a key of its own.
#[derive(Debug, Clone, InputObject)]
pub struct BuyerIdentityInput {
    /// Name.
    name: String,
    /// E-mail address.
    email: String,
    /// Postal address.
    address: String,
}

/// A new buyer's account.
#[derive(Debug, Clone, InputObject)]
pub struct RegisterBuyerInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The buyer's id; a buyer's own token says it, the operator may leave it out for a new one.
    buyer_id: Option<ID>,
    /// Who.
    identity: BuyerIdentityInput,
    /// Where the buyer lives, ISO 3166-1.
    country: String,
    /// In which language the buyer is written to, BCP 47.
    language: String,
}

/// A request to be forgotten.
#[derive(Debug, Clone, InputObject)]
pub struct EraseBuyerInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Whom; a buyer's own token says it.
    buyer_id: Option<ID>,
}

payload! {
    /// What a command on a buyer came to.
    BuyerPayload(Option<BuyerId>)
}

#[ComplexObject]
impl BuyerPayload {
    /// The buyer as it now is; nothing where it was meant by a review, so that a moderator is not told whose that is
    /// (R-3.4-08).
    async fn buyer(&self, ctx: &Context<'_>) -> Result<Option<Buyer>> {
        let Some(buyer) = self.effect.as_ref().and_then(|effect| effect.what) else { return Ok(None) };
        let book = &platform(ctx).book;
        let state: BuyerStream = book.load(buyer.0).await.map_err(query_error)?;
        let block = state.block.filter(|block| block.holds(book.clock().now()));
        Ok(Some(Buyer {
            id: global(buyer),
            status: state.standing.into(),
            block: block.map(|block| BuyerBlock { until: block.until }),
        }))
    }

    /// Whether a buyer who asked to be forgotten is kept for now, because the law obliges the platform to (GDPR
    /// art. 17(3)(b)). The account is closed all the same, nobody is shown who they are, and they are told by mail; they are
    /// forgotten when the duty ends.
    async fn kept_for_now(&self, ctx: &Context<'_>) -> Result<bool> {
        let Some(Effect { what: Some(buyer), position }) = self.effect else { return Ok(false) };
        let state: BuyerStream = platform(ctx).book.load(buyer.0).await.map_err(query_error)?;
        if state.standing != BuyerStanding::Erased {
            return Ok(false);
        }
        wait_for(ctx, position).await?;
        is_held(ctx, HeldData::Buyer(buyer))
    }
}

/// Commands on buyers.
#[derive(Debug, Default)]
pub struct BuyerMutation;

/// Whose account it is: the buyer's own, or, for staff, the one named.
fn whose(command: &Command<'_>, named: Option<&ID>) -> Result<Option<BuyerId>, ApiError> {
    let named = named.map(|id| parse::<BuyerId>(id, "buyerId")).transpose()?;
    match (command.viewer.buyer(), named) {
        (Some(own), Some(named)) if own != named => {
            Err(ApiError::input("buyerId", "a buyer acts for itself; leave the id out"))
        }
        (own, named) => Ok(own.or(named)),
    }
}

#[Object]
impl BuyerMutation {
    /// Opens a buyer's account (R-1.1-01). For the BUYER whom the token names, or an OPERATOR for one.
    #[graphql(guard = "Only(BUYER_SIDE)", directive = Allowed::apply(BUYER_SIDE))]
    async fn register_buyer(&self, ctx: &Context<'_>, input: RegisterBuyerInput) -> Result<BuyerPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let buyer = whose(&command, input.buyer_id.as_ref())?.unwrap_or_else(|| command.derived());
            let country: Country = input.country.parse().map_err(|bad| ApiError::input("country", format!("{bad}")))?;
            let language: Language =
                input.language.parse().map_err(|bad| ApiError::input("language", format!("{bad}")))?;
            let identity = &input.identity;
            let done = command.execute::<BuyerStream, _, _>(buyer, |_| {
                let identity = BuyerIdentity {
                    name: identity.name.clone(),
                    email: identity.email.clone(),
                    address: identity.address.clone(),
                };
                ready(Ok(BuyerCommand::Register { buyer, identity, country, language }))
            });
            Ok((Some(buyer), done.await?))
        };
        BuyerPayload::of(&command, result.await)
    }

    /// Forgets a buyer: who they are becomes unreadable for good, everywhere; where an authority ordered that it be kept,
    /// only when that ends (keptForNow). For the BUYER whom the token names, or an
    /// OPERATOR or COMPLIANCE for one.
    #[graphql(guard = "Only(FORGETTERS)", directive = Allowed::apply(FORGETTERS))]
    async fn erase_buyer(&self, ctx: &Context<'_>, input: EraseBuyerInput) -> Result<BuyerPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let buyer = whose(&command, input.buyer_id.as_ref())?
                .ok_or_else(|| ApiError::input("buyerId", "say whom to forget"))?;
            let done = command.execute::<BuyerStream, _, _>(buyer, |_| ready(Ok(BuyerCommand::Erase)));
            Ok((Some(buyer), done.await?))
        };
        BuyerPayload::of(&command, result.await)
    }
}
