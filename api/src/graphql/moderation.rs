//! What waits for a person: photos of reviews (R-3.4-02). The moderator sees neither author nor seller nor score
//! (R-3.4-08).

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};
use domain::deadline::Duty;
use domain::ids::{PhotoId, ReviewId};
use projections::reviews::ReviewRow;

use super::guard::{Allowed, MODERATORS, Only};
use super::node::global;
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{instant, opened, read, views};
use super::products::Product;
use super::reviews::Photo;

/// Photos that wait, and what they are said to show.
#[derive(Debug, Clone)]
pub struct PhotoModeration {
    review: ReviewId,
    submitted_at: i64,
    photos: Vec<PhotoId>,
    row: ReviewRow,
}

/// Photos that wait for a person, and what they are said to show.
#[Object(serial)]
impl PhotoModeration {
    /// The review.
    async fn review_id(&self) -> ID {
        global(self.review)
    }

    /// The photos; a moderator's token opens them before they are approved.
    async fn photos(&self) -> Vec<Photo> {
        self.photos.iter().copied().map(Photo::new).collect()
    }

    /// Since when they wait.
    async fn submitted_at(&self) -> DateTime<Utc> {
        instant(self.submitted_at)
    }

    /// The first instant at which a decision is too late (R-3.2-02).
    async fn due_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        let pending = read(ctx, |views| views.deadlines().pending(Duty::PhotoDecision, self.review.0))?;
        Ok(pending.map(|pending| instant(pending.due_at)))
    }

    /// The product that they are said to show.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        Product::load(ctx, self.row.product)
    }

    /// The review's text.
    async fn text(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.row.text.as_ref()).await
    }
}

/// Queries for moderators.
#[derive(Debug, Default)]
pub struct ModerationQuery;

#[Object]
impl ModerationQuery {
    /// Photos that wait for a person, the longest waiting first (R-3.2-02, R-3.4-02). For a MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS), complexity = "cost(first, None, child_complexity)")]
    async fn photo_moderation_queue(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<PhotoModeration>> {
        let asked = PageInput::forwards(first, after).checked(|_: &(i64, ReviewId)| true)?;
        let views = views(ctx);
        let reader = views.reviews();
        let from = match &asked {
            Asked::Forwards(after, _) | Asked::Backwards(after, _) => after.as_ref(),
        };
        take(&asked, reader.photo_queue(from), |(submitted_at, review)| {
            let Some(row) = reader.review(*review)? else { return Ok(None) };
            let photos = row.waiting.as_ref().map_or_else(Vec::new, |(_, photos)| photos.clone());
            Ok(Some(PhotoModeration { review: *review, submitted_at: *submitted_at, photos, row }))
        })
    }
}
