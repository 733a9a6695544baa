//! What notices and complaints are about, as a moderator sees it: a review's case, blind (R-3.4-08), or a listing.

use serde::Deserialize;

use super::schema_enum::schema_enum;
use super::words;
use crate::graphql::listings::Condition;
use crate::graphql::reviews::ReviewStatus;

/// The case of a review: `{ productTitle text language status photos { url thumbnailUrl } }`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Case {
    product_title: Option<String>,
    /// The text; nothing once its author had it deleted.
    pub(super) text: Option<String>,
    /// The language in which it was written, BCP 47.
    pub(super) language: String,
    #[serde(deserialize_with = "schema_enum")]
    status: ReviewStatus,
    /// The photos.
    pub(super) photos: Vec<Photo>,
}

/// A photo; its addresses are the server's, which the console has below its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Photo {
    /// In full size.
    pub(super) url: String,
    /// Small.
    pub(super) thumbnail_url: String,
}

impl Case {
    /// The name of the product.
    pub(super) fn product(&self) -> &str {
        self.product_title.as_deref().unwrap_or("a product that is not sold any more")
    }

    /// Whether it is shown.
    pub(super) fn status(&self) -> &'static str {
        words::review_status(self.status)
    }
}

/// A listing: `{ product { title } condition price { amount currencyCode } forSale }`. Whose it is, no question asks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listing {
    product: Option<Product>,
    #[serde(deserialize_with = "schema_enum")]
    condition: Condition,
    price: Money,
    for_sale: bool,
}

#[derive(Debug, Deserialize)]
struct Product {
    title: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Money {
    amount: String,
    currency_code: String,
}

impl Listing {
    /// What is offered.
    pub(super) fn title(&self) -> &str {
        self.product.as_ref().map_or("a product that is not sold any more", |product| &product.title)
    }

    /// How it is offered.
    pub(super) fn offer(&self) -> String {
        let Money { amount, currency_code } = &self.price;
        let sale = if self.for_sale { "for sale" } else { "not for sale any more" };
        format!("Condition {}, {amount} {currency_code}, {sale}", words::condition(self.condition))
    }
}
