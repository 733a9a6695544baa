//! What waits for whoever is signed in, and how the book fares.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::active_recipients::PublicationDue;
use crate::console::count::Count;
use crate::console::frame::Frame;
use crate::console::page::Page;
use crate::console::schema_enum::schema_enum;
use crate::console::sign_in::go_out;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;
use crate::console::when::{Due, Urgency, moment};
use crate::graphql::deadlines::DeadlineDuty;
use crate::graphql::guard::{DEADLINE_WATCHERS, FIGURES, MODERATORS, MODERATORS_AND_OPERATORS, STAFF};
use crate::graphql::policies::HolidayCalendar;
use crate::http::App;
use crate::http::health::Readiness;

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: "/console",
    title: "Home",
    who: STAFF,
    routes: || Router::<Arc<App>>::new().route("/", get(show)).route("/sign-out", post(go_out)),
};

const QUESTION: &str = include_str!("home.graphql");

/// How many of the deadlines the page names, the soonest.
const NAMED: usize = 8;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    policies: Policies,
    log_head: LogHead,
    photos: Option<Count>,
    notices: Option<Count>,
    complaints: Option<Count>,
    translations: Option<Translations>,
    deadlines: Option<Deadlines>,
    publication: Option<PublicationDue>,
}

#[derive(Debug, Deserialize)]
struct Policies {
    #[serde(deserialize_with = "schema_enum")]
    holidays: HolidayCalendar,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogHead {
    size: String,
    root: String,
    signed_at: DateTime<Utc>,
    key: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Translations {
    reviews_waiting: u64,
}

#[derive(Debug, Deserialize)]
struct Deadlines {
    nodes: Vec<Deadline>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deadline {
    #[serde(deserialize_with = "schema_enum")]
    duty: DeadlineDuty,
    began_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
}

/// Something that waits.
struct Waiting {
    label: &'static str,
    figure: String,
    note: String,
    /// The page on which it is dealt with, where there is one.
    path: Option<&'static str>,
}

impl Waiting {
    fn queue(label: &'static str, count: &Count, path: Option<&'static str>) -> Self {
        let note = if count.is_none() { "nothing waits" } else { "the longest waiting first" };
        Self { label, figure: count.to_string(), note: note.to_owned(), path }
    }
}

/// A row of the table of deadlines.
struct Row {
    duty: &'static str,
    began: String,
    due: Due,
}

#[derive(Template)]
#[template(path = "console/home.html")]
struct Home {
    frame: Frame,
    waiting: Vec<Waiting>,
    rows: Vec<Row>,
    log_head: LogHead,
    signed_at: String,
    health: Readiness,
    as_of: String,
}

async fn show(visit: Visit) -> Result<Html<String>, Trouble> {
    let viewer = visit.viewer();
    let variables = json!({
        "moderates": MODERATORS.lets(viewer, false),
        "translates": MODERATORS_AND_OPERATORS.lets(viewer, false),
        "watches": DEADLINE_WATCHERS.lets(viewer, false),
        "publishes": FIGURES.lets(viewer, false),
    });
    let answer = visit.ask::<Data>(QUESTION, variables).await?;
    let (data, now) = (answer.data, answer.as_of);
    let calendar = data.policies.holidays.into();
    let deadlines = data.deadlines.map(|deadlines| deadlines.nodes);
    let mut rows: Vec<Row> = Vec::new();
    let mut waiting = Vec::new();
    if let Some(deadlines) = deadlines {
        rows.extend(deadlines.into_iter().map(|deadline| Row {
            duty: duty(deadline.duty),
            began: moment(deadline.began_at),
            due: Due::new(deadline.due_at, now, calendar),
        }));
        let many = |urgency| rows.iter().filter(|row| row.due.urgency == urgency).count();
        let (today, overdue) = (many(Urgency::Today), many(Urgency::Overdue));
        let note = format!("{overdue} overdue");
        waiting.push(Waiting { label: "Due today", figure: today.to_string(), note, path: None });
        rows.truncate(NAMED);
    }
    let queues = [
        ("Photos to decide", &data.photos, Some(super::photos::PATH)),
        ("Notices to decide", &data.notices, Some(super::notices::PATH)),
        ("Complaints to decide", &data.complaints, Some(super::complaints::PATH)),
    ];
    waiting.extend(
        queues.into_iter().filter_map(|(label, count, path)| Some(Waiting::queue(label, count.as_ref()?, path))),
    );
    if let Some(translations) = data.translations {
        let note = "not yet in every language".to_owned();
        let figure = translations.reviews_waiting.to_string();
        waiting.push(Waiting { label: "Reviews to translate", figure, note, path: None });
    }
    if let Some(due) = data.publication {
        let ((period, figure), path) = (due.words(), Some(super::active_recipients::PATH));
        let note = format!("average monthly active recipients of {period}, DSA art. 24(2)");
        waiting.push(Waiting { label: "Next publication due", figure, note, path });
    }
    Ok(visit.shows(Home {
        frame: visit.frame(),
        waiting,
        rows,
        signed_at: moment(data.log_head.signed_at),
        log_head: data.log_head,
        health: Readiness::of(visit.app().executor.platform()),
        as_of: moment(now),
    }))
}

const fn duty(duty: DeadlineDuty) -> &'static str {
    match duty {
        DeadlineDuty::ReviewPublication => "Publish a review",
        DeadlineDuty::PhotoDecision => "Decide on photos",
        DeadlineDuty::AuthorityOrder => "Answer an authority",
    }
}
