//! Disputes about an order: amicable first, then before a body or a court of the buyer's choice (R-6-01). An order has
//! one, so that it is named by the order.

use async_graphql::{Context, ID, InputObject, Object, Result};
use domain::dispute::{Dispute, DisputeCommand};
use domain::ids::OrderId;
use domain::order::{Order as OrderStream, Party};
use uuid::Uuid;

use super::command::Command;
use super::guard::{Allowed, DISPUTE_CLOSERS, ITS_BUYER, Only};
use super::moderation_terms::{DisputeForum, DisputeOutcome};
use super::node::parse;
use super::order_commands::OrderPayload;

/// A new dispute.
#[derive(Debug, Clone, InputObject)]
pub struct OpenDisputeInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// About which order.
    order_id: ID,
    /// What it is about, in words. Sealed with the buyer's key.
    subject: String,
}

/// A dispute brought before somebody.
#[derive(Debug, Clone, InputObject)]
pub struct ReferDisputeInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// About which order.
    order_id: ID,
    /// Before whom.
    forum: DisputeForum,
    /// The body or the court, by name.
    body: String,
}

/// The end of a dispute.
#[derive(Debug, Clone, InputObject)]
pub struct CloseDisputeInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// About which order.
    order_id: ID,
    /// How; a buyer may say WITHDRAWN.
    outcome: DisputeOutcome,
    /// In words; no personal data.
    explanation: String,
}

async fn step(
    ctx: &Context<'_>,
    command_id: Option<Uuid>,
    order_id: &ID,
    make: impl Fn(Party, Box<OrderStream>) -> DisputeCommand,
) -> Result<OrderPayload> {
    let command = Command::of(ctx, command_id);
    let result = async {
        let order: OrderId = parse(order_id, "orderId")?;
        let (book, party, make) = (command.book, command.viewer.party(), &make);
        let done = command
            .execute::<Dispute, _, _>(order, |_| async move { Ok(make(party, Box::new(book.load(order.0).await?))) });
        Ok((order, done.await?))
    };
    OrderPayload::of(&command, result.await)
}

/// Commands on disputes.
#[derive(Debug, Default)]
pub struct DisputeMutation;

#[Object]
impl DisputeMutation {
    /// Opens a dispute about an order: the parties look for an amicable settlement (R-6-01). For its BUYER.
    #[graphql(guard = "Only(ITS_BUYER)", directive = Allowed::apply(ITS_BUYER))]
    async fn open_dispute(&self, ctx: &Context<'_>, input: OpenDisputeInput) -> Result<OrderPayload> {
        let make = |party, order| DisputeCommand::Open { party, order, subject: input.subject.clone() };
        step(ctx, input.command_id, &input.order_id, make).await
    }

    /// Brings a dispute before a mediator, another body or a court of the buyer's choice (R-6-01). For its BUYER.
    #[graphql(guard = "Only(ITS_BUYER)", directive = Allowed::apply(ITS_BUYER))]
    async fn refer_dispute(&self, ctx: &Context<'_>, input: ReferDisputeInput) -> Result<OrderPayload> {
        let make =
            |party, order| DisputeCommand::Refer { party, order, forum: input.forum.into(), body: input.body.clone() };
        step(ctx, input.command_id, &input.order_id, make).await
    }

    /// Ends a dispute (R-6-01). For its BUYER, who lets it rest (WITHDRAWN); for an OPERATOR or COMPLIANCE by the
    /// parties' or the body's word.
    #[graphql(guard = "Only(DISPUTE_CLOSERS)", directive = Allowed::apply(DISPUTE_CLOSERS))]
    async fn close_dispute(&self, ctx: &Context<'_>, input: CloseDisputeInput) -> Result<OrderPayload> {
        let make = |party, order| DisputeCommand::Close {
            party,
            order,
            outcome: input.outcome.into(),
            explanation: input.explanation.clone(),
        };
        step(ctx, input.command_id, &input.order_id, make).await
    }
}
