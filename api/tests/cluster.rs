//! Several nodes with one book, which a cluster keeps.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use api::esdb::FaceSettings;
use api::keys::{KeyNode, KeyPlace};
use api::opened::Places;
use domain::metadata::Role;
use event_log::Position;
use event_log_grpc::Settings as Face;
use projections::data_directory::DataDirectory;
use projections::registry::VIEWS;
use projections::replay::Replayed;
use projections::runner::Until;
use serde_json::{Value, json};
use support::{Market, PRODUCT};
use tempfile::TempDir;

/// A node that keeps the book and the keys, and comes back at the same address.
async fn keeper(directory: &Path, listen: SocketAddr) -> Market {
    let data = DataDirectory::new(directory);
    let face = FaceSettings { face: Face::new(listen), share_keys: true };
    Market::open_in(&Places::own(&data), &data, Some(face)).await
}

/// A node on the book and the keys of another.
async fn node(keeper: &Market, secret: &Path) -> (Market, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let data = DataDirectory::new(directory.path());
    std::fs::copy(secret, data.token_secret()).unwrap();
    let address = keeper.server.esdb_address().unwrap();
    let token = keeper.token(Role::Node);
    let log = format!("esdb://staff:{token}@{address}?tls=false&defaultDeadline=1000").parse().unwrap();
    let keys = KeyPlace::Node(KeyNode { address: format!("http://{address}"), authority: None });
    let places = Places { log, keys, ..Places::own(&data) };
    (Market::open_in(&places, &data, None).await, directory)
}

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// Waits until a node has what is in the book up to `end`.
async fn has(node: &Market, end: Position) {
    let mut news = node.server.app().executor.platform().book.log().watch_next_position();
    news.wait_for(|next| *next >= end).await.unwrap();
    node.server.settled().await.unwrap();
}

fn end(node: &Market) -> Position {
    *node.server.app().executor.platform().book.log().watch_next_position().borrow()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_commanded_at_one_node_is_served_by_the_other_to_the_same_digest() {
    let kept = tempfile::tempdir().unwrap();
    let secret = DataDirectory::new(kept.path()).token_secret();
    let keeper = keeper(kept.path(), anywhere()).await;
    let (first, _one) = node(&keeper, &secret).await;
    first.stock().await;
    let (second, _other) = node(&keeper, &secret).await;
    has(&second, end(&first)).await;
    let query = "query($id: ID!) { product(id: $id) { title offers { condition } } }";
    let [here, there] = [&first, &second].map(|node| node.ask(None, query, json!({ "id": PRODUCT })));
    let (here, there) = tokio::join!(here, there);
    assert_eq!(here, there);
    assert_eq!(here["data"]["product"]["title"], "iPhone 13 128 GB", "{here}");
    assert_eq!(here["data"]["product"]["offers"].as_array().map(Vec::len), Some(1), "{here}");

    second.done(Role::Operator, "catalogueProduct", "CatalogueProductInput", pixel(), "product { id }").await;
    has(&first, end(&second)).await;
    has(&second, end(&first)).await;

    let told = views(&first).await;
    let position = told["next"].as_u64().and_then(|next| next.checked_sub(1)).map(Position);
    let moment = told["momentMicros"].as_i64().map(projections::view::instant);
    let log = second.server.app().executor.platform().book.log().clone();
    let replayed = tokio::task::spawn_blocking(move || {
        let rows = tempfile::tempdir().unwrap();
        let until = Until { position, moment };
        Replayed::new(log.as_ref(), &VIEWS, until, rows.path(), &|_, _| {}).unwrap().digests().unwrap()
    });
    for (name, digest) in replayed.await.unwrap() {
        assert_eq!(told["digests"][name], json!(digest.to_string()), "{name}");
    }
    first.server.stop().await;
    second.server.stop().await;
    keeper.server.stop().await;
}

fn pixel() -> Value {
    json!({ "title": "Pixel 8", "brand": "Google", "category": "smartphones", "subcategory": "pixel" })
}

async fn views(market: &Market) -> Value {
    let auditor = vec![("Authorization", format!("Bearer {}", market.token(Role::Auditor)))];
    market.raw("/views", auditor, None).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_seals_another_opens_until_any_of_them_destroys_the_key() {
    let kept = tempfile::tempdir().unwrap();
    let secret = DataDirectory::new(kept.path()).token_secret();
    let keeper = keeper(kept.path(), anywhere()).await;
    let [(first, one), (second, other), (third, _)] =
        [node(&keeper, &secret).await, node(&keeper, &secret).await, node(&keeper, &secret).await];
    for directory in [&one, &other] {
        assert!(!DataDirectory::new(directory.path()).vault().exists(), "a node without keys of its own keeps none");
    }
    let book = |market: &Market| market.server.app().executor.platform().book.clone();
    let subject = "review-00000000-0000-4000-8000-000000000001";
    let sealed = book(&first).keys().keys_to_seal(&[subject]).await.unwrap().seal(subject, b"c", b"a text").unwrap();
    for market in [&keeper, &first, &second] {
        let keys = book(market).keys().keys_to_open(&[subject, "review-unknown"]).await.unwrap();
        assert_eq!(keys.open_sealed(subject, b"c", &sealed).unwrap().as_deref(), Some(&b"a text"[..]));
        assert_eq!(keys.open_sealed("review-unknown", b"c", &sealed).unwrap(), None);
    }
    assert!(book(&first).keys().destroy(subject).await.unwrap());
    assert!(!book(&second).keys().destroy(subject).await.unwrap());
    for market in [&keeper, &first, &second, &third] {
        assert!(market.has_forgotten(subject).await);
        let again = book(market).keys().keys_to_seal(&[subject]).await.unwrap_err();
        assert!(matches!(&again, event_log::LogError::Sealing { subject: named, .. } if named == subject), "{again}");
    }
    for market in [first, second, third, keeper] {
        market.server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_its_log_answers_reads_and_refuses_writes_until_the_log_is_back() {
    let kept = tempfile::tempdir().unwrap();
    let secret = DataDirectory::new(kept.path()).token_secret();
    let log = keeper(kept.path(), anywhere()).await;
    let address = log.server.esdb_address().unwrap();
    let (market, _directory) = node(&log, &secret).await;
    market.stock().await;
    has(&market, end(&market)).await;
    let query = "query($id: ID!) { product(id: $id) { title provenance { position } } }";
    let before = market.ask(None, query, json!({ "id": PRODUCT })).await;
    assert_eq!(before["errors"], Value::Null, "{before}");
    log.server.stop().await;

    let refused =
        market.command(Role::Operator, "catalogueProduct", "CatalogueProductInput", pixel(), "product { id }");
    let refused = refused.await;
    assert_eq!(refused["userErrors"][0]["code"], "UNAVAILABLE", "{refused}");
    assert_eq!(market.ask(None, query, json!({ "id": PRODUCT })).await, before);

    let log = keeper(kept.path(), address).await;
    while market.command(Role::Operator, "catalogueProduct", "CatalogueProductInput", pixel(), "product { id }").await["userErrors"]
        != json!([])
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    has(&market, end(&log)).await;
    let after = market.ask(None, query, json!({ "id": PRODUCT })).await;
    let position = |answer: &Value| answer["data"]["product"]["provenance"]["position"].clone();
    assert_ne!(position(&after), position(&before), "{after}");
    market.server.stop().await;
    log.server.stop().await;
}
