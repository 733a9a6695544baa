//! One file a page, its questions and commands beside it, its template in `templates/console/`.

pub(super) mod cases;
pub(super) mod complaints;
pub(super) mod home;
pub(super) mod notices;
pub(super) mod photos;
pub(super) mod sellers;
pub(super) mod statements;
