//! What went wrong, as a page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, INFALLIBLE, html};
use super::page::Page;
use crate::auth::Viewer;

/// Why there is no page.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// What the status line says.
    pub(super) status: StatusCode,
    heading: &'static str,
    why: String,
}

#[derive(Template)]
#[template(path = "console/trouble.html")]
struct TroublePage<'a> {
    frame: Frame,
    trouble: &'a Trouble,
}

impl Trouble {
    /// Something that went wrong: its heading, and what would mend it.
    pub(super) fn new(status: StatusCode, heading: &'static str, why: impl Into<String>) -> Self {
        Self { status, heading, why: why.into() }
    }

    /// Nothing is here.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such page", "Check the address, or go on from the navigation.")
    }

    /// A request that nobody here meant.
    pub(super) fn forged(why: &str) -> Self {
        let why = format!("{why} Nothing was changed.");
        Self::new(StatusCode::FORBIDDEN, "This request was refused", why)
    }

    /// A request that another site caused, or may have.
    pub(super) fn of_another_site() -> Self {
        Self::forged("It was sent by another site, or by what does not say where it comes from.")
    }

    /// A page of others.
    pub(super) fn wrong_part(page: &Page, viewer: &Viewer) -> Self {
        let you = viewer.role().map_or("nobody", |role| role.name()).to_uppercase();
        let why = format!(
            "The page “{}” needs the part {}, and you are signed in as {you}. Sign out, and in again with a token for it.",
            page.title,
            page.who.names(),
        );
        Self::new(StatusCode::FORBIDDEN, "This page is not for your part", why)
    }

    /// What can't be answered for now.
    pub(super) fn unavailable(why: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "This can't be shown now", why)
    }
}

impl IntoResponse for Trouble {
    /// The gate makes a page of it, which it has the frame for.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Its page.
pub(super) fn shown(trouble: &Trouble, frame: Frame) -> Response {
    let frame = frame.titled(trouble.heading);
    (trouble.status, html(TroublePage { frame, trouble }.render().expect(INFALLIBLE))).into_response()
}

/// The page for an address that has none.
pub(super) async fn nowhere() -> Response {
    shown(&Trouble::not_found(), Frame::outside(""))
}
