//! Disputes about an order (R-6-01): amicable first; then, if the buyer wishes, a mediator or a body for alternative
//! dispute resolution of the buyer's choice, free of charge; then a court.
//!
//! The competent courts are those of the buyer's residence, of the seller's seat and of the place of delivery. An order
//! has one dispute; its stream is `dispute-<order>`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::ids::{OrderId, SellerId};
use crate::order::{Order, Party};
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sealed::Sealed;
use crate::text::{line, message};

/// The buyer opened a dispute: the parties look for an amicable settlement. By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisputeOpened {
    /// The sellers of the order.
    pub sellers: Vec<SellerId>,
    /// What it is about, in the buyer's words; sealed with the buyer's key.
    pub subject: Sealed<String>,
}

/// Before whom a dispute is brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Forum {
    /// A consumer mediator.
    Mediator,
    /// A body for alternative dispute resolution (Directive 2013/11/EU).
    AlternativeDisputeResolution,
    /// The court of the buyer's residence.
    CourtOfBuyersResidence,
    /// The court of the seller's seat.
    CourtOfSellersSeat,
    /// The court of the place of delivery.
    CourtOfDelivery,
}

/// The parties did not agree, and the buyer brought the dispute before somebody. By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisputeReferred {
    /// Before whom.
    pub forum: Forum,
    /// The body or the court, by name.
    pub body: String,
}

/// How a dispute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisputeOutcome {
    /// The parties agreed.
    Settled,
    /// For the buyer.
    ForBuyer,
    /// For the seller.
    ForSeller,
    /// In part for each.
    InPart,
    /// The buyer let it rest.
    Withdrawn,
}

/// The dispute is over. By the buyer, who let it rest, or by staff, by the parties' or the body's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisputeClosed {
    /// How.
    pub outcome: DisputeOutcome,
    /// In words; no personal data.
    pub explanation: String,
}

/// What can happen to a dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisputeEvent {
    /// See [`DisputeOpened`].
    DisputeOpened(DisputeOpened),
    /// See [`DisputeReferred`].
    DisputeReferred(DisputeReferred),
    /// See [`DisputeClosed`].
    DisputeClosed(DisputeClosed),
}

/// What can be asked of a dispute. The order is as its stream has it.
#[derive(Debug, Clone)]
pub enum DisputeCommand {
    /// Open it.
    Open {
        /// Who.
        party: Party,
        /// The order.
        order: Box<Order>,
        /// What it is about.
        subject: String,
    },
    /// Bring it before somebody.
    Refer {
        /// Who.
        party: Party,
        /// The order.
        order: Box<Order>,
        /// Before whom.
        forum: Forum,
        /// By name.
        body: String,
    },
    /// End it.
    Close {
        /// Who.
        party: Party,
        /// The order.
        order: Box<Order>,
        /// How.
        outcome: DisputeOutcome,
        /// In words.
        explanation: String,
    },
}

/// How far a dispute has come, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisputeState {
    /// None.
    #[default]
    None,
    /// The parties look for an amicable settlement.
    Amicable,
    /// Before a mediator or a body for alternative dispute resolution.
    Mediation,
    /// Before a court.
    Court,
    /// Over.
    Closed,
}

impl Forum {
    /// How far a dispute has come that is brought before this.
    #[must_use]
    pub const fn state(self) -> DisputeState {
        match self {
            Self::Mediator | Self::AlternativeDisputeResolution => DisputeState::Mediation,
            Self::CourtOfBuyersResidence | Self::CourtOfSellersSeat | Self::CourtOfDelivery => DisputeState::Court,
        }
    }
}

/// A dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dispute(pub DisputeState);

impl Dispute {
    /// The stream of an order's dispute.
    #[must_use]
    pub fn stream_of(order: OrderId) -> String {
        Self::stream(order.0)
    }
}

const RULE: Rule = Rule("R-6-01");

impl Aggregate for Dispute {
    const CATEGORY: &'static str = "dispute";
    type Command = DisputeCommand;
    type Event = DisputeEvent;

    fn decide(&self, command: DisputeCommand, _: &Context<'_>) -> Result<Vec<DisputeEvent>, Refusal> {
        match command {
            DisputeCommand::Open { party, order, subject } => {
                let buyer = buyers(&order, party)?;
                require(self.0 == DisputeState::None, RULE, Refused::AlreadyDone, "orderId", || {
                    "there is a dispute about this order already".to_owned()
                })?;
                let subject = Sealed::new(format!("buyer-{buyer}"), message(&subject, RULE, "subject")?);
                Ok(vec![DisputeOpened { sellers: order.sellers(), subject }.into()])
            }
            DisputeCommand::Refer { party, order, forum, body } => {
                buyers(&order, party)?;
                self.is_open()?;
                require(self.0 < forum.state(), RULE, Refused::NotEligible, "forum", || {
                    "a dispute goes from the parties to a mediator or another body, and from there to a court, not back"
                        .to_owned()
                })?;
                Ok(vec![DisputeReferred { forum, body: line(&body, RULE, "body")? }.into()])
            }
            DisputeCommand::Close { party, order, outcome, explanation } => {
                self.is_open()?;
                match (party, outcome) {
                    (Party::Platform, _) => {}
                    (Party::Buyer(_), DisputeOutcome::Withdrawn) => {
                        buyers(&order, party)?;
                    }
                    (Party::Buyer(_) | Party::Seller(_), _) => {
                        return Err(Refusal::new(
                            RULE,
                            Refused::Forbidden,
                            "outcome",
                            "a buyer may let a dispute rest (WITHDRAWN); any other outcome is noted by staff",
                        ));
                    }
                }
                Ok(vec![DisputeClosed { outcome, explanation: line(&explanation, RULE, "explanation")? }.into()])
            }
        }
    }

    fn evolve(&mut self, event: &DisputeEvent, _: DateTime<Utc>) {
        self.0 = match event {
            DisputeEvent::DisputeOpened(_) => DisputeState::Amicable,
            DisputeEvent::DisputeReferred(event) => event.forum.state(),
            DisputeEvent::DisputeClosed(_) => DisputeState::Closed,
        };
    }
}

impl Dispute {
    fn is_open(self) -> Result<(), Refusal> {
        match self.0 {
            DisputeState::None => {
                Err(Refusal::new(RULE, Refused::NotFound, "orderId", "there is no dispute about this order; open one"))
            }
            DisputeState::Closed => {
                Err(Refusal::new(RULE, Refused::AlreadyDone, "orderId", "the dispute about this order is over"))
            }
            DisputeState::Amicable | DisputeState::Mediation | DisputeState::Court => Ok(()),
        }
    }
}

/// The order's buyer, when the party is that buyer.
fn buyers(order: &Order, party: Party) -> Result<crate::ids::BuyerId, Refusal> {
    let order =
        order.0.as_ref().ok_or_else(|| Refusal::new(RULE, Refused::NotFound, "orderId", "there is no such order"))?;
    require(party == Party::Buyer(order.placed.buyer), RULE, Refused::Forbidden, "orderId", || {
        "a dispute is its buyer's to open and to bring before somebody".to_owned()
    })?;
    Ok(order.placed.buyer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::given;
    use crate::ids::BuyerId;
    use crate::order::tests::placed_order;
    use uuid::Uuid;

    fn open(party: Party) -> DisputeCommand {
        DisputeCommand::Open { party, order: Box::new(placed_order()), subject: "it is broken".into() }
    }

    fn buyer() -> Party {
        Party::Buyer(placed_order().0.unwrap().placed.buyer)
    }

    fn refer(forum: Forum) -> DisputeCommand {
        DisputeCommand::Refer { party: buyer(), order: Box::new(placed_order()), forum, body: "a body".into() }
    }

    fn close(party: Party, outcome: DisputeOutcome) -> DisputeCommand {
        DisputeCommand::Close { party, order: Box::new(placed_order()), outcome, explanation: "over".into() }
    }

    #[test]
    fn r_6_01_the_dispute_of_an_order_has_a_stream_of_its_own() {
        assert_eq!(Dispute::stream_of(OrderId(Uuid::nil())), format!("dispute-{}", Uuid::nil()));
    }

    #[test]
    fn r_6_01_amicable_first_then_a_body_of_the_buyers_choice_then_a_court() {
        use Forum::{
            AlternativeDisputeResolution, CourtOfBuyersResidence, CourtOfDelivery, CourtOfSellersSeat, Mediator,
        };
        assert_eq!(given::<Dispute>().refusal(refer(Mediator)), ("R-6-01", Refused::NotFound));
        let amicable = given::<Dispute>().after(open(buyer()));
        for forum in
            [Mediator, AlternativeDisputeResolution, CourtOfBuyersResidence, CourtOfSellersSeat, CourtOfDelivery]
        {
            assert!(amicable.when(refer(forum)).is_ok(), "{forum:?}");
        }
        let mediation = amicable.clone().after(refer(Mediator));
        assert_eq!(mediation.refusal(refer(AlternativeDisputeResolution)), ("R-6-01", Refused::NotEligible));
        let court = mediation.after(refer(CourtOfBuyersResidence));
        assert_eq!(court.refusal(refer(Mediator)), ("R-6-01", Refused::NotEligible));
        assert_eq!(court.state().0, DisputeState::Court);
        let closed = court.after(close(Party::Platform, DisputeOutcome::ForBuyer));
        assert_eq!(closed.refusal(close(Party::Platform, DisputeOutcome::Settled)), ("R-6-01", Refused::AlreadyDone));
        assert_eq!(closed.refusal(open(buyer())), ("R-6-01", Refused::AlreadyDone));
    }

    #[test]
    fn r_6_01_a_dispute_is_the_buyers() {
        let other = Party::Buyer(BuyerId(Uuid::from_u128(99)));
        for party in [other, Party::Platform, Party::Seller(Uuid::from_u128(1).into())] {
            assert_eq!(given::<Dispute>().refusal(open(party)), ("R-6-01", Refused::Forbidden));
        }
        let amicable = given::<Dispute>().after(open(buyer()));
        assert!(amicable.when(close(buyer(), DisputeOutcome::Withdrawn)).is_ok());
        assert_eq!(amicable.refusal(close(buyer(), DisputeOutcome::ForBuyer)), ("R-6-01", Refused::Forbidden));
        assert_eq!(amicable.refusal(close(other, DisputeOutcome::Withdrawn)), ("R-6-01", Refused::Forbidden));
    }
}
