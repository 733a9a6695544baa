//! A removed seller's listings come down, all of them and each once, however often the server is killed meanwhile.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use domain::EventKind;
use domain::event::Event;
use domain::ids::{CommandId, ListingId, ProductId, SellerId, StaffId};
use domain::metadata::Actor;
use domain::recording::Cause;
use domain::seller::{SellerCommand, SellerRemovalReason};
use domain::statement::StatementEvent;
use event_log::{Direction, EmbeddedLog, EventLog, Recorded};
use fixtures::{History, Marketplace, Occasion};
use projections::data_directory::DataDirectory;
use tests::books;
use tests::programs::marktboek;
use uuid::Uuid;

const LISTINGS: usize = 500;
/// The server is killed after so many more listings have come down.
const KILL_EVERY: usize = 20;
/// A server that has not come further by then never will: far longer than a slow machine needs.
const STUCK: Duration = Duration::from_secs(300);

const SELLER: SellerId = SellerId(Uuid::from_u128(1));
const PRODUCT: ProductId = ProductId(Uuid::from_u128(2));

/// A seller with many listings, who is removed; nothing has come down yet.
fn removed_seller() -> History {
    let mut market = Marketplace::new();
    let mut command = 0;
    let mut occasion = || {
        command += 1;
        let cause = Cause::new(CommandId(Uuid::from_u128(command)), Actor::system("test"));
        Occasion { at: "2026-01-05T10:00:00Z".parse().unwrap(), cause }
    };
    let listings = (0..LISTINGS).map(|number| ListingId(Uuid::from_u128(1_000 + number as u128)));
    fixtures::stall(&mut market, (SELLER, PRODUCT), listings, &mut occasion).unwrap();
    let remove = SellerCommand::Remove {
        reason: SellerRemovalReason::BreachOfTerms,
        explanation: "sold new phones".into(),
        decided_by: StaffId("o-1".into()),
    };
    market.seller(SELLER, remove, occasion()).unwrap();
    market.into_history()
}

fn serve(data: &Path) -> Child {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--clock", "2026-01-05T10:00:00Z"];
    marktboek(data, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn all(log: &EmbeddedLog) -> Vec<Recorded> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.read_all(None, Direction::Forwards, usize::MAX)).unwrap()
}

fn count(records: &[Recorded], kind: EventKind) -> usize {
    records.iter().filter(|record| &*record.event_type == kind.name()).count()
}

#[test]
fn r_2_2_04_nothing_is_left_for_sale_and_nothing_is_removed_twice_after_kills_all_along_the_way() {
    let data = books::with(&removed_seller());
    let directory = DataDirectory::new(data.path()).log();
    let (mut kills, mut target) = (0, 1);
    loop {
        let mut server = serve(data.path());
        let (log, begun) = (EmbeddedLog::open_read_only(&directory).unwrap(), Instant::now());
        let (removed, stated) = loop {
            log.refresh().unwrap();
            let records = all(&log);
            let counts =
                (count(&records, EventKind::ListingRemoved), count(&records, EventKind::StatementOfReasonsIssued));
            let finished = counts == (LISTINGS, LISTINGS + 1);
            if finished || (counts.0 >= target && counts.0 < LISTINGS) {
                break counts;
            }
            assert!(server.try_wait().unwrap().is_none(), "the server ended by itself");
            assert!(begun.elapsed() < STUCK, "nothing came down any more after {counts:?}");
            std::thread::yield_now();
        };
        server.kill().unwrap();
        server.wait().unwrap();
        if removed == LISTINGS && stated == LISTINGS + 1 {
            break;
        }
        kills += 1;
        target = removed + KILL_EVERY;
    }
    assert!(kills > 5, "killed {kills} times only: nothing was shown");
    let mut of_listing = BTreeMap::<String, usize>::new();
    let mut of_decision = BTreeMap::<Uuid, usize>::new();
    for record in all(&EmbeddedLog::open_read_only(&directory).unwrap()) {
        if &*record.event_type == EventKind::ListingRemoved.name() {
            *of_listing.entry(record.stream.to_string()).or_default() += 1;
        }
        let kind = EventKind::from_name(&record.event_type).unwrap();
        if let Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)) =
            Event::decode(kind, record.schema, &record.data).unwrap()
        {
            *of_decision.entry(issued.decision).or_default() += 1;
        }
    }
    assert_eq!(of_listing.len(), LISTINGS);
    assert!(of_listing.values().chain(of_decision.values()).all(|times| *times == 1));
    assert_eq!(of_decision.len(), LISTINGS + 1, "each removal is stated, and the seller's own (R-2.2-05)");
}
