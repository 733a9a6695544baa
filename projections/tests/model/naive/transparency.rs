//! The transparency report's figures: the events of a period filtered, what each is about looked up in the whole list.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Event;
use domain::authority::{AuthorityEvent, AuthorityOrderEffect, AuthorityOrderKind, AuthorityOrderReceived};
use domain::calendar::{Month, ReportPeriod};
use domain::complaint::{ComplaintEvent, ComplaintLodged, ComplaintOutcome, Contested};
use domain::dispute::{DisputeEvent, Forum};
use domain::ids::NoticeId;
use domain::listing::ListingRemovalReason;
use domain::mail::{MailEvent, MailKind, Recipient};
use domain::notice::{Allegation, NoticeEvent, NoticeOutcome, NoticeSubmitted};
use domain::seller::SellerEvent;
use domain::statement::{Addressee, Ground, Restriction, StatementEvent, StatementOfReasonsIssued};
use projections::active_recipients::Average;
use projections::transparency::{
    Cell, ComplaintAbout, Durations, Heading, Part, RestrictionKind, TransparencyFigures, TransparencyReader,
    TransparencyReport,
};
use projections::{Checkpoint, Happened, Rows};
use uuid::Uuid;

/// Figures by name. Those that are nothing are not there.
type Named = BTreeMap<String, String>;

/// Compares a view's figures of some periods with what happened in them.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let reader = TransparencyReader(rows);
    for period in ["2025-09", "2025-H2", "2026-H1", "2026-02", "2026", "2027-H1"] {
        let period: ReportPeriod = period.parse().unwrap();
        let figures = reader.figures(period).unwrap();
        assert_eq!(named(&figures), counted(facts, period), "{period}");
        let recipients = Average { months: Vec::new() };
        let report = TransparencyReport::new(period, figures, &recipients, 0, Checkpoint::default());
        report.parts[2..6].iter().for_each(sub_categories_add_up);
    }
    assert_eq!(reader.policy_version().unwrap(), super::policies(facts).version);
}

/// In each scope, each column of numbers: the sub-categories give their category, and the categories give the total.
fn sub_categories_add_up(part: &Part) {
    let at = part.columns.iter().position(|column| column.starts_with("Category of")).unwrap();
    let scope = part.columns.iter().position(|column| *column == "Scope");
    let mut scopes: BTreeMap<String, Vec<&Vec<Cell>>> = BTreeMap::new();
    for row in &part.rows {
        assert_eq!(row.len(), part.columns.len());
        scopes.entry(scope.map_or_else(String::new, |scope| row[scope].printed())).or_default().push(row);
    }
    for (column, name) in part.columns.iter().enumerate().filter(|(_, name)| name.contains("umber of")) {
        for rows in scopes.values() {
            let count = |row: &[Cell]| if let Cell::Count(count) = row[column] { count } else { 0 };
            let (mut categories, mut within) = (0, None);
            for row in &rows[1..] {
                if row[at].printed().starts_with("KEYWORD") {
                    within = within.map(|left: u64| left - count(row));
                } else {
                    assert!(within.is_none_or(|left| left == 0), "{name}: {rows:?}");
                    categories += count(row);
                    within = (!row[at].printed().contains("NOT_SPECIFIED")).then(|| count(row));
                }
            }
            assert_eq!(categories, count(rows[0]), "{name}");
        }
    }
}

fn median(durations: &Durations) -> Option<String> {
    durations.median().map(|median| median.hours())
}

fn note(named: &mut Named, name: String, count: u64) {
    if count > 0 {
        named.insert(name, count.to_string());
    }
}

fn note_median(named: &mut Named, name: String, durations: &Durations) {
    named.extend(median(durations).map(|hours| (name, hours)));
}

/// The view's figures by name.
fn named(figures: &TransparencyFigures) -> Named {
    let mut named = Named::new();
    let states = figures.orders_by_state.iter().map(|(state, orders)| (state.code(), orders));
    for (scope, orders) in states.chain([("TOTAL", &figures.orders)]) {
        for heading in orders.headings() {
            let orders = orders.of(heading).unwrap();
            for (kind, orders) in [("act", &orders.to_act), ("inform", &orders.to_inform)] {
                let name = |of: &str| format!("orders {scope} {heading} {kind} {of}");
                note(&mut named, name("received"), orders.received);
                note(&mut named, name("items"), orders.items);
                note_median(&mut named, name("confirmed"), &orders.confirmed);
                note_median(&mut named, name("effective"), &orders.effective);
            }
        }
    }
    for (who, notices) in [("all", &figures.notices), ("flaggers", &figures.trusted_flaggers_notices)] {
        for heading in notices.headings() {
            let notices = notices.of(heading).unwrap();
            let name = |of: &str| format!("notices {who} {heading} {of}");
            note(&mut named, name("received"), notices.received);
            note(&mut named, name("decided"), notices.decided);
            note(&mut named, name("law"), notices.by_law);
            note(&mut named, name("terms"), notices.by_terms);
            note_median(&mut named, name("acted"), &notices.acted);
        }
    }
    note(&mut named, "notices of terms".into(), figures.notices_of_terms);
    for (ground, measures) in [("law", &figures.own_initiative_by_law), ("terms", &figures.own_initiative_by_terms)] {
        for heading in measures.headings() {
            let measures = measures.of(heading).unwrap();
            let name = |of: &str| format!("own {ground} {heading} {} {of}", heading.other());
            note(&mut named, name("taken"), measures.taken);
            measures.by_kind.iter().for_each(|(kind, count)| note(&mut named, name(&format!("{kind:?}")), *count));
        }
    }
    note(&mut named, "measures".into(), figures.measures.taken);
    note(&mut named, "own".into(), figures.own_initiative.taken);
    note(&mut named, "automated".into(), figures.measures.automated);
    note(&mut named, "convenience".into(), figures.for_convenience);
    note(&mut named, "after complaint".into(), figures.after_complaint);
    note(&mut named, "suspensions".into(), figures.suspensions_for_illegal_content);
    let all = std::iter::once(("all".to_owned(), &figures.complaints));
    let about = figures.complaints_about.iter().map(|(about, complaints)| (format!("{about:?}"), complaints));
    for (about, complaints) in all.chain(about) {
        let name = |of: &str| format!("complaints {about} {of}");
        note(&mut named, name("lodged"), complaints.lodged);
        note(&mut named, name("upheld"), complaints.upheld);
        note(&mut named, name("partly"), complaints.partially_reversed);
        note(&mut named, name("reversed"), complaints.reversed);
        note_median(&mut named, name("decided"), &complaints.decided);
    }
    note(&mut named, "disputes".into(), figures.order_disputes);
    note_median(&mut named, "disputes closed".into(), &figures.order_disputes_closed);
    named
}

/// Counts and durations by name.
#[derive(Default)]
struct Counted {
    counts: BTreeMap<String, u64>,
    durations: BTreeMap<String, Durations>,
}

impl Counted {
    fn add(&mut self, name: String, count: u64) {
        *self.counts.entry(name).or_default() += count;
    }

    fn time(&mut self, name: String, from: DateTime<Utc>, to: DateTime<Utc>) {
        self.durations.entry(name).or_default().push((to - from).num_microseconds().unwrap());
    }
}

/// The same by counting.
fn counted(facts: &[Happened], period: ReportPeriod) -> Named {
    let mut counted = Counted::default();
    for (number, fact) in facts.iter().enumerate() {
        // The days are Paris's: which month it is there says whether it is in the period.
        let inside = |at: DateTime<Utc>| period.months().contains(&Month::of(at));
        match &fact.event {
            Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)) if inside(issued.since) => {
                measure(
                    &mut counted,
                    issued.restriction,
                    &ground(issued, &facts[..number]),
                    issued.notice,
                    &facts[..number],
                );
            }
            Event::Statement(_) => {}
            _ if !inside(fact.at) => {}
            Event::Authority(event) => of_authority(&mut counted, fact, event, facts),
            Event::Mail(MailEvent::MailSent(_)) => confirmed(&mut counted, fact, facts),
            Event::Notice(event) => of_notice(&mut counted, fact, event, facts),
            Event::Complaint(event) => of_complaint(&mut counted, fact, event, facts),
            Event::Dispute(event) => of_dispute(&mut counted, fact, event, &facts[..number]),
            _ => {}
        }
    }
    let mut named = Named::new();
    counted.counts.into_iter().for_each(|(name, count)| note(&mut named, name, count));
    counted.durations.iter().for_each(|(name, durations)| note_median(&mut named, name.clone(), durations));
    named
}

fn order(facts: &[Happened], contact: Uuid) -> &AuthorityOrderReceived {
    let of = |fact: &&Happened| fact.id == contact;
    let mut received = facts.iter().filter(of).filter_map(|fact| match &fact.event {
        Event::Authority(AuthorityEvent::AuthorityOrderReceived(order)) => Some(order),
        _ => None,
    });
    received.next().unwrap()
}

/// The names under which an order counts.
fn names_of_order(order: &AuthorityOrderReceived) -> Vec<String> {
    let (kind, headings) = match order.kind {
        AuthorityOrderKind::ActAgainstContent => ("act", vec!["STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"]),
        AuthorityOrderKind::ProvideInformation => ("inform", vec!["STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"]),
        AuthorityOrderKind::ActAgainstProduct => {
            ("act", vec!["STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS", "KEYWORD_UNSAFE_PRODUCTS"])
        }
    };
    let scopes = ["TOTAL", order.member_state.code()];
    let headings = headings.into_iter().chain(["TOTAL"]);
    headings.flat_map(|heading| scopes.map(|scope| format!("orders {scope} {heading} {kind}"))).collect()
}

fn of_authority(counted: &mut Counted, fact: &Happened, event: &AuthorityEvent, facts: &[Happened]) {
    match event {
        AuthorityEvent::AuthorityOrderReceived(order) => {
            for name in names_of_order(order) {
                counted.add(format!("{name} received"), 1);
                counted.add(format!("{name} items"), order.urls.len() as u64);
            }
        }
        AuthorityEvent::AuthorityOrderExecuted(executed) if executed.effect != AuthorityOrderEffect::NotGiven => {
            let order = order(facts, fact.id);
            for name in names_of_order(order) {
                counted.time(format!("{name} effective"), order.transmitted_at, executed.effective_at);
            }
        }
        _ => {}
    }
}

fn confirmed(counted: &mut Counted, sent: &Happened, facts: &[Happened]) {
    let queued = facts.iter().find_map(|fact| match &fact.event {
        Event::Mail(MailEvent::MailQueued(queued)) if fact.id == sent.id => Some(queued),
        _ => None,
    });
    let queued = queued.unwrap();
    if let (MailKind::AuthorityOrderReceived, Recipient::Authority(contact)) = (queued.kind, queued.recipient) {
        let order = order(facts, contact.0);
        for name in names_of_order(order) {
            counted.time(format!("{name} confirmed"), order.transmitted_at, sent.at);
        }
    }
}

fn notice(facts: &[Happened], id: Uuid) -> (&Happened, &NoticeSubmitted) {
    let submitted = facts.iter().find_map(|fact| match &fact.event {
        Event::Notice(NoticeEvent::NoticeSubmitted(submitted)) if fact.id == id => Some((fact, submitted)),
        _ => None,
    });
    submitted.unwrap()
}

/// The names under which a notice counts; none where it is none of art. 16.
fn names_of_notice(notice: &NoticeSubmitted) -> Vec<String> {
    let headings = match notice.allegation {
        Allegation::Illegal => vec!["TOTAL", "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"],
        Allegation::OffenceAgainstChildren => {
            vec!["TOTAL", "STATEMENT_CATEGORY_PROTECTION_OF_MINORS", "KEYWORD_OTHER"]
        }
        Allegation::AgainstTerms => Vec::new(),
    };
    let whose = if notice.trusted_flagger { vec!["all", "flaggers"] } else { vec!["all"] };
    let names = |heading| whose.iter().map(move |who| format!("notices {who} {heading}")).collect::<Vec<_>>();
    headings.into_iter().flat_map(names).collect()
}

fn of_notice(counted: &mut Counted, fact: &Happened, event: &NoticeEvent, facts: &[Happened]) {
    match event {
        NoticeEvent::NoticeSubmitted(submitted) => {
            counted.add("notices of terms".into(), u64::from(submitted.allegation == Allegation::AgainstTerms));
            names_of_notice(submitted).into_iter().for_each(|name| counted.add(format!("{name} received"), 1));
        }
        NoticeEvent::NoticeDecided(decided) => {
            let (sent, submitted) = notice(facts, fact.id);
            for name in names_of_notice(submitted) {
                counted.add(format!("{name} decided"), 1);
                let by = match decided.outcome {
                    NoticeOutcome::ActionByLaw => "law",
                    NoticeOutcome::ActionByTerms => "terms",
                    NoticeOutcome::NoAction => continue,
                };
                counted.add(format!("{name} {by}"), 1);
                counted.time(format!("{name} acted"), sent.at, fact.at);
            }
        }
    }
}

/// The ground of a statement; of a removed seller's listing, the seller's.
pub(crate) fn ground(issued: &StatementOfReasonsIssued, before: &[Happened]) -> Ground {
    let removed = before.iter().rev().find_map(|fact| match (&fact.event, issued.addressee) {
        (Event::Seller(SellerEvent::SellerRemoved(removed)), Addressee::Seller(seller)) if fact.id == seller.0 => {
            Some(Ground::Seller(removed.reason))
        }
        _ => None,
    });
    match &issued.ground {
        Ground::Listing(ListingRemovalReason::SellerRemoved) => removed.unwrap(),
        ground => ground.clone(),
    }
}

fn measure(
    counted: &mut Counted,
    restriction: Restriction,
    ground: &Ground,
    because_of: Option<NoticeId>,
    before: &[Happened],
) {
    let Some(main) = ground.classifications().first().copied() else {
        counted.add("convenience".into(), 1);
        return;
    };
    counted.add("measures".into(), 1);
    let kind = match restriction {
        Restriction::ReviewRemoved(_) | Restriction::PhotosRemoved(_) | Restriction::ListingRemoved(_) => {
            RestrictionKind::Removed
        }
        Restriction::PhotosNotPublished(_) => RestrictionKind::NotPublished,
        Restriction::SellerRemoved(_) => RestrictionKind::ServiceEnded,
        Restriction::AccountSuspended(_) => RestrictionKind::AccountSuspended,
        Restriction::AccountTerminated => RestrictionKind::AccountTerminated,
    };
    let law = if ground.is_law() { "law" } else { "terms" };
    if kind == RestrictionKind::AccountSuspended && law == "law" {
        counted.add("suspensions".into(), 1);
    }
    let reopened = |id: NoticeId| {
        before.iter().any(|fact| match &fact.event {
            Event::Complaint(ComplaintEvent::ComplaintDecided(decided)) => {
                decided.contested == Contested::Notice(id) && decided.outcome != ComplaintOutcome::Upheld
            }
            _ => false,
        })
    };
    counted.add("after complaint".into(), u64::from(because_of.is_some_and(reopened)));
    let alleges_illegality = |id: NoticeId| notice(before, id.0).1.allegation != Allegation::AgainstTerms;
    if because_of.is_some_and(alleges_illegality) {
        return;
    }
    counted.add("own".into(), 1);
    let (category, keyword) = (main.category(), main.keyword());
    let headings =
        [Heading::Total, Heading::Category(category), Heading::Keyword(category, keyword, main.other_keyword())];
    for heading in headings {
        for of in ["taken".to_owned(), format!("{kind:?}")] {
            counted.add(format!("own {law} {heading} {} {of}", heading.other()), 1);
        }
    }
}

fn about(lodged: &ComplaintLodged, facts: &[Happened]) -> ComplaintAbout {
    match lodged.contested {
        Contested::Restriction { restriction, .. } => match restriction {
            Restriction::SellerRemoved(_) => ComplaintAbout::Service,
            Restriction::AccountSuspended(_) | Restriction::AccountTerminated => ComplaintAbout::Account,
            Restriction::ReviewRemoved(_)
            | Restriction::PhotosNotPublished(_)
            | Restriction::PhotosRemoved(_)
            | Restriction::ListingRemoved(_) => ComplaintAbout::Visibility,
        },
        Contested::Notice(id) => {
            let (_, submitted) = notice(facts, id.0);
            match (submitted.allegation, submitted.trusted_flagger) {
                (Allegation::AgainstTerms, _) => ComplaintAbout::NoticeOfTerms,
                (_, true) => ComplaintAbout::TrustedFlaggersNotice,
                (_, false) => ComplaintAbout::Notice,
            }
        }
    }
}

fn of_complaint(counted: &mut Counted, fact: &Happened, event: &ComplaintEvent, facts: &[Happened]) {
    match event {
        ComplaintEvent::ComplaintLodged(lodged) => {
            for about in ["all".to_owned(), format!("{:?}", about(lodged, facts))] {
                counted.add(format!("complaints {about} lodged"), 1);
            }
        }
        ComplaintEvent::ComplaintDecided(decided) => {
            let lodged = facts.iter().find_map(|lodged| match &lodged.event {
                Event::Complaint(ComplaintEvent::ComplaintLodged(it)) if lodged.id == fact.id => Some((lodged.at, it)),
                _ => None,
            });
            let (lodged_at, lodged) = lodged.unwrap();
            let outcome = match decided.outcome {
                ComplaintOutcome::Upheld => "upheld",
                ComplaintOutcome::PartiallyReversed => "partly",
                ComplaintOutcome::Reversed => "reversed",
            };
            for about in ["all".to_owned(), format!("{:?}", about(lodged, facts))] {
                counted.add(format!("complaints {about} {outcome}"), 1);
                counted.time(format!("complaints {about} decided"), lodged_at, fact.at);
            }
        }
    }
}

fn of_dispute(counted: &mut Counted, fact: &Happened, event: &DisputeEvent, before: &[Happened]) {
    let out_of_court = |forum| matches!(forum, Forum::Mediator | Forum::AlternativeDisputeResolution);
    match event {
        DisputeEvent::DisputeReferred(referred) if out_of_court(referred.forum) => counted.add("disputes".into(), 1),
        DisputeEvent::DisputeClosed(_) => {
            let newest = before.iter().rev().find_map(|earlier| match &earlier.event {
                Event::Dispute(DisputeEvent::DisputeReferred(it)) if earlier.id == fact.id => Some((earlier.at, it)),
                _ => None,
            });
            if let Some((at, referred)) = newest
                && out_of_court(referred.forum)
            {
                counted.time("disputes closed".into(), at, fact.at);
            }
        }
        DisputeEvent::DisputeOpened(_) | DisputeEvent::DisputeReferred(_) => {}
    }
}
