//! How long reviews stay online, and which are to come down (R-3.2-05).

use async_graphql::{Context, Enum, ID, Object, Result};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::calendar::end_of_day;
use domain::ids::{ProductId, ReviewId};
use domain::legal_hold::HeldData;
use projections::ViewError;
use projections::retention::{RetentionRow, ahead};

use super::guard::{Allowed, COMPLIANCE, FIGURES, Only, coded};
use super::legal_holds::LegalHold;
use super::node::{global, parse};
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{instant, read, views};
use super::scalars::Date;
use super::user_error::query_error;

/// How long a review stays online.
#[derive(Debug, Clone)]
pub struct Retention {
    review: ReviewId,
    row: RetentionRow,
    policy_version: u32,
}

/// How long a review stays online (R-3.2-05).
#[Object(serial)]
impl Retention {
    /// The review.
    async fn review_id(&self) -> ID {
        global(self.review)
    }

    /// Its product.
    async fn product_id(&self) -> ID {
        global::<ProductId>(self.row.product)
    }

    /// When it came online.
    async fn published_at(&self) -> DateTime<Utc> {
        instant(self.row.published_at)
    }

    /// When its years have passed.
    async fn years_pass_at(&self) -> DateTime<Utc> {
        instant(self.row.years_pass_at)
    }

    /// Since when nobody offers its product; nothing while somebody does.
    async fn off_sale_since(&self) -> Option<DateTime<Utc>> {
        self.row.off_sale_since.map(instant)
    }

    /// When it is to come down, as far as is known.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.row.due_at.map(instant)
    }

    /// Which moment it is that ends its time.
    async fn due_because(&self) -> Option<RetentionEnd> {
        self.row.due_because().map(RetentionEnd::from)
    }

    /// Which version of the policies says so.
    async fn policy_version(&self) -> u32 {
        self.policy_version
    }

    /// What authorities ordered that keeps it: while there is anything, it does not come down.
    async fn holds(&self, ctx: &Context<'_>) -> Result<Vec<LegalHold>> {
        read(ctx, |views| {
            let reader = views.retention().holds();
            let mut holds = Vec::new();
            for id in reader.on(HeldData::Review(self.review))? {
                holds.extend(reader.hold(id)?.map(|row| LegalHold::new(id, row)));
            }
            Ok(holds)
        })
    }
}

/// Which moment ends a review's time online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::retention::DueBecause")]
pub enum RetentionEnd {
    /// Its years have passed.
    YearsPassed,
    /// Its product went off sale.
    OffSale,
}

/// Queries of what is to come down.
#[derive(Debug, Default)]
pub struct RetentionQuery;

#[Object]
impl RetentionQuery {
    /// The reviews that are to come down, soonest first, before a day begins in Europe/Paris if one is named
    /// (R-3.2-05). For COMPLIANCE.
    #[graphql(guard = "Only(COMPLIANCE)", directive = Allowed::apply(COMPLIANCE), complexity = "cost(first, None, child_complexity)")]
    async fn review_retention(
        &self,
        ctx: &Context<'_>,
        due_before: Option<Date>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<Retention>> {
        let asked = PageInput::forwards(first, after).checked(|_: &(i64, ReviewId)| true)?;
        due(ctx, &asked, due_before.map(beginning_of), Of::Everything)
    }

    /// What falls due of the reviews that are online, soonest first: when, why, and what keeps it all the same (R-3.2-05).
    /// Before a day begins in Europe/Paris; where none is named, ninety days ahead. All, or of a product, or one review. For
    /// COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES), complexity = "cost(first, None, child_complexity)")]
    async fn retention_due(
        &self,
        ctx: &Context<'_>,
        before: Option<Date>,
        product_id: Option<ID>,
        review_id: Option<ID>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<Retention>> {
        let asked = PageInput::forwards(first, after).checked(|_: &(i64, ReviewId)| true)?;
        let product = product_id.map(|id| parse::<ProductId>(&id, "productId")).transpose().map_err(query_error)?;
        let review = review_id.map(|id| parse::<ReviewId>(&id, "reviewId")).transpose().map_err(query_error)?;
        let before = before.map_or_else(|| ahead(views(ctx).reached.moment()), beginning_of);
        let of = match (product, review) {
            (None, None) => Of::Everything,
            (Some(product), None) => Of::Product(product),
            (None, Some(review)) => Of::Review(review),
            (Some(_), Some(_)) => return Err(coded("INVALID", "name a product or a review, not both")),
        };
        due(ctx, &asked, Some(before), of)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
enum Of {
    Everything,
    Product(ProductId),
    Review(ReviewId),
}

/// When a day begins in Europe/Paris: when the day before it is over; noon is on the same day in UTC and in Paris.
fn beginning_of(Date(day): Date) -> DateTime<Utc> {
    let before = |day: NaiveDate| end_of_day(day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(12), 0);
    day.pred_opt().map_or(DateTime::<Utc>::MIN_UTC, before)
}

/// What falls due before a moment, if one is named.
fn due(
    ctx: &Context<'_>,
    asked: &Asked<(i64, ReviewId)>,
    before: Option<DateTime<Utc>>,
    of: Of,
) -> Result<Page<Retention>> {
    let views = views(ctx);
    let reader = views.retention();
    let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = asked;
    let policy_version = reader.policy().map_err(|error| query_error(error.into()))?.policy_version;
    let in_time = |key: &Result<(i64, ReviewId), ViewError>| match key {
        Ok((due, _)) => before.is_none_or(|before| instant(*due) < before),
        Err(_) => true,
    };
    let item = |(_, review): &(i64, ReviewId)| {
        Ok(reader.review(*review)?.map(|row| Retention { review: *review, row, policy_version }))
    };
    let keys = match of {
        Of::Everything => return take(asked, reader.due(from.as_ref()).take_while(in_time), item),
        // A product has as many reviews as its buyers wrote; they are few beside all.
        Of::Product(product) => reader.due_of_product(product),
        Of::Review(review) => reader
            .review(review)
            .map(|row| row.and_then(|row| row.due_at).map(|due_at| (due_at, review)).into_iter().collect()),
    };
    let keys = keys.map_err(|error| query_error(error.into()))?;
    let keys = keys.into_iter().filter(|key| from.is_none_or(|from| *key > from)).map(Ok);
    take(asked, keys.take_while(in_time), item)
}
