//! A block for a time ends by itself (R-3.4-11): its last instant ends it for every decision, and this notes that it did,
//! so that the buyer is told.

use std::collections::BTreeMap;
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::buyer::{Buyer, BuyerCommand, BuyerEvent, UnblockReason};
use domain::event::Event;
use domain::ids::BuyerId;
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::{ApiError, Book};

/// Notes the ends of blocks.
#[derive(Debug, Default)]
pub struct BlockEnds;

#[async_trait]
impl Reactor for BlockEnds {
    const NAME: &'static str = "block-ends";
    const WANTS: &'static [EventKind] = &[EventKind::BuyerBlocked, EventKind::BuyerUnblocked];
    /// Who is blocked until when, and by which event.
    type State = BTreeMap<BuyerId, (DateTime<Utc>, Uuid)>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        let buyer = BuyerId(fact.id);
        state.remove(&buyer);
        if let Event::Buyer(BuyerEvent::BuyerBlocked(blocked)) = &fact.event
            && let Some(until) = blocked.until
        {
            state.insert(buyer, (until, fact.event_id));
        }
    }

    async fn act(&self, book: &Book, state: &mut Self::State, now: DateTime<Utc>) -> Result<bool, ApiError> {
        let over = state.iter().find(|(_, (until, _))| *until <= now);
        let Some((buyer, event)) = over.map(|(buyer, (_, event))| (*buyer, *event)) else { return Ok(false) };
        let cause = cause(Self::NAME, event, "end-block");
        let end = || BuyerCommand::Unblock(UnblockReason::Ended);
        settled(book.execute(buyer.0, &cause, |_: Buyer| ready(Ok(end()))).await)?;
        state.remove(&buyer);
        Ok(true)
    }
}
