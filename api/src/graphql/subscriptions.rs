//! What is told when it happens. Who may ask, and what they see, is as for the queries.

use async_graphql::{Context, Error, ID, Result, SimpleObject};
use domain::ids::{OrderId, ProductId, ReviewId};
use domain::order::Order as OrderStream;
use domain::{Aggregate, EventKind};
use event_log::Recorded;
use futures::{Stream, stream};
use projections::ViewError;
use uuid::Uuid;

use super::guard::{Allowed, MODERATORS, Only, coded};
use super::heads::LogHead;
use super::live::{begin_item, items, live, views_at};
use super::node::parse;
use super::orders::Order;
use super::platform::{Views, platform, read, views};
use super::reviews::Review;
use super::user_error::query_error;

/// What can change which photos wait for a person.
const QUEUE_CHANGES: [EventKind; 6] = [
    EventKind::PhotosSubmitted,
    EventKind::PhotosApproved,
    EventKind::PhotosRejected,
    EventKind::PhotosReinstated,
    EventKind::ReviewWithdrawn,
    EventKind::ReviewRetentionEnded,
];

/// Of how many reviews the waiting photos are counted: more than moderators get through in a day, and few enough that
/// counting them holds nobody up.
const COUNTED_REVIEWS: usize = 1_000;

/// How the photos that wait for a person have changed.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct ModerationQueueChange {
    /// How many photos wait, of the 1,000 reviews that wait the longest.
    photos_waiting: usize,
    /// The position of the event that may have changed them.
    position: String,
}

/// What is told when it happens, over a WebSocket at GET /graphql by the protocol graphql-transport-ws.
#[derive(Debug, Default)]
pub struct Subscription;

/// What is told when it happens, over a WebSocket at GET /graphql by the protocol graphql-transport-ws.
#[async_graphql::Subscription]
impl Subscription {
    /// A review that came online, of one product or of any.
    async fn review_published(
        &self,
        ctx: &Context<'_>,
        product_id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<Review>>> {
        let product: Option<ProductId> =
            product_id.map(|id| parse(&id, "productId")).transpose().map_err(query_error)?;
        let published = |event: &Recorded| kind(event) == Some(EventKind::ReviewPublished);
        Ok(items(ctx, published, move |ctx, event| {
            let Ok(id) = Uuid::parse_str(event.stream.id()) else { return Ok(None) };
            let review = Review::visible(ctx, ReviewId(id))?;
            Ok(review.filter(|review| product.is_none_or(|product| review.is_of(product))))
        }))
    }

    /// An order to which something happened: for its buyer, its sellers, and staff but for moderators (R-3.4-08).
    async fn order_updated(&self, ctx: &Context<'_>, order_id: ID) -> Result<impl Stream<Item = Result<Order>>> {
        let id: OrderId = parse(&order_id, "orderId").map_err(query_error)?;
        // What was done before the question is found, also where the views are behind.
        views_at(ctx, live(ctx).from()).await?;
        Order::visible(ctx, id)?.ok_or_else(no_such_order)?;
        let stream = OrderStream::stream(id.0);
        let of_order = move |event: &Recorded| event.stream.as_str() == stream;
        Ok(items(ctx, of_order, move |ctx, _| Order::visible(ctx, id)?.ok_or_else(no_such_order).map(Some)))
    }

    /// The photos that wait for a person have changed (R-3.2-02, R-3.4-02). For a MODERATOR.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS))]
    async fn moderation_queue_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<ModerationQueueChange>>> {
        let changes = |event: &Recorded| kind(event).is_some_and(|kind| QUEUE_CHANGES.contains(&kind));
        Ok(items(ctx, changes, |ctx, event| {
            let photos_waiting = read(ctx, photos_waiting)?;
            Ok(Some(ModerationQueueChange { photos_waiting, position: event.position.to_string() }))
        }))
    }

    /// The book has grown. Whoever is slow is told of the newest head only.
    async fn log_advanced(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Result<LogHead>>> {
        let ends = platform(ctx).book.log().watch_next_position();
        let told = live(ctx).from();
        Ok(stream::try_unfold((ctx.clone(), ends, told), |(ctx, mut ends, told)| async move {
            let Ok(end) = ends.wait_for(|end| *end > told).await.map(|end| *end) else { return Ok(None) };
            views_at(&ctx, end).await?;
            begin_item(&ctx);
            let (head, next) = (LogHead::now(&ctx), views(&ctx).reached.next);
            Ok::<_, Error>(Some((head, (ctx, ends, next))))
        }))
    }
}

fn kind(event: &Recorded) -> Option<EventKind> {
    EventKind::from_name(&event.event_type)
}

fn no_such_order() -> Error {
    coded("NOT_FOUND", "there is no such order, or it is not yours to see")
}

fn photos_waiting(views: &Views<'_>) -> Result<usize, ViewError> {
    let reviews = views.reviews();
    let waiting = reviews.photo_queue(None).take(COUNTED_REVIEWS).map(|queued| {
        let row = reviews.review(queued?.1)?;
        Ok(row.and_then(|row| row.waiting).map_or(0, |(_, photos)| photos.len()))
    });
    waiting.sum()
}
