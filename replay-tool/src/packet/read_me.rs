//! The page to begin with, for a reader who has never seen Marktboek.

use domain::calendar::ReportPeriod;
use domain::threshold::VERY_LARGE;
use projections::active_recipients::MonthRow;

use super::{Packet, method};
use crate::heads;
use crate::template::filled;

const TEMPLATE: &str = include_str!("read_me.md");

/// The version of this program, whose words these are.
pub(super) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// The text.
pub(super) fn text(packet: &Packet) -> String {
    let Packet { period, average, head, .. } = packet;
    let (first, last) = ReportPeriod::from(*period).days();
    let months = average.months.iter().map(|(month, row)| {
        let MonthRow { union, buyers, traders, visitors, .. } = row;
        format!("| {month} | {union} | {buyers} | {traders} | {visitors} |")
    });
    let over = if packet.is_final() { "was over then" } else { "was **not over** then, and its figures still grow" };
    let begins = packet.substance.begins;
    let late = if begins.is_some_and(|begins| begins > ReportPeriod::from(*period).begins()) {
        ", **after the period began**: of what was before, it knows nothing, and counts nobody"
    } else {
        ""
    };
    filled(
        TEMPLATE,
        &[
            ("period", period.to_string()),
            ("origin", head.head.origin.clone()),
            ("first_day", first.to_string()),
            ("last_day", last.to_string()),
            ("average", average.decimal()),
            ("numerator", average.numerator().to_string()),
            ("denominator", average.denominator().to_string()),
            ("threshold", VERY_LARGE.to_string()),
            ("below", if average.below_threshold() { "below" } else { "reached" }.to_owned()),
            ("position", packet.position().to_string()),
            ("as_of", packet.as_of()),
            ("over", over.to_owned()),
            ("begins", method::moment(begins, "no event")),
            ("begins_late", late.to_owned()),
            ("head", heads::shown(head)),
            ("signed_at", heads::signed_at(head)),
            ("program", PROGRAM.to_owned()),
            ("months", months.collect::<Vec<_>>().join("\n")),
        ],
    )
}
