//! A notice and what it leads to are decided together (R-3.4-05, DSA art. 16(5)): what is removed because of a notice
//! decides the notice, and a notice that is decided with an action removes what it is about. Whichever a moderator does,
//! the other follows in their name; a person has decided both (R-3.4-07).
//!
//! What was removed may come back, because of a complaint. So it is not enough that a removal is refused where it was done
//! already: a reactor that lost its checkpoint would do it again. The stream of the review or listing says whether there is
//! still something to do.

use std::collections::VecDeque;
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::criterion::Criterion;
use domain::event::Event;
use domain::ids::{NoticeId, StaffId};
use domain::listing::{Listing, ListingCommand, ListingEvent, ListingRemovalReason, ListingRemoved};
use domain::notice::{Notice, NoticeCommand, NoticeDecided, NoticeEvent, NoticeOutcome, NoticeTarget};
use domain::review::{Judgement, PhotosRemoved, Review, ReviewCommand, ReviewEvent, ReviewModerated};
use domain::{EventKind, statement::Ground};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::commands::{Done, decode};
use crate::{ApiError, Book};

/// Keeps notices and what they lead to together.
#[derive(Debug, Default)]
pub struct Notices;

/// What follows from an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Follows {
    /// The notice is decided.
    Decide {
        /// Which.
        notice: NoticeId,
        /// As what.
        outcome: NoticeOutcome,
        /// Against which criteria; none of a listing, which is removed for reasons of its own.
        criteria: Vec<Criterion>,
        /// The facts.
        explanation: String,
        /// By whom.
        moderator: StaffId,
    },
    /// What the notice is about is removed.
    Remove(NoticeId, NoticeDecided),
}

#[async_trait]
impl Reactor for Notices {
    const NAME: &'static str = "notices";
    const WANTS: &'static [EventKind] =
        &[EventKind::ReviewModerated, EventKind::PhotosRemoved, EventKind::ListingRemoved, EventKind::NoticeDecided];
    /// What follows, and from which event.
    type State = VecDeque<(Uuid, Follows)>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        let follows = if let Event::Review(ReviewEvent::ReviewModerated(event)) = &fact.event {
            let (criteria, decided_by) = (&event.criteria, Some(event.decided_by.clone()));
            let law = Ground::Criteria(criteria.clone()).is_law();
            decided(event.notice_id, law, criteria, &event.explanation, decided_by)
        } else if let Event::Review(ReviewEvent::PhotosRemoved(event)) = &fact.event {
            let (criteria, decided_by) = (&event.criteria, Some(event.decided_by.clone()));
            let law = Ground::Criteria(criteria.clone()).is_law();
            decided(event.notice_id, law, criteria, &event.explanation, decided_by)
        } else if let Event::Listing(ListingEvent::ListingRemoved(event)) = &fact.event {
            let law = Ground::Listing(event.reason).is_law();
            decided(event.notice_id, law, &[], &event.explanation, event.decided_by.clone())
        } else if let Event::Notice(NoticeEvent::NoticeDecided(event)) = &fact.event {
            (event.outcome != NoticeOutcome::NoAction).then(|| Follows::Remove(NoticeId(fact.id), event.clone()))
        } else {
            None
        };
        state.extend(follows.map(|follows| (fact.event_id, follows)));
    }

    async fn act(&self, book: &Book, state: &mut Self::State, _: DateTime<Utc>) -> Result<bool, ApiError> {
        let Some((event, follows)) = state.front().cloned() else { return Ok(false) };
        let cause = cause(Self::NAME, event, "follow-notice");
        match follows {
            Follows::Decide { notice, outcome, criteria, explanation, moderator } => {
                let decide = NoticeCommand::Decide { outcome, criteria, explanation, moderator };
                settled(book.execute(notice.0, &cause, |_: Notice| ready(Ok(decide.clone()))).await)?;
            }
            Follows::Remove(notice, decided) => {
                if !is_past(book, event, notice, decided.target).await? {
                    settled(remove(book, &cause, notice, &decided).await)?;
                }
            }
        }
        state.pop_front();
        Ok(true)
    }
}

fn decided(
    notice: Option<NoticeId>,
    law: bool,
    criteria: &[Criterion],
    explanation: &str,
    moderator: Option<StaffId>,
) -> Option<Follows> {
    let outcome = if law { NoticeOutcome::ActionByLaw } else { NoticeOutcome::ActionByTerms };
    let (notice, moderator, explanation) = (notice?, moderator?, explanation.to_owned());
    let criteria = criteria.to_vec();
    Some(Follows::Decide { notice, outcome, criteria, explanation, moderator })
}

/// Whether the stream of what the notice is about has the removal that it led to, or what came after it: that a complaint put
/// it back since the notice was decided.
async fn is_past(book: &Book, decision: Uuid, notice: NoticeId, target: NoticeTarget) -> Result<bool, ApiError> {
    let (_, of_notice) = book.load_recorded::<Notice>(notice.0).await?;
    let decided_at = of_notice.iter().find(|record| record.id == decision).map(|record| record.position);
    let records = match target {
        NoticeTarget::Review(review) | NoticeTarget::Photos(review) => book.load_recorded::<Review>(review.0).await?.1,
        NoticeTarget::Listing(listing) => book.load_recorded::<Listing>(listing.0).await?.1,
    };
    for record in &records {
        let event = decode(record)?;
        if let Event::Review(ReviewEvent::ReviewModerated(ReviewModerated { notice_id, .. }))
        | Event::Review(ReviewEvent::PhotosRemoved(PhotosRemoved { notice_id, .. }))
        | Event::Listing(ListingEvent::ListingRemoved(ListingRemoved { notice_id, .. })) = &event
            && *notice_id == Some(notice)
        {
            return Ok(true);
        }
        if let Event::Review(ReviewEvent::ReviewReinstated(_) | ReviewEvent::PhotosReinstated(_))
        | Event::Listing(ListingEvent::ListingReinstated(_)) = &event
            && decided_at.is_some_and(|decided_at| record.position > decided_at)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn remove(
    book: &Book,
    cause: &domain::recording::Cause,
    notice: NoticeId,
    decided: &NoticeDecided,
) -> Result<Done, ApiError> {
    let judgement = || Judgement {
        criteria: decided.criteria.clone(),
        explanation: decided.explanation.clone(),
        decided_by: decided.moderator.clone(),
    };
    let notice = Some(notice);
    match decided.target {
        NoticeTarget::Review(review) => {
            let moderate = |_: Review| ready(Ok(ReviewCommand::Moderate { judgement: judgement(), notice }));
            book.execute(review.0, cause, moderate).await
        }
        NoticeTarget::Photos(review) => {
            let remove = |_: Review| ready(Ok(ReviewCommand::RemovePhotos { judgement: judgement(), notice }));
            book.execute(review.0, cause, remove).await
        }
        NoticeTarget::Listing(listing) => {
            let reason = match decided.outcome {
                NoticeOutcome::ActionByLaw => ListingRemovalReason::BreachOfLaw,
                NoticeOutcome::ActionByTerms | NoticeOutcome::NoAction => ListingRemovalReason::BreachOfTerms,
            };
            let remove = |_: Listing| {
                ready(Ok(ListingCommand::Remove {
                    seller: None,
                    reason,
                    explanation: decided.explanation.clone(),
                    // The decision is taken; it is too late to ask for other words.
                    shop_name: None,
                    notice,
                    decided_by: Some(decided.moderator.clone()),
                }))
            };
            book.execute(listing.0, cause, remove).await
        }
    }
}
