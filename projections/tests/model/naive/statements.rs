//! Statements of reasons: filtered and sorted.

use std::cmp::Reverse;

use domain::Event;
use domain::ids::StatementId;
use domain::statement::{Addressee, StatementEvent, StatementOfReasonsIssued};
use projections::statements::StatementsReader;
use projections::{Happened, Rows};

use crate::bazaar::{BUYERS, SELLERS};

/// Compares a view with what was issued.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let reader = StatementsReader(rows);
    let issued: Vec<(i64, StatementId, &StatementOfReasonsIssued)> = facts
        .iter()
        .filter_map(|fact| match &fact.event {
            Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)) => {
                Some((fact.micros(), StatementId(fact.id), issued))
            }
            _ => None,
        })
        .collect();
    let middle = issued.get(issued.len() / 2).map_or(0, |(at, ..)| *at);
    for since in [i64::MIN, middle] {
        let mut wanted: Vec<_> = issued.iter().map(|(at, id, _)| (*at, *id)).filter(|(at, _)| *at >= since).collect();
        wanted.sort_unstable();
        assert_eq!(reader.issued(since, None).map(|key| key.unwrap()).collect::<Vec<_>>(), wanted, "since {since}");
    }
    for addressee in BUYERS.map(Addressee::Buyer).into_iter().chain(SELLERS.map(Addressee::Seller)) {
        let own = issued.iter().filter(|(.., issued)| issued.addressee == addressee);
        let mut own: Vec<_> = own.map(|(at, id, _)| (Reverse(*at), *id)).collect();
        own.sort_unstable();
        let shown: Vec<_> = reader.of_addressee(addressee.into(), None).map(|key| key.unwrap().2).collect();
        assert_eq!(shown, own.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
    }
    for (at, id, issued) in issued {
        let row = reader.of_decision(issued.decision).unwrap().unwrap();
        assert_eq!(reader.statement(id).unwrap().as_ref(), Some(&row));
        assert_eq!((row.issued_at, row.decision, row.addressee), (at, issued.decision, issued.addressee));
        assert_eq!((row.restriction, &row.ground, &row.facts), (issued.restriction, &issued.ground, &issued.facts));
        assert_eq!((row.notice, row.automated, row.redress), (issued.notice, issued.automated, issued.redress.clone()));
        assert_eq!(row.content_language, issued.content_language);
        assert_eq!(
            [row.since, row.content_since, row.contestable_until],
            [issued.since, issued.content_since, issued.contestable_until].map(|moment| moment.timestamp_micros())
        );
    }
}
