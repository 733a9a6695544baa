//! A buyer's orders: newest first, each as its own events leave it.

use std::cmp::Reverse;

use domain::buyer::BuyerEvent;
use domain::dispute::{DisputeEvent, DisputeState};
use domain::ids::OrderId;
use domain::order::{OrderEvent, OrderStatus};
use domain::{Event, EventKind};
use projections::orders::{DisputeRow, HelpRow, OrdersReader};
use projections::{Happened, Rows, SealedText};

use crate::bazaar::BUYERS;

/// An order's events, oldest first.
fn events_of(facts: &[Happened], order: OrderId) -> impl Iterator<Item = (&OrderEvent, i64)> {
    facts.iter().filter(move |fact| fact.id == order.0).filter_map(|fact| match &fact.event {
        Event::Order(event) => Some((event, fact.micros())),
        _ => None,
    })
}

/// Compares a view with the orders' own events.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let reader = OrdersReader(rows);
    for buyer in BUYERS {
        let mut own: Vec<(Reverse<i64>, OrderId)> = facts
            .iter()
            .filter(|fact| matches!(&fact.event, Event::Order(OrderEvent::OrderPlaced(it)) if it.buyer == buyer))
            .map(|fact| (Reverse(fact.micros()), OrderId(fact.id)))
            .collect();
        own.sort_unstable();
        let shown: Vec<_> = reader.of_buyer(buyer, None).map(|key| key.unwrap().2).collect();
        assert_eq!(shown, own.iter().map(|(_, id)| *id).collect::<Vec<_>>());
        for id in shown {
            let row = reader.order(id).unwrap().unwrap();
            let when = |of: &dyn Fn(&OrderEvent) -> bool| {
                events_of(facts, id).filter(|(event, _)| of(event)).map(|(_, at)| at).last()
            };
            let confirmed = when(&|event| matches!(event, OrderEvent::OrderConfirmed(_)));
            let shipped = when(&|event| matches!(event, OrderEvent::OrderShipped(_)));
            let delivered = when(&|event| matches!(event, OrderEvent::OrderDelivered(_)));
            let cancelled = when(&|event| matches!(event, OrderEvent::OrderCancelled(_)));
            let status = match (cancelled, delivered, shipped, confirmed) {
                (Some(_), ..) => OrderStatus::Cancelled,
                (_, Some(_), ..) => OrderStatus::Delivered,
                (_, _, Some(_), _) => OrderStatus::Shipped,
                (.., Some(_)) => OrderStatus::Confirmed,
                (None, None, None, None) => OrderStatus::Placed,
            };
            assert_eq!(
                (row.status, row.confirmed_at, row.shipped_at, row.delivered_at, row.cancelled_at),
                (status, confirmed, shipped, delivered, cancelled)
            );
            let Some((OrderEvent::OrderPlaced(placed), _)) = events_of(facts, id).next() else {
                panic!("placed first")
            };
            assert_eq!((&row.lines, row.service_fee), (&placed.lines, placed.service_fee));
            assert_eq!(row.insurance, placed.insurance.map(|insurance| insurance.premium));
            let issues = events_of(facts, id).filter_map(|(event, at)| match event {
                OrderEvent::IssueReported(issue) => Some((issue.line, issue.kind, at)),
                _ => None,
            });
            assert_eq!(row.issues, issues.collect::<Vec<_>>());
            let help = events_of(facts, id).filter_map(|(event, at)| match event {
                OrderEvent::HelpRequested(help) => Some(HelpRow {
                    id: help.request,
                    topic: help.topic,
                    message: SealedText::of(EventKind::HelpRequested, &help.message),
                    requested_at: at,
                    resolved: resolved(facts, id, help.request),
                }),
                _ => None,
            });
            assert_eq!(row.help_requests, help.collect::<Vec<_>>());
            let captured = when(&|event| matches!(event, OrderEvent::PaymentCaptured(_)));
            let refunded = when(&|event| matches!(event, OrderEvent::PaymentRefunded(_)));
            assert_eq!(row.payment, captured.map(|captured| (captured, refunded)));
            assert_eq!(row.dispute, dispute(facts, id));
        }
        let home = facts.iter().find_map(|fact| match &fact.event {
            Event::Buyer(BuyerEvent::BuyerRegistered(registered)) if fact.id == buyer.0 => Some(registered.country),
            _ => None,
        });
        assert_eq!(reader.residence(buyer).unwrap(), home);
    }
}

/// An order's dispute: how far it went is the last word that was said of it.
fn dispute(facts: &[Happened], order: OrderId) -> Option<DisputeRow> {
    let said: Vec<(&DisputeEvent, i64)> = facts
        .iter()
        .filter(|fact| fact.id == order.0)
        .filter_map(|fact| match &fact.event {
            Event::Dispute(event) => Some((event, fact.micros())),
            _ => None,
        })
        .collect();
    let referrals: Vec<_> = said
        .iter()
        .filter_map(|(event, at)| match event {
            DisputeEvent::DisputeReferred(event) => Some((event.forum, event.body.clone(), *at)),
            _ => None,
        })
        .collect();
    let closed = said.iter().find_map(|(event, at)| match event {
        DisputeEvent::DisputeClosed(event) => Some((event.outcome, event.explanation.clone(), *at)),
        _ => None,
    });
    let state = match (&closed, referrals.last()) {
        (Some(_), _) => DisputeState::Closed,
        (None, Some((forum, ..))) => forum.state(),
        (None, None) => DisputeState::Amicable,
    };
    let (opened, opened_at) = *said.first()?;
    let DisputeEvent::DisputeOpened(opened) = opened else { panic!("a dispute begins with its opening") };
    let subject = SealedText::of(EventKind::DisputeOpened, &opened.subject);
    Some(DisputeRow { state, subject, opened_at, referrals, closed })
}

fn resolved(facts: &[Happened], order: OrderId, request: domain::ids::HelpRequestId) -> Option<(String, i64)> {
    events_of(facts, order).find_map(|(event, at)| match event {
        OrderEvent::HelpResolved(resolved) if resolved.request == request => Some((resolved.outcome.clone(), at)),
        _ => None,
    })
}
