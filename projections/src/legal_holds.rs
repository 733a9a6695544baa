//! What authorities ordered to be kept, and what waits to be forgotten because of it (R-3.2-05, R-3.3-02, R-4-03). A part of
//! the retention view, which tells what falls due and what keeps it.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `h` | hold | [`HoldRow`] |
//! | `n` | when placed (newest first), hold | – |
//! | `o` | what is held, hold in force | – |
//! | `e` | what is held | [`DeferredRow`]: since when its erasure waits, or waited |

use domain::ids::{AuthorityContactId, LegalHoldId};
use domain::legal_hold::{HeldData, LegalHoldEvent, LegalHoldPlaced};
use domain::place::MemberState;
use domain::subject::SubjectEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ViewError;
use crate::key::Falling;
use crate::report::{Report, cell, maybe_moment, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};

/// What is held, as a key: which kind of thing, and its id.
type DataKey = (u8, Uuid);

const HOLDS: Layout<LegalHoldId, HoldRow> = Layout::new(b'h');
const NEWEST: Layout<HoldCursor, ()> = Layout::new(b'n');
const ON: Layout<(u8, Uuid, LegalHoldId), ()> = Layout::new(b'o');
const DEFERRED: Layout<DataKey, DeferredRow> = Layout::new(b'e');

/// A hold's place among all, the newest first.
pub type HoldCursor = (Falling, LegalHoldId);

/// A hold. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRow {
    /// The authority that ordered it.
    pub authority: String,
    /// Of which Member State.
    pub member_state: MemberState,
    /// On which legal basis.
    pub legal_basis: String,
    /// The authority's own reference.
    pub reference: Option<String>,
    /// The order at the contact point with which it came.
    pub order: Option<AuthorityContactId>,
    /// When the authority ordered it.
    pub ordered_at: i64,
    /// Since when it is in force.
    pub placed_at: i64,
    /// What it keeps, or kept.
    pub data: Vec<HeldData>,
    /// Its end; nothing while it is in force.
    pub release: Option<Release>,
}

/// The end of a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// When it was released.
    pub at: i64,
    /// Why, in words.
    pub explanation: String,
}

/// Something that was to be forgotten while it was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeferredRow {
    /// When whoever asked was told that it waits.
    pub deferred_at: i64,
    /// When its key was destroyed; nothing while it waits.
    pub destroyed_at: Option<i64>,
}

impl Value for HoldRow {}
impl Value for DeferredRow {}

impl HoldRow {
    /// A hold as it was placed.
    #[must_use]
    pub fn placed(event: &LegalHoldPlaced, at: i64) -> Self {
        Self {
            authority: event.authority.clone(),
            member_state: event.member_state,
            legal_basis: event.legal_basis.clone(),
            reference: event.reference.clone(),
            order: event.order,
            ordered_at: event.ordered_at.timestamp_micros(),
            placed_at: at,
            data: event.data.clone(),
            release: None,
        }
    }

    /// Folds what happens to it.
    pub fn fold(row: &mut Option<Self>, event: &LegalHoldEvent, at: i64) {
        match event {
            LegalHoldEvent::LegalHoldPlaced(event) => *row = Some(Self::placed(event, at)),
            LegalHoldEvent::LegalHoldReleased(event) => {
                if let Some(row) = row {
                    row.release = Some(Release { at, explanation: event.explanation.clone() });
                }
            }
        }
    }
}

const fn key(data: HeldData) -> DataKey {
    match data {
        HeldData::Review(id) => (b'r', id.0),
        HeldData::Buyer(id) => (b'b', id.0),
    }
}

/// The tables, as the retention view changes them.
#[derive(Debug)]
pub(crate) struct LegalHolds {
    holds: Table<LegalHoldId, HoldRow>,
    newest: Index<HoldCursor>,
    on: Index<(u8, Uuid, LegalHoldId)>,
    deferred: Table<DataKey, DeferredRow>,
}

impl LegalHolds {
    pub(crate) fn new() -> Self {
        Self {
            holds: Table::new(HOLDS),
            newest: Index::new(NEWEST),
            on: Index::new(ON),
            deferred: Table::new(DEFERRED),
        }
    }

    pub(crate) fn of_hold(
        &mut self,
        id: LegalHoldId,
        at: i64,
        event: &LegalHoldEvent,
        rows: &Rows,
    ) -> Result<(), ViewError> {
        match event {
            LegalHoldEvent::LegalHoldPlaced(event) => {
                self.newest.insert(&(Falling(at), id));
                for (kind, data) in event.data.iter().copied().map(key) {
                    self.on.insert(&(kind, data, id));
                }
            }
            LegalHoldEvent::LegalHoldReleased(event) => {
                for (kind, data) in event.data.iter().copied().map(key) {
                    self.on.remove(&(kind, data, id));
                }
            }
        }
        let mut row = self.holds.get(rows, &id)?.cloned();
        HoldRow::fold(&mut row, event, at);
        if let Some(row) = row {
            self.holds.put(id, row);
        }
        Ok(())
    }

    pub(crate) fn of_subject(&mut self, at: i64, event: &SubjectEvent, rows: &Rows) -> Result<(), ViewError> {
        match event {
            SubjectEvent::ErasureDeferred(event) => {
                self.deferred.put(key(event.data), DeferredRow { deferred_at: at, destroyed_at: None });
            }
            SubjectEvent::SubjectKeyDestroyed(event) => {
                let Some(data) = HeldData::of(&event.subject) else { return Ok(()) };
                if let Some(row) = self.deferred.get_mut(rows, &key(data))? {
                    row.destroyed_at = Some(at);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn tables(&self) -> [&dyn AnyTable; 4] {
        [&self.holds, &self.newest, &self.on, &self.deferred]
    }

    pub(crate) fn tables_mut(&mut self) -> [&mut dyn AnyTable; 4] {
        [&mut self.holds, &mut self.newest, &mut self.on, &mut self.deferred]
    }
}

/// What can be read of holds.
#[derive(Debug, Clone, Copy)]
pub struct HoldReader<'a>(pub &'a Rows);

impl<'a> HoldReader<'a> {
    /// A hold.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn hold(&self, id: LegalHoldId) -> Result<Option<HoldRow>, ViewError> {
        HOLDS.get(self.0, &id)
    }

    /// All holds, the newest first, from after a cursor.
    pub fn newest(&self, after: Option<&HoldCursor>) -> impl Iterator<Item = Result<HoldCursor, ViewError>> + use<'a> {
        let first = (Falling(i64::MAX), LegalHoldId(Uuid::nil()));
        NEWEST.scan_after(self.0, &(), after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }

    /// The holds in force on something.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn on(&self, data: HeldData) -> Result<Vec<LegalHoldId>, ViewError> {
        ON.scan(self.0, &key(data)).map(|row| row.map(|((_, _, hold), ())| hold)).collect()
    }

    /// Since when the erasure of something waits, or waited.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn deferred(&self, data: HeldData) -> Result<Option<DeferredRow>, ViewError> {
        DEFERRED.get(self.0, &key(data))
    }

    /// A line for each thing that a hold names, the newest hold first.
    pub(crate) fn report(&self) -> Result<Report, ViewError> {
        let mut report = Report::new(&[
            "hold",
            "authority",
            "member_state",
            "legal_basis",
            "reference",
            "order",
            "ordered_at",
            "placed_at",
            "released_at",
            "data",
            "erasure_deferred_at",
            "key_destroyed_at",
        ]);
        for cursor in self.newest(None) {
            let (_, id) = cursor?;
            let Some(hold) = self.hold(id)? else { continue };
            for data in &hold.data {
                let deferred = self.deferred(*data)?;
                report.rows.push(vec![
                    cell(id),
                    cell(&hold.authority),
                    cell(hold.member_state),
                    cell(&hold.legal_basis),
                    hold.reference.as_ref().map_or(serde_json::Value::Null, cell),
                    hold.order.map_or(serde_json::Value::Null, cell),
                    moment(hold.ordered_at),
                    moment(hold.placed_at),
                    maybe_moment(hold.release.as_ref().map(|release| release.at)),
                    cell(data.subject()),
                    maybe_moment(deferred.map(|row| row.deferred_at)),
                    maybe_moment(deferred.and_then(|row| row.destroyed_at)),
                ]);
            }
        }
        Ok(report)
    }
}
