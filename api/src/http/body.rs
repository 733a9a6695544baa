//! Bodies of requests: how large they may be, and why one was not read.

use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use domain::review::MAX_PHOTOS;

use crate::photos::MAX_PHOTO_BYTES;

/// The largest GraphQL request of who may send photos: all of a review's in base64, and room for the rest.
pub(super) const MAX_BUYER_BYTES: usize = MAX_PHOTOS * MAX_PHOTO_BYTES * 4 / 3 + MAX_PLAIN_BYTES;

/// The largest GraphQL request of anybody else, and what parts of a form may have besides photos.
pub(crate) const MAX_PLAIN_BYTES: usize = 512 * 1024;

/// The largest body of photos as they are: one too large must come through, so that it can be told which it is.
pub(super) const MAX_PHOTOS_BYTES: usize = MAX_PHOTOS * MAX_PHOTO_BYTES + MAX_PLAIN_BYTES;

/// A body that was not read.
#[derive(Debug, Clone)]
pub(crate) struct Unread {
    /// What the status line says.
    pub(crate) status: StatusCode,
    /// What was wanted and what would mend it.
    pub(crate) why: String,
}

impl Unread {
    /// A body that is not what it should be.
    pub(super) fn invalid(why: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, why }
    }

    /// More than the server holds at a time.
    pub(super) fn full() -> Self {
        let why = "the server is receiving as much as it may; try again in a while".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, why }
    }

    /// Something that did not come in time.
    pub(super) fn late(why: String) -> Self {
        Self { status: StatusCode::REQUEST_TIMEOUT, why }
    }

    fn of(status: StatusCode, why: String) -> Self {
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            let why = format!(
                "the request is larger than this role may send; photos have at most {MAX_PHOTO_BYTES} bytes each, of at most {MAX_PHOTOS}, and are a buyer's to send"
            );
            return Self { status, why };
        }
        Self { status, why }
    }
}

impl From<BytesRejection> for Unread {
    fn from(rejection: BytesRejection) -> Self {
        let why = rejection.body_text();
        Self::of(rejection.into_response().status(), why)
    }
}

impl From<MultipartError> for Unread {
    fn from(error: MultipartError) -> Self {
        Self::of(error.status(), error.body_text())
    }
}

impl From<MultipartRejection> for Unread {
    fn from(rejection: MultipartRejection) -> Self {
        let why = rejection.body_text();
        Self::of(rejection.into_response().status(), why)
    }
}

/// Whether a request is a form with parts.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("multipart/form-data"))
}
