//! The buy box (R-2.3-06, R-2.3-07) and the sellers' quality that it weighs (R-2.3-08).
//!
//! Read by product pages, by sellers' pages, and by `explain-rank`. Scores are computed when they are read, from the
//! offers of one product and the counts of their sellers: a delivery changes one seller's row, not every product that
//! the seller offers.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `p` | product | [`Offers`]: every listing for sale |
//! | `s` | seller | [`SellerQuality`]: the counts in the window, and whether it was removed |
//! | `d` | seller, day (UTC) of delivery | the deliveries of that day, each with its faults |
//! | `v` | – | [`QualityPolicy`] |
//!
//! Deliveries stay when they leave the window, so that a policy with another window finds them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{ListingId, OrderId, ProductId, SellerId};
use domain::listing::{Condition, ListingEvent, ListingPublished, ListingReinstated};
use domain::money::Money;
use domain::order::OrderEvent;
use domain::policy::{Policies, PolicyEvent, QualityWeights};
use domain::quality::{IssueKind, QualityCounts};
use domain::ranking::{Offer, RankedOffer, rank_offers};
use domain::seller::SellerEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

use crate::ViewError;
use crate::report::{Filter, Report, cell, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Layout, Table, Value};
use crate::view::{Happened, View, instant};

const OFFERS: Layout<ProductId, Offers> = Layout::new(b'p');
const SELLERS: Layout<SellerId, SellerQuality> = Layout::new(b's');
const DELIVERIES: Layout<(SellerId, i64), Deliveries> = Layout::new(b'd');
const POLICY: Layout<(), QualityPolicy> = Layout::new(b'v');

/// A listing for sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferRow {
    /// The listing.
    pub listing: ListingId,
    /// Its seller.
    pub seller: SellerId,
    /// Its condition.
    pub condition: Condition,
    /// Its price.
    pub price: Money,
    /// What delivery costs.
    pub delivery_cost: Money,
    /// The days within which the seller promises to deliver.
    pub delivery_days: u16,
    /// The seller's commercial guarantee, in months.
    pub warranty_months: u16,
    /// When it was published, in microseconds since the epoch.
    pub published_at: i64,
}

/// Every listing of a product that is for sale.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offers(pub Vec<OfferRow>);

/// A seller's deliveries in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SellerQuality {
    /// What they came to.
    pub counts: QualityCounts,
    /// Whether the seller was removed: then none of its listings is offered, whatever happens to them one by one.
    pub removed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Delivery {
    at: i64,
    order: OrderId,
    late: bool,
    issues: [bool; 4],
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Deliveries(Vec<Delivery>);

/// How quality is measured and weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityPolicy {
    /// The window, in days.
    pub window_days: u32,
    /// The weights.
    pub weights: QualityWeights,
    /// Of which version of the policies.
    pub policy_version: u32,
}

impl OfferRow {
    fn of(id: ListingId, listing: &ListingPublished, published_at: i64) -> Self {
        Self {
            listing: id,
            seller: listing.seller,
            condition: listing.condition,
            price: listing.price,
            delivery_cost: listing.delivery_cost,
            delivery_days: listing.delivery_days,
            warranty_months: listing.warranty_months,
            published_at,
        }
    }
}

impl Value for Offers {}
impl Value for SellerQuality {}
impl Value for Deliveries {}
impl Value for QualityPolicy {}

impl From<&Policies> for QualityPolicy {
    fn from(policies: &Policies) -> Self {
        Self {
            window_days: policies.quality_window_days,
            weights: policies.quality_weights,
            policy_version: policies.version,
        }
    }
}

impl QualityPolicy {
    fn leaves_at(&self, delivered_at: i64) -> i64 {
        delivered_at + TimeDelta::days(i64::from(self.window_days)).num_microseconds().unwrap_or(i64::MAX)
    }
}

impl Delivery {
    fn count(&self, counts: &mut QualityCounts, change: impl Fn(&mut u32)) {
        change(&mut counts.delivered);
        if self.late {
            change(&mut counts.late);
        }
        for (there, count) in self.issues.iter().zip(&mut counts.issues) {
            if *there {
                change(count);
            }
        }
    }
}

fn day(micros: i64) -> i64 {
    micros.div_euclid(24 * 60 * 60 * 1_000_000)
}

/// The view.
#[derive(Debug)]
pub struct BuyBox {
    offers: Table<ProductId, Offers>,
    sellers: Table<SellerId, SellerQuality>,
    deliveries: Table<(SellerId, i64), Deliveries>,
    policy_row: Table<(), QualityPolicy>,
    policy: QualityPolicy,
    leaving: BinaryHeap<Reverse<(i64, SellerId, OrderId)>>,
    moment: i64,
}

impl BuyBox {
    fn deliver(&mut self, seller: SellerId, delivery: Delivery, rows: &Rows) -> Result<(), ViewError> {
        if self.policy.leaves_at(delivery.at) > self.moment {
            self.leaving.push(Reverse((delivery.at, seller, delivery.order)));
            delivery.count(&mut self.sellers.entry(rows, &seller)?.counts, |count| *count += 1);
        } else {
            self.sellers.entry(rows, &seller)?;
        }
        self.deliveries.entry(rows, &(seller, day(delivery.at)))?.0.push(delivery);
        Ok(())
    }

    fn issue(
        &mut self,
        seller: SellerId,
        order: OrderId,
        delivered_at: i64,
        kind: IssueKind,
        rows: &Rows,
    ) -> Result<(), ViewError> {
        let Some(deliveries) = self.deliveries.get_mut(rows, &(seller, day(delivered_at)))? else { return Ok(()) };
        let Some(delivery) = deliveries.0.iter_mut().find(|delivery| delivery.order == order) else { return Ok(()) };
        delivery.issues[kind.index()] = true;
        if self.policy.leaves_at(delivered_at) > self.moment {
            self.sellers.entry(rows, &seller)?.counts.issues[kind.index()] += 1;
        }
        Ok(())
    }

    /// Another window: every count is made again from the deliveries.
    fn adopt(&mut self, policy: QualityPolicy, rows: &Rows) -> Result<(), ViewError> {
        let same_window = policy.window_days == self.policy.window_days;
        self.policy = policy;
        self.policy_row.put((), policy);
        if same_window {
            return Ok(());
        }
        for seller in self.sellers.keys(rows)? {
            self.sellers.entry(rows, &seller)?.counts = QualityCounts::default();
        }
        self.leaving.clear();
        for key in self.deliveries.keys(rows)? {
            for delivery in self.deliveries.get(rows, &key)?.cloned().unwrap_or_default().0 {
                if policy.leaves_at(delivery.at) > self.moment {
                    self.leaving.push(Reverse((delivery.at, key.0, delivery.order)));
                    delivery.count(&mut self.sellers.entry(rows, &key.0)?.counts, |count| *count += 1);
                }
            }
        }
        Ok(())
    }
}

impl View for BuyBox {
    const NAME: &'static str = "buy-box";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[
        EventKind::ListingPublished,
        EventKind::ListingPriceChanged,
        EventKind::ListingRemoved,
        EventKind::ListingReinstated,
        EventKind::OrderDelivered,
        EventKind::IssueReported,
        EventKind::SellerRegistered,
        EventKind::SellerRemoved,
        EventKind::SellerReinstated,
        EventKind::PolicyAdopted,
    ];
    const REPORTS: &'static [&'static str] = &["buy-box", "seller-quality"];

    fn open(rows: &Rows) -> Result<Self, ViewError> {
        let policy = BuyBoxReader(rows).policy()?;
        let moment = rows.checkpoint()?.moment_micros;
        let mut leaving = BinaryHeap::new();
        for row in DELIVERIES.scan(rows, &()) {
            let ((seller, _), deliveries) = row?;
            let inside = deliveries.0.into_iter().filter(|delivery| policy.leaves_at(delivery.at) > moment);
            leaving.extend(inside.map(|delivery| Reverse((delivery.at, seller, delivery.order))));
        }
        Ok(Self {
            offers: Table::new(OFFERS),
            sellers: Table::new(SELLERS),
            deliveries: Table::new(DELIVERIES),
            policy_row: Table::new(POLICY),
            policy,
            leaving,
            moment,
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        match &happened.event {
            Event::Listing(ListingEvent::ListingPublished(event)) => {
                let offer = OfferRow::of(ListingId(happened.id), event, happened.micros());
                self.offers.entry(rows, &event.product)?.0.push(offer);
            }
            Event::Listing(ListingEvent::ListingReinstated(ListingReinstated { listing, published_at, .. })) => {
                let offer = OfferRow::of(ListingId(happened.id), listing, published_at.timestamp_micros());
                self.offers.entry(rows, &listing.product)?.0.push(offer);
            }
            Event::Listing(ListingEvent::ListingPriceChanged(event)) => {
                let offers = self.offers.entry(rows, &event.product)?;
                if let Some(offer) = offers.0.iter_mut().find(|offer| offer.listing.0 == happened.id) {
                    (offer.price, offer.delivery_cost) = (event.price, event.delivery_cost);
                }
            }
            Event::Listing(ListingEvent::ListingRemoved(event)) => {
                self.offers.entry(rows, &event.product)?.0.retain(|offer| offer.listing.0 != happened.id);
            }
            Event::Order(OrderEvent::OrderDelivered(event)) => {
                for seller in &event.sellers {
                    let delivery = Delivery {
                        at: happened.micros(),
                        order: OrderId(happened.id),
                        late: event.late,
                        issues: [false; 4],
                    };
                    self.deliver(*seller, delivery, rows)?;
                }
            }
            Event::Order(OrderEvent::IssueReported(event)) => {
                if event.first_of_kind {
                    self.issue(
                        event.seller,
                        OrderId(happened.id),
                        event.delivered_at.timestamp_micros(),
                        event.kind,
                        rows,
                    )?;
                }
            }
            Event::Seller(SellerEvent::SellerRegistered(_)) => {
                self.sellers.entry(rows, &SellerId(happened.id))?;
            }
            Event::Seller(SellerEvent::SellerRemoved(_)) => {
                self.sellers.entry(rows, &SellerId(happened.id))?.removed = true
            }
            Event::Seller(SellerEvent::SellerReinstated(_)) => {
                self.sellers.entry(rows, &SellerId(happened.id))?.removed = false
            }
            Event::Policy(PolicyEvent::PolicyAdopted(event)) => {
                self.adopt(QualityPolicy::from(&event.policies), rows)?
            }
            Event::Seller(
                SellerEvent::SellerTermsAccepted(_) | SellerEvent::SellerVerified(_) | SellerEvent::SellerFeeCharged(_),
            )
            | Event::Order(
                OrderEvent::OrderPlaced(_)
                | OrderEvent::OrderConfirmed(_)
                | OrderEvent::OrderShipped(_)
                | OrderEvent::OrderCancelled(_)
                | OrderEvent::HelpRequested(_)
                | OrderEvent::HelpResolved(_)
                | OrderEvent::PaymentCaptured(_)
                | OrderEvent::PaymentRefunded(_),
            )
            | Event::Product(_)
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
        while let Some(Reverse((at, seller, order))) = self.leaving.peek().copied()
            && self.policy.leaves_at(at) <= self.moment
        {
            self.leaving.pop();
            let deliveries = self.deliveries.get(rows, &(seller, day(at)))?;
            if let Some(delivery) =
                deliveries.and_then(|deliveries| deliveries.0.iter().find(|delivery| delivery.order == order))
            {
                delivery.count(&mut self.sellers.entry(rows, &seller)?.counts, |count| *count -= 1);
            }
        }
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.offers, &self.sellers, &self.deliveries, &self.policy_row]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.offers, &mut self.sellers, &mut self.deliveries, &mut self.policy_row]
    }

    fn report(rows: &Rows, name: &str, filter: &Filter) -> Result<Report, ViewError> {
        if name == "seller-quality" {
            let mut report = Report::new(&[
                "seller",
                "delivered",
                "late",
                "aesthetic_defect",
                "wrong_product",
                "defective_product",
                "wrong_accessories",
            ]);
            for row in SELLERS.scan(rows, &()) {
                let (seller, SellerQuality { counts, .. }) = row?;
                if counts.delivered > 0 {
                    let counts = [counts.delivered, counts.late].into_iter().chain(counts.issues).map(Cell::from);
                    report.rows.push(std::iter::once(cell(seller)).chain(counts).collect());
                }
            }
            return Ok(report);
        }
        let mut report = Report::new(&[
            "product",
            "condition",
            "rank",
            "listing",
            "seller",
            "price",
            "surcharge_basis_points",
            "score",
            "published_at",
        ]);
        let reader = BuyBoxReader(rows);
        for row in OFFERS.scan(rows, &()) {
            let (product, offers) = row?;
            if filter.product.is_some_and(|wanted| wanted != product.0) {
                continue;
            }
            for ConditionRanking { condition, ranked } in reader.ranked(&offers)? {
                for (rank, (offer, ranked)) in ranked.into_iter().enumerate() {
                    report.rows.push(vec![
                        cell(product),
                        cell(condition),
                        Cell::from(rank + 1),
                        cell(offer.listing),
                        cell(offer.seller),
                        cell(offer.price),
                        Cell::from(ranked.surcharge_basis_points),
                        cell(score(&offer, &ranked)),
                        moment(offer.published_at),
                    ]);
                }
            }
        }
        Ok(report)
    }
}

/// A score as a decimal of the price's currency, four digits finer than its minor unit.
#[must_use]
pub fn score(offer: &OfferRow, ranked: &RankedOffer) -> String {
    let decimals = offer.price.currency.decimals() + 4;
    let digits = format!("{:0>width$}", ranked.score_times_10_000, width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{whole}.{fraction}")
}

/// The offers of one condition, the best first.
#[derive(Debug, Clone)]
pub struct ConditionRanking {
    /// The condition.
    pub condition: Condition,
    /// The offers with how they came to their places.
    pub ranked: Vec<(OfferRow, RankedOffer)>,
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct BuyBoxReader<'a>(pub &'a Rows);

impl BuyBoxReader<'_> {
    /// The offers of a product, ranked, by condition, worst condition first.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn product(&self, product: ProductId) -> Result<Vec<ConditionRanking>, ViewError> {
        OFFERS.get(self.0, &product)?.map_or_else(|| Ok(Vec::new()), |offers| self.ranked(&offers))
    }

    fn ranked(&self, offers: &Offers) -> Result<Vec<ConditionRanking>, ViewError> {
        let weights = self.policy()?.weights;
        let mut rankings = Vec::new();
        for condition in Condition::ALL {
            let mut candidates = Vec::new();
            for offer in offers.0.iter().filter(|offer| offer.condition == condition) {
                let quality = self.seller(offer.seller)?;
                if !quality.removed {
                    let (price_minor, published_at) = (offer.price.minor, instant(offer.published_at));
                    candidates.push(Offer {
                        listing: offer.listing,
                        price_minor,
                        published_at,
                        quality: quality.counts,
                    });
                }
            }
            if candidates.is_empty() {
                continue;
            }
            let with_row = |ranked: RankedOffer| {
                Some((offers.0.iter().find(|offer| offer.listing == ranked.offer.listing)?.clone(), ranked))
            };
            rankings.push(ConditionRanking {
                condition,
                ranked: rank_offers(candidates, &weights).into_iter().filter_map(with_row).collect(),
            });
        }
        Ok(rankings)
    }

    /// How many listings of a seller are for sale, one by one: also while they come down because the seller was removed.
    /// Every product is looked at: it is asked before somebody is removed, and that is seldom.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn listings_of(&self, seller: SellerId) -> Result<usize, ViewError> {
        OFFERS.scan(self.0, &()).try_fold(0, |count, row| {
            let (_, offers) = row?;
            Ok(count + offers.0.iter().filter(|offer| offer.seller == seller).count())
        })
    }

    /// A seller's deliveries in the window.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn seller(&self, seller: SellerId) -> Result<SellerQuality, ViewError> {
        Ok(SELLERS.get(self.0, &seller)?.unwrap_or_default())
    }

    /// How quality is measured and weighed.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn policy(&self) -> Result<QualityPolicy, ViewError> {
        Ok(POLICY.get(self.0, &())?.unwrap_or_else(|| QualityPolicy::from(&Policies::default())))
    }
}
