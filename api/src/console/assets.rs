//! Styles and scripts: every byte comes from this program, so that the console works without internet.

use std::sync::Arc;

use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};

use super::headers::Public;
use crate::http::App;

/// How long they may be kept: a new program is seen within an hour.
const KEPT: Public = Public("public, max-age=3600");

/// The files: name, media type, text. `htmx.LICENSE.txt` tells whose `htmx.min.js` is.
const FILES: [(&str, &str, &str); 7] = [
    ("console.css", "text/css", include_str!("../../assets/console/console.css")),
    ("console.js", "text/javascript", include_str!("../../assets/console/console.js")),
    ("copy.js", "text/javascript", include_str!("../../assets/console/copy.js")),
    ("keys.js", "text/javascript", include_str!("../../assets/console/keys.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../assets/console/icon.svg")),
    ("htmx.min.js", "text/javascript", include_str!("../../assets/console/htmx.min.js")),
    ("htmx.LICENSE.txt", "text/plain; charset=utf-8", include_str!("../../assets/console/htmx.LICENSE.txt")),
];

/// The files.
pub(super) fn routes() -> Router<Arc<App>> {
    FILES.into_iter().fold(Router::new(), |routes, (name, media_type, text)| {
        let answer =
            move || async move { (Extension(KEPT), [(header::CONTENT_TYPE, media_type)], text).into_response() };
        routes.route(&format!("/console/assets/{name}"), get(answer))
    })
}
