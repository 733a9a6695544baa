//! Buyers of an illegal or dangerous product are told (R-2.2-06, DSA art. 32): all who bought it in the six months before
//! the platform came to know.
//!
//! It is rare, so who bought it is not kept: the book is read for it.

use std::collections::VecDeque;
use std::future::ready;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::event::Event;
use domain::ids::{BuyerId, ListingId, OrderId};
use domain::listing::{ListingEvent, ListingRemoved};
use domain::order::{Order, OrderEvent, OrderStatus};
use domain::safety_warning::{SafetyWarning, SafetyWarningCommand, calls_for_warning, is_within};
use event_log::{EventLog, LogError, Position};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::commands::decode;
use crate::{ApiError, Book};

/// How many events are read at a time.
const SCAN_EVENTS: usize = 8 * 1024;

/// Warns buyers.
#[derive(Debug, Default)]
pub struct SafetyWarnings;

/// A removal of which buyers are to be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Removal {
    event: Uuid,
    at: DateTime<Utc>,
    listing: ListingId,
    removed: ListingRemoved,
}

#[async_trait]
impl Reactor for SafetyWarnings {
    const NAME: &'static str = "safety-warnings";
    const WANTS: &'static [EventKind] = &[EventKind::ListingRemoved];
    type State = VecDeque<Removal>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        if let Event::Listing(ListingEvent::ListingRemoved(removed)) = &fact.event
            && calls_for_warning(removed.reason)
        {
            let (event, at, listing) = (fact.event_id, fact.at, ListingId(fact.id));
            state.push_back(Removal { event, at, listing, removed: removed.clone() });
        }
    }

    async fn act(&self, book: &Book, state: &mut Self::State, _: DateTime<Utc>) -> Result<bool, ApiError> {
        let Some(Removal { event, at, listing, removed }) = state.front().cloned() else { return Ok(false) };
        let mut purchases = Vec::new();
        for (order, buyer) in bought(Arc::clone(book.log()), listing, at).await? {
            let cancelled =
                |order: &Order| order.0.as_ref().is_some_and(|placed| placed.status == OrderStatus::Cancelled);
            if !cancelled(&book.load::<Order>(order.0).await?) {
                purchases.push((order, buyer));
            }
        }
        let cause = cause(Self::NAME, event, "warn-buyers");
        let warn = || SafetyWarningCommand::Warn {
            product: removed.product,
            seller: removed.seller,
            reason: removed.reason,
            explanation: removed.explanation.clone(),
            aware_at: at,
            purchases: purchases.clone(),
        };
        let stream = SafetyWarning::stream_of(listing);
        settled(book.execute_in(stream, &cause, |_: SafetyWarning| ready(Ok(warn()))).await)?;
        state.pop_front();
        Ok(true)
    }
}

/// The orders of a listing in the six months before a moment, the oldest first, with their buyers.
pub(super) async fn bought(
    log: Arc<dyn EventLog>,
    listing: ListingId,
    aware_at: DateTime<Utc>,
) -> Result<Vec<(OrderId, BuyerId)>, ApiError> {
    let scan = move || {
        let (mut from, mut bought) = (Position::START, Vec::new());
        loop {
            let records = log.scan(from, SCAN_EVENTS)?;
            let Some(last) = records.last() else { return Ok(bought) };
            from = last.position.next();
            let placed = EventKind::OrderPlaced.name();
            for record in records.iter().filter(|record| &*record.event_type == placed) {
                if !is_within(record.occurred_at, aware_at) {
                    continue;
                }
                if let Event::Order(OrderEvent::OrderPlaced(order)) = decode(record)?
                    && order.lines.iter().any(|line| line.listing == listing)
                    && let Ok(id) = Uuid::parse_str(record.stream.id())
                {
                    bought.push((OrderId(id), order.buyer));
                }
            }
        }
    };
    tokio::task::spawn_blocking(scan).await.map_err(|_| LogError::Closed)?
}
