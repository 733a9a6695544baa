//! The transparency report's periods: what counts where, beyond what random histories show by themselves.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::calendar::ReportPeriod;
use domain::complaint::ComplaintOutcome;
use domain::criterion::Criterion;
use domain::event::Event;
use domain::notice::{Allegation, NoticeOutcome, NoticeSubmitted, NoticeTarget};
use domain::sealed::Sealed;
use domain::statement::Ground;
use event_log::Position;
use projections::Happened;
use projections::transparency::{
    self as counted, ComplaintAbout, Heading, RestrictionKind, TransparencyReader, Trigger,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use crate::acts::{Act, Deed, Gap, governing};
use crate::bazaar::history;
use crate::kept::Kept;
use crate::naive::transparency;
use crate::rulings::Ruling;

/// So that the comparison with the naive figures compares something of everything.
#[test]
fn r_7_01_the_bazaar_has_every_act_that_the_transparency_report_counts() {
    /// In so many histories at most.
    const HISTORIES: usize = 500;
    let mut runner = TestRunner::deterministic();
    let mut seen = HashSet::new();
    for _ in 0..HISTORIES {
        let mut view = Kept::new("transparency");
        view.take_in(&history(&governing().new_tree(&mut runner).unwrap().current()));
        view.commit();
        let reader = TransparencyReader(view.rows());
        let acts =
            ["2025-H2", "2026-H1", "2026-H2", "2027-H1"].into_iter().flat_map(|period| reader.acts(half(period)));
        for act in acts.map(Result::unwrap) {
            seen.insert(act.name());
            if let counted::Act::Restricted(measure) = act {
                let sellers = matches!(measure.ground, Ground::Seller(_));
                let cases = [
                    (measure.trigger == Trigger::Notice, "because of a notice"),
                    (measure.ground.is_law(), "by law"),
                    (sellers && measure.restriction == RestrictionKind::Removed, "a removed seller's listing"),
                ];
                seen.extend(cases.into_iter().filter(|(is, _)| *is).map(|(_, case)| case));
            }
        }
        if seen.len() == 10 + 3 {
            return;
        }
    }
    panic!("only {seen:?}");
}

#[test]
fn r_7_01_what_follows_from_a_well_founded_complaint_about_a_notice_is_newly_imposed_and_not_of_own_initiative() {
    let deeds = [
        Deed::Publish { product: 0, seller: 0, premium: false, price: 2 },
        Deed::Place { buyer: 0, lines: vec![(0, 1)], state: None, promise_days: 5, insured: false },
        Deed::Confirm { order: 0 },
        Deed::Ship { order: 0 },
        Deed::Deliver { order: 0 },
        Deed::Review { order: 0, line: 0, score: 1, words: 0, aspects: 0 },
        Deed::Ruling(Ruling::Notify { about: 0, which: 0, flagger: true, allegation: Allegation::Illegal }),
        Deed::Ruling(Ruling::DecideNotice { notice: 0, outcome: NoticeOutcome::NoAction }),
        Deed::Ruling(Ruling::ContestNotice { notice: 0 }),
        Deed::Ruling(Ruling::DecideComplaint { complaint: 0, outcome: ComplaintOutcome::Reversed }),
        Deed::Ruling(Ruling::Moderate { review: 0, because_of: Some(0), criteria: vec![Criterion::IllegalContent] }),
    ];
    let facts = history(&deeds.map(|deed| Act { gap: Gap::Hours(1), deed }));
    let mut view = Kept::new("transparency");
    view.take_in(&facts);
    view.commit();
    let figures = TransparencyReader(view.rows()).figures(half("2025-H2")).unwrap();
    assert_eq!((figures.measures.taken, figures.own_initiative.taken, figures.after_complaint), (1, 0, 1));
    let contested = &figures.complaints_about[&ComplaintAbout::TrustedFlaggersNotice];
    assert_eq!((contested.lodged, contested.reversed), (1, 1));
    assert_eq!(contested.decided.median().unwrap().hours(), "1.00");
    transparency::check(view.rows(), &facts);
}

fn half(period: &str) -> ReportPeriod {
    period.parse().unwrap()
}

#[test]
fn r_7_01_an_act_at_the_last_instant_of_a_period_is_in_it_and_one_after_is_in_the_next_in_summer_and_in_winter() {
    // Midnight in Paris is 22:00 in UTC in summer and 23:00 in winter; both years and both changes of the clock are here.
    for (ends, before, after) in [
        ("2026-06-30T22:00:00Z", "2026-H1", "2026-H2"),
        ("2026-12-31T23:00:00Z", "2026-H2", "2027-H1"),
        ("2026-03-31T22:00:00Z", "2025-10", "2026-04"),
        ("2026-10-31T23:00:00Z", "2026-05", "2026-11"),
    ] {
        let ends: DateTime<Utc> = ends.parse().unwrap();
        let moments = [ends - TimeDelta::microseconds(1), ends, ends + TimeDelta::microseconds(1)];
        let facts: Vec<Happened> = (0..).zip(moments).map(|(position, at)| notified(position, at)).collect();
        let mut view = Kept::new("transparency");
        view.take_in(&facts);
        view.commit();
        let received = |period: &str| {
            let figures = TransparencyReader(view.rows()).figures(half(period)).unwrap();
            figures.notices.of(Heading::Total).map_or(0, |notices| notices.received)
        };
        assert_eq!((received(before), received(after)), (1, 2), "{before}");
        transparency::check(view.rows(), &facts);
    }
}

/// A notice that came in.
fn notified(position: u64, at: DateTime<Utc>) -> Happened {
    let id = Uuid::from_u128(u128::from(position));
    let mut event = Event::from(NoticeSubmitted {
        target: NoticeTarget::Listing(id.into()),
        allegation: Allegation::Illegal,
        url: "https://market.example/1".into(),
        reasons: Sealed::new(format!("notice-{id}"), "it is prohibited".to_owned()),
        notifier: None,
        trusted_flagger: false,
        language: "en".parse().unwrap(),
    });
    event.seal(|_, _, plain| Ok::<_, serde_json::Error>(plain.to_vec())).unwrap();
    Happened { position: Position(position), at, id, event }
}
