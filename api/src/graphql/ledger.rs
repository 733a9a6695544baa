//! Sellers' ledgers: what moved on a seller's mandate account, and what stands on it (R-1.2-01, R-1.2-04, R-1.2-05).

use async_graphql::connection::{Connection, ConnectionNameType, EdgeNameType, EmptyFields};
use async_graphql::{Context, Enum, ID, Object, OutputType, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::ids::SellerId;
use domain::money::Money as Amount;
use projections::digest::Digest;
use projections::ledger::EntryCursor;

use super::guard::{Allowed, LEDGER_READERS, Only, coded};
use super::node::{global, parse};
use super::page::{Asked, Cursor, PageInput, cost, take};
use super::platform::{Provenance, instant, policies, viewer, views};
use super::scalars::Money;
use super::user_error::query_error;

/// Why money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ledger::EntryKind")]
pub enum LedgerEntryKind {
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

/// An amount on a seller's mandate account.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct LedgerEntry {
    /// When.
    at: DateTime<Utc>,
    /// Why.
    kind: LedgerEntryKind,
    /// How much: more in the seller's name where positive.
    amount: Money,
    /// What stands on the account after it, in its currency.
    balance: Money,
    /// The order that it comes from, if it comes from one.
    order_id: Option<ID>,
}

/// What a ledger's page says besides its entries.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct LedgerFields {
    /// What stands on the account now, in the marketplace's currency: what the operator holds in the seller's name, less
    /// what the seller owes it.
    balance: Money,
    /// Where the balance comes from.
    provenance: Provenance,
}

/// The name of a ledger's page.
#[derive(Debug)]
pub struct LedgerNames;

impl ConnectionNameType for LedgerNames {
    fn type_name<T: OutputType>() -> String {
        "LedgerConnection".to_owned()
    }
}

impl EdgeNameType for LedgerNames {
    fn type_name<T: OutputType>() -> String {
        "LedgerEdge".to_owned()
    }
}

type LedgerPage = Connection<Cursor, LedgerEntry, LedgerFields, EmptyFields, LedgerNames, LedgerNames>;

/// Queries on the ledger.
#[derive(Debug, Default)]
pub struct LedgerQuery;

#[Object]
impl LedgerQuery {
    /// A seller's mandate account, oldest entry first (R-1.2-01). For that SELLER, COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(LEDGER_READERS)", directive = Allowed::apply(LEDGER_READERS), complexity = "cost(first, None, child_complexity)")]
    async fn seller_ledger(
        &self,
        ctx: &Context<'_>,
        seller_id: ID,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<LedgerPage> {
        let seller: SellerId = parse(&seller_id, "sellerId").map_err(query_error)?;
        if viewer(ctx).seller().is_some_and(|own| own != seller) {
            return Err(coded("FORBIDDEN", "this is another seller's ledger; ask for your own"));
        }
        let asked = PageInput::forwards(first, after).checked(|key: &EntryCursor| key.0 == seller)?;
        let currency = policies(ctx).await?.currency;
        let views = views(ctx);
        let reader = views.ledger();
        let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
        let page = take(&asked, reader.entries(seller, from.as_ref()), |key| {
            Ok(reader.entry(key)?.map(|row| LedgerEntry {
                at: instant(row.at),
                kind: row.kind.into(),
                amount: row.amount.into(),
                balance: row.balance.into(),
                order_id: row.order.map(global),
            }))
        })?;
        let balances = reader.of_seller(seller).map_err(|error| query_error(error.into()))?;
        let balance = balances.into_iter().find(|balance| balance.currency == currency);
        let balance = balance.unwrap_or(Amount::zero(currency));
        let provenance = Provenance::of(views.reached, None, Digest::of_text(&format!("{seller} {balance}")));
        let fields = LedgerFields { balance: balance.into(), provenance };
        let mut ledger = Connection::with_additional_fields(page.has_previous_page, page.has_next_page, fields);
        ledger
            .edges
            .extend(page.edges.into_iter().map(|edge| async_graphql::connection::Edge::new(edge.cursor, edge.node)));
        Ok(ledger)
    }
}
