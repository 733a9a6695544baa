//! What stands around every page: its title, the navigation, who is signed in.

use axum::response::Html;

use super::page::{PAGES, Page};
use crate::auth::Viewer;

/// Why rendering can't fail: it writes to a `String`, and what the templates show has a `Display` that never fails.
pub(super) const INFALLIBLE: &str = "text is written to memory";

/// What `console/layout.html` shows.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The page's name.
    pub(super) title: &'static str,
    /// The pages that are for whoever is signed in.
    pub(super) navigation: Vec<Link>,
    /// Who is signed in.
    pub(super) who: Option<Who>,
    /// What each form must carry, by `{% include "console/form.html" %}`.
    pub(super) form_token: String,
}

/// A page in the navigation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    /// Where it is.
    pub(super) path: &'static str,
    /// Its name.
    pub(super) title: &'static str,
    /// Whether it is the page that is shown.
    pub(super) current: bool,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Who {
    /// In which part.
    pub(super) role: &'static str,
    /// By which pseudonym.
    pub(super) subject: String,
}

impl Frame {
    /// Around a page.
    pub(super) fn of(page: &Page, viewer: &Viewer, form_token: String) -> Self {
        let link = |other: &&Page| Link { path: other.path, title: other.title, current: other.path == page.path };
        let navigation = PAGES.iter().filter(|page| page.who.lets(viewer, false)).map(link).collect();
        let who = viewer.identity().map(|who| Who { role: who.role.name(), subject: who.subject.clone() });
        Self { title: page.title, navigation, who, form_token }
    }

    /// Around what is shown to nobody in particular.
    pub(super) fn outside(title: &'static str) -> Self {
        Self { title, navigation: Vec::new(), who: None, form_token: String::new() }
    }

    /// With another title.
    pub(super) fn titled(self, title: &'static str) -> Self {
        Self { title, ..self }
    }
}

/// A page as it is sent.
pub(super) fn html(text: String) -> Html<String> {
    Html(text)
}
