//! `verify-proof FILE`: what a proof proves. Needs no book: the proof and the keys are enough.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use chrono::SecondsFormat;
use event_log::Recorded;
use event_log::merkle::{Proof, Proved, PublicHeadKey};
use serde_json::{Value, json};

use crate::Outcome;
use crate::error::ToolError;
use crate::output::say;
use crate::{heads, history};

pub(crate) fn run(file: Option<&Path>, keys: &[PublicHeadKey], as_json: bool) -> Result<Outcome, ToolError> {
    let mut text = Vec::new();
    match file {
        Some(file) => text = fs::read(file).map_err(ToolError::io(format!("reading {}", file.display())))?,
        None => {
            io::stdin().read_to_end(&mut text).map_err(ToolError::io("reading standard input"))?;
        }
    }
    let proof = Proof::parse(&String::from_utf8_lossy(&text));
    match proof
        .as_ref()
        .map_err(ToString::to_string)
        .and_then(|proof| proof.verify(keys).map_err(|why| why.to_string()))
    {
        Ok(proved) => {
            if as_json {
                say!("{}", json(&proved))
            } else {
                print(&proved)
            }
            Ok(Outcome::Good)
        }
        Err(why) => {
            if as_json {
                say!("{}", json!({ "proved": false, "why": why }));
            }
            eprintln!("replay-tool: not proved: {why}");
            Ok(Outcome::Found)
        }
    }
}

fn json(Proved { position, hash, event, head, key }: &Proved<'_>) -> Value {
    let event = event.as_ref().map(|event| {
        json!({
            "id": event.id,
            "type": &*event.event_type,
            "schema": event.schema,
            "stream": event.stream.as_str(),
            "revision": event.revision.0,
            "occurredAt": occurred_at(event),
            "metadata": serde_json::from_slice::<Value>(&event.metadata).unwrap_or_default(),
        })
    });
    let (position, hash) = (position.0, hash.to_string());
    json!({
        "proved": true,
        "position": position,
        "hash": hash,
        "event": event,
        "head": heads::json(head),
        "key": key.id(),
    })
}

fn print(Proved { position, hash, event, head, key }: &Proved<'_>) {
    match event {
        Some(event) => {
            say!("proved: this event is in the book of which this head was signed");
            say!("event         {} {} (schema {})", event.event_type, event.id, event.schema);
            say!("stream        {}, revision {}", event.stream, event.revision);
            say!("position      {position}");
            say!("occurred      {}", occurred_at(event));
            say!("by            {}", history::why(&event.metadata));
        }
        None => {
            say!("proved: an event with this hash is in the book of which this head was signed");
            say!("hash          {hash}");
            say!("position      {position}");
        }
    }
    say!("head          {} events, signed at {}", head.head.size, heads::signed_at(head));
    say!("key           {}", key.id());
}

fn occurred_at(event: &Recorded) -> String {
    event.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
