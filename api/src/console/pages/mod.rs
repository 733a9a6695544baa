//! One file a page, its questions and commands beside it, its template in `templates/console/`.

pub(super) mod active_recipients;
pub(super) mod home;
pub(super) mod photos;
mod publications;
mod regeneration;
