//! The generator's own count of its recipients, against those of the book that they are written into.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use domain::Refusal;
use domain::activity::ActivityMonth;
use domain::calendar::Month;
use domain::ids::CommandId;
use domain::metadata::Actor;
use domain::recording::Cause;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, Expected, StreamName};
use fixtures::half_year::{HalfYear, Made};
use projections::active_recipients::{ActiveRecipients, ActiveRecipientsReader, Counted, MonthRow, regenerate};
use projections::registry::ViewKind;
use projections::replay::Replayed;
use projections::runner::Until;
use projections::view::View;
use uuid::Uuid;

fn half() -> HalfYear {
    HalfYear { period: "2026-H1".parse().unwrap(), recipients: 60_000, seed: 45 }
}

/// A book of it, and how many recipients each month has.
fn written(log: &EmbeddedLog, half: &HalfYear) -> Vec<(Month, Made)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let of_month = |month: Month| {
        let made = half.month(month, |seen| {
            let cause = Cause::new(CommandId(Uuid::new_v4()), Actor::system("edge"));
            let events = fixtures::unsealed(vec![seen.into()], &cause, month.next().begins()).unwrap();
            let stream = StreamName::new(ActivityMonth::stream_of(month)).unwrap();
            runtime.block_on(log.append(&stream, Expected::Any, events)).unwrap();
            Ok::<_, Refusal>(())
        });
        (month, made.unwrap())
    };
    half.period.months().into_iter().map(of_month).collect()
}

#[test]
fn r_5_01_r_5_04_a_generated_half_year_has_as_many_recipients_as_its_generator_made() {
    let directory = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(directory.path().join("log"), &EmbeddedOptions { segment_bytes: 1 << 24 }).unwrap();
    let half = half();
    let made = written(&log, &half);
    let (average, _) = regenerate(&log, half.period, Until::default(), &|_, _| {}).unwrap();
    assert_eq!(average.numerator(), 6 * half.recipients);
    let kind = ViewKind::named(ActiveRecipients::NAME).unwrap();
    let replayed = Replayed::new(&log, &[kind], Until::default(), &directory.path().join("views"), &|_, _| {}).unwrap();
    let counted = Counted::default();
    let reader = ActiveRecipientsReader::new(replayed.rows(kind).unwrap(), &counted);
    assert_eq!(reader.average(half.period).unwrap(), average);
    for ((month, made), (_, row)) in made.into_iter().zip(&average.months) {
        let MonthRow { union, buyers, traders, visitors, .. } = *row;
        assert_eq!((union, [buyers, traders, visitors]), (made.union, made.by_role), "{month}");
        let by_state: Vec<u64> = row.states().map(|(_, count)| count).collect();
        assert_eq!(by_state, made.by_state, "{month}");
        assert!(by_state.iter().sum::<u64>() > union, "some travel");
        assert!(made.by_role.iter().sum::<u64>() > union, "some buy and sell");
    }
}
