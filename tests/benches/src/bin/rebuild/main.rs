//! All views anew, against reading and decoding the same book alone.
//!
//! The rebuild is what `replay-tool rebuild` does: every view in a fresh directory, from the book's first event to its
//! last, sealed texts opened with the vault's keys, committed and flushed to disk. The limit reads the same book by the
//! same scan and decodes every event in full, as views are told of it, and lets it go: once on all cores, each with its
//! own stretch of the book and nothing to wait for, and once on one. The book is in the page cache for all of them.

#![allow(clippy::float_arithmetic, reason = "a measurement is not money, and nothing is decided by it")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use benches::rounds::{HEAD, Rounds, Unit, rate, row, timed};
use benches::work::{WorkDirectory, bytes_on_disk};
use benches::year;
use event_log::{EmbeddedLog, EventLog, Position};
use projections::ViewError;
use projections::registry::{Running, VIEWS};
use projections::runner::{self, BATCH_EVENTS, Until};
use projections::view::{Happened, kind_of};
use rayon::prelude::*;

/// So many of the demonstration's marketplaces make the large one.
const MARKETPLACES: u64 = 8;
const ROUNDS: usize = 9;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let work = WorkDirectory::named_or_temporary(None)?;
    let (history, preparing) = timed(|| year::history(MARKETPLACES));
    let (data, writing) = timed(|| year::write(&work.path().join("data"), &history));
    let data = data?;
    drop(history);
    let log = EmbeddedLog::open_read_only(data.log())?;
    let events = usize::try_from(log.refresh()?.0)?;
    eprintln!("{events} events: made in {:.1} s, written in {:.1} s", preparing.as_secs_f64(), writing.as_secs_f64());

    let (mut of_all, mut of_one) = (Rounds::default(), Rounds::default());
    let (mut rebuilds, mut on_all, mut on_one) = (Rounds::default(), Rounds::default(), Rounds::default());
    let mut views = 0;
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        let directory = work.path().join(format!("views-{round}"));
        let all = decode_on_all_cores(&log, events)?;
        let rebuilt = rebuild(&log, &directory)?;
        let one = decode_on_one_core(&log, events)?;
        views = bytes_on_disk(&directory)? >> 20;
        std::fs::remove_dir_all(&directory)?;
        if round == 0 {
            continue;
        }
        let [rebuilt, all, one] = [rebuilt, all, one].map(|elapsed| rate(events, elapsed));
        of_all.push(rebuilt / all);
        of_one.push(rebuilt / one);
        rebuilds.push(rebuilt);
        on_all.push(all);
        on_one.push(one);
    }
    let cores = rayon::current_num_threads();
    let amount = format!("{events} events into {} views of {views} MiB", VIEWS.len());
    let (all, one) = (format!("{events} events, {cores} cores"), format!("{events} events, 1 core"));
    println!("{HEAD}");
    println!("{}", row("rebuild / scan and decode on all cores", &amount, &of_all, Unit::Percent, "≥ 50 %"));
    println!("{}", row("rebuild / scan and decode on one core", &amount, &of_one, Unit::Percent, ""));
    println!("{}", row("rebuild, this machine", &amount, &rebuilds, Unit::PerSecond, ""));
    println!("{}", row("scan and decode, this machine", &all, &on_all, Unit::PerSecond, ""));
    println!("{}", row("scan and decode, this machine", &one, &on_one, Unit::PerSecond, ""));
    Ok(())
}

/// Makes every view anew, committed and on disk.
fn rebuild(log: &EmbeddedLog, directory: &Path) -> Result<Duration, ViewError> {
    let (made, elapsed) = timed(|| {
        let open = VIEWS.iter().map(|kind| kind.open(&directory.join(kind.name)));
        let mut views: Vec<Box<dyn Running>> = open.collect::<Result<_, _>>()?;
        runner::run(log, &mut views, Until::default(), BATCH_EVENTS, &|_, _| {})?;
        views.iter().try_for_each(|view| view.rows().flush())?;
        Ok(views)
    });
    made.map(|views| {
        drop(views);
        elapsed
    })
}

fn decode_on_all_cores(log: &EmbeddedLog, events: usize) -> Result<Duration, ViewError> {
    let stretches: Vec<usize> = (0..events).step_by(BATCH_EVENTS).collect();
    let (done, elapsed) =
        timed(|| stretches.par_iter().try_for_each(|from| decode(log, *from, events.min(from + BATCH_EVENTS))));
    done.map(|()| elapsed)
}

fn decode_on_one_core(log: &EmbeddedLog, events: usize) -> Result<Duration, ViewError> {
    let (done, elapsed) = timed(|| decode(log, 0, events));
    done.map(|()| elapsed)
}

/// Reads the events from a number to another, and decodes each as a view is told of it.
fn decode(log: &EmbeddedLog, from: usize, to: usize) -> Result<(), ViewError> {
    let mut at = from;
    while at < to {
        let records = log.scan(Position(at as u64), BATCH_EVENTS.min(to - at))?;
        // The book has them all; a scan that finds none would go on for ever.
        assert!(!records.is_empty(), "the book ends at {at} and not at {to}");
        at += records.len();
        for recorded in &records {
            std::hint::black_box(Happened::read(kind_of(recorded)?, recorded)?);
        }
    }
    Ok(())
}
