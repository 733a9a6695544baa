use super::*;
use crate::given::{Given, at, given};
use crate::ids::LegalHoldId;
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
        recipient: None,
        promised_until: at("2026-03-05T00:00:00Z"),
    };
    let mut order = Order::default();
    order.evolve(&placed.into(), at("2026-03-01T10:00:00Z"));
    if confirmed {
        order.evolve(
            &OrderConfirmed { products: vec![], commission: Money::new(0, Currency::EUR), commissions: Vec::new() }
                .into(),
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
        author: Buyer::default(),
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
        author: Buyer::default(),
        order: order(true, delivered),
        category: None,
        opinion: opinion(2, "moins bien"),
    }
}

fn moderator() -> StaffId {
    StaffId("m-1".into())
}

fn judgement(criteria: Vec<Criterion>) -> Judgement {
    Judgement { criteria, explanation: "a face is visible".into(), decided_by: moderator() }
}

fn approve() -> ReviewCommand {
    ReviewCommand::ApprovePhotos { decided_by: moderator() }
}

fn moderate(criteria: Vec<Criterion>, notice: Option<NoticeId>) -> ReviewCommand {
    ReviewCommand::Moderate { judgement: judgement(criteria), notice }
}

fn translate(language: &str, version: u32) -> ReviewCommand {
    ReviewCommand::Translate {
        review: REVIEW,
        language: language.parse().unwrap(),
        text: "goed".into(),
        version,
        engine: "LibreTranslate".into(),
    }
}

fn complaint() -> ComplaintId {
    ComplaintId(Uuid::from_u128(8))
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
        author: Buyer::default(),
        order: order(true, Some("2026-03-04T10:00:00Z")),
        photos,
    }
}

fn reject(criteria: Vec<Criterion>) -> ReviewCommand {
    ReviewCommand::RejectPhotos(judgement(criteria))
}

pub(crate) fn live() -> Given<Review> {
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
    let under = |terms: &str| {
        let mut command = submit(5, "bien");
        if let ReviewCommand::Submit { licence, .. } = &mut command {
            licence.terms_version = terms.into();
        }
        command
    };
    assert_eq!(given::<Review>().refusal(under(" ")), ("R-3.1-07", Refused::Invalid));
    let trimmed = given::<Review>().after(under(" 2026-02 "));
    let Review::Live(review) = trimmed.state() else { panic!("live") };
    assert_eq!(review.submitted.licence.terms_version, "2026-02");
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
    let [ReviewEvent::PhotosApproved(approved)] = &waiting.when(approve()).unwrap()[..] else { panic!("approved") };
    assert_eq!(approved.photos.len(), 2);
    let [ReviewEvent::PhotosRejected(rejected)] = &waiting.when(reject(vec![Criterion::ThirdPartyRights])).unwrap()[..]
    else {
        panic!("rejected")
    };
    assert_eq!(rejected.photos.len(), 2, "one bad photo rejects all");
    assert_eq!(waiting.refusal(reject(vec![])), ("R-3.4-06", Refused::Invalid));
    assert_eq!(live().refusal(approve()), ("R-3.2-02", Refused::NotEligible));
    assert!(
        waiting.after(reject(vec![Criterion::Obscene])).when(photos(1)).is_ok(),
        "others may be sent after a rejection"
    );
}

#[test]
fn r_3_2_05_retention_ends_when_the_years_passed_and_the_product_is_off_sale() {
    let end = |off_sale: Option<&str>| ReviewCommand::EndRetention { off_sale_since: off_sale.map(at), held_by: None };
    let off = Some("2030-01-01T00:00:00Z");
    assert_eq!(live().at("2036-03-10T09:59:59Z").refusal(end(off)), ("R-3.2-05", Refused::TooEarly));
    assert!(live().at("2036-03-10T10:00:00Z").when(end(off)).is_ok());
    assert_eq!(live().at("2040-01-01T00:00:00Z").refusal(end(None)), ("R-3.2-05", Refused::TooEarly));
}

#[test]
fn r_3_2_05_a_legal_hold_suspends_the_end_of_a_reviews_time() {
    let end = |held_by| ReviewCommand::EndRetention { off_sale_since: Some(at("2030-01-01T00:00:00Z")), held_by };
    let due = live().at("2036-03-10T10:00:00Z");
    assert_eq!(due.refusal(end(Some(LegalHoldId(Uuid::from_u128(9))))), ("R-3.2-05", Refused::TooEarly));
    assert!(due.when(end(None)).is_ok());
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

#[test]
fn r_3_4_04_r_3_4_05_a_review_is_removed_at_any_time_on_own_initiative_or_a_notice() {
    let years_later = live().at("2033-01-01T00:00:00Z");
    let notice = Some(NoticeId(Uuid::from_u128(9)));
    for notice in [None, notice] {
        let events = years_later.when(moderate(vec![Criterion::Insulting, Criterion::Insulting], notice)).unwrap();
        let [ReviewEvent::ReviewModerated(moderated)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((moderated.notice_id, &moderated.criteria[..]), (notice, &[Criterion::Insulting][..]));
    }
    let removed = live().after(moderate(vec![Criterion::Insulting], None));
    assert_eq!(removed.refusal(moderate(vec![Criterion::Insulting], None)), ("R-3.4-04", Refused::AlreadyDone));
    assert_eq!(live().refusal(moderate(Vec::new(), None)), ("R-3.4-06", Refused::Invalid));
    assert_eq!(given::<Review>().refusal(moderate(vec![Criterion::Insulting], None)), ("R-3.4-04", Refused::NotFound));
}

#[test]
fn r_3_4_04_a_removed_review_is_not_edited_and_can_still_be_deleted() {
    let removed = live().after(moderate(vec![Criterion::Advertising], None));
    assert_eq!(removed.refusal(edit(BUYER, Some("2026-03-04T10:00:00Z"))), ("R-3.3-01", Refused::NotEligible));
    assert_eq!(removed.refusal(photos(1)), ("R-3.1-03", Refused::NotEligible));
    assert!(removed.when(ReviewCommand::Withdraw { buyer: BUYER }).is_ok());
}

#[test]
fn r_3_4_04_photos_are_removed_all_together() {
    let shown = live().after(photos(2)).after(approve());
    let remove = ReviewCommand::RemovePhotos { judgement: judgement(vec![Criterion::ThirdPartyRights]), notice: None };
    let events = shown.when(remove.clone()).unwrap();
    let [ReviewEvent::PhotosRemoved(removed)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(removed.photos.len(), 2);
    assert_eq!(shown.after(remove.clone()).refusal(remove.clone()), ("R-3.4-04", Refused::NotEligible));
    assert_eq!(live().refusal(remove), ("R-3.4-04", Refused::NotEligible));
}

#[test]
fn r_3_4_10_what_was_removed_wrongly_comes_back() {
    let removed = live().after(moderate(vec![Criterion::OffTopic], None));
    let back = removed.after(ReviewCommand::Reinstate(complaint()));
    assert!(matches!(back.state(), Review::Live(_)));
    assert_eq!(back.refusal(ReviewCommand::Reinstate(complaint())), ("R-3.4-10", Refused::AlreadyDone));
    let refused = live().after(photos(2)).after(reject(vec![Criterion::OffTopic]));
    let events = refused.when(ReviewCommand::ReinstatePhotos(complaint())).unwrap();
    let [ReviewEvent::PhotosReinstated(back)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(back.photos.len(), 2);
    assert_eq!(
        refused.after(ReviewCommand::ReinstatePhotos(complaint())).refusal(ReviewCommand::ReinstatePhotos(complaint())),
        ("R-3.4-10", Refused::AlreadyDone)
    );
    let deleted =
        live().after(moderate(vec![Criterion::OffTopic], None)).after(ReviewCommand::Withdraw { buyer: BUYER });
    assert!(deleted.when(ReviewCommand::Reinstate(complaint())).is_err(), "its author had it deleted");
}

#[test]
fn r_3_4_11_a_blocked_buyer_reviews_nothing_and_may_have_a_review_deleted() {
    let blocked = Buyer { block: Some(crate::buyer::Block { until: None }), ..Buyer::default() };
    let mut submit = submit(5, "bien");
    if let ReviewCommand::Submit { author, .. } = &mut submit {
        *author = blocked.clone();
    }
    assert_eq!(given::<Review>().refusal(submit), ("R-3.4-11", Refused::Blocked));
    let mut change = edit(BUYER, Some("2026-03-04T10:00:00Z"));
    if let ReviewCommand::Edit { author, .. } = &mut change {
        *author = blocked.clone();
    }
    assert_eq!(live().refusal(change), ("R-3.4-11", Refused::Blocked));
    let mut send = photos(1);
    if let ReviewCommand::SubmitPhotos { author, .. } = &mut send {
        *author = blocked;
    }
    assert_eq!(live().refusal(send), ("R-3.4-11", Refused::Blocked));
    assert!(live().when(ReviewCommand::Withdraw { buyer: BUYER }).is_ok());
}

#[test]
fn r_3_2_06_a_text_is_translated_once_into_each_other_language_until_it_is_changed() {
    let translated = live().after(translate("nl", 0));
    assert_eq!(translated.refusal(translate("nl", 0)), ("R-3.2-06", Refused::AlreadyDone));
    assert_eq!(translated.refusal(translate("fr", 0)), ("R-3.2-06", Refused::AlreadyDone));
    assert!(translated.when(translate("de", 0)).is_ok());
    let changed = translated.after(edit(BUYER, Some("2026-03-04T10:00:00Z")));
    assert_eq!(changed.refusal(translate("nl", 0)), ("R-3.2-06", Refused::TooLate));
    assert!(changed.when(translate("nl", 1)).is_ok());
}
