//! `timeline KIND ID`: what happened to a product, a review, a seller or an order, for people: when, what in plain words,
//! who, why, with a link from each line to its event and to how it is proved.
//!
//! The book is read once, in order, for nothing names what is not there yet; where a line's cause is about something else,
//! a second time up to it. Nothing sealed is opened unless it is asked for, and what mails say not even then.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `concern.rs` | which events concern a thing |
//! | `words.rs` | what each type of event means |
//! | `page.rs` | the lines as a table, Markdown, HTML and JSON |

mod concern;
mod page;
mod words;

use std::collections::HashMap;

use chrono::SecondsFormat;
use concern::Concern;
pub(crate) use concern::Thing;
use domain::Event;
use domain::metadata::{Metadata, Role};
use event_log::{EventLog, Position, Recorded, Vault};
use projections::view::{Happened, kind_of};
use serde_json::Value;
use uuid::Uuid;

use crate::Outcome;
use crate::arguments::TimelineFormat;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::events::Events;
use crate::history;
use crate::output;
use crate::progress::Progress;

/// An event that concerns the thing, as people are told of it.
struct Line {
    event: Recorded,
    what: String,
    who: String,
    /// The command that it answers.
    command: Option<Uuid>,
    cause: Option<Cause>,
    /// What was sealed, by the name of its field, where it was asked for and the keys are at hand.
    opened: Vec<(String, Value)>,
}

/// The event that caused another.
struct Cause {
    id: Uuid,
    /// Where it stands; nothing when it is not in the book.
    found: Option<Place>,
}

#[derive(Clone)]
struct Place {
    position: Position,
    event_type: String,
    stream: String,
}

impl From<&Recorded> for Place {
    fn from(event: &Recorded) -> Self {
        Self {
            position: event.position,
            event_type: event.event_type.to_string(),
            stream: format!("{}@{}", event.stream, event.revision),
        }
    }
}

pub(crate) fn run(
    data: &Data,
    kind: &str,
    id: Option<Uuid>,
    with_orders: bool,
    format: TimelineFormat,
    reveal: bool,
) -> Result<Outcome, ToolError> {
    let thing = Thing::named(kind, id)?;
    let log = book::log(data)?;
    let vault = if reveal { data.open_vault_read_only()? } else { None };
    let mut lines = lines(log.as_ref(), &thing, with_orders, vault.as_ref())?;
    if lines.is_empty() {
        return Err(ToolError::Usage(format!("nothing in the book is about {thing}; is its id right?")));
    }
    find_causes(log.as_ref(), &mut lines)?;
    output::write(format_args!("{}", page::of(&thing, &lines, format)));
    Ok(Outcome::Good)
}

fn lines(log: &dyn EventLog, thing: &Thing, with_orders: bool, vault: Option<&Vault>) -> Result<Vec<Line>, ToolError> {
    let mut concern = Concern::of(thing, with_orders);
    let mut lines = Vec::new();
    let (progress, total) = (Progress::new("reading", "events"), log.watch_next_position().borrow().0);
    for event in Events::all(log) {
        let event = event?;
        progress.at(event.position.next().0, total);
        let metadata = serde_json::from_slice::<Metadata>(&event.metadata).ok();
        if concern.takes(&event, metadata.as_ref().and_then(|metadata| metadata.causation_id)) {
            lines.push(line(event, metadata, vault)?);
        }
    }
    Ok(lines)
}

fn line(event: Recorded, metadata: Option<Metadata>, vault: Option<&Vault>) -> Result<Line, ToolError> {
    let happened = Happened::read(kind_of(&event)?, &event)?;
    let who = metadata.as_ref().map_or_else(
        || "unknown".to_owned(),
        |Metadata { actor, .. }| match actor.role {
            Role::System if actor.is_anonymous() => "somebody without an account".to_owned(),
            Role::System => format!("the platform ({})", actor.id),
            Role::Buyer
            | Role::Seller
            | Role::Moderator
            | Role::Compliance
            | Role::Auditor
            | Role::Operator
            | Role::Node => format!("{} {}", actor.role.name(), actor.id),
        },
    );
    let opened = match (&happened.event, vault) {
        (Event::Mail(_), _) | (_, None) => Vec::new(),
        (_, Some(vault)) => history::opened(&event, vault)?,
    };
    Ok(Line {
        what: words::told(&happened.event),
        who,
        command: metadata.as_ref().map(|metadata| metadata.command_id.0),
        cause: metadata.and_then(|metadata| metadata.causation_id).map(|id| Cause { id, found: None }),
        opened,
        event,
    })
}

/// An event, for people, in one line.
pub(crate) fn in_one_line(event: Recorded) -> Result<String, ToolError> {
    let metadata = serde_json::from_slice(&event.metadata).ok();
    let line = line(event, metadata, None)?;
    let at = line.event.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let Place { position, event_type, stream } = Place::from(&line.event);
    Ok(format!("position {position}, {at}, {event_type} ({stream}), by {}: {}", line.who, line.what))
}

/// Finds where the causes stand: among the lines, or else in the book before the last line.
fn find_causes(log: &dyn EventLog, lines: &mut [Line]) -> Result<(), ToolError> {
    let mut places: HashMap<Uuid, Place> = lines.iter().map(|line| (line.event.id, Place::from(&line.event))).collect();
    let wanted = |line: &Line| line.cause.as_ref().map(|cause| cause.id);
    let mut elsewhere: Vec<Uuid> = lines.iter().filter_map(wanted).filter(|id| !places.contains_key(id)).collect();
    elsewhere.sort_unstable();
    elsewhere.dedup();
    if let (Some(last), false) = (lines.last().map(|line| line.event.position), elsewhere.is_empty()) {
        let mut left = elsewhere.len();
        let progress = Progress::new("looking for causes", "events");
        for event in Events::between(log, Position::START, last) {
            let event = event?;
            progress.at(event.position.next().0, last.0);
            if elsewhere.binary_search(&event.id).is_ok() {
                places.insert(event.id, Place::from(&event));
                left -= 1;
            }
            if left == 0 {
                break;
            }
        }
    }
    for cause in lines.iter_mut().filter_map(|line| line.cause.as_mut()) {
        cause.found = places.get(&cause.id).cloned();
    }
    Ok(())
}
