//! Average monthly active recipients in the Union (DSA art. 24(2); R-5-01 to R-5-05): the figure of any six months, how far it is
//! from the threshold, what it is made of, what was published of it; and from here it is published and regenerated.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::Html;
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::{Month, ReportPeriod, SixMonths};
use domain::place::{Country, MemberState};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{publications, regeneration};
use crate::console::chart::{Bar, Chart, Scale};
use crate::console::frame::Frame;
use crate::console::number::{change, decimal, whole};
use crate::console::outcome::Errors;
use crate::console::page::Page;
use crate::console::schema_enum::schema_enum;
use crate::console::trouble::Trouble;
use crate::console::visit::{Form, Visit, command_id};
use crate::console::when::{day, moment};
use crate::graphql::active_recipients::DsaLevel;
use crate::graphql::activity::RecipientRole;
use crate::graphql::dsa_publications::DsaWording;
use crate::graphql::guard::{COMPLIANCE, FIGURES};
use crate::http::App;
use crate::http::health::Readiness;
use crate::mail::MailLanguage;
use crate::mail::country::country;

/// Where it is.
pub(super) const PATH: &str = "/console/active-recipients";

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: PATH,
    title: "Active recipients",
    who: FIGURES,
    routes: || {
        Router::<Arc<App>>::new()
            .route("/", get(show))
            .route("/publications", post(publications::publish))
            .route("/publications/{id}", get(publications::show))
            .route("/publications/{id}/{language}", get(publications::text))
            .route("/regenerations", post(regeneration::begin))
            .route("/regenerations/{id}", get(regeneration::show))
    },
};

const QUESTION: &str = include_str!("active_recipients.graphql");

/// How many half-years are one click away; any other six months are asked for by a form.
const HALF_YEARS: usize = 4;
/// From such a part of the threshold on (one hundredth of so much) the months are drawn on one scale with it: there they are
/// high enough to be told apart.
const ONE_SCALE_FROM: u64 = 10;
/// What a bar's whole width is, in the units of its view box.
const FULL_WIDTH: u64 = 1_000;

/// What of the page is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    /// Six months, as in 2025-H2 or 2025-03.
    period: Option<String>,
    scale: Option<String>,
    /// By what Member States are sorted: `name`, or their number where nothing is said.
    by: Option<String>,
    /// What was done just before.
    done: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Data {
    figure: Figure,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Figure {
    period: Period,
    average: String,
    average_numerator: String,
    average_denominator: u64,
    months: Vec<Counted>,
    months_before: Vec<Counted>,
    by_member_state: Vec<State>,
    by_role: Vec<Part>,
    threshold: u64,
    warning_level: u64,
    #[serde(deserialize_with = "schema_enum")]
    level: DsaLevel,
    distance: Rounded,
    percent_of_threshold: String,
    trend: Trend,
    publications: Vec<Check>,
    next_publication_due: PublicationDue,
    provenance: Provenance,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Period {
    label: String,
    first_month: String,
    last_month: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    month: String,
    recipients: u64,
    excluded_bots: u64,
    excluded_incidental: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    member_state: String,
    average: String,
    sum: u64,
    months: Vec<u64>,
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(deserialize_with = "schema_enum")]
    role: RecipientRole,
    average: String,
    months: Vec<u64>,
}

#[derive(Debug, Deserialize)]
struct Rounded {
    rounded: String,
}

#[derive(Debug, Deserialize)]
struct Fraction {
    numerator: String,
    denominator: String,
    rounded: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trend {
    within_period: Fraction,
    since_period_before: Fraction,
}

#[derive(Debug, Deserialize)]
struct Check {
    agrees: bool,
    publication: Publication,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Publication {
    id: String,
    published_at: DateTime<Utc>,
    event_position: String,
    #[serde(deserialize_with = "schema_enum")]
    wording: DsaWording,
    reason: Option<String>,
    corrects: Option<Item>,
    figure: Option<Published>,
    provenance: Provenance,
}

#[derive(Debug, Deserialize)]
struct Item {}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Published {
    average: String,
    average_numerator: String,
    average_denominator: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublicationDue {
    period: Label,
    due_on: NaiveDate,
    overdue: bool,
}

impl PublicationDue {
    /// Of which months, and by when.
    pub(super) fn words(&self) -> (String, String) {
        let late = if self.overdue { ", which is overdue" } else { "" };
        (self.period.label.clone(), format!("{}{late}", day(self.due_on)))
    }
}

#[derive(Debug, Deserialize)]
struct Label {
    label: String,
}

/// A figure's address.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provenance {
    pub(super) position: String,
    as_of: DateTime<Utc>,
    pub(super) digest: String,
}

impl Provenance {
    pub(super) fn as_of(&self) -> String {
        moment(self.as_of)
    }
}

/// Six months that are one click away.
struct Choice {
    label: String,
    query: String,
    current: bool,
}

/// A number of the figure, with what it means.
struct Tile {
    label: &'static str,
    figure: String,
    note: String,
}

/// A row of the table of months.
struct MonthRow {
    month: String,
    counts: bool,
    recipients: String,
    bots: String,
    incidental: String,
}

/// A row of the table of parts.
struct PartRow {
    name: &'static str,
    average: String,
    months: Vec<String>,
}

/// A row of the table of Member States.
struct StateRow {
    name: String,
    code: String,
    average: String,
    width: u64,
    months: Vec<String>,
}

/// A row of the table of publications.
struct PublicationRow {
    id: String,
    published: String,
    event_position: String,
    said: &'static str,
    figure: String,
    position: String,
    as_of: String,
    digest: String,
    corrects: bool,
    reason: Option<String>,
    agrees: bool,
    latest: bool,
}

/// The form by which a figure is published, or corrected.
struct PublishForm {
    command_id: Uuid,
    /// The publication that it corrects.
    corrects: Option<String>,
    exact: bool,
    may_be_below: bool,
    reason: String,
    errors: Errors,
}

/// Why there is no form by which the figure is published.
enum Publishing {
    Form(PublishForm),
    Not(String),
}

#[derive(Template)]
#[template(path = "console/active_recipients.html")]
struct ActiveRecipients {
    frame: Frame,
    told: Option<&'static str>,
    choices: Vec<Choice>,
    period: Period,
    /// When the months are over, if they are not.
    not_over: Option<String>,
    tiles: Vec<Tile>,
    chart: String,
    scales: Vec<Choice>,
    months: Vec<MonthRow>,
    parts: Vec<PartRow>,
    states: Vec<StateRow>,
    sorts: [Choice; 2],
    published: Vec<PublicationRow>,
    publishing: Publishing,
    due: String,
    provenance: Provenance,
}

/// A form that was refused.
pub(super) struct Sent<'a> {
    pub(super) form: &'a Form,
    pub(super) errors: Errors,
}

async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Html<String>, Trouble> {
    page(&visit, asked, None).await
}

/// The page of a period, with a form that was refused.
pub(super) async fn refused(visit: &Visit, period: &str, sent: Sent<'_>) -> Result<Html<String>, Trouble> {
    let asked = Asked { period: Some(period.to_owned()), ..Asked::default() };
    page(visit, asked, Some(sent)).await
}

async fn page(visit: &Visit, asked: Asked, sent: Option<Sent<'_>>) -> Result<Html<String>, Trouble> {
    let this = SixMonths::half_year_of(Month::of(Readiness::of(visit.app().executor.platform()).as_of));
    let wanted = asked.period.as_deref().map(str::trim).filter(|period| !period.is_empty());
    let period = wanted.map_or_else(|| this.before().to_string(), str::to_owned);
    let answer = visit.ask::<Data>(QUESTION, json!({ "period": { "label": period } })).await?;
    let (figure, now) = (answer.data.figure, answer.as_of);
    let bars: Vec<Bar> = bars(&figure).collect();
    let scale = scale(asked.scale.as_deref(), &bars, figure.threshold);
    let looks = Looks { period: figure.period.label.clone(), scale, by_name: asked.by.as_deref() == Some("name") };
    let chart = Chart { period: &figure.period.label, bars: &bars, threshold: figure.threshold, scale }.to_string();
    let ends: Option<SixMonths> = figure.period.label.parse().ok();
    let not_over =
        ends.map(ReportPeriod::from).filter(|months| !months.is_over_at(now)).map(|months| moment(months.ends()));
    let told = match asked.done.as_deref() {
        Some("published") => {
            Some("The figure is published. What the website says of it is one click away, in four languages.")
        }
        Some(_) | None => None,
    };
    Ok(visit.shows(ActiveRecipients {
        frame: visit.frame(),
        told,
        choices: half_years(this, &looks),
        tiles: tiles(&figure),
        chart,
        scales: scales(&looks),
        months: figure
            .months_before
            .iter()
            .map(|month| month_row(month, false))
            .chain(figure.months.iter().map(|month| month_row(month, true)))
            .collect(),
        parts: figure.by_role.iter().map(part_row).collect(),
        states: states(&figure, looks.by_name),
        sorts: sorts(&looks),
        published: figure.publications.iter().map(|check| publication_row(check, &figure)).collect(),
        publishing: publishing(visit, &figure, not_over.as_deref(), sent),
        due: {
            let (period, day) = figure.next_publication_due.words();
            format!("{period} by {day}")
        },
        provenance: figure.provenance,
        period: figure.period,
        not_over,
    }))
}

/// How the page is looked at, which its links keep.
#[derive(Debug, Clone)]
struct Looks {
    period: String,
    scale: Scale,
    by_name: bool,
}

impl Looks {
    fn query(&self) -> String {
        let scale = match self.scale {
            Scale::Months => "months",
            Scale::Threshold => "threshold",
        };
        let by = if self.by_name { "name" } else { "number" };
        format!("?period={}&scale={scale}&by={by}", self.period)
    }
}

fn bars(figure: &Figure) -> impl Iterator<Item = Bar> {
    let bar = |month: &Counted, counts| Bar { month: month.month.clone(), recipients: month.recipients, counts };
    let before = figure.months_before.iter().map(move |month| bar(month, false));
    before.chain(figure.months.iter().map(move |month| bar(month, true)))
}

/// The scale that is asked for; where none is, the one on which the months can be told apart.
fn scale(asked: Option<&str>, bars: &[Bar], threshold: u64) -> Scale {
    let highest = bars.iter().map(|bar| bar.recipients).max().unwrap_or_default();
    match asked {
        Some("threshold") => Scale::Threshold,
        Some("months") => Scale::Months,
        Some(_) | None if highest >= threshold / ONE_SCALE_FROM => Scale::Threshold,
        Some(_) | None => Scale::Months,
    }
}

fn half_years(this: SixMonths, looks: &Looks) -> Vec<Choice> {
    let back = std::iter::successors(Some(this), |months| Some(months.before()));
    let choice = |months: SixMonths| {
        let label = months.to_string();
        let (query, current) = (format!("?period={label}"), label == looks.period);
        Choice { label, query, current }
    };
    back.take(HALF_YEARS).map(choice).collect()
}

fn scales(looks: &Looks) -> Vec<Choice> {
    let choice = |(label, scale): (&str, Scale)| {
        let current = scale == looks.scale;
        Choice { label: label.to_owned(), query: Looks { scale, ..looks.clone() }.query() + "#by-month", current }
    };
    [("The months' own scale", Scale::Months), ("The scale of the threshold", Scale::Threshold)].map(choice).into()
}

fn sorts(looks: &Looks) -> [Choice; 2] {
    [("Member State", true), ("Average", false)].map(|(label, by_name)| {
        let query = Looks { by_name, ..looks.clone() }.query() + "#by-state";
        Choice { label: label.to_owned(), query, current: by_name == looks.by_name }
    })
}

fn tiles(figure: &Figure) -> Vec<Tile> {
    let Figure { average, average_numerator, average_denominator, threshold, warning_level, .. } = figure;
    let (threshold, warning) = (whole(*threshold), whole(*warning_level));
    let level = match figure.level {
        DsaLevel::Below => format!("below the warning level of {warning} too"),
        DsaLevel::Near => format!("from the warning level of {warning} on, and below the threshold"),
        DsaLevel::VeryLarge => {
            "the threshold is reached: the Commission may designate the platform (art. 33)".to_owned()
        }
    };
    let exact = |Fraction { numerator, denominator, .. }: &Fraction| format!("exactly {numerator}/{denominator}");
    let Trend { within_period, since_period_before } = &figure.trend;
    vec![
        Tile {
            label: "Average of the six months",
            figure: decimal(average),
            note: format!("exactly {average_numerator}/{average_denominator}, rounded half to even"),
        },
        Tile {
            label: "Threshold",
            figure: threshold,
            note: "from so many on a platform is very large (DSA art. 33(1))".to_owned(),
        },
        Tile {
            label: "Distance",
            figure: decimal(&figure.distance.rounded).replace('-', "\u{2212}"),
            note: "the threshold less the average".to_owned(),
        },
        Tile { label: "Of the threshold", figure: format!("{} %", figure.percent_of_threshold), note: level },
        Tile {
            label: "Within the six months",
            figure: change(&within_period.rounded),
            note: format!("the last three months' mean less the first three's; {}", exact(within_period)),
        },
        Tile {
            label: "Since the six months before",
            figure: change(&since_period_before.rounded),
            note: format!("the average less the one before; {}", exact(since_period_before)),
        },
    ]
}

fn month_row(month: &Counted, counts: bool) -> MonthRow {
    MonthRow {
        month: month.month.clone(),
        counts,
        recipients: whole(month.recipients),
        bots: whole(month.excluded_bots),
        incidental: whole(month.excluded_incidental),
    }
}

fn part_row(part: &Part) -> PartRow {
    let name = match part.role {
        RecipientRole::Buyer => "Buyers",
        RecipientRole::Trader => "Traders",
        RecipientRole::Visitor => "Visitors who are neither",
    };
    PartRow { name, average: decimal(&part.average), months: part.months.iter().copied().map(whole).collect() }
}

fn states(figure: &Figure, by_name: bool) -> Vec<StateRow> {
    let most = figure.by_member_state.iter().map(|state| state.sum).max().unwrap_or_default().max(1);
    let name = |code: &str| {
        let state: Option<MemberState> = code.parse().ok();
        state.map_or_else(|| code.to_owned(), |state| country(Country::from(state), MailLanguage::English))
    };
    let row = |state: &State| StateRow {
        name: name(&state.member_state),
        code: state.member_state.clone(),
        average: decimal(&state.average),
        width: FULL_WIDTH * state.sum / most,
        months: state.months.iter().copied().map(whole).collect(),
    };
    let mut sorted: Vec<&State> = figure.by_member_state.iter().collect();
    if by_name {
        sorted.sort_by_key(|state| name(&state.member_state));
    } else {
        sorted.sort_by_key(|state| std::cmp::Reverse(state.sum));
    }
    sorted.into_iter().map(row).collect()
}

fn publication_row(check: &Check, figure: &Figure) -> PublicationRow {
    let Check { agrees, publication } = check;
    let shown = publication.figure.as_ref();
    PublicationRow {
        id: publication.id.clone(),
        published: moment(publication.published_at),
        event_position: publication.event_position.clone(),
        said: wording(publication.wording),
        figure: shown.map_or_else(String::new, |figure| {
            format!("{} ({}/{})", decimal(&figure.average), figure.average_numerator, figure.average_denominator)
        }),
        position: publication.provenance.position.clone(),
        as_of: publication.provenance.as_of(),
        digest: publication.provenance.digest.clone(),
        corrects: publication.corrects.is_some(),
        reason: publication.reason.clone(),
        agrees: *agrees,
        latest: figure.publications.last().is_some_and(|last| last.publication.id == publication.id),
    }
}

/// What a wording is called.
pub(super) const fn wording(wording: DsaWording) -> &'static str {
    match wording {
        DsaWording::Exact => "the figure",
        DsaWording::BelowThreshold => "that it is below the threshold",
    }
}

fn publishing(visit: &Visit, figure: &Figure, not_over: Option<&str>, sent: Option<Sent<'_>>) -> Publishing {
    let period = &figure.period.label;
    if !COMPLIANCE.lets(visit.viewer(), false) {
        return Publishing::Not(format!("Figures are published by {}.", COMPLIANCE.names()));
    }
    if let Some(ends) = not_over {
        return Publishing::Not(format!("{period} can be published once it is over: from {ends} on."));
    }
    let latest = figure.publications.last();
    if latest.is_some_and(|check| check.agrees) && sent.is_none() {
        return Publishing::Not(format!(
            "What the book says of {period} now is what was published; there is nothing to correct."
        ));
    }
    let may_be_below = figure.level != DsaLevel::VeryLarge;
    let (said, reason, errors) = sent.map_or_else(Default::default, |sent| {
        (sent.form.text("wording").to_owned(), sent.form.text("reason").to_owned(), sent.errors)
    });
    Publishing::Form(PublishForm {
        command_id: command_id(),
        corrects: latest.map(|check| check.publication.id.clone()),
        exact: said != "BELOW_THRESHOLD" || !may_be_below,
        may_be_below,
        reason,
        errors,
    })
}
