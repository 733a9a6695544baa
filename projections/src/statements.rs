//! Statements of reasons (R-2.2-05, R-3.4-09, R-7-02): by when they were issued, by whom they tell, by decision.
//!
//! Read by whoever is restricted, each their own, by compliance staff and by auditors. No statement has personal data.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `s` | statement | [`StatementRow`] |
//! | `i` | when issued, statement | – |
//! | `a` | addressee, when issued (newest first), statement | – |
//! | `n` | notice | [`Notified`] |
//! | `w` | seller | the shop's name, and why they were removed last |
//! | `e` | product with a known EAN | the EAN |
//! | `l` | removed listing | its product's EAN, and why its seller was removed if it went with them |
//! | `p` | review with photos online | – |
//!
//! The tables from `n` on are what the Transparency Database asks of a decision besides its statement
//! ([`crate::transparency_database`]); a statement's row takes from them what was known when it was issued.
//!
//! A decision's statement has an id that follows from the decision's event, so that no table is needed to find it.

use chrono::{DateTime, Utc};
use domain::ean::Ean;
use domain::event::{Event, EventKind};
use domain::ids::{BuyerId, ListingId, NoticeId, ProductId, ReviewId, SellerId, StatementId};
use domain::language::Language;
use domain::listing::{ListingEvent, ListingRemovalReason};
use domain::notice::NoticeEvent;
use domain::product::ProductEvent;
use domain::review::ReviewEvent;
use domain::seller::{SellerEvent, SellerRemovalReason};
use domain::statement::{Addressee, Ground, Redress, Restriction, StatementEvent, StatementOfReasonsIssued};
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;
use uuid::Uuid;

use crate::ViewError;
use crate::key::{Falling, Key};
use crate::report::{Filter, Report, cell, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::transparency::Notified;
use crate::transparency_database::{Unpublished, record_of};
use crate::view::{Happened, View};

type IssuedKey = (i64, StatementId);
type AddresseeKey = (Told, Falling, StatementId);

const STATEMENTS: Layout<StatementId, StatementRow> = Layout::new(b's');
const ISSUED: Layout<IssuedKey, ()> = Layout::new(b'i');
const BY_ADDRESSEE: Layout<AddresseeKey, ()> = Layout::new(b'a');
const NOTICES: Layout<NoticeId, Notified> = Layout::new(b'n');
const SELLERS: Layout<SellerId, SellerRow> = Layout::new(b'w');
const EANS: Layout<ProductId, Ean> = Layout::new(b'e');
const LISTINGS: Layout<ListingId, ListingRow> = Layout::new(b'l');
const WITH_PHOTOS: Layout<ReviewId, ()> = Layout::new(b'p');

/// An addressee, in an order: buyers first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// A buyer.
    Buyer(BuyerId),
    /// A seller.
    Seller(SellerId),
}

impl From<Addressee> for Told {
    fn from(addressee: Addressee) -> Self {
        match addressee {
            Addressee::Buyer(id) => Self::Buyer(id),
            Addressee::Seller(id) => Self::Seller(id),
        }
    }
}

impl Key for Told {
    fn write(&self, out: &mut Vec<u8>) {
        let (tag, id) = match self {
            Self::Buyer(id) => (0_u8, id.0),
            Self::Seller(id) => (1, id.0),
        };
        out.push(tag);
        id.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (tag, id) = (u8::read(bytes)?, Uuid::read(bytes)?);
        match tag {
            0 => Some(Self::Buyer(BuyerId(id))),
            1 => Some(Self::Seller(SellerId(id))),
            _ => None,
        }
    }
}

/// A statement of reasons. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRow {
    /// When it was issued.
    pub issued_at: i64,
    /// The event that records the decision.
    pub decision: Uuid,
    /// Who is told.
    pub addressee: Addressee,
    /// What is restricted, and for how long.
    pub restriction: Restriction,
    /// When the restriction began.
    pub since: i64,
    /// The facts and circumstances.
    pub facts: String,
    /// The notice that led to it; nothing on the operator's own initiative.
    pub notice: Option<NoticeId>,
    /// Whether automated means detected or decided it.
    pub automated: bool,
    /// On which ground.
    pub ground: Ground,
    /// The language of the content, where it has one.
    pub content_language: Option<Language>,
    /// When the content came to the platform, or the account was opened.
    pub content_since: i64,
    /// Where it can be contested.
    pub redress: Vec<Redress>,
    /// Until when the platform takes a complaint.
    pub contestable_until: i64,
    /// What was alleged by whom, where a notice led to it.
    pub notified: Option<Notified>,
    /// Why the seller was removed with whom a listing went.
    pub seller_removal: Option<SellerRemovalReason>,
    /// Whether the review that was removed had photos online.
    pub with_photos: bool,
    /// The number of the listing's product, where it is known.
    pub ean: Option<Ean>,
    /// The name under which the seller trades who is told: what goes public may not have it.
    pub shop_name: Option<String>,
}

impl Value for StatementRow {}

impl Value for Notified {}

impl Value for Ean {}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct SellerRow {
    shop_name: String,
    removal: Option<SellerRemovalReason>,
}

impl Value for SellerRow {}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct ListingRow {
    ean: Option<Ean>,
    seller_removal: Option<SellerRemovalReason>,
}

impl Value for ListingRow {}

/// The view.
#[derive(Debug)]
pub struct Statements {
    statements: Table<StatementId, StatementRow>,
    issued: Index<IssuedKey>,
    by_addressee: Index<AddresseeKey>,
    notices: Table<NoticeId, Notified>,
    sellers: Table<SellerId, SellerRow>,
    eans: Table<ProductId, Ean>,
    listings: Table<ListingId, ListingRow>,
    with_photos: Table<ReviewId, ()>,
}

impl Statements {
    fn of_statement(
        &mut self,
        id: StatementId,
        at: i64,
        event: &StatementOfReasonsIssued,
        rows: &Rows,
    ) -> Result<(), ViewError> {
        let notified = match &event.notice {
            Some(notice) => self.notices.get(rows, notice)?.copied(),
            None => None,
        };
        let listing = match event.restriction {
            Restriction::ListingRemoved(listing) => self.listings.get(rows, &listing)?.cloned().unwrap_or_default(),
            Restriction::ReviewRemoved(_)
            | Restriction::PhotosNotPublished(_)
            | Restriction::PhotosRemoved(_)
            | Restriction::SellerRemoved(_)
            | Restriction::AccountSuspended(_)
            | Restriction::AccountTerminated => ListingRow::default(),
        };
        let with_photos = match event.restriction {
            Restriction::ReviewRemoved(review) => self.with_photos.get(rows, &review)?.is_some(),
            Restriction::PhotosNotPublished(_)
            | Restriction::PhotosRemoved(_)
            | Restriction::ListingRemoved(_)
            | Restriction::SellerRemoved(_)
            | Restriction::AccountSuspended(_)
            | Restriction::AccountTerminated => false,
        };
        let shop_name = match event.addressee {
            Addressee::Seller(seller) => self.sellers.get(rows, &seller)?.map(|seller| seller.shop_name.clone()),
            Addressee::Buyer(_) => None,
        };
        let row = StatementRow {
            issued_at: at,
            decision: event.decision,
            addressee: event.addressee,
            restriction: event.restriction,
            since: event.since.timestamp_micros(),
            facts: event.facts.clone(),
            notice: event.notice,
            automated: event.automated,
            ground: event.ground.clone(),
            content_language: event.content_language,
            content_since: event.content_since.timestamp_micros(),
            redress: event.redress.clone(),
            contestable_until: event.contestable_until.timestamp_micros(),
            notified,
            seller_removal: listing.seller_removal,
            with_photos,
            ean: listing.ean,
            shop_name,
        };
        self.statements.put(id, row);
        self.issued.insert(&(at, id));
        self.by_addressee.insert(&(event.addressee.into(), Falling(at), id));
        Ok(())
    }

    fn of_seller(&mut self, id: SellerId, event: &SellerEvent, rows: &Rows) -> Result<(), ViewError> {
        match event {
            SellerEvent::SellerRegistered(event) => {
                self.sellers.entry(rows, &id)?.shop_name.clone_from(&event.shop_name);
            }
            SellerEvent::SellerRemoved(event) => self.sellers.entry(rows, &id)?.removal = Some(event.reason),
            SellerEvent::SellerTermsAccepted(_)
            | SellerEvent::SellerVerified(_)
            | SellerEvent::SellerReinstated(_)
            | SellerEvent::SellerFeeCharged(_) => {}
        }
        Ok(())
    }

    fn of_listing(&mut self, id: ListingId, event: &ListingEvent, rows: &Rows) -> Result<(), ViewError> {
        let ListingEvent::ListingRemoved(event) = event else { return Ok(()) };
        let seller_removal = if event.reason == ListingRemovalReason::SellerRemoved {
            self.sellers.get(rows, &event.seller)?.and_then(|seller| seller.removal)
        } else {
            None
        };
        let ean = self.eans.get(rows, &event.product)?.copied();
        if ean.is_some() || seller_removal.is_some() {
            self.listings.put(id, ListingRow { ean, seller_removal });
        }
        Ok(())
    }

    fn of_review(&mut self, id: ReviewId, event: &ReviewEvent) {
        match event {
            ReviewEvent::PhotosApproved(_) | ReviewEvent::PhotosReinstated(_) => self.with_photos.put(id, ()),
            ReviewEvent::PhotosRemoved(_) => self.with_photos.remove(id),
            ReviewEvent::ReviewSubmitted(_)
            | ReviewEvent::ReviewPublished(_)
            | ReviewEvent::ReviewEdited(_)
            | ReviewEvent::ReviewWithdrawn(_)
            | ReviewEvent::ReviewRetentionEnded(_)
            | ReviewEvent::PhotosSubmitted(_)
            | ReviewEvent::PhotosRejected(_)
            | ReviewEvent::ReviewModerated(_)
            | ReviewEvent::ReviewReinstated(_)
            | ReviewEvent::ReviewTranslated(_) => {}
        }
    }
}

impl View for Statements {
    const NAME: &'static str = "statements";
    const VERSION: u32 = 2;
    const WANTS: &'static [EventKind] = &[
        EventKind::StatementOfReasonsIssued,
        EventKind::NoticeSubmitted,
        EventKind::SellerRegistered,
        EventKind::SellerRemoved,
        EventKind::ProductCatalogued,
        EventKind::ListingRemoved,
        EventKind::PhotosApproved,
        EventKind::PhotosRemoved,
        EventKind::PhotosReinstated,
    ];
    const REPORTS: &'static [&'static str] = &["statements"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self {
            statements: Table::new(STATEMENTS),
            issued: Index::new(ISSUED),
            by_addressee: Index::new(BY_ADDRESSEE),
            notices: Table::new(NOTICES),
            sellers: Table::new(SELLERS),
            eans: Table::new(EANS),
            listings: Table::new(LISTINGS),
            with_photos: Table::new(WITH_PHOTOS),
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        match &happened.event {
            Event::Statement(StatementEvent::StatementOfReasonsIssued(event)) => {
                self.of_statement(StatementId(happened.id), happened.micros(), event, rows)?;
            }
            Event::Notice(NoticeEvent::NoticeSubmitted(event)) => {
                let notified = Notified { allegation: event.allegation, trusted_flagger: event.trusted_flagger };
                self.notices.put(NoticeId(happened.id), notified);
            }
            Event::Seller(event) => self.of_seller(SellerId(happened.id), event, rows)?,
            Event::Product(ProductEvent::ProductCatalogued(event)) => {
                if let Some(ean) = event.ean {
                    self.eans.put(ProductId(happened.id), ean);
                }
            }
            Event::Listing(event) => self.of_listing(ListingId(happened.id), event, rows)?,
            Event::Review(event) => self.of_review(ReviewId(happened.id), event),
            Event::Notice(NoticeEvent::NoticeDecided(_))
            | Event::Statement(
                StatementEvent::StatementSubmitted(_)
                | StatementEvent::StatementAccepted(_)
                | StatementEvent::StatementRefused(_),
            )
            | Event::Buyer(_)
            | Event::Order(_)
            | Event::Invitation(_)
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
        vec![
            &self.statements,
            &self.issued,
            &self.by_addressee,
            &self.notices,
            &self.sellers,
            &self.eans,
            &self.listings,
            &self.with_photos,
        ]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![
            &mut self.statements,
            &mut self.issued,
            &mut self.by_addressee,
            &mut self.notices,
            &mut self.sellers,
            &mut self.eans,
            &mut self.listings,
            &mut self.with_photos,
        ]
    }

    fn report(rows: &Rows, _: &str, _: &Filter) -> Result<Report, ViewError> {
        let mut report = Report::new(&[
            "issued_at",
            "statement",
            "decision",
            "restriction",
            "concerns",
            "since",
            "ground",
            "reasons",
            "facts",
            "notice",
            "decided_by",
            "content_language",
            "content_since",
            "contestable_until",
            "transparency_database",
        ]);
        for row in ISSUED.scan(rows, &()) {
            let ((issued_at, id), ()) = row?;
            if let Some(statement) = STATEMENTS.get(rows, &id)? {
                let (restriction, concerns) = restricted(statement.restriction);
                let record = published(id, &statement);
                report.rows.push(vec![
                    moment(issued_at),
                    cell(id),
                    cell(statement.decision),
                    cell(restriction),
                    concerns.map_or(Cell::Null, cell),
                    moment(statement.since),
                    cell(if statement.ground.is_law() { "LAW" } else { "TERMS" }),
                    cell(reasons(&statement.ground)),
                    cell(statement.facts),
                    statement.notice.map_or(Cell::Null, cell),
                    cell(if statement.automated { "AUTOMATED" } else { "HUMAN" }),
                    statement.content_language.map_or(Cell::Null, cell),
                    moment(statement.content_since),
                    moment(statement.contestable_until),
                    cell(record),
                ]);
            }
        }
        Ok(report)
    }
}

/// The id of a statement's record in the Transparency Database, or in a word why it has none.
fn published(id: StatementId, statement: &StatementRow) -> String {
    match record_of(id, statement) {
        Ok(record) => record.puid().as_str().to_owned(),
        Err(Unpublished::Exempt(exemption)) => exemption.name().to_owned(),
        Err(Unpublished::Refused(refusal)) => format!("REFUSED: {}", refusal.field),
    }
}

/// A restriction by name, and what it concerns where that is not the account itself.
fn restricted(restriction: Restriction) -> (&'static str, Option<String>) {
    match restriction {
        Restriction::ReviewRemoved(id) => ("REVIEW_REMOVED", Some(id.to_string())),
        Restriction::PhotosNotPublished(id) => ("PHOTOS_NOT_PUBLISHED", Some(id.to_string())),
        Restriction::PhotosRemoved(id) => ("PHOTOS_REMOVED", Some(id.to_string())),
        Restriction::ListingRemoved(id) => ("LISTING_REMOVED", Some(id.to_string())),
        Restriction::SellerRemoved(id) => ("SELLER_REMOVED", Some(id.to_string())),
        Restriction::AccountSuspended(_) => ("ACCOUNT_SUSPENDED", None),
        Restriction::AccountTerminated => ("ACCOUNT_TERMINATED", None),
    }
}

/// The reasons of a ground by their names, separated by spaces.
fn reasons(ground: &Ground) -> String {
    let name = |reason: serde_json::Value| reason.as_str().unwrap_or_default().to_owned();
    match ground {
        Ground::Criteria(criteria) => {
            let names: Vec<String> =
                criteria.iter().map(|criterion| name(serde_json::to_value(criterion).unwrap_or_default())).collect();
            names.join(" ")
        }
        Ground::Listing(reason) => name(serde_json::to_value(reason).unwrap_or_default()),
        Ground::Seller(reason) => name(serde_json::to_value(reason).unwrap_or_default()),
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct StatementsReader<'a>(pub &'a Rows);

/// Where a page of statements begins or ends: opaque outside.
pub type IssuedCursor = IssuedKey;
/// Where a page of somebody's statements begins or ends: opaque outside.
pub type AddresseeCursor = AddresseeKey;

impl<'a> StatementsReader<'a> {
    /// A statement.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn statement(&self, id: StatementId) -> Result<Option<StatementRow>, ViewError> {
        STATEMENTS.get(self.0, &id)
    }

    /// The statement of a decision, by the event that records it.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn of_decision(&self, event: Uuid) -> Result<Option<StatementRow>, ViewError> {
        self.statement(StatementId::of_decision(event))
    }

    /// All statements, oldest first, from a moment (microseconds since the epoch) on or from after a cursor.
    pub fn issued(
        &self,
        since: i64,
        after: Option<&IssuedCursor>,
    ) -> impl Iterator<Item = Result<IssuedCursor, ViewError>> + use<'a> {
        let first = (since.saturating_sub(1), StatementId(Uuid::max()));
        ISSUED.scan_after(self.0, &(), after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }

    /// All statements, newest first, down to a moment (microseconds since the epoch), from the newest or from before a
    /// cursor.
    pub fn issued_back(
        &self,
        since: i64,
        before: Option<&IssuedCursor>,
    ) -> impl Iterator<Item = Result<IssuedCursor, ViewError>> + use<'a> {
        let keys = ISSUED.scan_back(self.0, &(), before).map(|row| row.map(|(key, ())| key));
        keys.take_while(move |key| key.as_ref().map_or(true, |key| key.0 >= since))
    }

    /// What somebody was told, newest first, from the newest or from after a cursor.
    pub fn of_addressee(
        &self,
        addressee: Told,
        after: Option<&AddresseeCursor>,
    ) -> impl Iterator<Item = Result<AddresseeCursor, ViewError>> + use<'a> {
        let first = (addressee, Falling(i64::MAX), StatementId(Uuid::nil()));
        BY_ADDRESSEE.scan_after(self.0, &addressee, after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }
}
