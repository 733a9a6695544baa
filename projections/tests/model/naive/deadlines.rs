//! What is due and what was late: a list of clocks, each begun once and ended once or not.

use std::cmp::Reverse;
use std::collections::HashSet;

use domain::Event;
use domain::authority::AuthorityEvent;
use domain::deadline::{DeadlineEvent, Duty, photos_due, publication_due};
use domain::review::ReviewEvent;
use projections::deadlines::{DeadlinesReader, MissedRow};
use projections::key::Falling;
use projections::{Happened, Rows};
use uuid::Uuid;

use super::policies;

struct Clock {
    duty: Duty,
    concerns: Uuid,
    began_at: i64,
    due_at: i64,
    alarm_at: Option<i64>,
    done_at: Option<i64>,
}

#[derive(Default)]
struct Clocks {
    all: Vec<Clock>,
    /// Photos of removed reviews: the clock stands still, to begin anew.
    held: HashSet<Uuid>,
}

impl Clocks {
    fn begin(&mut self, duty: Duty, fact: &Happened, due: chrono::DateTime<chrono::Utc>) {
        let (began_at, due_at) = (fact.micros(), due.timestamp_micros());
        self.all.push(Clock { duty, concerns: fact.id, began_at, due_at, alarm_at: None, done_at: None });
    }

    fn running(&mut self, duty: Duty, concerns: Uuid) -> Option<&mut Clock> {
        let runs = |clock: &&mut Clock| (clock.duty, clock.concerns, clock.done_at) == (duty, concerns, None);
        self.all.iter_mut().find(runs)
    }

    fn end(&mut self, duty: Duty, fact: &Happened) -> bool {
        let ended = self.running(duty, fact.id).map(|clock| clock.done_at = Some(fact.micros())).is_some();
        ended | self.held.remove(&fact.id)
    }

    fn hold(&mut self, fact: &Happened) {
        if self.end(Duty::PhotoDecision, fact) {
            self.held.insert(fact.id);
        }
    }

    fn release(&mut self, fact: &Happened, due: chrono::DateTime<chrono::Utc>) {
        if self.held.remove(&fact.id) {
            self.begin(Duty::PhotoDecision, fact, due);
        }
    }
}

fn clocks(facts: &[Happened]) -> Vec<Clock> {
    let mut clocks = Clocks::default();
    for (number, fact) in facts.iter().enumerate() {
        let in_force = || policies(&facts[..number]);
        match &fact.event {
            Event::Review(ReviewEvent::ReviewSubmitted(_)) => {
                clocks.begin(Duty::ReviewPublication, fact, publication_due(fact.at, &in_force()));
            }
            Event::Review(ReviewEvent::PhotosSubmitted(_)) => {
                clocks.begin(Duty::PhotoDecision, fact, photos_due(fact.at, &in_force()));
            }
            Event::Authority(AuthorityEvent::AuthorityOrderReceived(order)) => {
                clocks.begin(Duty::AuthorityOrder, fact, order.answer_by);
            }
            Event::Review(ReviewEvent::ReviewPublished(_)) => {
                clocks.end(Duty::ReviewPublication, fact);
            }
            Event::Review(ReviewEvent::ReviewModerated(_)) => clocks.hold(fact),
            Event::Review(ReviewEvent::ReviewReinstated(_)) => {
                clocks.release(fact, photos_due(fact.at, &in_force()));
            }
            Event::Review(
                ReviewEvent::PhotosApproved(_)
                | ReviewEvent::PhotosRejected(_)
                | ReviewEvent::PhotosReinstated(_)
                | ReviewEvent::ReviewWithdrawn(_)
                | ReviewEvent::ReviewRetentionEnded(_),
            ) => {
                clocks.end(Duty::PhotoDecision, fact);
            }
            Event::Authority(AuthorityEvent::AuthorityOrderExecuted(_)) => {
                clocks.end(Duty::AuthorityOrder, fact);
            }
            Event::Deadline(DeadlineEvent::DeadlineMissed(missed)) => {
                clocks.running(missed.duty, missed.concerns).unwrap().alarm_at = Some(fact.micros());
            }
            _ => {}
        }
    }
    clocks.all
}

/// Compares a view with the clocks that run and those that ended too late.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let (reader, clocks) = (DeadlinesReader(rows), clocks(facts));
    let mut pending: Vec<_> = clocks
        .iter()
        .filter(|clock| clock.done_at.is_none())
        .map(|clock| (clock.due_at, clock.duty, clock.concerns, clock.began_at, clock.alarm_at))
        .collect();
    pending.sort_unstable();
    let shown: Vec<_> = reader
        .due(None)
        .map(|key| {
            let (due_at, duty, concerns) = key.unwrap();
            let row = reader.pending(duty, concerns).unwrap().unwrap();
            assert_eq!(row.due_at, due_at);
            (due_at, duty, concerns, row.began_at, row.alarm_at)
        })
        .collect();
    assert_eq!(shown, pending);
    let late =
        |clock: &&Clock| clock.alarm_at.is_some() || clock.done_at.is_some_and(|done_at| done_at >= clock.due_at);
    let mut missed: Vec<_> = clocks
        .iter()
        .filter(late)
        .map(|&Clock { duty, concerns, began_at, due_at, alarm_at, done_at }| {
            (Reverse(due_at), duty, concerns, MissedRow { began_at, done_at, alarm_at })
        })
        .collect();
    missed.sort_by_key(|(due_at, duty, concerns, _)| (*due_at, *duty, *concerns));
    let shown: Vec<_> = reader
        .late(None)
        .map(|key| {
            let key = key.unwrap();
            let (Falling(due_at), duty, concerns) = key;
            (Reverse(due_at), duty, concerns, reader.missed(&key).unwrap().unwrap())
        })
        .collect();
    assert_eq!(shown, missed);
}
