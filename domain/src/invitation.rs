//! Invitations to review what was bought (R-3.1-05): once for an order, about a week after its delivery, never before it,
//! and not to a buyer who has reviewed it already, whose order was cancelled, or who was forgotten.
//!
//! The stream is `invitation-<order>`, so that an order has one.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::buyer::{Buyer, BuyerStanding};
use crate::ids::{BuyerId, OrderId};
use crate::order::{Order, OrderStatus};
use crate::policy::Policies;
use crate::refusal::{Refusal, Refused, Rule, require};

/// The buyer was invited to review lines of the order; the mail follows. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewInvited {
    /// Who.
    pub buyer: BuyerId,
    /// Which lines, from 0: those not reviewed yet.
    pub lines: Vec<u16>,
}

/// What can happen to an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvitationEvent {
    /// See [`ReviewInvited`].
    ReviewInvited(ReviewInvited),
}

/// What can be asked of an invitation.
#[derive(Debug, Clone)]
pub enum InvitationCommand {
    /// Invite.
    Invite {
        /// The order as its stream has it.
        order: Box<Order>,
        /// Its buyer as their stream has them.
        buyer: Buyer,
        /// The lines that are not reviewed, from the reviews' streams.
        unreviewed: Vec<u16>,
    },
}

/// An invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Invitation {
    invited: bool,
}

impl Invitation {
    /// The stream of an order's invitation.
    #[must_use]
    pub fn stream_of(order: OrderId) -> String {
        Self::stream(order.0)
    }
}

/// When the buyer of an order that was delivered then is invited.
#[must_use]
pub fn due_at(delivered_at: DateTime<Utc>, policies: &Policies) -> DateTime<Utc> {
    delivered_at + TimeDelta::days(i64::from(policies.review_invitation_days))
}

impl Aggregate for Invitation {
    const CATEGORY: &'static str = "invitation";
    type Command = InvitationCommand;
    type Event = InvitationEvent;

    fn decide(&self, command: InvitationCommand, context: &Context<'_>) -> Result<Vec<InvitationEvent>, Refusal> {
        const RULE: Rule = Rule("R-3.1-05");
        let InvitationCommand::Invite { order, buyer, unreviewed } = command;
        let refused = |kind, message: &str| Refusal::new(RULE, kind, "orderId", message);
        let order = order.0.ok_or_else(|| refused(Refused::NotFound, "there is no such order"))?;
        require(!self.invited, RULE, Refused::AlreadyDone, "orderId", || "its buyer was invited already".to_owned())?;
        require(order.status != OrderStatus::Cancelled, RULE, Refused::NotEligible, "orderId", || {
            "this order was cancelled".to_owned()
        })?;
        let delivered_at =
            order.delivered_at.ok_or_else(|| refused(Refused::TooEarly, "this order is not delivered yet"))?;
        require(due_at(delivered_at, context.policies) <= context.now, RULE, Refused::TooEarly, "orderId", || {
            "it is not a week since the delivery yet".to_owned()
        })?;
        require(buyer.standing == BuyerStanding::Registered, RULE, Refused::NotEligible, "orderId", || {
            "its buyer has no account, or was forgotten".to_owned()
        })?;
        require(!unreviewed.is_empty(), RULE, Refused::NotEligible, "orderId", || {
            "every line of it is reviewed already".to_owned()
        })?;
        Ok(vec![ReviewInvited { buyer: order.placed.buyer, lines: unreviewed }.into()])
    }

    fn evolve(&mut self, event: &InvitationEvent, _: DateTime<Utc>) {
        let InvitationEvent::ReviewInvited(_) = event;
        self.invited = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{Given, given};
    use crate::order::tests::{cancelled_order, delivered_order, placed_order};

    fn registered() -> Buyer {
        Buyer { standing: BuyerStanding::Registered, ..Buyer::default() }
    }

    fn invite(order: Order, buyer: Buyer, unreviewed: &[u16]) -> InvitationCommand {
        InvitationCommand::Invite { order: Box::new(order), buyer, unreviewed: unreviewed.to_vec() }
    }

    /// A week after a delivery on Friday 20 March 2026, over the change of the clock on the 29th.
    fn week_later() -> Given<Invitation> {
        given::<Invitation>().at("2026-03-31T10:00:00Z")
    }

    fn delivered() -> Order {
        delivered_order("2026-03-24T10:00:00Z")
    }

    #[test]
    fn r_3_1_05_a_week_after_delivery_and_never_before() {
        let due = invite(delivered(), registered(), &[0, 1]);
        assert!(week_later().when(due.clone()).is_ok());
        assert_eq!(
            week_later().at("2026-03-31T09:59:59.999999Z").refusal(due.clone()),
            ("R-3.1-05", Refused::TooEarly)
        );
        assert_eq!(week_later().refusal(invite(placed_order(), registered(), &[0])), ("R-3.1-05", Refused::TooEarly));
        // A month late, it is invited all the same, once.
        let late = week_later().at("2026-05-01T10:00:00Z").after(due.clone());
        assert_eq!(late.refusal(due), ("R-3.1-05", Refused::AlreadyDone));
    }

    #[test]
    fn r_3_1_05_not_when_reviewed_cancelled_or_forgotten() {
        let refusal = |command| week_later().refusal(command);
        assert_eq!(refusal(invite(delivered(), registered(), &[])), ("R-3.1-05", Refused::NotEligible));
        assert_eq!(refusal(invite(cancelled_order(), registered(), &[0])), ("R-3.1-05", Refused::NotEligible));
        let erased = Buyer { standing: BuyerStanding::Erased, ..Buyer::default() };
        assert_eq!(refusal(invite(delivered(), erased, &[0])), ("R-3.1-05", Refused::NotEligible));
        assert_eq!(refusal(invite(delivered(), Buyer::default(), &[0])), ("R-3.1-05", Refused::NotEligible));
    }
}
