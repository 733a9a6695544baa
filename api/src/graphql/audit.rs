//! The book itself, for whoever checks it. Sealed data stays sealed.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, Json, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use event_log::{Direction, Position, Recorded, Revision, StreamName};
use serde_json::Value;
use uuid::Uuid;

use super::guard::{AUDITORS, Allowed, Only, coded};
use super::heads::number;
use super::page::{Asked, Cursor, Page, PageInput, cost};
use super::platform::platform;
use super::user_error::query_error;

/// An event as the book has it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct Event {
    /// Its number in the book, from 0.
    position: String,
    /// Its stream.
    stream: String,
    /// Its number in its stream, from 0.
    revision: String,
    /// Its own id.
    id: Uuid,
    /// Its type's name.
    #[graphql(name = "type")]
    event_type: String,
    /// The version of its type's schema.
    schema: u16,
    /// When it happened in the world.
    occurred_at: DateTime<Utc>,
    /// When the book took it.
    created: DateTime<Utc>,
    /// The payload.
    data: Json<Value>,
    /// Who and why.
    metadata: Json<Value>,
}

impl From<Recorded> for Event {
    fn from(recorded: Recorded) -> Self {
        // Whatever the bytes are, an auditor must see that there is an event.
        let json = |bytes: &[u8]| {
            Json(serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into()))
        };
        Self {
            position: recorded.position.to_string(),
            stream: recorded.stream.to_string(),
            revision: recorded.revision.to_string(),
            id: recorded.id,
            event_type: recorded.event_type.to_string(),
            schema: recorded.schema,
            occurred_at: recorded.occurred_at,
            created: recorded.created,
            data: json(&recorded.data),
            metadata: json(&recorded.metadata),
        }
    }
}

/// Queries for auditors.
#[derive(Debug, Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// The book's events, oldest first; of one stream, as in order-7f0c…, if one is named. They begin after a cursor, or at a
    /// position; of a stream, at a revision. For an AUDITOR. Sealed data stays sealed.
    #[graphql(guard = "Only(AUDITORS)", directive = Allowed::apply(AUDITORS), complexity = "cost(first, None, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        stream: Option<String>,
        after: Option<String>,
        from: Option<String>,
        first: Option<i32>,
    ) -> Result<Page<Event>> {
        let asked = PageInput::forwards(first, after).checked::<u64>(|_| true)?;
        let (Asked::Forwards(after, limit) | Asked::Backwards(after, limit)) = asked;
        let from = match (after, from) {
            (None, None) => 0,
            (Some(after), None) => after.saturating_add(1),
            (None, Some(from)) => number(&from, "from")?,
            (Some(_), Some(_)) => return Err(coded("INVALID", "give after or from, not both")),
        };
        let log = platform(ctx).book.log();
        let read = match &stream {
            Some(stream) => {
                let stream = StreamName::new(stream.as_str()).map_err(|error| query_error(error.into()))?;
                log.read_stream(&stream, Some(Revision(from)), Direction::Forwards, limit + 1).await
            }
            None => log.read_all(Some(Position(from)), Direction::Forwards, limit + 1).await,
        };
        let mut events = read.map_err(|error| query_error(error.into()))?;
        let more = events.len() > limit;
        events.truncate(limit);
        let mut page = Connection::new(from > 0, more);
        page.edges.extend(events.into_iter().map(|event| {
            let at = if stream.is_some() { event.revision.0 } else { event.position.0 };
            Edge::new(Cursor::at(&at), Event::from(event))
        }));
        Ok(page)
    }

    /// The event at a position with the proof that it is in the book of which the newest head was signed: JSON, as
    /// `replay-tool prove` writes it and `replay-tool verify-proof` reads it. Nothing where the book ends before it. For an
    /// AUDITOR.
    #[graphql(guard = "Only(AUDITORS)", directive = Allowed::apply(AUDITORS), complexity = "20")]
    async fn event_proof(&self, ctx: &Context<'_>, position: String) -> Result<Option<String>> {
        let position = number(&position, "position")?;
        let proof = platform(ctx).heads.proof(position).await.map_err(|error| query_error(error.into()))?;
        Ok(proof.map(|proof| proof.to_string()))
    }
}
