//! The book's head and its health: what was signed, by which keys, and whether the views have caught up.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use chrono::{DateTime, Utc};
use projections::registry::VIEWS;
use serde::Deserialize;
use serde_json::json;

use crate::console::frame::Frame;
use crate::console::number::whole;
use crate::console::page::Page;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;
use crate::console::when::moment;
use crate::graphql::guard::{AUDITORS, STAFF};
use crate::http::App;
use crate::http::health::Readiness;

/// The page.
pub(in crate::console) const PAGE: Page =
    Page { path: "/console/log", title: "Log", who: STAFF, routes: || Router::<Arc<App>>::new().route("/", get(show)) };

const QUESTION: &str = include_str!("log.graphql");

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    log_head: LogHead,
    recent_log_heads: Vec<Head>,
    log_head_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogHead {
    #[serde(flatten)]
    head: Head,
    signature: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    size: String,
    root: String,
    signed_at: DateTime<Utc>,
    key: String,
}

impl Head {
    fn signed(&self) -> String {
        moment(self.signed_at)
    }
}

#[derive(Template)]
#[template(path = "console/log.html")]
struct Log {
    frame: Frame,
    head: Head,
    signature: String,
    heads: Vec<Head>,
    keys: Vec<String>,
    health: Readiness,
    as_of: String,
    /// How many events the views have still to take in.
    behind: String,
    views: Vec<&'static str>,
    /// Whether the reader may look at events.
    audits: bool,
}

async fn show(visit: Visit) -> Result<Html<String>, Trouble> {
    let Data { log_head, recent_log_heads, log_head_keys } = visit.ask::<Data>(QUESTION, json!({})).await?.data;
    let health = Readiness::of(visit.app().executor.platform());
    Ok(visit.shows(Log {
        frame: visit.frame(),
        head: log_head.head,
        signature: log_head.signature,
        heads: recent_log_heads,
        keys: log_head_keys,
        as_of: moment(health.as_of),
        behind: whole(health.book_position.saturating_sub(health.views_position)),
        health,
        views: VIEWS.iter().map(|view| view.name).collect(),
        audits: AUDITORS.lets(visit.viewer(), false),
    }))
}
