//! Staff who missed a deadline are alarmed (R-3.2-01, R-3.2-02, R-4-03): by an event, a line in the log and a figure.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::authority::{Authority, AuthorityEvent};
use domain::deadline::{Deadline, DeadlineCommand, DeadlineMissed, Duty, photos_due, publication_due};
use domain::event::Event;
use domain::policy::Policies;
use domain::review::{Review, ReviewEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::{ApiError, Book};

/// Raises alarms.
#[derive(Debug, Default)]
pub struct Deadlines;

/// What a clock runs for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Running {
    /// The event with which it began.
    event: Uuid,
    /// When it began.
    since: DateTime<Utc>,
    /// When it ends, where the event says so; by the policies otherwise.
    due_at: Option<DateTime<Utc>>,
}

#[async_trait]
impl Reactor for Deadlines {
    const NAME: &'static str = "deadlines";
    const VERSION: u32 = 2;
    const WANTS: &'static [EventKind] = &[
        EventKind::ReviewSubmitted,
        EventKind::ReviewPublished,
        EventKind::ReviewWithdrawn,
        EventKind::ReviewRetentionEnded,
        EventKind::ReviewModerated,
        EventKind::PhotosSubmitted,
        EventKind::PhotosApproved,
        EventKind::PhotosRejected,
        EventKind::PhotosReinstated,
        EventKind::ReviewReinstated,
        EventKind::AuthorityOrderReceived,
        EventKind::AuthorityOrderExecuted,
    ];
    /// What runs for each duty, by what it concerns.
    type State = BTreeMap<Duty, BTreeMap<Uuid, Running>>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        let running = |due_at| Running { event: fact.event_id, since: fact.at, due_at };
        let mut begin = |duty, due_at| {
            state.entry(duty).or_default().insert(fact.id, running(due_at));
        };
        let ended: &[Duty] = if let Event::Review(event) = &fact.event {
            if let ReviewEvent::ReviewSubmitted(_) = event {
                begin(Duty::ReviewPublication, None);
                &[]
            } else if let ReviewEvent::PhotosSubmitted(_) | ReviewEvent::ReviewReinstated(_) = event {
                // Photos of a review that is back are due anew; without any, nothing is pending.
                begin(Duty::PhotoDecision, None);
                &[]
            } else if let ReviewEvent::ReviewPublished(_) = event {
                &[Duty::ReviewPublication]
            } else if let ReviewEvent::PhotosApproved(_)
            | ReviewEvent::PhotosRejected(_)
            | ReviewEvent::PhotosReinstated(_) = event
            {
                &[Duty::PhotoDecision]
            } else {
                // What is not online is due no longer.
                &[Duty::ReviewPublication, Duty::PhotoDecision]
            }
        } else if let Event::Authority(AuthorityEvent::AuthorityOrderReceived(order)) = &fact.event {
            begin(Duty::AuthorityOrder, Some(order.answer_by));
            &[]
        } else {
            &[Duty::AuthorityOrder]
        };
        for duty in ended {
            state.entry(*duty).or_default().remove(&fact.id);
        }
    }

    async fn act(&self, book: &Book, state: &mut Self::State, now: DateTime<Utc>) -> Result<bool, ApiError> {
        let policies = book.policies().await?;
        let due = due(state, &policies, now);
        let Some((duty, concerns, event, due_at)) = due else { return Ok(false) };
        let cause = cause(Self::NAME, event, "alarm");
        let raise = |_: Deadline| async move {
            let pending = match duty {
                Duty::ReviewPublication => {
                    book.load::<Review>(concerns).await?.known().is_some_and(|review| review.published_at.is_none())
                }
                Duty::PhotoDecision => {
                    matches!(book.load(concerns).await?, Review::Live(live) if !live.photos_waiting.is_empty())
                }
                Duty::AuthorityOrder => matches!(book.load(concerns).await?, Authority::OpenOrder(_)),
            };
            Ok(DeadlineCommand::RaiseAlarm { missed: DeadlineMissed { duty, concerns, due_at }, pending })
        };
        let raised = book.execute(event, &cause, raise).await;
        if raised.is_ok() {
            tracing::warn!(?duty, %concerns, %due_at, "a deadline was missed");
            metrics::counter!("marktboek_deadlines_missed_total").increment(1);
        }
        settled(raised)?;
        state.entry(duty).or_default().remove(&concerns);
        Ok(true)
    }
}

/// A clock that has run out: for which duty, what it concerns, the event with which it began, and when it ran out.
fn due(
    running: &BTreeMap<Duty, BTreeMap<Uuid, Running>>,
    policies: &Policies,
    now: DateTime<Utc>,
) -> Option<(Duty, Uuid, Uuid, DateTime<Utc>)> {
    running.iter().find_map(|(duty, clocks)| {
        clocks.iter().find_map(|(concerns, clock)| {
            let due_at = match duty {
                Duty::ReviewPublication => publication_due(clock.since, policies),
                Duty::PhotoDecision => photos_due(clock.since, policies),
                Duty::AuthorityOrder => clock.due_at?,
            };
            (due_at <= now).then_some((*duty, *concerns, clock.event, due_at))
        })
    })
}
