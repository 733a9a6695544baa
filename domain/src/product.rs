//! Products: what is sold, whoever sells it. Each is in a category and a subcategory (R-2.3-01).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::ean::Ean;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::text::{Slug, line};

/// A product was entered in the catalogue. By the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductCatalogued {
    /// Its name, as in "iPhone 13 128 GB".
    pub title: String,
    /// Its maker.
    pub brand: String,
    /// Its category.
    pub category: Slug,
    /// Its subcategory.
    pub subcategory: Slug,
    /// The number under its bar code, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ean: Option<Ean>,
}

/// What can happen to a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductEvent {
    /// See [`ProductCatalogued`].
    ProductCatalogued(ProductCatalogued),
}

/// What can be asked of a product.
#[derive(Debug, Clone)]
pub enum ProductCommand {
    /// Enter it in the catalogue.
    Catalogue {
        /// Its name.
        title: String,
        /// Its maker.
        brand: String,
        /// Its category.
        category: String,
        /// Its subcategory.
        subcategory: String,
        /// The number under its bar code, where it is known.
        ean: Option<Ean>,
    },
}

/// A product.
#[derive(Debug, Clone, Default)]
pub struct Product {
    /// Its category, once it is catalogued.
    pub category: Option<Slug>,
    /// Its name, once it is catalogued.
    pub title: String,
}

impl Aggregate for Product {
    const CATEGORY: &'static str = "product";
    type Command = ProductCommand;
    type Event = ProductEvent;

    fn decide(&self, command: ProductCommand, context: &Context<'_>) -> Result<Vec<ProductEvent>, Refusal> {
        const RULE: Rule = Rule("R-2.3-01");
        let ProductCommand::Catalogue { title, brand, category, subcategory, ean } = command;
        require(self.category.is_none(), RULE, Refused::AlreadyDone, "productId", || {
            "this product is in the catalogue already".to_owned()
        })?;
        let category = Slug::new(&category, "category")?;
        require(
            context.policies.categories.allows(&category),
            Rule("R-1.1-02"),
            Refused::NotEligible,
            "category",
            || format!("{category} is not a category of electronics; see categories for those that are"),
        )?;
        let subcategory = Slug::new(&subcategory, "subcategory")?;
        Ok(vec![
            ProductCatalogued {
                title: line(&title, RULE, "title")?,
                brand: line(&brand, RULE, "brand")?,
                category,
                subcategory,
                ean,
            }
            .into(),
        ])
    }

    fn evolve(&mut self, event: &ProductEvent, _: DateTime<Utc>) {
        let ProductEvent::ProductCatalogued(event) = event;
        self.category = Some(event.category.clone());
        self.title.clone_from(&event.title);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::given;
    use crate::policy::{AllowedCategories, Policies};

    fn catalogue(category: &str) -> ProductCommand {
        ProductCommand::Catalogue {
            title: "iPhone 13 128 GB".into(),
            brand: "Apple".into(),
            category: category.into(),
            subcategory: "iphone".into(),
            ean: None,
        }
    }

    #[test]
    fn r_2_3_01_a_product_is_in_a_category_and_a_subcategory() {
        assert_eq!(given::<Product>().when(catalogue("smartphones")).unwrap().len(), 1);
        assert_eq!(given::<Product>().refusal(catalogue("")), ("R-2.3-01", Refused::Invalid));
        assert_eq!(given::<Product>().refusal(catalogue("Smart phones")), ("R-2.3-01", Refused::Invalid));
        assert_eq!(
            given::<Product>().after(catalogue("smartphones")).refusal(catalogue("smartphones")),
            ("R-2.3-01", Refused::AlreadyDone)
        );
    }

    #[test]
    fn r_1_1_02_only_electronics_are_catalogued_unless_the_policy_says_otherwise() {
        assert_eq!(given::<Product>().refusal(catalogue("perfumery")), ("R-1.1-02", Refused::NotEligible));
        let any = Policies { categories: AllowedCategories::Any, ..Policies::default() };
        assert!(given::<Product>().under(any).when(catalogue("perfumery")).is_ok());
    }
}
