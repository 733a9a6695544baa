//! The ranking of products in their category and subcategory (R-2.3-02 to R-2.3-05, R-2.3-10).
//!
//! Read by category pages, and by whatever shows the "Best Seller" label.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `p` | product | [`Standing`]: its offers' prices and the orders in its window |
//! | `r` | category, subcategory (none for the whole category), sort, two sort keys, product | – |
//! | `v` | – | [`BestSellerPolicy`] |
//!
//! An order counts from its confirmation, once for each product, until it is cancelled or 30 days have passed. What
//! leaves the window next is kept in memory, in order, and read back from `p` at open. A product that nobody offers is
//! not in `r`, for it can't be bought.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use chrono::{DateTime, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{ListingId, OrderId, ProductId};
use domain::listing::ListingEvent;
use domain::order::OrderEvent;
use domain::policy::{Policies, PolicyEvent};
use domain::product::ProductEvent;
use domain::ranking::ORDERS_WINDOW;
use domain::text::Slug;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

use crate::ViewError;
use crate::key::{Falling, Key};
use crate::report::{Filter, Report, cell};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::view::{Happened, View};

type RankKey = (Slug, Option<Slug>, Sort, (Falling, i64), ProductId);

const STANDINGS: Layout<ProductId, Standing> = Layout::new(b'p');
const RANKS: Layout<RankKey, ()> = Layout::new(b'r');
const POLICY: Layout<(), BestSellerPolicy> = Layout::new(b'v');

/// The order of a category page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// By orders in the last 30 days, most first; ties by lower price, then product id.
    BestSelling = 0,
    /// By lowest price, low to high.
    PriceAscending = 1,
    /// By lowest price, high to low.
    PriceDescending = 2,
}

impl Sort {
    const ALL: [Self; 3] = [Self::BestSelling, Self::PriceAscending, Self::PriceDescending];
}

impl Key for Sort {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let number = u8::read(bytes)?;
        Self::ALL.into_iter().find(|sort| *sort as u8 == number)
    }
}

/// How a product stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    category: Slug,
    subcategory: Slug,
    /// Each listing for sale with its price in minor units.
    offers: Vec<(ListingId, i64)>,
    /// Confirmed orders in the window: when, and which.
    orders: BTreeSet<(i64, OrderId)>,
    /// Under which orders and price it is in the index.
    shown: Option<(u32, i64)>,
}

impl Value for Standing {}

impl Standing {
    /// Orders in the last 30 days.
    #[must_use]
    pub fn orders_30_days(&self) -> u32 {
        u32::try_from(self.orders.len()).unwrap_or(u32::MAX)
    }

    /// The lowest price at which it is offered, in minor units.
    #[must_use]
    pub fn lowest_price_minor(&self) -> Option<i64> {
        self.offers.iter().map(|(_, price)| *price).min()
    }

    fn keys(&self, product: ProductId, (orders, price): (u32, i64)) -> impl Iterator<Item = RankKey> + '_ {
        let scopes = [None, Some(self.subcategory.clone())];
        scopes.into_iter().flat_map(move |scope| {
            Sort::ALL.map(|sort| {
                let by = match sort {
                    Sort::BestSelling => (Falling(i64::from(orders)), price),
                    Sort::PriceAscending => (Falling(0), price),
                    Sort::PriceDescending => (Falling(price), 0),
                };
                (self.category.clone(), scope.clone(), sort, by, product)
            })
        })
    }
}

/// Which products are best sellers (R-2.3-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BestSellerPolicy {
    /// How many of a subcategory.
    pub count: u32,
    /// With at least so many orders.
    pub minimum_orders: u32,
    /// Of which version of the policies.
    pub policy_version: u32,
}

impl Value for BestSellerPolicy {}

impl From<&Policies> for BestSellerPolicy {
    fn from(policies: &Policies) -> Self {
        Self {
            count: policies.best_sellers,
            minimum_orders: policies.best_seller_minimum_orders,
            policy_version: policies.version,
        }
    }
}

/// The view.
#[derive(Debug)]
pub struct Ranking {
    standings: Table<ProductId, Standing>,
    ranks: Index<RankKey>,
    policy: Table<(), BestSellerPolicy>,
    leaving: BinaryHeap<Reverse<(i64, ProductId)>>,
    unsettled: BTreeSet<ProductId>,
    moment: i64,
}

impl Ranking {
    fn change(&mut self, product: ProductId, rows: &Rows, change: impl FnOnce(&mut Standing)) -> Result<(), ViewError> {
        if let Some(standing) = self.standings.get_mut(rows, &product)? {
            change(standing);
            self.unsettled.insert(product);
        }
        Ok(())
    }

    fn leaves_at(confirmed_at: i64) -> i64 {
        confirmed_at + ORDERS_WINDOW.num_microseconds().unwrap_or(i64::MAX)
    }
}

impl View for Ranking {
    const NAME: &'static str = "ranking";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[
        EventKind::ProductCatalogued,
        EventKind::ListingPublished,
        EventKind::ListingPriceChanged,
        EventKind::ListingRemoved,
        EventKind::ListingReinstated,
        EventKind::OrderConfirmed,
        EventKind::OrderCancelled,
        EventKind::PolicyAdopted,
    ];
    const REPORTS: &'static [&'static str] = &["ranking"];

    fn open(rows: &Rows) -> Result<Self, ViewError> {
        let mut leaving = BinaryHeap::new();
        for row in STANDINGS.scan(rows, &()) {
            let (product, standing) = row?;
            leaving.extend(standing.orders.iter().map(|(at, _)| Reverse((Self::leaves_at(*at), product))));
        }
        let moment = rows.checkpoint()?.moment_micros;
        let (standings, ranks, policy) = (Table::new(STANDINGS), Index::new(RANKS), Table::new(POLICY));
        Ok(Self { standings, ranks, policy, leaving, unsettled: BTreeSet::new(), moment })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        match &happened.event {
            Event::Product(ProductEvent::ProductCatalogued(event)) => {
                let (category, subcategory) = (event.category.clone(), event.subcategory.clone());
                let standing =
                    Standing { category, subcategory, offers: Vec::new(), orders: BTreeSet::new(), shown: None };
                self.standings.put(ProductId(happened.id), standing);
            }
            Event::Listing(ListingEvent::ListingPublished(event)) => {
                self.change(event.product, rows, |standing| {
                    standing.offers.push((ListingId(happened.id), event.price.minor))
                })?;
            }
            Event::Listing(ListingEvent::ListingPriceChanged(event)) => {
                self.change(event.product, rows, |standing| {
                    if let Some((_, price)) = standing.offers.iter_mut().find(|(listing, _)| listing.0 == happened.id) {
                        *price = event.price.minor;
                    }
                })?
            }
            Event::Listing(ListingEvent::ListingReinstated(event)) => {
                self.change(event.listing.product, rows, |standing| {
                    standing.offers.push((ListingId(happened.id), event.listing.price.minor))
                })?;
            }
            Event::Listing(ListingEvent::ListingRemoved(event)) => {
                self.change(event.product, rows, |standing| {
                    standing.offers.retain(|(listing, _)| listing.0 != happened.id)
                })?;
            }
            Event::Order(OrderEvent::OrderConfirmed(event)) => {
                let at = happened.micros();
                if Self::leaves_at(at) > self.moment {
                    for product in &event.products {
                        self.change(*product, rows, |standing| {
                            standing.orders.insert((at, OrderId(happened.id)));
                        })?;
                        self.leaving.push(Reverse((Self::leaves_at(at), *product)));
                    }
                }
            }
            Event::Order(OrderEvent::OrderCancelled(event)) => {
                if let Some(confirmed_at) = event.confirmed_at {
                    for product in &event.products {
                        self.change(*product, rows, |standing| {
                            standing.orders.remove(&(confirmed_at.timestamp_micros(), OrderId(happened.id)));
                        })?;
                    }
                }
            }
            Event::Policy(PolicyEvent::PolicyAdopted(event)) => {
                self.policy.put((), BestSellerPolicy::from(&event.policies))
            }
            Event::Order(
                OrderEvent::OrderPlaced(_)
                | OrderEvent::OrderShipped(_)
                | OrderEvent::OrderDelivered(_)
                | OrderEvent::IssueReported(_)
                | OrderEvent::HelpRequested(_)
                | OrderEvent::HelpResolved(_)
                | OrderEvent::PaymentCaptured(_)
                | OrderEvent::PaymentRefunded(_),
            )
            | Event::Seller(_)
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
            | Event::Subject(_) => {}
        }
        Ok(())
    }

    fn advance(&mut self, to: DateTime<Utc>, rows: &Rows) -> Result<(), ViewError> {
        self.moment = to.timestamp_micros();
        while let Some(Reverse((leaves_at, product))) = self.leaving.peek().copied()
            && leaves_at <= self.moment
        {
            self.leaving.pop();
            let moment = self.moment;
            self.change(product, rows, |standing| standing.orders.retain(|(at, _)| Self::leaves_at(*at) > moment))?;
        }
        Ok(())
    }

    fn settle(&mut self, rows: &Rows) -> Result<(), ViewError> {
        for product in std::mem::take(&mut self.unsettled) {
            let Some(standing) = self.standings.get_mut(rows, &product)? else { continue };
            let shown = standing.lowest_price_minor().map(|price| (standing.orders_30_days(), price));
            if shown != standing.shown {
                standing
                    .shown
                    .into_iter()
                    .flat_map(|old| standing.keys(product, old))
                    .for_each(|key| self.ranks.remove(&key));
                shown.into_iter().flat_map(|new| standing.keys(product, new)).for_each(|key| self.ranks.insert(&key));
                standing.shown = shown;
            }
        }
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.standings, &self.ranks, &self.policy]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.standings, &mut self.ranks, &mut self.policy]
    }

    fn report(rows: &Rows, _: &str, filter: &Filter) -> Result<Report, ViewError> {
        let reader = RankingReader(rows);
        let slug = |text: &Option<String>| text.as_deref().and_then(|text| Slug::new(text, "category").ok());
        let (category, subcategory) = (slug(&filter.category), slug(&filter.subcategory));
        if filter.category.is_some() {
            let mut report = Report::new(&["product", "orders30d", "rank"]);
            if let Some(category) = category {
                for (rank, entry) in reader.ranked(&category, subcategory.as_ref(), Sort::BestSelling, None).enumerate()
                {
                    let (product, orders) = reader.with_orders(entry?.4)?;
                    report.rows.push(vec![cell(product), Cell::from(orders), Cell::from(rank + 1)]);
                }
            }
            return Ok(report);
        }
        let mut report = Report::new(&["category", "product", "orders30d", "rank"]);
        let (mut last, mut rank) = (None, 0);
        for row in RANKS.scan(rows, &()) {
            let ((category, subcategory, sort, _, product), ()) = row?;
            if subcategory.is_none() && sort == Sort::BestSelling {
                rank = if last.as_ref() == Some(&category) { rank + 1 } else { 1 };
                let (product, orders) = reader.with_orders(product)?;
                report.rows.push(vec![cell(&category), cell(product), Cell::from(orders), Cell::from(rank)]);
                last = Some(category);
            }
        }
        Ok(report)
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct RankingReader<'a>(pub &'a Rows);

/// Where a page of a ranking begins or ends: opaque outside.
pub type RankCursor = RankKey;

impl<'a> RankingReader<'a> {
    /// How a product stands.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn standing(&self, product: ProductId) -> Result<Option<Standing>, ViewError> {
        STANDINGS.get(self.0, &product)
    }

    fn with_orders(&self, product: ProductId) -> Result<(ProductId, u32), ViewError> {
        Ok((product, self.standing(product)?.map_or(0, |standing| standing.orders_30_days())))
    }

    /// The products of a category or one of its subcategories, in order, from the first or from after a cursor.
    pub fn ranked(
        &self,
        category: &Slug,
        subcategory: Option<&Slug>,
        sort: Sort,
        after: Option<&RankCursor>,
    ) -> impl Iterator<Item = Result<RankCursor, ViewError>> + use<'a> {
        let prefix = (category.clone(), subcategory.cloned(), sort);
        let first =
            (category.clone(), subcategory.cloned(), sort, (Falling(i64::MAX), i64::MIN), ProductId(uuid::Uuid::nil()));
        let rows = match after {
            Some(after) => RANKS.scan_after(self.0, &prefix, after),
            None => RANKS.scan_after(self.0, &prefix, &first),
        };
        rows.map(|row| row.map(|(key, ())| key))
    }

    /// As [`Self::ranked`], backwards, from the last or from before a cursor.
    pub fn ranked_back(
        &self,
        category: &Slug,
        subcategory: Option<&Slug>,
        sort: Sort,
        before: Option<&RankCursor>,
    ) -> impl Iterator<Item = Result<RankCursor, ViewError>> + use<'a> {
        let prefix = (category.clone(), subcategory.cloned(), sort);
        RANKS.scan_back(self.0, &prefix, before).map(|row| row.map(|(key, ())| key))
    }

    /// Whether a product is a best seller of its subcategory (R-2.3-02).
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn is_best_seller(&self, product: ProductId, standing: &Standing) -> Result<bool, ViewError> {
        let policy = self.policy()?;
        if standing.orders_30_days() < policy.minimum_orders.max(1) {
            return Ok(false);
        }
        for entry in self
            .ranked(&standing.category, Some(&standing.subcategory), Sort::BestSelling, None)
            .take(policy.count as usize)
        {
            if entry?.4 == product {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Which products are best sellers.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn policy(&self) -> Result<BestSellerPolicy, ViewError> {
        Ok(POLICY.get(self.0, &())?.unwrap_or_else(|| BestSellerPolicy::from(&Policies::default())))
    }
}
