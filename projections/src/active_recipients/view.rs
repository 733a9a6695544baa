//! Active recipients by month and Member State (DSA art. 24(2); R-5-01, R-5-04).
//!
//! Read by compliance staff and auditors, and by everyone once a figure is published.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `r` | month, recipient | in which Member States, and in which parts, it was active |
//! | `m` | month | [`MonthRow`]: how many |
//!
//! A buyer who places an order is an active recipient of that month; so is whoever an edge server saw. A recipient in
//! two states in a month counts in both, and once in the Union.

use chrono::{DateTime, Utc};
use domain::activity::{ActivityEvent, RecipientRole};
use domain::calendar::{Month, ReportPeriod};
use domain::event::{Event, EventKind};
use domain::ids::RecipientId;
use domain::order::OrderEvent;
use domain::place::MemberState;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

use super::{Average, MonthRow};
use crate::ViewError;
use crate::report::{Filter, Report, cell};
use crate::rows::Rows;
use crate::table::{AnyTable, Layout, Table, Value};
use crate::view::{Happened, View};

const RECIPIENTS: Layout<(Month, RecipientId), Seen> = Layout::new(b'r');
const MONTHS: Layout<Month, MonthRow> = Layout::new(b'm');

/// Where a recipient was seen in a month: a bit for each Member State.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Seen {
    as_buyer: u32,
    as_trader: u32,
}

impl Value for Seen {}

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
    recipients: Table<(Month, RecipientId), Seen>,
    months: Table<Month, MonthRow>,
}

impl ActiveRecipients {
    fn see(
        &mut self,
        month: Month,
        state: MemberState,
        role: RecipientRole,
        recipient: RecipientId,
        rows: &Rows,
    ) -> Result<(), ViewError> {
        let seen = self.recipients.entry(rows, &(month, recipient))?;
        let before = *seen;
        let bit = 1 << (state as u8);
        match role {
            RecipientRole::Buyer => seen.as_buyer |= bit,
            RecipientRole::Trader => seen.as_trader |= bit,
        }
        if *seen == before {
            return Ok(());
        }
        let (seen, row) = (*seen, self.months.entry(rows, &month)?);
        let anywhere = |seen: Seen| seen.as_buyer | seen.as_trader;
        row.union += u64::from(anywhere(before) == 0);
        row.buyers += u64::from(before.as_buyer == 0 && seen.as_buyer != 0);
        row.traders += u64::from(before.as_trader == 0 && seen.as_trader != 0);
        row.by_state.resize(MemberState::ALL.len(), 0);
        row.by_state[state as usize] += u64::from(anywhere(before) & bit == 0);
        Ok(())
    }
}

impl View for ActiveRecipients {
    const NAME: &'static str = "active-recipients";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[EventKind::OrderPlaced, EventKind::RecipientsSeen];
    const REPORTS: &'static [&'static str] = &["active-recipients"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self { recipients: Table::new(RECIPIENTS), months: Table::new(MONTHS) })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        match &happened.event {
            Event::Order(OrderEvent::OrderPlaced(event)) => {
                if let Some(state) = event.member_state {
                    self.see(Month::of(happened.at), state, RecipientRole::Buyer, RecipientId(event.buyer.0), rows)?;
                }
            }
            Event::Activity(ActivityEvent::RecipientsSeen(event)) => {
                for recipient in &event.recipients {
                    self.see(event.month, event.member_state, event.role, *recipient, rows)?;
                }
                let excluded = &mut self.months.entry(rows, &event.month)?.excluded;
                excluded.bots += event.excluded.bots;
                excluded.incidental += event.excluded.incidental;
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
        vec![&self.recipients, &self.months]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.recipients, &mut self.months]
    }

    fn report(rows: &Rows, _: &str, _: &Filter) -> Result<Report, ViewError> {
        let mut report = Report::new(&["month", "member_state", "recipients"]);
        for row in MONTHS.scan(rows, &()) {
            let (month, row) = row?;
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

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct ActiveRecipientsReader<'a>(pub &'a Rows);

impl ActiveRecipientsReader<'_> {
    /// How many recipients were active in a month.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn month(&self, month: Month) -> Result<MonthRow, ViewError> {
        Ok(MONTHS.get(self.0, &month)?.unwrap_or_default())
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
