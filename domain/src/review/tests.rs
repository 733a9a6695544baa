use super::*;
use crate::given::{Given, at, given};
use crate::listing::Condition;
use crate::money::{Currency, Money};
use crate::order::{OrderConfirmed, OrderDelivered, OrderEvent, OrderLine, OrderPlaced, OrderShipped};
use uuid::Uuid;

const BUYER: BuyerId = BuyerId(Uuid::from_u128(1));
const REVIEW: ReviewId = ReviewId(Uuid::from_u128(3));

/// An order of one line, confirmed on 1 March, delivered when said.
fn order(confirmed: bool, delivered: Option<&str>) -> Box<Order> {
    let line = OrderLine {
        listing: Uuid::from_u128(10).into(),
        product: Uuid::from_u128(11).into(),
        seller: Uuid::from_u128(12).into(),
        condition: Condition::Good,
        price: Money::new(10_000, Currency::EUR),
        delivery_cost: Money::new(0, Currency::EUR),
        quantity: 1,
        warranty_months: 12,
    };
    let placed = OrderPlaced {
        buyer: BUYER,
        lines: vec![line],
        service_fee: Money::new(0, Currency::EUR),
        insurance: None,
        country_of_purchase: "FR".parse().unwrap(),
        member_state: None,
        promised_until: at("2026-03-05T00:00:00Z"),
    };
    let mut order = Order::default();
    order.evolve(&placed.into(), at("2026-03-01T10:00:00Z"));
    if confirmed {
        order.evolve(
            &OrderConfirmed { products: vec![], commission: Money::new(0, Currency::EUR) }.into(),
            at("2026-03-01T11:00:00Z"),
        );
    }
    if let Some(moment) = delivered {
        order.evolve(&OrderEvent::from(OrderShipped {}), at("2026-03-02T10:00:00Z"));
        order.evolve(&OrderDelivered { sellers: vec![], late: false }.into(), at(moment));
    }
    Box::new(order)
}

fn opinion(score: u8, text: &str) -> Opinion {
    Opinion { score, text: text.into(), language: "fr".parse().unwrap(), aspects: BTreeMap::new() }
}

fn submit_with(order: Box<Order>, buyer: BuyerId, line: u16, opinion: Opinion, author: bool) -> ReviewCommand {
    let licence = Licence { terms_version: "2026-01".into(), author };
    let category = Some(Slug::new("smartphones", "category").unwrap());
    ReviewCommand::Submit {
        review: REVIEW,
        buyer,
        order_id: Uuid::from_u128(2).into(),
        order,
        line,
        category,
        opinion,
        licence,
    }
}

fn submit(score: u8, text: &str) -> ReviewCommand {
    submit_with(order(true, Some("2026-03-04T10:00:00Z")), BUYER, 0, opinion(score, text), true)
}

fn edit(buyer: BuyerId, delivered: Option<&str>) -> ReviewCommand {
    ReviewCommand::Edit {
        review: REVIEW,
        buyer,
        order: order(true, delivered),
        category: None,
        opinion: opinion(2, "moins bien"),
    }
}

fn photos(count: u128) -> ReviewCommand {
    let photos = (0..count)
        .map(|id| PhotoContent {
            photo: Uuid::from_u128(id).into(),
            sha256: "0".repeat(64),
            media_type: "image/jpeg".into(),
        })
        .collect();
    ReviewCommand::SubmitPhotos {
        review: REVIEW,
        buyer: BUYER,
        order: order(true, Some("2026-03-04T10:00:00Z")),
        photos,
    }
}

fn reject(criteria: Vec<Criterion>) -> ReviewCommand {
    ReviewCommand::RejectPhotos { criteria, explanation: "a face is visible".into() }
}

fn live() -> Given<Review> {
    given::<Review>().at("2026-03-10T10:00:00Z").after(submit(5, "très bien"))
}

#[test]
fn r_3_1_01_only_a_buyer_with_a_confirmed_order_reviews_its_own_lines_once() {
    let fresh = given::<Review>();
    let said = || opinion(5, "bien");
    let stranger = BuyerId(Uuid::from_u128(9));
    assert_eq!(fresh.refusal(submit_with(Box::default(), BUYER, 0, said(), true)), ("R-3.1-01", Refused::NotFound));
    assert_eq!(
        fresh.refusal(submit_with(order(false, None), BUYER, 0, said(), true)),
        ("R-3.1-01", Refused::NotEligible)
    );
    assert_eq!(
        fresh.refusal(submit_with(order(true, None), stranger, 0, said(), true)),
        ("R-3.1-01", Refused::Forbidden)
    );
    assert_eq!(fresh.refusal(submit_with(order(true, None), BUYER, 1, said(), true)), ("R-3.1-01", Refused::NotFound));
    assert!(
        fresh.when(submit_with(order(true, None), BUYER, 0, said(), true)).is_ok(),
        "a review of the delivery may come before it"
    );
    assert_eq!(live().refusal(submit(5, "encore")), ("R-3.1-01", Refused::AlreadyDone));
    assert_eq!(ReviewId::of_line(Uuid::from_u128(2).into(), 0), ReviewId::of_line(Uuid::from_u128(2).into(), 0));
}

#[test]
fn r_3_1_02_score_1_to_5_with_text() {
    for (score, text) in [(0, "bien"), (6, "bien"), (3, " \n")] {
        assert_eq!(given::<Review>().refusal(submit(score, text)), ("R-3.1-02", Refused::Invalid));
    }
}

#[test]
fn r_3_1_03_photos_are_optional_and_bounded() {
    assert!(live().when(photos(1)).is_ok());
    assert!(live().when(photos(6)).is_ok());
    for count in [0, 7] {
        assert_eq!(live().refusal(photos(count)), ("R-3.1-03", Refused::Invalid));
    }
    assert_eq!(live().after(photos(1)).refusal(photos(1)), ("R-3.1-03", Refused::NotEligible));
}

#[test]
fn r_3_1_04_aspects_are_scored_1_to_5_where_the_category_has_them() {
    let with = |score| Opinion { aspects: BTreeMap::from([(Aspect::Delivery, score)]), ..opinion(4, "bien") };
    assert!(given::<Review>().when(submit_with(order(true, None), BUYER, 0, with(5), true)).is_ok());
    assert_eq!(
        given::<Review>().refusal(submit_with(order(true, None), BUYER, 0, with(6), true)),
        ("R-3.1-04", Refused::Invalid)
    );
    let none = crate::policy::Policies { aspect_categories: [].into(), ..Default::default() };
    assert_eq!(
        given::<Review>().under(none).refusal(submit_with(order(true, None), BUYER, 0, with(5), true)),
        ("R-3.1-04", Refused::NotEligible)
    );
}

#[test]
fn r_3_1_06_a_review_says_nothing_of_money() {
    let submitted = live().when(ReviewCommand::Withdraw { buyer: BUYER }).unwrap();
    assert_eq!(submitted, [ReviewWithdrawn {}.into()]);
    let Review::Live(review) = live().state().clone() else { panic!("live") };
    let mut event = crate::event::Event::from(review.submitted);
    event.seal(|_, _, plain| Ok::<_, serde_json::Error>(plain.to_vec())).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&event.encode().unwrap()).unwrap();
    let fields: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    let known = [
        "buyer",
        "countryOfPurchase",
        "language",
        "licence",
        "line",
        "order",
        "product",
        "score",
        "seller",
        "signals",
        "text",
    ];
    assert_eq!(fields, known, "a new field must not be a reward");
}

#[test]
fn r_3_1_07_authorship_is_declared_and_the_terms_stand_on_the_event() {
    assert_eq!(
        given::<Review>().refusal(submit_with(order(true, None), BUYER, 0, opinion(5, "bien"), false)),
        ("R-3.1-07", Refused::NotEligible)
    );
    let Review::Live(review) = live().state().clone() else { panic!("live") };
    assert_eq!(review.submitted.licence, Licence { terms_version: "2026-01".into(), author: true });
}

#[test]
fn r_3_2_01_r_3_4_01_the_decision_that_takes_a_review_publishes_it_whatever_its_score() {
    for score in 1..=5 {
        let events = given::<Review>().when(submit(score, "avis")).unwrap();
        assert!(matches!(&events[..], [ReviewEvent::ReviewSubmitted(_), ReviewEvent::ReviewPublished(_)]), "{score}");
    }
}

#[test]
fn r_3_2_02_r_3_4_03_photos_are_decided_all_or_none_by_naming_criteria() {
    let waiting = live().after(photos(2));
    let [ReviewEvent::PhotosApproved(approved)] = &waiting.when(ReviewCommand::ApprovePhotos).unwrap()[..] else {
        panic!("approved")
    };
    assert_eq!(approved.photos.len(), 2);
    let [ReviewEvent::PhotosRejected(rejected)] = &waiting.when(reject(vec![Criterion::ThirdPartyRights])).unwrap()[..]
    else {
        panic!("rejected")
    };
    assert_eq!(rejected.photos.len(), 2, "one bad photo rejects all");
    assert_eq!(waiting.refusal(reject(vec![])), ("R-3.4-06", Refused::Invalid));
    assert_eq!(live().refusal(ReviewCommand::ApprovePhotos), ("R-3.2-02", Refused::NotEligible));
    assert!(
        waiting.after(reject(vec![Criterion::Obscene])).when(photos(1)).is_ok(),
        "others may be sent after a rejection"
    );
}

#[test]
fn r_3_2_05_retention_ends_when_the_years_passed_and_the_product_is_off_sale() {
    let end = |off_sale: Option<&str>| ReviewCommand::EndRetention { off_sale_since: off_sale.map(at) };
    let off = Some("2030-01-01T00:00:00Z");
    assert_eq!(live().at("2036-03-10T09:59:59Z").refusal(end(off)), ("R-3.2-05", Refused::TooEarly));
    assert!(live().at("2036-03-10T10:00:00Z").when(end(off)).is_ok());
    assert_eq!(live().at("2040-01-01T00:00:00Z").refusal(end(None)), ("R-3.2-05", Refused::TooEarly));
}

#[test]
fn r_3_2_07_a_review_names_its_order_line_and_product() {
    let Review::Live(review) = live().state().clone() else { panic!("live") };
    assert_eq!(
        (review.submitted.order.0.as_u128(), review.submitted.line, review.submitted.product.0.as_u128()),
        (2, 0, 11)
    );
}

#[test]
fn r_3_3_01_changed_until_day_30_after_delivery_is_over_and_refused_on_day_31() {
    // Delivered on 4 March in Paris: day 30 is 3 April, which ends at 22:00 UTC, in summer time.
    let delivered = Some("2026-03-04T10:00:00Z");
    assert!(live().at("2026-04-03T21:59:59.999999Z").when(edit(BUYER, delivered)).is_ok());
    assert_eq!(live().at("2026-04-03T22:00:00Z").refusal(edit(BUYER, delivered)), ("R-3.3-01", Refused::TooLate));
    // Promised until 5 March in Paris; received fourteen days later, for all that is known.
    assert!(live().at("2026-04-18T21:59:59Z").when(edit(BUYER, None)).is_ok());
    assert_eq!(live().at("2026-04-18T22:00:00Z").refusal(edit(BUYER, None)), ("R-3.3-01", Refused::TooLate));
    assert_eq!(live().refusal(edit(BuyerId(Uuid::from_u128(9)), delivered)), ("R-3.3-01", Refused::Forbidden));
    assert_eq!(given::<Review>().refusal(edit(BUYER, delivered)), ("R-3.3-01", Refused::NotFound));
}

#[test]
fn r_3_3_02_deleted_at_any_time_once_and_only_by_its_author() {
    let withdraw = |buyer| ReviewCommand::Withdraw { buyer };
    assert_eq!(live().refusal(withdraw(BuyerId(Uuid::from_u128(9)))), ("R-3.3-02", Refused::Forbidden));
    let late = live().at("2035-01-01T00:00:00Z");
    assert!(late.when(withdraw(BUYER)).is_ok());
    assert_eq!(late.after(withdraw(BUYER)).refusal(withdraw(BUYER)), ("R-3.3-02", Refused::AlreadyDone));
}
