//! `verify-proof FILE`: what a proof proves. Needs no book: the proof and the keys are enough.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use chrono::SecondsFormat;
use event_log::merkle::PublicHeadKey;

use crate::Outcome;
use crate::error::ToolError;
use crate::history;
use crate::proof::{Proof, Proved};

pub(crate) fn run(file: Option<&Path>, keys: &[PublicHeadKey]) -> Result<Outcome, ToolError> {
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
            print(&proved);
            Ok(Outcome::Good)
        }
        Err(why) => {
            eprintln!("replay-tool: not proved: {why}");
            Ok(Outcome::Found)
        }
    }
}

fn print(Proved { event, head, key }: &Proved<'_>) {
    let time = head.head.time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    println!("proved: this event is in the book of which this head was signed");
    println!("event         {} {} (schema {})", event.event_type, event.id, event.schema);
    println!("stream        {}, revision {}", event.stream, event.revision);
    println!("position      {}", event.position);
    println!("occurred      {}", event.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    println!("by            {}", history::why(&event.metadata));
    println!("head          {} events, signed at {time}", head.head.size);
    println!("key           {}", key.id());
}
