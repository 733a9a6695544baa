//! The book's events, for an auditor: the newest, or those of a stream, and the way to one by its position.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::event;
use crate::console::frame::Frame;
use crate::console::page::Page;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;
use crate::console::when::moment;
use crate::graphql::guard::AUDITORS;
use crate::http::App;

/// Where it is.
pub(super) const PATH: &str = "/console/events";

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: PATH,
    title: "Events",
    who: AUDITORS,
    routes: || {
        Router::<Arc<App>>::new()
            .route("/", get(show))
            .route("/{position}", get(event::show))
            .route("/{position}/proof.json", get(event::proof))
    },
};

const QUESTION: &str = include_str!("events.graphql");

/// How many a page has.
const SHOWN: u64 = 25;

#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// What is looked for: a position, or a stream's name.
    q: Option<String>,
    /// The first that is shown: a position, or of a stream a revision. The newest where nothing is said.
    from: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    log_head: LogHead,
    events: Events,
}

/// How far the views have come.
#[derive(Debug, Deserialize)]
pub(super) struct LogHead {
    position: String,
}

impl LogHead {
    /// The position of the last event; nothing of an empty book.
    pub(super) fn last(&self) -> Option<u64> {
        self.position.parse().ok()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Events {
    nodes: Vec<Event>,
    page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    position: String,
    stream: String,
    revision: String,
    r#type: String,
    occurred_at: DateTime<Utc>,
}

impl Event {
    fn occurred(&self) -> String {
        moment(self.occurred_at)
    }

    fn of_stream(&self) -> String {
        listed(&self.stream, None)
    }
}

/// Where a stream's events are listed, or all, from one on.
pub(super) fn listed(stream: &str, from: Option<u64>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", stream);
    if let Some(from) = from {
        query.append_pair("from", &from.to_string());
    }
    format!("{PATH}?{}", query.finish())
}

#[derive(Template)]
#[template(path = "console/events.html")]
struct Shown {
    frame: Frame,
    /// What was looked for.
    q: String,
    events: Vec<Event>,
    earlier: Option<String>,
    later: Option<String>,
}

async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let q = asked.q.unwrap_or_default().trim().to_owned();
    if q.parse::<u64>().is_ok() {
        return Ok(Redirect::to(&format!("{PATH}/{q}")).into_response());
    }
    let stream = Some(&q).filter(|stream| !stream.is_empty());
    let from = match (asked.from, stream) {
        (Some(from), _) => from,
        (None, Some(_)) => 0,
        (None, None) => newest(&visit).await?,
    };
    let variables = json!({ "stream": stream, "from": from.to_string(), "first": SHOWN });
    let Data { events, .. } = visit.ask::<Data>(QUESTION, variables).await?.data;
    let earlier = (from > 0).then(|| listed(&q, Some(from.saturating_sub(SHOWN))));
    let later = events.page_info.has_next_page.then(|| listed(&q, Some(from.saturating_add(SHOWN))));
    Ok(visit.shows(Shown { frame: visit.frame(), q, events: events.nodes, earlier, later }).into_response())
}

/// The first of the newest.
async fn newest(visit: &Visit) -> Result<u64, Trouble> {
    let variables = json!({ "stream": null, "from": "0", "first": 0 });
    let head = visit.ask::<Data>(QUESTION, variables).await?.data.log_head;
    Ok(head.last().map_or(0, |last| (last + 1).saturating_sub(SHOWN)))
}
