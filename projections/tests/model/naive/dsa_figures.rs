//! Published figures: by time, by period, and what corrects what.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use domain::Event;
use domain::dsa_figure::{DsaFigureEvent, DsaFigurePublished};
use projections::dsa_figures::{DsaFiguresReader, PublicationRow};
use projections::{Happened, Rows};

/// What was published, in the order of the book.
fn published(facts: &[Happened]) -> Vec<(&Happened, &DsaFigurePublished)> {
    let mut published = Vec::new();
    for fact in facts {
        if let Event::DsaFigure(DsaFigureEvent::DsaFigurePublished(figure)) = &fact.event {
            published.push((fact, figure));
        }
    }
    published
}

/// Compares a view with what was published.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let (reader, all) = (DsaFiguresReader(rows), published(facts));
    let row = |(fact, published): &(&Happened, &DsaFigurePublished)| {
        let corrects = |other: &DsaFigurePublished| {
            other.correction.as_ref().is_some_and(|correction| correction.corrects == published.publication)
        };
        PublicationRow {
            published: (*published).clone(),
            at: fact.micros(),
            event_position: fact.position.0,
            corrected_by: all.iter().find(|(_, other)| corrects(other)).map(|(_, other)| other.publication),
        }
    };
    let mut newest: Vec<_> =
        all.iter().map(|(fact, published)| (Reverse(fact.micros()), published.publication)).collect();
    newest.sort_unstable();
    let shown: Vec<_> = reader.newest(None).map(|key| key.unwrap().1).collect();
    assert_eq!(shown, newest.iter().map(|(_, id)| *id).collect::<Vec<_>>());
    for publication in &all {
        assert_eq!(reader.publication(publication.1.publication).unwrap(), Some(row(publication)));
    }
    let periods: BTreeSet<_> = all.iter().map(|(_, published)| published.period).collect();
    for period in &periods {
        let of_period: Vec<_> = all.iter().filter(|(_, published)| published.period == *period).map(row).collect();
        assert_eq!(reader.of_period(*period).unwrap(), of_period);
    }
    let first =
        |period| all.iter().find(|(_, published)| published.period == period).map(|(fact, _)| (period, fact.at));
    assert_eq!(reader.latest_period().unwrap(), periods.last().copied().and_then(first));
}
