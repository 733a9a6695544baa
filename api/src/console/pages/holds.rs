//! Legal holds on the page of retention: what authorities ordered to be kept, and the forms that place and release a hold
//! (R-4-03).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Europe::Paris;
use domain::place::{Country, MemberState};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::retention::{self, Asked, PATH};
use crate::console::outcome::Errors;
use crate::console::page_info::PageInfo;
use crate::console::plain_id::plain;
use crate::console::trouble::Trouble;
use crate::console::visit::{Form, Visit, command_id};
use crate::console::when::moment;
use crate::graphql::guard::COMPLIANCE;
use crate::mail::MailLanguage;
use crate::mail::country::country;

const QUESTION: &str = include_str!("holds.graphql");
const PLACE: &str = include_str!("holds_place.graphql");
const RELEASE: &str = include_str!("holds_release.graphql");

/// How many a page has.
const SHOWN: usize = 20;

#[derive(Debug, Deserialize)]
struct Data {
    holds: Holds,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Holds {
    nodes: Vec<Hold>,
    page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hold {
    id: String,
    authority: String,
    member_state: String,
    legal_basis: String,
    reference: Option<String>,
    order_id: Option<String>,
    ordered_at: DateTime<Utc>,
    placed_at: DateTime<Utc>,
    release: Option<Release>,
    data: Vec<Datum>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    released_at: DateTime<Utc>,
    explanation: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Datum {
    review_id: Option<String>,
    buyer_id: Option<String>,
    erasure_deferred_at: Option<DateTime<Utc>>,
}

/// A hold, with the form that releases it.
pub(super) struct Card {
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) authority: String,
    pub(super) state: String,
    pub(super) legal_basis: String,
    pub(super) reference: Option<String>,
    pub(super) order: Option<String>,
    pub(super) ordered: String,
    pub(super) placed: String,
    /// When it was released and why.
    pub(super) released: Option<(String, String)>,
    /// What it keeps, in words.
    pub(super) data: Vec<String>,
    pub(super) command_id: Uuid,
    pub(super) explanation: String,
    pub(super) errors: Errors,
}

/// A Member State that can be chosen.
pub(super) struct State {
    pub(super) code: &'static str,
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// The form that places a hold, with what was written in it.
pub(super) struct Placing {
    pub(super) command_id: Uuid,
    pub(super) states: Vec<State>,
    form: Form,
    pub(super) errors: Errors,
}

impl Placing {
    pub(super) fn written(&self, field: &str) -> &str {
        self.form.text(field)
    }
}

/// Holds, as the page shows them.
pub(super) struct Held {
    pub(super) cards: Vec<Card>,
    pub(super) next: Option<String>,
    pub(super) all: bool,
    /// Nothing for whoever may not.
    pub(super) placing: Option<Placing>,
}

/// A form that was refused.
pub(super) struct Sent<'a> {
    form: &'a Form,
    errors: Errors,
    /// The hold that it would have released; nothing where it would have placed one.
    hold: Option<&'a str>,
}

/// Holds and their forms.
pub(super) async fn listed(visit: &Visit, asked: &Asked, sent: Option<Sent<'_>>) -> Result<Held, Trouble> {
    let all = asked.holds.as_deref() == Some("all");
    let in_force = (!all).then_some(true);
    let variables = json!({ "inForce": in_force, "first": SHOWN, "after": asked.holds_after });
    let holds = visit.ask::<Data>(QUESTION, variables).await?.data.holds;
    let numbered = holds.nodes.into_iter().zip(1..);
    let cards = numbered.map(|(hold, number)| card(hold, number, sent.as_ref())).collect();
    let placing = COMPLIANCE.lets(visit.viewer(), false).then(|| placing(sent));
    Ok(Held { cards, next: holds.page_info.next(), all, placing })
}

fn card(hold: Hold, number: usize, sent: Option<&Sent<'_>>) -> Card {
    let sent = sent.filter(|sent| sent.hold == Some(hold.id.as_str()));
    let datum = |datum: &Datum| {
        let what = match (&datum.review_id, &datum.buyer_id) {
            (Some(review), _) => format!("review {}", plain(review)),
            (None, Some(buyer)) => format!("who buyer {} is", plain(buyer)),
            (None, None) => String::new(),
        };
        match datum.erasure_deferred_at {
            Some(since) => format!("{what}, to be forgotten since {}", moment(since)),
            None => what,
        }
    };
    Card {
        number,
        id: hold.id,
        authority: hold.authority,
        state: hold.member_state,
        legal_basis: hold.legal_basis,
        reference: hold.reference,
        order: hold.order_id.as_deref().map(plain),
        ordered: moment(hold.ordered_at),
        placed: moment(hold.placed_at),
        released: hold.release.map(|release| (moment(release.released_at), release.explanation)),
        data: hold.data.iter().map(datum).collect(),
        command_id: command_id(),
        explanation: sent.map_or_else(String::new, |sent| sent.form.text("explanation").to_owned()),
        errors: sent.map_or_else(Errors::default, |sent| sent.errors.clone()),
    }
}

fn placing(sent: Option<Sent<'_>>) -> Placing {
    let sent = sent.filter(|sent| sent.hold.is_none());
    let (form, errors) = sent.map_or_else(Default::default, |sent| (sent.form.clone(), sent.errors));
    let state = |state: MemberState| State {
        code: state.code(),
        name: country(Country::from(state), MailLanguage::English),
        chosen: form.text("memberState") == state.code(),
    };
    let mut states: Vec<State> = MemberState::ALL.into_iter().map(state).collect();
    states.sort_by(|one, other| one.name.cmp(&other.name));
    Placing { command_id: command_id(), states, form, errors }
}

/// Places a hold.
pub(super) async fn place(visit: Visit) -> Result<Response, Trouble> {
    let form = visit.form();
    let some =
        |name: &str| Some(form.text(name).trim()).filter(|text| !text.is_empty()).map_or(Value::Null, Value::from);
    let ids = |name: &str| form.text(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let input = json!({
        "authority": form.text("authority"),
        "memberState": form.text("memberState"),
        "legalBasis": form.text("legalBasis"),
        "reference": some("reference"),
        "orderId": some("orderId"),
        "orderedAt": instant(form.text("orderedAt"))?,
        "reviewIds": ids("reviewIds"),
        "buyerIds": ids("buyerIds"),
    });
    let refused = visit.command(PLACE, input).await?.refused();
    ended(&visit, refused, None, "placed").await
}

/// Releases a hold.
pub(super) async fn release(visit: Visit) -> Result<Response, Trouble> {
    let form = visit.form();
    let hold = form.text("holdId");
    let input = json!({ "holdId": hold, "explanation": form.text("explanation") });
    let refused = visit.command(RELEASE, input).await?.refused();
    ended(&visit, refused, Some(hold), "released").await
}

async fn ended(
    visit: &Visit,
    refused: Option<Errors>,
    hold: Option<&str>,
    done: &'static str,
) -> Result<Response, Trouble> {
    let Some(errors) = refused else { return Ok(Redirect::to(&format!("{PATH}?done={done}")).into_response()) };
    let sent = Sent { form: visit.form(), errors, hold };
    let page = retention::page(visit, Asked::default(), Some(sent)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// The instant of a time in Europe/Paris, as a form has it; nothing where nothing was written.
fn instant(text: &str) -> Result<Option<String>, Trouble> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
    let local = local.into_iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    // Of an hour that there is twice, the first.
    let instant = local.and_then(|local| Paris.from_local_datetime(&local).earliest());
    let instant = instant.ok_or_else(|| {
        let why = format!("{text:?} is no time in Europe/Paris; give one as in 2026-11-26T14:30.");
        Trouble::new(StatusCode::BAD_REQUEST, "This can't be noted", why)
    })?;
    Ok(Some(instant.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Secs, true)))
}
