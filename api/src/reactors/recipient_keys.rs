//! Nobody is followed across months (Regulation (EU) 2022/2065, recital 77): once a figure is published, the keys by which the
//! recipients of its months were named are destroyed, and only then is that recorded. What was counted stays and is counted
//! the same for ever; but nobody, with the book and an id in hand, can tell any more who it was. Nothing is recorded in these
//! months from then on.

use std::collections::VecDeque;
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::calendar::Month;
use domain::dsa_figure::DsaFigureEvent;
use domain::event::Event;
use domain::subject::{SubjectCommand, SubjectState};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, cause};
use crate::pseudonyms::subject_of;
use crate::{ApiError, Book};

/// Destroys the keys of published months.
#[derive(Debug, Clone, Copy)]
pub struct RecipientKeys;

/// Months whose keys are to be destroyed, each with the publication that asks for it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ToDestroy(VecDeque<(Month, Uuid)>);

#[async_trait]
impl Reactor for RecipientKeys {
    const NAME: &'static str = "recipient-keys";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[EventKind::DsaFigurePublished];
    type State = ToDestroy;

    fn fold(&self, state: &mut ToDestroy, fact: &Fact) {
        if let Event::DsaFigure(DsaFigureEvent::DsaFigurePublished(published)) = &fact.event {
            state.0.extend(published.period.months().into_iter().map(|month| (month, fact.event_id)));
        }
    }

    async fn act(&self, book: &Book, state: &mut ToDestroy, _: DateTime<Utc>) -> Result<bool, ApiError> {
        let Some((month, asked_by)) = state.0.front().copied() else { return Ok(false) };
        let subject = subject_of(month);
        book.keys().destroy(&subject.0).await?;
        let record = SubjectCommand::RecordDestruction { subject: subject.clone(), asked_by };
        let cause = cause(Self::NAME, asked_by, &format!("destroy-key/{month}"));
        let stream = SubjectState::stream_of(&subject);
        book.execute_in(stream, &cause, |_: SubjectState| ready(Ok(record.clone()))).await?;
        tracing::info!(%month, "the key that named a published month's recipients was destroyed");
        state.0.pop_front();
        Ok(true)
    }
}
