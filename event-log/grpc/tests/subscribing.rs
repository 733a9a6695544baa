//! A subscription delivers what comes after its place, says how far it is, and never ends well.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use chrono::{TimeDelta, Utc};
use event_log::EventLog;
use event_log_grpc::wire::Empty;
use event_log_grpc::wire::streams::read_req::options::filter_options::{Expression, Filter, Window};
use event_log_grpc::wire::streams::read_req::options::stream_options::RevisionOption;
use event_log_grpc::wire::streams::read_req::options::{FilterOption, FilterOptions, all_options::AllOption};
use event_log_grpc::wire::streams::read_resp::{CaughtUp, Content};
use event_log_grpc::wire::streams::{ReadReq, ReadResp};
use event_log_grpc::{Access, Settings};
use support::{Node, all, at, end, loopback, next, of, position, refused, subscription};
use tonic::{Code, Request, Streaming};

const START: AllOption = AllOption::Start(Empty {});

async fn subscribe(node: &Node, request: ReadReq) -> Streaming<ReadResp> {
    let mut answers = node.client().await.read(request).await.unwrap().into_inner();
    assert!(matches!(next(&mut answers).await, Content::Confirmation(_)), "clients want this first");
    answers
}

/// What comes until it has caught up: the positions of events, and where it says it is.
async fn caught_up(answers: &mut Streaming<ReadResp>) -> (Vec<u64>, CaughtUp) {
    let mut seen = Vec::new();
    loop {
        let content = next(answers).await;
        if let Content::CaughtUp(caught_up) = content {
            return (seen, caught_up);
        }
        seen.push(position(&content).unwrap());
    }
}

#[tokio::test]
async fn a_subscription_to_the_book_begins_after_its_position_and_goes_live() {
    let node = Node::open().await;
    node.has("order-1", 0..1500).await;
    for (from, first) in [(START, 0), (at(0), 1), (at(1498), 1499), (at(1499), 1500), (AllOption::End(Empty {}), 1500)]
    {
        let mut answers = subscribe(&node, subscription(all(from))).await;
        let (seen, told) = caught_up(&mut answers).await;
        assert_eq!(seen, (first..1500).collect::<Vec<_>>());
        assert_eq!(told.position.unwrap().commit_position, 1499);
    }
    let mut answers = subscribe(&node, subscription(all(at(1499)))).await;
    caught_up(&mut answers).await;
    node.has("order-2", 1500..1503).await;
    for live in 1500..1503 {
        assert_eq!(position(&next(&mut answers).await), Some(live));
    }
}

#[tokio::test]
async fn a_subscription_to_a_stream_begins_after_its_revision_and_goes_live() {
    let node = Node::open().await;
    node.has("order-1", 0..1000).await;
    node.has("review-1", 1000..1010).await;
    let revision = |revision| of("order-1", RevisionOption::Revision(revision));
    let start = of("order-1", RevisionOption::Start(Empty {}));
    let ends = of("order-1", RevisionOption::End(Empty {}));
    for (from, first) in [(start, 0), (revision(0), 1), (revision(998), 999), (revision(999), 1000), (ends, 1000)] {
        let mut answers = subscribe(&node, subscription(from)).await;
        let (seen, told) = caught_up(&mut answers).await;
        assert_eq!(seen, (first..1000).collect::<Vec<_>>());
        assert_eq!(told.stream_revision, Some(999));
    }
    let mut answers = subscribe(&node, subscription(revision(999))).await;
    caught_up(&mut answers).await;
    node.has("review-1", 1010..1020).await;
    node.has("order-1", 1020..1022).await;
    assert_eq!(position(&next(&mut answers).await), Some(1020));
    assert_eq!(position(&next(&mut answers).await), Some(1021));
}

#[tokio::test]
async fn a_subscription_to_a_stream_that_is_not_there_waits_for_it() {
    let node = Node::open().await;
    let mut answers = subscribe(&node, subscription(of("order-1", RevisionOption::Start(Empty {})))).await;
    let (seen, told) = caught_up(&mut answers).await;
    assert_eq!((seen, told.stream_revision), (Vec::new(), None));
    node.has("order-2", 0..1).await;
    node.has("order-1", 1..2).await;
    assert_eq!(position(&next(&mut answers).await), Some(1));
}

#[tokio::test]
async fn a_filtered_subscription_tells_how_far_it_looked() {
    let node = Node::open().await;
    node.has("order-1", 0..25).await;
    let mut request = subscription(all(START));
    let wanted = Expression { regex: "^nothing$".to_owned(), prefix: Vec::new() };
    let options = FilterOptions {
        filter: Some(Filter::EventType(wanted)),
        window: Some(Window::Max(5)),
        checkpoint_interval_multiplier: 2,
    };
    request.options.as_mut().unwrap().filter_option = Some(FilterOption::Filter(options));
    let mut answers = subscribe(&node, request.clone()).await;
    let mut told = Vec::new();
    while let Content::Checkpoint(checkpoint) = next(&mut answers).await {
        told.push(checkpoint.commit_position);
    }
    assert_eq!(told, [9, 19, 24], "every 5 × 2, and once when it has caught up");
    node.has("order-1", 25..35).await;
    let Content::Checkpoint(live) = next(&mut answers).await else { panic!("no checkpoint") };
    assert_eq!(live.commit_position, 34);

    let mut never = request;
    let Some(FilterOption::Filter(options)) = &mut never.options.as_mut().unwrap().filter_option else { panic!() };
    options.checkpoint_interval_multiplier = 0;
    refused(node.client().await.read(never).await, Code::InvalidArgument, "checkpointIntervalMultiplier");
}

#[tokio::test]
async fn a_position_that_the_book_never_had_is_refused() {
    let node = Node::open().await;
    node.has("order-1", 0..3).await;
    let answer = node.client().await.read(subscription(all(at(3)))).await;
    refused(answer, Code::InvalidArgument, "restored from an older backup");
}

#[tokio::test]
async fn no_subscription_ends_well_when_the_node_stops_or_the_book_is_closed() {
    for closed in [false, true] {
        let node = Node::open().await;
        node.has("order-1", 0..3).await;
        let mut of_all = subscribe(&node, subscription(all(START))).await;
        let mut of_one = subscribe(&node, subscription(of("order-1", RevisionOption::Start(Empty {})))).await;
        caught_up(&mut of_all).await;
        caught_up(&mut of_one).await;
        if closed {
            node.log.close().await;
        } else {
            let stopping = node.face.stop();
            assert_eq!(tokio::join!(stopping, end(&mut of_all)).1.code(), Code::Unavailable);
            assert_eq!(end(&mut of_one).await.code(), Code::Unavailable);
            continue;
        }
        assert_eq!(end(&mut of_all).await.code(), Code::Unavailable);
        assert_eq!(end(&mut of_one).await.code(), Code::Unavailable);
    }
}

#[tokio::test]
async fn a_subscription_lasts_no_longer_than_its_token() {
    let settings = Settings { anonymous: Access::Nothing, ..Settings::new(loopback()) };
    let node = Node::with(settings, Some(Utc::now() + TimeDelta::milliseconds(300))).await;
    let mut request = Request::new(subscription(all(START)));
    request.metadata_mut().insert("authorization", "Bearer reader".parse().unwrap());
    let mut answers = node.client().await.read(request).await.unwrap().into_inner();
    let status = end(&mut answers).await;
    assert_eq!(status.code(), Code::Unauthenticated, "{status}");
    assert_eq!(node.log.next_position().await.unwrap().0, 0);
}

#[tokio::test]
async fn there_are_so_many_subscriptions_and_who_leaves_makes_room() {
    let node = Node::open().await;
    node.has("order-1", 0..3).await;
    let (mut one, mut other) = (node.client().await, node.client().await);
    let mut subscriptions = Vec::new();
    for _ in 0..128 {
        subscriptions.push(one.read(subscription(all(START))).await.unwrap().into_inner());
        subscriptions.push(other.read(subscription(all(START))).await.unwrap().into_inner());
    }
    let mut late = node.client().await;
    refused(late.read(subscription(all(START))).await, Code::Unavailable, "busy");
    drop(subscriptions.pop());
    let room = async {
        while late.read(subscription(all(START))).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(support::LONG, room).await.unwrap();
}
