//! Product search (R-2.3-06): every word of the query begins a word of the title, the brand or the category.
//!
//! It looks at each product of the catalogue; what is found is ranked as a category page is, and what nobody offers
//! comes last.

use async_graphql::{Context, Object, Result};
use domain::ids::ProductId;
use projections::ViewError;
use projections::catalogue::ProductRow;
use projections::key::Falling;

use super::guard::coded;
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{Views, read};
use super::products::Product;

/// The longest query that is taken, in characters.
const MAX_QUERY_CHARACTERS: usize = 200;

/// Where a product stands in what was found: orders, lowest price, product.
type FoundKey = (Falling, i64, ProductId);

/// The words of a query, in small letters.
struct Words(Vec<String>);

impl Words {
    fn of(query: &str) -> Result<Self> {
        let words: Vec<String> = words(query).collect();
        if words.is_empty() || query.chars().count() > MAX_QUERY_CHARACTERS {
            let message = format!("a query has a word at least and {MAX_QUERY_CHARACTERS} characters at most");
            return Err(coded("INVALID", message));
        }
        Ok(Self(words))
    }

    fn found_in(&self, product: &ProductRow) -> bool {
        let texts = [&product.title, &product.brand, product.category.as_str(), product.subcategory.as_str()];
        let there: Vec<String> = texts.into_iter().flat_map(words).collect();
        self.0.iter().all(|wanted| there.iter().any(|word| word.starts_with(wanted.as_str())))
    }
}

fn words(text: &(impl AsRef<str> + ?Sized)) -> impl Iterator<Item = String> + '_ {
    text.as_ref().split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn search(views: &Views<'_>, wanted: &Words) -> Result<Vec<(FoundKey, ProductRow)>, ViewError> {
    let mut found = Vec::new();
    for row in views.catalogue().products() {
        let (id, row) = row?;
        if wanted.found_in(&row) {
            let standing = views.ranking().standing(id)?;
            let price = standing.as_ref().and_then(|standing| standing.lowest_price_minor());
            // What nobody offers comes last, whatever its orders.
            let orders = price.map_or(-1, |_| standing.map_or(0, |standing| i64::from(standing.orders_30_days())));
            found.push(((Falling(orders), price.unwrap_or(i64::MAX), id), row));
        }
    }
    found.sort_unstable_by_key(|((Falling(orders), price, id), _)| (std::cmp::Reverse(*orders), *price, *id));
    Ok(found)
}

/// The query for products by words.
#[derive(Debug, Default)]
pub struct SearchQuery;

#[Object]
impl SearchQuery {
    /// Product search: every word of the query, as in iph 13, begins a word of the title, brand or category. By orders
    /// in the last 30 days; each product shows one offer for each condition, the best price-quality ratio.
    #[graphql(complexity = "100 + cost(first, None, child_complexity)")]
    async fn search_products(
        &self,
        ctx: &Context<'_>,
        query: String,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<Product>> {
        let asked = PageInput::forwards(first, after).checked(|_: &FoundKey| true)?;
        let wanted = Words::of(&query)?;
        let found = read(ctx, |views| search(views, &wanted))?;
        let place = |key: &FoundKey| (std::cmp::Reverse(key.0.0), key.1, key.2);
        let start = match &asked {
            Asked::Forwards(Some(after), _) => found.partition_point(|(key, _)| place(key) <= place(after)),
            Asked::Forwards(None, _) | Asked::Backwards(..) => 0,
        };
        let (keys, rows): (Vec<_>, Vec<_>) = found.into_iter().skip(start).unzip();
        let mut products = keys.iter().zip(rows).map(|(key, row)| Product::new(key.2, row));
        take(&asked, keys.iter().map(|key| Ok(*key)), |_| Ok(products.next()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::text::Slug;

    #[test]
    fn r_2_3_06_every_word_of_the_query_begins_a_word_of_the_product() {
        let product = ProductRow {
            title: "iPhone 13 128 GB".into(),
            brand: "Apple".into(),
            category: Slug::new("smartphones", "category").unwrap(),
            subcategory: Slug::new("iphone_13", "category").unwrap(),
            catalogued_at: 0,
        };
        for (query, found) in [("iph 13", true), ("APPLE smart", true), ("phone", false), ("iphone 14", false)] {
            assert_eq!(Words::of(query).unwrap().found_in(&product), found, "{query}");
        }
        assert!(Words::of(" - ").is_err());
    }
}
