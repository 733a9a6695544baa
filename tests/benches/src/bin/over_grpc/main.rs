//! The book through EventStoreDB's protocol, against the same book used directly: reading a million events by `$all`, and
//! single durable appends by 64 clients.
//!
//! Three ways to the same book take turns: directly; as any client of EventStoreDB goes, by the protocol's messages over a
//! real socket (here without the client's own work: tonic's bare stub); and as another node goes, `--log esdb://`. Clients
//! and server are one process and share its cores.

#![allow(clippy::float_arithmetic, reason = "a measurement is not money, and nothing is decided by it")]

mod stub;
mod ways;

use std::error::Error;
use std::sync::Arc;

use benches::rounds::{HEAD, Rounds, Unit, rate, row};
use benches::work::{WorkDirectory, bytes_on_disk};
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog};
use event_log_eventstore::EventStoreLog;
use event_log_grpc::{Access, Admission, Authority, Credentials, Face, Grant, Settings};

use crate::stub::Stub;
use crate::ways::{append, fill, scan};

const EVENTS: usize = 1_000_000;
const CLIENTS: usize = 64;
const EVENTS_A_CLIENT: usize = 500;
const ROUNDS: usize = 7;

type Failure = Box<dyn Error + Send + Sync>;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lets everybody do everything.
struct Everybody;

impl Authority for Everybody {
    fn grant(&self, _: &Credentials) -> Result<Grant, String> {
        Ok(Grant { access: Access::Append, until: None })
    }
}

impl Admission for Everybody {
    fn admit(&self, _: &event_log::StreamName, _: &event_log::NewEvent) -> Result<(), String> {
        Ok(())
    }
}

/// The rounds of one way.
#[derive(Default)]
struct Way {
    rates: Rounds,
    of_direct: Rounds,
}

impl Way {
    fn push(&mut self, rate: f64, direct: f64) {
        self.rates.push(rate);
        self.of_direct.push(rate / direct);
    }

    fn print(&self, what: &str, way: &str, amount: &str) {
        println!("{}", row(&format!("{what}, {way} / directly"), amount, &self.of_direct, Unit::Percent, ""));
        println!("{}", row(&format!("{what}, {way}, this machine"), amount, &self.rates, Unit::PerSecond, ""));
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let work = WorkDirectory::named_or_temporary(None)?;
    let directory = work.path().join("book");
    let book: Arc<dyn EventLog> = Arc::new(EmbeddedLog::open(&directory, &EmbeddedOptions::default())?);
    fill(book.as_ref(), EVENTS).await?;
    let bytes = bytes_on_disk(&directory)?;
    let settings = Settings { anonymous: Access::Append, ..Settings::new("127.0.0.1:0".parse()?) };
    let face = Face::start(Arc::clone(&book), Arc::new(Everybody), Arc::new(Everybody), None, settings).await?;
    let connection = format!("esdb://{}?tls=false", face.address());
    let node: Arc<dyn EventLog> = Arc::new(EventStoreLog::open(&connection, work.path().join("numbers")).await?);
    let stub = Stub::connect(face.address(), CLIENTS).await?;

    let [mut direct_reads, mut stub_reads, mut node_reads] = [(); 3].map(|()| Way::default());
    let [mut direct_appends, mut stub_appends, mut node_appends] = [(); 3].map(|()| Way::default());
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        let direct = rate(EVENTS, scan(Arc::clone(&book), EVENTS).await?);
        let by_stub = rate(EVENTS, stub.read(EVENTS).await?);
        let by_node = rate(EVENTS, scan(Arc::clone(&node), EVENTS).await?);
        if round > 0 {
            direct_reads.push(direct, direct);
            stub_reads.push(by_stub, direct);
            node_reads.push(by_node, direct);
        }
        let appended = CLIENTS * EVENTS_A_CLIENT;
        let direct = rate(appended, append(&book, CLIENTS, EVENTS_A_CLIENT).await?);
        let by_stub = rate(appended, stub.append(EVENTS_A_CLIENT).await?);
        let by_node = rate(appended, append(&node, CLIENTS, EVENTS_A_CLIENT).await?);
        if round > 0 {
            direct_appends.push(direct, direct);
            stub_appends.push(by_stub, direct);
            node_appends.push(by_node, direct);
        }
    }
    println!("{HEAD}");
    let amount = format!("{EVENTS} events, {} MiB on disk", bytes >> 20);
    println!("{}", row("reading, directly, this machine", &amount, &direct_reads.rates, Unit::PerSecond, ""));
    stub_reads.print("reading", "by gRPC", &amount);
    node_reads.print("reading", "by --log esdb://", &amount);
    let amount = format!("{CLIENTS} clients, {} events, one at a time", CLIENTS * EVENTS_A_CLIENT);
    println!("{}", row("appending, directly, this machine", &amount, &direct_appends.rates, Unit::PerSecond, ""));
    stub_appends.print("appending", "by gRPC", &amount);
    node_appends.print("appending", "by --log esdb://", &amount);
    node.close().await;
    face.stop().await;
    book.close().await;
    Ok(())
}
