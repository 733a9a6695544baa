//! What the rest of the process does with TLS once the log is open. Alone in its file, because a process has one default
//! provider.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

mod support;

use event_log::{EventLog, Expected};
use event_log_eventstore::EventStoreLog;
use support::{Node, events, stream};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_another_provider_later_is_told_no_and_the_log_goes_on() {
    let node = Node::open().await;
    let log = node.log().await;
    // As everything of ours that speaks TLS does: the first provider stays, and is as good.
    assert!(rustls::crypto::ring::default_provider().install_default().is_err());
    log.append(&stream("a-1"), Expected::NoStream, events(0..1)).await.unwrap();
    let another = EventStoreLog::open(&node.connection(), node.directory.path().join("elsewhere")).await.unwrap();
    another.append(&stream("a-1"), Expected::Any, events(1..2)).await.unwrap();
}
