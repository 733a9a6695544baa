//! What stands before every page: who comes, what they may open, and whether they meant a form to be sent.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::frame::Frame;
use super::page::Page;
use super::session::Session;
use super::sign_in;
use super::trouble::Trouble;
use super::visit::{Form, Visit};
use super::{origin, trouble};
use crate::auth::Viewer;
use crate::http::App;
use crate::http::body::{MAX_PLAIN_BYTES, Unread};

/// The field of a form that proves that a page of the session sent it.
const FORM_TOKEN: &str = "formToken";

/// Lets somebody through to a page.
pub(super) async fn gate(
    State((app, page)): State<(Arc<App>, &'static Page)>,
    mut request: Request,
    next: Next,
) -> Response {
    let session = match Session::of_request(request.headers(), &app.signer) {
        Ok(Some(session)) => session,
        Ok(None) => return sign_in::asked(StatusCode::UNAUTHORIZED, None),
        Err(why) => return sign_in::asked(StatusCode::UNAUTHORIZED, Some(why)),
    };
    let frame = match session.form_token(&app.signer) {
        Ok(form_token) => Frame::of(page, &session.viewer, form_token),
        Err(error) => return sign_in::asked(StatusCode::SERVICE_UNAVAILABLE, Some(error.to_string())),
    };
    if !page.who.lets(&session.viewer, false) {
        return trouble::shown(&Trouble::wrong_part(page, &session.viewer), frame);
    }
    let mut form = Form::default();
    if !request.method().is_safe() {
        let (head, body) = request.into_parts();
        form = match checked(&app, &session, Request::from_parts(head.clone(), body)).await {
            Ok(form) => form,
            Err(trouble) => return trouble::shown(&trouble, frame),
        };
        request = Request::from_parts(head, Body::empty());
    }
    request.extensions_mut().insert(Visit::new(app, page, session.viewer, frame.clone(), form));
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Trouble>() {
        Some(trouble) => trouble::shown(&trouble, frame),
        None => response,
    }
}

/// A form that a page of this session sent.
async fn checked(app: &App, session: &Session, request: Request) -> Result<Form, Trouble> {
    if !origin::is_own(request.headers()) {
        return Err(Trouble::of_another_site());
    }
    let form = form(app, &session.viewer, request).await?;
    if !session.sent(form.text(FORM_TOKEN), &app.signer) {
        return Err(Trouble::forged("It was not sent by a page of this session; open the page again and repeat it."));
    }
    Ok(form)
}

/// Reads a form, within the bounds of all bodies.
pub(super) async fn form(app: &App, viewer: &Viewer, request: Request) -> Result<Form, Trouble> {
    let (request, taken) = app.bodies.take(request, viewer, MAX_PLAIN_BYTES);
    let bytes = Bytes::from_request(request, &()).await.map_err(|unread| taken.why(unread.into()));
    let bytes = bytes.map_err(|Unread { status, why }| Trouble::new(status, "The form could not be read", why))?;
    Ok(Form::read(&bytes))
}
