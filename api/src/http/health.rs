//! Whether the process lives, whether it can answer, and how it fares.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::App;
use super::metrics::rendered;

/// The process lives.
pub(super) async fn lives() -> &'static str {
    "ok\n"
}

/// Whether the views have caught up with the book and are kept.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let platform = app.executor.platform();
    let health = platform.views.health().borrow().clone();
    let end = platform.book.log().watch_next_position().borrow().0;
    let ready = health.caught_up && health.failed.is_none();
    let body = json!({
        "ready": ready,
        "viewsPosition": health.reached.next.0,
        "bookPosition": end,
        "asOf": health.reached.moment(),
        "failed": health.failed.map(|error| error.to_string()),
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
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
