//! A buyer is invited to review what was bought, about a week after its delivery (R-3.1-05). What was delivered while
//! nobody looked is made up for, once.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::EventKind;
use domain::event::Event;
use domain::ids::{BuyerId, OrderId, ReviewId};
use domain::invitation::{Invitation, InvitationCommand};
use domain::order::Order;
use domain::review::Review;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, Settled, cause, settled};
use crate::{ApiError, Book};

/// Invites buyers.
#[derive(Debug, Default)]
pub struct Invitations;

/// What was delivered and not yet invited for.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Delivered {
    orders: BTreeMap<OrderId, (i64, Uuid)>,
    by_time: BTreeSet<(i64, OrderId)>,
}

impl Delivered {
    fn remove(&mut self, order: OrderId) {
        if let Some((at, _)) = self.orders.remove(&order) {
            self.by_time.remove(&(at, order));
        }
    }
}

#[async_trait]
impl Reactor for Invitations {
    const NAME: &'static str = "invitations";
    const WANTS: &'static [EventKind] = &[EventKind::OrderDelivered, EventKind::ReviewInvited];
    type State = Delivered;

    fn fold(&self, state: &mut Delivered, fact: &Fact) {
        let order = OrderId(fact.id);
        if matches!(fact.event, Event::Order(_)) {
            state.orders.insert(order, (fact.micros(), fact.event_id));
            state.by_time.insert((fact.micros(), order));
        } else {
            state.remove(order);
        }
    }

    async fn act(&self, book: &Book, state: &mut Delivered, now: DateTime<Utc>) -> Result<bool, ApiError> {
        let days = TimeDelta::days(i64::from(book.policies().await?.review_invitation_days));
        let Some((at, order)) = state.by_time.first().copied() else { return Ok(false) };
        if projections::view::instant(at) + days > now {
            return Ok(false);
        }
        let event = state.orders.get(&order).map(|(_, event)| *event).unwrap_or_default();
        let cause = cause(Self::NAME, event, "invite");
        let invite = |_: Invitation| async move {
            let placed: Order = book.load(order.0).await?;
            let known = placed.0.as_ref().map(|placed| (placed.placed.buyer, placed.placed.lines.len()));
            let (buyer, lines) = known.unwrap_or((BuyerId(Uuid::nil()), 0));
            let mut unreviewed = Vec::new();
            for line in 0..u16::try_from(lines).unwrap_or(u16::MAX) {
                if matches!(book.load::<Review>(ReviewId::of_line(order, line).0).await?, Review::Unknown) {
                    unreviewed.push(line);
                }
            }
            let buyer = book.load(buyer.0).await?;
            Ok(InvitationCommand::Invite { order: Box::new(placed), buyer, unreviewed })
        };
        if settled(book.execute_in(Invitation::stream_of(order), &cause, invite).await)? == Settled::NotYet {
            return Ok(false);
        }
        state.remove(order);
        Ok(true)
    }
}
