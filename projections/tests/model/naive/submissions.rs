//! Records on their way: each as its statement's own events leave it, by state.

use domain::Event;
use domain::ids::StatementId;
use domain::listing::ListingRemovalReason;
use domain::seller::SellerRemovalReason;
use domain::statement::{Ground, StatementEvent};
use projections::submissions::{SubmissionRow, SubmissionState, SubmissionsReader};
use projections::{Happened, Rows};

use super::transparency::ground;

/// Compares a view with what was issued, submitted, accepted and refused.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let reader = SubmissionsReader(rows);
    let mut known: Vec<(StatementId, SubmissionRow)> = Vec::new();
    for (place, fact) in facts.iter().enumerate() {
        let Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)) = &fact.event else { continue };
        let convenient = matches!(
            ground(issued, &facts[..place]),
            Ground::Listing(ListingRemovalReason::Convenience) | Ground::Seller(SellerRemovalReason::Convenience)
        );
        let own = facts[place..].iter().filter(|later| later.id == fact.id);
        known.push((StatementId(fact.id), told(fact.micros(), convenient, own)));
    }
    for (id, row) in &known {
        assert_eq!(reader.submission(*id).unwrap().as_ref(), Some(row));
    }
    let middle = known.get(known.len() / 2).map_or(0, |(_, row)| row.issued_at);
    for (state, since) in SubmissionState::ALL.into_iter().flat_map(|state| [(state, i64::MIN), (state, middle)]) {
        let wanted = known.iter().filter(|(_, row)| row.state == state && row.issued_at >= since);
        let mut wanted: Vec<_> = wanted.map(|(id, row)| (state, row.issued_at, *id)).collect();
        wanted.sort_unstable();
        let shown: Vec<_> = reader.in_state(state, since, None).map(|key| key.unwrap()).collect();
        assert_eq!(shown, wanted, "{state:?} since {since}");
    }
    let submitted = facts.iter().rev().find_map(|fact| match &fact.event {
        Event::Statement(StatementEvent::StatementSubmitted(submitted)) => Some(submitted.database.clone()),
        _ => None,
    });
    assert_eq!(reader.database().unwrap(), submitted);
}

fn told<'a>(issued_at: i64, convenient: bool, own: impl Iterator<Item = &'a Happened>) -> SubmissionRow {
    let own: Vec<_> = own.collect();
    let last = own.last().unwrap();
    let submitted = own.iter().rev().find_map(|fact| match &fact.event {
        Event::Statement(StatementEvent::StatementSubmitted(submitted)) => Some((fact.micros(), submitted)),
        _ => None,
    });
    let (state, acceptance, refusal) = match &last.event {
        Event::Statement(StatementEvent::StatementOfReasonsIssued(_)) if convenient => {
            (SubmissionState::Exempt, None, None)
        }
        Event::Statement(StatementEvent::StatementOfReasonsIssued(_)) => (SubmissionState::Waiting, None, None),
        Event::Statement(StatementEvent::StatementSubmitted(_)) => (SubmissionState::Submitted, None, None),
        Event::Statement(StatementEvent::StatementAccepted(accepted)) => {
            (SubmissionState::Accepted, Some(accepted.how.clone()), None)
        }
        Event::Statement(StatementEvent::StatementRefused(refused)) => {
            (SubmissionState::Refused, None, Some(refused.clone()))
        }
        other => panic!("{other:?} in a statement's stream"),
    };
    let settled = matches!(state, SubmissionState::Accepted | SubmissionState::Refused);
    SubmissionRow {
        issued_at,
        state,
        submitted_at: submitted.map(|(at, _)| at),
        database: submitted.map(|(_, submitted)| submitted.database.clone()),
        settled_at: settled.then(|| last.micros()),
        acceptance,
        refusal,
    }
}
