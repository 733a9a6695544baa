//! The catalogue: products by category, and what is public of sellers (DSA art. 30(7)).
//!
//! Read by every page that names a product or a seller.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `p` | product | [`ProductRow`] |
//! | `c` | category, subcategory | how many products |
//! | `s` | seller | [`SellerRow`] |
//! | `n` | position of an event that changed a product | which product |

use chrono::{DateTime, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{ProductId, SellerId};
use domain::place::Country;
use domain::product::ProductEvent;
use domain::seller::SellerEvent;
use domain::text::Slug;
use event_log::Position;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

use crate::ViewError;
use crate::report::{Filter, Report, cell, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Layout, Table, Value};
use crate::view::{Happened, View};

const PRODUCTS: Layout<ProductId, ProductRow> = Layout::new(b'p');
const CATEGORIES: Layout<(Slug, Slug), u64> = Layout::new(b'c');
const SELLERS: Layout<SellerId, SellerRow> = Layout::new(b's');
const CHANGED: Layout<u64, ProductId> = Layout::new(b'n');

/// A product in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRow {
    /// Its name.
    pub title: String,
    /// Its maker.
    pub brand: String,
    /// Its category.
    pub category: Slug,
    /// Its subcategory.
    pub subcategory: Slug,
    /// When it was entered, in microseconds since the epoch.
    pub catalogued_at: i64,
}

/// What is public of a seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SellerRow {
    /// The shop's name.
    pub shop_name: String,
    /// Where it is established.
    pub country: Country,
    /// The trade register's number.
    pub trade_register_number: String,
    /// Whether it was verified.
    pub verified: bool,
    /// When it was removed, in microseconds since the epoch.
    pub removed_at: Option<i64>,
}

impl SellerRow {
    /// Whether the seller was verified and may sell.
    #[must_use]
    pub const fn may_sell(&self) -> bool {
        self.verified && self.removed_at.is_none()
    }
}

impl Value for ProductRow {}
impl Value for SellerRow {}
impl Value for u64 {}
impl Value for ProductId {}

/// The view.
#[derive(Debug)]
pub struct Catalogue {
    products: Table<ProductId, ProductRow>,
    categories: Table<(Slug, Slug), u64>,
    sellers: Table<SellerId, SellerRow>,
    changed: Table<u64, ProductId>,
}

impl View for Catalogue {
    const NAME: &'static str = "catalogue";
    const VERSION: u32 = 2;
    const WANTS: &'static [EventKind] = &[
        EventKind::ProductCatalogued,
        EventKind::SellerRegistered,
        EventKind::SellerVerified,
        EventKind::SellerRemoved,
        EventKind::SellerReinstated,
    ];
    const REPORTS: &'static [&'static str] = &["catalogue", "sellers"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self {
            products: Table::new(PRODUCTS),
            categories: Table::new(CATEGORIES),
            sellers: Table::new(SELLERS),
            changed: Table::new(CHANGED),
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        match &happened.event {
            Event::Product(ProductEvent::ProductCatalogued(event)) => {
                let row = ProductRow {
                    title: event.title.clone(),
                    brand: event.brand.clone(),
                    category: event.category.clone(),
                    subcategory: event.subcategory.clone(),
                    catalogued_at: happened.micros(),
                };
                self.products.put(ProductId(happened.id), row);
                self.changed.put(happened.position.0, ProductId(happened.id));
                *self.categories.entry(rows, &(event.category.clone(), event.subcategory.clone()))? += 1;
            }
            Event::Seller(SellerEvent::SellerRegistered(event)) => {
                let row = SellerRow {
                    shop_name: event.shop_name.clone(),
                    country: event.country,
                    trade_register_number: event.trade_register_number.clone(),
                    verified: false,
                    removed_at: None,
                };
                self.sellers.put(SellerId(happened.id), row);
            }
            Event::Seller(SellerEvent::SellerVerified(_)) => {
                if let Some(seller) = self.sellers.get_mut(rows, &SellerId(happened.id))? {
                    seller.verified = true;
                }
            }
            Event::Seller(SellerEvent::SellerRemoved(_)) => {
                if let Some(seller) = self.sellers.get_mut(rows, &SellerId(happened.id))? {
                    seller.removed_at = Some(happened.micros());
                }
            }
            Event::Seller(SellerEvent::SellerReinstated(_)) => {
                if let Some(seller) = self.sellers.get_mut(rows, &SellerId(happened.id))? {
                    seller.removed_at = None;
                }
            }
            Event::Seller(SellerEvent::SellerTermsAccepted(_) | SellerEvent::SellerFeeCharged(_))
            | Event::Listing(_)
            | Event::Order(_)
            | Event::Buyer(_)
            | Event::Review(_)
            | Event::Invitation(_)
            | Event::Notice(_)
            | Event::Statement(_)
            | Event::Complaint(_)
            | Event::Authority(_)
            | Event::LegalHold(_)
            | Event::Dispute(_)
            | Event::SafetyWarning(_)
            | Event::Deadline(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::DsaFigure(_)
            | Event::Policy(_)
            | Event::Subject(_) => {}
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.products, &self.categories, &self.sellers, &self.changed]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.products, &mut self.categories, &mut self.sellers, &mut self.changed]
    }

    fn report(rows: &Rows, name: &str, filter: &Filter) -> Result<Report, ViewError> {
        if name == "sellers" {
            let mut report = Report::new(&["seller", "shop_name", "country", "verified", "removed"]);
            for row in SELLERS.scan(rows, &()) {
                let (id, seller) = row?;
                let (verified, removed) = (seller.may_sell(), seller.removed_at.is_some());
                report.rows.push(vec![
                    cell(id),
                    cell(seller.shop_name),
                    cell(seller.country),
                    Cell::from(verified),
                    Cell::from(removed),
                ]);
            }
            return Ok(report);
        }
        let mut report = Report::new(&["product", "title", "brand", "category", "subcategory", "catalogued_at"]);
        for row in PRODUCTS.scan(rows, &()) {
            let (id, product) = row?;
            let wanted =
                |slug: &Slug, filter: &Option<String>| filter.as_ref().is_none_or(|filter| filter == slug.as_str());
            if wanted(&product.category, &filter.category)
                && wanted(&product.subcategory, &filter.subcategory)
                && filter.product.is_none_or(|wanted| wanted == id.0)
            {
                report.rows.push(vec![
                    cell(id),
                    cell(product.title),
                    cell(product.brand),
                    cell(product.category),
                    cell(product.subcategory),
                    moment(product.catalogued_at),
                ]);
            }
        }
        Ok(report)
    }
}

/// A category's name and its subcategories, each with how many products.
pub type Category = (Slug, Vec<(Slug, u64)>);

/// Where a page of sellers begins or ends: the shop's name in small letters, and whose it is. Opaque outside.
pub type SellerCursor = (String, SellerId);

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct CatalogueReader<'a>(pub &'a Rows);

impl CatalogueReader<'_> {
    /// A product.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn product(&self, id: ProductId) -> Result<Option<ProductRow>, ViewError> {
        PRODUCTS.get(self.0, &id)
    }

    /// All products, in order of id: what the search index is made from.
    pub fn products(&self) -> impl Iterator<Item = Result<(ProductId, ProductRow), ViewError>> + '_ {
        PRODUCTS.scan(self.0, &())
    }

    /// The products that events from a position on have changed, in order of event.
    pub fn changed_from(&self, from: Position) -> impl Iterator<Item = Result<ProductId, ViewError>> + '_ {
        CHANGED.scan_from(self.0, &(), &from.0).map(|row| row.map(|(_, product)| product))
    }

    /// A seller.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn seller(&self, id: SellerId) -> Result<Option<SellerRow>, ViewError> {
        SELLERS.get(self.0, &id)
    }

    /// The sellers whose shop's name has a text in it, whatever the case, in order of name, from after a cursor. All are
    /// looked at: there are thousands of them, not millions, and only staff ask.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn sellers_named(&self, part: &str, after: Option<&SellerCursor>) -> Result<Vec<SellerCursor>, ViewError> {
        let part = part.to_lowercase();
        let mut found = Vec::new();
        for row in SELLERS.scan(self.0, &()) {
            let (id, seller) = row?;
            let key = (seller.shop_name.to_lowercase(), id);
            if key.0.contains(&part) && after.is_none_or(|after| key > *after) {
                found.push(key);
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// All categories in alphabetical order.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn categories(&self) -> Result<Vec<Category>, ViewError> {
        let mut categories: Vec<Category> = Vec::new();
        for row in CATEGORIES.scan(self.0, &()) {
            let ((category, subcategory), count) = row?;
            match categories.last_mut() {
                Some((last, subcategories)) if *last == category => subcategories.push((subcategory, count)),
                Some(_) | None => categories.push((category, vec![(subcategory, count)])),
            }
        }
        Ok(categories)
    }
}
