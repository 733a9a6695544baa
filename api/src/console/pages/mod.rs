//! One file a page, its questions and commands beside it, its template in `templates/console/`.

pub(super) mod active_recipients;
pub(super) mod cases;
pub(super) mod complaints;
mod event;
pub(super) mod events;
mod holds;
pub(super) mod home;
pub(super) mod log;
pub(super) mod notices;
pub(super) mod photos;
mod publications;
mod regeneration;
pub(super) mod retention;
pub(super) mod sellers;
pub(super) mod statements;
