//! Warnings to those who bought an illegal or dangerous product (R-2.2-06, DSA art. 32): everybody who bought it in the six
//! months before the platform came to know, told what is wrong, who the trader is, and what they can ask for.
//!
//! The stream is `safety_warning-<listing>`. A listing with very many buyers gets several events.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::calendar::months_earlier;
use crate::ids::{BuyerId, ListingId, OrderId, ProductId, SellerId};
use crate::listing::ListingRemovalReason;
use crate::refusal::Refusal;

/// The months before the platform came to know (DSA art. 32(1)).
const MONTHS: u32 = 6;

/// How many buyers one event names at most, so that an event stays small.
const BUYERS_AN_EVENT: usize = 1_000;

/// Buyers of an illegal or dangerous product are to be told; the mails follow. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuyersWarned {
    /// What was bought.
    pub product: ProductId,
    /// The trader.
    pub seller: SellerId,
    /// What is wrong with it.
    pub reason: ListingRemovalReason,
    /// In words.
    pub explanation: String,
    /// When the platform came to know.
    pub aware_at: DateTime<Utc>,
    /// Who bought it in the six months before.
    pub buyers: Vec<WarnedBuyer>,
}

/// A buyer who is to be told, and of which purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WarnedBuyer {
    /// Who.
    pub buyer: BuyerId,
    /// The order in which they bought it, the newest where there are several; nothing where it was not recorded, as in
    /// version 1.
    pub order: Option<OrderId>,
}

/// What can happen to a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SafetyWarningEvent {
    /// See [`BuyersWarned`].
    BuyersWarned(BuyersWarned),
}

/// What can be asked of a warning.
#[derive(Debug, Clone)]
pub enum SafetyWarningCommand {
    /// Warn all who bought it.
    Warn {
        /// What was bought.
        product: ProductId,
        /// The trader.
        seller: SellerId,
        /// What is wrong with it.
        reason: ListingRemovalReason,
        /// In words.
        explanation: String,
        /// When the platform came to know.
        aware_at: DateTime<Utc>,
        /// All purchases of the six months before, as the orders' streams name them, the oldest first.
        purchases: Vec<(OrderId, BuyerId)>,
    },
}

/// A warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SafetyWarning {
    warned: bool,
}

impl SafetyWarning {
    /// The stream of a listing's warning.
    #[must_use]
    pub fn stream_of(listing: ListingId) -> String {
        Self::stream(listing.0)
    }
}

/// Whether buyers are warned of what was removed for this reason.
#[must_use]
pub const fn calls_for_warning(reason: ListingRemovalReason) -> bool {
    match reason {
        ListingRemovalReason::BreachOfLaw | ListingRemovalReason::Prohibited | ListingRemovalReason::Dangerous => true,
        ListingRemovalReason::WithdrawnBySeller
        | ListingRemovalReason::Convenience
        | ListingRemovalReason::BreachOfTerms
        | ListingRemovalReason::BreachOfQualityCharter
        | ListingRemovalReason::NotReconditioned
        | ListingRemovalReason::SellerRemoved => false,
    }
}

/// Whether a purchase then is one of the six months before the platform came to know.
#[must_use]
pub fn is_within(bought_at: DateTime<Utc>, aware_at: DateTime<Utc>) -> bool {
    months_earlier(aware_at, MONTHS) <= bought_at && bought_at <= aware_at
}

impl Aggregate for SafetyWarning {
    const CATEGORY: &'static str = "safety_warning";
    type Command = SafetyWarningCommand;
    type Event = SafetyWarningEvent;

    fn decide(&self, command: SafetyWarningCommand, _: &Context<'_>) -> Result<Vec<SafetyWarningEvent>, Refusal> {
        let SafetyWarningCommand::Warn { product, seller, reason, explanation, aware_at, purchases } = command;
        if self.warned {
            return Ok(Vec::new());
        }
        // Of several orders of a buyer the newest stays.
        let newest: BTreeMap<_, _> = purchases.into_iter().map(|(order, buyer)| (buyer, order)).collect();
        let buyers: Vec<_> =
            newest.into_iter().map(|(buyer, order)| WarnedBuyer { buyer, order: Some(order) }).collect();
        let part = |buyers: &[WarnedBuyer]| BuyersWarned {
            product,
            seller,
            reason,
            explanation: explanation.clone(),
            aware_at,
            buyers: buyers.to_vec(),
        };
        Ok(buyers.chunks(BUYERS_AN_EVENT).map(|buyers| part(buyers).into()).collect())
    }

    fn evolve(&mut self, event: &SafetyWarningEvent, _: DateTime<Utc>) {
        let SafetyWarningEvent::BuyersWarned(_) = event;
        self.warned = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{at, given};
    use uuid::Uuid;

    fn warn(purchases: impl IntoIterator<Item = (u128, u128)>) -> SafetyWarningCommand {
        let id = Uuid::from_u128;
        SafetyWarningCommand::Warn {
            product: id(1).into(),
            seller: id(2).into(),
            reason: ListingRemovalReason::Dangerous,
            explanation: "its battery may burn".into(),
            aware_at: at("2026-01-01T12:00:00Z"),
            purchases: purchases.into_iter().map(|(order, buyer)| (OrderId(id(order)), BuyerId(id(buyer)))).collect(),
        }
    }

    fn warned(command: SafetyWarningCommand) -> Vec<Vec<WarnedBuyer>> {
        let events = given::<SafetyWarning>().when(command).unwrap();
        events.into_iter().map(|SafetyWarningEvent::BuyersWarned(event)| event.buyers).collect()
    }

    #[test]
    fn r_2_2_06_every_buyer_of_the_six_months_before_is_told_once() {
        let each = |buyers| warn((0..buyers).chain(0..buyers).map(|buyer| (buyer, buyer)));
        let counts = |buyers| warned(each(buyers)).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(counts(0), [0_usize; 0]);
        assert_eq!(counts(2_500), [1_000, 1_000, 500]);
        assert!(given::<SafetyWarning>().after(each(3)).when(each(4)).unwrap().is_empty());
    }

    #[test]
    fn r_2_2_06_each_is_told_of_the_newest_order_in_which_they_bought_it() {
        let id = Uuid::from_u128;
        let expected = [(7, 12), (8, 11)]
            .map(|(buyer, order)| WarnedBuyer { buyer: BuyerId(id(buyer)), order: Some(OrderId(id(order))) });
        assert_eq!(warned(warn([(13, 7), (11, 8), (12, 7)])), [expected]);
    }

    #[test]
    fn r_2_2_06_six_months_are_calendar_months_with_both_ends() {
        let aware = at("2026-09-25T10:00:00Z");
        // Winter time in March: the same local time is an hour later in UTC.
        assert!(is_within(at("2026-03-25T11:00:00Z"), aware));
        assert!(!is_within(at("2026-03-25T10:59:59Z"), aware));
        assert!(is_within(aware, aware));
        assert!(!is_within(at("2026-09-25T10:00:01Z"), aware));
    }

    #[test]
    fn r_2_2_06_illegal_and_dangerous_products_call_for_it() {
        use ListingRemovalReason::{BreachOfLaw, Convenience, Dangerous, Prohibited, SellerRemoved, WithdrawnBySeller};
        assert!([BreachOfLaw, Prohibited, Dangerous].into_iter().all(calls_for_warning));
        assert!(![Convenience, SellerRemoved, WithdrawnBySeller].into_iter().any(calls_for_warning));
    }
}
