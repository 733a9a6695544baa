//! Statements of reasons (R-2.2-05, R-3.4-09, R-7-02): by when they were issued, by whom they tell, by decision.
//!
//! Read by whoever is restricted, each their own, by compliance staff and by auditors. No statement has personal data.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `s` | statement | [`StatementRow`] |
//! | `i` | when issued, statement | – |
//! | `a` | addressee, when issued (newest first), statement | – |
//!
//! A decision's statement has an id that follows from the decision's event, so that no table is needed to find it.

use chrono::{DateTime, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{BuyerId, NoticeId, SellerId, StatementId};
use domain::language::Language;
use domain::statement::{Addressee, Ground, Redress, Restriction, StatementEvent};
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;
use uuid::Uuid;

use crate::ViewError;
use crate::key::{Falling, Key};
use crate::report::{Filter, Report, cell, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::view::{Happened, View};

type IssuedKey = (i64, StatementId);
type AddresseeKey = (Told, Falling, StatementId);

const STATEMENTS: Layout<StatementId, StatementRow> = Layout::new(b's');
const ISSUED: Layout<IssuedKey, ()> = Layout::new(b'i');
const BY_ADDRESSEE: Layout<AddresseeKey, ()> = Layout::new(b'a');

/// An addressee, in an order: buyers first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// A buyer.
    Buyer(BuyerId),
    /// A seller.
    Seller(SellerId),
}

impl From<Addressee> for Told {
    fn from(addressee: Addressee) -> Self {
        match addressee {
            Addressee::Buyer(id) => Self::Buyer(id),
            Addressee::Seller(id) => Self::Seller(id),
        }
    }
}

impl Key for Told {
    fn write(&self, out: &mut Vec<u8>) {
        let (tag, id) = match self {
            Self::Buyer(id) => (0_u8, id.0),
            Self::Seller(id) => (1, id.0),
        };
        out.push(tag);
        id.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (tag, id) = (u8::read(bytes)?, Uuid::read(bytes)?);
        match tag {
            0 => Some(Self::Buyer(BuyerId(id))),
            1 => Some(Self::Seller(SellerId(id))),
            _ => None,
        }
    }
}

/// A statement of reasons. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRow {
    /// When it was issued.
    pub issued_at: i64,
    /// The event that records the decision.
    pub decision: Uuid,
    /// Who is told.
    pub addressee: Addressee,
    /// What is restricted, and for how long.
    pub restriction: Restriction,
    /// When the restriction began.
    pub since: i64,
    /// The facts and circumstances.
    pub facts: String,
    /// The notice that led to it; nothing on the operator's own initiative.
    pub notice: Option<NoticeId>,
    /// Whether automated means detected or decided it.
    pub automated: bool,
    /// On which ground.
    pub ground: Ground,
    /// The language of the content, where it has one.
    pub content_language: Option<Language>,
    /// When the content came to the platform, or the account was opened.
    pub content_since: i64,
    /// Where it can be contested.
    pub redress: Vec<Redress>,
    /// Until when the platform takes a complaint.
    pub contestable_until: i64,
}

impl Value for StatementRow {}

/// The view.
#[derive(Debug)]
pub struct Statements {
    statements: Table<StatementId, StatementRow>,
    issued: Index<IssuedKey>,
    by_addressee: Index<AddresseeKey>,
}

impl View for Statements {
    const NAME: &'static str = "statements";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[EventKind::StatementOfReasonsIssued];
    const REPORTS: &'static [&'static str] = &["statements"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self {
            statements: Table::new(STATEMENTS),
            issued: Index::new(ISSUED),
            by_addressee: Index::new(BY_ADDRESSEE),
        })
    }

    fn apply(&mut self, happened: &Happened, _: &Rows) -> Result<(), ViewError> {
        let (id, at) = (StatementId(happened.id), happened.micros());
        let Event::Statement(StatementEvent::StatementOfReasonsIssued(event)) = &happened.event else { return Ok(()) };
        let row = StatementRow {
            issued_at: at,
            decision: event.decision,
            addressee: event.addressee,
            restriction: event.restriction,
            since: event.since.timestamp_micros(),
            facts: event.facts.clone(),
            notice: event.notice,
            automated: event.automated,
            ground: event.ground.clone(),
            content_language: event.content_language,
            content_since: event.content_since.timestamp_micros(),
            redress: event.redress.clone(),
            contestable_until: event.contestable_until.timestamp_micros(),
        };
        self.statements.put(id, row);
        self.issued.insert(&(at, id));
        self.by_addressee.insert(&(event.addressee.into(), Falling(at), id));
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.statements, &self.issued, &self.by_addressee]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.statements, &mut self.issued, &mut self.by_addressee]
    }

    fn report(rows: &Rows, _: &str, _: &Filter) -> Result<Report, ViewError> {
        let mut report = Report::new(&[
            "issued_at",
            "statement",
            "decision",
            "restriction",
            "concerns",
            "since",
            "ground",
            "reasons",
            "facts",
            "notice",
            "decided_by",
            "content_language",
            "content_since",
            "contestable_until",
        ]);
        for row in ISSUED.scan(rows, &()) {
            let ((issued_at, id), ()) = row?;
            if let Some(statement) = STATEMENTS.get(rows, &id)? {
                let (restriction, concerns) = restricted(statement.restriction);
                report.rows.push(vec![
                    moment(issued_at),
                    cell(id),
                    cell(statement.decision),
                    cell(restriction),
                    concerns.map_or(Cell::Null, cell),
                    moment(statement.since),
                    cell(if statement.ground.is_law() { "LAW" } else { "TERMS" }),
                    cell(reasons(&statement.ground)),
                    cell(statement.facts),
                    statement.notice.map_or(Cell::Null, cell),
                    cell(if statement.automated { "AUTOMATED" } else { "HUMAN" }),
                    statement.content_language.map_or(Cell::Null, cell),
                    moment(statement.content_since),
                    moment(statement.contestable_until),
                ]);
            }
        }
        Ok(report)
    }
}

/// A restriction by name, and what it concerns where that is not the account itself.
fn restricted(restriction: Restriction) -> (&'static str, Option<String>) {
    match restriction {
        Restriction::ReviewRemoved(id) => ("REVIEW_REMOVED", Some(id.to_string())),
        Restriction::PhotosNotPublished(id) => ("PHOTOS_NOT_PUBLISHED", Some(id.to_string())),
        Restriction::PhotosRemoved(id) => ("PHOTOS_REMOVED", Some(id.to_string())),
        Restriction::ListingRemoved(id) => ("LISTING_REMOVED", Some(id.to_string())),
        Restriction::SellerRemoved(id) => ("SELLER_REMOVED", Some(id.to_string())),
        Restriction::AccountSuspended(_) => ("ACCOUNT_SUSPENDED", None),
        Restriction::AccountTerminated => ("ACCOUNT_TERMINATED", None),
    }
}

/// The reasons of a ground by their names, separated by spaces.
fn reasons(ground: &Ground) -> String {
    let name = |reason: serde_json::Value| reason.as_str().unwrap_or_default().to_owned();
    match ground {
        Ground::Criteria(criteria) => {
            let names: Vec<String> =
                criteria.iter().map(|criterion| name(serde_json::to_value(criterion).unwrap_or_default())).collect();
            names.join(" ")
        }
        Ground::Listing(reason) => name(serde_json::to_value(reason).unwrap_or_default()),
        Ground::Seller(reason) => name(serde_json::to_value(reason).unwrap_or_default()),
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct StatementsReader<'a>(pub &'a Rows);

/// Where a page of statements begins or ends: opaque outside.
pub type IssuedCursor = IssuedKey;
/// Where a page of somebody's statements begins or ends: opaque outside.
pub type AddresseeCursor = AddresseeKey;

impl<'a> StatementsReader<'a> {
    /// A statement.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn statement(&self, id: StatementId) -> Result<Option<StatementRow>, ViewError> {
        STATEMENTS.get(self.0, &id)
    }

    /// The statement of a decision, by the event that records it.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn of_decision(&self, event: Uuid) -> Result<Option<StatementRow>, ViewError> {
        self.statement(StatementId::of_decision(event))
    }

    /// All statements, oldest first, from a moment (microseconds since the epoch) on or from after a cursor.
    pub fn issued(
        &self,
        since: i64,
        after: Option<&IssuedCursor>,
    ) -> impl Iterator<Item = Result<IssuedCursor, ViewError>> + use<'a> {
        let first = (since.saturating_sub(1), StatementId(Uuid::max()));
        ISSUED.scan_after(self.0, &(), after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }

    /// What somebody was told, newest first, from the newest or from after a cursor.
    pub fn of_addressee(
        &self,
        addressee: Told,
        after: Option<&AddresseeCursor>,
    ) -> impl Iterator<Item = Result<AddresseeCursor, ViewError>> + use<'a> {
        let first = (addressee, Falling(i64::MAX), StatementId(Uuid::nil()));
        BY_ADDRESSEE.scan_after(self.0, &addressee, after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }
}
