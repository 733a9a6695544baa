//! Forgetting (R-3.3-02): after the event that asks for it, the subject's key is destroyed, and only then is that recorded;
//! at last its photos, which nobody can open any more, are removed. A crash in between repeats what was done, which finds
//! nothing more to do.
//!
//! While a legal hold is in force on it, the key stays: that it waits is recorded, so that whoever asked is told (GDPR
//! art. 12(4) and 17(3)(b)), and when the last hold is released, the rest follows. A hold that comes into the book while a
//! key is being destroyed comes too late; the destruction is recorded behind it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::event::Event;
use domain::ids::{LegalHoldId, PhotoId};
use domain::legal_hold::{HeldData, LegalHoldEvent};
use domain::review::ReviewEvent;
use domain::sealed::Subject;
use domain::subject::{SubjectCommand, SubjectState};
use event_log::{Direction, StreamName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, cause};
use crate::commands::decode;
use crate::photos::Photos;
use crate::{ApiError, Book};

/// Destroys keys of whom asked to be forgotten.
#[derive(Debug)]
pub struct Erasure {
    photos: Photos,
}

impl Erasure {
    /// Forgets, photos too.
    #[must_use]
    pub const fn new(photos: Photos) -> Self {
        Self { photos }
    }

    async fn remove_photos(&self, book: &Book, subject: &Subject) -> Result<(), ApiError> {
        self.photos.remove(&photos_of(book, subject).await?).await
    }
}

/// Who is to be forgotten, and what is held.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ToForget {
    asked: VecDeque<Asked>,
    /// The holds in force, by whose key seals what they keep.
    held: BTreeMap<Subject, BTreeSet<LegalHoldId>>,
}

/// Somebody who is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    subject: Subject,
    /// The event that asks for it.
    by: Uuid,
    /// Whether it is recorded that it waits.
    deferred: bool,
}

impl ToForget {
    fn hold(&mut self, hold: LegalHoldId, event: &LegalHoldEvent) {
        match event {
            LegalHoldEvent::LegalHoldPlaced(placed) => {
                for data in &placed.data {
                    self.held.entry(data.subject()).or_default().insert(hold);
                }
            }
            LegalHoldEvent::LegalHoldReleased(released) => {
                for data in &released.data {
                    let subject = data.subject();
                    if let Some(holds) = self.held.get_mut(&subject) {
                        holds.remove(&hold);
                        if holds.is_empty() {
                            self.held.remove(&subject);
                        }
                    }
                }
            }
        }
    }

    /// The first whose key can be destroyed.
    fn free(&self) -> Option<usize> {
        self.asked.iter().position(|asked| !self.held.contains_key(&asked.subject))
    }

    /// The first who waits and for whom that is not recorded, with the holds.
    fn waiting(&self) -> Option<(usize, BTreeSet<LegalHoldId>)> {
        let waits = |asked: &Asked| (!asked.deferred).then(|| self.held.get(&asked.subject)).flatten();
        self.asked.iter().enumerate().find_map(|(at, asked)| waits(asked).map(|holds| (at, holds.clone())))
    }
}

#[async_trait]
impl Reactor for Erasure {
    const NAME: &'static str = "erasure";
    const VERSION: u32 = 3;
    /// The events that ask for it, whose stream is named as the subject is, and those that keep it.
    const WANTS: &'static [EventKind] = &[
        EventKind::ReviewWithdrawn,
        EventKind::BuyerErasureRequested,
        EventKind::LegalHoldPlaced,
        EventKind::LegalHoldReleased,
    ];
    type State = ToForget;

    fn fold(&self, state: &mut ToForget, fact: &Fact) {
        if let Event::LegalHold(event) = &fact.event {
            state.hold(LegalHoldId(fact.id), event);
        } else {
            let subject = Subject(fact.stream.clone());
            state.asked.push_back(Asked { subject, by: fact.event_id, deferred: false });
        }
    }

    async fn act(&self, book: &Book, state: &mut ToForget, _: DateTime<Utc>) -> Result<bool, ApiError> {
        if let Some((at, holds)) = state.waiting() {
            defer(book, &state.asked[at], &holds).await?;
            state.asked[at].deferred = true;
            return Ok(true);
        }
        let Some(at) = state.free() else { return Ok(false) };
        let Asked { subject, by: asked_by, .. } = state.asked[at].clone();
        book.keys().destroy(&subject.0).await?;
        let record = SubjectCommand::RecordDestruction { subject: subject.clone(), asked_by };
        let cause = cause(Self::NAME, asked_by, "destroy-key");
        let stream = SubjectState::stream_of(&subject);
        book.execute_in(stream, &cause, |_: SubjectState| ready(Ok(record.clone()))).await?;
        tracing::info!(%subject, "a subject's key was destroyed");
        let done = self.remove_photos(book, &subject).await;
        let asked = state.asked.remove(at);
        if done.is_err() {
            // Photos without a key are noise: whoever else asked to be forgotten does not wait for them.
            state.asked.extend(asked);
        }
        done.map(|()| true)
    }
}

/// Records that somebody waits to be forgotten.
async fn defer(book: &Book, asked: &Asked, holds: &BTreeSet<LegalHoldId>) -> Result<(), ApiError> {
    let Some(data) = HeldData::of(&asked.subject) else { return Ok(()) };
    let defer = || SubjectCommand::Defer { data, asked_by: asked.by, holds: holds.clone() };
    let cause = cause(Erasure::NAME, asked.by, "defer");
    let stream = SubjectState::stream_of(&asked.subject);
    book.execute_in(stream, &cause, |_: SubjectState| ready(Ok(defer()))).await?;
    tracing::info!(subject = %asked.subject, "a legal hold keeps what was asked to be forgotten");
    Ok(())
}

/// The photos that were ever sent with a review, by the subject that it is.
async fn photos_of(book: &Book, subject: &Subject) -> Result<Vec<PhotoId>, ApiError> {
    let stream = StreamName::new(subject.0.as_str())?;
    let records = book.log().read_stream(&stream, None, Direction::Forwards, usize::MAX).await?;
    let mut photos = Vec::new();
    for record in records.iter().filter(|record| *record.event_type == *EventKind::PhotosSubmitted.name()) {
        if let Event::Review(ReviewEvent::PhotosSubmitted(submitted)) = decode(record)? {
            photos.extend(submitted.photos);
        }
    }
    Ok(photos)
}
