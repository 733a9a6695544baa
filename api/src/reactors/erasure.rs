//! Forgetting (R-3.3-02): after the event that asks for it, the subject's key is destroyed, and only then is that
//! recorded. A crash in between repeats the destruction, which finds nothing more to destroy.

use std::sync::Arc;

use async_trait::async_trait;
use domain::EventKind;
use domain::sealed::Subject;
use domain::subject::{SubjectCommand, SubjectState};
use event_log::{LogError, Recorded};
use std::future::ready;

use super::{Reactor, cause};
use crate::{ApiError, Book};

/// Destroys keys of whom asked to be forgotten.
#[derive(Debug, Default)]
pub struct Erasure;

/// The events that ask for it: the stream that they are on is named as the subject is.
const ASKING: [EventKind; 2] = [EventKind::ReviewWithdrawn, EventKind::BuyerErasureRequested];

/// Who is to be forgotten because of an event.
fn forgotten(event: &Recorded) -> Option<Subject> {
    let kind = EventKind::from_name(&event.event_type)?;
    ASKING.contains(&kind).then(|| Subject(event.stream.to_string()))
}

#[async_trait]
impl Reactor for Erasure {
    const NAME: &'static str = "erasure";

    async fn react(&mut self, book: &Book, event: &Recorded) -> Result<bool, ApiError> {
        let Some(subject) = forgotten(event) else { return Ok(false) };
        let (vault, name) = (Arc::clone(book.vault()), subject.0.clone());
        // Rewriting the key file may take a while.
        let destroyed = tokio::task::spawn_blocking(move || vault.destroy(&name));
        destroyed.await.map_err(|_| LogError::Closed)??;
        let record = SubjectCommand::RecordDestruction { subject: subject.clone(), asked_by: event.id };
        let cause = cause(Self::NAME, event.id, "destroy-key");
        let stream = SubjectState::stream_of(&subject);
        book.execute_in(stream, &cause, |_: SubjectState| ready(Ok(record.clone()))).await?;
        tracing::info!(%subject, position = %event.position, "a subject's key was destroyed");
        Ok(true)
    }
}
