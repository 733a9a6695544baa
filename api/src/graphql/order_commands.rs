//! Commands on orders: placed by the buyer, taken through by sellers and the platform.

use std::future::ready;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result};
use domain::calendar::Month;
use domain::ids::{HelpRequestId, OrderId};
use domain::order::{Order as OrderStream, OrderCommand};
use domain::place::{Country, MemberState};
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, BUYER_SIDE, BUYERS, ITS_BUYER, ORDER_SIDES, Only, SELLER_SIDE};
use super::node::parse;
use super::orders::{HelpTopic, IssueKind, Order, OrderLineInput, requested};
use super::platform::wait_for;
use super::scalars::MoneyInput;
use crate::ApiError;
use crate::pseudonyms::Pseudonyms;

/// A new order.
#[derive(Debug, Clone, InputObject)]
pub struct PlaceOrderInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The order's id; a new one where nothing is said.
    order_id: Option<ID>,
    /// What to buy.
    lines: Vec<OrderLineInput>,
    /// The service fee that the buyer was shown; must be the one quoted.
    service_fee: MoneyInput,
    /// Whether the breakage and theft insurance is taken out; only now (R-1.3-03).
    #[graphql(default)]
    insurance: bool,
    /// The country of the shop front, ISO 3166-1.
    country_of_purchase: String,
    /// Where in the Union the buyer is; where nothing is said, the country of the shop front, if it is a Member State.
    member_state: Option<String>,
}

macro_rules! step_inputs {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, InputObject)]
        pub struct $name {
            /// The command's id, to send it again safely.
            command_id: Option<Uuid>,
            /// Which order.
            order_id: ID,
        }
    )*};
}

step_inputs! {
    /// A cancellation.
    CancelOrderInput,
    /// A shipment.
    ShipOrderInput,
    /// A delivery.
    ConfirmDeliveryInput,
}

/// A confirmation.
#[derive(Debug, Clone, InputObject)]
pub struct ConfirmOrderInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which order.
    order_id: ID,
    /// The payment provider's word for the captured payment; the order's id where nothing is said.
    payment_reference: Option<String>,
}

/// Something wrong with what was delivered.
#[derive(Debug, Clone, InputObject)]
pub struct ReportIssueInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which order.
    order_id: ID,
    /// Which of its lines, from 0.
    #[graphql(default)]
    line: u16,
    /// What.
    kind: IssueKind,
}

/// A request for help.
#[derive(Debug, Clone, InputObject)]
pub struct RequestHelpInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which order.
    order_id: ID,
    /// What about.
    topic: HelpTopic,
    /// In words. Sealed with the buyer's key.
    message: String,
}

/// The end of a request for help.
#[derive(Debug, Clone, InputObject)]
pub struct ResolveHelpInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which order.
    order_id: ID,
    /// Which request.
    request_id: ID,
    /// How it ended; no personal data.
    outcome: String,
}

payload! {
    /// What a command on an order came to.
    OrderPayload(OrderId)
}

#[ComplexObject]
impl OrderPayload {
    /// The order as it now is.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        let Some(effect) = &self.effect else { return Ok(None) };
        wait_for(ctx, effect.position).await?;
        Order::visible(ctx, effect.what)
    }
}

async fn step(
    ctx: &Context<'_>,
    command_id: Option<Uuid>,
    order_id: &ID,
    make: impl Fn(&Command<'_>) -> Result<OrderCommand, ApiError>,
) -> Result<OrderPayload> {
    let command = Command::of(ctx, command_id);
    let result = async {
        let order: OrderId = parse(order_id, "orderId")?;
        let done = command.execute::<OrderStream, _, _>(order, |_| ready(make(&command)));
        Ok((order, done.await?))
    };
    OrderPayload::of(&command, result.await)
}

/// Commands on orders.
#[derive(Debug, Default)]
pub struct OrderMutation;

#[Object]
impl OrderMutation {
    /// Places an order (R-1.1-01, R-1.2-03). For the BUYER whom the token names.
    #[graphql(guard = "Only(BUYERS)", directive = Allowed::apply(BUYERS))]
    async fn place_order(&self, ctx: &Context<'_>, input: PlaceOrderInput) -> Result<OrderPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let named = input.order_id.as_ref().map(|id| parse::<OrderId>(id, "orderId")).transpose()?;
            let order = named.unwrap_or_else(|| command.derived());
            let buyer = command.viewer.buyer().ok_or_else(|| ApiError::input("", "a buyer's token is needed"))?;
            let quoted_service_fee = input.service_fee.checked("serviceFee")?;
            let country: Country = input
                .country_of_purchase
                .parse()
                .map_err(|bad| ApiError::input("countryOfPurchase", format!("{bad}")))?;
            let member_state: Option<MemberState> = match &input.member_state {
                Some(text) => Some(text.parse().map_err(|bad| ApiError::input("memberState", format!("{bad}")))?),
                None => country.member_state(),
            };
            let (book, lines, insured) = (command.book, &input.lines, input.insurance);
            // Who is not in the Union is no recipient there, and gets no name.
            let recipient = match member_state {
                Some(_) => {
                    let names = Pseudonyms::of_month(book.keys().as_ref(), Month::of(book.clock().now())).await?;
                    Some(names.of_account(buyer.0))
                }
                None => None,
            };
            let done = command.execute::<OrderStream, _, _>(order, |_| async move {
                Ok(OrderCommand::Place {
                    buyer,
                    account: book.load(buyer.0).await?,
                    lines: requested(book, lines).await?,
                    quoted_service_fee,
                    insured,
                    country_of_purchase: country,
                    member_state,
                    recipient,
                    promised_until: None,
                })
            });
            Ok((order, done.await?))
        };
        OrderPayload::of(&command, result.await)
    }

    /// Makes an order binding: the payment is captured in the sellers' name and the seller accepts (R-1.2-01, R-1.2-05).
    /// For an OPERATOR, or a SELLER in it.
    #[graphql(guard = "Only(SELLER_SIDE)", directive = Allowed::apply(SELLER_SIDE))]
    async fn confirm_order(&self, ctx: &Context<'_>, input: ConfirmOrderInput) -> Result<OrderPayload> {
        let make = |command: &Command<'_>| {
            let order: OrderId = parse(&input.order_id, "orderId")?;
            let payment = Some(input.payment_reference.clone().unwrap_or_else(|| order.to_string()));
            Ok(OrderCommand::Confirm { party: command.viewer.party(), payment })
        };
        step(ctx, input.command_id, &input.order_id, make).await
    }

    /// Ends an order before it is delivered. For its BUYER, a SELLER in it, or an OPERATOR.
    #[graphql(guard = "Only(ORDER_SIDES)", directive = Allowed::apply(ORDER_SIDES))]
    async fn cancel_order(&self, ctx: &Context<'_>, input: CancelOrderInput) -> Result<OrderPayload> {
        step(ctx, input.command_id, &input.order_id, |command| Ok(OrderCommand::Cancel(command.viewer.party()))).await
    }

    /// Notes that an order was handed to the carrier. For a SELLER in it, or an OPERATOR.
    #[graphql(guard = "Only(SELLER_SIDE)", directive = Allowed::apply(SELLER_SIDE))]
    async fn ship_order(&self, ctx: &Context<'_>, input: ShipOrderInput) -> Result<OrderPayload> {
        step(ctx, input.command_id, &input.order_id, |command| Ok(OrderCommand::Ship(command.viewer.party()))).await
    }

    /// Notes that an order arrived. For its BUYER, or an OPERATOR by the carrier's word; not for a seller, whose lateness is
    /// measured by it (R-2.1-02).
    #[graphql(guard = "Only(BUYER_SIDE)", directive = Allowed::apply(BUYER_SIDE))]
    async fn confirm_delivery(&self, ctx: &Context<'_>, input: ConfirmDeliveryInput) -> Result<OrderPayload> {
        let make = |command: &Command<'_>| Ok(OrderCommand::ConfirmDelivery(command.viewer.party()));
        step(ctx, input.command_id, &input.order_id, make).await
    }

    /// Reports what is wrong with what was delivered (R-2.3-08). For its BUYER, or an OPERATOR for them.
    #[graphql(guard = "Only(BUYER_SIDE)", directive = Allowed::apply(BUYER_SIDE))]
    async fn report_issue(&self, ctx: &Context<'_>, input: ReportIssueInput) -> Result<OrderPayload> {
        let (line, kind) = (input.line, input.kind.into());
        let make = |command: &Command<'_>| Ok(OrderCommand::ReportIssue { party: command.viewer.party(), line, kind });
        step(ctx, input.command_id, &input.order_id, make).await
    }

    /// Asks for help on an order (R-1.3-02). For its BUYER.
    #[graphql(guard = "Only(ITS_BUYER)", directive = Allowed::apply(ITS_BUYER))]
    async fn request_help(&self, ctx: &Context<'_>, input: RequestHelpInput) -> Result<OrderPayload> {
        let make = |command: &Command<'_>| {
            Ok(OrderCommand::RequestHelp {
                party: command.viewer.party(),
                request: command.derived(),
                topic: input.topic.into(),
                message: input.message.clone(),
            })
        };
        step(ctx, input.command_id, &input.order_id, make).await
    }

    /// Closes a request for help (R-1.3-02). For a SELLER in the order, or an OPERATOR.
    #[graphql(guard = "Only(SELLER_SIDE)", directive = Allowed::apply(SELLER_SIDE))]
    async fn resolve_help(&self, ctx: &Context<'_>, input: ResolveHelpInput) -> Result<OrderPayload> {
        let make = |command: &Command<'_>| {
            Ok(OrderCommand::ResolveHelp {
                party: command.viewer.party(),
                request: parse::<HelpRequestId>(&input.request_id, "requestId")?,
                outcome: input.outcome.clone(),
            })
        };
        step(ctx, input.command_id, &input.order_id, make).await
    }
}
