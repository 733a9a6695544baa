//! `POST /photos?reviewId=…&commandId=…`: photos of a review, as the body or as the parts of a form. The same command as
//! `submitPhotos`, with the same answer in JSON.

use std::sync::Arc;

use async_graphql::ID;
use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Multipart, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::ReviewId;
use domain::review::MAX_PHOTOS;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::App;
use super::body::{MAX_PHOTOS_BYTES, Unread, is_form};
use super::outcome::{answered, refused};
use crate::ApiError;
use crate::auth::Viewer;
use crate::graphql::command::{Command, Outcome};
use crate::graphql::node::parse;
use crate::graphql::photo_submission::{sent_at, submit};
use crate::graphql::platform::{Platform, VIEWS_WAIT};
use crate::graphql::reviews::Photo;
use crate::photos::Received;

/// What photos are for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    review_id: String,
    command_id: Option<Uuid>,
}

/// What sending them came to.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    outcome: Outcome,
    photos: Vec<Photo>,
}

/// Takes photos.
pub(super) async fn send(
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
    request: Request,
) -> Response {
    let viewer = match Viewer::of_request(request.headers(), &app.signer) {
        Ok(viewer) if viewer.buyer().is_some() => viewer,
        Ok(_) => return refused(StatusCode::FORBIDDEN, "photos are sent with a buyer's token"),
        Err(why) => return refused(StatusCode::UNAUTHORIZED, &why),
    };
    let asked = match asked {
        Ok(Query(asked)) => asked,
        Err(why) => {
            let why = format!("say which review, as in /photos?reviewId=ID, and commandId as a UUID if any: {why}");
            return refused(StatusCode::BAD_REQUEST, &why);
        }
    };
    // Held until they are kept.
    let (request, taken) = app.bodies.take(request, &viewer, MAX_PHOTOS_BYTES);
    let received = match received(request).await.map_err(|unread| taken.why(unread)) {
        Ok(received) => received,
        Err(Unread { status, why }) => return refused(status, &why),
    };
    match answer(app.executor.platform(), &viewer, asked, received).await {
        Ok(answer) => answered(&answer.outcome, &answer),
        Err(why) => refused(StatusCode::SERVICE_UNAVAILABLE, &why.message),
    }
}

/// The photos in a request.
async fn received(request: Request) -> Result<Vec<Received>, Unread> {
    let photo = |bytes| Received { field: "photos", bytes };
    if !is_form(request.headers()) {
        return Ok(vec![photo(Bytes::from_request(request, &()).await?)]);
    }
    let mut form: Multipart = request.extract().await?;
    let mut received = Vec::new();
    while let Some(field) = form.next_field().await? {
        received.push(photo(field.bytes().await?));
        // One too many is enough to know it.
        if received.len() > MAX_PHOTOS {
            break;
        }
    }
    Ok(received)
}

async fn answer(
    platform: &Platform,
    viewer: &Viewer,
    asked: Asked,
    received: Vec<Received>,
) -> async_graphql::Result<Answer> {
    let command = Command::by(viewer, &platform.book, asked.command_id);
    let result = async {
        let review: ReviewId = parse(&ID(asked.review_id), "reviewId")?;
        let done = submit(&command, &platform.photos, review, received).await?;
        Ok::<_, ApiError>((sent_at(&platform.book, done.position).await?, done))
    };
    let (outcome, effect) = command.outcome(result.await)?;
    let photos = match effect {
        Some(effect) => {
            // Who looks at them next finds them; where the views are late, a moment later.
            platform.views.includes(effect.position, VIEWS_WAIT).await;
            effect.what.into_iter().map(Photo::new).collect()
        }
        None => Vec::new(),
    };
    Ok(Answer { outcome, photos })
}
