//! No statement of reasons goes to the Transparency Database whose facts have a name of its case: what is sealed is opened and
//! looked for, and a person who has looked may say that a name is an ordinary word.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test looks at the events that it is about, and fails where it stands"
)]

use std::path::Path;

use domain::Event;
use domain::buyer::BuyerEvent;
use domain::notice::NoticeEvent;
use domain::review::ReviewEvent;
use domain::seller::SellerEvent;
use domain::statement::{Addressee, StatementEvent, StatementOfReasonsIssued};
use fixtures::Step;
use tests::books;
use tests::programs::{Outcome, marktboek, must};

/// What the first event of a stream tells.
fn told<'a, T>(history: &'a [Step], stream: &str, tells: impl Fn(&'a Event) -> Option<T>) -> Option<T> {
    history.iter().find(|step| step.stream == stream).and_then(|step| tells(&step.events[0]))
}

/// A buyer's name.
fn buyer(history: &[Step], id: impl std::fmt::Display) -> String {
    let name = told(history, &format!("buyer-{id}"), |event| match event {
        Event::Buyer(BuyerEvent::BuyerRegistered(registered)) => registered.identity.open(|_, _| None),
        _ => None,
    });
    name.unwrap().name
}

/// A seller's shop, and the trader's name and address.
fn seller(history: &[Step], id: impl std::fmt::Display) -> (String, String, String) {
    told(history, &format!("seller-{id}"), |event| match event {
        Event::Seller(SellerEvent::SellerRegistered(registered)) => {
            let contact = registered.contact.open(|_, _| None).unwrap();
            Some((registered.shop_name.clone(), contact.name, contact.address))
        }
        _ => None,
    })
    .unwrap()
}

fn family(name: &str) -> &str {
    name.rsplit_once(' ').map_or(name, |(_, family)| family)
}

/// Facts that name somebody of a statement's case, each time in another way; nothing where there is nobody such.
fn naming(history: &[Step], issued: &StatementOfReasonsIssued) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Addressee::Seller(id) = issued.addressee {
        let (shop, trader, address) = seller(history, id);
        facts.push(("shop", format!("{} sells what may not be sold", shop.to_uppercase())));
        facts.push(("trader", format!("Mr {} says that it is safe", family(&trader))));
        facts.push(("address", format!("sold from {}", address.to_lowercase())));
    }
    if let Some(review) = issued.restriction.review() {
        let (author, of) = told(history, &format!("review-{review}"), |event| match event {
            Event::Review(ReviewEvent::ReviewSubmitted(submitted)) => Some((submitted.buyer, submitted.seller)),
            _ => None,
        })
        .unwrap();
        facts.push(("author", format!("{} insults somebody", family(&buyer(history, author)).to_lowercase())));
        facts.push(("author's whole name", format!("written by {}.", buyer(history, author))));
        facts.push(("reviewed trader", format!("it insults Ms {}", family(&seller(history, of).1))));
    }
    if let Some(notice) = issued.notice {
        let notifier = told(history, &format!("notice-{notice}"), |event| match event {
            Event::Notice(NoticeEvent::NoticeSubmitted(submitted)) => {
                submitted.notifier.as_ref().and_then(|notifier| notifier.open(|_, _| None))
            }
            _ => None,
        });
        facts.extend(notifier.map(|notifier| ("notifier", format!("{} asked for it", family(&notifier.name)))));
    }
    if let Some(staff) = &issued.decided_by {
        facts.push(("staff", format!("decided by {staff}")));
    }
    facts
}

fn dry_run(data: &Path, more: &[&str]) -> Outcome {
    let arguments = [&["submit-statements", "--url", "http://127.0.0.1:9", "--dry-run"][..], more].concat();
    let output = marktboek(data, &arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn r_7_02_facts_that_name_anybody_of_the_case_are_refused_unless_a_person_has_looked() {
    let history = books::year(1);
    let mut spoilt = history.clone();
    // Each way once, each in a statement of its own.
    let (mut ways, mut ids) = (Vec::new(), Vec::new());
    let mut control = None;
    for step in &mut spoilt {
        let [Event::Statement(StatementEvent::StatementOfReasonsIssued(issued))] = &mut step.events[..] else {
            continue;
        };
        let id = step.stream.strip_prefix("statement-").unwrap().to_owned();
        if issued.ground.classifications().is_empty() {
            continue;
        }
        let new = naming(&history, issued).into_iter().find(|(way, _)| !ways.contains(way));
        if let Some((way, facts)) = new {
            ways.push(way);
            ids.push(id);
            issued.facts = facts;
        } else if control.is_none() {
            issued.facts = "Quackenbush, of another case, says so".to_owned();
            control = Some(id);
        }
    }
    assert!(ways.len() >= 7 && control.is_some(), "the generated year has more: {ways:?}");
    let data = books::with(&spoilt);
    let before = must(data.path(), &["verify", "--json"]);
    let outcome = dry_run(data.path(), &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for (way, id) in ways.iter().zip(&ids) {
        let line = format!("statement {id}: decision_facts has the name of somebody");
        assert!(outcome.stderr.contains(&line), "{way}: {}", outcome.stderr);
    }
    assert!(outcome.stdout.contains(&format!("refused       {}\n", ids.len())), "{}", outcome.stdout);
    let checked: Vec<&str> = ids.iter().flat_map(|id| ["--checked", id]).collect();
    let outcome = dry_run(data.path(), &checked);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(must(data.path(), &["verify", "--json"]), before, "a dry run writes nothing");

    // Without the keys no name is known, so that nothing goes.
    std::fs::remove_dir_all(data.path().join("vault")).unwrap();
    let outcome = dry_run(data.path(), &checked);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("has no keys"), "{}", outcome.stderr);
}
