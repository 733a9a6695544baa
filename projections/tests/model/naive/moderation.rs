//! Notices, complaints and cases: filtered and sorted.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use domain::Event;
use domain::EventKind;
use domain::complaint::{ComplaintDecided, ComplaintEvent, ComplaintLodged, Contested};
use domain::ids::{ComplaintId, NoticeId, PhotoId, ReviewId};
use domain::notice::{NoticeDecided, NoticeEvent, NoticeSubmitted, NoticeTarget};
use domain::review::ReviewEvent;
use domain::statement::Restriction;
use projections::moderation::{ComplaintStatus, ModerationReader};
use projections::{Happened, Rows, SealedText};

type Decided<T> = Option<(T, i64)>;

fn notices(facts: &[Happened]) -> Vec<(NoticeId, i64, &NoticeSubmitted, Decided<&NoticeDecided>)> {
    let decided = |id| {
        facts.iter().find_map(|fact| match &fact.event {
            Event::Notice(NoticeEvent::NoticeDecided(decided)) if fact.id == id => Some((decided, fact.micros())),
            _ => None,
        })
    };
    let sent = facts.iter().filter_map(|fact| match &fact.event {
        Event::Notice(NoticeEvent::NoticeSubmitted(sent)) => {
            Some((NoticeId(fact.id), fact.micros(), sent, decided(fact.id)))
        }
        _ => None,
    });
    sent.collect()
}

fn complaints(facts: &[Happened]) -> Vec<(ComplaintId, i64, &ComplaintLodged, Decided<&ComplaintDecided>)> {
    let decided = |id| {
        facts.iter().find_map(|fact| match &fact.event {
            Event::Complaint(ComplaintEvent::ComplaintDecided(it)) if fact.id == id => Some((it, fact.micros())),
            _ => None,
        })
    };
    let lodged = facts.iter().filter_map(|fact| match &fact.event {
        Event::Complaint(ComplaintEvent::ComplaintLodged(lodged)) => {
            Some((ComplaintId(fact.id), fact.micros(), lodged, decided(fact.id)))
        }
        _ => None,
    });
    lodged.collect()
}

fn about(target: NoticeTarget) -> Option<ReviewId> {
    match target {
        NoticeTarget::Review(review) | NoticeTarget::Photos(review) => Some(review),
        NoticeTarget::Listing(_) => None,
    }
}

/// What was found against a review, and whether it was taken back since.
fn findings(facts: &[Happened], review: ReviewId) -> Vec<(Vec<PhotoId>, i64, bool)> {
    let mut findings: Vec<(Vec<PhotoId>, i64, bool)> = Vec::new();
    for fact in facts.iter().filter(|fact| fact.id == review.0) {
        let Event::Review(event) = &fact.event else { continue };
        let back = match event {
            ReviewEvent::ReviewModerated(_) => {
                findings.push((Vec::new(), fact.micros(), false));
                continue;
            }
            ReviewEvent::PhotosRejected(event) => {
                findings.push((event.photos.clone(), fact.micros(), false));
                continue;
            }
            ReviewEvent::PhotosRemoved(event) => {
                findings.push((event.photos.clone(), fact.micros(), false));
                continue;
            }
            ReviewEvent::ReviewReinstated(_) => Vec::new(),
            ReviewEvent::PhotosReinstated(event) => event.photos.clone(),
            _ => continue,
        };
        findings.iter_mut().rev().find(|(photos, ..)| *photos == back).unwrap().2 = true;
    }
    findings
}

/// Compares a view with what was sent, lodged, decided and found.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let reader = ModerationReader(rows);
    let (notices, complaints) = (notices(facts), complaints(facts));
    let mut open: Vec<_> = notices.iter().filter(|(.., decided)| decided.is_none()).collect();
    open.sort_by_key(|(id, at, sent, _)| (!sent.trusted_flagger, *at, *id));
    let shown: Vec<_> = reader.open_notices(None).map(|key| key.unwrap().2).collect();
    assert_eq!(shown, open.into_iter().map(|(id, ..)| *id).collect::<Vec<_>>());
    for (id, at, sent, decided) in &notices {
        let row = reader.notice(*id).unwrap().unwrap();
        assert_eq!((row.target, row.allegation, row.submitted_at), (sent.target, sent.allegation, *at));
        assert_eq!((&row.url, row.reasons), (&sent.url, SealedText::of(EventKind::NoticeSubmitted, &sent.reasons)));
        let decision = row.decision.map(|decision| (decision.outcome, decision.criteria, decision.decided_at));
        assert_eq!(decision, decided.map(|(decided, at)| (decided.outcome, decided.criteria.clone(), at)));
    }
    let mut waiting: Vec<_> = complaints.iter().filter(|(.., decided)| decided.is_none()).collect();
    waiting.sort_by_key(|(id, at, ..)| (*at, *id));
    let mut done: Vec<_> =
        complaints.iter().filter_map(|(id, _, _, decided)| Some((decided.as_ref()?.1, *id))).collect();
    done.sort_by_key(|(at, id)| (Reverse(*at), *id));
    let in_order = |status| reader.complaints(status, None).map(|key| key.unwrap().2).collect::<Vec<_>>();
    let waiting: Vec<_> = waiting.into_iter().map(|(id, ..)| *id).collect();
    let done: Vec<_> = done.into_iter().map(|(_, id)| id).collect();
    assert_eq!(in_order(Some(ComplaintStatus::Open)), waiting);
    assert_eq!(in_order(Some(ComplaintStatus::Decided)), done);
    assert_eq!(in_order(None), [waiting, done].concat());
    let contested = |lodged: &ComplaintLodged| match lodged.contested {
        Contested::Restriction {
            restriction:
                Restriction::ReviewRemoved(review)
                | Restriction::PhotosNotPublished(review)
                | Restriction::PhotosRemoved(review),
            ..
        } => Some(review),
        Contested::Restriction { .. } => None,
        Contested::Notice(notice) => notices.iter().find(|(id, ..)| *id == notice).and_then(|it| about(it.2.target)),
    };
    for (id, at, lodged, decided) in &complaints {
        let row = reader.complaint(*id).unwrap().unwrap();
        assert_eq!((row.contested, row.lodged_at, row.review), (lodged.contested, *at, contested(lodged)));
        assert_eq!(row.reasons, SealedText::of(EventKind::ComplaintLodged, &lodged.reasons));
        let decision = row.decision.map(|decision| (decision.outcome, decision.decided_at));
        assert_eq!(decision, decided.map(|(decided, at)| (decided.outcome, at)));
    }
    let submitted = |fact: &&Happened| matches!(fact.event, Event::Review(ReviewEvent::ReviewSubmitted(_)));
    for review in facts.iter().filter(submitted).map(|fact| ReviewId(fact.id)).collect::<BTreeSet<_>>() {
        let case = reader.case(review).unwrap();
        let of_notices: Vec<_> =
            notices.iter().filter(|it| about(it.2.target) == Some(review)).map(|(id, ..)| *id).collect();
        let of_complaints: Vec<_> =
            complaints.iter().filter(|it| contested(it.2) == Some(review)).map(|(id, ..)| *id).collect();
        assert_eq!((case.notices, case.complaints), (of_notices, of_complaints));
        let found: Vec<_> = case
            .findings
            .iter()
            .map(|finding| (finding.photos.clone(), finding.found_at, finding.reversed_at.is_some()))
            .collect();
        assert_eq!(found, findings(facts, review));
    }
}
