//! The `eventstore` client itself, as other people's programs use it, on a book that the built program keeps: what our
//! engine on it has no use for too, as subscriptions to a stream and filters. Those of Python and Node.js are in
//! `tests/clients/`.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::ops::Range;
use std::time::Duration;

use eventstore::{
    AppendToStreamOptions, Client, CurrentRevision, Error, EventData, ExpectedRevision, Position, ReadAllOptions,
    ReadStream, ReadStreamOptions, RecordedEvent, ResolvedEvent, StreamPosition, SubscribeToAllOptions,
    SubscribeToStreamOptions, Subscription, SubscriptionEvent, SubscriptionFilter, WriteResult,
};
use tests::node::{Node, month, visits};
use tokio::time::{sleep, timeout};

/// For whatever would otherwise hang a test that fails.
const LONG: Duration = Duration::from_secs(120);
/// How long a node that is away is left alone.
const PAUSE: Duration = Duration::from_millis(50);

fn client(connection: &str) -> Client {
    Client::new(connection.parse().unwrap()).unwrap()
}

fn new_event(of_month: u32, number: u128) -> EventData {
    let event = visits(of_month, number);
    let data: serde_json::Value = serde_json::from_slice(&event.data).unwrap();
    EventData::json(&*event.event_type, &data).unwrap().id(event.id).metadata(event.metadata)
}

async fn append(
    client: &Client,
    of_month: u32,
    expected: ExpectedRevision,
    numbers: Range<u128>,
) -> Result<WriteResult, Error> {
    let events: Vec<_> = numbers.map(|number| new_event(of_month, number)).collect();
    let options = AppendToStreamOptions::default().expected_revision(expected);
    client.append_to_stream(month(of_month).as_str(), &options, events).await
}

async fn ids(events: Result<ReadStream, Error>) -> Vec<u128> {
    let (mut events, mut ids) = (events.unwrap(), Vec::new());
    while let Some(event) = events.next().await.unwrap() {
        ids.push(event.get_original_event().id.as_u128());
    }
    ids
}

/// What can be subscribed to; everything here is in one month's stream and of one type.
#[derive(Debug, Clone, Copy)]
enum Source {
    Stream,
    All,
    AllByType,
    AllByStream,
}

const SOURCES: [Source; 4] = [Source::Stream, Source::All, Source::AllByType, Source::AllByStream];

impl Source {
    async fn subscribe(self, client: &Client, from: StreamPosition<&RecordedEvent>) -> Subscription {
        let filter = match self {
            Self::Stream => {
                let from = from.map(|event| event.revision);
                let options = SubscribeToStreamOptions::default().start_from(from);
                return client.subscribe_to_stream(month(5).as_str(), &options).await;
            }
            Self::All => None,
            Self::AllByType => Some(SubscriptionFilter::on_event_type().add_prefix("Recipients")),
            Self::AllByStream => Some(SubscriptionFilter::on_stream_name().regex("^activity-2026-05$")),
        };
        let from = from.map(|event| event.position);
        let options = SubscribeToAllOptions::default().position(from);
        let options = filter.into_iter().fold(options, SubscribeToAllOptions::filter);
        client.subscribe_to_all(&options).await
    }
}

async fn until_caught_up(subscription: &mut Subscription) -> Vec<u128> {
    let mut seen = Vec::new();
    loop {
        let next = timeout(LONG, subscription.next_subscription_event()).await.unwrap().unwrap();
        if let SubscriptionEvent::EventAppeared(event) = next {
            seen.push(event.get_original_event().id.as_u128());
        } else if let SubscriptionEvent::CaughtUp = next {
            return seen;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_expectation_is_kept_or_refused_and_both_ways_are_read() {
    let data = tempfile::tempdir().unwrap();
    let node = Node::start(data.path());
    let client = client(&node.connection("node"));
    use ExpectedRevision::{Any, Exact, NoStream, StreamExists};
    let wrong = async |expected, actual| {
        let refused = append(&client, 5, expected, 99..100).await;
        assert!(
            matches!(&refused, Err(Error::WrongExpectedVersion { current, .. }) if *current == actual),
            "{refused:?}"
        );
    };
    wrong(StreamExists, CurrentRevision::NoStream).await;
    wrong(Exact(3), CurrentRevision::NoStream).await;
    for (at, expected) in (0..).zip([NoStream, Exact(0), StreamExists, Any]) {
        for _ in ["new", "again"] {
            let written = append(&client, 5, expected, u128::from(at)..u128::from(at) + 1).await.unwrap();
            assert_eq!((written.next_expected_version, written.position.commit), (at, at), "{expected}");
        }
    }
    wrong(NoStream, CurrentRevision::Current(3)).await;
    wrong(Exact(2), CurrentRevision::Current(3)).await;
    append(&client, 6, NoStream, 4..10).await.unwrap();
    let unknown = EventData::json("Surprise", &serde_json::json!({})).unwrap().metadata(visits(5, 99).metadata);
    let options = AppendToStreamOptions::default();
    assert!(client.append_to_stream(month(5).as_str(), &options, unknown).await.is_err());

    let all = async |options: ReadAllOptions| ids(client.read_all(&options).await).await;
    let at = StreamPosition::Position(Position { commit: 3, prepare: 3 });
    let options = ReadAllOptions::default();
    assert_eq!(all(options.clone()).await, (0..10).collect::<Vec<_>>());
    assert_eq!(all(options.clone().position(StreamPosition::End)).await, (0..10).rev().collect::<Vec<_>>());
    assert_eq!(all(options.clone().max_count(2)).await, [0, 1]);
    assert_eq!(all(options.clone().position(StreamPosition::End).max_count(2)).await, [9, 8]);
    assert_eq!(all(options.clone().position(at).forwards().max_count(2)).await, [3, 4]);
    assert_eq!(all(options.position(at).backwards().max_count(2)).await, [2, 1]);
    let of = async |options: ReadStreamOptions| ids(client.read_stream(month(6).as_str(), &options).await).await;
    let options = ReadStreamOptions::default().max_count(2);
    assert_eq!(of(options.clone()).await, [4, 5]);
    assert_eq!(of(options.clone().position(StreamPosition::End).backwards()).await, [9, 8]);
    assert_eq!(of(options.clone().position(StreamPosition::Position(3))).await, [7, 8]);
    assert_eq!(of(options.position(StreamPosition::Position(3)).backwards()).await, [7, 6]);

    let auditor = self::client(&node.connection("auditor"));
    assert!(matches!(append(&auditor, 5, Any, 99..100).await, Err(Error::AccessDenied)));
    assert_eq!(ids(auditor.read_all(&ReadAllOptions::default()).await).await.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_subscription_catches_up_from_anywhere_and_goes_live() {
    let data = tempfile::tempdir().unwrap();
    let node = Node::start(data.path());
    let client = client(&node.connection("node"));
    append(&client, 5, ExpectedRevision::NoStream, 0..100).await.unwrap();
    let mut end = 100;
    let at = ReadStreamOptions::default().position(StreamPosition::Position(69)).max_count(1);
    let mut read = client.read_stream(month(5).as_str(), &at).await.unwrap();
    let there = read.next().await.unwrap().unwrap();
    let there = there.get_original_event();
    for source in SOURCES {
        for (from, first) in
            [(StreamPosition::Start, 0), (StreamPosition::Position(there), 70), (StreamPosition::End, u128::MAX)]
        {
            let mut subscription = source.subscribe(&client, from).await;
            assert_eq!(until_caught_up(&mut subscription).await, (first..end).collect::<Vec<_>>(), "{source:?}");
            append(&client, 5, ExpectedRevision::StreamExists, end..end + 3).await.unwrap();
            for number in end..end + 3 {
                let event = timeout(LONG, subscription.next()).await.unwrap().unwrap();
                assert_eq!(event.get_original_event().id.as_u128(), number, "{source:?}, live");
            }
            end += 3;
        }
    }
}

/// Whether a new client may have an answer.
fn is_away(error: &Error) -> bool {
    use Error::{ConnectionClosed, DeadlineExceeded, GrpcConnectionError, ServerError};
    matches!(error, ConnectionClosed | DeadlineExceeded | GrpcConnectionError(_) | ServerError(_))
}

/// The ids of so many events, from wherever the last subscription was when it was lost.
async fn follow(source: Source, connection: String, many: usize) -> Vec<u128> {
    let (mut seen, mut last) = (Vec::new(), None::<ResolvedEvent>);
    while seen.len() < many {
        let after = last.as_ref().map(ResolvedEvent::get_original_event);
        let from = after.map_or(StreamPosition::Start, StreamPosition::Position);
        let mut subscription = source.subscribe(&client(&connection), from).await;
        let lost = loop {
            match subscription.next().await {
                Ok(event) => {
                    seen.push(event.get_original_event().id.as_u128());
                    last = Some(event);
                }
                Err(error) => break error,
            }
            if seen.len() == many {
                return seen;
            }
        };
        assert!(is_away(&lost), "{source:?}: {lost}");
        sleep(PAUSE).await;
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_loses_and_doubles_nothing_for_anyone_who_asks_again() {
    const APPENDS: usize = 160;
    let data = tempfile::tempdir().unwrap();
    let mut node = Node::start(data.path());
    let connection = node.connection("node");
    let followers = SOURCES.map(|source| (source, tokio::spawn(follow(source, connection.clone(), APPENDS))));
    let (acknowledged, mut news) = tokio::sync::watch::channel(0);
    let writing = tokio::spawn(async move {
        let mut client = client(&connection);
        for number in 0..APPENDS as u64 {
            let expected = number.checked_sub(1).map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
            // Sent again with the same id: whoever gets no answer can't know whether it was done.
            while let Err(error) = append(&client, 5, expected, u128::from(number)..u128::from(number) + 1).await {
                assert!(is_away(&error), "{error}");
                sleep(PAUSE).await;
                client = self::client(&connection);
            }
            acknowledged.send_replace(number);
        }
    });
    for kill in [40, 80, 120] {
        timeout(LONG, news.wait_for(|number| *number >= kill)).await.unwrap().unwrap();
        node = node.killed_and_restarted().await;
    }
    timeout(LONG, writing).await.unwrap().unwrap();
    for (source, follower) in followers {
        let seen = timeout(LONG, follower).await.unwrap().unwrap();
        assert_eq!(seen, (0..APPENDS as u128).collect::<Vec<_>>(), "{source:?}");
    }
}
