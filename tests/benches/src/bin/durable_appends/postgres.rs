//! The same events in PostgreSQL, in the table that an event-sourced program would have there.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::events::{Payload, Writer, payloads};
use tokio_postgres::{Client, NoTls};

const TABLE: &str = "
    DROP TABLE IF EXISTS events;
    CREATE TABLE events (
        position bigserial PRIMARY KEY,
        stream text NOT NULL,
        revision bigint NOT NULL,
        id uuid NOT NULL UNIQUE,
        type text NOT NULL,
        data json NOT NULL,
        metadata json NOT NULL,
        created timestamptz NOT NULL DEFAULT now(),
        UNIQUE (stream, revision)
    )";

const INSERT: &str = "
    INSERT INTO events (stream, revision, id, type, data, metadata)
    VALUES ($1, $2, $3, $4, $5::text::json, $6::text::json)";

/// Connections, one a writer.
pub(crate) struct Postgres(Vec<Arc<Client>>);

impl Postgres {
    pub(crate) async fn connect(url: &str, writers: usize) -> Result<Self, tokio_postgres::Error> {
        let mut clients = Vec::new();
        for _ in 0..writers {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            clients.push(Arc::new(client));
        }
        clients[0].batch_execute(TABLE).await?;
        Ok(Self(clients))
    }

    /// Each connection inserts so many events, a transaction each. Returns how many in all, and how long it took.
    pub(crate) async fn insert(&self, events: usize) -> Result<(usize, Duration), Box<dyn Error + Send + Sync>> {
        let payloads = Arc::new(payloads());
        let started = Instant::now();
        let tasks: Vec<_> = self
            .0
            .iter()
            .map(|client| tokio::spawn(insert(Arc::clone(client), Arc::clone(&payloads), events)))
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok((self.0.len() * events, started.elapsed()))
    }
}

async fn insert(
    client: Arc<Client>,
    payloads: Arc<[Payload; 3]>,
    events: usize,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let statement = client.prepare(INSERT).await?;
    let writer = Writer::new();
    for (number, payload) in payloads.iter().cycle().take(events).enumerate() {
        let (data, metadata) = (std::str::from_utf8(&payload.data)?, std::str::from_utf8(&payload.metadata)?);
        let (revision, id) = (i64::try_from(number)?, writer.event_id(number));
        client.execute(&statement, &[&writer.stream, &revision, &id, &payload.event_type, &data, &metadata]).await?;
    }
    Ok(())
}
