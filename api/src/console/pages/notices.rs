//! Notices that wait for a person (R-3.4-05, R-3.4-07), trusted flaggers' first (DSA art. 22), then the longest waiting.
//! No law and no rule sets a day by which one is decided; how long it has waited is said in working days.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use domain::working_days::HolidayCalendar;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::console::choice::{Choice, choices};
use crate::console::criteria;
use crate::console::frame::Frame;
use crate::console::outcome::Errors;
use crate::console::page::Page;
use crate::console::queue::{Data, Keys, Sent};
use crate::console::reported::{Case, Listing};
use crate::console::schema_enum::{schema_enum, schema_enum_or_none};
use crate::console::trouble::Trouble;
use crate::console::visit::{Visit, command_id};
use crate::console::when::{machine, moment, waited};
use crate::console::words;
use crate::graphql::guard::MODERATORS;
use crate::graphql::moderation_cases::ReviewPart;
use crate::graphql::moderation_terms::{NoticeAllegation, NoticeOutcome};
use crate::http::App;

/// Where it is.
pub(super) const PATH: &str = "/console/notices";

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: PATH,
    title: "Notices",
    who: MODERATORS,
    routes: || Router::<Arc<App>>::new().route("/", get(show)).route("/decision", post(decide)),
};

const QUESTION: &str = include_str!("notices.graphql");
const COMMAND: &str = include_str!("notices_decide.graphql");

/// How many a page has: each comes with a form of twenty criteria.
const SHOWN: usize = 10;

/// What a form says that restricts nothing.
const NO_ACTION: &str = "NO_ACTION";

const KEYS: Keys = Keys {
    card: "notice",
    own: &[
        ("r", "Open the form that restricts what the notice is about"),
        ("n", "Open the form that restricts nothing"),
    ],
};

#[derive(Debug, Default, Deserialize)]
struct Asked {
    after: Option<String>,
    /// What was done just before.
    done: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    #[serde(deserialize_with = "schema_enum_or_none")]
    part: Option<ReviewPart>,
    #[serde(deserialize_with = "schema_enum")]
    allegation: NoticeAllegation,
    url: String,
    reasons: Option<String>,
    trusted_flagger: bool,
    language: String,
    submitted_at: DateTime<Utc>,
    case: Option<Case>,
    listing: Option<Listing>,
}

impl Node {
    /// What it is about.
    fn title(&self) -> String {
        match (&self.listing, &self.case, self.part) {
            (Some(listing), _, _) => format!("Listing: {}", listing.title()),
            (None, Some(case), Some(ReviewPart::Photos)) => format!("Photos of a review of {}", case.product()),
            (None, Some(case), Some(ReviewPart::Text) | None) => format!("Review of {}", case.product()),
            (None, None, _) => "What is not there any more".to_owned(),
        }
    }
}

/// A notice, with the forms that decide it.
struct Card {
    number: usize,
    title: String,
    allegation: &'static str,
    since: (String, String),
    waited: String,
    node: Node,
    restriction: Uuid,
    rejection: Uuid,
    outcomes: Vec<Choice>,
    criteria: Vec<Choice>,
    restriction_facts: String,
    rejection_facts: String,
    restriction_errors: Errors,
    rejection_errors: Errors,
}

impl Card {
    /// A card; with what was sent about it and why that was refused, if anything was.
    fn new(number: usize, node: Node, now: DateTime<Utc>, calendar: HolidayCalendar, sent: Option<&Sent<'_>>) -> Self {
        let sent = sent.filter(|sent| sent.form.text("noticeId") == node.id);
        let (rejected, restricted) = match sent {
            Some(sent) if sent.form.text("outcome") == NO_ACTION => (Some(sent), None),
            sent => (None, sent),
        };
        let written = |sent: Option<&Sent<'_>>| sent.map_or("", |sent| sent.form.text("explanation")).to_owned();
        let errors = |sent: Option<&Sent<'_>>| sent.map_or_else(Errors::default, |sent| sent.errors.clone());
        let broken: Vec<&str> = restricted.iter().flat_map(|sent| sent.form.all("criteria")).collect();
        let outcome = restricted.map_or("", |sent| sent.form.text("outcome"));
        let says = if node.listing.is_some() { outcome_words_of_listing } else { outcome_words };
        let mut outcomes = choices(says, &[outcome]);
        outcomes.retain(|choice| choice.name != NO_ACTION);
        Self {
            number,
            title: node.title(),
            allegation: words::allegation(node.allegation),
            since: (machine(node.submitted_at), moment(node.submitted_at)),
            waited: waited(node.submitted_at, now, calendar),
            node,
            restriction: command_id(),
            rejection: command_id(),
            outcomes,
            criteria: criteria::choices(&broken),
            restriction_facts: written(restricted),
            rejection_facts: written(rejected),
            restriction_errors: errors(restricted),
            rejection_errors: errors(rejected),
        }
    }

    fn is_refused(&self) -> bool {
        self.restriction_errors.any() || self.rejection_errors.any()
    }
}

const fn outcome_words(outcome: NoticeOutcome) -> &'static str {
    match outcome {
        NoticeOutcome::ActionByLaw => "Illegal: a criterion marked (law) is broken",
        NoticeOutcome::ActionByTerms => "Against the rules: none but other criteria are broken",
        NoticeOutcome::NoAction => "Nothing is restricted",
    }
}

const fn outcome_words_of_listing(outcome: NoticeOutcome) -> &'static str {
    match outcome {
        NoticeOutcome::ActionByLaw => "Illegal: the offer breaks the law; whoever bought it is warned",
        NoticeOutcome::ActionByTerms => "Against the rules: the offer breaks the terms of sale",
        NoticeOutcome::NoAction => "Nothing is restricted",
    }
}

#[derive(Template)]
#[template(path = "console/notices.html")]
struct Notices {
    frame: Frame,
    keys: Keys,
    cards: Vec<Card>,
    next: Option<String>,
    told: Option<&'static str>,
    /// What is wrong with a form whose card is not on the page any more.
    gone: Option<Errors>,
}

async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Html<String>, Trouble> {
    let told = match asked.done.as_deref() {
        Some("restricted") => Some("It is restricted; whom that concerns and whoever sent the notice are told why."),
        Some("left") => Some("Nothing was restricted; whoever sent the notice is told why."),
        Some(_) | None => None,
    };
    listed(&visit, asked.after, told, None).await
}

async fn decide(visit: Visit) -> Result<Response, Trouble> {
    let form = visit.form();
    let outcome = form.text("outcome");
    let input = json!({
        "noticeId": form.text("noticeId"),
        "outcome": outcome,
        "criteria": form.all("criteria").collect::<Vec<_>>(),
        "explanation": form.text("explanation"),
    });
    let refused = match words::named::<NoticeOutcome>(outcome) {
        Some(_) => visit.command(COMMAND, input).await?.refused(),
        None => Some(Errors::of_field("outcome", "say on what it stands: the law, or the rules")),
    };
    match refused {
        Some(errors) => {
            let page = listed(&visit, None, None, Some(Sent { form, errors })).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        None => Ok(visit.done(if outcome == NO_ACTION { "left" } else { "restricted" }).into_response()),
    }
}

async fn listed(
    visit: &Visit,
    after: Option<String>,
    told: Option<&'static str>,
    sent: Option<Sent<'_>>,
) -> Result<Html<String>, Trouble> {
    let answer = visit.ask::<Data<Node>>(QUESTION, json!({ "first": SHOWN, "after": after })).await?;
    let Data { policies, queue } = answer.data;
    let numbered = queue.nodes.into_iter().zip(1..);
    let card = |(node, number)| Card::new(number, node, answer.as_of, policies.calendar(), sent.as_ref());
    let cards: Vec<Card> = numbered.map(card).collect();
    let gone = sent.map(|sent| sent.errors).filter(|_| !cards.iter().any(Card::is_refused));
    let next = queue.page_info.next();
    Ok(visit.shows(Notices { frame: visit.frame(), keys: KEYS, cards, next, told, gone }))
}
