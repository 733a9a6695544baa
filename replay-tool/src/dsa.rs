//! `dsa --period P`: the figure of DSA art. 24(2), with its months, Member States, address and digest.

use chrono::SecondsFormat;
use domain::calendar::SixMonths;
use domain::dsa_figure::VERY_LARGE;
use projections::Checkpoint;
use projections::active_recipients::{ActiveRecipients, ActiveRecipientsReader, Average};
use projections::registry::ViewKind;
use projections::view::View;
use serde_json::{Value, json};

use crate::Outcome;
use crate::arguments::At;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::output::say;

pub(crate) fn run(data: &Data, period: SixMonths, at: &At, as_json: bool) -> Result<Outcome, ToolError> {
    let kind = ViewKind::named(ActiveRecipients::NAME)?;
    let replayed = book::replay(data, &[kind], at.until())?;
    let average = ActiveRecipientsReader(replayed.views.rows(kind)?).average(period)?;
    let reached = replayed.views.address();
    if as_json {
        say!("{:#}", json(period, &average, reached));
        return Ok(Outcome::Good);
    }
    say!("Average monthly active recipients in the Union, {period} (Regulation (EU) 2022/2065, art. 24(2))");
    say!();
    say!("month    recipients   buyers  traders");
    for (month, row) in &average.months {
        say!("{month}  {:>10} {:>8} {:>8}", row.union, row.buyers, row.traders);
    }
    say!();
    say!("average      {} ({}/{})", average.decimal(), average.numerator(), average.denominator());
    say!("threshold    {VERY_LARGE}: {}", if average.below_threshold() { "below" } else { "reached" });
    say!("address      {}", book::address(reached));
    say!("digest       {}", average.digest());
    Ok(Outcome::Good)
}

/// A figure, for programs.
pub(crate) fn json(period: SixMonths, average: &Average, reached: Checkpoint) -> Value {
    let months = average.months.iter().map(|(month, row)| {
        let states: serde_json::Map<_, _> =
            row.states().map(|(state, count)| (state.code().to_owned(), count.into())).collect();
        json!({
            "month": month.to_string(),
            "recipients": row.union,
            "buyers": row.buyers,
            "traders": row.traders,
            "byMemberState": states,
            "excluded": { "bots": row.excluded.bots, "incidental": row.excluded.incidental },
        })
    });
    json!({
        "period": period.to_string(),
        "months": months.collect::<Vec<_>>(),
        "average": average.decimal(),
        "averageNumerator": average.numerator(),
        "averageDenominator": average.denominator(),
        "threshold": VERY_LARGE,
        "belowThreshold": average.below_threshold(),
        "position": reached.next.0.checked_sub(1),
        "asOf": reached.moment().to_rfc3339_opts(SecondsFormat::AutoSi, true),
        "digest": average.digest().to_string(),
    })
}
