//! Each view against a naive computation, straight from the list of what happened: no windows kept up step by step, no
//! indexes, no batches.
//!
//! Histories are random but legal: every act is a command of the domain. They are fed in batches of any size, with
//! ticks between, and compared after each commit.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test looks at the events that it is about, and fails where it stands"
)]

mod acts;
mod bazaar;
mod deeds;
mod kept;
mod naive;
mod periods;
mod rulings;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{ComplaintId, NoticeId};
use domain::money::Money;
use domain::order::{Insurance, OrderEvent};
use domain::policy::PolicyEvent;
use domain::sealed::Subject;
use domain::subject::SubjectKeyDestroyed;
use event_log::Position;
use projections::Happened;
use projections::moderation::ModerationReader;
use projections::registry::VIEWS;
use projections::runner::any_wants;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use acts::{governing, reviewing, trading, visiting};
use bazaar::history;
use kept::Kept;
use naive::{
    deadlines, dsa_figures, ledger, mails, moderation, offers, orders, ranking, recipients, retention, reviews,
    statements, submissions, transparency,
};

/// How a history is fed: batch by batch, each of so many events, with a tick after it or none.
#[derive(Debug, Clone)]
struct Feeding(Vec<(usize, Option<TimeDelta>)>);

fn feeding() -> impl Strategy<Value = Feeding> {
    // A tick may leave the events behind: what comes then is late, and counts by when it occurred.
    let tick = prop_oneof![
        6 => Just(None),
        2 => (1..48_i64).prop_map(|hours| Some(TimeDelta::hours(hours))),
        1 => (1..40_i64).prop_map(|days| Some(TimeDelta::days(days))),
        1 => Just(Some(TimeDelta::days(30))),
    ];
    vec((1..25_usize, tick), 1..20).prop_map(Feeding)
}

impl Feeding {
    /// Feeds a history to a view and calls `check` after every commit. What the batches leave over comes at the end.
    fn feed(&self, view: &mut Kept, facts: &[Happened], check: impl Fn(&Kept, &[Happened], DateTime<Utc>)) {
        let mut fed = 0_usize;
        for (size, tick) in self.0.iter().copied().chain([(usize::MAX, None)]) {
            let end = fed.max(facts.len().min(fed.saturating_add(size)));
            view.take_in(&facts[fed..end]);
            fed = end;
            if let Some(tick) = tick {
                view.advance(view.moment() + tick);
            }
            view.commit();
            check(view, &facts[..fed], view.moment());
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 60, max_shrink_iters: 4_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn r_2_3_02_r_2_3_03_r_2_3_04_r_2_3_05_category_pages_and_best_sellers_are_what_counting_gives(
        acts in trading(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("ranking"), &history(&acts), |view, facts, moment| {
            ranking::check(view.rows(), facts, moment);
        });
    }

    #[test]
    fn r_2_3_06_r_2_3_07_r_2_3_08_r_2_2_04_the_buy_box_weighs_prices_and_counted_quality_and_offers_no_removed_seller(
        acts in trading(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("buy-box"), &history(&acts), |view, facts, moment| {
            offers::check(view.rows(), facts, moment);
        });
    }

    #[test]
    fn r_2_3_10_r_2_3_08_what_arrives_late_counts_by_when_it_occurred(
        acts in trading(), feeding in feeding(), delays in vec(0..100_i64, 16)
    ) {
        let facts = delayed(history(&acts), &delays);
        feeding.feed(&mut Kept::new("ranking"), &facts, |view, facts, moment| {
            ranking::check(view.rows(), facts, moment);
        });
        feeding.feed(&mut Kept::new("buy-box"), &facts, |view, facts, moment| {
            offers::check(view.rows(), facts, moment);
        });
    }

    #[test]
    fn r_2_3_09_permuting_every_money_flow_but_the_price_leaves_every_rank_unchanged(
        acts in trading(), turn in 1..7_usize
    ) {
        let facts = history(&acts);
        let paid_otherwise = with_other_money(&facts, turn);
        let digest = |name: &str, facts: &[Happened]| {
            let mut view = Kept::new(name);
            view.take_in(facts);
            view.commit();
            view.digest()
        };
        for name in ["ranking", "buy-box"] {
            prop_assert_eq!(digest(name, &facts), digest(name, &paid_otherwise), "{}", name);
        }
        // A buyer sees what was paid: so it shows that something was permuted.
        let placed = |facts: &[Happened]| -> Vec<Event> {
            let is_placed = |event: &Event| event.kind() == EventKind::OrderPlaced;
            facts.iter().map(|fact| fact.event.clone()).filter(is_placed).collect()
        };
        let same = placed(&facts) == placed(&paid_otherwise);
        prop_assert_eq!(digest("my-orders", &facts) == digest("my-orders", &paid_otherwise), same);
    }

    #[test]
    fn r_3_2_04_r_3_2_03_r_3_4_02_feeds_ratings_and_the_photo_queue_are_what_filtering_and_sorting_give(
        acts in reviewing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("reviews"), &history(&acts), |view, facts, _| reviews::check(view.rows(), facts));
    }

    #[test]
    fn r_3_2_05_a_review_is_due_by_the_policy_in_force_and_by_when_its_product_went_off_sale(
        acts in reviewing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("retention"), &history(&acts), |view, facts, _| {
            retention::check(view.rows(), facts);
        });
    }

    #[test]
    fn r_3_3_02_r_4_03_what_is_held_and_what_waits_because_of_it_is_what_was_placed_and_not_released(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("retention"), &history(&acts), |view, facts, _| {
            retention::check(view.rows(), facts);
        });
    }

    #[test]
    fn r_5_01_r_5_04_recipients_are_the_sizes_of_sets_by_month_part_and_member_state(
        acts in visiting(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("active-recipients"), &history(&acts), |view, facts, _| {
            recipients::check(view.rows(), facts);
        });
    }

    #[test]
    fn r_1_3_02_r_1_3_03_a_buyer_sees_each_order_as_its_own_events_leave_it(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("my-orders"), &history(&acts), |view, facts, _| orders::check(view.rows(), facts));
    }

    #[test]
    fn r_3_4_05_r_3_4_08_r_3_4_10_notices_complaints_and_cases_are_what_filtering_and_sorting_give(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("moderation"), &history(&acts), |view, facts, _| {
            moderation::check(view.rows(), facts);
        });
    }

    #[test]
    fn r_7_02_r_3_4_09_r_2_2_05_each_restriction_has_a_statement_found_by_time_by_decision_and_by_whom_it_tells(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("statements"), &history(&acts), |view, facts, _| {
            statements::check(view.rows(), facts);
        });
    }

    #[test]
    fn r_7_02_each_record_is_in_the_state_in_which_its_statements_own_events_leave_it(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("submissions"), &history(&acts), |view, facts, _| {
            submissions::check(view.rows(), facts);
        });
    }

    #[test]
    fn r_7_01_a_periods_figures_are_what_counting_its_events_gives_and_sub_categories_add_up(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("transparency"), &history(&acts), |view, facts, _| {
            transparency::check(view.rows(), facts);
        });
    }

    #[test]
    fn r_3_2_01_r_3_2_02_r_4_03_what_is_due_and_what_was_late_follow_from_the_policies_when_the_clock_began(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("deadlines"), &history(&acts), |view, facts, _| {
            deadlines::check(view.rows(), facts);
        });
    }

    #[test]
    fn r_5_05_what_was_published_stays_and_is_found_by_time_by_period_and_by_what_corrects_it(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("dsa-figures"), &history(&acts), |view, facts, _| {
            dsa_figures::check(view.rows(), facts);
        });
    }

    #[test]
    fn r_1_2_01_r_1_2_04_r_1_2_05_the_ledger_is_the_sum_of_all_transactions_and_sums_to_zero(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("ledger"), &history(&acts), |view, facts, _| ledger::check(view.rows(), facts));
    }

    #[test]
    fn r_3_4_09_what_was_told_by_mail_is_as_the_mails_own_events_leave_it(
        acts in governing(), feeding in feeding()
    ) {
        feeding.feed(&mut Kept::new("mails"), &history(&acts), |view, facts, _| mails::check(view.rows(), facts));
    }
}

#[test]
fn the_bazaar_sees_every_kind_of_event_that_the_views_want_and_long_histories() {
    let mut runner = TestRunner::deterministic();
    let (mut kinds, mut longest) = (HashSet::new(), TimeDelta::zero());
    for _ in 0..120 {
        for strategy in [trading().boxed(), reviewing().boxed(), governing().boxed(), visiting().boxed()] {
            let facts = history(&strategy.new_tree(&mut runner).unwrap().current());
            kinds.extend(facts.iter().map(|fact| fact.event.kind()));
            longest = longest.max(facts[facts.len() - 1].at - facts[0].at);
        }
    }
    for kind in EventKind::ALL.iter().filter(|kind| any_wants(**kind)) {
        assert!(kinds.contains(kind), "{}", kind.name());
    }
    assert!(longest > TimeDelta::days(200), "{longest}");
}

/// Each view's digest in batches of any size is that of one batch: what is in memory between commits does not show.
#[test]
fn r_0_01_a_history_with_rulings_in_batches_has_the_digests_of_the_whole() {
    let mut runner = TestRunner::deterministic();
    let facts = history(&governing().new_tree(&mut runner).unwrap().current());
    for kind in VIEWS {
        let digest = |batch: usize| {
            let mut view = Kept::new(kind.name);
            for batch in facts.chunks(batch) {
                view.take_in(batch);
                view.commit();
            }
            view.digest()
        };
        let whole = digest(facts.len());
        assert_eq!([digest(1), digest(7)], [whole.clone(), whole], "{}", kind.name);
    }
}

#[test]
fn r_3_3_02_reasons_do_not_outlive_their_subjects_key_and_no_digest_covers_them() {
    let mut runner = TestRunner::deterministic();
    let is_reasoned =
        |fact: &Happened| matches!(fact.event.kind(), EventKind::NoticeSubmitted | EventKind::ComplaintLodged);
    let facts = std::iter::repeat_with(|| history(&governing().new_tree(&mut runner).unwrap().current()))
        .find(|facts| {
            let has = |kind| facts.iter().any(|fact| fact.event.kind() == kind);
            has(EventKind::NoticeSubmitted) && has(EventKind::ComplaintLodged)
        })
        .unwrap();
    let mut view = Kept::new("moderation");
    view.take_in(&facts);
    view.commit();
    let before = view.digest();
    let forgotten: Vec<Happened> = (facts.len() as u64..)
        .zip(facts.iter().filter(|fact| is_reasoned(fact)))
        .map(|(position, fact)| {
            let of = if fact.event.kind() == EventKind::NoticeSubmitted { "notice" } else { "complaint" };
            let subject = Subject(format!("{of}-{}", fact.id));
            let destroyed = SubjectKeyDestroyed { subject, asked_by: Uuid::nil() };
            Happened {
                position: Position(position),
                at: facts[facts.len() - 1].at,
                id: Uuid::nil(),
                event: destroyed.into(),
            }
        })
        .collect();
    let reasons = |view: &Kept| {
        let reader = ModerationReader(view.rows());
        let of_notice = |fact: &Happened| reader.notice(NoticeId(fact.id)).unwrap().and_then(|notice| notice.reasons);
        let of_complaint =
            |fact: &Happened| reader.complaint(ComplaintId(fact.id)).unwrap().and_then(|complaint| complaint.reasons);
        facts
            .iter()
            .filter(|fact| is_reasoned(fact))
            .filter_map(|fact| of_notice(fact).or_else(|| of_complaint(fact)))
            .count()
    };
    assert_eq!(reasons(&view), forgotten.len());
    view.take_in(&forgotten);
    view.commit();
    assert_eq!((reasons(&view), view.digest()), (0, before));
}

/// The same facts in a book that heard of each order so many days late; each stream keeps its own order.
fn delayed(facts: Vec<Happened>, delays: &[i64]) -> Vec<Happened> {
    let mut numbers = HashMap::new();
    let mut late: Vec<(DateTime<Utc>, Happened)> = Vec::with_capacity(facts.len());
    for fact in facts {
        let known = numbers.len();
        let days = match fact.event {
            Event::Order(_) => delays[*numbers.entry(fact.id).or_insert(known) % delays.len()],
            _ => 0,
        };
        late.push((fact.at + TimeDelta::days(days), fact));
    }
    late.sort_by_key(|(heard, _)| *heard);
    (0..).zip(late).map(|(position, (_, fact))| Happened { position: Position(position), ..fact }).collect()
}

/// The same facts with commissions, fees and insurances dealt out anew, and other terms for them.
fn with_other_money(facts: &[Happened], turn: usize) -> Vec<Happened> {
    let mut facts = facts.to_vec();
    let mut flows: Vec<&mut Money> = Vec::new();
    for fact in &mut facts {
        match &mut fact.event {
            Event::Order(OrderEvent::OrderPlaced(placed)) => {
                let zero = Money::zero(placed.service_fee.currency);
                let insurance = placed.insurance.get_or_insert(Insurance { premium: zero });
                flows.push(&mut insurance.premium);
                flows.push(&mut placed.service_fee);
            }
            Event::Order(OrderEvent::OrderConfirmed(confirmed)) => flows.push(&mut confirmed.commission),
            Event::Policy(PolicyEvent::PolicyAdopted(adopted)) => {
                (adopted.policies.commission_basis_points, adopted.policies.insurance_basis_points) = (9_000, 0);
                adopted.policies.service_fee.reverse();
            }
            _ => {}
        }
    }
    let mut dealt: Vec<Money> = flows.iter().map(|money| **money).collect();
    let by = turn.min(dealt.len());
    dealt.rotate_left(by);
    flows.into_iter().zip(dealt).for_each(|(money, other)| *money = other);
    facts
}
