//! `GET /photos/{id}`: a photo, for everybody once a person has approved it; before that for moderators only.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ids::PhotoId;
use domain::metadata::Role;
use projections::reviews::Visibility;

use super::App;
use crate::ApiError;
use crate::auth::Viewer;
use crate::graphql::platform::Platform;
use crate::photos::Stored;

/// A photo's bytes.
pub(super) async fn photo(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let viewer = match Viewer::of_request(&headers, &app.signer) {
        Ok(viewer) => viewer,
        Err(why) => return (StatusCode::UNAUTHORIZED, why).into_response(),
    };
    let Ok(id) = id.parse::<PhotoId>() else { return not_found() };
    let platform = app.executor.platform();
    match platform.photos.find(id).await {
        Ok(Some(Stored { review, media_type, bytes: Some(bytes) })) => match shown(platform, review, id, &viewer) {
            Ok(Some(cached)) => {
                let headers = [
                    (header::CONTENT_TYPE, media_type.name()),
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
    review: domain::ids::ReviewId,
    photo: PhotoId,
    viewer: &Viewer,
) -> Result<Option<&'static str>, ApiError> {
    let row = platform.views.snapshot().reviews().review(review)?;
    let online = row.as_ref().is_some_and(|row| row.visibility == Visibility::Online && row.photos.contains(&photo));
    let waits = row.and_then(|row| row.waiting).is_some_and(|(_, photos)| photos.contains(&photo));
    Ok(if online {
        Some("public, no-cache")
    } else {
        (waits && viewer.role() == Some(Role::Moderator)).then_some("no-store")
    })
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is no such photo, or it is not shown\n").into_response()
}

fn failed(error: &ApiError) -> Response {
    tracing::error!(%error, "a photo can't be served");
    (StatusCode::SERVICE_UNAVAILABLE, "try again\n").into_response()
}
