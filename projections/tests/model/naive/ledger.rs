//! The ledger: all transactions, added up.

use std::collections::BTreeMap;

use domain::Event;
use domain::ids::OrderId;
use domain::ledger::{Account, Transaction};
use domain::money::{Currency, Money};
use projections::ledger::{EntryRow, LedgerReader};
use projections::{Happened, Rows};

use crate::bazaar::SELLERS;

/// Compares a view with the sums, and the sums with zero.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let reader = LedgerReader(rows);
    let mut sums: BTreeMap<Account, i64> = BTreeMap::new();
    let mut entries: BTreeMap<Account, Vec<EntryRow>> = BTreeMap::new();
    for fact in facts {
        for entry in Transaction::of(fact.id, &fact.event).entries() {
            let sum = sums.entry(entry.account).or_default();
            *sum += entry.amount.minor;
            let order = matches!(fact.event, Event::Order(_)).then_some(OrderId(fact.id));
            let balance = Money::new(*sum, Currency::EUR);
            let (at, kind, amount) = (fact.micros(), entry.kind, entry.amount);
            entries.entry(entry.account).or_default().push(EntryRow { at, kind, amount, balance, order });
        }
    }
    let euros = |minor: i64| Money::new(minor, Currency::EUR);
    let balances = reader.balances().unwrap();
    assert_eq!(balances, sums.iter().map(|(account, sum)| (*account, euros(*sum))).collect::<Vec<_>>());
    assert_eq!(balances.iter().map(|(_, balance)| balance.minor).sum::<i64>(), 0);
    for seller in SELLERS {
        let keys: Vec<_> = reader.entries(seller, None).map(|key| key.unwrap()).collect();
        let shown: Vec<EntryRow> = keys.iter().map(|key| reader.entry(key).unwrap().unwrap()).collect();
        let account = Account::Mandate(seller);
        assert_eq!(shown, entries.remove(&account).unwrap_or_default());
        let balance = shown.last().map(|entry| entry.balance);
        assert_eq!(reader.of_seller(seller).unwrap(), balance.into_iter().collect::<Vec<_>>());
        if let Some(key) = keys.first() {
            let rest: Vec<_> = reader.entries(seller, Some(key)).map(|key| key.unwrap()).collect();
            assert_eq!(rest, keys[1..]);
        }
    }
}
