//! From events to records of the Transparency Database: what the view takes from each event, and what a record makes of it.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use chrono::{DateTime, Utc};
use domain::criterion::Criterion;
use domain::event::Event;
use domain::ids::{BuyerId, ListingId, NoticeId, ProductId, ReviewId, SellerId, StaffId, StatementId};
use domain::listing::{ListingEvent, ListingRemovalReason, ListingRemoved};
use domain::notice::{Allegation, NoticeEvent, NoticeSubmitted, NoticeTarget};
use domain::product::{ProductCatalogued, ProductEvent};
use domain::review::{PhotosApproved, PhotosRemoved, ReviewEvent};
use domain::sealed::Sealed;
use domain::seller::{SellerEvent, SellerRegistered, SellerRemovalReason, SellerRemoved, TraderContact};
use domain::statement::{Addressee, Ground, Redress, Restriction, StatementEvent, StatementOfReasonsIssued};
use domain::text::Slug;
use event_log::Position;
use projections::Happened;
use projections::registry::{Running, ViewKind};
use projections::statements::StatementsReader;
use projections::transparency_database::{Batch, Exemption, MOST_RECORDS, Unpublished, record_of};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

const BUYER: BuyerId = BuyerId(Uuid::from_u128(0xB1));
const SELLER: SellerId = SellerId(Uuid::from_u128(0x5E));
const LISTING: ListingId = ListingId(Uuid::from_u128(0x11));
const PRODUCT: ProductId = ProductId(Uuid::from_u128(0x12));
const REVIEW: ReviewId = ReviewId(Uuid::from_u128(0x13));
const NOTICE: NoticeId = NoticeId(Uuid::from_u128(0x14));

fn at(moment: &str) -> DateTime<Utc> {
    moment.parse().unwrap()
}

/// The view of statements, told of what happens.
struct Told {
    view: Box<dyn Running>,
    next: u64,
    _directory: TempDir,
}

impl Told {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let view = ViewKind::named("statements").unwrap().open(directory.path()).unwrap();
        Self { view, next: 0, _directory: directory }
    }

    fn of(mut self, id: Uuid, event: impl Into<Event>) -> Self {
        let event = event.into();
        let happened =
            Happened { position: Position(self.next), at: at("2026-11-24T10:00:00Z"), id, event: event.clone() };
        self.next += 1;
        self.view.apply(&[(event.kind(), happened)], Position(self.next)).unwrap();
        self
    }

    fn seller(self) -> Self {
        let contact = TraderContact {
            name: "J. Jansen".into(),
            address: "Zijlweg 12".into(),
            phone: "+31612345678".into(),
            email: "jan@example.eu".into(),
            identification: "passport".into(),
            payment_account: "NL91ABNA0417164300".into(),
        };
        let registered = SellerRegistered {
            shop_name: "Jansen Telecom".into(),
            country: "NL".parse().unwrap(),
            trade_register_number: "12".into(),
            self_certified: true,
            contact: Sealed::new("seller", contact),
        };
        self.of(SELLER.0, Event::Seller(SellerEvent::SellerRegistered(registered)))
    }

    fn seller_removed(self, reason: SellerRemovalReason) -> Self {
        let removed = SellerRemoved { reason, explanation: "as told".into(), decided_by: None };
        self.of(SELLER.0, Event::Seller(SellerEvent::SellerRemoved(removed)))
    }

    fn product(self, ean: Option<&str>) -> Self {
        let catalogued = ProductCatalogued {
            title: "iPhone 13".into(),
            brand: "Apple".into(),
            category: Slug::new("smartphones", "category").unwrap(),
            subcategory: Slug::new("iphone", "subcategory").unwrap(),
            ean: ean.map(|ean| ean.parse().unwrap()),
        };
        self.of(PRODUCT.0, Event::Product(ProductEvent::ProductCatalogued(catalogued)))
    }

    fn listing_removed(self, reason: ListingRemovalReason) -> Self {
        let removed = ListingRemoved {
            product: PRODUCT,
            seller: SELLER,
            reason,
            explanation: "as told".into(),
            notice_id: None,
            decided_by: None,
        };
        self.of(LISTING.0, Event::Listing(ListingEvent::ListingRemoved(removed)))
    }

    fn notice(self, allegation: Allegation, trusted_flagger: bool) -> Self {
        let submitted = NoticeSubmitted {
            target: NoticeTarget::Review(REVIEW),
            allegation,
            url: "https://market.example/1".into(),
            reasons: Sealed::new("notice", "it names me".into()),
            notifier: None,
            trusted_flagger,
            language: "nl".parse().unwrap(),
        };
        self.of(NOTICE.0, Event::Notice(NoticeEvent::NoticeSubmitted(submitted)))
    }

    fn photos(self, online: bool) -> Self {
        let photos = Vec::new();
        let event = if online {
            ReviewEvent::PhotosApproved(PhotosApproved { photos, decided_by: None })
        } else {
            ReviewEvent::PhotosRemoved(PhotosRemoved {
                photos,
                criteria: vec![Criterion::Obscene],
                explanation: "as told".into(),
                notice_id: None,
                decided_by: StaffId("m-1".into()),
            })
        };
        self.of(REVIEW.0, Event::Review(event))
    }

    /// A statement's record, or in a word why it has none.
    fn record(self, issued: StatementOfReasonsIssued) -> Result<Value, Unpublished> {
        let decision = issued.decision;
        let statement = StatementId::of_decision(decision);
        let mut told = self.of(statement.0, Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)));
        told.view.commit().unwrap();
        let row = StatementsReader(told.view.rows()).of_decision(decision).unwrap().unwrap();
        record_of(statement, &row).map(|record| serde_json::to_value(record).unwrap())
    }
}

fn issued(restriction: Restriction, ground: Ground) -> StatementOfReasonsIssued {
    let of_seller = matches!(restriction, Restriction::ListingRemoved(_) | Restriction::SellerRemoved(_));
    StatementOfReasonsIssued {
        decision: Uuid::from_u128(7),
        addressee: if of_seller { Addressee::Seller(SELLER) } else { Addressee::Buyer(BUYER) },
        restriction,
        // Half an hour before midnight in UTC it is the next day in Paris.
        since: at("2026-11-23T23:30:00Z"),
        facts: "as the moderator saw it".into(),
        notice: None,
        automated: false,
        ground,
        content_language: "nl".parse().ok(),
        content_since: at("2026-11-20T12:00:00Z"),
        decided_by: Some(StaffId("m-1".into())),
        redress: vec![Redress::InternalComplaint],
        contestable_until: at("2027-05-24T22:00:00Z"),
    }
}

fn criteria() -> Ground {
    Ground::Criteria(vec![Criterion::Insulting])
}

#[test]
fn r_7_02_a_review_is_text_and_its_photos_too_if_it_had_any_online() {
    let types = |told: Told| {
        told.record(issued(Restriction::ReviewRemoved(REVIEW), criteria())).unwrap()["content_type"].clone()
    };
    assert_eq!(types(Told::new()), json!(["CONTENT_TYPE_TEXT"]));
    assert_eq!(types(Told::new().photos(true)), json!(["CONTENT_TYPE_IMAGE", "CONTENT_TYPE_TEXT"]));
    assert_eq!(types(Told::new().photos(true).photos(false)), json!(["CONTENT_TYPE_TEXT"]));
    for restriction in [Restriction::PhotosRemoved(REVIEW), Restriction::PhotosNotPublished(REVIEW)] {
        let record = Told::new().record(issued(restriction, criteria())).unwrap();
        assert_eq!(record["content_type"], json!(["CONTENT_TYPE_IMAGE"]));
        assert_eq!(record["account_type"], "ACCOUNT_TYPE_PRIVATE");
        assert_eq!(
            (&record["content_date"], &record["application_date"]),
            (&json!("2026-11-20"), &json!("2026-11-24"))
        );
    }
}

#[test]
fn r_7_02_what_a_notice_alleged_and_who_sent_it_is_the_source() {
    for (allegation, trusted_flagger, source) in [
        (Allegation::Illegal, false, "SOURCE_ARTICLE_16"),
        (Allegation::Illegal, true, "SOURCE_TRUSTED_FLAGGER"),
        (Allegation::AgainstTerms, false, "SOURCE_TYPE_OTHER_NOTIFICATION"),
    ] {
        let because =
            StatementOfReasonsIssued { notice: Some(NOTICE), ..issued(Restriction::ReviewRemoved(REVIEW), criteria()) };
        let record = Told::new().notice(allegation, trusted_flagger).record(because).unwrap();
        assert_eq!(record["source_type"], source);
    }
    let record = Told::new().record(issued(Restriction::ReviewRemoved(REVIEW), criteria())).unwrap();
    assert_eq!(record["source_type"], "SOURCE_VOLUNTARY");
    assert_eq!(
        (&record["automated_detection"], record["automated_decision"].as_str()),
        (&json!("No"), Some("AUTOMATED_DECISION_NOT_AUTOMATED"))
    );
}

#[test]
fn r_7_02_a_listing_is_a_product_with_its_number_where_that_is_known() {
    let removed = |told: Told| {
        let reason = ListingRemovalReason::Dangerous;
        told.seller()
            .listing_removed(reason)
            .record(issued(Restriction::ListingRemoved(LISTING), Ground::Listing(reason)))
    };
    let record = removed(Told::new().product(Some("4006381333931"))).unwrap();
    assert_eq!(record["content_type"], json!(["CONTENT_TYPE_PRODUCT"]));
    assert_eq!(record["content_id"], json!({ "EAN-13": "4006381333931" }));
    assert_eq!(record["account_type"], "ACCOUNT_TYPE_BUSINESS");
    assert_eq!(record["decision_ground"], "DECISION_GROUND_ILLEGAL_CONTENT");
    assert_eq!(record["category"], "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS");
    assert_eq!(removed(Told::new().product(None)).unwrap().get("content_id"), None);
}

#[test]
fn r_7_02_a_removed_seller_loses_service_and_account_and_the_listings_go_for_the_same_reason() {
    let of_seller = |reason| {
        Told::new()
            .seller()
            .seller_removed(reason)
            .record(issued(Restriction::SellerRemoved(SELLER), Ground::Seller(reason)))
    };
    let of_listing = |reason| {
        let ground = ListingRemovalReason::SellerRemoved;
        let told = Told::new().seller().seller_removed(reason).listing_removed(ground);
        told.record(issued(Restriction::ListingRemoved(LISTING), Ground::Listing(ground)))
    };
    let seller = of_seller(SellerRemovalReason::TraderNotTraceable).unwrap();
    assert_eq!(seller["decision_provision"], "DECISION_PROVISION_TOTAL_TERMINATION");
    assert_eq!(seller["decision_account"], "DECISION_ACCOUNT_TERMINATED");
    assert_eq!(
        (&seller["content_type"], &seller["content_type_other"]),
        (&json!(["CONTENT_TYPE_OTHER"]), &json!("Account"))
    );
    let listing = of_listing(SellerRemovalReason::TraderNotTraceable).unwrap();
    for field in ["decision_ground", "illegal_content_legal_ground", "category", "category_specification"] {
        assert_eq!(listing[field], seller[field], "{field}");
    }
    assert_eq!(listing["decision_visibility"], json!(["DECISION_VISIBILITY_CONTENT_REMOVED"]));
    let convenience = Err(Unpublished::Exempt(Exemption::Convenience));
    assert_eq!(of_seller(SellerRemovalReason::Convenience), convenience);
    assert_eq!(of_listing(SellerRemovalReason::Convenience), convenience);
}

#[test]
fn r_7_02_convenience_and_a_sellers_own_will_have_no_record_and_say_why() {
    let removed = |reason| {
        let told = Told::new().seller().listing_removed(reason);
        told.record(issued(Restriction::ListingRemoved(LISTING), Ground::Listing(reason)))
    };
    assert_eq!(removed(ListingRemovalReason::Convenience), Err(Unpublished::Exempt(Exemption::Convenience)));
    assert_eq!(removed(ListingRemovalReason::WithdrawnBySeller), Err(Unpublished::Exempt(Exemption::OwnWill)));
    // A listing that went with a seller whose removal is nowhere is no convenience: a person must look at it.
    let Err(Unpublished::Refused(refusal)) = removed(ListingRemovalReason::SellerRemoved) else { panic!("a refusal") };
    assert_eq!(refusal.field, "decision_ground");
}

#[test]
fn r_7_02_a_blocked_account_has_the_day_on_which_the_block_ends() {
    let until = Restriction::AccountSuspended(at("2026-12-31T23:00:00Z"));
    let suspended = Told::new().record(issued(until, criteria())).unwrap();
    assert_eq!(suspended["decision_account"], "DECISION_ACCOUNT_SUSPENDED");
    assert_eq!(suspended["end_date_account_restriction"], "2027-01-01");
    let terminated = Told::new().record(issued(Restriction::AccountTerminated, criteria())).unwrap();
    assert_eq!(terminated["decision_account"], "DECISION_ACCOUNT_TERMINATED");
    assert_eq!(terminated.get("end_date_account_restriction"), None);
}

#[test]
fn r_7_02_facts_that_name_the_shop_or_have_an_address_are_refused() {
    for facts in ["Jansen Telecom sold stolen goods", "answer to jan@example.eu"] {
        let reason = ListingRemovalReason::Prohibited;
        let told = Told::new().seller().listing_removed(reason);
        let with_facts = StatementOfReasonsIssued {
            facts: facts.into(),
            ..issued(Restriction::ListingRemoved(LISTING), Ground::Listing(reason))
        };
        let Err(Unpublished::Refused(refusal)) = told.record(with_facts) else { panic!("{facts}") };
        assert_eq!(refusal.field, "decision_facts", "{facts}");
    }
}

#[test]
fn r_7_02_a_batch_has_at_most_as_many_records_as_a_request_may_and_all_are_there_in_order() {
    let statement = |number: u128| StatementId(Uuid::from_u128(number));
    let mut told = Told::new();
    for number in 0..201 {
        let issued = issued(Restriction::ReviewRemoved(REVIEW), criteria());
        told = told.of(statement(number).0, Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)));
    }
    told.view.commit().unwrap();
    let reader = StatementsReader(told.view.rows());
    let records: Vec<_> = reader
        .issued(i64::MIN, None)
        .map(|key| key.unwrap().1)
        .map(|id| record_of(id, &reader.statement(id).unwrap().unwrap()).unwrap())
        .collect();
    let batches: Vec<Value> = Batch::all(&records).map(|batch| serde_json::from_str(&batch.json()).unwrap()).collect();
    let sizes: Vec<usize> = batches.iter().map(|batch| batch["statements"].as_array().unwrap().len()).collect();
    assert_eq!((MOST_RECORDS, sizes), (100, vec![100, 100, 1]));
    let puids: Vec<&Value> = batches
        .iter()
        .flat_map(|batch| batch["statements"].as_array().unwrap())
        .map(|record| &record["puid"])
        .collect();
    assert_eq!(
        puids,
        records.iter().map(|record| json!(record.puid().as_str())).collect::<Vec<_>>().iter().collect::<Vec<_>>()
    );
}
