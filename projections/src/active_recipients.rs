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
use domain::activity::{ActivityEvent, Excluded, RecipientRole};
use domain::calendar::{Month, ReportPeriod};
use domain::event::{Event, EventKind};
use domain::ids::RecipientId;
use domain::order::OrderEvent;
use domain::place::MemberState;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

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

/// How many recipients were active in a month.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MonthRow {
    /// In the Union, each once.
    pub union: u64,
    /// … of which as buyers, each once.
    pub buyers: u64,
    /// … of which as traders, each once.
    pub traders: u64,
    /// In each Member State, in alphabetical order of code. Empty before anyone was seen.
    by_state: Vec<u64>,
    /// Visits left out.
    pub excluded: Excluded,
}

impl Value for Seen {}
impl Value for MonthRow {}

impl MonthRow {
    /// The Member States with anyone active, in alphabetical order of code.
    pub fn states(&self) -> impl Iterator<Item = (MemberState, u64)> + '_ {
        MemberState::ALL.into_iter().zip(self.by_state.iter().copied()).filter(|(_, count)| *count > 0)
    }
}

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

/// The average monthly active recipients of six months, as DSA art. 24(2) asks, or of the year of a report: an exact
/// fraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Average {
    /// The months with their rows, in order.
    pub months: Vec<(Month, MonthRow)>,
}

/// From so many average monthly active recipients on, a platform is a very large one (DSA art. 33(1)).
pub const VERY_LARGE: u64 = 45_000_000;

impl Average {
    /// The recipients of the six months, added up.
    #[must_use]
    pub fn numerator(&self) -> u64 {
        self.months.iter().map(|(_, row)| row.union).sum()
    }

    /// The months.
    #[must_use]
    pub fn denominator(&self) -> u64 {
        self.months.len() as u64
    }

    /// The average with two decimals, rounded half to even.
    #[must_use]
    pub fn decimal(&self) -> String {
        let (numerator, denominator) = (self.numerator() * 100, self.denominator().max(1));
        let (quotient, remainder) = (numerator / denominator, numerator % denominator);
        let up = 2 * remainder > denominator || (2 * remainder == denominator && quotient % 2 == 1);
        let hundredths = quotient + u64::from(up);
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    }

    /// Whether it is below the threshold of a very large online platform.
    #[must_use]
    pub fn below_threshold(&self) -> bool {
        self.numerator() < VERY_LARGE * self.denominator()
    }

    /// What is digested of it: everything that is printed, in a fixed order.
    #[must_use]
    pub fn digest(&self) -> crate::digest::Digest {
        use std::fmt::Write as _;
        let mut text = String::new();
        for (month, row) in &self.months {
            // Writing to a String can't fail.
            let _ = writeln!(
                text,
                "{month} EU {} {} {} {} {}",
                row.union, row.buyers, row.traders, row.excluded.bots, row.excluded.incidental
            );
            for (state, count) in row.states() {
                let _ = writeln!(text, "{month} {state} {count}");
            }
        }
        crate::digest::Digest::of_text(&text)
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::calendar::SixMonths;

    fn average(unions: [u64; 6]) -> Average {
        let period: SixMonths = "2018-H1".parse().unwrap();
        Average {
            months: period
                .months()
                .into_iter()
                .zip(unions.map(|union| MonthRow { union, ..MonthRow::default() }))
                .collect(),
        }
    }

    #[test]
    fn r_5_01_the_figure_is_the_mean_of_six_months_as_an_exact_fraction() {
        let figure = average([1, 2, 3, 4, 5, 7]);
        assert_eq!((figure.numerator(), figure.denominator(), figure.decimal().as_str()), (22, 6, "3.67"));
        assert_eq!(average([3, 0, 0, 0, 0, 0]).decimal(), "0.50");
    }

    #[test]
    fn r_5_03_compared_with_the_threshold_exactly() {
        assert!(average([VERY_LARGE - 1; 6]).below_threshold());
        assert!(!average([VERY_LARGE; 6]).below_threshold());
    }
}
