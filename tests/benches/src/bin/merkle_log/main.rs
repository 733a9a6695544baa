//! What the Merkle log costs: appends with and without it, checking a whole book against reading it and against SHA-256
//! alone, and proofs over a million events.
//!
//! `merkle-log`; set `TMPDIR` to choose the disk. It takes about 6 GB there.

#![allow(clippy::float_arithmetic, reason = "a measurement is not money, and nothing is decided by it")]

mod appends;
mod proofs;
mod verifying;

use std::error::Error;

use benches::rounds::HEAD;
use benches::work::WorkDirectory;

type Failure = Box<dyn Error + Send + Sync>;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let work = WorkDirectory::named_or_temporary(None)?;
    println!("{HEAD}");
    appends::measure(work.path()).await?;
    let book = work.path().join("million");
    verifying::fill(&book).await?;
    let at = book.clone();
    tokio::task::spawn_blocking(move || verifying::measure(&at).and_then(|()| proofs::measure(&at))).await?
}
