//! Reads a whole book, counts one published figure again, and follows the book live.
//!
//! ```sh
//! MARKTBOEK_LOG='esdb://SUBJECT:TOKEN@book.example:2113' cargo run --release -- 2026-H1 3010.00 [EVENTS]
//! ```
//!
//! The figure is the platform's average monthly active recipients (DSA art. 24(2)) of a half-year, as it was published.
//! After it, so many new events are followed; all that come, until Ctrl-C, where no number is given. Exit codes: 0 all is as
//! it should be, 1 it is not, 2 wrong use.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Paris;
use eventstore::{Client, Position, ReadAllOptions, RecordedEvent, StreamPosition, SubscribeToAllOptions};
use serde::Deserialize;
use uuid::Uuid;

/// How long a node that was lost is left alone before it is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Who and when, beside each event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    occurred_at: DateTime<Utc>,
    actor: Actor,
}

#[derive(Deserialize)]
struct Actor {
    role: String,
    id: String,
}

/// Somebody was active, says a server of the platform's. Version 1 names recipients by whole ids, version 2 by pseudonyms.
#[derive(Deserialize)]
struct RecipientsSeen {
    month: String,
    #[serde(default)]
    recipients: Vec<Uuid>,
    #[serde(default)]
    seen: Vec<Seen>,
}

/// Recipients of one Member State and part: base64 of eight bytes each.
#[derive(Deserialize)]
struct Seen {
    recipients: String,
}

/// Somebody placed an order, from a Member State or from elsewhere.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderPlaced {
    buyer: Uuid,
    member_state: Option<String>,
    recipient: Option<String>,
}

/// By what name a recipient is known in a month's activity.
type Pseudonym = [u8; 8];

/// Where a whole id is a pseudonym: its halves, one over the other.
fn of_id(id: Uuid) -> Pseudonym {
    let (high, low) = id.as_u64_pair();
    (high ^ low).to_be_bytes()
}

fn pseudonyms(text: &str) -> Result<Vec<Pseudonym>, Box<dyn Error>> {
    let bytes = STANDARD_NO_PAD.decode(text)?;
    Ok(bytes.chunks(8).map(Pseudonym::try_from).collect::<Result<_, _>>()?)
}

/// What was seen of the book so far. Every event comes by here, in order, be it read or followed.
#[derive(Default)]
struct Audit {
    /// How many events, which is the position of the next one.
    next: u64,
    /// The revision that each stream's next event must have.
    revisions: HashMap<String, u64>,
    ids: HashSet<Uuid>,
    newest: DateTime<Utc>,
    /// Who was active in each month.
    active: HashMap<String, HashSet<Pseudonym>>,
}

impl Audit {
    /// Nothing is missing, nothing is there twice; then what the figure needs of it.
    fn see(&mut self, event: &RecordedEvent) -> Result<Metadata, Box<dyn Error>> {
        let (position, stream) = (event.position.commit, &event.stream_id);
        if position != self.next {
            return Err(format!("position {} is wanted, and {position} comes", self.next).into());
        }
        let revision = self.revisions.entry(stream.clone()).or_default();
        if event.revision != *revision {
            return Err(format!("position {position}: {stream} has {} in place of {revision}", event.revision).into());
        }
        if !self.ids.insert(event.id) {
            return Err(format!("position {position}: the event {} was there before", event.id).into());
        }
        (self.next, *revision) = (position + 1, *revision + 1);
        let metadata: Metadata = serde_json::from_slice(&event.custom_metadata)?;
        self.newest = self.newest.max(metadata.occurred_at);
        self.count(event, metadata.occurred_at)?;
        Ok(metadata)
    }

    /// Who was active: whoever the platform's servers saw engaged, and whoever placed an order from the Union.
    fn count(&mut self, event: &RecordedEvent, occurred: DateTime<Utc>) -> Result<(), Box<dyn Error>> {
        if event.event_type == "RecipientsSeen" {
            let seen: RecipientsSeen = event.as_json()?;
            let active = self.active.entry(seen.month).or_default();
            active.extend(seen.recipients.into_iter().map(of_id));
            for part in &seen.seen {
                active.extend(pseudonyms(&part.recipients)?);
            }
        } else if event.event_type == "OrderPlaced" {
            let placed: OrderPlaced = event.as_json()?;
            if placed.member_state.is_some() {
                let month = occurred.with_timezone(&Paris).format("%Y-%m").to_string();
                let active = self.active.entry(month).or_default();
                match placed.recipient {
                    Some(recipient) => active.extend(pseudonyms(&recipient)?),
                    None => active.extend([of_id(placed.buyer)]),
                }
            }
        }
        Ok(())
    }

    /// The mean of six months, each recipient once a month, to two decimals.
    fn compare(&self, period: &str, published: &str) -> Result<(), Box<dyn Error>> {
        let (year, half) = period.split_once("-H").ok_or("a half-year is written as in 2026-H1")?;
        let first = if half == "1" { 1 } else { 7 };
        let mut sum = 0;
        for month in first..first + 6 {
            let month = format!("{year}-{month:02}");
            let count = self.active.get(&month).map_or(0, HashSet::len);
            println!("{month}    {count}");
            sum += count;
        }
        // The nearest hundredth: with six months it never lies half-way.
        let hundredths = (sum * 100 + 3) / 6;
        let average = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        println!("{period}    {average} ({sum}/6)");
        let newest = self.newest.format("%Y-%m-%dT%H:%M:%SZ");
        println!("address    position {}, newest event of {newest}", self.last()?);
        if average != published {
            return Err(format!("{published} was published").into());
        }
        println!("published  {published}, the same");
        Ok(())
    }

    /// The position of the last event.
    fn last(&self) -> Result<u64, &'static str> {
        self.next.checked_sub(1).ok_or("the book is empty")
    }
}

/// A client, which is used for one thing: once its connection is lost it may stay so.
fn connect(connection: &str) -> Result<Client, Box<dyn Error>> {
    Ok(Client::new(connection.parse()?)?)
}

/// Whether a new client may have an answer.
fn is_lost_connection(error: &eventstore::Error) -> bool {
    use eventstore::Error::{ConnectionClosed, DeadlineExceeded, GrpcConnectionError, ServerError};
    matches!(error, ConnectionClosed | DeadlineExceeded | GrpcConnectionError(_) | ServerError(_))
}

async fn read(connection: &str, audit: &mut Audit) -> Result<(), Box<dyn Error>> {
    let options = ReadAllOptions::default().position(StreamPosition::Start);
    let mut events = connect(connection)?.read_all(&options).await?;
    while let Some(event) = events.next().await? {
        audit.see(event.get_original_event())?;
    }
    Ok(())
}

/// Every new event, from where reading stopped. A node that is lost is asked again for what comes after the last one.
async fn follow(connection: &str, audit: &mut Audit, end: Option<u64>) -> Result<(), Box<dyn Error>> {
    while end != Some(audit.next) {
        let position = Position { commit: audit.last()?, prepare: audit.last()? };
        let options = SubscribeToAllOptions::default().position(StreamPosition::Position(position));
        let mut events = connect(connection)?.subscribe_to_all(&options).await;
        let lost = loop {
            let event = match events.next().await {
                Ok(event) => event,
                Err(error) => break error,
            };
            let event = event.get_original_event();
            let Metadata { occurred_at, actor } = audit.see(event)?;
            println!(
                "{}  {}  {}  {} {}  {occurred_at:?}",
                event.position.commit, event.event_type, event.stream_id, actor.role, actor.id
            );
            if end == Some(audit.next) {
                return Ok(());
            }
        };
        if !is_lost_connection(&lost) {
            return Err(lost.into());
        }
        eprintln!("lost the node after position {}", audit.last()?);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

async fn audit(connection: &str, period: &str, published: &str, events: Option<u64>) -> Result<(), Box<dyn Error>> {
    let mut audit = Audit::default();
    read(connection, &mut audit).await?;
    println!("{} events in {} streams: none missing, none twice", audit.next, audit.revisions.len());
    audit.compare(period, published)?;
    println!("following  after position {}", audit.last()?);
    let end = events.map(|events| audit.next + events);
    tokio::select! {
        followed = follow(connection, &mut audit, end) => followed?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    println!("followed   to position {}: none missing, none twice", audit.last()?);
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let connection = std::env::var("MARKTBOEK_LOG").ok();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let events = arguments.get(2).map(|events| events.parse()).transpose();
    let (Some(connection), Ok(events), [period, published] | [period, published, _]) =
        (connection, events, &arguments[..])
    else {
        eprintln!("MARKTBOEK_LOG=CONNECTION audit PERIOD PUBLISHED [EVENTS]: see the beginning of src/main.rs");
        return ExitCode::from(2);
    };
    match audit(&connection, period, published, events).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("WRONG: {wrong}");
            ExitCode::from(1)
        }
    }
}
