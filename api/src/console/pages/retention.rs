//! Which reviews come down when, why, and what keeps them all the same (R-3.2-05), with the legal holds that do (R-4-03).

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use projections::report::Report;
use serde::Deserialize;
use serde_json::{Value, json};

use super::holds::{self, Held, Sent};
use crate::console::frame::Frame;
use crate::console::number::whole;
use crate::console::page::Page;
use crate::console::page_info::PageInfo;
use crate::console::plain_id::plain;
use crate::console::schema_enum::schema_enum;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;
use crate::console::when::{day_of, moment};
use crate::graphql::guard::FIGURES;
use crate::graphql::retention::RetentionEnd;
use crate::http::App;
use crate::http::health::Readiness;

/// Where it is.
pub(super) const PATH: &str = "/console/retention";

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: PATH,
    title: "Retention",
    who: FIGURES,
    routes: || {
        Router::<Arc<App>>::new()
            .route("/", get(show))
            .route("/due.csv", get(export))
            .route("/holds", post(holds::place))
            .route("/holds/release", post(holds::release))
    },
};

const QUESTION: &str = include_str!("retention.graphql");

/// How many a page has.
const SHOWN: usize = 25;
/// How many are asked for at a time for the file.
const ASKED_AT_A_TIME: usize = 250;
/// How many rows a file has at most, so that it is made in memory.
const MAX_ROWS: usize = 10_000;
/// How many days ahead are shown where none is said.
const AHEAD: Days = Days::new(90);

const COLUMNS: &[&str] = &[
    "review_id",
    "product_id",
    "published_at",
    "due_at",
    "due_because",
    "years_pass_at",
    "off_sale_since",
    "policy_version",
    "kept_by",
];

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    /// Before which day, as in 2026-12-31.
    before: Option<String>,
    after: Option<String>,
    /// Which holds: `all`, or those in force where nothing is said.
    pub(super) holds: Option<String>,
    /// After which one holds are listed.
    pub(super) holds_after: Option<String>,
    /// What was done just before.
    done: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Data {
    due: Dues,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dues {
    nodes: Vec<Due>,
    page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Due {
    review_id: String,
    product_id: String,
    published_at: DateTime<Utc>,
    years_pass_at: DateTime<Utc>,
    off_sale_since: Option<DateTime<Utc>>,
    due_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "why")]
    due_because: Option<RetentionEnd>,
    policy_version: u32,
    holds: Vec<Keeps>,
}

/// What keeps a review.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keeps {
    authority: String,
    member_state: String,
    legal_basis: String,
    reference: Option<String>,
}

/// `null` where it is not due.
fn why<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<RetentionEnd>, D::Error> {
    #[derive(Deserialize)]
    struct End(#[serde(deserialize_with = "schema_enum")] RetentionEnd);
    Ok(Option::<End>::deserialize(from)?.map(|End(end)| end))
}

impl Due {
    fn kept_by(&self) -> String {
        let words = |hold: &Keeps| {
            let reference = hold.reference.as_ref().map_or_else(String::new, |reference| format!(", {reference}"));
            format!("{} ({}), {}{reference}", hold.authority, hold.member_state, hold.legal_basis)
        };
        self.holds.iter().map(words).collect::<Vec<_>>().join("; ")
    }

    fn cells(&self) -> Vec<Value> {
        let instant = |instant: DateTime<Utc>| Value::from(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        let because = self.due_because.map(|because| match because {
            RetentionEnd::YearsPassed => "YEARS_PASSED",
            RetentionEnd::OffSale => "OFF_SALE",
        });
        vec![
            plain(&self.review_id).into(),
            plain(&self.product_id).into(),
            instant(self.published_at),
            self.due_at.map_or(Value::Null, instant),
            because.map_or(Value::Null, Value::from),
            instant(self.years_pass_at),
            self.off_sale_since.map_or(Value::Null, instant),
            self.policy_version.into(),
            self.kept_by().into(),
        ]
    }
}

/// A row of the table.
struct Row {
    review: String,
    product: String,
    published: String,
    due: String,
    because: String,
    policy_version: u32,
    kept_by: String,
}

impl From<&Due> for Row {
    fn from(due: &Due) -> Self {
        let because = match (due.due_because, due.off_sale_since) {
            (Some(RetentionEnd::YearsPassed), _) => "Its years pass".to_owned(),
            (Some(RetentionEnd::OffSale), Some(since)) => format!("Its product is off sale since {}", moment(since)),
            (Some(RetentionEnd::OffSale), None) => "Its product went off sale".to_owned(),
            (None, _) => String::new(),
        };
        Self {
            review: plain(&due.review_id),
            product: plain(&due.product_id),
            published: moment(due.published_at),
            due: due.due_at.map_or_else(String::new, moment),
            because,
            policy_version: due.policy_version,
            kept_by: due.kept_by(),
        }
    }
}

#[derive(Template)]
#[template(path = "console/retention.html")]
struct Retention {
    frame: Frame,
    told: Option<&'static str>,
    before: NaiveDate,
    rows: Vec<Row>,
    next: Option<String>,
    max_rows: String,
    held: Held,
    as_of: String,
}

async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Html<String>, Trouble> {
    page(&visit, asked, None).await
}

/// The page, with a form on holds that was refused.
pub(super) async fn page(visit: &Visit, asked: Asked, sent: Option<Sent<'_>>) -> Result<Html<String>, Trouble> {
    let before = before(visit, asked.before.as_deref())?;
    let variables = json!({ "before": before, "first": SHOWN, "after": asked.after });
    let answer = visit.ask::<Data>(QUESTION, variables).await?;
    let due = answer.data.due;
    let told = match asked.done.as_deref() {
        Some("placed") => Some("The hold is in force: what it names is kept."),
        Some("released") => Some("The hold is released; what was due or waited to be forgotten follows at once."),
        Some(_) | None => None,
    };
    Ok(visit.shows(Retention {
        frame: visit.frame(),
        told,
        before,
        rows: due.nodes.iter().map(Row::from).collect(),
        next: due.page_info.next(),
        max_rows: whole(MAX_ROWS as u64),
        held: holds::listed(visit, &asked, sent).await?,
        as_of: moment(answer.as_of),
    }))
}

/// The same rows as a file: CSV as RFC 4180 has it.
async fn export(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let before = before(&visit, asked.before.as_deref())?;
    let (mut report, mut after) = (Report::new(COLUMNS), None);
    let is_whole = loop {
        let first = ASKED_AT_A_TIME.min(MAX_ROWS - report.rows.len());
        let variables = json!({ "before": before, "first": first, "after": after });
        let due = visit.ask::<Data>(QUESTION, variables).await?.data.due;
        report.rows.extend(due.nodes.iter().map(Due::cells));
        after = due.page_info.next();
        if after.is_none() || report.rows.len() >= MAX_ROWS {
            break after.is_none();
        }
    };
    // No cell has a line's end in it: what was typed is a line.
    let csv = report.csv().replace('\n', "\r\n");
    let part = if is_whole { String::new() } else { format!("-first-{MAX_ROWS}") };
    let file = format!("attachment; filename=\"retention-due-before-{before}{part}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&file).map_err(|_| Trouble::not_found())?),
    ];
    Ok((headers, csv).into_response())
}

/// The day that is asked for; ninety days ahead where none is.
fn before(visit: &Visit, asked: Option<&str>) -> Result<NaiveDate, Trouble> {
    let Some(text) = asked.map(str::trim).filter(|text| !text.is_empty()) else {
        let today = day_of(Readiness::of(visit.app().executor.platform()).as_of);
        return Ok(today.checked_add_days(AHEAD).unwrap_or(today));
    };
    text.parse().map_err(|_| {
        let why = format!("{text:?} is no day; give one as in 2026-12-31.");
        Trouble::new(axum::http::StatusCode::BAD_REQUEST, "This can't be asked for", why)
    })
}
