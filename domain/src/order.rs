//! Orders: a sale between a buyer and one or more sellers; the operator only intermediates (R-1.1-01).
//!
//! An order is placed, confirmed, shipped, delivered; it may be cancelled until it is delivered. The buyer sees the
//! exact service fee before confirming, and an order whose fee differs from the quote is refused (R-1.2-03).
//! Insurance is taken out at purchase or never (R-1.3-03). Issues and requests for help are raised on the order.
//!
//! The buyer pays through a payment provider; the operator receives the money in the sellers' name (R-1.2-01). It is
//! captured with the confirmation, and goes back when a confirmed order is cancelled. What each party's share is stands
//! in the event, so that the ledger ([`crate::ledger`]) needs nothing else.
//!
//! Events carry what a reader of a later one needs (the products, the sellers, the instants before), so that no view
//! has to remember every order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::activity::{RecipientRole, Seen};
use crate::aggregate::{Aggregate, Context};
use crate::buyer::Buyer;
use crate::calendar::{end_of_day, end_of_months};
use crate::ids::{BuyerId, HelpRequestId, ListingId, ProductId, SellerId};
use crate::listing::{Condition, Listing};
use crate::money::Money;
use crate::place::{Country, MemberState};
use crate::policy::Policies;
use crate::pseudonym::{Pseudonym, Recipients};
use crate::quality::IssueKind;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sealed::Sealed;
use crate::text::{line, message as message_text};

/// The most lines that an order may have.
pub const MAX_LINES: usize = 100;

/// A line of an order, as agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// The listing bought from.
    pub listing: ListingId,
    /// Its product.
    pub product: ProductId,
    /// Its seller: the buyer's contractual partner.
    pub seller: SellerId,
    /// Its condition.
    pub condition: Condition,
    /// The price of one.
    pub price: Money,
    /// The delivery cost of the line.
    pub delivery_cost: Money,
    /// How many.
    pub quantity: u32,
    /// The seller's commercial guarantee, in months from delivery (R-1.3-01).
    pub warranty_months: u16,
}

/// The breakage and theft insurance of an order (R-1.3-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Insurance {
    /// What it costs.
    pub premium: Money,
}

/// A buyer placed an order. By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// Who buys.
    pub buyer: BuyerId,
    /// What.
    pub lines: Vec<OrderLine>,
    /// The service fee, as quoted.
    pub service_fee: Money,
    /// The insurance, if one was taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insurance: Option<Insurance>,
    /// The country of the shop front.
    pub country_of_purchase: Country,
    /// Where in the Union the buyer is, if there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_state: Option<MemberState>,
    /// By which pseudonym the buyer is known in the month's activity; nothing for a buyer who is not in the Union, and where
    /// the buyer's own id is one, as in histories that were not lived through here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Pseudonym>,
    /// Delivery is late from this instant on.
    pub promised_until: DateTime<Utc>,
}

/// The order is binding: the payment is there and the seller accepted. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderConfirmed {
    /// The products in it, each once.
    pub products: Vec<ProductId>,
    /// The commission on all its lines, delivery and taxes included (R-1.2-05).
    pub commission: Money,
    /// Each seller's part of the commission; events written before it was noted don't say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commissions: Vec<SellerShare>,
}

/// A seller's part of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SellerShare {
    /// Whose.
    pub seller: SellerId,
    /// How much.
    pub amount: Money,
}

/// The payment provider has the buyer's money, which the operator receives in the sellers' name (R-1.2-01). By the
/// platform, with the confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCaptured {
    /// The payment provider's word for it.
    pub reference: String,
    /// What each seller gets: items and delivery.
    pub shares: Vec<SellerShare>,
    /// The operator's service fee.
    pub service_fee: Money,
    /// The insurer's premium, if the insurance was taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insurance: Option<Money>,
}

/// The buyer's money went back, all of it, and so did the commission. By the platform, with the cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// The payment provider's word for it, as at the capture.
    pub reference: String,
    /// What each seller had got.
    pub shares: Vec<SellerShare>,
    /// The operator's service fee.
    pub service_fee: Money,
    /// The insurer's premium.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insurance: Option<Money>,
    /// Each seller's part of the commission, which a cancelled order carries none of (R-1.2-05).
    pub commissions: Vec<SellerShare>,
}

/// The order was handed to the carrier. By the seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderShipped {}

/// The order arrived. By the carrier's word or the buyer's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderDelivered {
    /// The sellers in it, each once.
    pub sellers: Vec<SellerId>,
    /// Whether it came after the promise.
    pub late: bool,
}

/// Who ended an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancelledBy {
    /// The buyer.
    Buyer,
    /// A seller.
    Seller,
    /// The platform.
    Platform,
}

/// The order was ended before it was delivered. By the buyer, a seller or the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    /// By whom.
    pub by: CancelledBy,
    /// The products in it, each once.
    pub products: Vec<ProductId>,
    /// When it had been confirmed, if it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Something was wrong with what was delivered (R-2.3-08). By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueReported {
    /// Which line, from 0.
    pub line: u16,
    /// What.
    pub kind: IssueKind,
    /// The line's seller.
    pub seller: SellerId,
    /// When the order was delivered: the rates count by it.
    pub delivered_at: DateTime<Utc>,
    /// Whether it is the first of its kind against this seller in this order: only that one counts in the rates.
    pub first_of_kind: bool,
}

/// What a buyer needs help with (R-1.3-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
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

/// The buyer asked for help on the order. By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HelpRequested {
    /// The request.
    pub request: HelpRequestId,
    /// What about.
    pub topic: HelpTopic,
    /// In the buyer's words.
    pub message: Sealed<String>,
}

/// A request for help was dealt with. By the seller or by staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HelpResolved {
    /// The request.
    pub request: HelpRequestId,
    /// How; no personal data.
    pub outcome: String,
}

/// What can happen to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderEvent {
    /// See [`OrderPlaced`].
    OrderPlaced(OrderPlaced),
    /// See [`OrderConfirmed`].
    OrderConfirmed(OrderConfirmed),
    /// See [`OrderShipped`].
    OrderShipped(OrderShipped),
    /// See [`OrderDelivered`].
    OrderDelivered(OrderDelivered),
    /// See [`OrderCancelled`].
    OrderCancelled(OrderCancelled),
    /// See [`IssueReported`].
    IssueReported(IssueReported),
    /// See [`HelpRequested`].
    HelpRequested(HelpRequested),
    /// See [`HelpResolved`].
    HelpResolved(HelpResolved),
    /// See [`PaymentCaptured`].
    PaymentCaptured(PaymentCaptured),
    /// See [`PaymentRefunded`].
    PaymentRefunded(PaymentRefunded),
}

impl OrderPlaced {
    /// Who was active with it as a recipient of the service in the Union; nobody where the buyer was elsewhere.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        let recipient = self.recipient.unwrap_or_else(|| Pseudonym::of_id(self.buyer.0));
        let recipients = Recipients::new(vec![recipient]);
        self.member_state.map(|member_state| Seen { member_state, role: RecipientRole::Buyer, recipients })
    }
}

/// In whose part a command is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// A buyer: must be the order's.
    Buyer(BuyerId),
    /// A seller: must have a line in it.
    Seller(SellerId),
    /// Staff, or the platform by itself.
    Platform,
}

/// A line that a buyer asks for, with the listing as its stream has it.
#[derive(Debug, Clone)]
pub struct RequestedLine {
    /// Which listing.
    pub listing_id: ListingId,
    /// The listing.
    pub listing: Listing,
    /// How many.
    pub quantity: u32,
}

/// What an order would cost (R-1.2-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// All items.
    pub items: Money,
    /// All deliveries.
    pub delivery: Money,
    /// The operator's service fee.
    pub service_fee: Money,
    /// The insurance, if wanted.
    pub insurance: Option<Money>,
    /// All of it.
    pub total: Money,
}

/// What can be asked of an order.
#[derive(Debug, Clone)]
pub enum OrderCommand {
    /// Buy.
    Place {
        /// Who.
        buyer: BuyerId,
        /// Who, as the buyer's stream has them.
        account: Buyer,
        /// What.
        lines: Vec<RequestedLine>,
        /// The service fee that the buyer was shown.
        quoted_service_fee: Money,
        /// Whether the insurance is taken out.
        insured: bool,
        /// The country of the shop front.
        country_of_purchase: Country,
        /// Where in the Union the buyer is, if there.
        member_state: Option<MemberState>,
        /// By which pseudonym the buyer is known in the month's activity, if by another than the buyer's own id.
        recipient: Option<Pseudonym>,
        /// Until when delivery is promised; by the listings' delivery days where nothing is said.
        promised_until: Option<DateTime<Utc>>,
    },
    /// Make it binding.
    Confirm {
        /// Who confirms.
        party: Party,
        /// The payment provider's reference; nothing for histories whose payments are not known.
        payment: Option<String>,
    },
    /// Hand it to the carrier.
    Ship(Party),
    /// Note its arrival.
    ConfirmDelivery(Party),
    /// End it.
    Cancel(Party),
    /// Report what is wrong with a line.
    ReportIssue {
        /// Who reports.
        party: Party,
        /// Which line, from 0.
        line: u16,
        /// What.
        kind: IssueKind,
    },
    /// Ask for help.
    RequestHelp {
        /// Who asks.
        party: Party,
        /// The request's id.
        request: HelpRequestId,
        /// What about.
        topic: HelpTopic,
        /// In words.
        message: String,
    },
    /// Close a request for help.
    ResolveHelp {
        /// Who closes it.
        party: Party,
        /// Which.
        request: HelpRequestId,
        /// How it ended.
        outcome: String,
    },
}

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
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

/// An order that was placed.
#[derive(Debug, Clone)]
pub struct PlacedOrder {
    /// As it was placed.
    pub placed: OrderPlaced,
    /// How far it has come.
    pub status: OrderStatus,
    /// When it became binding.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it arrived.
    pub delivered_at: Option<DateTime<Utc>>,
    payment: Option<PaymentCaptured>,
    commissions: Vec<SellerShare>,
    issues: BTreeSet<(u16, IssueKind)>,
    help_requests: BTreeMap<HelpRequestId, bool>,
}

/// An order: nothing until it is placed.
#[derive(Debug, Clone, Default)]
pub struct Order(pub Option<PlacedOrder>);

/// What an order of these lines would cost under these policies.
///
/// # Errors
/// A refusal naming the line that can't be bought.
pub fn quote(lines: &[RequestedLine], insured: bool, policies: &Policies) -> Result<Quote, Refusal> {
    const RULE: Rule = Rule("R-1.2-03");
    require(!lines.is_empty(), Rule("R-1.1-01"), Refused::Invalid, "lines", || {
        "an order has at least one line; without one there is no seller to buy from".to_owned()
    })?;
    require(lines.len() <= MAX_LINES, RULE, Refused::Invalid, "lines", || {
        format!("an order has at most {MAX_LINES} lines, not {}; split it", lines.len())
    })?;
    let too_much = || Refusal::new(RULE, Refused::Invalid, "lines", "the order's total is too large; split it");
    let (mut items, mut delivery) = (Money::zero(policies.currency), Money::zero(policies.currency));
    for (number, line) in (1..).zip(lines) {
        let listing = line.listing.for_sale(RULE).map_err(|refusal| Refusal {
            field: "lines.listingId",
            message: format!("line {number}: {}", refusal.message),
            ..refusal
        })?;
        require((1..=100).contains(&line.quantity), RULE, Refused::Invalid, "lines.quantity", || {
            format!("line {number}: a line is of 1 to 100 pieces, not {}", line.quantity)
        })?;
        items = listing.price.times(line.quantity).and_then(|cost| items.plus(cost)).ok_or_else(too_much)?;
        delivery = delivery.plus(listing.delivery_cost).ok_or_else(too_much)?;
    }
    let service_fee = policies.service_fee_of(items);
    let insurance = insured.then(|| items.share(policies.insurance_basis_points));
    let total = items
        .plus(delivery)
        .and_then(|sum| sum.plus(service_fee))
        .and_then(|sum| insurance.map_or(Some(sum), |premium| sum.plus(premium)));
    Ok(Quote { items, delivery, service_fee, insurance, total: total.ok_or_else(too_much)? })
}

impl Order {
    /// The sellers in it, each once; none before it is placed.
    #[must_use]
    pub fn sellers(&self) -> Vec<SellerId> {
        self.0.as_ref().map_or_else(Vec::new, PlacedOrder::sellers)
    }

    fn known(&self, rule: Rule) -> Result<&PlacedOrder, Refusal> {
        self.0.as_ref().ok_or_else(|| Refusal::new(rule, Refused::NotFound, "orderId", "there is no such order"))
    }
}

impl PlacedOrder {
    /// A line of the order.
    ///
    /// # Errors
    /// A refusal under `rule` when it has no such line.
    pub fn line(&self, line: u16, rule: Rule) -> Result<&OrderLine, Refusal> {
        self.placed.lines.get(usize::from(line)).ok_or_else(|| {
            Refusal::new(
                rule,
                Refused::NotFound,
                "line",
                format!("the order has lines 0 to {}, not {line}", self.placed.lines.len() - 1),
            )
        })
    }

    fn allows(&self, party: Party, rule: Rule) -> Result<(), Refusal> {
        let belongs = match party {
            Party::Buyer(buyer) => self.placed.buyer == buyer,
            Party::Seller(seller) => self.placed.lines.iter().any(|line| line.seller == seller),
            Party::Platform => true,
        };
        require(belongs, rule, Refused::Forbidden, "orderId", || "this order is not yours".to_owned())
    }

    /// A seller may act for the whole order only when nobody else sells in it; the platform may always.
    fn allows_seller(&self, party: Party, rule: Rule) -> Result<(), Refusal> {
        self.allows(party, rule)?;
        let may = match party {
            Party::Buyer(_) => false,
            Party::Seller(seller) => self.placed.lines.iter().all(|line| line.seller == seller),
            Party::Platform => true,
        };
        require(may, rule, Refused::Forbidden, "orderId", || {
            "this is for the order's only seller, or, where it has several, for the platform".to_owned()
        })
    }

    fn step(&self, from: OrderStatus, to: OrderStatus, rule: Rule) -> Result<(), Refusal> {
        let status = self.status;
        if status == from {
            return Ok(());
        }
        let kind =
            if status == OrderStatus::Cancelled || status < from { Refused::NotEligible } else { Refused::AlreadyDone };
        Err(Refusal::new(
            rule,
            kind,
            "orderId",
            format!("an order goes from {from:?} to {to:?}, but this one is {status:?}"),
        ))
    }

    fn products(&self) -> Vec<ProductId> {
        self.placed.lines.iter().map(|line| line.product).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn sellers(&self) -> Vec<SellerId> {
        self.placed.lines.iter().map(|line| line.seller).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What each seller gets: its lines with delivery, taxes included.
    fn shares(&self) -> Vec<SellerShare> {
        let mut shares = BTreeMap::<SellerId, Money>::new();
        for line in &self.placed.lines {
            let share = shares.entry(line.seller).or_insert(Money::zero(line.price.currency));
            // The quote added these very amounts when the order was placed, and they fitted.
            let cost = line.price.times(line.quantity).and_then(|cost| cost.plus(line.delivery_cost));
            *share = cost.and_then(|cost| share.plus(cost)).unwrap_or(*share);
        }
        shares.into_iter().map(|(seller, amount)| SellerShare { seller, amount }).collect()
    }

    /// All lines with delivery, taxes included, without the service fee and the insurance.
    fn commission_base(&self) -> Money {
        let zero = Money::zero(self.placed.service_fee.currency);
        self.shares().iter().fold(zero, |sum, share| sum.plus(share.amount).unwrap_or(sum))
    }
}

/// An amount in parts that are to each other as the shares are, and that add up to it: what rounding down leaves goes,
/// a minor unit each, to the sellers of whose part most was cut off.
fn split(amount: Money, shares: &[SellerShare]) -> Vec<SellerShare> {
    let whole: i128 = shares.iter().map(|share| i128::from(share.amount.minor)).sum();
    let mut parts: Vec<(i128, SellerShare)> = shares
        .iter()
        .map(|share| {
            let product = i128::from(amount.minor) * i128::from(share.amount.minor);
            // A part of an amount that fits is not larger than it.
            let minor = product.checked_div_euclid(whole).and_then(|part| i64::try_from(part).ok()).unwrap_or(0);
            let cut = product.checked_rem_euclid(whole).unwrap_or(0);
            (cut, SellerShare { seller: share.seller, amount: Money { minor, ..amount } })
        })
        .collect();
    let left = amount.minor - parts.iter().map(|(_, part)| part.amount.minor).sum::<i64>();
    parts.sort_by_key(|(cut, part)| (std::cmp::Reverse(*cut), part.seller));
    for (_, part) in parts.iter_mut().take(usize::try_from(left).unwrap_or(0)) {
        part.amount.minor += 1;
    }
    parts.sort_by_key(|(_, part)| part.seller);
    parts.into_iter().map(|(_, part)| part).collect()
}

impl Aggregate for Order {
    const CATEGORY: &'static str = "order";
    type Command = OrderCommand;
    type Event = OrderEvent;

    fn decide(&self, command: OrderCommand, context: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
        const DELIVERY: Rule = Rule("R-2.1-02");
        const COMMISSION: Rule = Rule("R-1.2-05");
        const HELP: Rule = Rule("R-1.3-02");
        let event: OrderEvent = match command {
            OrderCommand::Place {
                buyer,
                account,
                lines,
                quoted_service_fee,
                insured,
                country_of_purchase,
                member_state,
                recipient,
                promised_until,
            } => {
                account.may_act(context.now)?;
                require(self.0.is_none(), Rule("R-1.2-03"), Refused::AlreadyDone, "orderId", || {
                    "this order was placed already".to_owned()
                })?;
                let quote = quote(&lines, insured, context.policies)?;
                require(
                    quoted_service_fee == quote.service_fee,
                    Rule("R-1.2-03"),
                    Refused::NotEligible,
                    "serviceFee",
                    || {
                        format!(
                            "the service fee is {}, not {quoted_service_fee}; show the buyer a fresh quote",
                            quote.service_fee
                        )
                    },
                )?;
                let days = lines
                    .iter()
                    .filter_map(|line| line.listing.for_sale(DELIVERY).ok())
                    .map(|listing| listing.delivery_days)
                    .max()
                    .unwrap_or_default();
                let promised_until = promised_until.unwrap_or_else(|| end_of_day(context.now, u32::from(days)));
                let lines = lines.iter().map(agreed).collect::<Result<_, _>>()?;
                let insurance = quote.insurance.map(|premium| Insurance { premium });
                OrderPlaced {
                    buyer,
                    lines,
                    service_fee: quote.service_fee,
                    insurance,
                    country_of_purchase,
                    member_state,
                    recipient,
                    promised_until,
                }
                .into()
            }
            OrderCommand::Confirm { party, payment } => {
                let order = self.known(COMMISSION)?;
                order.allows_seller(party, COMMISSION)?;
                order.step(OrderStatus::Placed, OrderStatus::Confirmed, COMMISSION)?;
                let shares = order.shares();
                let commission = order.commission_base().share(context.policies.commission_basis_points);
                let commissions = split(commission, &shares);
                let confirmed = OrderConfirmed { products: order.products(), commission, commissions };
                let Some(reference) = payment else { return Ok(vec![confirmed.into()]) };
                let reference = line(&reference, Rule("R-1.2-01"), "paymentReference")?;
                let insurance = order.placed.insurance.map(|insurance| insurance.premium);
                let service_fee = order.placed.service_fee;
                return Ok(vec![
                    PaymentCaptured { reference, shares, service_fee, insurance }.into(),
                    confirmed.into(),
                ]);
            }
            OrderCommand::Ship(party) => {
                let order = self.known(DELIVERY)?;
                order.allows_seller(party, DELIVERY)?;
                order.step(OrderStatus::Confirmed, OrderStatus::Shipped, DELIVERY)?;
                OrderShipped {}.into()
            }
            OrderCommand::ConfirmDelivery(party) => {
                let order = self.known(DELIVERY)?;
                order.allows(party, DELIVERY)?;
                require(!matches!(party, Party::Seller(_)), DELIVERY, Refused::Forbidden, "orderId", || {
                    "a seller's lateness is measured, so the arrival is noted by the buyer or the carrier".to_owned()
                })?;
                order.step(OrderStatus::Shipped, OrderStatus::Delivered, DELIVERY)?;
                OrderDelivered { sellers: order.sellers(), late: context.now >= order.placed.promised_until }.into()
            }
            OrderCommand::Cancel(party) => {
                let order = self.known(COMMISSION)?;
                match party {
                    Party::Buyer(_) => order.allows(party, COMMISSION)?,
                    Party::Seller(_) | Party::Platform => order.allows_seller(party, COMMISSION)?,
                }
                match order.status {
                    OrderStatus::Delivered => {
                        return Err(Refusal::new(
                            COMMISSION,
                            Refused::TooLate,
                            "orderId",
                            "a delivered order can't be cancelled; ask for help on it instead",
                        ));
                    }
                    OrderStatus::Cancelled => {
                        return Err(Refusal::new(
                            COMMISSION,
                            Refused::AlreadyDone,
                            "orderId",
                            "this order is cancelled already",
                        ));
                    }
                    OrderStatus::Placed | OrderStatus::Confirmed | OrderStatus::Shipped => {}
                }
                let by = match party {
                    Party::Buyer(_) => CancelledBy::Buyer,
                    Party::Seller(_) => CancelledBy::Seller,
                    Party::Platform => CancelledBy::Platform,
                };
                let cancelled =
                    OrderCancelled { by, products: order.products(), confirmed_at: order.confirmed_at }.into();
                let refund = order.payment.clone().map(|payment| {
                    let PaymentCaptured { reference, shares, service_fee, insurance } = payment;
                    let commissions = order.commissions.clone();
                    PaymentRefunded { reference, shares, service_fee, insurance, commissions }.into()
                });
                return Ok(std::iter::once(cancelled).chain(refund).collect());
            }
            OrderCommand::ReportIssue { party, line, kind } => {
                report_issue(self.known(Rule("R-2.3-08"))?, party, line, kind, context)?.into()
            }
            OrderCommand::RequestHelp { party, request, topic, message } => {
                let order = self.known(HELP)?;
                order.allows(party, HELP)?;
                require(!order.help_requests.contains_key(&request), HELP, Refused::AlreadyDone, "requestId", || {
                    "this request was made already".to_owned()
                })?;
                let message =
                    Sealed::new(format!("buyer-{}", order.placed.buyer), message_text(&message, HELP, "message")?);
                HelpRequested { request, topic, message }.into()
            }
            OrderCommand::ResolveHelp { party, request, outcome } => {
                let order = self.known(HELP)?;
                order.allows(party, HELP)?;
                match order.help_requests.get(&request) {
                    Some(false) => HelpResolved { request, outcome: line(&outcome, HELP, "outcome")? }.into(),
                    Some(true) => {
                        return Err(Refusal::new(
                            HELP,
                            Refused::AlreadyDone,
                            "requestId",
                            "this request is resolved already",
                        ));
                    }
                    None => {
                        return Err(Refusal::new(
                            HELP,
                            Refused::NotFound,
                            "requestId",
                            "there is no such request on this order",
                        ));
                    }
                }
            }
        };
        Ok(vec![event])
    }

    fn evolve(&mut self, event: &OrderEvent, occurred_at: DateTime<Utc>) {
        if let OrderEvent::OrderPlaced(placed) = event {
            self.0 = Some(PlacedOrder {
                placed: placed.clone(),
                status: OrderStatus::Placed,
                confirmed_at: None,
                delivered_at: None,
                issues: BTreeSet::new(),
                help_requests: BTreeMap::new(),
                payment: None,
                commissions: Vec::new(),
            });
            return;
        }
        let Some(order) = &mut self.0 else { return };
        match event {
            OrderEvent::OrderPlaced(_) => {}
            OrderEvent::OrderConfirmed(event) => {
                (order.status, order.confirmed_at) = (OrderStatus::Confirmed, Some(occurred_at));
                order.commissions.clone_from(&event.commissions);
            }
            OrderEvent::PaymentCaptured(event) => order.payment = Some(event.clone()),
            OrderEvent::PaymentRefunded(_) => order.payment = None,
            OrderEvent::OrderShipped(_) => order.status = OrderStatus::Shipped,
            OrderEvent::OrderDelivered(_) => {
                (order.status, order.delivered_at) = (OrderStatus::Delivered, Some(occurred_at));
            }
            OrderEvent::OrderCancelled(_) => order.status = OrderStatus::Cancelled,
            OrderEvent::IssueReported(issue) => {
                order.issues.insert((issue.line, issue.kind));
            }
            OrderEvent::HelpRequested(help) => {
                order.help_requests.insert(help.request, false);
            }
            OrderEvent::HelpResolved(help) => {
                order.help_requests.insert(help.request, true);
            }
        }
    }
}

fn agreed(line: &RequestedLine) -> Result<OrderLine, Refusal> {
    let listing = line.listing.for_sale(Rule("R-1.2-03"))?;
    Ok(OrderLine {
        listing: line.listing_id,
        product: listing.product,
        seller: listing.seller,
        condition: listing.condition,
        price: listing.price,
        delivery_cost: listing.delivery_cost,
        quantity: line.quantity,
        warranty_months: listing.warranty_months,
    })
}

fn report_issue(
    order: &PlacedOrder,
    party: Party,
    line: u16,
    kind: IssueKind,
    context: &Context<'_>,
) -> Result<IssueReported, Refusal> {
    const RULE: Rule = Rule("R-2.3-08");
    order.allows(party, RULE)?;
    let seller = order.line(line, RULE)?.seller;
    let delivered_at = order.delivered_at.ok_or_else(|| {
        Refusal::new(
            RULE,
            Refused::TooEarly,
            "orderId",
            "an issue is reported once the order is delivered; until then, ask for help on it",
        )
    })?;
    let months = context.policies.legal_guarantee_months;
    require(context.now < guaranteed_until(delivered_at, months), RULE, Refused::TooLate, "orderId", || {
        format!("an issue is reported within the legal guarantee, {months} months from delivery")
    })?;
    require(!order.issues.contains(&(line, kind)), RULE, Refused::AlreadyDone, "kind", || {
        "this issue was reported already".to_owned()
    })?;
    let first_of_kind = !order.issues.iter().any(|(other, reported)| {
        *reported == kind && order.placed.lines.get(usize::from(*other)).is_some_and(|other| other.seller == seller)
    });
    Ok(IssueReported { line, kind, seller, delivered_at, first_of_kind })
}

/// When a guarantee of so many months from delivery is over: with its last day, which is whole (R-1.3-01, Reg. 1182/71
/// art. 3(2)(c)). The first instant at which it is no more.
#[must_use]
pub fn guaranteed_until(delivered_at: DateTime<Utc>, months: u32) -> DateTime<Utc> {
    end_of_months(delivered_at, months)
}

#[cfg(test)]
pub(crate) mod tests;
