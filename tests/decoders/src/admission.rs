//! Events with their metadata, as another node would append them.

use std::sync::Mutex;

use api::esdb::Readable;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use domain::activity::ActivityEvent;
use domain::authority::Authority;
use domain::buyer::Buyer;
use domain::complaint::Complaint;
use domain::deadline::Deadline;
use domain::dispute::Dispute;
use domain::dsa_figure::DsaFigure;
use domain::invitation::Invitation;
use domain::legal_hold::LegalHold;
use domain::listing::Listing;
use domain::mail::Mail;
use domain::notice::Notice;
use domain::order::Order;
use domain::policy::PolicyBook;
use domain::product::Product;
use domain::review::Review;
use domain::safety_warning::SafetyWarning;
use domain::seller::Seller;
use domain::statement::Statement;
use domain::{Aggregate, Event, EventKind};
use event_log::{NewEvent, Position, Recorded, Revision, StreamName};
use event_log_grpc::Admission;
use projections::Happened;
use projections::registry::{Running, VIEWS};
use tempfile::TempDir;
use uuid::Uuid;

use crate::parts::parts;

/// Views take in so many events before they begin anew.
const MOST_EVENTS: u64 = 2_000;

struct Views {
    running: Vec<Box<dyn Running>>,
    next: u64,
    _directory: TempDir,
}

impl Views {
    fn begin() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let open = |kind: &projections::registry::ViewKind| kind.open(&directory.path().join(kind.name)).unwrap();
        Self { running: VIEWS.iter().map(open).collect(), next: 0, _directory: directory }
    }

    fn take_in(&mut self, kind: EventKind, happened: &Happened) {
        self.next += 1;
        for view in &mut self.running {
            view.apply(&[(kind, happened.clone())], Position(self.next)).unwrap();
            view.advance(happened.at).unwrap();
        }
    }
}

static VIEWS_RUNNING: Mutex<Option<Views>> = Mutex::new(None);

/// Four parts for each event: its stream, its type, its metadata, its data. Its schema is in its metadata.
pub fn admission(input: &[u8]) {
    let parts: Vec<_> = parts(input).collect();
    for parts in parts.chunks_exact(4) {
        let [stream, event_type, metadata, data] = parts else { unreachable!() };
        one(stream, event_type, metadata, data);
    }
}

fn one(stream: &[u8], event_type: &[u8], metadata: &[u8], data: &[u8]) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let (Some(stream), Some(event_type)) = (text(stream).and_then(|name| StreamName::new(name).ok()), text(event_type))
    else {
        return;
    };
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Header {
        occurred_at: DateTime<Utc>,
        schema: u16,
    }
    let Ok(header) = serde_json::from_slice::<Header>(metadata) else {
        return;
    };
    let event = NewEvent {
        id: Uuid::nil(),
        event_type: event_type.into(),
        schema: header.schema,
        occurred_at: header.occurred_at,
        data: Bytes::copy_from_slice(data),
        metadata: Bytes::copy_from_slice(metadata),
    };
    if Readable.admit(&stream, &event).is_err() {
        return;
    }
    let mut running = VIEWS_RUNNING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if running.as_ref().is_some_and(|views| views.next >= MOST_EVENTS) {
        *running = None;
    }
    let views = running.get_or_insert_with(Views::begin);
    let recorded = Recorded {
        position: Position(views.next),
        stream,
        revision: Revision(0),
        id: event.id,
        event_type: event.event_type,
        schema: event.schema,
        occurred_at: event.occurred_at,
        created: event.occurred_at,
        data: event.data,
        metadata: event.metadata,
    };
    let kind = projections::view::kind_of(&recorded).unwrap();
    let happened = Happened::read(kind, &recorded).unwrap();
    let again = Event::decode(kind, kind.version(), &happened.event.encode().unwrap()).unwrap();
    assert_eq!(again, happened.event, "written again it is another");
    folded(&happened.event, happened.at);
    views.take_in(kind, &happened);
}

/// Folds the event into the aggregate that it happened to, twice, a day after it.
fn folded(event: &Event, at: DateTime<Utc>) {
    fn fold<A: Aggregate>(event: &A::Event, at: DateTime<Utc>) {
        let mut aggregate = A::default();
        aggregate.evolve(event, at);
        aggregate.evolve(event, at.checked_add_signed(TimeDelta::days(1)).unwrap_or(at));
    }
    match event {
        Event::Seller(event) => fold::<Seller>(event, at),
        Event::Product(event) => fold::<Product>(event, at),
        Event::Listing(event) => fold::<Listing>(event, at),
        Event::Order(event) => fold::<Order>(event, at),
        Event::Buyer(event) => fold::<Buyer>(event, at),
        Event::Review(event) => fold::<Review>(event, at),
        Event::Invitation(event) => fold::<Invitation>(event, at),
        Event::Notice(event) => fold::<Notice>(event, at),
        Event::Statement(event) => fold::<Statement>(event, at),
        Event::Complaint(event) => fold::<Complaint>(event, at),
        Event::Authority(event) => fold::<Authority>(event, at),
        Event::LegalHold(event) => fold::<LegalHold>(event, at),
        Event::Dispute(event) => fold::<Dispute>(event, at),
        Event::SafetyWarning(event) => fold::<SafetyWarning>(event, at),
        Event::Deadline(event) => fold::<Deadline>(event, at),
        Event::Mail(event) => fold::<Mail>(event, at),
        Event::DsaFigure(event) => fold::<DsaFigure>(event, at),
        Event::Policy(event) => fold::<PolicyBook>(event, at),
        Event::Activity(ActivityEvent::RecipientsSeen(_)) | Event::Subject(_) => {}
    }
}
