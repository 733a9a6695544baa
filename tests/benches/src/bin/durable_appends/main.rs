//! Single durable appends by many writers at once: the embedded book, the disk's own limit, PostgreSQL.
//!
//! Each of 64 writers appends one event at a time to a stream of its own and waits for the acknowledgement, as 64
//! requests at once would. The disk's limit is one thread that writes the same bytes in groups of the same mean size
//! into a file prepared as a segment is, and syncs each. PostgreSQL gets the same events by 64 connections, each a
//! transaction of one INSERT, with its own defaults (`fsync` and `synchronous_commit` on).
//!
//! `durable-appends [POSTGRES-URL]`; `with-postgres.sh` starts a PostgreSQL for it.

#![allow(clippy::float_arithmetic, reason = "a measurement is not money, and nothing is decided by it")]

mod bare;
mod book;
mod postgres;

use std::error::Error;

use benches::rounds::{HEAD, Rounds, Unit, rate, row};
use benches::work::WorkDirectory;

use crate::bare::Bare;
use crate::book::Book;
use crate::postgres::Postgres;

/// As many as requests at once on a busy day.
const WRITERS: usize = 64;
const EVENTS_A_WRITER: usize = 2_000;
/// PostgreSQL is slower, and rounds are to take about as long.
const POSTGRES_EVENTS_A_WRITER: usize = 200;
const ROUNDS: usize = 9;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let work = WorkDirectory::named_or_temporary(None)?;
    let book = Book::open(&work.path().join("book"))?;
    let mut postgres = match std::env::args().nth(1) {
        Some(url) => Some(Postgres::connect(&url, WRITERS).await?),
        None => None,
    };
    let (mut of_limit, mut of_postgres) = (Rounds::default(), Rounds::default());
    let (mut books, mut bares, mut tables) = (Rounds::default(), Rounds::default(), Rounds::default());
    let (mut groups, mut bytes) = (0.0, 0);
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        let appended = book.append(WRITERS, EVENTS_A_WRITER).await?;
        let bare = Bare::prepare(&work.path().join("bare"), &appended)?;
        let bare = tokio::task::spawn_blocking(move || bare.write()).await??;
        let table = match &mut postgres {
            Some(postgres) => Some(postgres.insert(POSTGRES_EVENTS_A_WRITER).await?),
            None => None,
        };
        if round == 0 {
            continue;
        }
        let ours = rate(appended.events, appended.elapsed);
        let bare = rate(bare.events, bare.elapsed);
        books.push(ours);
        bares.push(bare);
        of_limit.push(ours / bare);
        if let Some((events, elapsed)) = table {
            let table = rate(events, elapsed);
            tables.push(table);
            of_postgres.push(ours / table);
        }
        groups += rate(appended.events, std::time::Duration::from_secs(1)) / appended.groups.max(1.0);
        bytes = appended.bytes / appended.events;
    }
    let group = groups / rate(ROUNDS, std::time::Duration::from_secs(1));
    let amount =
        format!("{WRITERS} writers, {} events of {bytes} bytes, {group:.1} a group", WRITERS * EVENTS_A_WRITER);
    println!("{HEAD}");
    println!("{}", row("appends / the disk's limit", &amount, &of_limit, Unit::Percent, "≥ 70 %"));
    if postgres.is_some() {
        println!("{}", row("appends / PostgreSQL", &amount, &of_postgres, Unit::Times, "≥ 5 ×"));
    }
    println!("{}", row("the book, this machine", &amount, &books, Unit::PerSecond, ""));
    println!("{}", row("the disk's limit, this machine", "the same bytes and groups", &bares, Unit::PerSecond, ""));
    if postgres.is_some() {
        let amount = format!("{WRITERS} connections, {} events", WRITERS * POSTGRES_EVENTS_A_WRITER);
        println!("{}", row("PostgreSQL, this machine", &amount, &tables, Unit::PerSecond, ""));
    } else {
        eprintln!("without PostgreSQL: run tests/benches/with-postgres.sh to compare with it");
    }
    Ok(())
}
