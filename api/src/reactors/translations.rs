//! A review is translated into the languages of the countries served (R-3.2-06). Where nothing translates, the original is
//! shown, and what waits can be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::event::Event;
use domain::ids::ReviewId;
use domain::language::Language;
use domain::review::{Review, ReviewCommand, ReviewEvent};
use domain::{Aggregate, EventKind};
use event_log::{Direction, StreamName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::translation::{ENGINE, Translator};
use crate::{ApiError, Book};

/// How many reviews wait to be translated, for whoever asks.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    waiting: Arc<AtomicU64>,
    served: bool,
}

impl Queue {
    /// Nothing waits yet; whether anything translates.
    #[must_use]
    pub fn new(served: bool) -> Self {
        Self { served, ..Self::default() }
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Whether anything translates.
    #[must_use]
    pub const fn is_served(&self) -> bool {
        self.served
    }
}

/// After a failure the translator is left alone for so long.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Translates reviews.
#[derive(Debug)]
pub struct Translations {
    translator: Option<Translator>,
    queue: Queue,
}

impl Translations {
    /// Translates with this, if with anything.
    #[must_use]
    pub const fn new(translator: Option<Translator>, queue: Queue) -> Self {
        Self { translator, queue }
    }
}

/// Texts that wait.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Waiting {
    reviews: BTreeMap<ReviewId, Text>,
    /// Nothing is tried before this moment.
    not_before: Option<DateTime<Utc>>,
}

/// A text, as it is now.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Text {
    event: Uuid,
    version: u32,
    /// The languages in which it can be read, or into which it can't be translated.
    done: BTreeSet<Language>,
}

#[async_trait]
impl Reactor for Translations {
    const NAME: &'static str = "translations";
    const WANTS: &'static [EventKind] = &[
        EventKind::ReviewSubmitted,
        EventKind::ReviewEdited,
        EventKind::ReviewTranslated,
        EventKind::ReviewWithdrawn,
        EventKind::ReviewRetentionEnded,
    ];
    type State = Waiting;

    fn fold(&self, state: &mut Waiting, fact: &Fact) {
        let (review, event) = (ReviewId(fact.id), fact.event_id);
        let Event::Review(happened) = &fact.event else { return };
        if let ReviewEvent::ReviewSubmitted(submitted) = happened {
            state.reviews.insert(review, Text { event, version: 0, done: [submitted.language].into() });
        } else if let ReviewEvent::ReviewEdited(edited) = happened {
            let version = state.reviews.get(&review).map_or(0, |text| text.version) + 1;
            state.reviews.insert(review, Text { event, version, done: [edited.language].into() });
        } else if let ReviewEvent::ReviewTranslated(translated) = happened {
            if let Some(text) = state.reviews.get_mut(&review).filter(|text| text.version == translated.version) {
                text.done.insert(translated.language);
            }
        } else {
            state.reviews.remove(&review);
        }
    }

    async fn act(&self, book: &Book, state: &mut Waiting, now: DateTime<Utc>) -> Result<bool, ApiError> {
        let languages = &book.policies().await?.review_languages;
        let waits = |text: &Text| languages.iter().any(|language| !text.done.contains(language));
        let waiting = state.reviews.values().filter(|text| waits(text)).count();
        self.queue.waiting.store(waiting as u64, Ordering::Relaxed);
        metrics::gauge!("marktboek_reviews_waiting_for_translation")
            .set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX)));
        let Some(translator) = &self.translator else { return Ok(false) };
        if state.not_before.is_some_and(|moment| moment > now) {
            return Ok(false);
        }
        let next = state.reviews.iter_mut().find_map(|(review, text)| {
            let language = languages.iter().find(|language| !text.done.contains(*language)).copied()?;
            Some((*review, text, language))
        });
        let Some((review, text, language)) = next else { return Ok(false) };
        let (version, event) = (text.version, text.event);
        let Some((original, from)) = original(book, review).await? else {
            state.reviews.remove(&review);
            return Ok(true);
        };
        match translator.translate(&original, from, language).await {
            Ok(translation) => {
                let cause = cause(Self::NAME, event, &format!("translate-{language}"));
                let translate = || ReviewCommand::Translate {
                    review,
                    language,
                    text: translation.clone(),
                    version,
                    engine: ENGINE.to_owned(),
                };
                settled(book.execute(review.0, &cause, |_: Review| ready(Ok(translate()))).await)?;
                text.done.insert(language);
            }
            Err(error) if error.is_permanent() => {
                tracing::warn!(%review, %language, %error, "a review can't be translated");
                text.done.insert(language);
            }
            Err(error) => {
                tracing::warn!(%error, "the translator does not answer; it is tried again in a minute");
                state.not_before = Some(now + PAUSE);
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A review's text as it is now, with its language; nothing where it can't be read.
async fn original(book: &Book, review: ReviewId) -> Result<Option<(String, Language)>, ApiError> {
    let stream = StreamName::new(Review::stream(review.0))?;
    let records = book.log().read_stream(&stream, None, Direction::Backwards, usize::MAX).await?;
    for record in &records {
        let Event::Review(event) = crate::commands::decode(record)? else { continue };
        if let ReviewEvent::ReviewEdited(edited) = &event {
            let text = book.open(EventKind::ReviewEdited, &edited.text).await?;
            return Ok(text.map(|text| (text, edited.language)));
        }
        if let ReviewEvent::ReviewSubmitted(submitted) = &event {
            let text = book.open(EventKind::ReviewSubmitted, &submitted.text).await?;
            return Ok(text.map(|text| (text, submitted.language)));
        }
    }
    Ok(None)
}
