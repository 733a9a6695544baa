//! Active recipients by month and Member State (DSA art. 24(2); R-5-01, R-5-04).
//!
//! Read by compliance staff and auditors, and by everyone once a figure is published.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `m` | month | visits left out, and how many batches there are |
//! | `s` | month, number of the batch | who was seen, where and in which part |
//!
//! A buyer who places an order is an active recipient of that month; so is whoever an edge server saw. A recipient in
//! two states in a month counts in both, and once in the Union.
//!
//! The view keeps what it is told as it comes, some eight bytes a recipient, and counts when it is asked: a second or two
//! for a month of tens of millions, remembered for as long as nothing new comes to that month. To know at each event how
//! many there are would take all of them in memory, always.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::activity::{ActivityEvent, Excluded, Seen};
use domain::calendar::{Month, ReportPeriod};
use domain::event::{Event, EventKind};
use domain::order::OrderEvent;
use domain::sightings::Sighting;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

use super::{Average, Counter, Counts, MonthRow};
use crate::ViewError;
use crate::report::{Filter, Report, cell};
use crate::rows::Rows;
use crate::table::{AnyTable, Layout, Table, Value};
use crate::view::{Happened, View};

const MONTHS: Layout<Month, Taken> = Layout::new(b'm');
const SEEN: Layout<(Month, u64), Batch> = Layout::new(b's');

/// How long after a month its last batches come in, so that to count it before would often be in vain.
const SETTLED: TimeDelta = TimeDelta::days(3);

/// Who was seen by one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Batch(Vec<Seen>);

impl Batch {
    fn sightings(&self) -> impl Iterator<Item = Sighting> + '_ {
        self.0.iter().flat_map(Seen::sightings)
    }
}

impl Value for Batch {
    fn weight(&self) -> usize {
        /// How many recipients take as much memory as a row of most tables.
        const RECIPIENTS_A_ROW: usize = 32;
        1 + self.0.iter().map(|seen| seen.recipients.len()).sum::<usize>() / RECIPIENTS_A_ROW
    }
}

/// What was taken in of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Taken {
    excluded: Excluded,
    batches: u64,
}

impl Value for Taken {}

/// The month in which an event counts; nothing where it counts in none.
#[must_use]
pub fn counts_in(happened: &Happened) -> Option<Month> {
    if let Event::Order(OrderEvent::OrderPlaced(event)) = &happened.event {
        return event.member_state.map(|_| Month::of(happened.at));
    }
    if let Event::Activity(ActivityEvent::RecipientsSeen(event)) = &happened.event {
        return Some(event.month);
    }
    None
}

/// The view.
#[derive(Debug)]
pub struct ActiveRecipients {
    months: Table<Month, Taken>,
    seen: Table<(Month, u64), Batch>,
}

impl ActiveRecipients {
    fn take(&mut self, month: Month, seen: Vec<Seen>, excluded: Excluded, rows: &Rows) -> Result<(), ViewError> {
        let taken = self.months.entry(rows, &month)?;
        taken.excluded += excluded;
        if !seen.is_empty() {
            self.seen.put((month, taken.batches), Batch(seen));
            taken.batches += 1;
        }
        Ok(())
    }
}

impl View for ActiveRecipients {
    const NAME: &'static str = "active-recipients";
    const VERSION: u32 = 2;
    const WANTS: &'static [EventKind] = &[EventKind::OrderPlaced, EventKind::RecipientsSeen];
    const REPORTS: &'static [&'static str] = &["active-recipients"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self { months: Table::new(MONTHS), seen: Table::new(SEEN) })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        match &happened.event {
            Event::Order(OrderEvent::OrderPlaced(event)) => {
                if let Some(seen) = event.seen() {
                    self.take(Month::of(happened.at), vec![seen], Excluded::default(), rows)?;
                }
            }
            Event::Activity(ActivityEvent::RecipientsSeen(event)) => {
                self.take(event.month, event.seen.clone(), event.excluded, rows)?;
            }
            Event::Order(
                OrderEvent::OrderConfirmed(_)
                | OrderEvent::OrderShipped(_)
                | OrderEvent::OrderDelivered(_)
                | OrderEvent::OrderCancelled(_)
                | OrderEvent::IssueReported(_)
                | OrderEvent::HelpRequested(_)
                | OrderEvent::HelpResolved(_)
                | OrderEvent::PaymentCaptured(_)
                | OrderEvent::PaymentRefunded(_),
            )
            | Event::Seller(_)
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
            | Event::DsaFigure(_)
            | Event::Policy(_)
            | Event::Subject(_) => {}
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.months, &self.seen]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.months, &mut self.seen]
    }

    fn report(rows: &Rows, _: &str, _: &Filter) -> Result<Report, ViewError> {
        let mut report = Report::new(&["month", "member_state", "recipients"]);
        let counted = Counted::default();
        let reader = ActiveRecipientsReader::new(rows, &counted);
        for month in reader.months()? {
            let row = reader.month(month)?;
            let mut counts: Vec<(&str, u64)> = row.states().map(|(state, count)| (state.code(), count)).collect();
            counts.push(("EU", row.union));
            counts.sort_unstable();
            report
                .rows
                .extend(counts.into_iter().map(|(state, count)| vec![cell(month), cell(state), Cell::from(count)]));
        }
        Ok(report)
    }
}

/// Months that were counted, each with how many batches it had: as long as there are no more, the count holds.
#[derive(Debug, Default)]
pub struct Counted(Mutex<HashMap<Month, (u64, Counts)>>);

impl Counted {
    fn known(&self, month: Month, batches: u64) -> Option<Counts> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.get(&month).filter(|(then, _)| *then == batches).map(|(_, counts)| *counts)
    }

    fn remember(&self, month: Month, batches: u64, counts: Counts) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(month, (batches, counts));
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct ActiveRecipientsReader<'a> {
    rows: &'a Rows,
    counted: &'a Counted,
}

impl<'a> ActiveRecipientsReader<'a> {
    /// A reader of rows that remembers what it counted. What it remembers holds for every reader of the same book.
    #[must_use]
    pub fn new(rows: &'a Rows, counted: &'a Counted) -> Self {
        Self { rows, counted }
    }

    /// How many recipients were active in a month.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn month(&self, month: Month) -> Result<MonthRow, ViewError> {
        let Taken { excluded, batches } = MONTHS.get(self.rows, &month)?.unwrap_or_default();
        if let Some(counts) = self.counted.known(month, batches) {
            return Ok(MonthRow::new(counts, excluded));
        }
        let mut counter = Counter::default();
        for row in SEEN.scan(self.rows, &month) {
            counter.take(row?.1.sightings());
        }
        let counts = Counter::count(vec![counter]);
        self.counted.remember(month, batches, counts);
        Ok(MonthRow::new(counts, excluded))
    }

    /// Counts one month, the newest, that was over for [`SETTLED`] at a moment and is not counted as it stands: so that
    /// whoever asks for it need not wait. True when there was one.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn count_ahead(&self, moment: DateTime<Utc>) -> Result<bool, ViewError> {
        for row in MONTHS.scan_back(self.rows, &(), None) {
            let (month, taken) = row?;
            let settled = moment - month.next().begins() >= SETTLED;
            if settled && self.counted.known(month, taken.batches).is_none() {
                return self.month(month).map(|_| true);
            }
        }
        Ok(false)
    }

    /// The months in which anyone was seen or left out, in order.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn months(&self) -> Result<Vec<Month>, ViewError> {
        MONTHS.scan(self.rows, &()).map(|row| row.map(|(month, _)| month)).collect()
    }

    /// The average of six months, or of a year.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn average(&self, period: impl Into<ReportPeriod>) -> Result<Average, ViewError> {
        let months = period
            .into()
            .months()
            .into_iter()
            .map(|month| Ok((month, self.month(month)?)))
            .collect::<Result<_, ViewError>>()?;
        Ok(Average { months })
    }
}
