use super::*;
use crate::given::{Given, at, given};
use crate::listing::{Listed, ListingPublished};
use crate::money::Currency;
use uuid::Uuid;

const BUYER: Party = Party::Buyer(BuyerId(Uuid::from_u128(1)));

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn wanted(product: u128, seller: u128, quantity: u32) -> RequestedLine {
    let listing = ListingPublished {
        product: ProductId(Uuid::from_u128(product)),
        seller: SellerId(Uuid::from_u128(seller)),
        condition: Condition::Good,
        price: eur(10_005),
        delivery_cost: eur(500),
        delivery_days: 3,
        warranty_months: 12,
    };
    RequestedLine {
        listing_id: ListingId(Uuid::from_u128(product + seller)),
        listing: Listing::ForSale(Listed { listing, published_at: at("2026-01-01T12:00:00Z") }),
        quantity,
    }
}

fn place(lines: Vec<RequestedLine>, fee: i64, insured: bool) -> OrderCommand {
    OrderCommand::Place {
        buyer: BuyerId(Uuid::from_u128(1)),
        account: Buyer::default(),
        lines,
        quoted_service_fee: eur(fee),
        insured,
        country_of_purchase: "NL".parse().unwrap(),
        member_state: Some(MemberState::NL),
        recipient: None,
        promised_until: None,
    }
}

fn confirm(party: Party) -> OrderCommand {
    OrderCommand::Confirm { party, payment: None }
}

fn pay() -> OrderCommand {
    OrderCommand::Confirm { party: Party::Platform, payment: Some("psp-1".into()) }
}

pub(crate) const BUYER_ID: BuyerId = BuyerId(Uuid::from_u128(1));

/// What a payment and a confirmation of [`placed_order`] give.
pub(crate) fn paid_events() -> Vec<crate::Event> {
    placed().when(pay()).unwrap().into_iter().map(Into::into).collect()
}

/// What a cancellation after [`paid_events`] gives.
pub(crate) fn refund_events() -> Vec<crate::Event> {
    let cancelled = placed().after(pay()).when(OrderCommand::Cancel(Party::Platform)).unwrap();
    cancelled.into_iter().map(Into::into).collect()
}

/// An order of a few lines, sellers and prices, as the seed has it.
pub(crate) fn any_order(seed: u64) -> Given<Order> {
    let digit = |place: u32| seed / 10_u64.pow(place) % 10;
    let lines = (0..=digit(0) % 4).map(|line| {
        let mut wanted =
            wanted(line.into(), (20 + digit(1) % (line + 1)).into(), u32::try_from(1 + digit(2) % 3).unwrap());
        if let Listing::ForSale(listed) = &mut wanted.listing {
            listed.listing.price = eur(i64::try_from(1 + seed % 9_973 * (line + 1)).unwrap());
        }
        wanted
    });
    let lines: Vec<_> = lines.collect();
    let insured = digit(3) % 2 == 0;
    let fee = quote(&lines, insured, &Policies::default()).unwrap().service_fee.minor;
    given::<Order>().after(place(lines, fee, insured))
}

/// An order of two sellers, for tests of what refers to one.
pub(crate) fn placed_order() -> Order {
    placed().state().clone()
}

pub(crate) fn cancelled_order() -> Order {
    confirmed().after(OrderCommand::Cancel(Party::Platform)).state().clone()
}

pub(crate) fn delivered_order(moment: &str) -> Order {
    let shipped = confirmed().after(OrderCommand::Ship(Party::Platform));
    shipped.at(moment).after(OrderCommand::ConfirmDelivery(Party::Platform)).state().clone()
}

fn placed() -> Given<Order> {
    given::<Order>().after(place(vec![wanted(10, 20, 1), wanted(11, 21, 1), wanted(10, 20, 1)], 499, false))
}

fn confirmed() -> Given<Order> {
    placed().after(confirm(Party::Platform))
}

fn delivered() -> Given<Order> {
    confirmed()
        .after(OrderCommand::Ship(Party::Platform))
        .at("2026-01-04T10:00:00Z")
        .after(OrderCommand::ConfirmDelivery(Party::Platform))
}

fn only(events: Vec<OrderEvent>) -> OrderEvent {
    let [event]: [OrderEvent; 1] = events.try_into().unwrap();
    event
}

#[test]
fn r_1_1_01_an_order_is_between_a_buyer_and_sellers() {
    assert_eq!(given::<Order>().refusal(place(vec![], 0, false)), ("R-1.1-01", Refused::Invalid));
    let stranger = Party::Buyer(BuyerId(Uuid::from_u128(9)));
    assert_eq!(placed().refusal(OrderCommand::Cancel(stranger)), ("R-1.2-05", Refused::Forbidden));
    assert_eq!(
        confirmed().refusal(OrderCommand::Ship(Party::Seller(SellerId(Uuid::from_u128(99))))),
        ("R-2.1-02", Refused::Forbidden)
    );
    let one_seller = || given::<Order>().after(place(vec![wanted(10, 20, 2)], 399, false));
    let seller = Party::Seller(SellerId(Uuid::from_u128(20)));
    assert!(one_seller().when(confirm(seller)).is_ok());
    assert_eq!(one_seller().refusal(confirm(BUYER)), ("R-1.2-05", Refused::Forbidden));
    let shipped = one_seller().after(confirm(seller)).after(OrderCommand::Ship(seller));
    assert_eq!(shipped.refusal(OrderCommand::ConfirmDelivery(seller)), ("R-2.1-02", Refused::Forbidden));
    assert!(shipped.when(OrderCommand::ConfirmDelivery(BUYER)).is_ok());
    // With several sellers, none of them acts for the others.
    assert_eq!(confirmed().refusal(OrderCommand::Ship(seller)), ("R-2.1-02", Refused::Forbidden));
    assert_eq!(confirmed().refusal(OrderCommand::Cancel(seller)), ("R-1.2-05", Refused::Forbidden));
}

#[test]
fn r_1_2_03_an_order_whose_fee_differs_from_the_quote_is_refused() {
    let lines = || vec![wanted(10, 20, 2)];
    let quote = quote(&lines(), true, &Policies::default()).unwrap();
    assert_eq!((quote.items, quote.delivery, quote.service_fee), (eur(20_010), eur(500), eur(399)));
    assert_eq!((quote.insurance, quote.total), (Some(eur(1_601)), eur(22_510)));
    assert!(given::<Order>().when(place(lines(), 399, true)).is_ok());
    for wrong in [398, 400, 0] {
        assert_eq!(given::<Order>().refusal(place(lines(), wrong, true)), ("R-1.2-03", Refused::NotEligible));
    }
    let gone = RequestedLine { listing: Listing::Unknown, ..wanted(10, 20, 1) };
    assert_eq!(given::<Order>().refusal(place(vec![gone], 199, false)), ("R-1.2-03", Refused::NotFound));
    assert_eq!(given::<Order>().refusal(place(vec![wanted(10, 20, 0)], 49, false)), ("R-1.2-03", Refused::Invalid));
    assert_eq!(placed().refusal(place(lines(), 399, false)), ("R-1.2-03", Refused::AlreadyDone));
}

#[test]
fn r_1_2_05_commission_is_a_percentage_of_lines_and_delivery_without_fee_and_insurance() {
    let insured = given::<Order>().after(place(vec![wanted(10, 20, 2)], 399, true));
    let OrderEvent::OrderConfirmed(event) = only(insured.when(confirm(Party::Platform)).unwrap()) else {
        panic!("confirmed")
    };
    assert_eq!(event.commission, eur(2_051));
    assert_eq!(confirmed().refusal(confirm(Party::Platform)), ("R-1.2-05", Refused::AlreadyDone));
}

#[test]
fn r_1_2_05_a_cancelled_order_says_since_when_it_had_been_confirmed() {
    let OrderEvent::OrderCancelled(event) = only(placed().when(OrderCommand::Cancel(BUYER)).unwrap()) else {
        panic!("cancelled")
    };
    assert_eq!((event.by, event.confirmed_at), (CancelledBy::Buyer, None));
    let shipped = confirmed().after(OrderCommand::Ship(Party::Platform));
    let OrderEvent::OrderCancelled(event) = only(shipped.when(OrderCommand::Cancel(Party::Platform)).unwrap()) else {
        panic!("cancelled")
    };
    assert_eq!(event.confirmed_at, Some(at("2026-01-01T12:00:00Z")));
    assert_eq!(event.products.len(), 2, "each product once");
    assert_eq!(delivered().refusal(OrderCommand::Cancel(BUYER)), ("R-1.2-05", Refused::TooLate));
    assert_eq!(
        placed().after(OrderCommand::Cancel(BUYER)).refusal(confirm(Party::Platform)),
        ("R-1.2-05", Refused::NotEligible)
    );
}

#[test]
fn r_1_3_01_guarantees_stand_on_the_order() {
    let order = delivered();
    let order = order.state().0.as_ref().unwrap();
    assert_eq!(order.placed.lines[0].warranty_months, 12);
    assert_eq!(order.delivered_at, Some(at("2026-01-04T10:00:00Z")));
}

#[test]
fn r_1_3_01_a_guarantee_lasts_to_the_end_of_its_last_day() {
    for (delivered, months, until) in [
        ("2026-01-04T10:00:00Z", 24, "2028-01-04T23:00:00Z"),
        // In Paris it is 1 May already, a holiday, in summer time; twelve months later too.
        ("2026-04-30T22:00:00Z", 12, "2027-05-01T22:00:00Z"),
        // From winter time to the night after the clock changed.
        ("2026-01-29T10:00:00Z", 2, "2026-03-29T22:00:00Z"),
        ("2026-08-31T10:00:00Z", 6, "2027-02-28T23:00:00Z"),
    ] {
        assert_eq!(guaranteed_until(at(delivered), months), at(until), "{delivered}");
    }
}

#[test]
fn r_1_3_02_help_is_asked_on_the_order_and_resolved_once() {
    let request = HelpRequestId(Uuid::from_u128(5));
    let ask = |party| OrderCommand::RequestHelp {
        party,
        request,
        topic: HelpTopic::LegalGuarantee,
        message: "it won't charge".into(),
    };
    let resolve = || OrderCommand::ResolveHelp { party: Party::Platform, request, outcome: "repaired".into() };
    assert_eq!(delivered().refusal(ask(Party::Buyer(BuyerId(Uuid::from_u128(9))))), ("R-1.3-02", Refused::Forbidden));
    assert_eq!(delivered().refusal(resolve()), ("R-1.3-02", Refused::NotFound));
    let asked = delivered().after(ask(BUYER));
    assert_eq!(asked.refusal(ask(BUYER)), ("R-1.3-02", Refused::AlreadyDone));
    assert_eq!(asked.after(resolve()).refusal(resolve()), ("R-1.3-02", Refused::AlreadyDone));
}

#[test]
fn r_1_3_03_insurance_is_taken_out_at_purchase_or_never() {
    for insured in [true, false] {
        let OrderEvent::OrderPlaced(event) =
            only(given::<Order>().when(place(vec![wanted(10, 20, 2)], 399, insured)).unwrap())
        else {
            panic!("placed")
        };
        assert_eq!(event.insurance.map(|insurance| insurance.premium), insured.then_some(eur(1_601)));
    }
    // There is no other command that could take one out: OrderCommand is closed, and only Place names it.
}

#[test]
fn r_2_1_02_r_2_3_08_late_is_from_the_promised_instant_on() {
    let shipped = || confirmed().after(OrderCommand::Ship(Party::Platform));
    // Three days from 1 January, a holiday, end with 4 January in Paris, a Sunday: days of delivery are plain days.
    for (moment, late) in [("2026-01-04T22:59:59.999999Z", false), ("2026-01-04T23:00:00Z", true)] {
        let OrderEvent::OrderDelivered(event) =
            only(shipped().at(moment).when(OrderCommand::ConfirmDelivery(Party::Platform)).unwrap())
        else {
            panic!("delivered")
        };
        assert_eq!(event.late, late, "{moment}");
        assert_eq!(event.sellers.len(), 2, "each seller once");
    }
    // From Good Friday's week over the change of the clock: placed on 27 March in winter, promised in summer.
    let spring = given::<Order>().at("2026-03-27T12:00:00Z").after(place(vec![wanted(10, 20, 1)], 199, false));
    assert_eq!(spring.state().0.as_ref().unwrap().placed.promised_until, at("2026-03-30T22:00:00Z"));
    assert_eq!(confirmed().refusal(OrderCommand::ConfirmDelivery(Party::Platform)), ("R-2.1-02", Refused::NotEligible));
    assert_eq!(placed().refusal(OrderCommand::Ship(Party::Platform)), ("R-2.1-02", Refused::NotEligible));
}

#[test]
fn r_2_3_08_an_issue_counts_once_for_each_seller_and_kind() {
    let report = |line, kind| OrderCommand::ReportIssue { party: BUYER, line, kind };
    assert_eq!(confirmed().refusal(report(0, IssueKind::WrongProduct)), ("R-2.3-08", Refused::TooEarly));
    assert_eq!(delivered().refusal(report(3, IssueKind::WrongProduct)), ("R-2.3-08", Refused::NotFound));
    let first = delivered().after(report(0, IssueKind::WrongProduct));
    assert_eq!(first.refusal(report(0, IssueKind::WrongProduct)), ("R-2.3-08", Refused::AlreadyDone));
    for (line, kind, counts) in
        [(2, IssueKind::WrongProduct, false), (1, IssueKind::WrongProduct, true), (0, IssueKind::AestheticDefect, true)]
    {
        let OrderEvent::IssueReported(event) = only(first.when(report(line, kind)).unwrap()) else {
            panic!("reported")
        };
        assert_eq!(event.first_of_kind, counts);
    }
    assert!(delivered().at("2028-01-04T22:59:59.999999Z").when(report(0, IssueKind::WrongProduct)).is_ok());
    assert_eq!(
        delivered().at("2028-01-04T23:00:00Z").refusal(report(0, IssueKind::WrongProduct)),
        ("R-2.3-08", Refused::TooLate)
    );
}

#[test]
fn r_1_2_01_the_money_is_captured_in_the_sellers_name_with_the_confirmation() {
    let events = placed().when(pay()).unwrap();
    let [OrderEvent::PaymentCaptured(paid), OrderEvent::OrderConfirmed(confirmed)] = &events[..] else {
        panic!("{events:?}")
    };
    let of = |shares: &[SellerShare]| shares.iter().map(|share| share.amount.minor).collect::<Vec<_>>();
    // Two lines of 105.05 for the first seller, one for the second.
    assert_eq!(of(&paid.shares), [21_010, 10_505]);
    assert_eq!(paid.service_fee, eur(499));
    assert_eq!(confirmed.commission, eur(3_152));
    assert_eq!(of(&confirmed.commissions), [2_101, 1_051]);
    assert_eq!(placed().when(confirm(Party::Platform)).unwrap().len(), 1, "an imported payment is not known");
}

#[test]
fn r_1_2_05_a_cancelled_order_gives_everything_back() {
    let events = placed().after(pay()).when(OrderCommand::Cancel(Party::Platform)).unwrap();
    let [OrderEvent::OrderCancelled(_), OrderEvent::PaymentRefunded(refund)] = &events[..] else {
        panic!("{events:?}")
    };
    let sum = |shares: &[SellerShare]| shares.iter().map(|share| share.amount.minor).sum::<i64>();
    assert_eq!((sum(&refund.shares), sum(&refund.commissions), refund.service_fee.minor), (31_515, 3_152, 499));
    assert_eq!(placed().when(OrderCommand::Cancel(Party::Platform)).unwrap().len(), 1, "nothing was paid yet");
}

#[test]
fn r_1_2_05_the_parts_of_a_commission_add_up_to_it() {
    let share = |seller, minor| SellerShare { seller: SellerId(Uuid::from_u128(seller)), amount: eur(minor) };
    for (amount, shares, parts) in [
        (100, vec![1, 1, 1], vec![34, 33, 33]),
        (1, vec![1, 1], vec![1, 0]),
        (101, vec![1, 2], vec![34, 67]),
        (0, vec![5, 5], vec![0, 0]),
        (0, vec![0], vec![0]),
    ] {
        let shares: Vec<_> = (0..).zip(&shares).map(|(seller, minor)| share(seller, *minor)).collect();
        let split: Vec<_> = split(eur(amount), &shares).iter().map(|part| part.amount.minor).collect();
        assert_eq!(split, parts, "{amount}");
    }
}

#[test]
fn r_3_4_11_a_blocked_buyer_buys_nothing() {
    let OrderCommand::Place { buyer, lines, quoted_service_fee, insured, country_of_purchase, member_state, .. } =
        place(vec![wanted(10, 20, 1)], 199, false)
    else {
        panic!("a purchase")
    };
    let blocked = |until: &str| OrderCommand::Place {
        buyer,
        account: Buyer { block: Some(crate::buyer::Block { until: Some(at(until)) }), ..Buyer::default() },
        lines: lines.clone(),
        quoted_service_fee,
        insured,
        country_of_purchase,
        member_state,
        recipient: None,
        promised_until: None,
    };
    assert_eq!(given::<Order>().refusal(blocked("2026-01-01T12:00:01Z")), ("R-3.4-11", Refused::Blocked));
    assert!(given::<Order>().when(blocked("2026-01-01T12:00:00Z")).is_ok());
}
