//! `POST /graphql`: the token, the position asked for, the request, the answer.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::Response as Answer;
use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use event_log::Position;

use super::App;
use super::body::{MAX_BUYER_BYTES, MAX_PLAIN_BYTES, Unread, is_form};
use super::graphql_multipart::{self, Form};
use super::json::json_of;
use crate::auth::Viewer;
use crate::graphql::execution::{Asked, refusal};
use crate::graphql::platform::{VIEWS_WAIT, last_position};

/// In a request: answer from views that include this position. In an answer: the position of the views that answered.
static POSITION: HeaderName = HeaderName::from_static("x-marktboek-position");

/// Why nothing is answered yet.
pub(crate) const STILL_FILLED: &str = "the views are still being filled; /readyz tells when they are";

/// Answers a GraphQL request.
pub(super) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let started = Instant::now();
    let headers = request.headers().clone();
    let viewer = match Viewer::of_request(&headers, &app.signer) {
        Ok(viewer) => viewer,
        Err(why) => return refused(StatusCode::UNAUTHORIZED, why, "UNAUTHENTICATED"),
    };
    let most = if viewer.buyer().is_some() { MAX_BUYER_BYTES } else { MAX_PLAIN_BYTES };
    // Held until it is answered.
    let (request, taken) = app.bodies.take(request, &viewer, most);
    let received = match received(request).await.map_err(|unread| taken.why(unread)) {
        Ok(received) => received,
        Err(Unread { status, why }) => return refused(status, why, "INVALID"),
    };
    if let Err(response) = views_ready(&app, &headers).await {
        return *response;
    }
    // Nobody closes the semaphore. What is read from here on takes more memory than it had bytes.
    let Ok(_turn) = app.bodies.turn().await else {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "the server stops", "UNAVAILABLE");
    };
    let asked = match received.read() {
        Ok(asked) => asked,
        Err(Unread { status, why }) => return refused(status, why, "INVALID"),
    };
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

/// A request's body, whole.
enum Received {
    Json(Bytes),
    Form(Form),
}

async fn received(request: Request) -> Result<Received, Unread> {
    if is_form(request.headers()) {
        return Ok(Received::Form(graphql_multipart::receive(request.extract().await?).await?));
    }
    Ok(Received::Json(Bytes::from_request(request, &()).await?))
}

impl Received {
    fn read(self) -> Result<Asked, Unread> {
        match self {
            Self::Form(form) => form.read(),
            Self::Json(body) => json_of(&body).map_err(|error| {
                Unread::invalid(format!(
                    "the body is JSON with a query, as in {{\"query\": \"{{ categories {{ slug }} }}\"}}: {error}"
                ))
            }),
        }
    }
}

/// Waits until the views have caught up with the book once, and says whether they have.
pub(crate) async fn caught_up(app: &App) -> bool {
    let mut health = app.executor.platform().views.health();
    let there = health.wait_for(|health| health.caught_up);
    matches!(tokio::time::timeout(VIEWS_WAIT, there).await, Ok(Ok(_)))
}

/// Waits until the views have caught up with the book once, and with the position asked for.
async fn views_ready(app: &App, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let views = &app.executor.platform().views;
    let unavailable = |why: String| Box::new(refused(StatusCode::OK, why, "UNAVAILABLE"));
    if !caught_up(app).await {
        return Err(unavailable(STILL_FILLED.to_owned()));
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
