//! `POST /activity`: a batch of visits from an edge server, of one month, whatever the Member States and parts. The same
//! command as `recordActivity`, by a shorter way.
//!
//! ```json
//! {
//!   "commandId": "0199…",
//!   "month": "2026-11",
//!   "visits": [
//!     { "recipient": "d41d8cd9…", "memberState": "NL", "role": "VISITOR", "userAgent": "BROWSER", "exposure": "SERVICE" }
//!   ]
//! }
//! ```
//!
//! A recipient is the id of a buyer's or a seller's account, or whatever the device was given: it is hashed with the month's
//! key as it is read, and is neither kept nor logged. Without a month it is the one that it is now; with a `commandId` a batch
//! may be sent again safely. `userAgent` and `exposure` are as above where they are left out.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::activity::MAX_VISITS;
use domain::calendar::Month;
use domain::metadata::Role;
use serde::Deserialize;
use uuid::Uuid;

use super::App;
use super::body::Unread;
use super::outcome::{answered, refused};
use crate::activity::Reported;
use crate::auth::Viewer;
use crate::graphql::command::Command;
use crate::pseudonyms::MAX_RECIPIENT_BYTES;

/// The largest body: so many visits with the longest ids, each with all its fields.
pub(super) const MAX_ACTIVITY_BYTES: usize = MAX_VISITS * (MAX_RECIPIENT_BYTES + 160);

/// A batch.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Batch<'a> {
    command_id: Option<Uuid>,
    month: Option<Month>,
    #[serde(borrow)]
    visits: Vec<Reported<'a>>,
}

/// Takes a batch.
pub(super) async fn record(State(app): State<Arc<App>>, request: Request) -> Response {
    let viewer = match Viewer::of_request(request.headers(), &app.signer) {
        Ok(viewer) if viewer.role() == Some(Role::Operator) => viewer,
        Ok(_) => return refused(StatusCode::FORBIDDEN, "visits are sent with an operator's token"),
        Err(why) => return refused(StatusCode::UNAUTHORIZED, &why),
    };
    let (request, taken) = app.bodies.take(request, &viewer, MAX_ACTIVITY_BYTES);
    let body = match Bytes::from_request(request, &()).await.map_err(|rejection| taken.why(rejection.into())) {
        Ok(body) => body,
        Err(Unread { status, why }) => return refused(status, &why),
    };
    let batch: Batch<'_> = match serde_json::from_slice(&body) {
        Ok(batch) => batch,
        Err(why) => {
            let why = format!(
                "send a batch as in {{\"visits\":[{{\"recipient\":\"…\",\"memberState\":\"NL\",\"role\":\"VISITOR\"}}]}}: {why}"
            );
            return refused(StatusCode::BAD_REQUEST, &why);
        }
    };
    let platform = app.executor.platform();
    let command = Command::by(&viewer, &platform.book, batch.command_id);
    let month = batch.month.unwrap_or_else(|| Month::of(platform.book.clock().now()));
    let visits = batch.visits.into_iter();
    let recorded = platform.activity.report(command.cause(), month, "visits.recipient", visits).await;
    match command.outcome(recorded.map(|done| (month, done))) {
        Ok((outcome, _)) => answered(&outcome, &outcome),
        Err(why) => refused(StatusCode::SERVICE_UNAVAILABLE, &why.message),
    }
}
