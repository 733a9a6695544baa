//! Product search (R-2.3-06): what people type, as they type it.
//!
//! The index says which products match and how well ([`projections::search`]). What is on sale comes first; then by
//! relevance, then by orders in the last 30 days, then by product: nothing of money.

use std::cmp::Reverse;

use async_graphql::{Context, Object, Result};
use domain::ids::ProductId;
use projections::ViewError;
use projections::catalogue::ProductRow;
use projections::key::Falling;
use projections::search::Wanted;
use projections::search::query::{MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS};

use super::guard::coded;
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{Views, read};
use super::products::Product;

/// Where a product stands in what was found: whether it is on sale, relevance, orders, product.
type FoundKey = (Falling, Falling, Falling, ProductId);

fn place((on_sale, relevance, orders, product): &FoundKey) -> (Reverse<i64>, Reverse<i64>, Reverse<i64>, ProductId) {
    (Reverse(on_sale.0), Reverse(relevance.0), Reverse(orders.0), *product)
}

/// The products of a page and one more, where there is one.
fn search(
    views: &Views<'_>,
    wanted: &Wanted,
    asked: &Asked<FoundKey>,
) -> Result<Vec<(FoundKey, ProductRow)>, ViewError> {
    let (after, items) = match asked {
        Asked::Forwards(after, items) | Asked::Backwards(after, items) => (after, *items),
    };
    let mut found = Vec::new();
    for hit in views.search().found(wanted)? {
        let standing = views.ranking().standing(hit.product)?;
        let on_sale = standing.as_ref().is_some_and(|standing| standing.lowest_price_minor().is_some());
        let orders = standing.map_or(0, |standing| standing.orders_30_days());
        let key = (Falling(on_sale.into()), Falling(hit.relevance.into()), Falling(orders.into()), hit.product);
        if after.as_ref().is_none_or(|after| place(&key) > place(after)) {
            found.push(key);
        }
    }
    found.sort_unstable_by_key(place);
    let page = found.into_iter().take(items + 1);
    page.filter_map(|key| views.catalogue().product(key.3).map(|row| Some((key, row?))).transpose()).collect()
}

/// The query for products by words.
#[derive(Debug, Default)]
pub struct SearchQuery;

#[Object]
impl SearchQuery {
    /// Product search: every word of the query is in the product's brand, title or category, as it stands, as a
    /// beginning, as in iph 13, or but for a typing error, as in galxy s21. What is on sale first, then what matches
    /// best, then by orders in the last 30 days; each product shows one offer for each condition, the best
    /// price-quality ratio.
    #[graphql(complexity = "100 + cost(first, None, child_complexity)")]
    async fn search_products(
        &self,
        ctx: &Context<'_>,
        query: String,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<Product>> {
        let asked = PageInput::forwards(first, after).checked(|_: &FoundKey| true)?;
        let wanted = Wanted::of(&query).ok_or_else(|| {
            coded(
                "INVALID",
                format!("a query has 1 to {MAX_QUERY_WORDS} words in at most {MAX_QUERY_CHARACTERS} characters"),
            )
        })?;
        let (keys, rows): (Vec<_>, Vec<_>) = read(ctx, |views| search(views, &wanted, &asked))?.into_iter().unzip();
        let mut products = keys.iter().zip(rows).map(|(key, row)| Product::new(key.3, row));
        take(&asked, keys.iter().map(|key| Ok(*key)), |_| Ok(products.next()))
    }
}
