//! A timeline as a table for a terminal, as Markdown and HTML that link each line to its event and proof, and as JSON lines.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::{Cause, Line, Thing};
use crate::arguments::TimelineFormat;
use crate::html;

pub(super) fn of(thing: &Thing, lines: &[Line], format: TimelineFormat) -> String {
    match format {
        TimelineFormat::Table => table(thing, lines),
        TimelineFormat::Markdown => markdown(thing, lines),
        TimelineFormat::Html => html(thing, lines),
        TimelineFormat::Json => lines.iter().map(|line| format!("{}\n", json_of(line))).collect(),
    }
}

impl Line {
    fn at(&self) -> String {
        self.event.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    fn place(&self) -> String {
        format!("{}@{}", self.event.stream, self.event.revision)
    }

    fn prove(&self) -> String {
        format!("replay-tool prove --position {}", self.event.position)
    }

    fn why(&self) -> String {
        match (&self.cause, self.command) {
            (Some(Cause { found: Some(place), .. }), _) => {
                format!("follows from {} at position {}", place.event_type, place.position)
            }
            (Some(Cause { id, found: None }), _) => format!("follows from event {id}, which is not in the book"),
            (None, Some(command)) => format!("command {command}"),
            (None, None) => "unknown".to_owned(),
        }
    }
}

fn table(thing: &Thing, lines: &[Line]) -> String {
    let mut out = format!("{thing}: {} events\n", lines.len());
    let number =
        lines.iter().map(|line| line.event.position.to_string().len()).max().unwrap_or(0).max("position".len());
    // Writing to a String can't fail, here and below.
    let _ = writeln!(out, "{:>number$}  {:20}  what, by whom, why, and where it is in the book", "position", "when");
    for line in lines {
        let _ = writeln!(out, "{:>number$}  {:20}  {}", line.event.position.0, line.at(), line.what);
        for (field, value) in &line.opened {
            let _ = writeln!(out, "{:number$}  {:20}    {field}: {}", "", "", shown(value));
        }
        let _ = writeln!(out, "{:number$}  {:20}    by {}; {}; {}", "", "", line.who, line.why(), line.place());
    }
    let _ = writeln!(out, "To prove a line: replay-tool prove --position POSITION");
    out
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.replace('\n', " "))
}

fn markdown(thing: &Thing, lines: &[Line]) -> String {
    let mut out =
        format!("# Timeline of {thing}\n\n| when | what | who | why | event |\n| --- | --- | --- | --- | --- |\n");
    for line in lines {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | [{}](#event-{}) |",
            line.at(),
            escaped_markdown(&line.what),
            escaped_markdown(&line.who),
            escaped_markdown(&line.why()),
            line.event.position,
            line.event.position
        );
    }
    out.push_str("\n## Events\n");
    for line in lines {
        let position = line.event.position;
        let _ = writeln!(out, "\n### <a id=\"event-{position}\"></a>{position}: {}\n", line.event.event_type);
        for (name, value) in details(line) {
            let _ = writeln!(out, "- {name}: {}", escaped_markdown(&value));
        }
        let _ = writeln!(out, "- proof: `{}`", line.prove());
    }
    out
}

fn html(thing: &Thing, lines: &[Line]) -> String {
    let title = html::escaped(&format!("Timeline of {thing}"));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<h1>{title}</h1>\n<table>\n\
         <thead><tr><th>when</th><th>what</th><th>who</th><th>why</th><th>event</th></tr></thead>\n<tbody>\n"
    );
    for line in lines {
        let position = line.event.position;
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td><a href=\"#event-{position}\">{position}</a></td></tr>",
            line.at(),
            html::escaped(&line.what),
            html::escaped(&line.who),
            html::escaped(&line.why())
        );
    }
    out.push_str("</tbody>\n</table>\n<h2>Events</h2>\n");
    for line in lines {
        let position = line.event.position;
        let _ = writeln!(out, "<h3 id=\"event-{position}\">{position}: {}</h3>\n<dl>", line.event.event_type);
        for (name, value) in details(line) {
            let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", html::escaped(&name), html::escaped(&value));
        }
        let _ = writeln!(out, "<dt>proof</dt><dd><code>{}</code></dd>\n</dl>", line.prove());
    }
    out.push_str("</html>\n");
    out
}

/// What is said of an event below the table.
fn details(line: &Line) -> Vec<(String, String)> {
    let mut details = vec![
        ("what".to_owned(), line.what.clone()),
        ("when".to_owned(), line.at()),
        ("who".to_owned(), line.who.clone()),
        ("why".to_owned(), line.why()),
        ("where".to_owned(), line.place()),
        ("id".to_owned(), line.event.id.to_string()),
    ];
    details.extend(line.opened.iter().map(|(field, value)| (field.clone(), shown(value))));
    details
}

fn json_of(line: &Line) -> Value {
    let opened: serde_json::Map<String, Value> = line.opened.iter().cloned().collect();
    json!({
        "position": line.event.position.0,
        "stream": line.event.stream.as_str(),
        "revision": line.event.revision.0,
        "id": line.event.id,
        "type": &*line.event.event_type,
        "occurredAt": line.at(),
        "what": line.what,
        "who": line.who,
        "why": line.why(),
        "commandId": line.command,
        "causationId": line.cause.as_ref().map(|cause| cause.id),
        "causedBy": line.cause.as_ref().and_then(|cause| cause.found.as_ref()).map(|place| {
            json!({ "position": place.position.0, "type": place.event_type, "event": place.stream })
        }),
        "opened": opened,
        "prove": line.prove(),
    })
}

/// A text that is a table's cell, and nothing but text there.
fn escaped_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '&' => out.extend(['\\', character]),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
