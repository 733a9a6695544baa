//! Review feeds, ratings and the photo queue: what is online of each review, filtered and sorted.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::Event;
use domain::ids::{PhotoId, ReviewId};
use domain::review::{Aspect, ReviewEvent, ReviewSubmitted};
use domain::review_order::relevance;
use domain::text::Score;
use projections::reviews::{Rating, ReviewsReader, Sort};
use projections::{Happened, Rows};

use crate::bazaar::{BUYERS, PRODUCTS};

/// A review as its own events leave it.
#[derive(Clone)]
struct Told {
    said: ReviewSubmitted,
    at: i64,
    online: bool,
    photos: Vec<PhotoId>,
    waiting_since: Option<i64>,
}

fn told(facts: &[Happened]) -> BTreeMap<ReviewId, Told> {
    let mut reviews = BTreeMap::new();
    for fact in facts {
        let Event::Review(event) = &fact.event else { continue };
        if let ReviewEvent::ReviewSubmitted(said) = event {
            let (said, at) = (said.clone(), fact.micros());
            let told = Told { said, at, online: false, photos: Vec::new(), waiting_since: None };
            reviews.insert(ReviewId(fact.id), told);
            continue;
        }
        let review = reviews.get_mut(&ReviewId(fact.id)).unwrap();
        match event {
            ReviewEvent::ReviewSubmitted(_) => {}
            ReviewEvent::ReviewPublished(_) => review.online = true,
            ReviewEvent::ReviewEdited(edit) => {
                (review.said.score, review.said.signals) = (edit.score, edit.signals);
                review.said.aspects.clone_from(&edit.aspects);
            }
            ReviewEvent::ReviewWithdrawn(_) | ReviewEvent::ReviewRetentionEnded(_) => {
                (review.online, review.waiting_since) = (false, None);
            }
            ReviewEvent::PhotosSubmitted(_) => review.waiting_since = Some(fact.micros()),
            ReviewEvent::PhotosApproved(approved) => {
                (review.photos, review.waiting_since) = (approved.photos.clone(), None);
            }
            ReviewEvent::PhotosReinstated(shown) => {
                (review.photos, review.waiting_since) = (shown.photos.clone(), None);
            }
            ReviewEvent::PhotosRemoved(_) => review.photos.clear(),
            ReviewEvent::ReviewModerated(_) => review.online = false,
            ReviewEvent::ReviewReinstated(_) => {
                review.online = true;
                review.waiting_since = review.waiting_since.map(|_| fact.micros());
            }
            ReviewEvent::ReviewTranslated(_) => {}
            ReviewEvent::PhotosRejected(_) => review.waiting_since = None,
        }
    }
    reviews
}

/// Compares a view with what filtering and sorting give.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let (reader, reviews) = (ReviewsReader(rows), told(facts));
    for (product, ..) in PRODUCTS {
        let online: Vec<(ReviewId, &Told)> = reviews
            .iter()
            .filter(|(_, review)| review.said.product == product && review.online)
            .map(|(id, review)| (*id, review))
            .collect();
        let mut rating = Rating::default();
        for (_, review) in &online {
            rating.histogram[usize::from(review.said.score.get()) - 1] += 1;
            for (aspect, score) in &review.said.aspects {
                let sum: &mut (u64, u64) = rating.aspects.entry(*aspect).or_default();
                *sum = (sum.0 + 1, sum.1 + u64::from(Score::get(*score)));
            }
        }
        assert_eq!(reader.rating(product).unwrap(), rating, "{product}");
        for sort in Sort::ALL {
            let shown: Vec<_> = reader.feed(product, sort, None).map(|key| key.unwrap()).collect();
            let expected = in_order(&online, sort);
            assert_eq!(shown.iter().map(|key| key.3).collect::<Vec<_>>(), expected, "{product} {sort:?}");
            let back: Vec<_> = reader.feed_back(product, sort, None).map(|key| key.unwrap()).collect();
            assert!(back.iter().rev().eq(&shown), "{product} {sort:?}, backwards");
        }
    }
    let online = reviews.iter().filter(|(_, review)| review.online);
    let mut waiting: Vec<_> = online.filter_map(|(id, review)| Some((review.waiting_since?, *id))).collect();
    waiting.sort_unstable();
    assert_eq!(reader.photo_queue(None).map(|row| row.unwrap()).collect::<Vec<_>>(), waiting, "photos that wait");
    for buyer in BUYERS {
        let mut own: Vec<_> = reviews.iter().filter(|(_, review)| review.said.buyer == buyer).collect();
        own.sort_by_key(|(id, review)| (Reverse(review.at), **id));
        assert_eq!(reader.by_author(buyer).unwrap(), own.into_iter().map(|(id, _)| *id).collect::<Vec<_>>());
    }
}

/// The feed in this order; ties go to the newer review, then to its id.
fn in_order(online: &[(ReviewId, &Told)], sort: Sort) -> Vec<ReviewId> {
    let mut feed = online.to_vec();
    feed.sort_by_key(|(id, review)| {
        let (score, newer) = (i64::from(review.said.score.get()), -review.at);
        let first = match sort {
            Sort::Relevance => -i64::from(relevance_of(review)),
            Sort::Newest => 0,
            Sort::Oldest => review.at,
            Sort::Highest => -score,
            Sort::Lowest => score,
        };
        (first, newer, *id)
    });
    feed.into_iter().map(|(id, _)| id).collect()
}

fn relevance_of(review: &Told) -> u32 {
    let aspects: &BTreeMap<Aspect, Score> = &review.said.aspects;
    relevance(review.said.signals, u32::try_from(aspects.len()).unwrap(), !review.photos.is_empty())
}
