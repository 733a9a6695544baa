//! `POST /graphql`: the token, the position asked for, the request, the answer.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::Response as Answer;
use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use event_log::Position;

use super::body::{MAX_BUYER_BYTES, MAX_PLAIN_BYTES, Unread, is_form};
use super::{App, graphql_multipart};
use crate::auth::Viewer;
use crate::graphql::execution::{Asked, refusal};
use crate::graphql::platform::{VIEWS_WAIT, last_position};

/// In a request: answer from views that include this position. In an answer: the position of the views that answered.
static POSITION: HeaderName = HeaderName::from_static("x-marktboek-position");

/// Answers a GraphQL request.
pub(super) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let started = Instant::now();
    let headers = request.headers().clone();
    let viewer = match Viewer::of_request(&headers, &app.signer) {
        Ok(viewer) => viewer,
        Err(why) => return refused(StatusCode::UNAUTHORIZED, why, "UNAUTHENTICATED"),
    };
    let asked = match read(request, &viewer).await {
        Ok(asked) => asked,
        Err(Unread { status, why }) => return refused(status, why, "INVALID"),
    };
    if let Err(response) = views_ready(&app, &headers).await {
        return *response;
    }
    let operation = asked.operation_name.clone();
    let answered = app.executor.answer(asked, viewer).await;
    let failed = !answered.response.errors.is_empty();
    let elapsed = started.elapsed();
    metrics::counter!("marktboek_requests_total", "outcome" => if failed { "errors" } else { "data" }).increment(1);
    metrics::histogram!("marktboek_request_seconds").record(elapsed);
    tracing::debug!(operation, failed, micros = elapsed.as_micros(), "answered");
    let mut response = json(StatusCode::OK, &answered.response);
    if let Ok(position) = HeaderValue::from_str(&last_position(answered.reached)) {
        response.headers_mut().insert(POSITION.clone(), position);
    }
    response
}

/// Reads a request in JSON, or one with files.
async fn read(mut request: Request, viewer: &Viewer) -> Result<Asked, Unread> {
    let most = if viewer.buyer().is_some() { MAX_BUYER_BYTES } else { MAX_PLAIN_BYTES };
    DefaultBodyLimit::max(most).apply(&mut request);
    if is_form(request.headers()) {
        return graphql_multipart::read(request.extract().await?).await;
    }
    let body = Bytes::from_request(request, &()).await?;
    serde_json::from_slice(&body).map_err(|error| {
        Unread::invalid(format!(
            "the body is JSON with a query, as in {{\"query\": \"{{ categories {{ slug }} }}\"}}: {error}"
        ))
    })
}

/// Waits until the views have caught up with the book once, and with the position asked for.
async fn views_ready(app: &App, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let views = &app.executor.platform().views;
    let unavailable = |why: String| Box::new(refused(StatusCode::OK, why, "UNAVAILABLE"));
    let caught_up = views.health().borrow().caught_up;
    if !caught_up {
        let mut health = views.health();
        let there = health.wait_for(|health| health.caught_up);
        if !matches!(tokio::time::timeout(VIEWS_WAIT, there).await, Ok(Ok(_))) {
            return Err(unavailable("the views are still being filled; /readyz tells when they are".to_owned()));
        }
    }
    let Some(wanted) = headers.get(&POSITION) else { return Ok(()) };
    let Some(position) = wanted.to_str().ok().and_then(|text| text.trim().parse::<u64>().ok()) else {
        let why = "X-Marktboek-Position is a position in the book, a whole number as payloads have it";
        return Err(Box::new(refused(StatusCode::BAD_REQUEST, why, "INVALID")));
    };
    if views.includes(Position(position), VIEWS_WAIT).await {
        return Ok(());
    }
    Err(unavailable(format!(
        "the views have not come to position {position} within {} s; try again, and check that the book has it",
        VIEWS_WAIT.as_secs()
    )))
}

/// An answer to a request that was not executed.
pub(super) fn refused(status: StatusCode, why: impl Into<String>, code: &str) -> Response {
    metrics::counter!("marktboek_requests_total", "outcome" => "refused").increment(1);
    json(status, &refusal(why, code))
}

fn json(status: StatusCode, answer: &Answer) -> Response {
    // An answer is made of text, numbers and lists, which always can be written.
    let body = serde_json::to_vec(answer).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
