//! Forgetting (R-3.3-02): after the event that asks for it, the subject's key is destroyed, and only then is that
//! recorded. A crash in between repeats the destruction, which finds nothing more to destroy.

use std::collections::VecDeque;
use std::future::ready;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::sealed::Subject;
use domain::subject::{SubjectCommand, SubjectState};
use event_log::LogError;
use uuid::Uuid;

use super::{Fact, Reactor, cause};
use crate::{ApiError, Book};

/// Destroys keys of whom asked to be forgotten.
#[derive(Debug, Default)]
pub struct Erasure;

#[async_trait]
impl Reactor for Erasure {
    const NAME: &'static str = "erasure";
    /// The events that ask for it: the stream that they are on is named as the subject is.
    const WANTS: &'static [EventKind] = &[EventKind::ReviewWithdrawn, EventKind::BuyerErasureRequested];
    /// Who is to be forgotten, and the event that asks for it.
    type State = VecDeque<(Subject, Uuid)>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        state.push_back((Subject(fact.stream.clone()), fact.event_id));
    }

    async fn act(&self, book: &Book, state: &mut Self::State, _: DateTime<Utc>) -> Result<bool, ApiError> {
        let Some((subject, asked_by)) = state.front().cloned() else { return Ok(false) };
        let (vault, name) = (Arc::clone(book.vault()), subject.0.clone());
        // Rewriting the key file may take a while.
        let destroyed = tokio::task::spawn_blocking(move || vault.destroy(&name));
        destroyed.await.map_err(|_| LogError::Closed)??;
        let record = SubjectCommand::RecordDestruction { subject: subject.clone(), asked_by };
        let cause = cause(Self::NAME, asked_by, "destroy-key");
        let stream = SubjectState::stream_of(&subject);
        book.execute_in(stream, &cause, |_: SubjectState| ready(Ok(record.clone()))).await?;
        tracing::info!(%subject, "a subject's key was destroyed");
        state.pop_front();
        Ok(true)
    }
}
