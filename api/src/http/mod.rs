//! The routes.
//!
//! | route | what it does |
//! | --- | --- |
//! | `POST /graphql` | answers a GraphQL request |
//! | `GET /graphiql` | a page for trying queries, served whole from this program |
//! | `GET /photos/{id}` | a photo, once a person has approved it |
//! | `GET /views`, `GET /views/{name}` | what is being served, for an auditor to compare with a replay |
//! | `GET /healthz`, `GET /readyz` | whether the process lives; whether the views have caught up |
//! | `GET /metrics` | figures for Prometheus |

mod graphiql;
mod graphql;
mod health;
pub mod metrics;
mod photos;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Redirect;
use axum::routing::{get, post};
use domain::review::MAX_PHOTOS;

use crate::graphql::execution::Executor;
use crate::photos::MAX_PHOTO_BYTES;
use crate::token::Signer;

/// The largest request: all photos of a review in base64, and room for the rest.
const MAX_REQUEST_BYTES: usize = MAX_PHOTOS * MAX_PHOTO_BYTES * 4 / 3 + 64 * 1024;

/// What every route can reach.
pub struct App {
    /// Answers GraphQL requests.
    pub executor: Executor,
    /// Checks tokens.
    pub signer: Signer,
}

/// All routes.
pub fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/graphiql") }))
        .route("/graphql", post(graphql::answer))
        .route("/photos/{id}", get(photos::photo))
        .route("/views", get(views::digests))
        .route("/views/{name}", get(views::view))
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(graphiql::routes())
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(app)
}
