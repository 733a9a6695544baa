//! Orders, as their buyers, their sellers and staff see them; and what an order would cost.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::ids::{ListingId, OrderId, ReviewId};
use domain::listing::Listing as ListingStream;
use domain::order::{OrderLine as Line, RequestedLine, guaranteed_until, quote};
use projections::SealedText;
use projections::orders::{HelpRow, OrderRow};

use super::guard::{Allowed, BUYERS, ORDER_READERS, ORDER_SIDES, Only};
use super::listings::Condition;
use super::node::{global, parse};
use super::order_disputes::Dispute;
use super::platform::{instant, opened, platform, policies, read, viewer};
use super::products::Product;
use super::reviews::Review;
use super::scalars::Money;
use super::sellers::Seller;
use super::user_error::query_error;
use crate::auth::Viewer;
use crate::{ApiError, Book};

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::order::OrderStatus")]
pub enum OrderStatus {
    /// Placed, not binding yet.
    Placed,
    /// Binding.
    Confirmed,
    /// With the carrier.
    Shipped,
    /// With the buyer.
    Delivered,
    /// Ended before delivery.
    Cancelled,
}

/// What can be wrong with what was delivered (R-2.3-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::quality::IssueKind")]
pub enum IssueKind {
    /// It looks worse than its condition promises.
    AestheticDefect,
    /// It is another product than ordered.
    WrongProduct,
    /// It does not work as it should.
    DefectiveProduct,
    /// Accessories are missing or wrong.
    WrongAccessories,
}

/// What a buyer needs help with (R-1.3-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::order::HelpTopic")]
pub enum HelpTopic {
    /// A right under the legal guarantee.
    LegalGuarantee,
    /// A right under the seller's commercial guarantee.
    CommercialGuarantee,
    /// Where it is, or what came.
    Delivery,
    /// Anything else.
    Other,
}

/// Something that was wrong.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct Issue {
    /// Which line, from 0.
    line: u16,
    /// What.
    kind: IssueKind,
    /// When it was reported.
    reported_at: DateTime<Utc>,
}

/// A request for help.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex, serial)]
pub struct HelpRequest {
    /// The request's id.
    id: ID,
    /// What about.
    topic: HelpTopic,
    /// Since when.
    requested_at: DateTime<Utc>,
    /// When it was dealt with.
    resolved_at: Option<DateTime<Utc>>,
    /// How it ended, in words.
    outcome: Option<String>,
    #[graphql(skip)]
    message: Option<SealedText>,
}

#[ComplexObject]
impl HelpRequest {
    /// What the buyer wrote; nothing once they were forgotten. For its BUYER, the SELLER of all its lines (it may be about
    /// what another one sold), and an OPERATOR.
    #[graphql(guard = "Only(ORDER_SIDES)", directive = Allowed::apply(ORDER_SIDES))]
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.message.as_ref()).await
    }
}

/// An order's payment (R-1.2-01).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct Payment {
    /// When the payment provider had the buyer's money.
    captured_at: DateTime<Utc>,
    /// When it went back, all of it.
    refunded_at: Option<DateTime<Utc>>,
}

/// The guarantees of a line (R-1.3-01). They end with the day that is so many months after delivery.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct Guarantees {
    /// The legal guarantee, in months.
    legal_months: u32,
    /// Until when it lasts; nothing before delivery.
    legal_until: Option<DateTime<Utc>>,
    /// The seller's commercial guarantee, in months.
    commercial_months: u32,
    /// Until when it lasts; nothing before delivery.
    commercial_until: Option<DateTime<Utc>>,
}

/// A line of an order, as agreed.
#[derive(Debug, Clone)]
pub struct OrderLine {
    order: OrderId,
    index: u16,
    line: Line,
    delivered_at: Option<DateTime<Utc>>,
}

/// A line of an order, as agreed.
#[Object(serial)]
impl OrderLine {
    /// Its number, from 0.
    async fn line(&self) -> u16 {
        self.index
    }

    /// The listing bought from.
    async fn listing_id(&self) -> ID {
        global(self.line.listing)
    }

    /// Its product.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        Product::load(ctx, self.line.product)
    }

    /// Its seller: the buyer's contractual partner.
    async fn seller(&self, ctx: &Context<'_>) -> Result<Option<Seller>> {
        Seller::load(ctx, self.line.seller)
    }

    /// Its condition.
    async fn condition(&self) -> Condition {
        self.line.condition.into()
    }

    /// The price of one.
    async fn price(&self) -> Money {
        self.line.price.into()
    }

    /// The delivery cost of the line.
    async fn delivery_cost(&self) -> Money {
        self.line.delivery_cost.into()
    }

    /// How many.
    async fn quantity(&self) -> u32 {
        self.line.quantity
    }

    /// The guarantees (R-1.3-01).
    async fn guarantees(&self, ctx: &Context<'_>) -> Result<Guarantees> {
        let legal_months = policies(ctx).await?.legal_guarantee_months;
        let commercial_months = u32::from(self.line.warranty_months);
        let until = |months| self.delivered_at.map(|delivered| guaranteed_until(delivered, months));
        Ok(Guarantees {
            legal_months,
            legal_until: until(legal_months),
            commercial_months,
            commercial_until: until(commercial_months),
        })
    }

    /// Its review, if it was reviewed and you may see it.
    async fn review(&self, ctx: &Context<'_>) -> Result<Option<Review>> {
        Review::visible(ctx, ReviewId::of_line(self.order, self.index))
    }
}

/// A sale between a buyer and one or more sellers.
#[derive(Debug, Clone)]
pub struct Order {
    id: OrderId,
    row: OrderRow,
}

impl Order {
    /// An order, if there is one with this id and the asker may see it: [`ORDER_READERS`].
    ///
    /// # Errors
    /// What the views say.
    pub fn visible(ctx: &Context<'_>, id: OrderId) -> Result<Option<Self>> {
        let order = read(ctx, |views| Ok(views.orders().order(id)?.map(|row| Self { id, row })))?;
        Ok(order.filter(|order| order.is_for(viewer(ctx))))
    }

    /// An order at hand.
    #[must_use]
    pub const fn new(id: OrderId, row: OrderRow) -> Self {
        Self { id, row }
    }

    /// The lines that somebody is shown, with their numbers. What a buyer bought from others is no seller's business.
    fn lines_for(&self, viewer: &Viewer) -> impl Iterator<Item = (u16, &Line)> {
        let seller = viewer.seller();
        (0..).zip(&self.row.lines).filter(move |(_, line)| seller.is_none_or(|seller| line.seller == seller))
    }

    fn is_for(&self, viewer: &Viewer) -> bool {
        let sells = |seller| self.row.lines.iter().any(|line| line.seller == seller);
        ORDER_READERS.lets(viewer, viewer.buyer() == Some(self.row.buyer) || viewer.seller().is_some_and(sells))
    }
}

/// A sale between a buyer and one or more sellers.
#[Object(serial, directive = Allowed::apply(ORDER_READERS))]
impl Order {
    /// The global id.
    pub async fn id(&self) -> ID {
        global(self.id)
    }

    /// Its buyer, by a pseudonym.
    async fn buyer_id(&self) -> ID {
        global(self.row.buyer)
    }

    /// How far it has come.
    async fn status(&self) -> OrderStatus {
        self.row.status.into()
    }

    /// What was bought; a seller is shown what was bought from them.
    async fn lines(&self, ctx: &Context<'_>) -> Vec<OrderLine> {
        let delivered_at = self.row.delivered_at.map(instant);
        let line = |(index, line): (u16, &Line)| OrderLine { order: self.id, index, line: line.clone(), delivered_at };
        self.lines_for(viewer(ctx)).map(line).collect()
    }

    /// The operator's service fee, as quoted (R-1.2-03).
    async fn service_fee(&self) -> Money {
        self.row.service_fee.into()
    }

    /// What the breakage and theft insurance costs, if it was taken out (R-1.3-03).
    async fn insurance(&self) -> Option<Money> {
        self.row.insurance.map(Money::from)
    }

    /// The country of the shop front, ISO 3166-1.
    async fn country_of_purchase(&self) -> &str {
        self.row.country_of_purchase.code()
    }

    /// Delivery is late from this instant on.
    async fn promised_until(&self) -> DateTime<Utc> {
        instant(self.row.promised_until)
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime<Utc> {
        instant(self.row.placed_at)
    }

    /// When it became binding.
    async fn confirmed_at(&self) -> Option<DateTime<Utc>> {
        self.row.confirmed_at.map(instant)
    }

    /// When it was handed to the carrier.
    async fn shipped_at(&self) -> Option<DateTime<Utc>> {
        self.row.shipped_at.map(instant)
    }

    /// When it arrived.
    async fn delivered_at(&self) -> Option<DateTime<Utc>> {
        self.row.delivered_at.map(instant)
    }

    /// When it was ended.
    async fn cancelled_at(&self) -> Option<DateTime<Utc>> {
        self.row.cancelled_at.map(instant)
    }

    /// What was wrong with it; a seller is shown what was wrong with what was bought from them.
    async fn issues(&self, ctx: &Context<'_>) -> Vec<Issue> {
        let shown: Vec<u16> = self.lines_for(viewer(ctx)).map(|(index, _)| index).collect();
        let issue = |&(line, kind, at): &(u16, domain::quality::IssueKind, i64)| Issue {
            line,
            kind: kind.into(),
            reported_at: instant(at),
        };
        self.row.issues.iter().filter(|(line, ..)| shown.contains(line)).map(issue).collect()
    }

    /// Requests for help (R-1.3-02).
    async fn help_requests(&self, ctx: &Context<'_>) -> Vec<HelpRequest> {
        let whole = sells_all_of(&self.row, viewer(ctx));
        let request = |help: &HelpRow| HelpRequest {
            id: global(help.id),
            topic: help.topic.into(),
            requested_at: instant(help.requested_at),
            resolved_at: help.resolved.as_ref().map(|(_, at)| instant(*at)),
            outcome: help.resolved.as_ref().map(|(outcome, _)| outcome.clone()),
            message: help.message.clone().filter(|_| whole),
        };
        self.row.help_requests.iter().map(request).collect()
    }

    /// Its payment; nothing before it is confirmed, or where the payment is not known (R-1.2-01).
    async fn payment(&self) -> Option<Payment> {
        self.row.payment.map(|(captured_at, refunded_at)| Payment {
            captured_at: instant(captured_at),
            refunded_at: refunded_at.map(instant),
        })
    }

    /// The dispute about it, if there is one (R-6-01).
    async fn dispute(&self) -> Option<Dispute> {
        Dispute::of(&self.row)
    }
}

/// Whether nobody but the asker sold what is in an order, where the asker is a seller: what a buyer wrote about it may be
/// about any line.
pub(super) fn sells_all_of(order: &OrderRow, asker: &Viewer) -> bool {
    asker.seller().is_none_or(|seller| order.lines.iter().all(|line| line.seller == seller))
}

/// A line that a buyer asks for.
#[derive(Debug, Clone, InputObject)]
pub struct OrderLineInput {
    /// Which listing.
    pub listing_id: ID,
    /// How many.
    #[graphql(default = 1)]
    pub quantity: u32,
}

/// What to quote.
#[derive(Debug, Clone, InputObject)]
pub struct OrderQuoteInput {
    /// What would be bought.
    lines: Vec<OrderLineInput>,
    /// Whether the breakage and theft insurance would be taken out.
    #[graphql(default)]
    insurance: bool,
}

/// What an order would cost (R-1.2-03).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct OrderQuote {
    /// All items.
    items: Money,
    /// All deliveries.
    delivery: Money,
    /// The operator's service fee: the order must name exactly this one.
    service_fee: Money,
    /// The insurance, if wanted.
    insurance: Option<Money>,
    /// All of it.
    total: Money,
    /// The version of the policies that set the fee.
    policy_version: u32,
}

/// The lines with their listings as the book has them now.
///
/// # Errors
/// A bad id; what the log says.
pub async fn requested(book: &Book, lines: &[OrderLineInput]) -> Result<Vec<RequestedLine>, ApiError> {
    if lines.len() > domain::order::MAX_LINES {
        let most = domain::order::MAX_LINES;
        return Err(ApiError::input(
            "lines",
            format!("an order has at most {most} lines, not {}; split it", lines.len()),
        ));
    }
    let mut requested = Vec::with_capacity(lines.len());
    for line in lines {
        let listing_id: ListingId = parse(&line.listing_id, "lines.listingId")?;
        let listing: ListingStream = book.load(listing_id.0).await?;
        requested.push(RequestedLine { listing_id, listing, quantity: line.quantity });
    }
    Ok(requested)
}

/// Queries on orders.
#[derive(Debug, Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// What an order would cost, with the exact service fee (R-1.2-03). For a BUYER.
    #[graphql(guard = "Only(BUYERS)", directive = Allowed::apply(BUYERS))]
    async fn order_quote(&self, ctx: &Context<'_>, input: OrderQuoteInput) -> Result<OrderQuote> {
        let lines = requested(&platform(ctx).book, &input.lines).await.map_err(query_error)?;
        let policies = policies(ctx).await?;
        let quote = quote(&lines, input.insurance, &policies).map_err(|refusal| query_error(refusal.into()))?;
        Ok(OrderQuote {
            items: quote.items.into(),
            delivery: quote.delivery.into(),
            service_fee: quote.service_fee.into(),
            insurance: quote.insurance.map(Money::from),
            total: quote.total.into(),
            policy_version: policies.version,
        })
    }

    /// An order: for its buyer, its sellers, and staff but for moderators (R-3.4-08).
    async fn order(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Order>> {
        Order::visible(ctx, parse(&id, "id").map_err(query_error)?)
    }
}
