//! The ledger (R-1.2-01, R-1.2-04, R-1.2-05): what stands on each account, and each seller's entries.
//!
//! Read by sellers, each their own, and by compliance staff and auditors. All accounts of a currency sum to zero, since
//! each [`Transaction`] does.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `b` | account, currency | minor units |
//! | `n` | seller | how many entries |
//! | `e` | seller, number of the entry | [`EntryRow`] on the seller's mandate account, in the order of the book |
//!
//! Entries are numbered, from 0: a position would make the view depend on what else is in the book.

use chrono::{DateTime, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{OrderId, SellerId};
use domain::ledger::{Account, EntryKind, Transaction};
use domain::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

use crate::ViewError;
use crate::key::Key;
use crate::report::{Filter, Report, cell, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Layout, Table, Value};
use crate::view::{Happened, View};

type EntryKey = (SellerId, u64);

const BALANCES: Layout<(Account, Currency), i64> = Layout::new(b'b');
const COUNTS: Layout<SellerId, u64> = Layout::new(b'n');
const ENTRIES: Layout<EntryKey, EntryRow> = Layout::new(b'e');

impl Value for i64 {}

impl Key for Account {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::PaymentProvider => out.push(0),
            Self::Mandate(seller) => {
                out.push(1);
                seller.write(out);
            }
            Self::Commission => out.push(2),
            Self::ServiceFee => out.push(3),
            Self::MonthlyFee => out.push(4),
            Self::Insurer => out.push(5),
        }
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        match u8::read(bytes)? {
            0 => Some(Self::PaymentProvider),
            1 => SellerId::read(bytes).map(Self::Mandate),
            2 => Some(Self::Commission),
            3 => Some(Self::ServiceFee),
            4 => Some(Self::MonthlyFee),
            5 => Some(Self::Insurer),
            _ => None,
        }
    }
}

impl Key for Currency {
    fn write(&self, out: &mut Vec<u8>) {
        self.code().to_owned().write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        String::read(bytes)?.parse().ok()
    }
}

/// An entry on a seller's mandate account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRow {
    /// When, in microseconds since the epoch.
    pub at: i64,
    /// Why.
    pub kind: EntryKind,
    /// How much: more in the seller's name where positive.
    pub amount: Money,
    /// What stands on the account in this currency after it.
    pub balance: Money,
    /// The order that it comes from, if it comes from one.
    pub order: Option<OrderId>,
}

impl Value for EntryRow {}

/// The view.
#[derive(Debug)]
pub struct Ledger {
    balances: Table<(Account, Currency), i64>,
    counts: Table<SellerId, u64>,
    entries: Table<EntryKey, EntryRow>,
}

impl View for Ledger {
    const NAME: &'static str = "ledger";
    const VERSION: u32 = 2;
    const WANTS: &'static [EventKind] = &[
        EventKind::OrderConfirmed,
        EventKind::PaymentCaptured,
        EventKind::PaymentRefunded,
        EventKind::SellerFeeCharged,
    ];
    const REPORTS: &'static [&'static str] = &["ledger", "seller-ledger"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self { balances: Table::new(BALANCES), counts: Table::new(COUNTS), entries: Table::new(ENTRIES) })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let transaction = Transaction::of(happened.id, &happened.event);
        let order = matches!(happened.event, Event::Order(_)).then_some(OrderId(happened.id));
        for entry in transaction.entries() {
            let currency = entry.amount.currency;
            let balance = self.balances.entry(rows, &(entry.account, currency))?;
            *balance += entry.amount.minor;
            if let Account::Mandate(seller) = entry.account {
                let balance = Money::new(*balance, currency);
                let (at, kind, amount) = (happened.micros(), entry.kind, entry.amount);
                let row = EntryRow { at, kind, amount, balance, order };
                let number = self.counts.entry(rows, &seller)?;
                self.entries.put((seller, *number), row);
                *number += 1;
            }
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.balances, &self.counts, &self.entries]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.balances, &mut self.counts, &mut self.entries]
    }

    fn report(rows: &Rows, name: &str, _: &Filter) -> Result<Report, ViewError> {
        if name == "seller-ledger" {
            let mut report = Report::new(&["seller", "at", "kind", "amount", "balance", "currency", "order"]);
            for row in ENTRIES.scan(rows, &()) {
                let ((seller, ..), entry) = row?;
                report.rows.push(vec![
                    cell(seller),
                    moment(entry.at),
                    serde_json::to_value(entry.kind).unwrap_or_default(),
                    cell(entry.amount.decimal()),
                    cell(entry.balance.decimal()),
                    cell(entry.amount.currency),
                    entry.order.map_or(Cell::Null, cell),
                ]);
            }
            return Ok(report);
        }
        let mut report = Report::new(&["account", "balance", "currency"]);
        for (account, balance) in LedgerReader(rows).balances()? {
            report.rows.push(vec![cell(account), cell(balance.decimal()), cell(balance.currency)]);
        }
        Ok(report)
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct LedgerReader<'a>(pub &'a Rows);

/// Where a page of entries begins or ends: opaque outside.
pub type EntryCursor = EntryKey;

impl<'a> LedgerReader<'a> {
    /// What stands on each account that ever had an entry, a row a currency.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn balances(&self) -> Result<Vec<(Account, Money)>, ViewError> {
        let balances = BALANCES.scan(self.0, &());
        balances.map(|row| row.map(|((account, currency), minor)| (account, Money::new(minor, currency)))).collect()
    }

    /// What stands on a seller's mandate account, a row a currency.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn of_seller(&self, seller: SellerId) -> Result<Vec<Money>, ViewError> {
        let balances = BALANCES.scan(self.0, &Account::Mandate(seller));
        balances.map(|row| row.map(|((_, currency), minor)| Money::new(minor, currency))).collect()
    }

    /// An entry.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn entry(&self, key: &EntryCursor) -> Result<Option<EntryRow>, ViewError> {
        ENTRIES.get(self.0, key)
    }

    /// A seller's entries in the order of the book, from the first or from after a cursor.
    pub fn entries(
        &self,
        seller: SellerId,
        after: Option<&EntryCursor>,
    ) -> impl Iterator<Item = Result<EntryCursor, ViewError>> + use<'a> {
        // The first key would be passed over by a scan from after it.
        let from = (seller, after.map_or(0, |(_, number)| number.saturating_add(1)));
        ENTRIES.scan_from(self.0, &seller, &from).map(|row| row.map(|(key, _)| key))
    }
}
