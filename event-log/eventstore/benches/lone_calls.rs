//! What a lone call costs: through the log, and through the bare client beside it, against the same server.
//!
//! `cargo bench -p event-log-eventstore`. Prints medians in microseconds and how many times faster the log is; then what
//! many together come to.

#![allow(clippy::unwrap_used, reason = "where it fails it should stop, and say where")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::Utc;
use event_log::embedded::EmbeddedOptions;
use event_log::{Direction, EmbeddedLog, EventLog, Expected, NewEvent, StreamAppend, StreamName};
use event_log_eventstore::EventStoreLog;
use event_log_grpc::{Access, Admission, Authority, Credentials, Face, Grant, Settings};
use eventstore::{AppendToStreamOptions, Client, EventData, ReadStreamOptions};
use tokio::runtime::Builder;
use uuid::Uuid;

const CALLS: usize = 60;
const TOGETHER: usize = 5000;
/// Between calls, so that each is alone.
const APART: Duration = Duration::from_millis(10);

struct Everybody;

impl Authority for Everybody {
    fn grant(&self, _: &Credentials) -> Result<Grant, String> {
        Ok(Grant { access: Access::Append, until: None })
    }
}

impl Admission for Everybody {
    fn admit(&self, _: &StreamName, _: &NewEvent) -> Result<(), String> {
        Ok(())
    }
}

async fn median(mut call: impl AsyncFnMut()) -> u128 {
    let mut took = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        tokio::time::sleep(APART).await;
        let began = Instant::now();
        call().await;
        took.push(began.elapsed().as_micros());
    }
    took.sort_unstable();
    took[CALLS / 2]
}

fn event() -> NewEvent {
    let (id, data) = (Uuid::new_v4(), Bytes::from_static(b"{}"));
    NewEvent { id, event_type: "Happened".into(), schema: 1, occurred_at: Utc::now(), data, metadata: Bytes::new() }
}

fn report(what: &str, bare: u128, ours: u128) {
    let tenths = bare * 10 / ours.max(1);
    println!("{what:<24} bare client {bare:>7} µs   log {ours:>7} µs   {}.{} times", tenths / 10, tenths % 10);
}

fn main() {
    let server = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let book = EmbeddedLog::open(directory.path().join("book"), &EmbeddedOptions { segment_bytes: 1 << 20 }).unwrap();
    let settings = Settings { anonymous: Access::Append, ..Settings::new("127.0.0.1:0".parse().unwrap()) };
    let face = Face::start(Arc::new(book), Arc::new(Everybody), Arc::new(Everybody), None, settings);
    let face = server.block_on(face).unwrap();
    let connection = format!("esdb://{}?tls=false", face.address());
    let stream = StreamName::new("a-1").unwrap();

    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(async {
        let client = Client::new(connection.parse().unwrap()).unwrap();
        let began = Instant::now();
        client.server_info().await.unwrap();
        let bare_first = began.elapsed().as_micros();
        let append = AppendToStreamOptions::default();
        let bare_append = median(async || {
            let event = EventData::json("Happened", &serde_json::json!({})).unwrap().id(Uuid::new_v4());
            client.append_to_stream("b-1", &append, event).await.unwrap();
        });
        let bare_append = bare_append.await;
        let read = ReadStreamOptions::default().max_count(1);
        let bare_read = median(async || {
            let mut events = client.read_stream("b-1", &read).await.unwrap();
            while events.next().await.unwrap().is_some() {}
        });
        let bare_read = bare_read.await;

        let began = Instant::now();
        let log = EventStoreLog::open(&connection, directory.path().join("numbers")).await.unwrap();
        report("first answer", bare_first, began.elapsed().as_micros());
        let append = median(async || {
            log.append(&stream, Expected::Any, vec![event()]).await.unwrap();
        });
        let append = append.await;
        report("append (ours numbered)", bare_append, append);
        let read = median(async || {
            log.read_stream(&stream, None, Direction::Forwards, 1).await.unwrap();
        });
        let read = read.await;
        report("read a stream", bare_read, read);

        let appends = (0..TOGETHER).map(|number| StreamAppend {
            stream: StreamName::new(format!("c-{}", number % 50)).unwrap(),
            expected: Expected::Any,
            events: vec![event()],
        });
        let began = Instant::now();
        log.append_each(appends.collect()).await.unwrap();
        let took = began.elapsed().as_millis().max(1);
        println!("{TOGETHER} appends together  {took} ms, {} a second", TOGETHER as u128 * 1000 / took);
        let began = Instant::now();
        let read = log.read_all(None, Direction::Forwards, usize::MAX).await.unwrap().len() as u128;
        let took = began.elapsed().as_millis().max(1);
        println!("{read} events read in order  {took} ms, {} a second", read * 1000 / took);
    });
}
