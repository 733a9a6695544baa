//! Parts 3 to 6: orders of authorities, notices, and restrictions on the operator's own initiative, by category.

use domain::transparency_category::TransparencyCategory;

use super::act::RestrictionKind;
use super::columns;
use super::figures::{ByCategory, MeasureFigures, NoticeFigures, OrderFigures, OrdersOfOneKind, TransparencyFigures};
use super::heading::{self, Heading, of_law, of_terms};
use super::part::{ALL, Cell, Entry, HOSTING, Part, Stamp, explained};
use super::why::Why;

/// Part 3: for all Member States together, then for each with an authority that gave an order. They stand by their ISO
/// 3166-1 codes, as in the Transparency Database.
pub(super) fn orders(figures: &TransparencyFigures, stamp: &Stamp) -> Part {
    let states = figures.orders_by_state.iter().map(|(state, orders)| (state.code(), orders));
    let scopes = std::iter::once(("TOTAL", &figures.orders)).chain(states);
    let rows = scopes.flat_map(|(scope, orders)| {
        let mut headings = rows_of(of_law(), orders);
        headings.push(Heading::NotSpecifiedOrder);
        let row = move |heading: Heading| {
            let entries = order_entries(orders.of(heading).unwrap_or(&OrderFigures::default()), heading);
            stamp.row(ALL, [heading.name(), heading.other(), scope], entries)
        };
        headings.into_iter().map(row).collect::<Vec<_>>()
    });
    Part {
        number: 3,
        name: "member-states-orders",
        sheet: "3_member_states_orders",
        columns: columns::ORDERS,
        rows: rows.collect(),
    }
}

fn order_entries(OrderFigures { to_act, to_inform }: &OrderFigures, heading: Heading) -> Vec<Entry> {
    let confirmed = |orders: &OrdersOfOneKind| Entry::median(&orders.confirmed);
    let effective = |orders: &OrdersOfOneKind| Entry::median(&orders.effective);
    let mut entries = vec![
        Entry::count(to_act.received),
        Entry::count(to_act.items),
        confirmed(to_act),
        effective(to_act),
        Entry::count(to_inform.received),
        confirmed(to_inform),
        effective(to_inform),
    ];
    if heading == Heading::Total {
        let context = [
            "The book keeps the legal basis of an order in words and not its category: orders on dangerous products are \
             counted as such, all others as not specified.",
            "The addresses that the orders name.",
            "From when the authority sent the order to when the mail server had the mail that confirms it. Orders \
             confirmed in the period.",
            "From when the authority sent the order to when it was done, in whole or in part. Orders answered in the \
             period; where nothing could be done, the order is left out.",
            "The book keeps the legal basis of an order in words and not its category: all are counted as not specified.",
            "As for orders to act.",
            "As for orders to act.",
        ];
        entries = explained(entries, context);
    }
    entries
}

/// Part 4.
pub(super) fn notices(figures: &TransparencyFigures, stamp: &Stamp) -> Part {
    let mut headings = rows_of(of_law(), &figures.notices);
    headings.push(Heading::NotSpecifiedNotice);
    let none = NoticeFigures::default();
    let row = |heading: Heading| {
        let all = figures.notices.of(heading).unwrap_or(&none);
        let flagged = figures.trusted_flaggers_notices.of(heading).unwrap_or(&none);
        let counts = |of: fn(&NoticeFigures) -> u64| [Entry::count(of(all)), Entry::count(of(flagged))];
        let medians = [Entry::median(&all.acted), Entry::median(&flagged.acted)];
        // Each notice is of one item.
        let (received, items) = (counts(|notices| notices.received), counts(|notices| notices.received));
        let (by_law, by_terms) = (counts(|notices| notices.by_law), counts(|notices| notices.by_terms));
        let mut entries: Vec<Entry> = [received, items, medians, by_law, by_terms].into_iter().flatten().collect();
        if heading == Heading::Total {
            entries = explained(entries, notice_context(figures.notices_of_terms));
        }
        stamp.row(HOSTING, [heading.name(), heading.other()], entries)
    };
    let rows = headings.into_iter().map(row).collect();
    Part { number: 4, name: "notices", sheet: "4_notices", columns: columns::NOTICES, rows }
}

fn notice_context(of_terms: u64) -> [String; 10] {
    [
        format!(
            "The book keeps in the notifier's own words what is alleged, and no category of it: notices of offences \
             against children are counted as such, all others as not specified. Left out: {of_terms} that alleged only \
             a breach of the terms, which are no notices under Article 16."
        ),
        "Part of the notices received.".to_owned(),
        "Each notice names one address.".to_owned(),
        "Each notice names one address.".to_owned(),
        "Notices decided in the period that led to a restriction.".to_owned(),
        "Notices decided in the period that led to a restriction.".to_owned(),
        "Notices decided in the period.".to_owned(),
        "Notices decided in the period.".to_owned(),
        "Notices decided in the period.".to_owned(),
        "Notices decided in the period.".to_owned(),
    ]
}

/// Part 5.
pub(super) fn own_initiative_by_law(figures: &TransparencyFigures, stamp: &Stamp) -> Part {
    let rows = measure_rows(of_law(), &figures.own_initiative_by_law, figures, stamp);
    let columns = columns::OWN_INITIATIVE_BY_LAW;
    Part { number: 5, name: "own-initiative-illegal", sheet: "5_own_initiative_illegal", columns, rows }
}

/// Part 6.
pub(super) fn own_initiative_by_terms(figures: &TransparencyFigures, stamp: &Stamp) -> Part {
    let rows = measure_rows(of_terms(), &figures.own_initiative_by_terms, figures, stamp);
    let columns = columns::OWN_INITIATIVE_BY_TERMS;
    Part { number: 6, name: "own-initiative-terms", sheet: "6_own_initiative_TC", columns, rows }
}

fn measure_rows(
    categories: impl Iterator<Item = TransparencyCategory>,
    measures: &ByCategory<MeasureFigures>,
    figures: &TransparencyFigures,
    stamp: &Stamp,
) -> Vec<Vec<Cell>> {
    let none = MeasureFigures::default();
    let row = |heading: Heading| {
        let mut entries = measure_entries(measures.of(heading).unwrap_or(&none));
        if heading == Heading::Total {
            let context = measure_context(figures.for_convenience);
            entries = explained(entries, context);
        }
        stamp.row(ALL, [heading.name(), heading.other()], entries)
    };
    rows_of(categories, measures).into_iter().map(row).collect()
}

fn measure_entries(measures: &MeasureFigures) -> Vec<Entry> {
    use RestrictionKind::{AccountSuspended, AccountTerminated, NotPublished, Removed, ServiceEnded};
    let of = |kinds: &[RestrictionKind]| Entry::count(measures.of(kinds));
    // The row of the total says it for all.
    let never = || Entry::unsaid(Why::NoSuchRestriction);
    vec![
        Entry::count(measures.taken),
        Entry::count(measures.automated),
        of(&[Removed]),
        never(),
        never(),
        never(),
        never(),
        never(),
        of(&[NotPublished]),
        never(),
        never(),
        never(),
        never(),
        of(&[ServiceEnded]),
        of(&[AccountSuspended]),
        of(&[AccountTerminated, ServiceEnded]),
    ]
}

fn measure_context(for_convenience: u64) -> [String; 16] {
    let never = || Why::NoSuchRestriction.words().to_owned();
    [
        format!(
            "Decisions by their statements of reasons, each once, by the ground that weighs most. Left out: \
             {for_convenience} for the operator's convenience, which are on neither ground. What staff restrict because \
             an authority ordered it can't be told from this."
        ),
        String::new(),
        String::new(),
        never(),
        never(),
        never(),
        never(),
        never(),
        "Photos that were looked at before they came online, and did not.".to_owned(),
        never(),
        never(),
        never(),
        never(),
        "Sellers who may sell no longer. Their accounts are closed with that, and counted there too.".to_owned(),
        String::new(),
        String::new(),
    ]
}

/// The rows for these categories, with one for each text of a `KEYWORD_OTHER` that is used.
fn rows_of<F: Default>(
    categories: impl Iterator<Item = TransparencyCategory>,
    figures: &ByCategory<F>,
) -> Vec<Heading> {
    heading::rows(categories, &figures.headings().collect::<Vec<_>>())
}
