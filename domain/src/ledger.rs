//! The ledger, double entry: what each event moves between accounts (R-1.2-01 to R-1.2-05).
//!
//! The operator receives buyers' money in the sellers' name: each seller has a mandate account, which is never the
//! operator's own money. A [`Transaction`] moves amounts between accounts and adds up to zero, always; so does the whole
//! ledger, in whatever order events come.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::event::Event;
use crate::ids::SellerId;
use crate::money::Money;
use crate::order::{OrderEvent, SellerShare};
use crate::seller::SellerEvent;

/// An account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Account {
    /// What the payment provider holds for the platform.
    PaymentProvider,
    /// What the platform holds in a seller's name, less what the seller owes it (R-1.2-01).
    Mandate(SellerId),
    /// The operator's commissions (R-1.2-05).
    Commission,
    /// The operator's service fees (R-1.2-03).
    ServiceFee,
    /// The operator's monthly fees (R-1.2-04).
    MonthlyFee,
    /// Premiums that go on to the insurer (R-1.3-03).
    Insurer,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PaymentProvider => f.write_str("payment-provider"),
            Self::Mandate(seller) => write!(f, "mandate-{seller}"),
            Self::Commission => f.write_str("commission"),
            Self::ServiceFee => f.write_str("service-fee"),
            Self::MonthlyFee => f.write_str("monthly-fee"),
            Self::Insurer => f.write_str("insurer"),
        }
    }
}

/// Why money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryKind {
    /// A buyer paid.
    Payment,
    /// A commission on a confirmed order.
    Commission,
    /// A cancelled order's money went back.
    Refund,
    /// A cancelled order's commission went back.
    CommissionRefund,
    /// A monthly fee.
    MonthlyFee,
}

/// An amount on an account: more of it where positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// On which account.
    pub account: Account,
    /// Why.
    pub kind: EntryKind,
    /// How much. What the payment provider holds is counted with the other sign, so that all sum to zero.
    pub amount: Money,
}

/// Entries that sum to zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transaction(Vec<Entry>);

impl Transaction {
    /// What an event of the stream with this id moves; nothing for most.
    #[must_use]
    pub fn of(id: Uuid, event: &Event) -> Self {
        let mut transaction = Self::default();
        match event {
            Event::Order(OrderEvent::PaymentCaptured(paid)) => {
                transaction.payment(EntryKind::Payment, &paid.shares, paid.service_fee, paid.insurance);
            }
            Event::Order(OrderEvent::OrderConfirmed(confirmed)) => {
                transaction.commission(EntryKind::Commission, &confirmed.commissions);
            }
            Event::Order(OrderEvent::PaymentRefunded(refund)) => {
                let shares: Vec<_> = refund.shares.iter().map(taken_back).collect();
                let commissions: Vec<_> = refund.commissions.iter().map(taken_back).collect();
                let insurance = refund.insurance.map(Money::negated);
                transaction.payment(EntryKind::Refund, &shares, refund.service_fee.negated(), insurance);
                transaction.commission(EntryKind::CommissionRefund, &commissions);
            }
            Event::Seller(SellerEvent::SellerFeeCharged(charged)) => {
                let mandate = Account::Mandate(SellerId(id));
                transaction.move_money(EntryKind::MonthlyFee, mandate, Account::MonthlyFee, charged.fee);
            }
            Event::Order(
                OrderEvent::OrderPlaced(_)
                | OrderEvent::OrderShipped(_)
                | OrderEvent::OrderDelivered(_)
                | OrderEvent::OrderCancelled(_)
                | OrderEvent::IssueReported(_)
                | OrderEvent::HelpRequested(_)
                | OrderEvent::HelpResolved(_),
            )
            | Event::Seller(
                SellerEvent::SellerRegistered(_)
                | SellerEvent::SellerTermsAccepted(_)
                | SellerEvent::SellerVerified(_)
                | SellerEvent::SellerRemoved(_)
                | SellerEvent::SellerReinstated(_),
            )
            | Event::Product(_)
            | Event::Listing(_)
            | Event::Buyer(_)
            | Event::Review(_)
            | Event::Invitation(_)
            | Event::Notice(_)
            | Event::Statement(_)
            | Event::Complaint(_)
            | Event::Authority(_)
            | Event::LegalHold(_)
            | Event::Dispute(_)
            | Event::SafetyWarning(_)
            | Event::Deadline(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::DsaFigure(_)
            | Event::Policy(_)
            | Event::Subject(_) => {}
        }
        transaction
    }

    /// Its entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// From the payment provider to each seller's mandate account, the operator's fees and the insurer.
    fn payment(&mut self, kind: EntryKind, shares: &[SellerShare], service_fee: Money, insurance: Option<Money>) {
        for share in shares {
            self.move_money(kind, Account::PaymentProvider, Account::Mandate(share.seller), share.amount);
        }
        self.move_money(kind, Account::PaymentProvider, Account::ServiceFee, service_fee);
        if let Some(premium) = insurance {
            self.move_money(kind, Account::PaymentProvider, Account::Insurer, premium);
        }
    }

    fn commission(&mut self, kind: EntryKind, commissions: &[SellerShare]) {
        for share in commissions {
            self.move_money(kind, Account::Mandate(share.seller), Account::Commission, share.amount);
        }
    }

    /// The only way in: what is taken from one account is given to another, so that every transaction sums to zero.
    fn move_money(&mut self, kind: EntryKind, from: Account, to: Account, amount: Money) {
        if amount.minor != 0 {
            self.0.push(Entry { account: from, kind, amount: amount.negated() });
            self.0.push(Entry { account: to, kind, amount });
        }
    }
}

fn taken_back(share: &SellerShare) -> SellerShare {
    SellerShare { amount: share.amount.negated(), ..*share }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Month;
    use crate::money::Currency;
    use crate::order::tests::{paid_events, refund_events};
    use crate::order::{Order, OrderCommand, Party};
    use crate::seller::SellerFeeCharged;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn balances<'a>(events: impl IntoIterator<Item = &'a Event>) -> BTreeMap<Account, i64> {
        let mut balances = BTreeMap::new();
        for event in events {
            for entry in Transaction::of(Uuid::from_u128(20), event).entries() {
                *balances.entry(entry.account).or_default() += entry.amount.minor;
            }
        }
        balances
    }

    fn first_seller() -> Account {
        Account::Mandate(SellerId(Uuid::from_u128(20)))
    }

    #[test]
    fn r_1_2_01_a_payment_stands_on_the_sellers_mandate_accounts() {
        let balances = balances(&paid_events());
        assert_eq!(balances[&Account::PaymentProvider], -(21_010 + 10_505 + 499));
        assert_eq!(balances[&first_seller()], 21_010 - 2_101);
        assert_eq!((balances[&Account::Commission], balances[&Account::ServiceFee]), (3_152, 499));
    }

    #[test]
    fn r_1_2_05_a_cancelled_order_leaves_nothing_on_any_account() {
        let events: Vec<Event> = paid_events().into_iter().chain(refund_events()).collect();
        assert!(balances(&events).values().all(|balance| *balance == 0), "{:?}", balances(&events));
    }

    #[test]
    fn r_1_2_04_a_monthly_fee_goes_from_the_mandate_account_to_the_operator() {
        let month: Month = "2026-02".parse().unwrap();
        let charged = SellerFeeCharged { month, fee: Money::new(5_000, Currency::EUR) };
        let balances = balances(&[charged.into()]);
        assert_eq!((balances[&first_seller()], balances[&Account::MonthlyFee]), (-5_000, 5_000));
    }

    proptest! {
        /// Whatever happens to an order, in whatever order the domain allows, the ledger sums to zero, and no review
        /// can appear in it: no kind of entry has a place for one (R-3.1-06).
        #[test]
        fn r_1_2_01_r_3_1_06_the_ledger_sums_to_zero_in_every_order_that_the_domain_allows(
            steps in proptest::collection::vec(0_u8..6, 0..12),
            seed in 0_u64..1_000_000,
        ) {
            let mut order = crate::order::tests::any_order(seed);
            let mut events: Vec<Event> = Vec::new();
            for step in steps {
                let command = match step {
                    0 => OrderCommand::Confirm { party: Party::Platform, payment: Some("psp".into()) },
                    1 => OrderCommand::Confirm { party: Party::Platform, payment: None },
                    2 => OrderCommand::Ship(Party::Platform),
                    3 => OrderCommand::ConfirmDelivery(Party::Platform),
                    4 => OrderCommand::Cancel(Party::Platform),
                    _ => OrderCommand::Cancel(Party::Buyer(crate::order::tests::BUYER_ID)),
                };
                if let Ok(decided) = order.when(command.clone()) {
                    order = order.after(command);
                    events.extend(decided.into_iter().map(Event::from));
                }
                for event in &events {
                    let of_one: i64 = Transaction::of(Uuid::nil(), event).entries().iter().map(|entry| entry.amount.minor).sum();
                    prop_assert_eq!(of_one, 0);
                }
                let balances = balances(&events);
                prop_assert_eq!(balances.values().sum::<i64>(), 0);
                let cancelled = matches!(order.state(), Order(Some(placed)) if placed.status == crate::order::OrderStatus::Cancelled);
                let paid = events.iter().any(|event| matches!(event, Event::Order(OrderEvent::PaymentCaptured(_))));
                if cancelled && paid {
                    prop_assert!(balances.values().all(|balance| *balance == 0));
                }
            }
        }
    }
}
