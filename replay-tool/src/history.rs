//! `history STREAM`: one stream or the whole book, a line an event, with who and why.

use chrono::SecondsFormat;
use domain::metadata::Metadata;
use event_log::{Direction, Recorded, Revision, StreamName, Vault};
use serde_json::{Value, json};

use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::events::Events;
use crate::output::say;
use crate::sealed;

/// How many events are read at a time.
const PAGE: usize = 1_000;

/// The name of the whole book, as EventStoreDB's clients have it.
const ALL: &str = "$all";

pub(crate) fn run(data: &Data, stream: &str, as_json: bool, reveal: bool) -> Result<Outcome, ToolError> {
    let log = book::log(data)?;
    let vault = if reveal { data.open_vault_read_only()? } else { None };
    if stream == ALL {
        for event in Events::all(log.as_ref()) {
            print(&event?, as_json, vault.as_ref())?;
        }
        return Ok(Outcome::Good);
    }
    let name = StreamName::new(stream.to_owned())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(ToolError::io("starting"))?;
    let mut from = Revision::START;
    loop {
        let events = runtime.block_on(log.read_stream(&name, Some(from), Direction::Forwards, PAGE))?;
        if events.is_empty() && from == Revision::START {
            return Err(ToolError::Usage(format!(
                "there is no stream {stream}; streams are named category-id, as in order-7f0c…, and {ALL} is the whole book"
            )));
        }
        for event in &events {
            print(event, as_json, vault.as_ref())?;
        }
        match events.last() {
            Some(last) if events.len() == PAGE => from = last.revision.next(),
            Some(_) | None => return Ok(Outcome::Good),
        }
    }
}

fn print(event: &Recorded, as_json: bool, vault: Option<&Vault>) -> Result<(), ToolError> {
    let mut data: Value = serde_json::from_slice(&event.data).unwrap_or_default();
    open_sealed(&mut data, &event.event_type, vault)?;
    let occurred_at = event.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    if as_json {
        let metadata: Value = serde_json::from_slice(&event.metadata).unwrap_or_default();
        let line = json!({
            "stream": event.stream.as_str(),
            "revision": event.revision.0,
            "position": event.position.0,
            "id": event.id,
            "type": &*event.event_type,
            "schema": event.schema,
            "occurredAt": occurred_at,
            "created": event.created.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            "data": data,
            "metadata": metadata,
        });
        say!("{line}");
        return Ok(());
    }
    let why = why(&event.metadata);
    say!("{:>4}  {:>8}  {occurred_at}  {}  by {why}  {data}", event.revision, event.position, event.event_type);
    Ok(())
}

/// Who and why, as an event's metadata says it.
pub(crate) fn why(metadata: &[u8]) -> String {
    serde_json::from_slice::<Metadata>(metadata).map_or_else(
        |_| "unknown".to_owned(),
        |metadata| {
            let cause = metadata.causation_id.map_or_else(String::new, |cause| format!(" caused by {cause}"));
            format!("{}:{} command {}{cause}", metadata.actor.role.name(), metadata.actor.id, metadata.command_id)
        },
    )
}

/// What is sealed in an event, by the name of its field, as far as the keys are at hand.
pub(crate) fn opened(event: &Recorded, vault: &Vault) -> Result<Vec<(String, Value)>, ToolError> {
    let data: Value = serde_json::from_slice(&event.data).unwrap_or_default();
    let Value::Object(members) = data else { return Ok(Vec::new()) };
    let mut opened = Vec::new();
    for (name, mut value) in members {
        let sealed = value.clone();
        open_sealed(&mut value, &event.event_type, Some(vault))?;
        if value != sealed {
            opened.push((name, value));
        }
    }
    Ok(opened)
}

/// Replaces each sealed value by what it says, or by a note of whose key it needs.
fn open_sealed(data: &mut Value, event_type: &str, vault: Option<&Vault>) -> Result<(), ToolError> {
    sealed::each(data, &mut |sealed| {
        let mut failed = None;
        let opened = sealed.open(|subject, ciphertext| {
            let keys = vault?.keys_to_open(&[&subject.0]);
            match keys.and_then(|keys| keys.open_sealed(&subject.0, event_type.as_bytes(), ciphertext)) {
                Ok(plain) => plain,
                Err(error) => {
                    failed = Some(error);
                    None
                }
            }
        });
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(Some(opened.unwrap_or_else(|| Value::String(format!("[sealed for {}]", sealed.subject()))))),
        }
    })
}
