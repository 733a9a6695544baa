//! One file a page, its questions and commands beside it, its template in `templates/console/`.

pub(super) mod active_recipients;
mod event;
pub(super) mod events;
mod holds;
pub(super) mod home;
pub(super) mod log;
pub(super) mod photos;
mod publications;
mod regeneration;
pub(super) mod retention;
