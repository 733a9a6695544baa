//! Average monthly active recipients of the service in the Union (DSA art. 24(2); R-5-01 to R-5-04).

use async_graphql::{Context, Object, Result, SimpleObject};
use domain::calendar::{Month, ReportPeriod, SixMonths};
use domain::place::MemberState;
use projections::active_recipients::{Average, MonthRow, VERY_LARGE};

use super::guard::{Allowed, FIGURES, Only};
use super::period::{DsaPeriod, DsaPeriodInput};
use super::platform::{Provenance, read};
use super::scalars::Decimal;
use super::user_error::query_error;

/// A month's active recipients.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaMonth {
    /// The month, as in 2025-07.
    month: String,
    /// Distinct recipients active in the Union.
    recipients: u64,
    /// … of which as buyers.
    buyers: u64,
    /// … of which as traders.
    traders: u64,
    /// Visits by bots, left out.
    excluded_bots: u64,
    /// Pages opened and left at once, left out.
    excluded_incidental: u64,
}

/// A Member State's active recipients.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaMemberState {
    /// ISO 3166-1.
    member_state: String,
    /// The mean of the six months, with two decimals.
    average: Decimal,
    /// Distinct recipients active there, month by month, added up. One seen in two states counts in both.
    sum: u64,
    /// Distinct recipients active there in each month, in order.
    months: Vec<u64>,
}

/// Average monthly active recipients of the service in the Union over six months (DSA art. 24(2)).
#[derive(Debug, Clone)]
pub struct DsaActiveRecipients {
    period: SixMonths,
    figure: Average,
    provenance: Provenance,
}

/// Average monthly active recipients of the service in the Union over six months (DSA art. 24(2)).
#[Object(serial)]
impl DsaActiveRecipients {
    /// Of which months.
    async fn period(&self) -> DsaPeriod {
        ReportPeriod::from(self.period).into()
    }

    /// The mean with two decimals, rounded half to even.
    async fn average(&self) -> Decimal {
        Decimal(self.figure.decimal())
    }

    /// The exact mean's numerator.
    async fn average_numerator(&self) -> String {
        self.figure.numerator().to_string()
    }

    /// The exact mean's denominator.
    async fn average_denominator(&self) -> u64 {
        self.figure.denominator()
    }

    /// Month by month.
    async fn months(&self) -> Vec<DsaMonth> {
        let month = |(month, row): &(Month, MonthRow)| DsaMonth {
            month: month.to_string(),
            recipients: row.union,
            buyers: row.buyers,
            traders: row.traders,
            excluded_bots: row.excluded.bots,
            excluded_incidental: row.excluded.incidental,
        };
        self.figure.months.iter().map(month).collect()
    }

    /// Member State by Member State, where anyone was active (R-5-04).
    async fn by_member_state(&self) -> Vec<DsaMemberState> {
        let count = |state: MemberState| {
            let in_month = |(_, row): &(Month, MonthRow)| {
                row.states().find(|(there, _)| *there == state).map_or(0, |(_, count)| count)
            };
            let months: Vec<u64> = self.figure.months.iter().map(in_month).collect();
            let sum = months.iter().sum();
            let average = Decimal::ratio(sum, self.figure.denominator(), 2);
            DsaMemberState { member_state: state.code().to_owned(), average, sum, months }
        };
        MemberState::ALL.into_iter().map(count).filter(|state| state.sum > 0).collect()
    }

    /// From how many on a platform is a very large one (R-5-03).
    async fn threshold(&self) -> u64 {
        VERY_LARGE
    }

    /// Whether this one is below it.
    async fn below_threshold(&self) -> bool {
        self.figure.below_threshold()
    }

    /// Where the figure comes from.
    async fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

/// Queries of the figures.
#[derive(Debug, Default)]
pub struct ActiveRecipientsQuery;

#[Object]
impl ActiveRecipientsQuery {
    /// Average monthly active recipients in the Union (DSA art. 24(2)). For COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES), complexity = "20 + 30 * child_complexity")]
    async fn dsa_active_recipients(&self, ctx: &Context<'_>, period: DsaPeriodInput) -> Result<DsaActiveRecipients> {
        let period = period.checked().map_err(query_error)?;
        read(ctx, |views| {
            let figure = views.active_recipients().average(period)?;
            let provenance = Provenance::of(views.reached, None, figure.digest());
            Ok(DsaActiveRecipients { period, figure, provenance })
        })
    }
}
