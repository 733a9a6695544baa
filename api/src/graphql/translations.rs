//! What waits to be translated (R-3.2-06).

use async_graphql::{Context, Object, SimpleObject};

use super::guard::{Allowed, MODERATORS_AND_OPERATORS, Only};
use super::platform::platform;

/// What waits to be translated.
#[derive(Debug, Clone, Copy, SimpleObject)]
#[graphql(serial)]
pub struct TranslationQueue {
    /// How many reviews are not yet in every language of the countries served.
    reviews_waiting: u64,
    /// Whether anything translates; without it reviews are shown as they were written, and wait.
    translating: bool,
}

/// Queries on translations.
#[derive(Debug, Default)]
pub struct TranslationQuery;

#[Object]
impl TranslationQuery {
    /// What waits to be translated (R-3.2-06). For a MODERATOR or an OPERATOR.
    #[graphql(guard = "Only(MODERATORS_AND_OPERATORS)", directive = Allowed::apply(MODERATORS_AND_OPERATORS))]
    async fn translation_queue(&self, ctx: &Context<'_>) -> TranslationQueue {
        let queue = &platform(ctx).translations;
        TranslationQueue { reviews_waiting: queue.waiting(), translating: queue.is_served() }
    }
}
