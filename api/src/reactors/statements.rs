//! Whoever a decision restricts gets a statement of reasons at once (R-2.2-05, R-3.4-09, R-3.4-11, DSA art. 17).

use std::collections::VecDeque;
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::decision::{Decision, Recorded};
use domain::event::Event;
use domain::ids::StatementId;
use domain::review::Review;
use domain::statement::{Statement, StatementCommand, StatementEvent};
use uuid::Uuid;

use super::{Fact, Reactor, cause, find, settled};
use crate::{ApiError, Book};

/// States reasons.
#[derive(Debug, Default)]
pub struct Statements;

/// A decision whose reasons are to be stated: its stream, and the event that records it.
type Owed = (String, Uuid);

#[async_trait]
impl Reactor for Statements {
    const NAME: &'static str = "statements";
    const WANTS: &'static [EventKind] = &[
        EventKind::ReviewModerated,
        EventKind::PhotosRejected,
        EventKind::PhotosRemoved,
        EventKind::ListingRemoved,
        EventKind::SellerRemoved,
        EventKind::BuyerBlocked,
        EventKind::StatementOfReasonsIssued,
    ];
    type State = VecDeque<Owed>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        if let Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)) = &fact.event {
            state.retain(|(_, decision)| *decision != issued.decision);
        } else {
            state.push_back((fact.stream.clone(), fact.event_id));
        }
    }

    async fn act(&self, book: &Book, state: &mut Self::State, _: DateTime<Utc>) -> Result<bool, ApiError> {
        let Some((stream, event_id)) = state.front().cloned() else { return Ok(false) };
        if let Some(decision) = decision(book, &stream, event_id).await? {
            let issue = StatementCommand::Issue(Box::new(decision));
            let cause = cause(Self::NAME, event_id, "state-reasons");
            let statement = StatementId::of_decision(event_id);
            settled(book.execute(statement.0, &cause, |_: Statement| ready(Ok(issue.clone()))).await)?;
        }
        state.pop_front();
        Ok(true)
    }
}

/// The decision that an event records, with what its stream says of it.
async fn decision(book: &Book, stream: &str, event_id: Uuid) -> Result<Option<Decision>, ApiError> {
    let Some((fact, began)) = find(book, stream, event_id).await? else { return Ok(None) };
    let is_review = matches!(fact.event, Event::Review(_));
    let review = if is_review { book.load::<Review>(fact.id).await? } else { Review::Unknown };
    let (at, id, event) = (fact.at, fact.id, &fact.event);
    Ok(Decision::of(&Recorded { event_id, at, id, began, event, review: review.known() }))
}
