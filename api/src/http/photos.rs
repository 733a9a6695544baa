//! `GET /photos/{id}` and `GET /photos/{id}/thumbnail`: a photo, for everybody once a person has approved it and while its
//! review is online; otherwise for moderators, who decide about it or about a complaint, and for whoever sent it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ids::{PhotoId, ReviewId};
use domain::metadata::Role;
use projections::reviews::Visibility;

use super::App;
use crate::ApiError;
use crate::auth::Viewer;
use crate::graphql::platform::Platform;
use crate::photos::{MEDIA_TYPE, Size, Stored};

/// A photo's bytes.
pub(super) async fn photo(state: State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    answer(state, &headers, &id, Size::Whole).await
}

/// A thumbnail's bytes.
pub(super) async fn thumbnail(state: State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    answer(state, &headers, &id, Size::Thumbnail).await
}

async fn answer(State(app): State<Arc<App>>, headers: &HeaderMap, id: &str, size: Size) -> Response {
    match Viewer::of_request(headers, &app.signer) {
        Ok(viewer) => served(&app, &viewer, id, size).await,
        Err(why) => (StatusCode::UNAUTHORIZED, why).into_response(),
    }
}

/// A photo as this viewer may see it.
pub(crate) async fn served(app: &App, viewer: &Viewer, id: &str, size: Size) -> Response {
    let Ok(id) = id.parse::<PhotoId>() else { return not_found() };
    let platform = app.executor.platform();
    match platform.photos.find(id, size).await {
        Ok(Some(Stored { review, bytes: Some(bytes) })) => match shown(platform, review, id, viewer) {
            Ok(Some(cached)) => {
                let headers = [
                    (header::CONTENT_TYPE, MEDIA_TYPE),
                    // A photo may have to disappear: whoever keeps it asks again each time.
                    (header::CACHE_CONTROL, cached),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                    (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
                ];
                (headers, bytes).into_response()
            }
            Ok(None) => not_found(),
            Err(error) => failed(&error),
        },
        Ok(Some(Stored { bytes: None, .. }) | None) => not_found(),
        Err(error) => failed(&error),
    }
}

/// How a photo may be kept by caches, when this viewer may see it at all.
fn shown(
    platform: &Platform,
    review: ReviewId,
    photo: PhotoId,
    viewer: &Viewer,
) -> Result<Option<&'static str>, ApiError> {
    let views = platform.views.snapshot();
    let Some(row) = views.reviews().review(review)? else { return Ok(None) };
    if row.visibility == Visibility::Online && row.photos.contains(&photo) {
        return Ok(Some("public, no-cache"));
    }
    let looks = viewer.role() == Some(Role::Moderator) || viewer.buyer() == Some(row.buyer);
    if !looks {
        return Ok(None);
    }
    let waits = row.waiting.is_some_and(|(_, photos)| photos.contains(&photo));
    let removed = row.visibility == Visibility::Removed && row.photos.contains(&photo);
    let judged = waits || removed || views.moderation().case(review)?.concerns(photo);
    Ok(judged.then_some("no-store"))
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is no such photo, or it is not shown\n").into_response()
}

fn failed(error: &ApiError) -> Response {
    tracing::error!(%error, "a photo can't be served");
    (StatusCode::SERVICE_UNAVAILABLE, "try again\n").into_response()
}
