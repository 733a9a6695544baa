//! Figures of DSA art. 24(2) as they were published, for everyone, and their publication (R-5-02, R-5-05).

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::activity::RecipientRole as Role;
use domain::calendar::ReportPeriod;
use domain::dsa_figure::{
    AskedPublication, DsaFigure, DsaFigureCommand, DsaFigurePublished, FigureMonth, FigureWording,
};
use domain::figure_digest::FigureDigest;
use domain::ids::DsaPublicationId;
use domain::place::MemberState;
use event_log::Position;
use projections::Checkpoint;
use projections::dsa_figures::{PublicationCursor, PublicationRow};
use projections::website_text::website_text;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::activity::RecipientRole;
use super::command::{Command, payload};
use super::guard::{Allowed, COMPLIANCE, FIGURES, Only};
use super::node::{global, parse};
use super::page::{Asked, Page, PageInput, cost, take};
use super::period::{DsaPeriod, DsaPeriodInput};
use super::platform::{Provenance, instant, read, viewer, views, wait_for};
use super::scalars::Decimal;
use super::user_error::query_error;
use crate::{ApiError, figures};

/// What the website says of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::dsa_figure::FigureWording")]
pub enum DsaWording {
    /// The figure.
    Exact,
    /// That it is below the threshold of a very large platform. The figure itself is for COMPLIANCE and AUDITOR.
    BelowThreshold,
}

/// A language in which the text for the website exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::written::WrittenLanguage")]
pub enum WebsiteLanguage {
    /// English.
    #[graphql(name = "EN")]
    English,
    /// French.
    #[graphql(name = "FR")]
    French,
    /// Dutch.
    #[graphql(name = "NL")]
    Dutch,
    /// German.
    #[graphql(name = "DE")]
    German,
}

/// A part's recipients in a month.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaRoleCount {
    /// The part.
    role: RecipientRole,
    /// Distinct recipients active in it.
    recipients: u64,
}

/// A Member State's recipients in a month.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaMemberStateCount {
    /// ISO 3166-1.
    member_state: String,
    /// Distinct recipients active there.
    recipients: u64,
}

/// A month as it was published.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DsaPublishedMonth {
    /// The month, as in 2025-07.
    month: String,
    /// Distinct recipients active in the Union.
    recipients: u64,
    /// … by part; one in two parts counts in both.
    by_role: Vec<DsaRoleCount>,
    /// … by Member State, where anyone was active; one in two states counts in both.
    by_member_state: Vec<DsaMemberStateCount>,
    /// Visits by bots, left out.
    excluded_bots: u64,
    /// Incidental visits, left out.
    excluded_incidental: u64,
}

impl From<&FigureMonth> for DsaPublishedMonth {
    fn from(month: &FigureMonth) -> Self {
        let role = |(role, recipients): (&Role, &_)| DsaRoleCount { role: (*role).into(), recipients: *recipients };
        let state = |(state, recipients): (&MemberState, &_)| DsaMemberStateCount {
            member_state: state.code().to_owned(),
            recipients: *recipients,
        };
        Self {
            month: month.month.to_string(),
            recipients: month.union,
            by_role: month.by_role.iter().map(role).collect(),
            by_member_state: month.by_member_state.iter().map(state).collect(),
            excluded_bots: month.excluded.bots,
            excluded_incidental: month.excluded.incidental,
        }
    }
}

/// A figure as it was published, with its months.
#[derive(Debug, Clone)]
pub struct DsaPublishedFigure(DsaFigurePublished);

/// A figure as it was published, with its months.
#[Object(serial)]
impl DsaPublishedFigure {
    /// The mean with two decimals, rounded half to even.
    async fn average(&self) -> Decimal {
        Decimal::ratio(self.0.numerator, self.0.denominator, 2)
    }

    /// The exact mean's numerator.
    async fn average_numerator(&self) -> String {
        self.0.numerator.to_string()
    }

    /// The exact mean's denominator.
    async fn average_denominator(&self) -> u64 {
        self.0.denominator
    }

    /// Month by month.
    async fn months(&self) -> Vec<DsaPublishedMonth> {
        self.0.months.iter().map(DsaPublishedMonth::from).collect()
    }
}

/// A publication of the average monthly active recipients of six months. It is never changed: a correction is another one.
#[derive(Debug, Clone)]
pub struct DsaPublication(PublicationRow);

/// A publication of the average monthly active recipients of six months (DSA art. 24(2)). It is never changed: a correction
/// is another one.
#[Object(serial)]
impl DsaPublication {
    /// The global id.
    async fn id(&self) -> ID {
        global(self.0.published.publication)
    }

    /// Of which months.
    async fn period(&self) -> DsaPeriod {
        ReportPeriod::from(self.0.published.period).into()
    }

    /// When it was published.
    async fn published_at(&self) -> DateTime<Utc> {
        instant(self.0.at)
    }

    /// The position in the book of the event that says so.
    async fn event_position(&self) -> String {
        self.0.event_position.to_string()
    }

    /// What the website says.
    async fn wording(&self) -> DsaWording {
        self.0.published.wording.into()
    }

    /// Whether the mean is below the threshold of a very large platform (R-5-03).
    async fn below_threshold(&self) -> bool {
        self.0.published.below_threshold
    }

    /// The version of the method by which recipients were counted.
    async fn method_version(&self) -> u32 {
        self.0.published.method
    }

    /// The figure. Nothing where the website says only that it is below the threshold, but for COMPLIANCE and AUDITOR.
    async fn figure(&self, ctx: &Context<'_>) -> Option<DsaPublishedFigure> {
        let is_public = match self.0.published.wording {
            FigureWording::Exact => true,
            FigureWording::BelowThreshold => false,
        };
        let shown = is_public || FIGURES.lets(viewer(ctx), false);
        shown.then(|| DsaPublishedFigure(self.0.published.clone()))
    }

    /// The publication that it corrects; nothing where it is the period's first.
    async fn corrects(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        Self::of(ctx, self.0.published.correction.as_ref().map(|correction| correction.corrects))
    }

    /// Why it corrects that one.
    async fn reason(&self) -> Option<&str> {
        self.0.published.correction.as_ref().map(|correction| correction.reason.as_str())
    }

    /// The publication that corrects it; nothing where none does.
    async fn corrected_by(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        Self::of(ctx, self.0.corrected_by)
    }

    /// The text for the website: what art. 24(2) asks for, how it was counted, and where it can be checked.
    async fn website_text(&self, ctx: &Context<'_>, language: WebsiteLanguage) -> Result<String> {
        let corrected = Self::of(ctx, self.0.published.correction.as_ref().map(|correction| correction.corrects))?;
        Ok(website_text(&self.0, corrected.map(|corrected| corrected.0).as_ref(), language.into()))
    }

    /// The figure's address: whoever has the book regenerates it as of this position, with this digest.
    async fn provenance(&self) -> Provenance {
        let DsaFigurePublished { position, as_of, digest, .. } = &self.0.published;
        let next = Position(position.saturating_add(1));
        let at = Checkpoint { next, moment_micros: as_of.timestamp_micros() };
        Provenance::of(at, None, (*digest).into())
    }
}

impl DsaPublication {
    /// A publication at hand.
    #[must_use]
    pub(super) const fn new(row: PublicationRow) -> Self {
        Self(row)
    }

    fn of(ctx: &Context<'_>, id: Option<DsaPublicationId>) -> Result<Option<Self>> {
        let Some(id) = id else { return Ok(None) };
        Ok(read(ctx, |views| views.dsa_figures().publication(id))?.map(Self))
    }
}

/// A figure that was seen and is to be published.
#[derive(Debug, Clone, InputObject)]
pub struct PublishDsaFigureInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The publication's id; a new one where nothing is said.
    publication_id: Option<ID>,
    /// Of which months.
    period: DsaPeriodInput,
    /// As of which position of the book it was seen, as the provenance of dsaActiveRecipients says it.
    position: String,
    /// The digest that was seen, as the same provenance says it.
    digest: String,
    /// What the website is to say.
    wording: DsaWording,
    /// The publication that it corrects: the latest of this period. Nothing for the first.
    corrects: Option<ID>,
    /// Why it is corrected, in a line that goes public; no personal data.
    reason: Option<String>,
}

impl PublishDsaFigureInput {
    fn asked(&self, command: &Command<'_>) -> std::result::Result<AskedPublication, ApiError> {
        let id = self.publication_id.as_ref();
        let bad_position = |_| {
            let message = "a position is a whole number, as the figure's provenance says it";
            ApiError::input("position", message)
        };
        let digest: std::result::Result<FigureDigest, _> = self.digest.parse();
        Ok(AskedPublication {
            publication: id.map_or_else(|| Ok(command.derived()), |id| parse(id, "publicationId"))?,
            period: self.period.checked()?,
            position: self.position.parse().map_err(bad_position)?,
            digest: digest.map_err(|bad| ApiError::input("digest", bad.to_string()))?,
            wording: self.wording.into(),
            corrects: self.corrects.as_ref().map(|id| parse(id, "corrects")).transpose()?,
            reason: self.reason.clone(),
        })
    }
}

payload! {
    /// What the publication of a figure came to.
    DsaPublicationPayload(DsaPublicationId)
}

#[ComplexObject]
impl DsaPublicationPayload {
    /// The publication.
    async fn publication(&self, ctx: &Context<'_>) -> Result<Option<DsaPublication>> {
        let Some(effect) = &self.effect else { return Ok(None) };
        wait_for(ctx, effect.position).await?;
        DsaPublication::of(ctx, Some(effect.what))
    }
}

/// Queries of published figures.
#[derive(Debug, Default)]
pub struct DsaPublicationQuery;

#[Object]
impl DsaPublicationQuery {
    /// The figures of average monthly active recipients in the Union that were published, the newest first (DSA art. 24(2)).
    #[graphql(complexity = "cost(first, None, child_complexity)")]
    async fn published_dsa_figures(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<DsaPublication>> {
        let asked = PageInput::forwards(first, after).checked(|_: &PublicationCursor| true)?;
        let views = views(ctx);
        let reader = views.dsa_figures();
        let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
        take(&asked, reader.newest(from.as_ref()), |(_, id)| Ok(reader.publication(*id)?.map(DsaPublication)))
    }

    /// A published figure; nothing where there is none with this id.
    async fn published_dsa_figure(&self, ctx: &Context<'_>, id: ID) -> Result<Option<DsaPublication>> {
        let id = parse(&id, "id").map_err(query_error)?;
        DsaPublication::of(ctx, Some(id))
    }
}

/// The command on figures.
#[derive(Debug, Default)]
pub struct DsaPublicationMutation;

#[Object]
impl DsaPublicationMutation {
    /// Publishes the average monthly active recipients of six months that are over, or a correction of them (R-5-02, R-5-05).
    /// The figure is regenerated from the book as of the position, and must have the digest that was seen. For COMPLIANCE.
    #[graphql(guard = "Only(COMPLIANCE)", directive = Allowed::apply(COMPLIANCE))]
    async fn publish_dsa_figure(
        &self,
        ctx: &Context<'_>,
        input: PublishDsaFigureInput,
    ) -> Result<DsaPublicationPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let asked = input.asked(&command)?;
            let regenerated = OnceCell::new();
            let publish = async |figure: DsaFigure| {
                let last = command.book.log().next_position().await?.0.checked_sub(1);
                figure.check(&asked, last, command.book.clock().now())?;
                let of_book = || figures::regenerated(command.book, asked.period, asked.position);
                let regenerated = regenerated.get_or_try_init(of_book).await?.clone();
                Ok(DsaFigureCommand::Publish { asked: asked.clone(), regenerated })
            };
            let done = command.execute_in::<DsaFigure, _, _>(DsaFigure::stream_of(asked.period), publish).await?;
            Ok((asked.publication, done))
        };
        DsaPublicationPayload::of(&command, result.await)
    }
}
