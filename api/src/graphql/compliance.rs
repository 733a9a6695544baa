//! Figures for the law: active recipients (DSA art. 24(2)) and how long reviews stay (R-3.2-05).

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::activity::{ActivityCommand, ActivityMonth, Visit, VisitKind as Kind};
use domain::calendar::{Month, ReportPeriod, SixMonths, end_of_day};
use domain::ids::{ProductId, ReviewId};
use domain::legal_hold::HeldData;
use domain::place::MemberState;
use projections::ViewError;
use projections::active_recipients::{Average, VERY_LARGE};
use projections::retention::{RetentionRow, ahead};
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, COMPLIANCE, FIGURES, OPERATORS, Only, coded};
use super::legal_holds::LegalHold;
use super::node::{global, parse};
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{Provenance, instant, read, views};
use super::scalars::{Date, Decimal};
use super::user_error::query_error;
use crate::ApiError;

/// Months: by their label, or by year and half. A transparency report may be of a whole year.
#[derive(Debug, Clone, InputObject)]
pub struct DsaPeriodInput {
    /// A half-year, as in 2025-H2, or the first of any six months, as in 2025-03; of a report also a year, as in 2026.
    label: Option<String>,
    /// The year.
    year: Option<i32>,
    /// Which half of the year: 1 or 2. Of a report nothing, for the whole year.
    half: Option<i32>,
}

impl DsaPeriodInput {
    /// The period of a report.
    ///
    /// # Errors
    /// [`ApiError::Input`] when it is not given in one of the ways.
    pub(super) fn reported(&self) -> Result<ReportPeriod, ApiError> {
        let text = match self {
            Self { label: Some(label), year: None, half: None } => label.clone(),
            Self { label: None, year: Some(year), half: None } => format!("{year:04}"),
            Self { .. } => return self.checked().map(ReportPeriod::from),
        };
        text.parse().map_err(|bad| ApiError::input("period", format!("{bad}")))
    }

    fn checked(&self) -> Result<SixMonths, ApiError> {
        let text = match self {
            Self { label: Some(label), year: None, half: None } => label.clone(),
            Self { label: None, year: Some(year), half: Some(half) } => format!("{year:04}-H{half}"),
            _ => return Err(ApiError::input("period", "give the label, as in 2025-H2, or year and half")),
        };
        text.parse().map_err(|bad| ApiError::input("period", format!("{bad}")))
    }
}

/// Calendar months in Europe/Paris.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaPeriod {
    /// As in 2025-H2, 2025-03 for six months that are no half-year, or 2026 for a year.
    label: String,
    /// The first month.
    first_month: String,
    /// The last month.
    last_month: String,
}

impl From<ReportPeriod> for DsaPeriod {
    fn from(period: ReportPeriod) -> Self {
        let (first, last) = (period.first(), period.last());
        Self { label: period.to_string(), first_month: first.to_string(), last_month: last.to_string() }
    }
}

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
    excluded_bots: u32,
    /// Pages opened and left at once, left out.
    excluded_incidental: u32,
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
        let month = |(month, row): &(Month, projections::active_recipients::MonthRow)| DsaMonth {
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
            let in_month = |(_, row): &(Month, projections::active_recipients::MonthRow)| {
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

/// How long a review stays online.
#[derive(Debug, Clone)]
pub struct Retention {
    review: ReviewId,
    row: RetentionRow,
    policy_version: u32,
}

/// How long a review stays online (R-3.2-05).
#[Object(serial)]
impl Retention {
    /// The review.
    async fn review_id(&self) -> ID {
        global(self.review)
    }

    /// Its product.
    async fn product_id(&self) -> ID {
        global::<ProductId>(self.row.product)
    }

    /// When it came online.
    async fn published_at(&self) -> DateTime<Utc> {
        instant(self.row.published_at)
    }

    /// When its years have passed.
    async fn years_pass_at(&self) -> DateTime<Utc> {
        instant(self.row.years_pass_at)
    }

    /// Since when nobody offers its product; nothing while somebody does.
    async fn off_sale_since(&self) -> Option<DateTime<Utc>> {
        self.row.off_sale_since.map(instant)
    }

    /// When it is to come down, as far as is known.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.row.due_at.map(instant)
    }

    /// Which moment it is that ends its time.
    async fn due_because(&self) -> Option<RetentionEnd> {
        self.row.due_because().map(RetentionEnd::from)
    }

    /// Which version of the policies says so.
    async fn policy_version(&self) -> u32 {
        self.policy_version
    }

    /// What authorities ordered that keeps it: while there is anything, it does not come down.
    async fn holds(&self, ctx: &Context<'_>) -> Result<Vec<LegalHold>> {
        read(ctx, |views| {
            let reader = views.retention().holds();
            let mut holds = Vec::new();
            for id in reader.on(HeldData::Review(self.review))? {
                holds.extend(reader.hold(id)?.map(|row| LegalHold::new(id, row)));
            }
            Ok(holds)
        })
    }
}

/// Which moment ends a review's time online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::retention::DueBecause")]
pub enum RetentionEnd {
    /// Its years have passed.
    YearsPassed,
    /// Its product went off sale.
    OffSale,
}

/// In which part a recipient uses the service (R-5-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::activity::RecipientRole")]
pub enum RecipientRole {
    /// A consumer, signed in or not.
    Buyer,
    /// A seller.
    Trader,
}

/// What the edge server says of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::activity::VisitKind")]
pub enum VisitKind {
    /// Somebody engaged with the service.
    Engaged,
    /// A page was opened and left at once.
    Incidental,
    /// A program.
    Bot,
}

/// A visit.
#[derive(Debug, Clone, InputObject)]
pub struct VisitInput {
    /// Who, by a pseudonym.
    recipient_id: ID,
    /// What kind of visit.
    #[graphql(default_with = "VisitKind::Engaged")]
    kind: VisitKind,
}

/// A batch of visits of one month, Member State and part.
#[derive(Debug, Clone, InputObject)]
pub struct RecordActivityInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The calendar month in Europe/Paris, as in 2025-07.
    month: String,
    /// Where, ISO 3166-1.
    member_state: String,
    /// In which part.
    role: RecipientRole,
    /// The visits; 1 to 10,000.
    visits: Vec<VisitInput>,
}

payload! {
    /// What a batch of visits came to.
    ActivityPayload(Month)
}

#[async_graphql::ComplexObject]
impl ActivityPayload {
    /// The month in which it counts.
    async fn month(&self) -> Option<String> {
        self.effect.as_ref().map(|effect| effect.what.to_string())
    }
}

/// Queries for compliance.
#[derive(Debug, Default)]
pub struct ComplianceQuery;

#[Object]
impl ComplianceQuery {
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

    /// The reviews that are to come down, soonest first, before a day begins in Europe/Paris if one is named
    /// (R-3.2-05). For COMPLIANCE.
    #[graphql(guard = "Only(COMPLIANCE)", directive = Allowed::apply(COMPLIANCE), complexity = "cost(first, None, child_complexity)")]
    async fn review_retention(
        &self,
        ctx: &Context<'_>,
        due_before: Option<Date>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<Retention>> {
        let asked = PageInput::forwards(first, after).checked(|_: &(i64, ReviewId)| true)?;
        due(ctx, &asked, due_before.map(beginning_of), Of::Everything)
    }

    /// What falls due of the reviews that are online, soonest first: when, why, and what keeps it all the same (R-3.2-05).
    /// Before a day begins in Europe/Paris; where none is named, ninety days ahead. All, or of a product, or one review. For
    /// COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES), complexity = "cost(first, None, child_complexity)")]
    async fn retention_due(
        &self,
        ctx: &Context<'_>,
        before: Option<Date>,
        product_id: Option<ID>,
        review_id: Option<ID>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<Retention>> {
        let asked = PageInput::forwards(first, after).checked(|_: &(i64, ReviewId)| true)?;
        let product = product_id.map(|id| parse::<ProductId>(&id, "productId")).transpose().map_err(query_error)?;
        let review = review_id.map(|id| parse::<ReviewId>(&id, "reviewId")).transpose().map_err(query_error)?;
        let before = before.map_or_else(|| ahead(views(ctx).reached.moment()), beginning_of);
        let of = match (product, review) {
            (None, None) => Of::Everything,
            (Some(product), None) => Of::Product(product),
            (None, Some(review)) => Of::Review(review),
            (Some(_), Some(_)) => return Err(coded("INVALID", "name a product or a review, not both")),
        };
        due(ctx, &asked, Some(before), of)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
enum Of {
    Everything,
    Product(ProductId),
    Review(ReviewId),
}

/// When a day begins in Europe/Paris: when the day before it is over; noon is on the same day in UTC and in Paris.
fn beginning_of(Date(day): Date) -> DateTime<Utc> {
    let before = |day: NaiveDate| end_of_day(day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(12), 0);
    day.pred_opt().map_or(DateTime::<Utc>::MIN_UTC, before)
}

/// What falls due before a moment, if one is named.
fn due(
    ctx: &Context<'_>,
    asked: &Asked<(i64, ReviewId)>,
    before: Option<DateTime<Utc>>,
    of: Of,
) -> Result<Page<Retention>> {
    let views = views(ctx);
    let reader = views.retention();
    let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = asked;
    let policy_version = reader.policy().map_err(|error| query_error(error.into()))?.policy_version;
    let in_time = |key: &Result<(i64, ReviewId), ViewError>| match key {
        Ok((due, _)) => before.is_none_or(|before| instant(*due) < before),
        Err(_) => true,
    };
    let item = |(_, review): &(i64, ReviewId)| {
        Ok(reader.review(*review)?.map(|row| Retention { review: *review, row, policy_version }))
    };
    let keys = match of {
        Of::Everything => return take(asked, reader.due(from.as_ref()).take_while(in_time), item),
        // A product has as many reviews as its buyers wrote; they are few beside all.
        Of::Product(product) => reader.due_of_product(product),
        Of::Review(review) => reader
            .review(review)
            .map(|row| row.and_then(|row| row.due_at).map(|due_at| (due_at, review)).into_iter().collect()),
    };
    let keys = keys.map_err(|error| query_error(error.into()))?;
    let keys = keys.into_iter().filter(|key| from.is_none_or(|from| *key > from)).map(Ok);
    take(asked, keys.take_while(in_time), item)
}

/// Commands for compliance.
#[derive(Debug, Default)]
pub struct ComplianceMutation;

#[Object]
impl ComplianceMutation {
    /// Records visits as the edge servers saw them; bots and incidental visits are left out and counted apart
    /// (R-5-01, R-5-04). For an OPERATOR.
    #[graphql(guard = "Only(OPERATORS)", directive = Allowed::apply(OPERATORS))]
    async fn record_activity(&self, ctx: &Context<'_>, input: RecordActivityInput) -> Result<ActivityPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let month: Month = input.month.parse().map_err(|bad| ApiError::input("month", format!("{bad}")))?;
            let member_state: MemberState =
                input.member_state.parse().map_err(|bad| ApiError::input("memberState", format!("{bad}")))?;
            let visit = |visit: &VisitInput| {
                let recipient = parse(&visit.recipient_id, "visits.recipientId")?;
                Ok::<_, ApiError>(Visit { recipient, kind: Kind::from(visit.kind) })
            };
            let visits = input.visits.iter().map(visit).collect::<Result<_, _>>()?;
            let record = ActivityCommand::RecordVisits { month, member_state, role: input.role.into(), visits };
            Ok((month, command.append_to::<ActivityMonth>(ActivityMonth::stream_of(month), record).await?))
        };
        ActivityPayload::of(&command, result.await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_5_02_a_period_is_a_label_or_year_and_half() {
        let period = |label: Option<&str>, year, half| {
            DsaPeriodInput { label: label.map(str::to_owned), year, half }.checked().map(|period| period.to_string())
        };
        assert_eq!(period(Some("2025-H2"), None, None).unwrap(), "2025-H2");
        assert_eq!(period(None, Some(2025), Some(2)).unwrap(), "2025-H2");
        assert_eq!(period(Some("2025-03"), None, None).unwrap(), "2025-03");
        assert!(period(None, Some(2025), None).is_err());
        assert!(period(None, Some(2025), Some(3)).is_err());
    }
}
