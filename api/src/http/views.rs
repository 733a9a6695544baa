//! `GET /views` and `GET /views/{name}`: what is being served, for an auditor to compare with a replay of the book.
//!
//! The first gives every view's digest at one position and moment, the second one view's reports beside its digest.
//! While they are read nothing is committed, so on a large book an auditor's question holds the views up for a moment.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::metadata::Role;
use projections::ViewError;
use projections::registry::{VIEWS, ViewKind};
use projections::report::Filter;
use serde_json::{Map, Value, json};

use super::App;
use crate::auth::Viewer;

/// Every view's digest: `{"next", "momentMicros", "digests": {name: digest}}`.
pub(super) async fn digests(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    answer(app, &headers, |app| {
        let views = app.executor.platform().views.snapshot();
        let digest = |kind: &ViewKind| Ok((kind.name.to_owned(), views.digest(kind.name)?.to_string().into()));
        let digests = VIEWS.iter().map(digest).collect::<Result<Map<String, Value>, ViewError>>()?;
        let reached = views.reached();
        Ok(json!({ "next": reached.next.0, "momentMicros": reached.moment_micros, "digests": digests }))
    })
    .await
}

/// A view's reports: `{"next", "momentMicros", "digest", "reports": {name: JSON lines}}`.
pub(super) async fn view(State(app): State<Arc<App>>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    let Some(kind) = VIEWS.into_iter().find(|kind| kind.name == name) else {
        let names = VIEWS.map(|kind| kind.name).join(", ");
        return (StatusCode::NOT_FOUND, format!("there is no view {name}; there are {names}\n")).into_response();
    };
    answer(app, &headers, move |app| {
        let views = app.executor.platform().views.snapshot();
        let report =
            |name: &&str| Ok(((*name).to_owned(), views.report(name, &Filter::default())?.json_lines().into()));
        let reports = kind.reports.iter().map(report).collect::<Result<Map<String, Value>, ViewError>>()?;
        let (reached, digest) = (views.reached(), views.digest(kind.name)?.to_string());
        Ok(json!({
            "next": reached.next.0, "momentMicros": reached.moment_micros, "digest": digest, "reports": reports,
        }))
    })
    .await
}

async fn answer(
    app: Arc<App>,
    headers: &HeaderMap,
    read: impl FnOnce(&App) -> Result<Value, ViewError> + Send + 'static,
) -> Response {
    match Viewer::of_request(headers, &app.signer) {
        Err(why) => return (StatusCode::UNAUTHORIZED, why).into_response(),
        Ok(viewer) if viewer.role() != Some(Role::Auditor) => {
            let why = "this is for an auditor: send a token of `marktboek token --role auditor --subject NAME`\n";
            return (StatusCode::FORBIDDEN, why).into_response();
        }
        Ok(_) => {}
    }
    match tokio::task::spawn_blocking(move || read(&app)).await {
        Ok(Ok(body)) => ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response(),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "the views can't be read");
    (StatusCode::SERVICE_UNAVAILABLE, "the views can't be read; the server's log says why\n").into_response()
}
