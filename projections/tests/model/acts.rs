//! What may be tried in the bazaar: few ids, so that things collide; gaps that meet the windows' edges exactly.
//!
//! An act names what it is about by a number, taken modulo what there is. What the rules refuse leaves nothing, so that
//! every history made of acts is legal, and a shorter one is legal too: failures shrink.

use domain::activity::RecipientRole;
use domain::counting_rule::{Exposure, UserAgentClass};
use domain::listing::ListingRemovalReason;
use domain::place::MemberState;
use domain::quality::IssueKind;
use domain::seller::SellerRemovalReason;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::rulings::{Ruling, ruling};

/// How much later than the act before it an act is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Gap {
    Nothing,
    Hours(u16),
    Days(u16),
    /// A window's length after an earlier act, give or take a microsecond, where that is not in the past.
    Edge {
        earlier: u8,
        days: i64,
        micros: i64,
    },
}

/// What is tried.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Publish {
        product: u8,
        seller: u8,
        premium: bool,
        price: u8,
    },
    ChangePrice {
        listing: u8,
        price: u8,
    },
    RemoveListing {
        listing: u8,
        reason: ListingRemovalReason,
    },
    ReinstateListing {
        listing: u8,
    },
    RemoveSeller {
        seller: u8,
        reason: SellerRemovalReason,
    },
    Place {
        buyer: u8,
        lines: Vec<(u8, u8)>,
        state: Option<MemberState>,
        promise_days: u8,
        insured: bool,
    },
    Confirm {
        order: u8,
    },
    Ship {
        order: u8,
    },
    Deliver {
        order: u8,
    },
    Cancel {
        order: u8,
    },
    Issue {
        order: u8,
        line: u8,
        kind: IssueKind,
    },
    AskHelp {
        order: u8,
    },
    ResolveHelp {
        request: u8,
    },
    Review {
        order: u8,
        line: u8,
        score: u8,
        words: u8,
        aspects: u8,
    },
    Edit {
        review: u8,
        score: u8,
        words: u8,
        aspects: u8,
    },
    Withdraw {
        review: u8,
    },
    SendPhotos {
        review: u8,
        many: u8,
    },
    Approve {
        review: u8,
    },
    Reject {
        review: u8,
    },
    EndRetention {
        review: u8,
    },
    Adopt {
        window_days: u32,
        best_sellers: u32,
        minimum: u32,
        weights: [u32; 5],
        years: u32,
        earlier_of: bool,
        photo_days: u32,
    },
    Visits {
        last_month: bool,
        visits: Vec<(u8, MemberState, RecipientRole, UserAgentClass, Exposure)>,
    },
    Ruling(Ruling),
}

/// A deed after a gap.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) gap: Gap,
    pub(crate) deed: Deed,
}

fn gap() -> impl Strategy<Value = Gap> {
    let edge = (any::<u8>(), select(vec![1_i64, 30, 60, 90, 120]), -1..=1_i64);
    prop_oneof![
        4 => Just(Gap::Nothing),
        6 => (1..72_u16).prop_map(Gap::Hours),
        2 => (1..25_u16).prop_map(Gap::Days),
        3 => edge.prop_map(|(earlier, days, micros)| Gap::Edge { earlier, days, micros }),
    ]
}

fn state() -> impl Strategy<Value = MemberState> {
    select(vec![MemberState::FR, MemberState::NL, MemberState::DE])
}

fn supply() -> impl Strategy<Value = Deed> {
    use ListingRemovalReason::{Convenience, NotReconditioned, Prohibited, SellerRemoved};
    let any = any::<u8>;
    let of_listing = vec![Convenience, Prohibited, NotReconditioned, SellerRemoved];
    let of_seller = vec![SellerRemovalReason::Convenience, SellerRemovalReason::TraderNotTraceable];
    prop_oneof![
        6 => (any(), any(), proptest::bool::ANY, 1..4_u8)
            .prop_map(|(product, seller, premium, price)| Deed::Publish { product, seller, premium, price }),
        3 => (any(), 1..4_u8).prop_map(|(listing, price)| Deed::ChangePrice { listing, price }),
        2 => (any(), select(of_listing)).prop_map(|(listing, reason)| Deed::RemoveListing { listing, reason }),
        2 => any().prop_map(|listing| Deed::ReinstateListing { listing }),
        1 => (any(), select(of_seller)).prop_map(|(seller, reason)| Deed::RemoveSeller { seller, reason }),
    ]
}

fn order() -> impl Strategy<Value = Deed> {
    let any = any::<u8>;
    let place = (any(), vec((any(), 1..3_u8), 1..3), proptest::option::weighted(0.8, state()), 0..40_u8);
    let place = (place, proptest::bool::ANY).prop_map(|((buyer, lines, state, promise_days), insured)| Deed::Place {
        buyer,
        lines,
        state,
        promise_days,
        insured,
    });
    prop_oneof![
        6 => place,
        6 => any().prop_map(|order| Deed::Confirm { order }),
        5 => any().prop_map(|order| Deed::Ship { order }),
        5 => any().prop_map(|order| Deed::Deliver { order }),
        1 => any().prop_map(|order| Deed::Cancel { order }),
        3 => (any(), any(), select(IssueKind::ALL.to_vec()))
            .prop_map(|(order, line, kind)| Deed::Issue { order, line, kind }),
        1 => any().prop_map(|order| Deed::AskHelp { order }),
        1 => any().prop_map(|request| Deed::ResolveHelp { request }),
    ]
}

fn review() -> impl Strategy<Value = Deed> {
    let any = any::<u8>;
    prop_oneof![
        6 => (any(), any(), 1..6_u8, 0..4_u8, 0..3_u8)
            .prop_map(|(order, line, score, words, aspects)| Deed::Review { order, line, score, words, aspects }),
        3 => (any(), 1..6_u8, 0..4_u8, 0..3_u8)
            .prop_map(|(review, score, words, aspects)| Deed::Edit { review, score, words, aspects }),
        1 => any().prop_map(|review| Deed::Withdraw { review }),
        6 => (any(), 1..3_u8).prop_map(|(review, many)| Deed::SendPhotos { review, many }),
        4 => any().prop_map(|review| Deed::Approve { review }),
        2 => any().prop_map(|review| Deed::Reject { review }),
        1 => any().prop_map(|review| Deed::EndRetention { review }),
    ]
}

fn policy() -> impl Strategy<Value = Deed> {
    let numbers = (select(vec![1_u32, 30, 60, 90, 120]), 0..3_u32, 0..3_u32, 0..3_u32, 0..8_u32);
    (numbers, proptest::array::uniform5(0..3_u32), proptest::bool::ANY).prop_map(
        |((window_days, best_sellers, minimum, years, photo_days), weights, earlier_of)| Deed::Adopt {
            window_days,
            best_sellers,
            minimum,
            weights,
            years,
            earlier_of,
            photo_days,
        },
    )
}

fn visits() -> impl Strategy<Value = Deed> {
    let role = select(RecipientRole::ALL.to_vec());
    let user_agent = select(vec![UserAgentClass::Browser, UserAgentClass::App, UserAgentClass::DeclaredBot]);
    let exposure = prop_oneof![3 => Just(Exposure::Service), 1 => Just(Exposure::Elsewhere)];
    (proptest::bool::ANY, vec((0..6_u8, state(), role, user_agent, exposure), 1..9))
        .prop_map(|(last_month, visits)| Deed::Visits { last_month, visits })
}

fn acts_of(deed: impl Strategy<Value = Deed>, most: usize) -> impl Strategy<Value = Vec<Act>> {
    vec((gap(), deed).prop_map(|(gap, deed)| Act { gap, deed }), most / 2..most)
}

/// Acts of sellers, buyers and the operator: what rankings and quality come from.
pub(crate) fn trading() -> impl Strategy<Value = Vec<Act>> {
    acts_of(prop_oneof![3 => supply(), 12 => order(), 1 => policy()], 140)
}

/// Acts with reviews among them.
pub(crate) fn reviewing() -> impl Strategy<Value = Vec<Act>> {
    acts_of(prop_oneof![3 => supply(), 8 => order(), 9 => review(), 3 => rulings(), 1 => policy()], 180)
}

/// Acts with what moderators, authorities, parties to a dispute and the platform itself do among them.
pub(crate) fn governing() -> impl Strategy<Value = Vec<Act>> {
    acts_of(prop_oneof![2 => supply(), 8 => order(), 10 => review(), 10 => rulings(), 1 => policy()], 260)
}

fn rulings() -> impl Strategy<Value = Deed> {
    ruling().prop_map(Deed::Ruling)
}

/// Acts with visits among them.
pub(crate) fn visiting() -> impl Strategy<Value = Vec<Act>> {
    acts_of(prop_oneof![1 => supply(), 4 => order(), 3 => visits()], 80)
}
