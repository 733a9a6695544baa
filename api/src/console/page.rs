//! What a page is, and the table of all pages: it drives the routes and the navigation.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::any;

use super::gate::gate;
use super::{assets, headers, pages, sign_in, trouble};
use crate::graphql::guard::Access;
use crate::http::App;

/// A page, with what belongs to it.
#[derive(Debug)]
pub(super) struct Page {
    /// Where it is.
    pub(super) path: &'static str,
    /// Its name in the navigation, and its heading.
    pub(super) title: &'static str,
    /// Who may open it and send its forms: those whom the guards of its questions let through.
    pub(super) who: Access,
    /// What is below its path; `/` is the page itself. Handlers take a [`Visit`](super::visit::Visit).
    pub(super) routes: fn() -> Router<Arc<App>>,
}

/// All pages, in the order of the navigation.
pub(super) const PAGES: [&Page; 11] = [
    &pages::home::PAGE,
    &pages::photos::PAGE,
    &pages::notices::PAGE,
    &pages::complaints::PAGE,
    &pages::cases::PAGE,
    &pages::sellers::PAGE,
    &pages::statements::PAGE,
    &pages::active_recipients::PAGE,
    &pages::retention::PAGE,
    &pages::log::PAGE,
    &pages::events::PAGE,
];

/// All routes of the console.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let pages = PAGES.into_iter().fold(Router::new(), |all, page| {
        let gated = (page.routes)().route_layer(from_fn_with_state((Arc::clone(app), page), gate));
        all.nest(page.path, gated)
    });
    pages
        .merge(sign_in::routes())
        .merge(assets::routes())
        .route("/console/{*nowhere}", any(trouble::nowhere))
        .layer(from_fn(headers::add))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_has_a_place_and_a_name_of_its_own() {
        for (index, page) in PAGES.iter().enumerate() {
            assert!(page.path == "/console" || page.path.starts_with("/console/"), "{page:?}");
            assert!(
                PAGES[..index].iter().all(|other| other.path != page.path && other.title != page.title),
                "{page:?}"
            );
        }
    }
}
