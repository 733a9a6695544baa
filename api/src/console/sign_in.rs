//! Coming in: a token is pasted, and becomes a cookie. Going out takes the cookie away.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::frame::{Frame, INFALLIBLE, html};
use super::session::{Session, ended};
use super::trouble::Trouble;
use super::{gate, origin, trouble};
use crate::auth::Viewer;
use crate::graphql::guard::STAFF;
use crate::http::App;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignIn {
    frame: Frame,
    wrong: Option<String>,
}

/// The page for coming in.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/console/sign-in", get(|| async { asked(StatusCode::OK, None) }).post(come_in))
}

/// The page, with what was wrong before.
pub(super) fn asked(status: StatusCode, wrong: Option<String>) -> Response {
    (status, html(SignIn { frame: Frame::outside("Sign in"), wrong }.render().expect(INFALLIBLE))).into_response()
}

async fn come_in(State(app): State<Arc<App>>, headers: HeaderMap, request: Request) -> Response {
    if !origin::is_own(&headers) {
        return trouble::shown(&Trouble::of_another_site(), Frame::outside(""));
    }
    let form = match gate::form(&app, &Viewer::default(), request).await {
        Ok(form) => form,
        Err(trouble) => return trouble::shown(&trouble, Frame::outside("")),
    };
    let session = match Session::of_token(form.text("token"), &app.signer) {
        Ok(session) => session,
        Err(why) => return asked(StatusCode::UNPROCESSABLE_ENTITY, Some(why)),
    };
    if !STAFF.lets(&session.viewer, false) {
        let role = session.viewer.role().map_or("nobody", |role| role.name()).to_uppercase();
        let why = format!("the token is for {role}; the console is for {}", STAFF.names());
        return asked(StatusCode::FORBIDDEN, Some(why));
    }
    let cookie = session.cookie(&headers).map(|cookie| [(header::SET_COOKIE, cookie)]);
    (cookie, Redirect::to("/console")).into_response()
}

/// Signs out.
pub(super) async fn go_out(headers: HeaderMap) -> Response {
    (ended(&headers).map(|cookie| [(header::SET_COOKIE, cookie)]), Redirect::to("/console/sign-in")).into_response()
}
