//! Complaints about decisions (R-3.4-10, R-2.2-05, DSA art. 20): the open ones, the longest waiting first, and what was
//! decided, the newest first. Whoever took the first decision is told that a colleague decides, and the API refuses them.

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
use crate::console::frame::Frame;
use crate::console::grounds::Grounds;
use crate::console::outcome::Errors;
use crate::console::page::Page;
use crate::console::queue::{Data, Keys, Sent};
use crate::console::reported::{Case, Listing};
use crate::console::schema_enum::{schema_enum, schema_enum_or_none};
use crate::console::trouble::Trouble;
use crate::console::visit::{Visit, command_id};
use crate::console::when::{machine, moment, waited};
use crate::console::words;
use crate::graphql::complaint_queue::ComplainantKind;
use crate::graphql::guard::MODERATORS;
use crate::graphql::moderation_terms::ComplaintOutcome;
use crate::graphql::statements::RestrictionKind;
use crate::http::App;

/// Where it is.
pub(super) const PATH: &str = "/console/complaints";

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: PATH,
    title: "Complaints",
    who: MODERATORS,
    routes: || Router::<Arc<App>>::new().route("/", get(show)).route("/decision", post(decide)),
};

const QUESTION: &str = include_str!("complaints.graphql");
const COMMAND: &str = include_str!("complaints_decide.graphql");

/// How many a page has.
const SHOWN: usize = 10;

const KEYS: Keys = Keys { card: "complaint", own: &[("d", "Open the form that decides it")] };

/// Which complaints are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Filter {
    #[default]
    Open,
    Decided,
}

impl Filter {
    const fn in_schema(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Decided => "DECIDED",
        }
    }

    const fn in_address(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Decided => "decided",
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    status: Filter,
    after: Option<String>,
    /// What was done just before.
    done: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    #[serde(deserialize_with = "schema_enum")]
    complainant: ComplainantKind,
    #[serde(deserialize_with = "schema_enum_or_none")]
    restriction: Option<RestrictionKind>,
    reasons: Option<String>,
    facts: Option<String>,
    lodged_at: DateTime<Utc>,
    may_decide: bool,
    #[serde(deserialize_with = "schema_enum_or_none")]
    outcome: Option<ComplaintOutcome>,
    explanation: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    case: Option<Case>,
    listing: Option<Listing>,
    statement: Option<Grounds>,
}

/// What a complaint came to.
struct Decided {
    outcome: &'static str,
    at: String,
    explanation: String,
}

/// A complaint, with the form that decides it.
struct Card {
    number: usize,
    title: String,
    complainant: &'static str,
    since: (String, String),
    waited: String,
    decided: Option<Decided>,
    node: Node,
    command: Uuid,
    outcomes: Vec<Choice>,
    explanation: String,
    errors: Errors,
}

impl Card {
    /// A card; with what was sent about it and why that was refused, if anything was.
    fn new(number: usize, node: Node, now: DateTime<Utc>, calendar: HolidayCalendar, sent: Option<&Sent<'_>>) -> Self {
        let sent = sent.filter(|sent| sent.form.text("complaintId") == node.id);
        let contested = node.restriction.map_or("A notice that led to nothing", words::restriction);
        let product = node.case.as_ref().map(Case::product).or_else(|| node.listing.as_ref().map(Listing::title));
        let title = product.map_or_else(|| contested.to_owned(), |product| format!("{contested}: {product}"));
        let decided = node.outcome.zip(node.decided_at).map(|(outcome, at)| Decided {
            outcome: words::complaint_outcome(outcome),
            at: moment(at),
            explanation: node.explanation.clone().unwrap_or_default(),
        });
        let says = if node.restriction.is_some() { what_follows } else { what_follows_for_a_notifier };
        Self {
            number,
            title,
            complainant: words::complainant(node.complainant),
            since: (machine(node.lodged_at), moment(node.lodged_at)),
            waited: waited(node.lodged_at, now, calendar),
            decided,
            node,
            command: command_id(),
            outcomes: choices(says, &[sent.map_or("", |sent| sent.form.text("outcome"))]),
            explanation: sent.map_or("", |sent| sent.form.text("explanation")).to_owned(),
            errors: sent.map_or_else(Errors::default, |sent| sent.errors.clone()),
        }
    }

    fn is_refused(&self) -> bool {
        self.errors.any()
    }
}

/// What an outcome means for what was restricted: no more is promised than what happens by itself.
const fn what_follows(outcome: ComplaintOutcome) -> &'static str {
    match outcome {
        ComplaintOutcome::Upheld => "The first decision stands",
        ComplaintOutcome::PartiallyReversed => {
            "It stands in part: nothing comes back by itself; do what you take back before you decide"
        }
        ComplaintOutcome::Reversed => "It is taken back: what was restricted comes back by itself",
    }
}

/// The same, for a notice that led to nothing.
const fn what_follows_for_a_notifier(outcome: ComplaintOutcome) -> &'static str {
    match outcome {
        ComplaintOutcome::Upheld => "The first decision stands: nothing is restricted",
        ComplaintOutcome::PartiallyReversed => {
            "It stands in part: nothing is restricted by itself; restrict what you find wrong before you decide"
        }
        ComplaintOutcome::Reversed => {
            "It is taken back: nothing is restricted by itself; restrict what you find wrong before you decide"
        }
    }
}

#[derive(Template)]
#[template(path = "console/complaints.html")]
struct Complaints {
    frame: Frame,
    keys: Keys,
    filter: Filter,
    cards: Vec<Card>,
    next: Option<String>,
    told: Option<&'static str>,
    /// What is wrong with a form whose card is not on the page any more.
    gone: Option<Errors>,
}

async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Html<String>, Trouble> {
    let told = asked.done.map(|_| "The complaint was decided; whoever complained is told why.");
    listed(&visit, asked.status, asked.after, told, None).await
}

async fn decide(visit: Visit) -> Result<Response, Trouble> {
    let form = visit.form();
    let input = json!({
        "complaintId": form.text("complaintId"),
        "outcome": form.text("outcome"),
        "explanation": form.text("explanation"),
    });
    let refused = match words::named::<ComplaintOutcome>(form.text("outcome")) {
        Some(_) => visit.command(COMMAND, input).await?.refused(),
        None => Some(Errors::of_field("outcome", "say what the complaint comes to")),
    };
    match refused {
        Some(errors) => {
            let page = listed(&visit, Filter::Open, None, None, Some(Sent { form, errors })).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        None => Ok(visit.done("decided").into_response()),
    }
}

async fn listed(
    visit: &Visit,
    filter: Filter,
    after: Option<String>,
    told: Option<&'static str>,
    sent: Option<Sent<'_>>,
) -> Result<Html<String>, Trouble> {
    let variables = json!({ "status": filter.in_schema(), "first": SHOWN, "after": after });
    let answer = visit.ask::<Data<Node>>(QUESTION, variables).await?;
    let Data { policies, queue } = answer.data;
    let numbered = queue.nodes.into_iter().zip(1..);
    let card = |(node, number)| Card::new(number, node, answer.as_of, policies.calendar(), sent.as_ref());
    let cards: Vec<Card> = numbered.map(card).collect();
    let gone = sent.map(|sent| sent.errors).filter(|_| !cards.iter().any(Card::is_refused));
    let next = queue.page_info.next();
    Ok(visit.shows(Complaints { frame: visit.frame(), keys: KEYS, filter, cards, next, told, gone }))
}
