//! The figures of a period: a pure function of the acts in it, in any order.

use std::collections::BTreeMap;

use domain::authority::AuthorityOrderKind;
use domain::complaint::ComplaintOutcome;
use domain::notice::{Allegation, NoticeOutcome};
use domain::place::MemberState;
use domain::transparency_category::{TransparencyCategory, TransparencyKeyword};

use super::act::{Act, AuthorityOrder, ComplaintAbout, Measure, Notified, RestrictionKind, Trigger};
use super::duration::Durations;
use super::heading::{Class, Heading};

/// Figures by category, with those of all categories together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByCategory<F>(BTreeMap<Heading, F>);

impl<F> Default for ByCategory<F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<F: Default> ByCategory<F> {
    fn count(&mut self, class: Class, add: impl Fn(&mut F)) {
        for heading in Heading::of(class) {
            add(self.0.entry(heading).or_default());
        }
    }

    /// The figures in a row; nothing where nothing counts there.
    #[must_use]
    pub fn of(&self, heading: Heading) -> Option<&F> {
        self.0.get(&heading)
    }

    /// The rows in which anything counts, in the template's order.
    pub fn headings(&self) -> impl Iterator<Item = Heading> + '_ {
        self.0.keys().copied()
    }
}

/// Authorities' orders, either to act or to give information.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrdersOfOneKind {
    /// How many came in.
    pub received: u64,
    /// How many addresses they name.
    pub items: u64,
    /// After what time the authority was told that its order came in.
    pub confirmed: Durations,
    /// After what time effect was given.
    pub effective: Durations,
}

/// Authorities' orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFigures {
    /// To act against illegal content, products among it (art. 9).
    pub to_act: OrdersOfOneKind,
    /// To give information (art. 10).
    pub to_inform: OrdersOfOneKind,
}

impl OrderFigures {
    fn of(&mut self, kind: AuthorityOrderKind) -> &mut OrdersOfOneKind {
        match kind {
            AuthorityOrderKind::ActAgainstContent | AuthorityOrderKind::ActAgainstProduct => &mut self.to_act,
            AuthorityOrderKind::ProvideInformation => &mut self.to_inform,
        }
    }
}

/// Notices of art. 16. Each names one address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoticeFigures {
    /// How many came in.
    pub received: u64,
    /// How many were decided, all of them by a person (R-3.4-07).
    pub decided: u64,
    /// How many led to a restriction because something is illegal.
    pub by_law: u64,
    /// How many led to a restriction because something is against the terms.
    pub by_terms: u64,
    /// After what time they led to one.
    pub acted: Durations,
}

/// Restrictions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeasureFigures {
    /// How many.
    pub taken: u64,
    /// How many of them automated means detected or decided.
    pub automated: u64,
    /// How many of each kind.
    pub by_kind: BTreeMap<RestrictionKind, u64>,
}

impl MeasureFigures {
    fn add(&mut self, measure: &Measure) {
        self.taken += 1;
        self.automated += u64::from(measure.automated);
        *self.by_kind.entry(measure.restriction).or_default() += 1;
    }

    /// How many of these kinds.
    #[must_use]
    pub fn of(&self, kinds: &[RestrictionKind]) -> u64 {
        kinds.iter().filter_map(|kind| self.by_kind.get(kind)).sum()
    }
}

/// Complaints.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ComplaintFigures {
    /// How many were lodged.
    pub lodged: u64,
    /// How many decisions on them let the first decision stand.
    pub upheld: u64,
    /// … in part.
    pub partially_reversed: u64,
    /// … not.
    pub reversed: u64,
    /// After what time they were decided.
    pub decided: Durations,
}

impl ComplaintFigures {
    fn decide(&mut self, outcome: ComplaintOutcome, after: i64) {
        match outcome {
            ComplaintOutcome::Upheld => self.upheld += 1,
            ComplaintOutcome::PartiallyReversed => self.partially_reversed += 1,
            ComplaintOutcome::Reversed => self.reversed += 1,
        }
        self.decided.push(after);
    }
}

/// What the report says in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransparencyFigures {
    /// Authorities' orders, of all Member States together.
    pub orders: ByCategory<OrderFigures>,
    /// Authorities' orders by Member State, where there were any.
    pub orders_by_state: BTreeMap<MemberState, ByCategory<OrderFigures>>,
    /// Notices of art. 16.
    pub notices: ByCategory<NoticeFigures>,
    /// Those of trusted flaggers.
    pub trusted_flaggers_notices: ByCategory<NoticeFigures>,
    /// Notices that alleged only a breach of the terms, which are none of art. 16.
    pub notices_of_terms: u64,
    /// Restrictions because something is illegal, on the operator's own initiative.
    pub own_initiative_by_law: ByCategory<MeasureFigures>,
    /// Restrictions because something is against the terms, on the operator's own initiative.
    pub own_initiative_by_terms: ByCategory<MeasureFigures>,
    /// Restrictions, whatever led to them.
    pub measures: MeasureFigures,
    /// Restrictions on the operator's own initiative.
    pub own_initiative: MeasureFigures,
    /// What was restricted for the operator's convenience, which is no content moderation.
    pub for_convenience: u64,
    /// Restrictions that follow from a well-founded complaint about a notice.
    pub after_complaint: u64,
    /// Accounts that were suspended because something is illegal (art. 23(1)).
    pub suspensions_for_illegal_content: u64,
    /// Complaints.
    pub complaints: ComplaintFigures,
    /// Complaints by what they are about.
    pub complaints_about: BTreeMap<ComplaintAbout, ComplaintFigures>,
    /// Disputes about buyers' orders that were brought before a body out of court.
    pub order_disputes: u64,
    /// After what time those before such a body were over.
    pub order_disputes_closed: Durations,
}

/// What is alleged in a notice under Directive 2011/93/EU, as the category's own text.
const OFFENCE: &str = "Offence under Articles 3 to 7 of Directive 2011/93/EU";

fn class_of_order(kind: AuthorityOrderKind) -> Class {
    match kind {
        AuthorityOrderKind::ActAgainstProduct => {
            Class::Listed(TransparencyCategory::UnsafeAndProhibitedProducts, TransparencyKeyword::UnsafeProducts, None)
        }
        AuthorityOrderKind::ActAgainstContent | AuthorityOrderKind::ProvideInformation => Class::NotSpecifiedOrder,
    }
}

/// The class of a notice of art. 16; nothing of others.
fn class_of_notice(notice: Notified) -> Option<Class> {
    match notice.allegation {
        Allegation::Illegal => Some(Class::NotSpecifiedNotice),
        Allegation::OffenceAgainstChildren => {
            Some(Class::Listed(TransparencyCategory::ProtectionOfMinors, TransparencyKeyword::Other, Some(OFFENCE)))
        }
        Allegation::AgainstTerms => None,
    }
}

impl TransparencyFigures {
    /// Counts one more act.
    pub fn count(&mut self, act: &Act) {
        match act {
            Act::OrderReceived { order, items } => self.order(*order, |orders| {
                orders.received += 1;
                orders.items += u64::from(*items);
            }),
            Act::OrderConfirmed { order, after } => self.order(*order, |orders| orders.confirmed.push(*after)),
            Act::OrderEffective { order, after } => self.order(*order, |orders| orders.effective.push(*after)),
            Act::NoticeReceived(notice) => {
                self.notices_of_terms += u64::from(!notice.is_of_article_16());
                self.notice(*notice, |notices| notices.received += 1);
            }
            Act::NoticeDecided { notice, outcome, after } => self.notice(*notice, |notices| {
                notices.decided += 1;
                match outcome {
                    NoticeOutcome::ActionByLaw => notices.by_law += 1,
                    NoticeOutcome::ActionByTerms => notices.by_terms += 1,
                    NoticeOutcome::NoAction => return,
                }
                notices.acted.push(*after);
            }),
            Act::Restricted(measure) => self.measure(measure),
            Act::ComplaintLodged(about) => {
                self.complaints.lodged += 1;
                self.complaints_about.entry(*about).or_default().lodged += 1;
            }
            Act::ComplaintDecided { about, outcome, after } => {
                self.complaints.decide(*outcome, *after);
                self.complaints_about.entry(*about).or_default().decide(*outcome, *after);
            }
            Act::DisputeReferred => self.order_disputes += 1,
            Act::DisputeClosed { after } => self.order_disputes_closed.push(*after),
        }
    }

    fn order(&mut self, order: AuthorityOrder, add: impl Fn(&mut OrdersOfOneKind)) {
        let class = class_of_order(order.kind);
        self.orders.count(class, |orders| add(orders.of(order.kind)));
        let of_state = self.orders_by_state.entry(order.member_state).or_default();
        of_state.count(class, |orders| add(orders.of(order.kind)));
    }

    fn notice(&mut self, notice: Notified, add: impl Fn(&mut NoticeFigures)) {
        let Some(class) = class_of_notice(notice) else { return };
        self.notices.count(class, &add);
        if notice.trusted_flagger {
            self.trusted_flaggers_notices.count(class, &add);
        }
    }

    fn measure(&mut self, measure: &Measure) {
        let Some(main) = measure.ground.classifications().first().copied() else {
            self.for_convenience += 1;
            return;
        };
        let by_law = measure.ground.is_law();
        self.measures.add(measure);
        self.after_complaint += u64::from(measure.after_complaint);
        let suspended = measure.restriction == RestrictionKind::AccountSuspended;
        self.suspensions_for_illegal_content += u64::from(suspended && by_law);
        match measure.trigger {
            Trigger::Notice => {}
            Trigger::OwnInitiative => {
                self.own_initiative.add(measure);
                let own = if by_law { &mut self.own_initiative_by_law } else { &mut self.own_initiative_by_terms };
                own.count(main.into(), |measures| measures.add(measure));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::criterion::Criterion;
    use domain::listing::ListingRemovalReason as Listing;
    use domain::seller::SellerRemovalReason as Seller;
    use domain::statement::Ground;

    use super::*;
    use crate::transparency::heading::of_law;

    #[test]
    fn r_7_01_what_is_restricted_by_law_has_a_category_of_the_part_for_it() {
        let criteria = [Criterion::IllegalContent, Criterion::HateOrViolence, Criterion::RegulatoryBreach];
        let criteria = criteria.map(|criterion| Ground::Criteria(vec![Criterion::OffTopic, criterion]));
        let listings = [Listing::BreachOfLaw, Listing::Prohibited, Listing::Dangerous].map(Ground::Listing);
        let sellers = [Seller::BreachOfLaw, Seller::TraderNotTraceable].map(Ground::Seller);
        for ground in criteria.into_iter().chain(listings).chain(sellers) {
            assert!(ground.is_law(), "{ground:?}");
            let main = ground.classifications()[0].category();
            assert!(of_law().any(|category| category == main), "{ground:?} is {main}");
        }
    }

    #[test]
    fn r_7_01_a_seller_who_may_sell_no_longer_counts_once_and_both_as_service_and_as_account_ended() {
        let mut figures = TransparencyFigures::default();
        figures.count(&Act::Restricted(Measure {
            restriction: RestrictionKind::ServiceEnded,
            ground: Ground::Seller(Seller::TraderNotTraceable),
            trigger: Trigger::OwnInitiative,
            automated: false,
            after_complaint: false,
        }));
        let total = figures.own_initiative_by_law.of(Heading::Total).unwrap();
        assert_eq!((total.taken, total.of(&[RestrictionKind::ServiceEnded])), (1, 1));
        assert_eq!(figures.own_initiative_by_terms.of(Heading::Total), None);
        assert_eq!(figures.suspensions_for_illegal_content, 0);
    }
}
