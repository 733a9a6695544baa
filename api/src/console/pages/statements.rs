//! Statements of reasons (R-2.2-05, R-3.4-09, R-7-02), the newest first; one in full, as whom it tells reads it, with its
//! record for the Commission's Transparency Database, or why it has none.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Html;
use axum::routing::get;
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::calendar::local_midnight;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::console::address::address;
use crate::console::frame::Frame;
use crate::console::grounds::Grounds;
use crate::console::page::Page;
use crate::console::schema_enum::{schema_enum, schema_enum_or_none, schema_enums};
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;
use crate::console::when::moment;
use crate::console::words;
use crate::graphql::guard::FIGURES;
use crate::graphql::statements::{AddresseeKind, Redress, RestrictionKind};
use crate::graphql::submissions::{SubmissionState, WhyNoRecord};
use crate::http::App;

/// Where it is.
const PATH: &str = "/console/statements";

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: PATH,
    title: "Statements",
    who: FIGURES,
    routes: || Router::<Arc<App>>::new().route("/", get(show)).route("/{id}", get(one)),
};

const QUESTION: &str = include_str!("statements.graphql");
const ONE: &str = include_str!("statements_one.graphql");

/// How many a page has.
const SHOWN: usize = 25;

/// What is asked for: days as a form's fields have them, where an empty one is none.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    since: String,
    /// The last day, with it.
    #[serde(default)]
    until: String,
    before: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    statements_of_reasons: Issued,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issued {
    nodes: Vec<Statement>,
    page_info: PageInfo,
}

/// Where a page of a list begins that is read from its end.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_previous_page: bool,
    start_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    id: String,
    #[serde(deserialize_with = "schema_enum")]
    addressee: AddresseeKind,
    #[serde(deserialize_with = "schema_enum")]
    restriction: RestrictionKind,
    #[serde(flatten)]
    grounds: Grounds,
    transparency_database: Option<Entry>,
}

impl Statement {
    fn path(&self) -> String {
        format!("{}/{}", PATH, self.id)
    }

    fn restriction(&self) -> &'static str {
        words::restriction(self.restriction)
    }

    fn addressee(&self) -> &'static str {
        words::addressee(self.addressee)
    }

    /// How far its record for the database has come, or why it has none.
    fn record(&self) -> &'static str {
        self.transparency_database
            .as_ref()
            .map_or("", |entry| entry.why_none.map_or(entry.state(), words::why_no_record))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    puid: Option<String>,
    #[serde(default)]
    record: Option<Value>,
    #[serde(deserialize_with = "schema_enum_or_none")]
    why_none: Option<WhyNoRecord>,
    #[serde(default)]
    explanation: Option<String>,
    submission: Option<Submission>,
}

/// How far a record has come.
#[derive(Debug, Deserialize)]
struct Submission {
    #[serde(deserialize_with = "schema_enum")]
    state: SubmissionState,
    permalink: Option<String>,
    problems: Vec<Problem>,
}

/// What is wrong with a field of a record, in the words of whoever refused it.
#[derive(Debug, Deserialize)]
struct Problem {
    field: String,
    words: String,
}

impl Entry {
    fn state(&self) -> &'static str {
        words::submission(self.submission.as_ref().map_or(SubmissionState::Waiting, |submission| submission.state))
    }

    /// The record's fields, each with what it says.
    fn fields(&self) -> Vec<(&str, String)> {
        let said = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                let items = items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
                items.collect::<Vec<_>>().join(", ")
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
        };
        let members = self.record.iter().filter_map(Value::as_object).flatten();
        members.map(|(name, value)| (name.as_str(), said(value))).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneData {
    statement_of_reasons: Option<Whole>,
}

/// A statement in full.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    #[serde(flatten)]
    statement: Statement,
    decision_id: String,
    concerns_id: Option<String>,
    facts: String,
    notice_id: Option<String>,
    content_language: Option<String>,
    content_since: DateTime<Utc>,
    #[serde(deserialize_with = "schema_enums")]
    redress: Vec<Redress>,
    contestable_until: DateTime<Utc>,
}

impl Whole {
    fn content_since(&self) -> String {
        moment(self.content_since)
    }

    fn contestable_until(&self) -> String {
        moment(self.contestable_until)
    }

    fn redress(&self) -> Vec<&'static str> {
        self.redress.iter().copied().map(words::redress).collect()
    }
}

#[derive(Template)]
#[template(path = "console/statements.html")]
struct Statements {
    frame: Frame,
    since: String,
    until: String,
    wrong: Option<&'static str>,
    /// Whether this is not the first page.
    further: bool,
    statements: Vec<Statement>,
    older: Option<String>,
    newest: String,
}

#[derive(Template)]
#[template(path = "console/statement.html")]
struct OneStatement {
    frame: Frame,
    whole: Whole,
}

/// The moment at which a day begins that a field names; an empty field names none.
fn begins(field: &str, days_later: u64) -> Result<Option<DateTime<Utc>>, &'static str> {
    if field.is_empty() {
        return Ok(None);
    }
    let day = field.parse::<NaiveDate>().ok().and_then(|day| day.checked_add_days(Days::new(days_later)));
    day.map(|day| Some(local_midnight(day)))
        .ok_or("a day is written as in 2026-11-30; nothing was left out for this one")
}

async fn show(visit: Visit, Query(Asked { since, until, before }): Query<Asked>) -> Result<Html<String>, Trouble> {
    let bounds = begins(&since, 0).and_then(|from| Ok((from, begins(&until, 1)?)));
    let wrong = bounds.err();
    let (from, to) = bounds.unwrap_or_default();
    let variables = json!({ "since": from, "until": to, "last": SHOWN, "before": before });
    let Issued { mut nodes, page_info } = visit.ask::<Data>(QUESTION, variables).await?.data.statements_of_reasons;
    nodes.reverse();
    let cursor = page_info.start_cursor.filter(|_| page_info.has_previous_page);
    let older = cursor.map(|cursor| address(PATH, &[("since", &since), ("until", &until), ("before", &cursor)]));
    let newest = address(PATH, &[("since", &since), ("until", &until)]);
    let (frame, further) = (visit.frame(), before.is_some());
    Ok(visit.shows(Statements { frame, since, until, wrong, further, statements: nodes, older, newest }))
}

async fn one(visit: Visit, Path(id): Path<String>) -> Result<Html<String>, Trouble> {
    let answer = visit.ask::<OneData>(ONE, json!({ "id": id })).await?;
    let whole = answer.data.statement_of_reasons.ok_or_else(Trouble::not_found)?;
    Ok(visit.shows(OneStatement { frame: visit.frame(), whole }))
}
