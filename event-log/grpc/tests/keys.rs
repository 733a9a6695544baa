//! The subjects' keys go to other nodes, and to nobody else.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use event_log::{KeyService, LogError, MasterKey, OwnKeys, SubjectKeys, Vault};
use event_log_grpc::{Access, Face, RemoteKeys, Settings};
use support::{AllButForbidden, Tokens, loopback};
use tempfile::TempDir;

/// Keys that count how often they are asked for.
struct Counted(OwnKeys, AtomicUsize);

#[async_trait]
impl KeyService for Counted {
    async fn keys_to_seal(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.keys_to_seal(subjects).await
    }

    async fn keys_to_open(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.keys_to_open(subjects).await
    }

    async fn destroy(&self, subject: &str) -> Result<bool, LogError> {
        self.0.destroy(subject).await
    }

    fn forget_stale(&self) {
        self.0.forget_stale();
    }
}

struct Keeper {
    keys: Arc<Counted>,
    face: Face,
    directory: TempDir,
}

fn own(directory: &Path) -> OwnKeys {
    OwnKeys(Arc::new(Vault::open(directory.join("vault"), MasterKey::from_bytes([7; 32])).unwrap()))
}

async fn shown(directory: &Path, keys: Option<Arc<dyn KeyService>>, listen: SocketAddr) -> Face {
    let log = event_log::EmbeddedLog::open(
        directory.join("log"),
        &event_log::embedded::EmbeddedOptions { segment_bytes: 1 << 20 },
    );
    let settings = Settings { anonymous: Access::Append, ..Settings::new(listen) };
    let tokens = Arc::new(Tokens { until: None });
    Face::start(Arc::new(log.unwrap()), tokens, Arc::new(AllButForbidden), keys, settings).await.unwrap()
}

async fn keeper() -> Keeper {
    let directory = tempfile::tempdir().unwrap();
    let keys = Arc::new(Counted(own(directory.path()), AtomicUsize::new(0)));
    let face = shown(directory.path(), Some(Arc::clone(&keys) as _), loopback()).await;
    Keeper { keys, face, directory }
}

fn at(address: SocketAddr, token: &'static str) -> RemoteKeys {
    RemoteKeys::new(&format!("http://{address}"), None, Box::new(move || Ok(token.to_owned()))).unwrap()
}

const SUBJECT: &str = "review-1";

#[tokio::test]
async fn what_is_sealed_with_keys_from_there_is_opened_with_keys_from_there() {
    let keeper = keeper().await;
    let [one, other] = [(); 2].map(|()| at(keeper.face.address(), "writer"));
    let sealed = one.keys_to_seal(&[SUBJECT]).await.unwrap().seal(SUBJECT, b"c", b"text").unwrap();
    let opened = other.keys_to_open(&[SUBJECT, "review-2"]).await.unwrap();
    assert_eq!(opened.open_sealed(SUBJECT, b"c", &sealed).unwrap().as_deref(), Some(&b"text"[..]));
    assert_eq!(opened.iter().count(), 1, "of a subject without a key there is none");
    keeper.face.stop().await;
    // It is on disk there: opened again by whoever has the directory.
    drop(keeper.keys);
    let keys = own(keeper.directory.path()).keys_to_open(&[SUBJECT]).await.unwrap();
    assert_eq!(keys.open_sealed(SUBJECT, b"c", &sealed).unwrap().as_deref(), Some(&b"text"[..]));
}

#[tokio::test]
async fn nobody_gets_keys_without_a_nodes_token_even_where_everybody_may_append() {
    let keeper = keeper().await;
    for token in ["reader", "unknown", ""] {
        let keys = at(keeper.face.address(), token);
        for refused in [keys.keys_to_seal(&[SUBJECT]).await, keys.keys_to_open(&[SUBJECT]).await] {
            assert!(matches!(&refused, Err(LogError::Refused { .. })), "{token}: {refused:?}");
        }
        assert!(matches!(keys.destroy(SUBJECT).await, Err(LogError::Refused { .. })), "{token}");
    }
    assert_eq!(keeper.keys.1.load(Ordering::Relaxed), 0);
    let directory = tempfile::tempdir().unwrap();
    let face = shown(directory.path(), None, loopback()).await;
    let refused = at(face.address(), "writer").keys_to_open(&[SUBJECT]).await.unwrap_err();
    assert!(refused.to_string().contains("does not share its keys"), "{refused}");
}

#[tokio::test]
async fn a_destroyed_subject_is_refused_to_every_node_that_would_seal_for_it() {
    let keeper = keeper().await;
    let [one, other] = [(); 2].map(|()| at(keeper.face.address(), "writer"));
    for keys in [&one, &other] {
        keys.keys_to_seal(&[SUBJECT]).await.unwrap();
    }
    assert!(one.destroy(SUBJECT).await.unwrap());
    assert!(!other.destroy(SUBJECT).await.unwrap());
    for keys in [&one, &other] {
        let refused = keys.keys_to_seal(&["review-2", SUBJECT]).await.unwrap_err();
        assert!(matches!(&refused, LogError::Sealing { subject, .. } if subject == SUBJECT), "{refused}");
        assert_eq!(keys.keys_to_open(&[SUBJECT]).await.unwrap().iter().count(), 0);
    }
    let refused = one.keys_to_seal(&[""]).await.unwrap_err();
    assert!(matches!(refused, LogError::Invalid { field: "subject", .. }), "{refused}");
}

#[tokio::test]
async fn those_who_ask_together_ask_once_and_what_was_opened_lately_is_not_asked_for() {
    let keeper = keeper().await;
    let names: Vec<String> = (0..40).map(|number| format!("review-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    keeper.keys.0.keys_to_seal(&names).await.unwrap();
    let keys = at(keeper.face.address(), "writer");
    let all = futures::future::join_all(names.iter().map(|name| async {
        assert_eq!(keys.keys_to_open(&[*name]).await.unwrap().iter().count(), 1);
    }));
    all.await;
    let asked = keeper.keys.1.load(Ordering::Relaxed);
    assert!(asked <= 2, "asked {asked} times");
    keys.keys_to_open(&names).await.unwrap();
    assert_eq!(keeper.keys.1.load(Ordering::Relaxed), asked);
}

#[tokio::test]
async fn a_keeper_that_is_gone_is_unavailable_and_one_that_is_back_answers() {
    let Keeper { keys: kept, face, directory } = keeper().await;
    let address = face.address();
    let keys = at(address, "writer");
    keys.keys_to_seal(&[SUBJECT]).await.unwrap();
    face.stop().await;
    for refused in [keys.keys_to_open(&[SUBJECT]).await, keys.keys_to_seal(&[SUBJECT]).await] {
        assert!(matches!(&refused, Err(LogError::Unavailable { .. })), "{refused:?}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let face = shown(elsewhere.path(), Some(kept as _), address).await;
    while keys.keys_to_open(&[SUBJECT]).await.is_err() {
        tokio::task::yield_now().await;
    }
    face.stop().await;
    drop(directory);
}

#[test]
fn an_address_that_is_none_is_refused_with_what_it_should_be() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    for wrong in ["", "node-1:2113", "ftp://node-1", "https:/x y"] {
        let refused = RemoteKeys::new(wrong, None, Box::new(|| Ok(String::new()))).unwrap_err();
        assert!(refused.to_string().contains("https://node-1:2113"), "{wrong}: {refused}");
    }
}
