//! A seller owes a fixed fee for each calendar month in which they may sell (R-1.2-04), charged when the month begins.

use std::collections::BTreeMap;
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::calendar::Month;
use domain::event::Event;
use domain::ids::SellerId;
use domain::seller::{Seller, SellerCommand, SellerEvent};
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::{ApiError, Book};

/// Charges monthly fees.
#[derive(Debug, Default)]
pub struct MonthlyFees;

#[async_trait]
impl Reactor for MonthlyFees {
    const NAME: &'static str = "monthly-fees";
    const WANTS: &'static [EventKind] = &[
        EventKind::SellerVerified,
        EventKind::SellerRemoved,
        EventKind::SellerReinstated,
        EventKind::SellerFeeCharged,
    ];
    /// Who may sell: since which event, and up to which month they were looked at.
    type State = BTreeMap<SellerId, (Uuid, Option<Month>)>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        let seller = SellerId(fact.id);
        let Event::Seller(event) = &fact.event else { return };
        if let SellerEvent::SellerRemoved(_) = event {
            state.remove(&seller);
        } else if let SellerEvent::SellerFeeCharged(charged) = event {
            if let Some((_, looked_at)) = state.get_mut(&seller) {
                *looked_at = (*looked_at).max(Some(charged.month));
            }
        } else {
            state.insert(seller, (fact.event_id, None));
        }
    }

    async fn act(&self, book: &Book, state: &mut Self::State, now: DateTime<Utc>) -> Result<bool, ApiError> {
        if book.policies().await?.seller_monthly_fee_minor == 0 {
            return Ok(false);
        }
        let month = Month::of(now);
        let due = state.iter_mut().find(|(_, (_, looked_at))| looked_at.is_none_or(|looked_at| looked_at < month));
        let Some((seller, (event, looked_at))) = due else { return Ok(false) };
        for month in book.load::<Seller>(seller.0).await?.months_due(now) {
            let cause = cause(Self::NAME, *event, &format!("charge-{month}"));
            let charge = || SellerCommand::ChargeFee { month };
            settled(book.execute(seller.0, &cause, |_: Seller| ready(Ok(charge()))).await)?;
        }
        *looked_at = Some(month);
        Ok(true)
    }
}
