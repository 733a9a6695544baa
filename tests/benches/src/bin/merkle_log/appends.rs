//! Single durable appends by many writers at once, with and without a keeper of heads beside them.
//!
//! As a server does it: the keeper looks five times a second, hashes what has come and signs it. Writers and keeper share
//! the cores. Two books take turns, so that both are always as long.

use std::path::Path;
use std::sync::Arc;

use api::heads::Heads;
use benches::events::{append_one_by_one, payloads};
use benches::rounds::{Rounds, Unit, rate, row};
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog};
use tokio::sync::watch;

use crate::Failure;

const WRITERS: usize = 64;
const EVENTS_A_WRITER: usize = 4_000;
const ROUNDS: usize = 9;

pub(crate) async fn measure(work: &Path) -> Result<(), Failure> {
    let open = |name: &str| EmbeddedLog::open(work.join(name), &EmbeddedOptions::default()).map(Arc::new);
    let (kept, bare) = (open("kept")?, open("bare")?);
    let heads = Heads::open(&work.join("heads"), "bench", Arc::<EmbeddedLog>::clone(&kept))?;
    let (mut of_bare, mut with, mut without) = (Rounds::default(), Rounds::default(), Rounds::default());
    let events = WRITERS * EVENTS_A_WRITER;
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        let (stop, stopped) = watch::channel(false);
        let keeping = tokio::spawn(heads.clone().keep(stopped));
        let kept = append(&kept).await?;
        stop.send(true)?;
        keeping.await?;
        // What the keeper has not come to yet is not to be done while the other book is measured.
        heads.newest().await?;
        let bare = append(&bare).await?;
        if round > 0 {
            with.push(kept);
            without.push(bare);
            of_bare.push(kept / bare);
        }
    }
    let amount = format!("{WRITERS} writers, {events} events, one at a time");
    println!("{}", row("appends with a Merkle log / without", &amount, &of_bare, Unit::Percent, "≥ 95 %"));
    println!("{}", row("appends with a Merkle log, this machine", &amount, &with, Unit::PerSecond, ""));
    println!("{}", row("appends without, this machine", &amount, &without, Unit::PerSecond, ""));
    kept.close().await;
    bare.close().await;
    Ok(())
}

async fn append(log: &Arc<EmbeddedLog>) -> Result<f64, Failure> {
    let started = std::time::Instant::now();
    let write = |log: Arc<EmbeddedLog>| async move {
        append_one_by_one(log.as_ref() as &dyn EventLog, &payloads(), EVENTS_A_WRITER).await
    };
    let tasks: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(write(Arc::clone(log)))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(rate(WRITERS * EVENTS_A_WRITER, started.elapsed()))
}
