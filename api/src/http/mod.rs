//! The routes.
//!
//! | route | what it does |
//! | --- | --- |
//! | `POST /graphql` | answers a GraphQL request, in JSON or with files |
//! | `GET /graphql` | opens a WebSocket for subscriptions, by the protocol graphql-transport-ws |
//! | `GET /graphiql` | a page for trying queries, served whole from this program |
//! | `POST /photos?reviewId=…` | takes photos of a review |
//! | `GET /photos/{id}`, `GET /photos/{id}/thumbnail` | a photo, once a person has approved it |
//! | `POST /activity` | takes a batch of visits from an edge server |
//! | `/console` | pages for staff and auditors: [`console`](crate::console) |
//! | `GET /views`, `GET /views/{name}` | what is being served, for an auditor to compare with a replay |
//! | `GET /healthz`, `GET /readyz` | whether the process lives; whether the views have caught up |
//! | `GET /metrics` | figures for Prometheus |
//!
//! What clients may take of the server by any of them is bounded: `limits`, `serving`, `answering`, `taking`, `connections`
//! (docs/limits.md).

mod activity;
mod answering;
pub(crate) mod body;
mod connections;
mod graphiql;
pub(crate) mod graphql;
mod graphql_multipart;
pub(crate) mod health;
mod json;
mod limits;
pub mod metrics;
mod outcome;
mod photo_uploads;
pub(crate) mod photos;
mod serving;
mod taking;
mod transport_ws;
mod views;
mod websocket;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::console;
use crate::graphql::execution::Executor;
use crate::regenerations::Regenerations;
use crate::token::Signer;

pub use connections::Connections;
pub use limits::Limits;
pub use serving::serve;
pub use taking::Bodies;

/// What every route can reach.
pub struct App {
    /// Answers GraphQL requests.
    pub executor: Executor,
    /// Checks tokens.
    pub signer: Arc<Signer>,
    /// The connections that stay open.
    pub connections: Connections,
    /// Room for what is being received.
    pub bodies: Bodies,
    /// Figures that staff have regenerated.
    pub regenerations: Regenerations,
}

/// All routes.
pub fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/graphiql") }))
        .route("/graphql", post(graphql::answer).get(websocket::open))
        .route("/photos", post(photo_uploads::send))
        .route("/photos/{id}", get(photos::photo))
        .route("/photos/{id}/thumbnail", get(photos::thumbnail))
        .route("/activity", post(activity::record))
        .route("/views", get(views::digests))
        .route("/views/{name}", get(views::view))
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(graphiql::routes())
        .merge(console::routes(&app))
        .with_state(app)
}
