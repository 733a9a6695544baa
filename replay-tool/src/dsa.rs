//! `dsa --period P`: the figure of DSA art. 24(2), with its months, Member States, address and digest, regenerated from the
//! book; what was published of it, and whether that can be regenerated, is in `published.rs`.

use chrono::SecondsFormat;
use domain::calendar::{ReportPeriod, SixMonths};
use domain::dsa_figure::METHOD;
use domain::threshold::{VERY_LARGE, WARNING_LEVEL};
use projections::Checkpoint;
use projections::active_recipients::{Average, Fraction};
use serde_json::{Value, json};

use crate::Outcome;
use crate::arguments::At;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::output::{say, say_that_it_grows};

pub(crate) fn run(data: &Data, period: SixMonths, at: &At, as_json: bool) -> Result<Outcome, ToolError> {
    let log = book::log(data)?;
    let (average, reached) = book::regenerate(log.as_ref(), period, at.until())?;
    if as_json {
        say!("{:#}", json(period, &average, reached));
    } else {
        print(period, &average, reached);
    }
    if !ReportPeriod::from(period).is_over_at(reached.moment()) {
        say_that_it_grows(period);
    }
    Ok(Outcome::Good)
}

fn print(period: SixMonths, average: &Average, reached: Checkpoint) {
    say!("Average monthly active recipients in the Union, {period} (Regulation (EU) 2022/2065, art. 24(2))");
    say!();
    say!("month    recipients   buyers  traders  visitors");
    for (month, row) in &average.months {
        say!("{month}  {:>10} {:>8} {:>8} {:>9}", row.union, row.buyers, row.traders, row.visitors);
    }
    say!();
    say!("average      {}", mean(average));
    say!("threshold    {VERY_LARGE}: {}", if average.below_threshold() { "below" } else { "reached" });
    say!(
        "distance     {}; the average is {} % of the threshold",
        average.distance().decimal(2),
        average.percent_of_threshold().decimal(2)
    );
    say!("trend        {} from the first three months' mean to the last three's", average.change_within().decimal(2));
    say!("address      {}", reached);
    say!("digest       {}", average.digest());
}

/// A mean, rounded and exact.
pub(crate) fn mean(average: &Average) -> String {
    format!("{} ({}/{})", average.decimal(), average.numerator(), average.denominator())
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
            "visitors": row.visitors,
            "byMemberState": states,
            "excluded": { "bots": row.excluded.bots, "incidental": row.excluded.incidental },
        })
    });
    json!({
        "period": period.to_string(),
        "method": METHOD,
        "final": ReportPeriod::from(period).is_over_at(reached.moment()),
        "months": months.collect::<Vec<_>>(),
        "average": average.decimal(),
        "averageNumerator": average.numerator(),
        "averageDenominator": average.denominator(),
        "threshold": VERY_LARGE,
        "warningLevel": WARNING_LEVEL,
        "belowThreshold": average.below_threshold(),
        "level": average.level().name(),
        "distance": fraction(average.distance()),
        "percentOfThreshold": average.percent_of_threshold().decimal(2),
        "trendWithinPeriod": fraction(average.change_within()),
        "position": reached.next.0.checked_sub(1),
        "asOf": reached.moment().to_rfc3339_opts(SecondsFormat::AutoSi, true),
        "digest": average.digest().to_string(),
    })
}

/// A fraction as GraphQL has it: its whole numbers as text, for they may be larger than what programs read without loss.
fn fraction(fraction: Fraction) -> Value {
    json!({
        "numerator": fraction.numerator().to_string(),
        "denominator": fraction.denominator().to_string(),
        "rounded": fraction.decimal(2),
    })
}
