//! Average monthly active recipients of the service in the Union (DSA art. 24(2); R-5-01 to R-5-04).

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::activity::RecipientRole as Role;
use domain::calendar::{Month, ReportPeriod, SixMonths, local_day};
use domain::figure_digest::FigureDigest;
use domain::place::MemberState;
use domain::publication_due::PublicationDue;
use domain::threshold::{VERY_LARGE, WARNING_LEVEL};
use projections::ViewError;
use projections::active_recipients::{Average, Fraction, MonthRow, by_role};
use projections::dsa_figures::{DsaFiguresReader, PublicationRow};

use super::activity::RecipientRole;
use super::dsa_publications::DsaPublication;
use super::guard::{Allowed, FIGURES, Only};
use super::period::{DsaPeriod, DsaPeriodInput};
use super::platform::{Provenance, read};
use super::scalars::{Date, Decimal};
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
    /// … of which as visitors who are neither.
    visitors: u64,
    /// Visits by bots, left out.
    excluded_bots: u64,
    /// Incidental visits, left out.
    excluded_incidental: u64,
}

impl From<&(Month, MonthRow)> for DsaMonth {
    fn from((month, row): &(Month, MonthRow)) -> Self {
        Self {
            month: month.to_string(),
            recipients: row.union,
            buyers: row.buyers,
            traders: row.traders,
            visitors: row.visitors,
            excluded_bots: row.excluded.bots,
            excluded_incidental: row.excluded.incidental,
        }
    }
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

/// A part's active recipients.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaRole {
    /// The part.
    role: RecipientRole,
    /// The mean of the six months, with two decimals.
    average: Decimal,
    /// Distinct recipients active in it, month by month, added up. One in two parts counts in both.
    sum: u64,
    /// Distinct recipients active in it in each month, in order.
    months: Vec<u64>,
}

/// An exact number of recipients, which may be negative.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaFraction {
    /// The numerator, with the sign.
    numerator: String,
    /// The denominator.
    denominator: String,
    /// With two decimals, rounded half to even.
    rounded: Decimal,
}

impl From<Fraction> for DsaFraction {
    fn from(fraction: Fraction) -> Self {
        Self {
            numerator: fraction.numerator().to_string(),
            denominator: fraction.denominator().to_string(),
            rounded: Decimal(fraction.decimal(2)),
        }
    }
}

/// Where a figure is going.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaTrend {
    /// The mean of the last three months less the mean of the first three.
    within_period: DsaFraction,
    /// The mean of the six months less the mean of the six months before them.
    since_period_before: DsaFraction,
}

/// How far a figure is from the threshold of a very large platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::threshold::Level")]
pub enum DsaLevel {
    /// Below the warning level.
    Below,
    /// From the warning level on, and below the threshold.
    Near,
    /// From the threshold on.
    VeryLarge,
}

/// A publication, and whether it is what the book says now.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaPublicationCheck {
    /// The publication.
    publication: DsaPublication,
    /// Whether the figure of these months, as it is computed now, has the digest of the publication. Where it does not, more
    /// was reported of these months since: look at both, and publish a correction.
    agrees: bool,
}

/// By when the figure of a half-year is published.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaPublicationDue {
    /// The half-year.
    period: DsaPeriod,
    /// The last day in Europe/Paris.
    due_on: Date,
    /// Whether that day is past.
    overdue: bool,
}

impl DsaPublicationDue {
    /// The next one, as of where the views are.
    fn next(published: &DsaFiguresReader<'_>, now: DateTime<Utc>) -> Result<Self, ViewError> {
        let due = PublicationDue::next(published.latest_period()?, now);
        let overdue = local_day(now) > due.on;
        Ok(Self { period: ReportPeriod::from(due.period).into(), due_on: Date(due.on), overdue })
    }
}

/// Average monthly active recipients of the service in the Union over six months (DSA art. 24(2)).
#[derive(Debug, Clone)]
pub struct DsaActiveRecipients {
    period: SixMonths,
    is_final: bool,
    figure: Average,
    before: Average,
    publications: Vec<DsaPublicationCheck>,
    due: DsaPublicationDue,
    provenance: Provenance,
}

/// Months in order, their sum and their mean.
struct Counted {
    months: Vec<u64>,
    sum: u64,
    average: Decimal,
}

/// Average monthly active recipients of the service in the Union over six months (DSA art. 24(2)).
#[Object(serial)]
impl DsaActiveRecipients {
    /// Of which months.
    async fn period(&self) -> DsaPeriod {
        ReportPeriod::from(self.period).into()
    }

    /// Whether the months were over at the figure's moment; before, the figure still grows.
    async fn is_final(&self) -> bool {
        self.is_final
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
        self.figure.months.iter().map(DsaMonth::from).collect()
    }

    /// Month by month, the six months before.
    async fn months_before(&self) -> Vec<DsaMonth> {
        self.before.months.iter().map(DsaMonth::from).collect()
    }

    /// Member State by Member State, where anyone was active (R-5-04).
    async fn by_member_state(&self) -> Vec<DsaMemberState> {
        let count = |state: MemberState| {
            let Counted { months, sum, average } = self.counted(|row| row.states(), state);
            DsaMemberState { member_state: state.code().to_owned(), average, sum, months }
        };
        MemberState::ALL.into_iter().map(count).filter(|state| state.sum > 0).collect()
    }

    /// Part by part (R-5-04).
    async fn by_role(&self) -> Vec<DsaRole> {
        let count = |(role, _): (Role, u64)| {
            let Counted { months, sum, average } = self.counted(|row| by_role(row).into_iter(), role);
            DsaRole { role: role.into(), average, sum, months }
        };
        by_role(&MonthRow::default()).into_iter().map(count).collect()
    }

    /// From how many on a platform is a very large one (R-5-03).
    async fn threshold(&self) -> u64 {
        VERY_LARGE
    }

    /// Whether this one is below it.
    async fn below_threshold(&self) -> bool {
        self.figure.below_threshold()
    }

    /// From how many on the threshold is near: four fifths of it.
    async fn warning_level(&self) -> u64 {
        WARNING_LEVEL
    }

    /// How far it is from the threshold.
    async fn level(&self) -> DsaLevel {
        self.figure.level().into()
    }

    /// The threshold less the mean: how many more average recipients there may be; zero or less from the threshold on.
    async fn distance(&self) -> DsaFraction {
        self.figure.distance().into()
    }

    /// How many hundredths of the threshold the mean is, with two decimals.
    async fn percent_of_threshold(&self) -> Decimal {
        Decimal(self.figure.percent_of_threshold().decimal(2))
    }

    /// Where it is going: the last three months' mean less that of the first three, and the mean less that of the six months
    /// before. Both are exact differences of recipients, and say nothing of why.
    async fn trend(&self) -> DsaTrend {
        DsaTrend {
            within_period: self.figure.change_within().into(),
            since_period_before: self.figure.change_since(&self.before).into(),
        }
    }

    /// What was published of these six months, in order, and whether it is what is computed now (R-5-05).
    async fn publications(&self) -> &[DsaPublicationCheck] {
        &self.publications
    }

    /// By when the next half-year's figure is published (R-5-02): that of January to June by 17 August, that of July to
    /// December by 17 February, and at the latest six months after the last publication of another period.
    async fn next_publication_due(&self) -> &DsaPublicationDue {
        &self.due
    }

    /// Where the figure comes from.
    async fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

impl DsaActiveRecipients {
    /// One part of each month's recipients.
    fn counted<'a, K: PartialEq + Copy, I: Iterator<Item = (K, u64)>>(
        &'a self,
        parts: impl Fn(&'a MonthRow) -> I,
        wanted: K,
    ) -> Counted {
        let in_month = |row| parts(row).find(|(part, _)| *part == wanted).map_or(0, |(_, count)| count);
        let months: Vec<u64> = self.figure.months.iter().map(|(_, row)| in_month(row)).collect();
        let sum = months.iter().sum();
        Counted { average: Decimal::ratio(sum, self.figure.denominator(), 2), sum, months }
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
            let (recipients, published) = (views.active_recipients(), views.dsa_figures());
            let (figure, before) = (recipients.average(period)?, recipients.average(period.before())?);
            let digest = FigureDigest::from(figure.digest());
            let check = |row: PublicationRow| {
                let agrees = row.published.digest == digest;
                DsaPublicationCheck { publication: DsaPublication::new(row), agrees }
            };
            let publications = published.of_period(period)?.into_iter().map(check).collect();
            let due = DsaPublicationDue::next(&published, views.reached.moment())?;
            let provenance = Provenance::of(views.reached, None, figure.digest());
            let is_final = ReportPeriod::from(period).is_over_at(views.reached.moment());
            Ok(DsaActiveRecipients { period, is_final, figure, before, publications, due, provenance })
        })
    }

    /// By when the next half-year's figure is published (R-5-02). For COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES))]
    async fn next_dsa_publication_due(&self, ctx: &Context<'_>) -> Result<DsaPublicationDue> {
        read(ctx, |views| DsaPublicationDue::next(&views.dsa_figures(), views.reached.moment()))
    }
}
