//! What the tests share: a server on a real socket, and logs of either engine.
#![allow(dead_code)] // Each test file is a crate of its own and uses its part.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, NewEvent, StreamName};
use event_log_eventstore::EventStoreLog;
use event_log_grpc::{Access, Admission, Authority, Credentials, Face, Grant, Settings};
use tempfile::TempDir;
use uuid::Uuid;

/// For whatever would otherwise hang a test that fails.
pub(crate) const LONG: Duration = Duration::from_secs(40);

/// Knows one password.
pub(crate) struct OnePassword;

impl Authority for OnePassword {
    fn grant(&self, credentials: &Credentials) -> Result<Grant, String> {
        match credentials {
            Credentials::Password { password, .. } if password == "right" => {
                Ok(Grant { access: Access::Append, until: None })
            }
            Credentials::Password { .. } | Credentials::Token(_) => Err("nobody knows this password".to_owned()),
        }
    }
}

/// Takes everything.
pub(crate) struct Everything;

impl Admission for Everything {
    fn admit(&self, _: &StreamName, _: &NewEvent) -> Result<(), String> {
        Ok(())
    }
}

/// A server with a book of its own.
pub(crate) struct Node {
    pub(crate) book: Arc<EmbeddedLog>,
    pub(crate) face: Face,
    pub(crate) directory: TempDir,
}

impl Node {
    /// Open to everybody.
    pub(crate) async fn open() -> Self {
        Self::admitting(Access::Append).await
    }

    pub(crate) async fn admitting(anonymous: Access) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let book = EmbeddedLog::open(directory.path().join("book"), &EmbeddedOptions { segment_bytes: 1 << 20 });
        let book = Arc::new(book.unwrap());
        let face = show(&book, "127.0.0.1:0".parse().unwrap(), anonymous).await;
        Self { book, face, directory }
    }

    /// How to connect.
    pub(crate) fn connection(&self) -> String {
        connection(self.face.address())
    }

    /// A log on this server, its numbers beside the server's book.
    pub(crate) async fn log(&self) -> EventStoreLog {
        EventStoreLog::open(&self.connection(), self.directory.path().join("numbers")).await.unwrap()
    }
}

pub(crate) fn connection(address: SocketAddr) -> String {
    format!("esdb://{address}?tls=false")
}

pub(crate) async fn show(book: &Arc<EmbeddedLog>, listen: SocketAddr, anonymous: Access) -> Face {
    let settings = Settings { anonymous, ..Settings::new(listen) };
    Face::start(Arc::clone(book) as _, Arc::new(OnePassword), Arc::new(Everything), None, settings).await.unwrap()
}

/// Does the same with a log of each engine; the embedded one has segments so small that a few dozen events fill one.
pub(crate) async fn on_either(scenario: impl AsyncFn(Arc<dyn EventLog>)) {
    let directory = tempfile::tempdir().unwrap();
    let embedded = EmbeddedLog::open(directory.path(), &EmbeddedOptions { segment_bytes: 4096 }).unwrap();
    scenario(Arc::new(embedded)).await;
    let node = Node::open().await;
    scenario(Arc::new(node.log().await)).await;
}

pub(crate) fn stream(name: &str) -> StreamName {
    StreamName::new(name.to_owned()).unwrap()
}

/// An event whose every field follows from its number.
pub(crate) fn event(number: u128) -> NewEvent {
    let schema = 1 + (number % 3) as u16;
    let occurred_at = DateTime::<Utc>::from_timestamp_micros(1_700_000_000_000_000 + number as i64).unwrap();
    let moment = occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true);
    NewEvent {
        id: Uuid::from_u128(number),
        event_type: "ListingChanged".into(),
        schema,
        occurred_at,
        data: Bytes::from(format!("{{\"number\": {number}, \"price\": 1.10}}")),
        metadata: Bytes::from(format!("{{\"schema\":{schema}, \"occurredAt\":\"{moment}\"}}")),
    }
}

pub(crate) fn events(numbers: std::ops::Range<u128>) -> Vec<NewEvent> {
    numbers.map(event).collect()
}
