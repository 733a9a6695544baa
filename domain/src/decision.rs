//! Decisions that restrict somebody, as far as their statement of reasons needs them (DSA art. 17(1)): which events are
//! such decisions, whom they restrict, and on which ground.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::buyer::BuyerEvent;
use crate::criterion::Criterion;
use crate::event::Event;
use crate::ids::{BuyerId, ListingId, NoticeId, ReviewId, SellerId, StaffId};
use crate::language::Language;
use crate::listing::{ListingEvent, ListingRemovalReason};
use crate::review::{LiveReview, ReviewEvent};
use crate::seller::SellerEvent;
use crate::statement::{Addressee, Ground, Restriction};

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The event that records it.
    pub event: Uuid,
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// Whom it restricts.
    pub addressee: Addressee,
    /// What it restricts.
    pub restriction: Restriction,
    /// The facts.
    pub facts: String,
    /// The notice that led to it.
    pub notice: Option<NoticeId>,
    /// On which ground.
    pub ground: Ground,
    /// The language of the content.
    pub content_language: Option<Language>,
    /// When the content came to the platform, or the account was opened.
    pub content_since: DateTime<Utc>,
    /// Who took it.
    pub decided_by: Option<StaffId>,
}

/// An event, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// Its id.
    pub event_id: Uuid,
    /// When it occurred.
    pub at: DateTime<Utc>,
    /// The id in its stream's name.
    pub id: Uuid,
    /// When its stream began.
    pub began: DateTime<Utc>,
    /// The event.
    pub event: &'a Event,
    /// The review that its stream is of, if it is of one that can be read.
    pub review: Option<&'a LiveReview>,
}

impl Decision {
    /// The decision that an event records, if it restricts anybody. What a seller withdraws of their own will is none, nor
    /// is what an authority ordered (art. 17(5)).
    #[must_use]
    pub fn of(recorded: &Recorded<'_>) -> Option<Self> {
        match recorded.event {
            Event::Review(event) => recorded.of_review(event),
            Event::Listing(ListingEvent::ListingRemoved(event)) => {
                let restricts = event.reason != ListingRemovalReason::WithdrawnBySeller;
                restricts.then(|| Self {
                    addressee: Addressee::Seller(event.seller),
                    restriction: Restriction::ListingRemoved(ListingId(recorded.id)),
                    facts: event.explanation.clone(),
                    notice: event.notice_id,
                    ground: Ground::Listing(event.reason),
                    decided_by: event.decided_by.clone(),
                    ..recorded.nothing_yet()
                })
            }
            Event::Seller(SellerEvent::SellerRemoved(event)) => Some(Self {
                addressee: Addressee::Seller(SellerId(recorded.id)),
                restriction: Restriction::SellerRemoved(SellerId(recorded.id)),
                facts: event.explanation.clone(),
                ground: Ground::Seller(event.reason),
                decided_by: event.decided_by.clone(),
                ..recorded.nothing_yet()
            }),
            Event::Buyer(BuyerEvent::BuyerBlocked(event)) => Some(Self {
                addressee: Addressee::Buyer(BuyerId(recorded.id)),
                restriction: event.until.map_or(Restriction::AccountTerminated, Restriction::AccountSuspended),
                facts: event.explanation.clone(),
                ground: Ground::Criteria(event.criteria.clone()),
                decided_by: Some(event.decided_by.clone()),
                ..recorded.nothing_yet()
            }),
            Event::Listing(
                ListingEvent::ListingPublished(_)
                | ListingEvent::ListingPriceChanged(_)
                | ListingEvent::ListingReinstated(_),
            )
            | Event::Seller(
                SellerEvent::SellerRegistered(_)
                | SellerEvent::SellerTermsAccepted(_)
                | SellerEvent::SellerVerified(_)
                | SellerEvent::SellerReinstated(_)
                | SellerEvent::SellerFeeCharged(_),
            )
            | Event::Buyer(
                BuyerEvent::BuyerRegistered(_)
                | BuyerEvent::BuyerErasureRequested(_)
                | BuyerEvent::BuyerWarned(_)
                | BuyerEvent::BuyerUnblocked(_),
            )
            | Event::Product(_)
            | Event::Order(_)
            | Event::Invitation(_)
            | Event::Notice(_)
            | Event::Statement(_)
            | Event::Complaint(_)
            | Event::Authority(_)
            | Event::LegalHold(_)
            | Event::Dispute(_)
            | Event::SafetyWarning(_)
            | Event::Deadline(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::DsaFigure(_)
            | Event::Policy(_)
            | Event::Subject(_) => None,
        }
    }
}

/// The event of the newest decision that still restricts a review or its photos, by the review's events from the newest
/// on. Photos that came online since, the same or others, end what was decided on photos before them.
pub fn newest_restriction<'a>(newest_first: impl IntoIterator<Item = (Uuid, &'a ReviewEvent)>) -> Option<Uuid> {
    let (mut review_is_back, mut photos_are_back) = (false, false);
    for (id, event) in newest_first {
        let restricts = match event {
            ReviewEvent::ReviewModerated(_) => !review_is_back,
            ReviewEvent::PhotosRejected(_) | ReviewEvent::PhotosRemoved(_) => !photos_are_back,
            ReviewEvent::ReviewReinstated(_) => {
                review_is_back = true;
                false
            }
            ReviewEvent::PhotosApproved(_) | ReviewEvent::PhotosReinstated(_) => {
                photos_are_back = true;
                false
            }
            ReviewEvent::ReviewSubmitted(_)
            | ReviewEvent::ReviewPublished(_)
            | ReviewEvent::ReviewEdited(_)
            | ReviewEvent::ReviewWithdrawn(_)
            | ReviewEvent::ReviewRetentionEnded(_)
            | ReviewEvent::PhotosSubmitted(_)
            | ReviewEvent::ReviewTranslated(_) => false,
        };
        if restricts {
            return Some(id);
        }
    }
    None
}

/// The events of the decisions on a review or its photos, whether they still restrict them or not, by the review's events
/// from the newest on.
pub fn decisions<'a>(newest_first: impl Iterator<Item = (Uuid, &'a ReviewEvent)>) -> impl Iterator<Item = Uuid> {
    let decides = |event: &ReviewEvent| {
        matches!(
            event,
            ReviewEvent::ReviewModerated(_) | ReviewEvent::PhotosRejected(_) | ReviewEvent::PhotosRemoved(_)
        )
    };
    newest_first.filter(move |(_, event)| decides(event)).map(|(id, _)| id)
}

impl Recorded<'_> {
    fn of_review(&self, event: &ReviewEvent) -> Option<Decision> {
        let id = ReviewId(self.id);
        match event {
            ReviewEvent::ReviewModerated(event) => {
                let by = Some(event.decided_by.clone());
                let notice = event.notice_id;
                self.judged(Restriction::ReviewRemoved(id), &event.criteria, &event.explanation, notice, by)
            }
            ReviewEvent::PhotosRemoved(event) => {
                let by = Some(event.decided_by.clone());
                let notice = event.notice_id;
                self.judged(Restriction::PhotosRemoved(id), &event.criteria, &event.explanation, notice, by)
            }
            ReviewEvent::PhotosRejected(event) => {
                let by = event.decided_by.clone();
                self.judged(Restriction::PhotosNotPublished(id), &event.criteria, &event.explanation, None, by)
            }
            ReviewEvent::ReviewSubmitted(_)
            | ReviewEvent::ReviewPublished(_)
            | ReviewEvent::ReviewEdited(_)
            | ReviewEvent::ReviewWithdrawn(_)
            | ReviewEvent::ReviewRetentionEnded(_)
            | ReviewEvent::PhotosSubmitted(_)
            | ReviewEvent::PhotosApproved(_)
            | ReviewEvent::ReviewReinstated(_)
            | ReviewEvent::PhotosReinstated(_)
            | ReviewEvent::ReviewTranslated(_) => None,
        }
    }

    fn judged(
        &self,
        restriction: Restriction,
        criteria: &[Criterion],
        explanation: &str,
        notice: Option<NoticeId>,
        decided_by: Option<StaffId>,
    ) -> Option<Decision> {
        let review = self.review?;
        Some(Decision {
            addressee: Addressee::Buyer(review.submitted.buyer),
            restriction,
            facts: explanation.to_owned(),
            notice,
            ground: Ground::Criteria(criteria.to_vec()),
            content_language: Some(review.language),
            decided_by,
            ..self.nothing_yet()
        })
    }

    /// What every decision has; the rest is filled in by whoever knows it.
    fn nothing_yet(&self) -> Decision {
        Decision {
            event: self.event_id,
            at: self.at,
            addressee: Addressee::Buyer(BuyerId(Uuid::nil())),
            restriction: Restriction::AccountTerminated,
            facts: String::new(),
            notice: None,
            ground: Ground::Criteria(Vec::new()),
            content_language: None,
            content_since: self.began,
            decided_by: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buyer::BuyerBlocked;
    use crate::given::at;
    use crate::ids::{ComplaintId, ProductId};
    use crate::listing::ListingRemoved;
    use crate::review::{PhotosApproved, PhotosRejected, PhotosRemoved, Review, ReviewModerated, ReviewReinstated};
    use crate::seller::{SellerRemovalReason, SellerRemoved};

    #[test]
    fn r_3_4_09_r_2_2_05_a_decision_says_whom_it_restricts_how_why_and_who_took_it() {
        let Review::Live(review) = crate::review::tests::live().state().clone() else { panic!("live") };
        let (id, seller, notice) = (Uuid::from_u128(7), SellerId(Uuid::from_u128(8)), NoticeId(Uuid::from_u128(9)));
        let (decided_at, until) = (at("2026-05-01T12:00:00Z"), at("2026-06-01T12:00:00Z"));
        let (criteria, why, who) = (vec![Criterion::Insulting], "an insult".to_owned(), StaffId("m-1".into()));
        let decision = |addressee, restriction, ground, notice| Decision {
            event: Uuid::from_u128(1),
            at: decided_at,
            addressee,
            restriction,
            facts: why.clone(),
            notice,
            ground,
            content_language: None,
            content_since: at("2026-03-10T10:00:00Z"),
            decided_by: Some(who.clone()),
        };
        let author = Addressee::Buyer(review.submitted.buyer);
        let of_review = |restriction, notice| Decision {
            content_language: Some(review.language),
            ..decision(author, restriction, Ground::Criteria(criteria.clone()), notice)
        };
        let blocked = |restriction| {
            decision(Addressee::Buyer(BuyerId(id)), restriction, Ground::Criteria(criteria.clone()), None)
        };
        let block = |until| BuyerBlocked {
            until,
            criteria: criteria.clone(),
            explanation: why.clone(),
            decided_by: who.clone(),
        };
        let moderated = ReviewModerated {
            criteria: criteria.clone(),
            explanation: why.clone(),
            notice_id: Some(notice),
            decided_by: who.clone(),
        };
        let removed = PhotosRemoved {
            photos: Vec::new(),
            criteria: criteria.clone(),
            explanation: why.clone(),
            notice_id: Some(notice),
            decided_by: who.clone(),
        };
        let rejected = PhotosRejected {
            photos: Vec::new(),
            criteria: criteria.clone(),
            explanation: why.clone(),
            decided_by: Some(who.clone()),
        };
        let listing = ListingRemoved {
            product: ProductId(Uuid::nil()),
            seller,
            reason: ListingRemovalReason::Dangerous,
            explanation: why.clone(),
            notice_id: Some(notice),
            decided_by: Some(who.clone()),
        };
        let withdrawn = ListingRemoved { reason: ListingRemovalReason::WithdrawnBySeller, ..listing.clone() };
        let of_seller = SellerRemoved {
            reason: SellerRemovalReason::BreachOfTerms,
            explanation: why.clone(),
            decided_by: Some(who.clone()),
        };
        let (review_id, listing_id) = (ReviewId(id), ListingId(id));
        let cases: [(Event, Option<Decision>); 8] = [
            (Event::Review(moderated.into()), Some(of_review(Restriction::ReviewRemoved(review_id), Some(notice)))),
            (Event::Review(removed.into()), Some(of_review(Restriction::PhotosRemoved(review_id), Some(notice)))),
            (Event::Review(rejected.into()), Some(of_review(Restriction::PhotosNotPublished(review_id), None))),
            (
                Event::Listing(listing.into()),
                Some(decision(
                    Addressee::Seller(seller),
                    Restriction::ListingRemoved(listing_id),
                    Ground::Listing(ListingRemovalReason::Dangerous),
                    Some(notice),
                )),
            ),
            (Event::Listing(withdrawn.into()), None),
            (
                Event::Seller(of_seller.into()),
                Some(decision(
                    Addressee::Seller(SellerId(id)),
                    Restriction::SellerRemoved(SellerId(id)),
                    Ground::Seller(SellerRemovalReason::BreachOfTerms),
                    None,
                )),
            ),
            (Event::Buyer(block(Some(until)).into()), Some(blocked(Restriction::AccountSuspended(until)))),
            (Event::Buyer(block(None).into()), Some(blocked(Restriction::AccountTerminated))),
        ];
        for (event, expected) in cases {
            let recorded = Recorded {
                event_id: Uuid::from_u128(1),
                at: decided_at,
                id,
                began: at("2026-03-10T10:00:00Z"),
                event: &event,
                review: Some(&*review),
            };
            assert_eq!(Decision::of(&recorded), expected, "{event:?}");
        }
    }

    #[test]
    fn r_3_4_10_what_a_review_complaint_is_about_is_the_newest_decision_that_still_holds() {
        let (criteria, explanation) = (vec![Criterion::Insulting], "an insult".to_owned());
        let moderated: ReviewEvent = ReviewModerated {
            criteria: criteria.clone(),
            explanation: explanation.clone(),
            notice_id: None,
            decided_by: StaffId("m-1".into()),
        }
        .into();
        let rejected: ReviewEvent =
            PhotosRejected { photos: Vec::new(), criteria, explanation, decided_by: None }.into();
        let reinstated: ReviewEvent = ReviewReinstated { complaint: ComplaintId(Uuid::nil()) }.into();
        let approved: ReviewEvent = PhotosApproved { photos: Vec::new(), decided_by: None }.into();
        let newest = |events: &[&ReviewEvent]| {
            let numbered = events.iter().enumerate().rev();
            newest_restriction(numbered.map(|(index, event)| (Uuid::from_u128(index as u128), *event)))
                .map(|id| id.as_u128())
        };
        assert_eq!(newest(&[]), None);
        assert_eq!(newest(&[&rejected, &moderated]), Some(1));
        assert_eq!(newest(&[&rejected, &moderated, &reinstated]), Some(0));
        assert_eq!(newest(&[&rejected, &approved, &moderated, &reinstated]), None);
        assert_eq!(newest(&[&moderated, &reinstated, &rejected, &approved, &moderated]), Some(4));
        let over = [(Uuid::from_u128(3), &approved), (Uuid::from_u128(2), &rejected), (Uuid::from_u128(1), &moderated)];
        let decided: Vec<Uuid> = decisions(over.into_iter()).collect();
        assert_eq!(decided, [Uuid::from_u128(2), Uuid::from_u128(1)]);
    }
}
