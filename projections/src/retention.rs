//! How long each review stays online (R-3.2-05): what falls due, and when.
//!
//! Read by compliance staff and auditors: ninety days ahead where they name no other day. What ends a review's time reads
//! the book itself. A legal hold changes no due moment: it suspends what would follow, and stands beside it.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `r` | review | [`RetentionRow`] |
//! | `p` | product | [`SaleRow`]: who offers it, or since when nobody does |
//! | `b` | product, review | – |
//! | `d` | when due, review | – |
//! | `v` | – | the policies in force |
//! | `h` `n` `o` `e` | | what authorities ordered to be kept: [`crate::legal_holds`] |
//!
//! When a product goes on or off sale, its reviews are due at other moments: `b` finds them.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{LegalHoldId, ListingId, ProductId, ReviewId};
use domain::legal_hold::HeldData;
use domain::listing::ListingEvent;
use domain::policy::{Policies, PolicyEvent, RetentionReading};
use domain::retention::{AHEAD_DAYS, DueBecause, due_at, years_pass_at};
use domain::review::ReviewEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;
use uuid::Uuid;

use crate::ViewError;
use crate::legal_holds::{HoldReader, LegalHolds};
use crate::report::{Filter, Report, cell, maybe_moment, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::view::{Happened, View, instant};

const REVIEWS: Layout<ReviewId, RetentionRow> = Layout::new(b'r');
const PRODUCTS: Layout<ProductId, SaleRow> = Layout::new(b'p');
const BY_PRODUCT: Layout<(ProductId, ReviewId), ()> = Layout::new(b'b');
const DUE: Layout<(i64, ReviewId), ()> = Layout::new(b'd');
const POLICY: Layout<(), RetentionPolicy> = Layout::new(b'v');

/// A review that is online, and until when. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRow {
    /// Its product.
    pub product: ProductId,
    /// When it came online.
    pub published_at: i64,
    /// When its years have passed.
    pub years_pass_at: i64,
    /// Since when nobody offers its product; nothing while somebody does.
    pub off_sale_since: Option<i64>,
    /// When it is to come down, as far as is known.
    pub due_at: Option<i64>,
    /// Whether a moderator removed it: then it is not online, and nothing is due unless a complaint brings it back.
    removed: bool,
}

/// Whether a product is for sale.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct SaleRow {
    listings: BTreeSet<ListingId>,
    off_sale_since: Option<i64>,
}

/// How long reviews stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionPolicy {
    years: u32,
    reading: RetentionReading,
    /// Of which version of the policies.
    pub policy_version: u32,
}

impl RetentionRow {
    /// Which moment it is that ends its time, once one is known.
    #[must_use]
    pub fn due_because(&self) -> Option<DueBecause> {
        self.due_at.map(|due_at| DueBecause::of(instant(due_at), instant(self.years_pass_at)))
    }
}

impl Value for RetentionRow {}
impl Value for SaleRow {}
impl Value for RetentionPolicy {}

impl From<&Policies> for RetentionPolicy {
    fn from(policies: &Policies) -> Self {
        Self {
            years: policies.review_retention_years,
            reading: policies.review_retention_reading,
            policy_version: policies.version,
        }
    }
}

impl RetentionPolicy {
    fn policies(self) -> Policies {
        Policies {
            version: self.policy_version,
            review_retention_years: self.years,
            review_retention_reading: self.reading,
            ..Policies::default()
        }
    }
}

/// The view.
#[derive(Debug)]
pub struct Retention {
    reviews: Table<ReviewId, RetentionRow>,
    products: Table<ProductId, SaleRow>,
    by_product: Index<(ProductId, ReviewId)>,
    due: Index<(i64, ReviewId)>,
    policy_row: Table<(), RetentionPolicy>,
    holds: LegalHolds,
    policies: Policies,
    unsettled_products: BTreeSet<ProductId>,
}

impl Retention {
    fn sells(&mut self, product: ProductId, listing: ListingId, rows: &Rows) -> Result<(), ViewError> {
        let sale = self.products.entry(rows, &product)?;
        sale.listings.insert(listing);
        if sale.off_sale_since.take().is_some() {
            self.unsettled_products.insert(product);
        }
        Ok(())
    }

    fn end(&mut self, id: ReviewId, rows: &Rows) -> Result<(), ViewError> {
        if let Some(review) = self.reviews.get(rows, &id)?.cloned() {
            self.by_product.remove(&(review.product, id));
            if let Some(due_at) = review.due_at {
                self.due.remove(&(due_at, id));
            }
            self.reviews.remove(id);
        }
        Ok(())
    }
}

impl View for Retention {
    const NAME: &'static str = "retention";
    const VERSION: u32 = 3;
    const WANTS: &'static [EventKind] = &[
        EventKind::ListingPublished,
        EventKind::ListingRemoved,
        EventKind::ListingReinstated,
        EventKind::ReviewSubmitted,
        EventKind::ReviewPublished,
        EventKind::ReviewWithdrawn,
        EventKind::ReviewRetentionEnded,
        EventKind::ReviewModerated,
        EventKind::ReviewReinstated,
        EventKind::PolicyAdopted,
        EventKind::LegalHoldPlaced,
        EventKind::LegalHoldReleased,
        EventKind::ErasureDeferred,
        EventKind::SubjectKeyDestroyed,
    ];
    const REPORTS: &'static [&'static str] = &["retention", "retention-due", "legal-holds"];

    fn open(rows: &Rows) -> Result<Self, ViewError> {
        let policies = RetentionReader(rows).policy()?.policies();
        Ok(Self {
            reviews: Table::new(REVIEWS),
            products: Table::new(PRODUCTS),
            by_product: Index::new(BY_PRODUCT),
            due: Index::new(DUE),
            policy_row: Table::new(POLICY),
            holds: LegalHolds::new(),
            policies,
            unsettled_products: BTreeSet::new(),
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let (id, at) = (ReviewId(happened.id), happened.micros());
        match &happened.event {
            Event::Listing(ListingEvent::ListingPublished(event)) => {
                self.sells(event.product, ListingId(happened.id), rows)?;
            }
            Event::Listing(ListingEvent::ListingReinstated(event)) => {
                self.sells(event.listing.product, ListingId(happened.id), rows)?;
            }
            Event::Listing(ListingEvent::ListingRemoved(event)) => {
                let sale = self.products.entry(rows, &event.product)?;
                // What had come down with its seller may be removed for another reason as well.
                let was_for_sale = sale.listings.remove(&ListingId(happened.id));
                if was_for_sale && sale.listings.is_empty() {
                    sale.off_sale_since = Some(at);
                    self.unsettled_products.insert(event.product);
                }
            }
            // Until it is published, a review waits here as if it had come online when it was submitted; the same
            // append publishes it.
            Event::Review(ReviewEvent::ReviewSubmitted(event)) => {
                let row = RetentionRow {
                    product: event.product,
                    published_at: at,
                    years_pass_at: at,
                    off_sale_since: None,
                    due_at: None,
                    removed: false,
                };
                self.reviews.put(id, row);
            }
            Event::Review(ReviewEvent::ReviewPublished(_)) => {
                if let Some(review) = self.reviews.get_mut(rows, &id)? {
                    review.published_at = at;
                    let product = review.product;
                    self.by_product.insert(&(product, id));
                    self.unsettled_products.insert(product);
                }
            }
            Event::Review(ReviewEvent::ReviewWithdrawn(_) | ReviewEvent::ReviewRetentionEnded(_)) => {
                self.end(id, rows)?
            }
            Event::Review(event @ (ReviewEvent::ReviewModerated(_) | ReviewEvent::ReviewReinstated(_))) => {
                if let Some(review) = self.reviews.get_mut(rows, &id)? {
                    review.removed = matches!(event, ReviewEvent::ReviewModerated(_));
                    self.unsettled_products.insert(review.product);
                }
            }
            Event::Policy(PolicyEvent::PolicyAdopted(event)) => {
                let policy = RetentionPolicy::from(&event.policies);
                self.policies = policy.policies();
                self.policy_row.put((), policy);
                self.unsettled_products.extend(self.products.keys(rows)?);
            }
            Event::LegalHold(event) => self.holds.of_hold(LegalHoldId(happened.id), at, event, rows)?,
            Event::Subject(event) => self.holds.of_subject(at, event, rows)?,
            Event::Review(
                ReviewEvent::ReviewEdited(_)
                | ReviewEvent::PhotosSubmitted(_)
                | ReviewEvent::PhotosApproved(_)
                | ReviewEvent::PhotosRejected(_)
                | ReviewEvent::PhotosRemoved(_)
                | ReviewEvent::PhotosReinstated(_)
                | ReviewEvent::ReviewTranslated(_),
            )
            | Event::Listing(ListingEvent::ListingPriceChanged(_))
            | Event::Seller(_)
            | Event::Product(_)
            | Event::Order(_)
            | Event::Buyer(_)
            | Event::Invitation(_)
            | Event::Notice(_)
            | Event::Statement(_)
            | Event::Complaint(_)
            | Event::Authority(_)
            | Event::Dispute(_)
            | Event::SafetyWarning(_)
            | Event::Deadline(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::DsaFigure(_) => {}
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn settle(&mut self, rows: &Rows) -> Result<(), ViewError> {
        for product in std::mem::take(&mut self.unsettled_products) {
            let off_sale_since = self.products.get(rows, &product)?.and_then(|sale| sale.off_sale_since);
            for (_, id) in self.by_product.starting(rows, &product, &(product, ReviewId(Uuid::nil())))? {
                let Some(review) = self.reviews.get_mut(rows, &id)? else { continue };
                let published_at = instant(review.published_at);
                let due = due_at(published_at, off_sale_since.map(instant), &self.policies)
                    .filter(|_| !review.removed)
                    .map(|due| due.timestamp_micros());
                if let Some(old) = review.due_at.filter(|old| Some(*old) != due) {
                    self.due.remove(&(old, id));
                }
                if let Some(due) = due {
                    self.due.insert(&(due, id));
                }
                (review.due_at, review.off_sale_since) = (due, off_sale_since);
                review.years_pass_at = years_pass_at(published_at, &self.policies).timestamp_micros();
            }
        }
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        let own: [&dyn AnyTable; 5] = [&self.reviews, &self.products, &self.by_product, &self.due, &self.policy_row];
        own.into_iter().chain(self.holds.tables()).collect()
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        let own: [&mut dyn AnyTable; 5] =
            [&mut self.reviews, &mut self.products, &mut self.by_product, &mut self.due, &mut self.policy_row];
        own.into_iter().chain(self.holds.tables_mut()).collect()
    }

    fn report(rows: &Rows, name: &str, filter: &Filter) -> Result<Report, ViewError> {
        match name {
            "retention-due" => return due_report(rows, filter),
            "legal-holds" => return HoldReader(rows).report(),
            _ => {}
        }
        let mut report =
            Report::new(&["review", "product", "published_at", "years_pass_at", "off_sale_since", "due_at"]);
        for row in REVIEWS.scan(rows, &()) {
            let (id, review) = row?;
            if wanted(filter, id, &review) {
                let (passed, off, due) =
                    (moment(review.years_pass_at), maybe_moment(review.off_sale_since), maybe_moment(review.due_at));
                let cells: Vec<Cell> =
                    vec![cell(id), cell(review.product), moment(review.published_at), passed, off, due];
                report.rows.push(cells);
            }
        }
        Ok(report)
    }
}

fn wanted(filter: &Filter, id: ReviewId, review: &RetentionRow) -> bool {
    filter.product.is_none_or(|wanted| wanted == review.product.0) && filter.review.is_none_or(|wanted| wanted == id.0)
}

/// What falls due, soonest first: when, why, by which version of the policies, and the holds that suspend it.
fn due_report(rows: &Rows, filter: &Filter) -> Result<Report, ViewError> {
    let mut report = Report::new(&[
        "due_at",
        "review",
        "product",
        "why",
        "published_at",
        "years_pass_at",
        "off_sale_since",
        "policy_version",
        "held_by",
    ]);
    let reader = RetentionReader(rows);
    let policy_version = reader.policy()?.policy_version;
    let before = match filter.due_before {
        Some(before) => before.timestamp_micros(),
        None => ahead(rows.checkpoint()?.moment()).timestamp_micros(),
    };
    for key in reader.due(None) {
        let (due_at, id) = key?;
        if due_at >= before {
            break;
        }
        let Some(review) = reader.review(id)?.filter(|review| wanted(filter, id, review)) else { continue };
        let holds = HoldReader(rows).on(HeldData::Review(id))?;
        let held_by: Vec<String> = holds.iter().map(ToString::to_string).collect();
        report.rows.push(vec![
            moment(due_at),
            cell(id),
            cell(review.product),
            review.due_because().map_or(Cell::Null, |because| cell(because.name())),
            moment(review.published_at),
            moment(review.years_pass_at),
            maybe_moment(review.off_sale_since),
            Cell::from(policy_version),
            if held_by.is_empty() { Cell::Null } else { cell(held_by.join(" ")) },
        ]);
    }
    Ok(report)
}

/// Until when staff are shown what falls due, where they name no other moment.
#[must_use]
pub fn ahead(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_add_signed(TimeDelta::days(AHEAD_DAYS)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct RetentionReader<'a>(pub &'a Rows);

impl<'a> RetentionReader<'a> {
    /// Until when a review stays.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn review(&self, id: ReviewId) -> Result<Option<RetentionRow>, ViewError> {
        REVIEWS.get(self.0, &id)
    }

    /// What falls due, soonest first, from after a cursor: when (microseconds since the epoch), and which.
    pub fn due(
        &self,
        after: Option<&(i64, ReviewId)>,
    ) -> impl Iterator<Item = Result<(i64, ReviewId), ViewError>> + use<'a> {
        let first = (i64::MIN, ReviewId(uuid::Uuid::nil()));
        DUE.scan_after(self.0, &(), after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }

    /// What falls due of a product's reviews, soonest first.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn due_of_product(&self, product: ProductId) -> Result<Vec<(i64, ReviewId)>, ViewError> {
        let mut due = Vec::new();
        for key in BY_PRODUCT.scan(self.0, &product) {
            let ((_, id), ()) = key?;
            due.extend(self.review(id)?.and_then(|review| review.due_at).map(|due_at| (due_at, id)));
        }
        due.sort_unstable();
        Ok(due)
    }

    /// What authorities ordered to be kept.
    #[must_use]
    pub const fn holds(&self) -> HoldReader<'a> {
        HoldReader(self.0)
    }

    /// How long reviews stay.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn policy(&self) -> Result<RetentionPolicy, ViewError> {
        Ok(POLICY.get(self.0, &())?.unwrap_or_else(|| RetentionPolicy::from(&Policies::default())))
    }
}
