//! The DSA's transparency report (art. 15 and 24(1); R-7-01): its totals, and its parts in the Commission's template.

use async_graphql::{Context, Object, Result, SimpleObject};
use projections::transparency::{
    ComplaintFigures, Durations, Heading, MeasureFigures, NoticeFigures, OrderFigures, OrdersOfOneKind, Part,
    TransparencyReport as Report,
};

use super::guard::{Allowed, FIGURES, Only};
use super::period::{DsaPeriod, DsaPeriodInput};
use super::platform::{Provenance, read};
use super::scalars::Decimal;
use super::user_error::query_error;

/// Authorities' orders of the period.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct TransparencyOrders {
    /// How many came in.
    received: u64,
    /// How many addresses they name.
    items: u64,
    /// The median of the hours until the authority was told that its order came in; nothing where none was told.
    median_hours_to_confirm: Option<Decimal>,
    /// The median of the hours until effect was given; nothing where none was.
    median_hours_to_effect: Option<Decimal>,
}

/// Notices of the period (DSA art. 16).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct TransparencyNotices {
    /// How many came in.
    received: u64,
    /// How many were decided, each by a person.
    decided: u64,
    /// How many led to a restriction because something is illegal.
    actions_by_law: u64,
    /// How many led to a restriction because something is against the terms.
    actions_by_terms: u64,
    /// The median of the hours until they led to one; nothing where none did.
    median_hours_to_act: Option<Decimal>,
}

/// Restrictions of the period.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct TransparencyMeasures {
    /// How many.
    taken: u64,
    /// How many of them automated means detected or decided.
    automated: u64,
}

/// Complaints of the period (DSA art. 20).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct TransparencyComplaints {
    /// How many were lodged.
    lodged: u64,
    /// How many decisions on them let the first decision stand.
    upheld: u64,
    /// How many took it back in part.
    partially_reversed: u64,
    /// How many took it back.
    reversed: u64,
    /// The median of the hours until they were decided; nothing where none was.
    median_hours_to_decide: Option<Decimal>,
}

/// A part of the Commission's template (Implementing Regulation (EU) 2024/2835).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct TransparencyReportPart {
    /// Its number: 1 to 11.
    number: u8,
    /// The name of its file.
    file: String,
    /// How many rows it has.
    rows: usize,
    /// As CSV (RFC 4180).
    csv: String,
}

/// The transparency report of a year or of six months (DSA art. 15 and 24(1)).
#[derive(Debug, Clone)]
pub struct TransparencyReport {
    report: Report,
    provenance: Provenance,
}

fn hours(durations: &Durations) -> Option<Decimal> {
    durations.median().map(|median| Decimal(median.hours()))
}

impl From<&OrdersOfOneKind> for TransparencyOrders {
    fn from(orders: &OrdersOfOneKind) -> Self {
        Self {
            received: orders.received,
            items: orders.items,
            median_hours_to_confirm: hours(&orders.confirmed),
            median_hours_to_effect: hours(&orders.effective),
        }
    }
}

impl From<&NoticeFigures> for TransparencyNotices {
    fn from(notices: &NoticeFigures) -> Self {
        Self {
            received: notices.received,
            decided: notices.decided,
            actions_by_law: notices.by_law,
            actions_by_terms: notices.by_terms,
            median_hours_to_act: hours(&notices.acted),
        }
    }
}

impl From<&MeasureFigures> for TransparencyMeasures {
    fn from(measures: &MeasureFigures) -> Self {
        Self { taken: measures.taken, automated: measures.automated }
    }
}

impl From<&ComplaintFigures> for TransparencyComplaints {
    fn from(complaints: &ComplaintFigures) -> Self {
        Self {
            lodged: complaints.lodged,
            upheld: complaints.upheld,
            partially_reversed: complaints.partially_reversed,
            reversed: complaints.reversed,
            median_hours_to_decide: hours(&complaints.decided),
        }
    }
}

impl From<&Part> for TransparencyReportPart {
    fn from(part: &Part) -> Self {
        Self { number: part.number, file: part.file(), rows: part.rows.len(), csv: part.csv() }
    }
}

impl TransparencyReport {
    fn orders(&self, kind: fn(&OrderFigures) -> &OrdersOfOneKind) -> TransparencyOrders {
        self.report.figures.orders.of(Heading::Total).map_or_else(
            || TransparencyOrders::from(&OrdersOfOneKind::default()),
            |orders| TransparencyOrders::from(kind(orders)),
        )
    }
}

/// The transparency report of a year or of six months (DSA art. 15 and 24(1); R-7-01).
#[Object(serial)]
impl TransparencyReport {
    /// Of which months.
    async fn period(&self) -> DsaPeriod {
        self.report.period.into()
    }

    /// Whether the months were over at the report's moment; before, its figures still grow.
    async fn is_final(&self) -> bool {
        self.report.is_final()
    }

    /// Orders to act against illegal content or products (art. 9).
    async fn orders_to_act(&self) -> TransparencyOrders {
        self.orders(|orders| &orders.to_act)
    }

    /// Orders to give information (art. 10).
    async fn orders_to_inform(&self) -> TransparencyOrders {
        self.orders(|orders| &orders.to_inform)
    }

    /// Notices that allege something illegal (art. 16).
    async fn notices(&self) -> TransparencyNotices {
        self.report.figures.notices.of(Heading::Total).unwrap_or(&NoticeFigures::default()).into()
    }

    /// Those of trusted flaggers among them (art. 22).
    async fn trusted_flaggers_notices(&self) -> TransparencyNotices {
        self.report.figures.trusted_flaggers_notices.of(Heading::Total).unwrap_or(&NoticeFigures::default()).into()
    }

    /// Restrictions on the operator's own initiative because something is illegal.
    async fn own_initiative_by_law(&self) -> TransparencyMeasures {
        self.report.figures.own_initiative_by_law.of(Heading::Total).unwrap_or(&MeasureFigures::default()).into()
    }

    /// Restrictions on the operator's own initiative because something is against the terms.
    async fn own_initiative_by_terms(&self) -> TransparencyMeasures {
        self.report.figures.own_initiative_by_terms.of(Heading::Total).unwrap_or(&MeasureFigures::default()).into()
    }

    /// Restrictions, whatever led to them.
    async fn measures(&self) -> TransparencyMeasures {
        (&self.report.figures.measures).into()
    }

    /// Complaints.
    async fn complaints(&self) -> TransparencyComplaints {
        (&self.report.figures.complaints).into()
    }

    /// Accounts suspended because of illegal content (art. 23(1)).
    async fn suspensions_for_illegal_content(&self) -> u64 {
        self.report.figures.suspensions_for_illegal_content
    }

    /// Disputes about buyers' orders that were brought before a body out of court. They are none of art. 21, which are
    /// about content, and of which the book knows nothing.
    async fn order_disputes(&self) -> u64 {
        self.report.figures.order_disputes
    }

    /// The parts, in the template's order.
    #[graphql(complexity = "11 * child_complexity")]
    async fn parts(&self) -> Vec<TransparencyReportPart> {
        self.report.parts.iter().map(TransparencyReportPart::from).collect()
    }

    /// The qualitative part as Markdown; what people must write is marked.
    async fn qualitative(&self) -> &str {
        &self.report.qualitative
    }

    /// Where the report comes from. The digest covers the parts and the qualitative part.
    async fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

/// Queries for compliance.
#[derive(Debug, Default)]
pub struct TransparencyQuery;

#[Object]
impl TransparencyQuery {
    /// The transparency report of a year or of six months in the Commission's template (DSA art. 15 and 24(1)). For
    /// COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES), complexity = "20 + 30 * child_complexity")]
    async fn transparency_report(&self, ctx: &Context<'_>, period: DsaPeriodInput) -> Result<TransparencyReport> {
        let period = period.reported().map_err(query_error)?;
        read(ctx, |views| {
            let reader = views.transparency();
            let (figures, policies) = (reader.figures(period)?, reader.policy_version()?);
            let recipients = views.active_recipients().average(period)?;
            let report = Report::new(period, figures, &recipients, policies, views.reached);
            let provenance = Provenance::of(views.reached, Some(policies), report.digest());
            Ok(TransparencyReport { report, provenance })
        })
    }
}
