//! The figures of DSA art. 24(2) that were published, with what corrects what (R-5-02, R-5-05).
//!
//! Read by everyone.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `p` | publication | [`PublicationRow`] |
//! | `n` | when published (newest first), publication | – |
//! | `m` | first month of the period, position of the event, publication | – |

use chrono::{DateTime, Utc};
use domain::calendar::{Month, ReportPeriod, SixMonths};
use domain::dsa_figure::{DsaFigureEvent, DsaFigurePublished};
use domain::event::{Event, EventKind};
use domain::ids::DsaPublicationId;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;
use uuid::Uuid;

use crate::ViewError;
use crate::key::Falling;
use crate::report::{Filter, Report, cell, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::view::{Happened, View, instant};

/// A publication's place among all, the newest first.
pub type PublicationCursor = (Falling, DsaPublicationId);

type PeriodKey = (Month, u64, DsaPublicationId);

const PUBLICATIONS: Layout<DsaPublicationId, PublicationRow> = Layout::new(b'p');
const NEWEST: Layout<PublicationCursor, ()> = Layout::new(b'n');
const BY_PERIOD: Layout<PeriodKey, ()> = Layout::new(b'm');

/// A publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationRow {
    /// What was published.
    pub published: DsaFigurePublished,
    /// When, in microseconds since the epoch.
    pub at: i64,
    /// The position of the event that says so.
    pub event_position: u64,
    /// The publication that corrects it; nothing where none does.
    pub corrected_by: Option<DsaPublicationId>,
}

impl Value for PublicationRow {}

fn first_month(period: SixMonths) -> Month {
    ReportPeriod::from(period).first()
}

/// The view.
#[derive(Debug)]
pub struct DsaFigures {
    publications: Table<DsaPublicationId, PublicationRow>,
    newest: Index<PublicationCursor>,
    by_period: Index<PeriodKey>,
}

impl View for DsaFigures {
    const NAME: &'static str = "dsa-figures";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[EventKind::DsaFigurePublished];
    const REPORTS: &'static [&'static str] = &["dsa-figures"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self {
            publications: Table::new(PUBLICATIONS),
            newest: Index::new(NEWEST),
            by_period: Index::new(BY_PERIOD),
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let Event::DsaFigure(DsaFigureEvent::DsaFigurePublished(published)) = &happened.event else { return Ok(()) };
        let (id, at, event_position) = (published.publication, happened.micros(), happened.position.0);
        if let Some(correction) = &published.correction
            && let Some(corrected) = self.publications.get_mut(rows, &correction.corrects)?
        {
            corrected.corrected_by = Some(id);
        }
        self.newest.insert(&(Falling(at), id));
        self.by_period.insert(&(first_month(published.period), event_position, id));
        let row = PublicationRow { published: published.clone(), at, event_position, corrected_by: None };
        self.publications.put(id, row);
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.publications, &self.newest, &self.by_period]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.publications, &mut self.newest, &mut self.by_period]
    }

    fn report(rows: &Rows, _: &str, _: &Filter) -> Result<Report, ViewError> {
        let mut report = Report::new(&[
            "period",
            "publication",
            "published_at",
            "wording",
            "numerator",
            "denominator",
            "below_threshold",
            "method",
            "position",
            "digest",
            "corrects",
            "corrected_by",
        ]);
        let maybe = |id: Option<DsaPublicationId>| id.map_or(Cell::Null, cell);
        for row in BY_PERIOD.scan(rows, &()) {
            let ((_, _, id), ()) = row?;
            let Some(PublicationRow { published, at, corrected_by, .. }) = PUBLICATIONS.get(rows, &id)? else {
                continue;
            };
            report.rows.push(vec![
                cell(published.period),
                cell(id),
                moment(at),
                serde_json::to_value(published.wording).unwrap_or_default(),
                Cell::from(published.numerator),
                Cell::from(published.denominator),
                Cell::from(published.below_threshold),
                Cell::from(published.method),
                Cell::from(published.position),
                cell(published.digest),
                maybe(published.correction.map(|correction| correction.corrects)),
                maybe(corrected_by),
            ]);
        }
        Ok(report)
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct DsaFiguresReader<'a>(pub &'a Rows);

impl<'a> DsaFiguresReader<'a> {
    /// A publication.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn publication(&self, id: DsaPublicationId) -> Result<Option<PublicationRow>, ViewError> {
        PUBLICATIONS.get(self.0, &id)
    }

    /// All publications, the newest first, from after a cursor.
    pub fn newest(
        &self,
        after: Option<&PublicationCursor>,
    ) -> impl Iterator<Item = Result<PublicationCursor, ViewError>> + use<'a> {
        let first = (Falling(i64::MAX), DsaPublicationId(Uuid::nil()));
        NEWEST.scan_after(self.0, &(), after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }

    /// The publications of six months, in order: the first, and what corrects the one before it.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn of_period(&self, period: SixMonths) -> Result<Vec<PublicationRow>, ViewError> {
        let keys = BY_PERIOD.scan(self.0, &first_month(period));
        keys.filter_map(|row| match row {
            Ok(((_, _, id), ())) => self.publication(id).transpose(),
            Err(error) => Some(Err(error)),
        })
        .collect()
    }

    /// The latest six months of which a figure was published, and when it was for the first time.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn latest_period(&self) -> Result<Option<(SixMonths, DateTime<Utc>)>, ViewError> {
        let Some(last) = BY_PERIOD.scan_back(self.0, &(), None).next() else { return Ok(None) };
        let ((first_month, ..), ()) = last?;
        let period = SixMonths::from(first_month);
        Ok(self.of_period(period)?.first().map(|row| (period, instant(row.at))))
    }
}
