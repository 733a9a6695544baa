//! What a command came to, outside GraphQL: the same outcome in JSON, with the status that fits it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::graphql::command::Outcome;
use crate::graphql::user_error::ErrorCode;

/// An answer to a command: what it came to, in whatever stands with it.
pub(super) fn answered(outcome: &Outcome, answer: &impl Serialize) -> Response {
    (status(outcome), Json(answer)).into_response()
}

fn status(outcome: &Outcome) -> StatusCode {
    let Some(error) = outcome.user_errors.first() else { return StatusCode::OK };
    match error.code {
        ErrorCode::Invalid => StatusCode::BAD_REQUEST,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::Forbidden | ErrorCode::Blocked => StatusCode::FORBIDDEN,
        ErrorCode::Conflict
        | ErrorCode::NotEligible
        | ErrorCode::TooLate
        | ErrorCode::TooEarly
        | ErrorCode::AlreadyDone => StatusCode::CONFLICT,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// An answer to a request that did not become a command.
pub(super) fn refused(status: StatusCode, why: &str) -> Response {
    (status, format!("{why}\n")).into_response()
}
