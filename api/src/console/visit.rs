//! What a page is given: who visits it, questions and commands to the schema as them, and the form that they sent.

use std::sync::Arc;

use async_graphql::{Response as Answered, Variables, from_value};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, Redirect};
use chrono::{DateTime, Utc};
use event_log::Position;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::frame::{Frame, INFALLIBLE, html};
use super::outcome::{Commanded, Outcome};
use super::page::Page;
use super::trouble::Trouble;
use crate::auth::Viewer;
use crate::graphql::execution::Asked;
use crate::graphql::platform::VIEWS_WAIT;
use crate::http::App;
use crate::http::graphql::{STILL_FILLED, caught_up};

/// The field of a form that names its command.
const COMMAND_ID: &str = "commandId";

/// Somebody on a page. Only the gate makes one.
#[derive(Clone)]
pub(super) struct Visit {
    app: Arc<App>,
    page: &'static Page,
    viewer: Viewer,
    frame: Frame,
    form: Form,
}

/// What a question was answered with.
#[derive(Debug)]
pub(super) struct Answer<T> {
    /// The answer.
    pub(super) data: T,
    /// The moment as of which it holds.
    pub(super) as_of: DateTime<Utc>,
}

impl Visit {
    /// Of somebody whom the gate let through.
    pub(super) fn new(app: Arc<App>, page: &'static Page, viewer: Viewer, frame: Frame, form: Form) -> Self {
        Self { app, page, viewer, frame, form }
    }

    /// The server, for what is no question: photos, health.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// Who.
    pub(super) fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// What stands around the page.
    pub(super) fn frame(&self) -> Frame {
        self.frame.clone()
    }

    /// The form that was sent; an empty one where none was.
    pub(super) fn form(&self) -> &Form {
        &self.form
    }

    /// Where a form leads once its command is done: to the page, with what it is to tell, so that no browser sends the
    /// form a second time.
    pub(super) fn done(&self, told: &str) -> Redirect {
        self.done_at(self.page.path, told)
    }

    /// As [`Self::done`], to a page below.
    pub(super) fn done_at(&self, path: &str, told: &str) -> Redirect {
        Redirect::to(&format!("{path}?done={told}"))
    }

    /// A page of its template.
    #[allow(clippy::needless_pass_by_value, reason = "a page is made to be shown once")]
    pub(super) fn shows(&self, template: impl askama::Template) -> Html<String> {
        html(template.render().expect(INFALLIBLE))
    }

    /// Asks the schema, as whoever visits.
    ///
    /// # Errors
    /// What the answer says instead.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        document: &'static str,
        variables: Value,
    ) -> Result<Answer<T>, Trouble> {
        if !caught_up(&self.app).await {
            return Err(Trouble::unavailable(STILL_FILLED));
        }
        // Nobody closes the semaphore.
        let turn = self.app.bodies.turn().await;
        let _turn = turn.map_err(|_| Trouble::unavailable("the server stops"))?;
        let variables = Some(Variables::from_json(variables));
        let asked = Asked { query: document.to_owned(), variables, operation_name: None };
        let answered = self.app.executor.answer(asked, self.viewer.clone()).await;
        let data = read(answered.response)?;
        Ok(Answer { data, as_of: answered.reached.moment() })
    }

    /// Gives the command of a form. The document's only field is called `outcome`, takes `$input`, and asks for the
    /// fields of [`Outcome`]; the form's commandId is put into the input here. What is done is shown from then on.
    ///
    /// # Errors
    /// What is not the sender's to mend; the rest is in the outcome.
    pub(super) async fn command(&self, document: &'static str, mut input: Value) -> Result<Outcome, Trouble> {
        input[COMMAND_ID] = json!(self.form.text(COMMAND_ID));
        let Commanded { outcome } = self.ask(document, json!({ "input": input })).await?.data;
        if let Some(position) = outcome.position() {
            let views = &self.app.executor.platform().views;
            if !views.includes(Position(position), VIEWS_WAIT).await {
                return Err(Trouble::unavailable("It is done, but the pages do not show it yet; open the page again."));
            }
        }
        Ok(outcome)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        // Every page is behind the gate.
        parts.extensions.get::<Self>().cloned().ok_or_else(Trouble::not_found)
    }
}

/// What an answer has, or why it has nothing.
fn read<T: DeserializeOwned>(answered: Answered) -> Result<T, Trouble> {
    let Some(error) = answered.errors.first() else {
        return from_value(answered.data).map_err(|error| {
            tracing::error!(%error, "a page of the console does not understand an answer");
            Trouble::unavailable("This page does not understand the server's answer; tell the operator.")
        });
    };
    let code = match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(async_graphql::Value::String(code)) => code.as_str(),
        Some(_) | None => "INVALID",
    };
    let (status, heading) = match code {
        "FORBIDDEN" => (StatusCode::FORBIDDEN, "This is not for your part"),
        "NOT_FOUND" => (StatusCode::NOT_FOUND, "There is no such thing"),
        "UNAVAILABLE" => (StatusCode::SERVICE_UNAVAILABLE, "This can't be shown now"),
        _ => (StatusCode::BAD_REQUEST, "This can't be asked for"),
    };
    Err(Trouble::new(status, heading, error.message.clone()))
}

/// An id for the command of a form: sent twice, it takes effect once.
pub(super) fn command_id() -> Uuid {
    Uuid::new_v4()
}

/// A form's fields, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Form(Arc<Vec<(String, String)>>);

impl Form {
    /// From a body.
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self(Arc::new(url::form_urlencoded::parse(bytes).into_owned().collect()))
    }

    /// What a field says; nothing where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All that is said in fields of this name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}
