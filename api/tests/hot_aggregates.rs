//! Commands on aggregates that are remembered: nothing is read first, and nothing is decided on what is old.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use api::clock::{Clock, ClockSetting};
use api::commands::Done;
use api::{ApiError, Book};
use async_trait::async_trait;
use domain::Aggregate;
use domain::ids::{CommandId, ComplaintId, SellerId, StaffId};
use domain::metadata::{Actor, Role};
use domain::recording::Cause;
use domain::seller::{Seller, SellerCommand, SellerRemovalReason, SellerStanding, SellerTermsAccepted, TraderContact};
use event_log::embedded::EmbeddedOptions;
use event_log::{
    Appended, Direction, EmbeddedLog, EventLog, LogError, MasterKey, OwnKeys, Position, Recorded, Revision,
    StreamAppend, StreamName, Subscription, Vault,
};
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

/// A log whose readings of sellers' streams are counted.
struct Counted(EmbeddedLog, AtomicUsize);

#[async_trait]
impl EventLog for Counted {
    async fn append_each(&self, appends: Vec<StreamAppend>) -> Result<Vec<Result<Appended, LogError>>, LogError> {
        self.0.append_each(appends).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Option<Revision>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        if stream.category() == Seller::CATEGORY {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
        self.0.read_stream(stream, from, direction, limit).await
    }

    async fn read_all(
        &self,
        from: Option<Position>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        self.0.read_all(from, direction, limit).await
    }

    async fn next_position(&self) -> Result<Position, LogError> {
        self.0.next_position().await
    }

    fn subscribe(&self, from: Position) -> Subscription {
        self.0.subscribe(from)
    }

    fn scan(&self, from: Position, max_events: usize) -> Result<Vec<Recorded>, LogError> {
        self.0.scan(from, max_events)
    }

    fn watch_next_position(&self) -> watch::Receiver<Position> {
        self.0.watch_next_position()
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

const SELLER: Uuid = Uuid::from_u128(1);

/// Two nodes on one log: what one does the other only knows when it reads.
struct Nodes {
    log: Arc<Counted>,
    one: Book,
    other: Book,
    _directory: TempDir,
}

impl Nodes {
    fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions { segment_bytes: 1 << 20 };
        let log = EmbeddedLog::open(directory.path().join("log"), &options).unwrap();
        let log = Arc::new(Counted(log, AtomicUsize::new(0)));
        let vault = Vault::open(directory.path().join("vault"), MasterKey::from_bytes([7; 32])).unwrap();
        let keys = Arc::new(OwnKeys(Arc::new(vault)));
        let clock = Arc::new(Clock::start(ClockSetting::System, log.as_ref()).unwrap());
        let book = || Book::new(Arc::clone(&log) as _, Arc::clone(&keys) as _, Arc::clone(&clock));
        let (one, other) = (book(), book());
        Self { log, one, other, _directory: directory }
    }

    /// How often the seller's stream was read since this was asked last.
    fn read(&self) -> usize {
        self.log.1.swap(0, Ordering::Relaxed)
    }
}

async fn does(node: &Book, number: u128, command: SellerCommand) -> Result<Done, ApiError> {
    let cause = Cause::new(CommandId(Uuid::from_u128(number)), Actor { role: Role::Operator, id: "o-1".to_owned() });
    node.execute(SELLER, &cause, |_: Seller| ready(Ok(command.clone()))).await
}

fn register() -> SellerCommand {
    let said = |text: &str| text.to_owned();
    SellerCommand::Register {
        seller: SellerId(SELLER),
        shop_name: said("Renew"),
        country: "BE".parse().unwrap(),
        trade_register_number: said("0123.456.789"),
        self_certified: true,
        contact: Box::new(TraderContact {
            name: said("Renew SRL"),
            address: said("Rue Neuve 1, 1000 Bruxelles"),
            phone: said("+32 2 123 45 67"),
            email: said("contact@renew.example"),
            identification: said("eID 1"),
            payment_account: said("BE68539007547034"),
        }),
        terms: SellerTermsAccepted { terms_version: said("2026-01"), quality_charter_version: said("4") },
    }
}

fn verify() -> SellerCommand {
    SellerCommand::Verify { checked_against: "KBO".to_owned() }
}

fn remove() -> SellerCommand {
    let (reason, explanation) = (SellerRemovalReason::BreachOfTerms, "sold new phones".to_owned());
    SellerCommand::Remove { reason, explanation, decided_by: StaffId("o-1".to_owned()) }
}

fn reinstate() -> SellerCommand {
    SellerCommand::Reinstate(ComplaintId(Uuid::from_u128(9)))
}

#[tokio::test]
async fn a_command_on_what_was_commanded_lately_reads_nothing_first() {
    let nodes = Nodes::open();
    does(&nodes.one, 1, register()).await.unwrap();
    nodes.read();
    for (number, command) in [(2, verify()), (3, remove()), (4, reinstate()), (5, remove())] {
        assert!(!does(&nodes.one, number, command).await.unwrap().already);
    }
    assert_eq!(nodes.read(), 0);
    // What is remembered is what anybody reads.
    assert_eq!(nodes.other.load::<Seller>(SELLER).await.unwrap().standing, SellerStanding::Removed);
}

#[tokio::test]
async fn what_another_node_did_is_found_by_the_append_or_before_anything_is_refused() {
    let nodes = Nodes::open();
    does(&nodes.one, 1, register()).await.unwrap();
    does(&nodes.one, 2, verify()).await.unwrap();
    does(&nodes.other, 3, remove()).await.unwrap();
    // Where it stood that would be refused.
    does(&nodes.one, 4, reinstate()).await.unwrap();
    // There the other one would append to a revision that is not the last.
    does(&nodes.other, 5, remove()).await.unwrap();
    // And this is refused for good.
    let refused = does(&nodes.one, 6, remove()).await.unwrap_err();
    assert!(matches!(refused, ApiError::Refused(_)), "{refused}");
    let (seller, records) = nodes.one.load_recorded::<Seller>(SELLER).await.unwrap();
    assert_eq!(seller.standing, SellerStanding::Removed);
    assert_eq!(records.len(), 6, "registering is two events");
}

#[tokio::test]
async fn r_0_04_a_command_is_answered_the_same_at_every_node_whatever_it_remembers() {
    let nodes = Nodes::open();
    does(&nodes.one, 1, register()).await.unwrap();
    does(&nodes.other, 2, verify()).await.unwrap();
    let first = does(&nodes.one, 3, remove()).await.unwrap();
    for node in [&nodes.one, &nodes.other, &nodes.one] {
        let again = does(node, 3, remove()).await.unwrap();
        assert_eq!(again, Done { position: first.position, already: true });
    }
    let events = nodes.one.load_recorded::<Seller>(SELLER).await.unwrap().1;
    assert_eq!(events.len(), 4);
}
