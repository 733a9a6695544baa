//! A buyer's own orders ("My orders").
//!
//! Read by the buyer, and by staff who help.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `o` | order | [`OrderRow`] |
//! | `b` | buyer, when placed (newest first), order | – |
//! | `c` | buyer | the country of the account: one of the courts for a dispute (R-6-01) |

use chrono::{DateTime, Utc};
use domain::buyer::BuyerEvent;
use domain::dispute::{DisputeEvent, DisputeOutcome, DisputeState, Forum};
use domain::event::{Event, EventKind};
use domain::ids::{BuyerId, HelpRequestId, OrderId};
use domain::money::Money;
use domain::order::{HelpTopic, OrderEvent, OrderLine, OrderStatus};
use domain::place::Country;
use domain::quality::IssueKind;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

use crate::ViewError;
use crate::key::Falling;
use crate::report::{Filter, Report, cell, maybe_moment, moment};
use crate::rows::Rows;
use crate::sealed_text::SealedText;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::view::{Happened, View};

type BuyerKey = (BuyerId, Falling, OrderId);

const ORDERS: Layout<OrderId, OrderRow> = Layout::new(b'o');
const BY_BUYER: Layout<BuyerKey, ()> = Layout::new(b'b');
const RESIDENCES: Layout<BuyerId, Country> = Layout::new(b'c');

/// An order as its buyer sees it. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    /// Who bought.
    pub buyer: BuyerId,
    /// What.
    pub lines: Vec<OrderLine>,
    /// The service fee.
    pub service_fee: Money,
    /// The insurance's premium, if one was taken out.
    pub insurance: Option<Money>,
    /// Where it was bought.
    pub country_of_purchase: Country,
    /// Delivery is late from this instant on.
    pub promised_until: i64,
    /// How far it has come.
    pub status: OrderStatus,
    /// When it was placed.
    pub placed_at: i64,
    /// When it became binding.
    pub confirmed_at: Option<i64>,
    /// When it was handed to the carrier.
    pub shipped_at: Option<i64>,
    /// When it arrived.
    pub delivered_at: Option<i64>,
    /// When it was ended.
    pub cancelled_at: Option<i64>,
    /// Issues: line, what, when.
    pub issues: Vec<(u16, IssueKind, i64)>,
    /// Requests for help, oldest first.
    pub help_requests: Vec<HelpRow>,
    /// When the payment was captured, and when it went back.
    pub payment: Option<(i64, Option<i64>)>,
    /// The dispute about it, if there is one.
    pub dispute: Option<DisputeRow>,
}

/// A request for help on an order (R-1.3-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpRow {
    /// Which.
    pub id: HelpRequestId,
    /// What about.
    pub topic: HelpTopic,
    /// What the buyer wrote.
    pub message: Option<SealedText>,
    /// Since when.
    pub requested_at: i64,
    /// How it ended, in words, and when.
    pub resolved: Option<(String, i64)>,
}

/// A dispute about an order (R-6-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeRow {
    /// How far it has come.
    pub state: DisputeState,
    /// What it is about, in the buyer's words.
    pub subject: Option<SealedText>,
    /// When it was opened.
    pub opened_at: i64,
    /// Before whom it was brought, in order: what kind, by name, when.
    pub referrals: Vec<(Forum, String, i64)>,
    /// How it ended, in words, and when.
    pub closed: Option<(DisputeOutcome, String, i64)>,
}

impl Value for OrderRow {
    fn covered(mut self) -> Self {
        self.help_requests.iter_mut().for_each(|help| help.message = None);
        if let Some(dispute) = &mut self.dispute {
            dispute.subject = None;
        }
        self
    }
}

impl Value for Country {}

/// The view.
#[derive(Debug)]
pub struct Orders {
    orders: Table<OrderId, OrderRow>,
    by_buyer: Index<BuyerKey>,
    residences: Table<BuyerId, Country>,
}

impl Orders {
    fn dispute(&mut self, id: OrderId, at: i64, event: &DisputeEvent, rows: &Rows) -> Result<(), ViewError> {
        let Some(order) = self.orders.get_mut(rows, &id)? else { return Ok(()) };
        match (event, &mut order.dispute) {
            (DisputeEvent::DisputeOpened(event), _) => {
                order.dispute = Some(DisputeRow {
                    state: DisputeState::Amicable,
                    subject: SealedText::of(EventKind::DisputeOpened, &event.subject),
                    opened_at: at,
                    referrals: Vec::new(),
                    closed: None,
                });
            }
            (DisputeEvent::DisputeReferred(event), Some(dispute)) => {
                dispute.state = event.forum.state();
                dispute.referrals.push((event.forum, event.body.clone(), at));
            }
            (DisputeEvent::DisputeClosed(event), Some(dispute)) => {
                dispute.state = DisputeState::Closed;
                dispute.closed = Some((event.outcome, event.explanation.clone(), at));
            }
            (DisputeEvent::DisputeReferred(_) | DisputeEvent::DisputeClosed(_), None) => {}
        }
        Ok(())
    }
}

impl View for Orders {
    const NAME: &'static str = "my-orders";
    const VERSION: u32 = 4;
    const WANTS: &'static [EventKind] = &[
        EventKind::BuyerRegistered,
        EventKind::OrderPlaced,
        EventKind::OrderConfirmed,
        EventKind::OrderShipped,
        EventKind::OrderDelivered,
        EventKind::OrderCancelled,
        EventKind::IssueReported,
        EventKind::HelpRequested,
        EventKind::HelpResolved,
        EventKind::PaymentCaptured,
        EventKind::PaymentRefunded,
        EventKind::DisputeOpened,
        EventKind::DisputeReferred,
        EventKind::DisputeClosed,
    ];
    const REPORTS: &'static [&'static str] = &["my-orders"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self { orders: Table::new(ORDERS), by_buyer: Index::new(BY_BUYER), residences: Table::new(RESIDENCES) })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let (id, at) = (OrderId(happened.id), happened.micros());
        if let Event::Buyer(BuyerEvent::BuyerRegistered(registered)) = &happened.event {
            self.residences.put(BuyerId(happened.id), registered.country);
            return Ok(());
        }
        // The stream of a dispute is named after its order.
        if let Event::Dispute(event) = &happened.event {
            return self.dispute(id, at, event, rows);
        }
        let Event::Order(event) = &happened.event else { return Ok(()) };
        if let OrderEvent::OrderPlaced(placed) = event {
            let row = OrderRow {
                buyer: placed.buyer,
                lines: placed.lines.clone(),
                service_fee: placed.service_fee,
                insurance: placed.insurance.map(|insurance| insurance.premium),
                country_of_purchase: placed.country_of_purchase,
                promised_until: placed.promised_until.timestamp_micros(),
                status: OrderStatus::Placed,
                placed_at: at,
                confirmed_at: None,
                shipped_at: None,
                delivered_at: None,
                cancelled_at: None,
                issues: Vec::new(),
                help_requests: Vec::new(),
                payment: None,
                dispute: None,
            };
            self.orders.put(id, row);
            self.by_buyer.insert(&(placed.buyer, Falling(at), id));
            return Ok(());
        }
        let Some(order) = self.orders.get_mut(rows, &id)? else { return Ok(()) };
        match event {
            OrderEvent::OrderPlaced(_) => {}
            OrderEvent::OrderConfirmed(_) => (order.status, order.confirmed_at) = (OrderStatus::Confirmed, Some(at)),
            OrderEvent::OrderShipped(_) => (order.status, order.shipped_at) = (OrderStatus::Shipped, Some(at)),
            OrderEvent::OrderDelivered(_) => (order.status, order.delivered_at) = (OrderStatus::Delivered, Some(at)),
            OrderEvent::OrderCancelled(_) => (order.status, order.cancelled_at) = (OrderStatus::Cancelled, Some(at)),
            OrderEvent::IssueReported(issue) => order.issues.push((issue.line, issue.kind, at)),
            OrderEvent::HelpRequested(help) => order.help_requests.push(HelpRow {
                id: help.request,
                topic: help.topic,
                message: SealedText::of(EventKind::HelpRequested, &help.message),
                requested_at: at,
                resolved: None,
            }),
            OrderEvent::HelpResolved(help) => {
                if let Some(request) = order.help_requests.iter_mut().find(|request| request.id == help.request) {
                    request.resolved = Some((help.outcome.clone(), at));
                }
            }
            OrderEvent::PaymentCaptured(_) => order.payment = Some((at, None)),
            OrderEvent::PaymentRefunded(_) => {
                if let Some((_, refunded_at)) = &mut order.payment {
                    *refunded_at = Some(at);
                }
            }
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.orders, &self.by_buyer, &self.residences]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.orders, &mut self.by_buyer, &mut self.residences]
    }

    fn report(rows: &Rows, _: &str, _: &Filter) -> Result<Report, ViewError> {
        let mut report = Report::new(&[
            "buyer",
            "order",
            "status",
            "lines",
            "placed_at",
            "confirmed_at",
            "shipped_at",
            "delivered_at",
            "cancelled_at",
        ]);
        for row in BY_BUYER.scan(rows, &()) {
            let ((buyer, _, id), ()) = row?;
            if let Some(order) = ORDERS.get(rows, &id)? {
                report.rows.push(vec![
                    cell(buyer),
                    cell(id),
                    serde_json::to_value(order.status).unwrap_or_default(),
                    Cell::from(order.lines.len()),
                    moment(order.placed_at),
                    maybe_moment(order.confirmed_at),
                    maybe_moment(order.shipped_at),
                    maybe_moment(order.delivered_at),
                    maybe_moment(order.cancelled_at),
                ]);
            }
        }
        Ok(report)
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct OrdersReader<'a>(pub &'a Rows);

/// Where a page of orders begins or ends: opaque outside.
pub type OrderCursor = BuyerKey;

impl<'a> OrdersReader<'a> {
    /// An order.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn order(&self, id: OrderId) -> Result<Option<OrderRow>, ViewError> {
        ORDERS.get(self.0, &id)
    }

    /// In which country a buyer's account says that they live; nothing of a buyer without an account.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn residence(&self, buyer: BuyerId) -> Result<Option<Country>, ViewError> {
        RESIDENCES.get(self.0, &buyer)
    }

    /// A buyer's orders, newest first, from the newest or from after a cursor.
    pub fn of_buyer(
        &self,
        buyer: BuyerId,
        after: Option<&OrderCursor>,
    ) -> impl Iterator<Item = Result<OrderCursor, ViewError>> + use<'a> {
        let first = (buyer, Falling(i64::MAX), OrderId(uuid::Uuid::nil()));
        BY_BUYER.scan_after(self.0, &buyer, after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }
}
