//! The criteria against which a review or its photos may be taken down are a closed list, and a decision names one.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use domain::criterion::Criterion;
use domain::ids::StaffId;
use domain::policy::Policies;
use domain::review::{Judgement, Review, ReviewCommand, ReviewEvent};
use domain::{Aggregate, Context, Event};
use tests::books;

/// As published, in the order of the page.
const PUBLISHED: [&str; 20] = [
    "ADVERTISING",
    "DUPLICATE",
    "OFF_TOPIC",
    "OTHER_PRODUCT",
    "COMPETITOR_PROMOTION",
    "POLITICAL_OR_SOCIAL",
    "INSULTING",
    "OBSCENE",
    "OFFENSIVE",
    "SEXUALLY_EXPLICIT",
    "DEFAMATORY",
    "PERSONAL_ATTACK",
    "FALSE_OR_MISLEADING",
    "WRITTEN_BY_SELLER",
    "ILLEGAL_CONTENT",
    "THIRD_PARTY_RIGHTS",
    "IDENTITY_THEFT",
    "PERSONAL_DATA",
    "HATE_OR_VIOLENCE",
    "REGULATORY_BREACH",
];

#[test]
fn r_3_4_06_the_criteria_are_exactly_the_published_ones() {
    let read = |name: &str| serde_json::from_value::<Criterion>(name.into());
    let all: Vec<Criterion> = PUBLISHED.iter().map(|name| read(name).unwrap()).collect();
    assert!(all.is_sorted() && all.windows(2).all(|pair| pair[0] != pair[1]));
    let refused = read("NEGATIVE").unwrap_err().to_string();
    // The refusal lists what is known: no more than these.
    let known: Vec<&str> = refused.split('`').skip(3).step_by(2).collect();
    assert_eq!(known, PUBLISHED);
}

#[test]
fn r_3_4_06_r_3_4_03_a_rejection_of_photos_names_at_least_one_criterion() {
    let history = books::year(1);
    let sends_photos = |event: &Event| matches!(event, Event::Review(ReviewEvent::PhotosSubmitted(_)));
    let sent = history.iter().find(|step| step.events.iter().any(sends_photos)).unwrap();
    let until = history.iter().position(|step| step.stream == sent.stream && step.occurred_at == sent.occurred_at);
    let mut review = Review::default();
    for step in history[..=until.unwrap()].iter().filter(|step| step.stream == sent.stream) {
        for event in &step.events {
            review.evolve(&ReviewEvent::try_from(event.clone()).unwrap(), step.occurred_at);
        }
    }
    let context = Context { now: sent.occurred_at, policies: &Policies::default() };
    let reject = |criteria| {
        let decided = review.decide(
            ReviewCommand::RejectPhotos(Judgement {
                criteria,
                explanation: "a face".into(),
                decided_by: StaffId("m-1".into()),
            }),
            &context,
        );
        decided.map_err(|refusal| (refusal.rule.0, refusal.field))
    };
    assert_eq!(reject(Vec::new()).unwrap_err(), ("R-3.4-06", "criteria"));
    assert_eq!(reject(vec![Criterion::PersonalData]).unwrap().len(), 1);
}
