//! Active recipients: a set for each month, in the Union, by part and by Member State.

use std::collections::{BTreeMap, HashSet};

use domain::Event;
use domain::activity::{ActivityEvent, Excluded, RecipientRole};
use domain::calendar::{Month, SixMonths};
use domain::order::OrderEvent;
use domain::place::MemberState;
use domain::pseudonym::Pseudonym;
use projections::active_recipients::{ActiveRecipientsReader, Counted};
use projections::{Happened, Rows};

/// Everyone who was active: month, where, in which part, who.
fn seen(facts: &[Happened]) -> HashSet<(Month, MemberState, RecipientRole, Pseudonym)> {
    let mut seen = HashSet::new();
    for fact in facts {
        match &fact.event {
            Event::Order(OrderEvent::OrderPlaced(placed)) => {
                let buyer = placed.recipient.unwrap_or_else(|| Pseudonym::of_id(placed.buyer.0));
                seen.extend(placed.member_state.map(|at| (Month::of(fact.at), at, RecipientRole::Buyer, buyer)));
            }
            Event::Activity(ActivityEvent::RecipientsSeen(batch)) => {
                for part in &batch.seen {
                    let who = part.recipients.iter();
                    seen.extend(who.map(|who| (batch.month, part.member_state, part.role, who)));
                }
            }
            _ => {}
        }
    }
    seen
}

fn excluded(facts: &[Happened], month: Month) -> Excluded {
    let mut excluded = Excluded::default();
    for fact in facts {
        if let Event::Activity(ActivityEvent::RecipientsSeen(batch)) = &fact.event
            && batch.month == month
        {
            excluded.bots += batch.excluded.bots;
            excluded.incidental += batch.excluded.incidental;
        }
    }
    excluded
}

/// Compares a view with the sizes of the sets.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let (counted, seen) = (Counted::default(), seen(facts));
    let reader = ActiveRecipientsReader::new(rows, &counted);
    let first = facts.first().map(|fact| Month::of(fact.at)).unwrap();
    let mut sum = 0;
    for month in SixMonths::from(first).months() {
        let here: Vec<_> = seen.iter().filter(|(when, ..)| *when == month).collect();
        let many = |of: &dyn Fn(RecipientRole) -> bool| {
            here.iter().filter(|(_, _, role, _)| of(*role)).map(|(.., who)| who).collect::<HashSet<_>>().len() as u64
        };
        let mut states: BTreeMap<MemberState, HashSet<Pseudonym>> = BTreeMap::new();
        here.iter().for_each(|(_, state, _, who)| {
            states.entry(*state).or_default().insert(*who);
        });
        let row = reader.month(month).unwrap();
        assert_eq!(row.union, many(&|_| true), "{month}");
        assert_eq!(row.buyers, many(&|role| role == RecipientRole::Buyer), "{month}");
        assert_eq!(row.traders, many(&|role| role == RecipientRole::Trader), "{month}");
        assert_eq!(row.visitors, many(&|role| role == RecipientRole::Visitor), "{month}");
        let counted: Vec<_> = states.into_iter().map(|(state, who)| (state, who.len() as u64)).collect();
        assert_eq!(row.states().collect::<Vec<_>>(), counted, "{month}");
        assert_eq!(row.excluded, excluded(facts, month), "{month}");
        sum += row.union;
    }
    let average = reader.average(SixMonths::from(first)).unwrap();
    let ahead = Counted::default();
    let ahead = ActiveRecipientsReader::new(rows, &ahead);
    let months = ahead.months().unwrap();
    let counted = (0..).take_while(|_| ahead.count_ahead(chrono::DateTime::<chrono::Utc>::MAX_UTC).unwrap()).count();
    assert_eq!(counted, months.len(), "each once");
    assert_eq!(ahead.average(SixMonths::from(first)).unwrap(), average);
    assert_eq!((average.numerator(), average.denominator()), (sum, 6));
}
