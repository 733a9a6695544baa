//! A product's reviews, in five orders (R-3.2-03, R-3.2-04).

use async_graphql::{Enum, Result};
use domain::ids::ProductId;
use domain::language::Language;
use projections::reviews::{FeedCursor, Sort};

use super::page::{Asked, Page, PageInput, take};
use super::platform::Views;
use super::reviews::Review;
use super::user_error::query_error;
use crate::ApiError;

/// The order of reviews. Ties go to the newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::reviews::Sort")]
pub enum ReviewSort {
    /// By content, length and photos; never by author or score.
    Relevance,
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
    /// Highest score first.
    Highest,
    /// Lowest score first.
    Lowest,
}

/// A page of reviews.
pub type ReviewFeed = Page<Review>;

/// A page of a product's reviews.
///
/// # Errors
/// A bad page, language or cursor; what the views say.
pub fn feed(
    views: &Views<'_>,
    product: ProductId,
    sort: ReviewSort,
    language: Option<&str>,
    page: PageInput,
) -> Result<ReviewFeed> {
    let sort = Sort::from(sort);
    let language: Option<Language> = language
        .map(|text| text.parse().map_err(|bad| query_error(ApiError::input("language", format!("{bad}")))))
        .transpose()?;
    let asked = page.checked(|key: &FeedCursor| (key.0, key.1) == (product, sort))?;
    let reader = views.reviews();
    let item = |key: &FeedCursor| {
        let row = reader.review(key.3)?;
        let wanted = row.filter(|row| language.is_none_or(|language| row.language == language));
        Ok(wanted.map(|row| Review::new(key.3, row)))
    };
    match &asked {
        Asked::Forwards(after, _) => take(&asked, reader.feed(product, sort, after.as_ref()), item),
        Asked::Backwards(before, _) => take(&asked, reader.feed_back(product, sort, before.as_ref()), item),
    }
}
