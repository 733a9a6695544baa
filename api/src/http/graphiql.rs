//! GraphiQL, a page for trying queries: every byte of it comes from this program, so that it works without internet.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::App;

/// Lets the page load from this server only; styles are also set by its own scripts.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:; \
                      img-src 'self' data:; connect-src 'self'";

const PAGE: &str = include_str!("../../assets/graphiql/index.html");

/// The files of the page: name, media type, bytes. `assets/graphiql/LICENSES.txt` tells whose they are.
const FILES: [(&str, &str, &[u8]); 6] = [
    ("start.js", "text/javascript", include_bytes!("../../assets/graphiql/start.js")),
    ("react.production.min.js", "text/javascript", include_bytes!("../../assets/graphiql/react.production.min.js")),
    (
        "react-dom.production.min.js",
        "text/javascript",
        include_bytes!("../../assets/graphiql/react-dom.production.min.js"),
    ),
    ("graphiql.min.js", "text/javascript", include_bytes!("../../assets/graphiql/graphiql.min.js")),
    ("graphiql.min.css", "text/css", include_bytes!("../../assets/graphiql/graphiql.min.css")),
    ("LICENSES.txt", "text/plain", include_bytes!("../../assets/graphiql/LICENSES.txt")),
];

/// The page and its files.
pub(super) fn routes() -> Router<Arc<App>> {
    let page = || async { ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)) };
    FILES.into_iter().fold(Router::new().route("/graphiql", get(page)), |routes, (name, media_type, bytes)| {
        let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "public, max-age=3600")];
        routes.route(&format!("/graphiql/{name}"), get(move || async move { (headers, bytes).into_response() }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_no_other_origin() {
        let start = FILES[0].2;
        for text in [PAGE, std::str::from_utf8(start).unwrap()] {
            assert!(!text.contains("//"), "an address of another origin, or a comment that looks like one");
        }
        let css = std::str::from_utf8(FILES[4].2).unwrap();
        assert!(css.split("url(").skip(1).all(|rest| rest.starts_with("data:")));
        assert!(!css.contains("@import"));
    }
}
