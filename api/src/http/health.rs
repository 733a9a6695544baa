//! Whether the process lives, whether it can answer, and how it fares.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::App;
use super::metrics::rendered;
use crate::graphql::platform::Platform;

/// Whether the views can answer, and how far they are.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Readiness {
    /// Whether they have caught up with the book and are kept.
    pub(crate) ready: bool,
    /// How many events they include.
    pub(crate) views_position: u64,
    /// How many events there are.
    pub(crate) book_position: u64,
    /// The moment as of which they stand.
    pub(crate) as_of: DateTime<Utc>,
    /// Why they are not kept any more.
    pub(crate) failed: Option<String>,
}

impl Readiness {
    /// As it is now.
    pub(crate) fn of(platform: &Platform) -> Self {
        let health = platform.views.health().borrow().clone();
        Self {
            ready: health.caught_up && health.failed.is_none(),
            views_position: health.reached.next.0,
            book_position: platform.book.log().watch_next_position().borrow().0,
            as_of: health.reached.moment(),
            failed: health.failed.map(|error| error.to_string()),
        }
    }
}

/// The process lives.
pub(super) async fn lives() -> &'static str {
    "ok\n"
}

/// Whether the views have caught up with the book and are kept.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let readiness = Readiness::of(app.executor.platform());
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

/// Figures for Prometheus.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let platform = app.executor.platform();
    let reached = platform.views.health().borrow().reached;
    let end = platform.book.log().watch_next_position().borrow().0;
    // Positions are far below where a float loses whole numbers.
    metrics::gauge!("marktboek_book_position").set(end as f64);
    metrics::gauge!("marktboek_views_position").set(reached.next.0 as f64);
    metrics::gauge!("marktboek_views_lag_events").set(end.saturating_sub(reached.next.0) as f64);
    metrics::gauge!("marktboek_views_moment_seconds").set(reached.moment().timestamp() as f64);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], rendered()).into_response()
}
