//! How recipients are counted, in words, with what of the book the words are about.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::calendar::ReportPeriod;
use domain::dsa_figure::METHOD;
use domain::policy::AllowedCategories;
use event_log::Recorded;

use super::Packet;
use super::policies::InForce;
use super::substance::{Counted, LAST_COUNTED_FILE, LastCounted};
use crate::template::filled;

const TEMPLATE: &str = include_str!("method.md");

/// The text.
pub(super) fn text(packet: &Packet) -> String {
    let (first, last) = ReportPeriod::from(packet.period).days();
    let average = &packet.average;
    filled(
        TEMPLATE,
        &[
            ("period", packet.period.to_string()),
            ("first_day", first.to_string()),
            ("last_day", last.to_string()),
            ("method", METHOD.to_string()),
            ("average", average.decimal()),
            ("numerator", average.numerator().to_string()),
            ("denominator", average.denominator().to_string()),
            ("counted", counted(&packet.substance.counted)),
            ("last_counted", last_counted(packet.substance.last_counted())),
            ("policies", policies(&packet.substance.policies)),
        ],
    )
}

fn counted(counted: &[Counted]) -> String {
    if counted.is_empty() {
        return "No event of the book counts in the period.".to_owned();
    }
    let row = |Counted { kind, events, first, last }: &Counted| {
        format!("\n| `{}` | {events} | {first} | {} |", kind.name(), last.position)
    };
    let rows: String = counted.iter().map(row).collect();
    format!(
        "| event | how many count in the period | first position | last position |\n| --- | --- | --- | --- |{rows}"
    )
}

fn last_counted(last: Option<LastCounted>) -> String {
    last.map_or_else(String::new, |LastCounted { position, hash }| {
        format!(
            "The last event that counts stands at position {position} and has the hash\n`{hash}`; `{LAST_COUNTED_FILE}` proves \
             that.\nWhat it says is about recipients and not shown here: whoever has the book can read it there, and compute its \
             hash."
        )
    })
}

fn policies(versions: &[InForce]) -> String {
    let row = |version: &InForce| {
        let (from, until) = (moment(version.since(), "the beginning"), moment(version.until, "–"));
        let InForce { policies, event, .. } = version;
        let (adopted, proof) = match (event, version.proof_file()) {
            (Some(event), Some(file)) => (adopted_by(event), format!("`{file}`")),
            (Some(_) | None, _) => ("no event: what the program has built in".to_owned(), "–".to_owned()),
        };
        let sold = sold(&policies.categories);
        format!("\n| {} | {from} | {until} | {sold} | {} | {adopted} | {proof} |", policies.version, policies.currency)
    };
    let rows: String = versions.iter().map(row).collect();
    format!(
        "| version | from | until | categories that may be sold in | currency of prices | adopted by | proof |\n\
         | --- | --- | --- | --- | --- | --- | --- |{rows}"
    )
}

fn adopted_by(event: &Recorded) -> String {
    let Recorded { event_type, id, stream, revision, position, .. } = event;
    format!("`{event_type}` {id}, stream `{stream}`, revision {revision}, position {position}")
}

fn sold(categories: &AllowedCategories) -> String {
    match categories {
        AllowedCategories::Electronics(categories) => {
            categories.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        AllowedCategories::Any => "any".to_owned(),
    }
}

/// A moment, or what is said where there is none.
pub(super) fn moment(moment: Option<DateTime<Utc>>, none: &str) -> String {
    moment.map_or_else(|| none.to_owned(), |moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
