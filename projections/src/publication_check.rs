//! A publication of a figure against what the book says as of its position (R-5-05): the one place that says whether they agree,
//! and in which words they differ, for both programs.

use domain::dsa_figure::{DsaFigurePublished, FigureMonth, METHOD};
use event_log::Position;

use crate::Checkpoint;
use crate::active_recipients::Average;

/// Where a publication's figure was read.
#[must_use]
pub fn read_at(published: &DsaFigurePublished) -> Checkpoint {
    let next = Position(published.position.saturating_add(1));
    Checkpoint { next, moment_micros: published.as_of.timestamp_micros() }
}

/// In what a publication differs from what the book says: the first thing from the outside in.
#[must_use]
pub fn difference(published: &DsaFigurePublished, regenerated: &Average, reached: Checkpoint) -> Option<String> {
    if published.method != METHOD {
        return Some(format!("it was counted by method {}; this program counts by {METHOD}", published.method));
    }
    if reached != read_at(published) {
        return Some(format!("it was read at {}; the book is there at {reached}", read_at(published)));
    }
    difference_in_figure(published, regenerated)
}

/// In what the figure of a publication differs from one that was read at any position.
#[must_use]
pub fn difference_in_figure(published: &DsaFigurePublished, regenerated: &Average) -> Option<String> {
    let found = regenerated.published_months();
    if let Some((then, now)) = published.months.iter().zip(&found).find(|(then, now)| then != now) {
        return Some(of_month(then, now));
    }
    let then = (published.numerator, published.denominator, published.digest.to_string());
    let now = (regenerated.numerator(), regenerated.denominator(), regenerated.digest().to_string());
    let said =
        |(numerator, denominator, digest): &(u64, u64, String)| format!("{numerator}/{denominator}, digest {digest}");
    (then != now || published.months.len() != found.len())
        .then(|| format!("published was {}; the book says {}", said(&then), said(&now)))
}

fn of_month(then: &FigureMonth, now: &FigureMonth) -> String {
    let FigureMonth { month, .. } = now;
    if then.month != now.month {
        return format!("published was {} where the book has {month}", then.month);
    }
    if then.union != now.union {
        return format!("published of {month} were {} recipients; the book says {}", then.union, now.union);
    }
    let parts = [
        ("by part", then.by_role != now.by_role),
        ("by Member State", then.by_member_state != now.by_member_state),
        ("the visits left out", then.excluded != now.excluded),
    ];
    let differing: Vec<_> = parts.iter().filter(|(_, differs)| *differs).map(|(part, _)| *part).collect();
    format!("of {month} the recipients are the same, but not {}", differing.join(", "))
}
