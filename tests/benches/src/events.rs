//! What is appended: an order placed, an order delivered and a review submitted, in turn.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use event_log::{EventLog, Expected, LogError, NewEvent, Revision, StreamName};
use uuid::Uuid;

/// An event's type and JSON, ready to be sent.
#[derive(Debug, Clone)]
pub struct Payload {
    /// Its type.
    pub event_type: &'static str,
    /// Its data, JSON.
    pub data: Bytes,
    /// Its metadata, JSON.
    pub metadata: Bytes,
    /// When it occurred, as its metadata says.
    pub occurred_at: DateTime<Utc>,
}

/// The payloads that writers take in turn.
#[must_use]
pub fn payloads() -> [Payload; 3] {
    let id = |number: u128| Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_le_bytes());
    let (buyer, listing, product, seller) = (id(1), id(2), id(3), id(4));
    let placed = format!(
        r#"{{"buyer":"{buyer}","lines":[{{"listing":"{listing}","product":"{product}","seller":"{seller}","condition":"GOOD","price":{{"minor":24990,"currency":"EUR"}},"deliveryCost":{{"minor":0,"currency":"EUR"}},"quantity":1,"warrantyMonths":12}}],"serviceFee":{{"minor":399,"currency":"EUR"}},"countryOfPurchase":"NL","memberState":"NL","promisedUntil":"2026-03-04T22:59:59Z"}}"#
    );
    let delivered = format!(r#"{{"sellers":["{seller}"],"late":false}}"#);
    let sealed = "A".repeat(220);
    let review = format!(
        r#"{{"order":"{}","line":0,"product":"{product}","seller":"{seller}","buyer":"{buyer}","score":5,"text":{{"subject":"review-{}","sealed":"{sealed}"}},"language":"nl","countryOfPurchase":"NL","licence":{{"termsVersion":"2026-01","author":true}}}}"#,
        id(5),
        id(6)
    );
    let occurred_at = Utc::now().trunc_subsecs(0);
    let metadata = format!(
        r#"{{"occurredAt":"{}","actor":{{"role":"BUYER","id":"{buyer}"}},"commandId":"{}","schema":1}}"#,
        occurred_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        id(7)
    );
    [("OrderPlaced", placed), ("OrderDelivered", delivered), ("ReviewSubmitted", review)].map(|(event_type, data)| {
        Payload { event_type, data: Bytes::from(data), metadata: Bytes::from(metadata.clone()), occurred_at }
    })
}

/// Appends so many events to a new stream, one at a time.
///
/// # Errors
/// What the log says.
pub async fn append_one_by_one(log: &dyn EventLog, payloads: &[Payload], events: usize) -> Result<(), LogError> {
    let writer = Writer::new();
    let stream = StreamName::new(writer.stream.clone())?;
    let mut expected = Expected::NoStream;
    for (number, payload) in payloads.iter().cycle().take(events).enumerate() {
        log.append(&stream, expected, vec![writer.event(number, payload)]).await?;
        expected = Expected::Exact(Revision(number as u64));
    }
    Ok(())
}

/// A writer's stream and the ids of its events, new ones in each round.
#[derive(Debug)]
pub struct Writer {
    /// The stream's name.
    pub stream: String,
    namespace: Uuid,
}

impl Writer {
    /// A writer that never was.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "no two are equal")]
    pub fn new() -> Self {
        let namespace = Uuid::new_v4();
        Self { stream: format!("order-{namespace}"), namespace }
    }

    /// The id of its n-th event.
    #[must_use]
    pub fn event_id(&self, number: usize) -> Uuid {
        Uuid::from_u128(self.namespace.as_u128().wrapping_add(number as u128 + 1))
    }

    /// Its n-th event.
    #[must_use]
    pub fn event(&self, number: usize, payload: &Payload) -> NewEvent {
        NewEvent {
            id: self.event_id(number),
            event_type: payload.event_type.into(),
            schema: 1,
            occurred_at: payload.occurred_at,
            data: payload.data.clone(),
            metadata: payload.metadata.clone(),
        }
    }
}
