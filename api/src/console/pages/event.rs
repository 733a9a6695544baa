//! One event of the book, as the API shows it, and the proof that it is in the book of which the newest head was signed. The
//! proof is checked here as `replay-tool verify-proof` checks it, by the same code; whoever is not to believe this server
//! takes the file and the operator's public key, and checks it elsewhere.

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, Utc};
use event_log::merkle::{Proof, PublicHeadKey};
use serde::Deserialize;
use serde_json::{Value, json};

use super::events::{LogHead, listed};
use crate::console::frame::Frame;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;
use crate::console::when::{machine, moment};

const QUESTION: &str = include_str!("event.graphql");

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    events: Events,
    proof: Option<String>,
    log_head: LogHead,
    log_head_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Events {
    nodes: Vec<Event>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    position: String,
    stream: String,
    revision: String,
    id: String,
    r#type: String,
    schema: u16,
    occurred_at: DateTime<Utc>,
    created: DateTime<Utc>,
    data: Value,
    metadata: Value,
}

/// A proof that holds.
struct Proved {
    hash: String,
    path: Vec<String>,
    size: u64,
    root: String,
    signed: String,
    key: String,
}

#[derive(Template)]
#[template(path = "console/event.html")]
struct Shown {
    frame: Frame,
    event: Event,
    occurred: (String, String),
    created: (String, String),
    actor: String,
    data: String,
    metadata: String,
    /// Whether something in it is sealed.
    sealed: bool,
    previous: Option<u64>,
    next: Option<u64>,
    of_stream: String,
    proved: Result<Proved, String>,
}

pub(super) async fn show(visit: Visit, Path(position): Path<u64>) -> Result<Html<String>, Trouble> {
    let (event, data) = asked(&visit, position).await?;
    let proof = data.proof.ok_or_else(Trouble::not_found)?;
    let times = |instant| (machine(instant), moment(instant));
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    let actor = |name: &str| event.metadata["actor"][name].as_str().unwrap_or("unknown").to_owned();
    Ok(visit.shows(Shown {
        frame: visit.frame().titled("An event"),
        occurred: times(event.occurred_at),
        created: times(event.created),
        actor: format!("{}: {}", actor("role"), actor("id")),
        data: pretty(&event.data),
        metadata: pretty(&event.metadata),
        sealed: has_sealed(&event.data),
        previous: position.checked_sub(1),
        next: data.log_head.last().filter(|last| position < *last).map(|_| position + 1),
        of_stream: listed(&event.stream, event.revision.parse().ok()),
        proved: proved(&proof, &data.log_head_keys),
        event,
    }))
}

/// The file that `replay-tool verify-proof` takes.
pub(super) async fn proof(visit: Visit, Path(position): Path<u64>) -> Result<Response, Trouble> {
    let (_, data) = asked(&visit, position).await?;
    let proof = data.proof.ok_or_else(Trouble::not_found)?;
    let file = HeaderValue::from_str(&format!("attachment; filename=\"proof-{position}.json\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, file.map_err(|_| Trouble::not_found())?),
    ];
    Ok((headers, proof + "\n").into_response())
}

async fn asked(visit: &Visit, position: u64) -> Result<(Event, Data), Trouble> {
    let mut data = visit.ask::<Data>(QUESTION, json!({ "position": position.to_string() })).await?.data;
    let event = data.events.nodes.pop().ok_or_else(Trouble::not_found)?;
    Ok((event, data))
}

/// What a proof proves by these keys, or why nothing.
fn proved(proof: &str, keys: &[String]) -> Result<Proved, String> {
    let keys: Result<Vec<PublicHeadKey>, _> = keys.iter().map(|key| key.parse()).collect();
    let keys = keys.map_err(|bad| format!("{bad}"))?;
    let proof = Proof::parse(proof).map_err(|bad| bad.to_string())?;
    let proved = proof.verify(&keys).map_err(|bad| bad.to_string())?;
    Ok(Proved {
        hash: proved.hash.to_string(),
        path: proof.path().to_vec(),
        size: proved.head.head.size,
        root: proved.head.head.root.to_string(),
        signed: moment(proved.head.head.time),
        key: proved.key.id(),
    })
}

/// Whether there is personal data in it, which is sealed.
fn has_sealed(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("sealed") || members.values().any(has_sealed),
        Value::Array(items) => items.iter().any(has_sealed),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
