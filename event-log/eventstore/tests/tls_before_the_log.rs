//! The client gives rustls a provider for the whole process, and stops over one that is there. Alone in its file, because
//! a process has one.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

mod support;

use event_log::LogError;
use event_log_eventstore::EventStoreLog;
use support::{LONG, Node};

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_opened_after_tls_was_set_up_says_so_at_once() {
    let node = Node::open().await;
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let connection = node.connection();
    let opening = EventStoreLog::open(&connection, node.directory.path().join("numbers"));
    let refused = tokio::time::timeout(LONG, opening).await.unwrap().unwrap_err();
    assert!(matches!(&refused, LogError::Refused { message, .. } if message.contains("before")), "{refused}");
}
