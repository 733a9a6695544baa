//! Several nodes with one book, which a cluster keeps.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::sync::Arc;

use domain::metadata::Role;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, NewEvent, Position, StreamName};
use event_log_eventstore::Engine;
use event_log_grpc::{Access, Admission, Authority, Credentials, Face, Grant, Settings};
use projections::registry::VIEWS;
use projections::replay::Replayed;
use projections::runner::Until;
use serde_json::{Value, json};
use support::{Market, PRODUCT};

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
    let [kept, one, other] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let book = EmbeddedLog::open(kept.path(), &EmbeddedOptions { segment_bytes: 4 << 20 }).unwrap();
    let settings = Settings { anonymous: Access::Append, ..Settings::new("127.0.0.1:0".parse().unwrap()) };
    let face = Face::start(Arc::new(book), Arc::new(Everybody), Arc::new(Everybody), settings).await.unwrap();
    let engine: Engine = format!("esdb://{}?tls=false", face.address()).parse().unwrap();

    let first = Market::open_on(&engine, one.path()).await;
    first.stock().await;
    let second = Market::open_on(&engine, other.path()).await;
    has(&second, end(&first)).await;
    let query = "query($id: ID!) { product(id: $id) { title offers { condition } } }";
    let [here, there] = [&first, &second].map(|node| node.ask(None, query, json!({ "id": PRODUCT })));
    let (here, there) = tokio::join!(here, there);
    assert_eq!(here, there);
    assert_eq!(here["data"]["product"]["title"], "iPhone 13 128 GB", "{here}");
    assert_eq!(here["data"]["product"]["offers"].as_array().map(Vec::len), Some(1), "{here}");

    let product = json!({ "title": "Pixel 8", "brand": "Google", "category": "smartphones", "subcategory": "pixel" });
    second.done(Role::Operator, "catalogueProduct", "CatalogueProductInput", product, "product { id }").await;
    has(&first, end(&second)).await;
    has(&second, end(&first)).await;

    let auditor = vec![("Authorization", format!("Bearer {}", first.token(Role::Auditor)))];
    let told: Value = first.raw("/views", auditor, None).await.json();
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
}
