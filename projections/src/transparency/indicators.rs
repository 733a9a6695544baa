//! Parts 7 to 10: complaints, disputes and suspensions; automated means; moderators; active recipients.

use domain::place::MemberState;

use super::act::ComplaintAbout;
use super::columns;
use super::duration::half_to_even;
use super::figures::{ByCategory, ComplaintFigures, MeasureFigures, NoticeFigures, TransparencyFigures};
use super::heading::Heading;
use super::part::{ALL, Cell, Entry, HOSTING, PLATFORMS, Part, Stamp, VERY_LARGE, VERY_LARGE_OR_SEARCH};
use super::why::Why;
use crate::active_recipients::Average;

/// The official languages of the Union, in the order of their codes.
const LANGUAGES: [&str; 24] = [
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl",
    "pt", "ro", "sk", "sl", "sv",
];

/// What complaints are about, in the template's order; the one without a value is a restriction that the service lacks.
const ABOUT: [(&str, Option<ComplaintAbout>); 6] = [
    (
        "Complaint regarding a decision to remove or disable access to or restrict visibility of information",
        Some(ComplaintAbout::Visibility),
    ),
    (
        "Complaint regarding a decision to suspend or terminate the provision of the service",
        Some(ComplaintAbout::Service),
    ),
    ("Complaint regarding a decision to suspend or terminate an account ", Some(ComplaintAbout::Account)),
    ("Complaint regarding a decision to restrict the ability to monetise information", None),
    (
        "Complaint regarding a decision not to take action on a notice submitted in accordance with Article 16",
        Some(ComplaintAbout::Notice),
    ),
    (
        "Complaint regarding a decision not to take action on a notice submitted by a Trusted Flagger in accordance with \
         Article 16",
        Some(ComplaintAbout::TrustedFlaggersNotice),
    ),
];

/// Part 7.
pub(super) fn appeals(figures: &TransparencyFigures, stamp: &Stamp) -> Part {
    let mut rows = complaints(figures, stamp);
    rows.extend(disputes(figures, stamp));
    rows.extend(suspensions(figures, stamp));
    Part {
        number: 7,
        name: "appeals-and-recidivism",
        sheet: "7_appeals_and_recidivism",
        columns: columns::INDICATORS,
        rows,
    }
}

fn complaints(figures: &TransparencyFigures, stamp: &Stamp) -> Vec<Vec<Cell>> {
    const SECTION: &str = "Internal complaints mechanism";
    const SUBMITTED: &str = "Number of complaints submitted to the internal-complaints mechanism";
    const NEWLY: &str = "Number of restrictions newly imposed as a result of an internal complaint";
    let row = |applies_to, indicator: &str, scope: &str, entry| {
        stamp.row(applies_to, [SECTION, indicator, scope], vec![entry])
    };
    let of_terms = figures.complaints_about.get(&ComplaintAbout::NoticeOfTerms).map_or(0, |figures| figures.lodged);
    let [total, decided @ ..] = complaint_entries(&figures.complaints);
    let total = total.1.with(format!(
        "Those lodged in the period; decisions are those taken in it. In no row by kind below: {of_terms} about notices \
         that alleged only a breach of the terms."
    ));
    let mut rows = vec![row(ALL, SUBMITTED, "Total number", total)];
    rows.extend(decided.map(|(scope, entry)| row(PLATFORMS, SUBMITTED, scope, entry)));
    let omitted = Entry::count(0).with("A complaint ends by its decision and in no other way.");
    rows.push(row(PLATFORMS, SUBMITTED, "Decision omitted", omitted));
    let newly = Entry::count(figures.after_complaint).with(
        "Restrictions that name a notice which had led to nothing until a complaint about that was well-founded.",
    );
    rows.push(row(PLATFORMS, NEWLY, "Total number", newly));
    let none = ComplaintFigures::default();
    for (indicator, about) in ABOUT {
        let Some(about) = about else {
            let never = || Entry::unknown(Why::NoSuchRestriction);
            let [total, decided @ ..] = complaint_entries(&none);
            rows.push(row(PLATFORMS, indicator, total.0, never()));
            rows.extend(decided.map(|(scope, _)| row(PLATFORMS, indicator, scope, never())));
            continue;
        };
        let complaints = figures.complaints_about.get(&about).unwrap_or(&none);
        rows.extend(complaint_entries(complaints).map(|(scope, entry)| row(PLATFORMS, indicator, scope, entry)));
    }
    rows
}

fn complaint_entries(complaints: &ComplaintFigures) -> [(&'static str, Entry); 5] {
    [
        ("Total number", Entry::count(complaints.lodged)),
        ("Decisions upheld", Entry::count(complaints.upheld)),
        ("Decisions partially reversed", Entry::count(complaints.partially_reversed)),
        ("Decisions reversed", Entry::count(complaints.reversed)),
        ("Median time", Entry::median(&complaints.decided)),
    ]
}

/// What the book knows of disputes is about buyers' orders. A body of art. 21 settles others: those about content.
fn disputes(figures: &TransparencyFigures, stamp: &Stamp) -> Vec<Vec<Cell>> {
    const SECTION: &str = "Out-of-court dispute settlement bodies";
    const SUBMITTED: &str = "Number of disputes submitted to out-of-court dispute settlement bodies";
    let scopes = [
        "Total number",
        "Decisions upheld",
        "Decisions partially reversed",
        "Decisions reversed",
        "Median time",
        "Decision omitted",
        "Percentage of outcomes implemented",
    ];
    let closed =
        figures.order_disputes_closed.median().map_or_else(String::new, |median| format!(" (median {median} h)"));
    let of_orders = format!(
        "Disputes about buyers' orders, which are not under Article 21: {} brought before a mediator or \
         another body in the period, {} over in it{closed}.",
        figures.order_disputes,
        figures.order_disputes_closed.count(),
    );
    let row = |scope| {
        let unknown = Entry::unknown(Why::NotKept);
        let unknown = if scope == "Total number" { unknown.with(&of_orders) } else { unknown };
        stamp.row(PLATFORMS, [SECTION, SUBMITTED, scope], vec![unknown])
    };
    scopes.map(row).to_vec()
}

fn suspensions(figures: &TransparencyFigures, stamp: &Stamp) -> Vec<Vec<Cell>> {
    let illegal = Entry::count(figures.suspensions_for_illegal_content)
        .with("Accounts blocked for a time because of illegal content. Blocks for good are in part 5.");
    let never = || Entry::unknown(Why::NotKept).with("The platform itself never stops handling anybody's.");
    let indicators = [
        ("Number of suspensions enacted for the provision of manifestly illegal content ", illegal),
        ("Number of suspensions enacted for the provision of manifestly unfounded notices", never()),
        ("Number of suspensions enacted for the provision of manifestly unfounded complaints", never()),
    ];
    let of = |indicator| ["Suspensions imposed on repeated offenders", indicator, "Total number"];
    indicators.into_iter().map(|(indicator, entry)| stamp.row(PLATFORMS, of(indicator), vec![entry])).collect()
}

const BY_MACHINE: &str = "Number of measures solely taken by automated means ";
const BY_PEOPLE: &str = "Number of measures not taken by automated means";
const ACCURACY: [&str; 3] = [
    "Accuracy of the automated means - Accuracy",
    "Accuracy of the automated means - Precision",
    "Accuracy of the automated means - Recall",
];

/// Part 8.
pub(super) fn automated_means(figures: &TransparencyFigures, stamp: &Stamp) -> Part {
    const SECTION: &str = "Use of automated means for content moderation";
    let row = |applies_to, indicator: &str, scope: &str, entry| {
        stamp.row(applies_to, [SECTION, indicator, scope], vec![entry])
    };
    let mut rows = Vec::new();
    let mut block = |applies_to, scope: &str, [by_machine, by_people]: [(&str, Entry); 2], unused| {
        rows.push(row(applies_to, by_machine.0, scope, by_machine.1));
        rows.push(row(applies_to, by_people.0, scope, by_people.1));
        let why = if unused { Why::NothingToMeasure } else { Why::NotKept };
        rows.extend(ACCURACY.map(|indicator| row(applies_to, indicator, scope, Entry::unknown(why))));
    };
    for (scope, measures) in [("Total number", &figures.measures), ("Own-initiative ", &figures.own_initiative)] {
        let MeasureFigures { taken, automated, .. } = *measures;
        let counted = |count| Entry::count(count).with("Restrictions by their statements of reasons.");
        let (by_machine, by_people) = (counted(automated), counted(taken - automated));
        block(ALL, scope, [(BY_MACHINE, by_machine), (BY_PEOPLE, by_people)], automated == 0);
    }
    for (applies_to, scope, notices) in [
        (HOSTING, "NAM Total", &figures.notices),
        (PLATFORMS, "NAM Trusted Flagger", &figures.trusted_flaggers_notices),
    ] {
        let machine =
            Entry::count(0).with("Every notice is decided by a person; the book has no other decision of one.");
        let people = Entry::count(decided(notices)).with("Those decided in the period.");
        let solely = ("Number of notices solely processed by automated means ", machine);
        block(applies_to, scope, [solely, ("Number of notices not processed by automated means", people)], true);
    }
    let of_languages =
        [BY_MACHINE, BY_PEOPLE].into_iter().flat_map(|indicator| LANGUAGES.map(|code| (indicator, code)));
    let accuracies = LANGUAGES.into_iter().flat_map(|code| ACCURACY.map(|indicator| (indicator, code)));
    rows.extend(
        of_languages
            .chain(accuracies)
            .map(|(indicator, code)| row(VERY_LARGE, indicator, code, Entry::unknown(Why::NotAsked))),
    );
    Part { number: 8, name: "automated-means", sheet: "8_automated_means", columns: columns::INDICATORS, rows }
}

fn decided(notices: &ByCategory<NoticeFigures>) -> u64 {
    notices.of(Heading::Total).map_or(0, |figures| figures.decided)
}

/// Part 9. Who works for the operator is not in the book.
pub(super) fn human_resources(stamp: &Stamp) -> Part {
    const SECTION: &str = "Human resources dedicated to content moderation ";
    const EXPERTISE: &str = "Number of total moderators with sufficient linguistic expertise ";
    let totals = [
        ("Number of internal moderators employed by the provider", "Total number"),
        ("Number of external moderators contracted by the provider", "Total number"),
        (EXPERTISE, "Total number"),
    ];
    let rows = totals.into_iter().chain(LANGUAGES.map(|code| (EXPERTISE, code)));
    let unknown = || vec![Entry::unknown(Why::NotKept).with(Why::NotAsked.words())];
    let row = |(indicator, scope)| stamp.row(VERY_LARGE, [SECTION, indicator, scope], unknown());
    let rows = rows.map(row).collect();
    Part { number: 9, name: "human-resources", sheet: "9_human_resources", columns: columns::HUMAN_RESOURCES, rows }
}

/// Part 10, which is asked of very large platforms only: left blank.
pub(super) fn active_recipients(stamp: &Stamp) -> Part {
    recipients(["active-recipients", "10_AMAR"], stamp, |_| Entry::unsaid(Why::NotAsked))
}

/// The same rows as in part 10, filled of one's own will: a file of its own, since the official one is not for it.
pub(super) fn voluntary_active_recipients(average: &Average, stamp: &Stamp) -> Part {
    let mean = |sum: u64| {
        let mean = half_to_even(i128::from(sum), i128::from(average.denominator().max(1)));
        // A mean of counts fits where its counts do.
        Entry::count(u64::try_from(mean).unwrap_or(u64::MAX))
    };
    let in_state = |state: MemberState| -> u64 {
        let counts = average.months.iter().flat_map(|(_, row)| row.states());
        counts.filter(|(there, _)| *there == state).map(|(_, count)| count).sum()
    };
    let names = ["active-recipients-voluntary", "10_AMAR_voluntary"];
    recipients(names, stamp, |state| mean(state.map_or(average.numerator(), in_state)))
}

/// The rows of part 10: the Union, and each Member State.
fn recipients([name, sheet]: [&'static str; 2], stamp: &Stamp, entry: impl Fn(Option<MemberState>) -> Entry) -> Part {
    const INDICATOR: &str = "Number of average monthly active recipients during the reporting period ";
    let row = |scope: &str, entry| stamp.values(VERY_LARGE_OR_SEARCH, ["AMAR", INDICATOR, scope], &[entry]);
    let mut rows = vec![row("TOTAL", entry(None))];
    rows.extend(MemberState::ALL.map(|state| row(state.code(), entry(Some(state)))));
    Part { number: 10, name, sheet, columns: columns::ACTIVE_RECIPIENTS, rows }
}
