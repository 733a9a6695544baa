//! Photos that wait for a person (R-3.4-02), the longest waiting first. Whoever decides sees what they are said to show,
//! never who sent them (R-3.4-08): the question has no word for it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use domain::working_days::HolidayCalendar;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::console::choice::Choice;
use crate::console::criteria::choices;
use crate::console::frame::Frame;
use crate::console::outcome::Errors;
use crate::console::page::Page;
use crate::console::queue::{Data, Keys, Sent};
use crate::console::trouble::Trouble;
use crate::console::visit::{Visit, command_id};
use crate::console::when::{Due, machine, moment};
use crate::graphql::guard::MODERATORS;
use crate::http::App;
use crate::http::photos::served;
use crate::photos::Size;

/// Where it is.
pub(super) const PATH: &str = "/console/photos";

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: PATH,
    title: "Photos",
    who: MODERATORS,
    routes: || {
        Router::<Arc<App>>::new()
            .route("/", get(show))
            .route("/decision", post(decide))
            .route("/{id}", get(photo))
            .route("/{id}/thumbnail", get(thumbnail))
    },
};

const QUESTION: &str = include_str!("photos.graphql");
const COMMAND: &str = include_str!("photos_decide.graphql");

const KEYS: Keys =
    Keys { card: "photos", own: &[("a", "Approve the photos that have the focus"), ("r", "Open their refusal")] };

/// How many a page has: each comes with a form of twenty criteria.
const SHOWN: usize = 10;

#[derive(Debug, Default, Deserialize)]
struct Asked {
    after: Option<String>,
    /// What was done just before.
    done: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    review_id: String,
    submitted_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    photos: Vec<Photo>,
    product: Option<Product>,
    text: Option<String>,
}

/// A photo; its addresses are the server's, which the console has below its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Photo {
    url: String,
    thumbnail_url: String,
}

#[derive(Debug, Deserialize)]
struct Product {
    title: String,
}

/// The photos of a review, with the forms that decide about them.
struct Card {
    number: usize,
    node: Node,
    due: Option<Due>,
    approval: Uuid,
    refusal: Uuid,
    criteria: Vec<Choice>,
    explanation: String,
    errors: Errors,
}

impl Card {
    /// A card; with what was sent about it and why that was refused, if anything was.
    fn new(number: usize, node: Node, now: DateTime<Utc>, calendar: HolidayCalendar, sent: Option<&Sent<'_>>) -> Self {
        let due = node.due_at.map(|at| Due::new(at, now, calendar));
        let sent = sent.filter(|sent| sent.form.text("reviewId") == node.review_id);
        let chosen: Vec<&str> = sent.iter().flat_map(|sent| sent.form.all("criteria")).collect();
        Self {
            number,
            node,
            due,
            approval: command_id(),
            refusal: command_id(),
            criteria: choices(&chosen),
            explanation: sent.map_or_else(String::new, |sent| sent.form.text("explanation").to_owned()),
            errors: sent.map_or_else(Errors::default, |sent| sent.errors.clone()),
        }
    }

    fn waits_since(&self) -> (String, String) {
        (machine(self.node.submitted_at), moment(self.node.submitted_at))
    }

    fn is_refused(&self) -> bool {
        self.errors.any()
    }
}

#[derive(Template)]
#[template(path = "console/photos.html")]
struct Photos {
    frame: Frame,
    keys: Keys,
    cards: Vec<Card>,
    next: Option<String>,
    told: Option<&'static str>,
    /// What is wrong with a form whose card is not on the page any more.
    gone: Option<Errors>,
}

async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let told = match asked.done.as_deref() {
        Some("approved") => Some("The photos were approved and are shown."),
        Some("refused") => Some("The photos were refused; their author is told why."),
        Some(_) | None => None,
    };
    Ok(listed(&visit, asked.after, told, None).await?.into_response())
}

async fn decide(visit: Visit) -> Result<Response, Trouble> {
    let form = visit.form();
    let input = json!({
        "reviewId": form.text("reviewId"),
        "decision": form.text("decision"),
        "criteria": form.all("criteria").collect::<Vec<_>>(),
        "explanation": form.text("explanation"),
    });
    match visit.command(COMMAND, input).await?.refused() {
        Some(errors) => {
            let sent = Sent { form, errors };
            let page = listed(&visit, None, None, Some(sent)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        None => {
            let told = if form.text("decision") == "APPROVE" { "approved" } else { "refused" };
            Ok(visit.done(told).into_response())
        }
    }
}

async fn listed(
    visit: &Visit,
    after: Option<String>,
    told: Option<&'static str>,
    sent: Option<Sent<'_>>,
) -> Result<impl IntoResponse + use<>, Trouble> {
    let answer = visit.ask::<Data<Node>>(QUESTION, json!({ "first": SHOWN, "after": after })).await?;
    let Data { policies, queue } = answer.data;
    let calendar = policies.calendar();
    let numbered = queue.nodes.into_iter().zip(1..);
    let cards: Vec<Card> =
        numbered.map(|(node, number)| Card::new(number, node, answer.as_of, calendar, sent.as_ref())).collect();
    let gone = sent.map(|sent| sent.errors).filter(|_| !cards.iter().any(Card::is_refused));
    let next = queue.page_info.next();
    Ok(visit.shows(Photos { frame: visit.frame(), keys: KEYS, cards, next, told, gone }))
}

async fn photo(visit: Visit, Path(id): Path<String>) -> Response {
    served(visit.app(), visit.viewer(), &id, Size::Whole).await
}

async fn thumbnail(visit: Visit, Path(id): Path<String>) -> Response {
    served(visit.app(), visit.viewer(), &id, Size::Thumbnail).await
}
