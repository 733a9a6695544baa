//! Forgetting (R-3.3-02): after the event that asks for it, the subject's key is destroyed, and only then is that recorded;
//! at last its photos, which nobody can open any more, are removed. A crash in between repeats what was done, which finds
//! nothing more to do.

use std::collections::VecDeque;
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::event::Event;
use domain::ids::PhotoId;
use domain::review::ReviewEvent;
use domain::sealed::Subject;
use domain::subject::{SubjectCommand, SubjectState};
use event_log::{Direction, StreamName};
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

#[async_trait]
impl Reactor for Erasure {
    const NAME: &'static str = "erasure";
    const VERSION: u32 = 2;
    /// The events that ask for it: the stream that they are on is named as the subject is.
    const WANTS: &'static [EventKind] = &[EventKind::ReviewWithdrawn, EventKind::BuyerErasureRequested];
    /// Who is to be forgotten, and the event that asks for it.
    type State = VecDeque<(Subject, Uuid)>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        state.push_back((Subject(fact.stream.clone()), fact.event_id));
    }

    async fn act(&self, book: &Book, state: &mut Self::State, _: DateTime<Utc>) -> Result<bool, ApiError> {
        let Some((subject, asked_by)) = state.front().cloned() else { return Ok(false) };
        book.keys().destroy(&subject.0).await?;
        let record = SubjectCommand::RecordDestruction { subject: subject.clone(), asked_by };
        let cause = cause(Self::NAME, asked_by, "destroy-key");
        let stream = SubjectState::stream_of(&subject);
        book.execute_in(stream, &cause, |_: SubjectState| ready(Ok(record.clone()))).await?;
        tracing::info!(%subject, "a subject's key was destroyed");
        if let Err(error) = self.remove_photos(book, &subject).await {
            // Photos without a key are noise: whoever else asked to be forgotten does not wait for them.
            state.rotate_left(1);
            return Err(error);
        }
        state.pop_front();
        Ok(true)
    }
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
