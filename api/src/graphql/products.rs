//! Products: the catalogue, category pages, search, and a product's own page with its buy box, ratings and reviews.
//!
//! A product's parts are read when a query asks for them, each with a few reads of the views and without waiting.

use std::future::ready;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result};
use domain::ean::Ean;
use domain::ids::ProductId;
use domain::product::{Product as ProductStream, ProductCommand};
use domain::text::Slug;
use projections::ViewError;
use projections::catalogue::ProductRow;
use projections::digest::Digest;
use projections::ranking::{RankCursor, Sort};
use uuid::Uuid;

use super::command::{Command, payload};
use super::feed::{ReviewFeed, ReviewSort, feed};
use super::guard::{Allowed, OPERATORS, Only};
use super::node::{global, parse};
use super::offers::{Offer, offers};
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{Provenance, Views, read, views, wait_for};
use super::ratings::{AspectAverage, RatingSummary};
use super::user_error::query_error;
use crate::error::ApiError;

/// A category or subcategory.
#[derive(Debug, Clone)]
pub struct Category {
    slug: Slug,
    /// Of which category it is a subcategory, if of one.
    of: Option<Slug>,
}

impl Category {
    fn counted<T>(&self, ctx: &Context<'_>, count: impl FnOnce(Vec<(Slug, u64)>) -> T) -> Result<T> {
        let outer = self.of.as_ref().unwrap_or(&self.slug);
        let all = read(ctx, |views| views.catalogue().categories())?;
        let mut inside = all.into_iter().find(|(slug, _)| slug == outer).map_or_else(Vec::new, |(_, inside)| inside);
        if self.of.is_some() {
            inside.retain(|(slug, _)| *slug == self.slug);
        }
        Ok(count(inside))
    }
}

/// A category or subcategory (R-2.3-01).
#[Object(serial)]
impl Category {
    /// Its name in addresses, as in smartphones.
    async fn slug(&self) -> &str {
        self.slug.as_str()
    }

    /// How many products it has, for sale or not. A category page lists those that somebody offers.
    async fn product_count(&self, ctx: &Context<'_>) -> Result<u64> {
        self.counted(ctx, |inside| inside.iter().map(|(_, count)| count).sum())
    }

    /// Its subcategories; none inside a subcategory.
    async fn subcategories(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        if self.of.is_some() {
            return Ok(Vec::new());
        }
        let inside = |(slug, _)| Category { slug, of: Some(self.slug.clone()) };
        self.counted(ctx, |subcategories| subcategories.into_iter().map(inside).collect())
    }
}

/// The order of a category page (R-2.3-03 to R-2.3-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ProductSort {
    /// By orders in the last 30 days; ties by lower price, then product.
    BestSelling,
    /// Price, low to high: the lowest at which anybody offers the product, also where another offer of the same condition won
    /// the buy box.
    PriceAsc,
    /// The same, high to low.
    PriceDesc,
}

impl From<ProductSort> for Sort {
    fn from(sort: ProductSort) -> Self {
        match sort {
            ProductSort::BestSelling => Self::BestSelling,
            ProductSort::PriceAsc => Self::PriceAscending,
            ProductSort::PriceDesc => Self::PriceDescending,
        }
    }
}

/// A product: what is sold, whoever sells it.
#[derive(Debug, Clone)]
pub struct Product {
    id: ProductId,
    row: ProductRow,
}

impl Product {
    /// A product, if there is one with this id.
    ///
    /// # Errors
    /// What the views say.
    pub fn load(ctx: &Context<'_>, id: ProductId) -> Result<Option<Self>> {
        read(ctx, |views| Self::from_views(views, id))
    }

    /// As [`Self::load`], from views at hand.
    ///
    /// # Errors
    /// What the views say.
    pub fn from_views(views: &Views<'_>, id: ProductId) -> Result<Option<Self>, ViewError> {
        Ok(views.catalogue().product(id)?.map(|row| Self { id, row }))
    }

    /// A product at hand.
    #[must_use]
    pub const fn new(id: ProductId, row: ProductRow) -> Self {
        Self { id, row }
    }

    fn standing(&self, views: &Views<'_>) -> Result<(u32, bool), ViewError> {
        let reader = views.ranking();
        let Some(standing) = reader.standing(self.id)? else { return Ok((0, false)) };
        Ok((standing.orders_30_days(), reader.is_best_seller(self.id, &standing)?))
    }
}

/// A product: what is sold, whoever sells it.
#[Object(serial)]
impl Product {
    /// The global id.
    pub async fn id(&self) -> ID {
        global(self.id)
    }

    /// Its name.
    async fn title(&self) -> &str {
        &self.row.title
    }

    /// Its maker.
    async fn brand(&self) -> &str {
        &self.row.brand
    }

    /// Its category.
    async fn category(&self) -> Category {
        Category { slug: self.row.category.clone(), of: None }
    }

    /// Its subcategory.
    async fn subcategory(&self) -> Category {
        Category { slug: self.row.subcategory.clone(), of: Some(self.row.category.clone()) }
    }

    /// Whether it is a best seller of its subcategory, by orders in the last 30 days (R-2.3-02).
    async fn is_best_seller(&self, ctx: &Context<'_>) -> Result<bool> {
        read(ctx, |views| Ok(self.standing(views)?.1))
    }

    /// Orders in the last 30 days.
    #[graphql(name = "orders30d")]
    async fn orders_30d(&self, ctx: &Context<'_>) -> Result<u32> {
        read(ctx, |views| Ok(views.ranking().standing(self.id)?.map_or(0, |standing| standing.orders_30_days())))
    }

    /// Where the orders and the label come from.
    async fn provenance(&self, ctx: &Context<'_>) -> Result<Provenance> {
        read(ctx, |views| {
            let (orders, best) = self.standing(views)?;
            let version = views.ranking().policy()?.policy_version;
            Ok(Provenance::of(views.reached, Some(version), Digest::of_text(&format!("{} {orders} {best}", self.id))))
        })
    }

    /// The buy box: at most one offer for each condition, the best price-quality ratio (R-2.3-06).
    #[graphql(complexity = "4 * child_complexity")]
    async fn offers(&self, ctx: &Context<'_>) -> Result<Vec<Offer>> {
        read(ctx, |views| offers(views, self.id))
    }

    /// What its reviews' scores come to.
    async fn rating(&self, ctx: &Context<'_>) -> Result<RatingSummary> {
        read(ctx, |views| Ok(RatingSummary::new(self.id, views.reviews().rating(self.id)?, views.reached)))
    }

    /// What its reviews' aspects come to, for products whose aspects are scored (R-3.1-04).
    async fn aspect_averages(&self, ctx: &Context<'_>) -> Result<Vec<AspectAverage>> {
        read(ctx, |views| Ok(AspectAverage::all(&views.reviews().rating(self.id)?)))
    }

    /// Its reviews, all of products bought here, in the order asked for (R-3.2-03, R-3.2-04); only those written in a
    /// language, as in nl, if one is named.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(ReviewSort::Relevance)")] sort: Option<ReviewSort>,
        language: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<ReviewFeed> {
        let sort = sort.unwrap_or(ReviewSort::Relevance);
        feed(&views(ctx), self.id, sort, language.as_deref(), PageInput { first, after, last, before })
    }
}

/// A product to enter in the catalogue.
#[derive(Debug, Clone, InputObject)]
pub struct CatalogueProductInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The product's id; a new one where nothing is said.
    product_id: Option<ID>,
    /// Its name.
    title: String,
    /// Its maker.
    brand: String,
    /// Its category's slug.
    category: String,
    /// Its subcategory's slug.
    subcategory: String,
    /// The thirteen digits under its bar code (GTIN-13), where they are known.
    ean: Option<String>,
}

payload! {
    /// What a command on a product came to.
    ProductPayload(ProductId)
}

#[ComplexObject]
impl ProductPayload {
    /// The product as it now is.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        let Some(effect) = &self.effect else { return Ok(None) };
        wait_for(ctx, effect.position).await?;
        Product::load(ctx, effect.what)
    }
}

/// Queries on products.
#[derive(Debug, Default)]
pub struct ProductQuery;

#[Object]
impl ProductQuery {
    /// All categories, in alphabetical order.
    async fn categories(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let all = read(ctx, |views| views.catalogue().categories())?;
        Ok(all.into_iter().map(|(slug, _)| Category { slug, of: None }).collect())
    }

    /// A category by its slug, if it has any product.
    async fn category(&self, ctx: &Context<'_>, slug: String) -> Result<Option<Category>> {
        let all = read(ctx, |views| views.catalogue().categories())?;
        let found = all.into_iter().find(|(category, _)| category.as_str() == slug);
        Ok(found.map(|(slug, _)| Category { slug, of: None }))
    }

    /// Category results, by the slugs of a category and, if wanted, one of its subcategories: by orders in the last 30
    /// days unless sorted otherwise (R-2.3-03 to R-2.3-05).
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        category: String,
        subcategory: Option<String>,
        #[graphql(default_with = "Some(ProductSort::BestSelling)")] sort: Option<ProductSort>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Page<Product>> {
        let slug = |text: &str, field| Slug::new(text, field).map_err(|refusal| query_error(refusal.into()));
        let category = slug(&category, "category")?;
        let subcategory = subcategory.map(|text| slug(&text, "subcategory")).transpose()?;
        let sort = Sort::from(sort.unwrap_or(ProductSort::BestSelling));
        let belongs = |key: &RankCursor| (&key.0, &key.1, key.2) == (&category, &subcategory, sort);
        let asked = PageInput { first, after, last, before }.checked(belongs)?;
        let (views, within) = (views(ctx), subcategory.as_ref());
        let ranking = views.ranking();
        let item = |key: &RankCursor| Product::from_views(&views, key.4);
        match &asked {
            Asked::Forwards(from, _) => take(&asked, ranking.ranked(&category, within, sort, from.as_ref()), item),
            Asked::Backwards(from, _) => {
                take(&asked, ranking.ranked_back(&category, within, sort, from.as_ref()), item)
            }
        }
    }

    /// A product.
    async fn product(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Product>> {
        Product::load(ctx, parse(&id, "id").map_err(query_error)?)
    }
}

/// Commands on products.
#[derive(Debug, Default)]
pub struct ProductMutation;

#[Object]
impl ProductMutation {
    /// Enters a product in the catalogue (R-2.3-01). For an OPERATOR.
    #[graphql(guard = "Only(OPERATORS)", directive = Allowed::apply(OPERATORS))]
    async fn catalogue_product(&self, ctx: &Context<'_>, input: CatalogueProductInput) -> Result<ProductPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let named = input.product_id.as_ref().map(|id| parse::<ProductId>(id, "productId")).transpose()?;
            let id = named.unwrap_or_else(|| command.derived());
            let ean = input.ean.as_deref().map(str::parse::<Ean>).transpose();
            let ean = ean.map_err(|bad| ApiError::input("ean", bad.to_string()))?;
            let done = command.execute::<ProductStream, _, _>(id, |_| {
                ready(Ok(ProductCommand::Catalogue {
                    title: input.title.clone(),
                    brand: input.brand.clone(),
                    category: input.category.clone(),
                    subcategory: input.subcategory.clone(),
                    ean,
                }))
            });
            Ok((id, done.await?))
        };
        ProductPayload::of(&command, result.await)
    }
}
