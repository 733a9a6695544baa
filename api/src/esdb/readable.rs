//! What may be appended from outside: what the views and the commands can read.
//!
//! An event of another node has been decided by the rules already; what is checked here is that it can be read, for a view
//! stops at an event that it can't read, and nothing is ever taken out of the book.

use domain::activity::{ActivityEvent, ActivityMonth};
use domain::authority::Authority;
use domain::buyer::Buyer;
use domain::complaint::Complaint;
use domain::deadline::Deadline;
use domain::dispute::Dispute;
use domain::dsa_figure::{DsaFigure, DsaFigureEvent};
use domain::invitation::Invitation;
use domain::legal_hold::LegalHold;
use domain::listing::Listing;
use domain::mail::Mail;
use domain::metadata::Metadata;
use domain::notice::Notice;
use domain::order::Order;
use domain::policy::PolicyBook;
use domain::product::Product;
use domain::review::Review;
use domain::safety_warning::SafetyWarning;
use domain::seller::Seller;
use domain::statement::Statement;
use domain::subject::{SubjectEvent, SubjectState};
use domain::{Aggregate, Event, EventKind};
use event_log::{NewEvent, StreamName};
use event_log_grpc::Admission;
use uuid::Uuid;

/// Admits what can be read again.
#[derive(Debug, Clone, Copy)]
pub struct Readable;

impl Admission for Readable {
    fn admit(&self, stream: &StreamName, event: &NewEvent) -> Result<(), String> {
        serde_json::from_slice::<Metadata>(&event.metadata).map_err(|error| {
            format!("metadata: {error}; it has occurredAt, actor (role, id), commandId, correlationId and schema")
        })?;
        let kind = EventKind::from_name(&event.event_type)
            .ok_or("type: unknown to this version of the program; upgrade this node before those that append it")?;
        let event = Event::decode(kind, event.schema, &event.data).map_err(|error| format!("data: {error}"))?;
        let Some(belongs) = stream_of(&event, stream.id()) else {
            return Err(format!("stream_identifier: {:?} is not the id of what it happened to, a UUID", stream.id()));
        };
        if belongs == stream.as_str() {
            Ok(())
        } else {
            Err(format!("stream_identifier: it happened to what is in {belongs}"))
        }
    }
}

/// The stream in which an event that happened to this id belongs; none for what is no id.
#[must_use]
pub fn stream_of(event: &Event, id: &str) -> Option<String> {
    fn of<A: Aggregate>(id: &str) -> Option<String> {
        Uuid::try_parse(id).ok().map(A::stream)
    }
    match event {
        Event::Seller(_) => of::<Seller>(id),
        Event::Product(_) => of::<Product>(id),
        Event::Listing(_) => of::<Listing>(id),
        Event::Order(_) => of::<Order>(id),
        Event::Buyer(_) => of::<Buyer>(id),
        Event::Review(_) => of::<Review>(id),
        Event::Invitation(_) => of::<Invitation>(id),
        Event::Notice(_) => of::<Notice>(id),
        Event::Statement(_) => of::<Statement>(id),
        Event::Complaint(_) => of::<Complaint>(id),
        Event::Authority(_) => of::<Authority>(id),
        Event::LegalHold(_) => of::<LegalHold>(id),
        Event::Dispute(_) => of::<Dispute>(id),
        Event::SafetyWarning(_) => of::<SafetyWarning>(id),
        Event::Deadline(_) => of::<Deadline>(id),
        Event::Mail(_) => of::<Mail>(id),
        Event::Activity(ActivityEvent::RecipientsSeen(seen)) => Some(ActivityMonth::stream_of(seen.month)),
        Event::DsaFigure(DsaFigureEvent::DsaFigurePublished(published)) => Some(DsaFigure::stream_of(published.period)),
        Event::Subject(SubjectEvent::SubjectKeyDestroyed(destroyed)) => {
            Some(SubjectState::stream_of(&destroyed.subject))
        }
        Event::Subject(SubjectEvent::ErasureDeferred(deferred)) => {
            Some(SubjectState::stream_of(&deferred.data.subject()))
        }
        Event::Policy(_) => Some(PolicyBook::STREAM.to_owned()),
    }
}
