//! Heads are signed while the book is served, and everybody may ask for them and for proofs.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use domain::metadata::Role;
use event_log::Position;
use event_log::merkle::{ConsistencyProof, Hash, InclusionProof, PublicHeadKey, SignedHead};
use serde_json::{Value, json};
use support::Market;

const HEAD: &str = "{ logHead { position size root signedAt key signature } logHeadKeys }";

async fn head(market: &Market) -> (SignedHead, Vec<PublicHeadKey>) {
    let answer = market.ask(None, HEAD, json!({})).await["data"].clone();
    let keys: Vec<PublicHeadKey> =
        answer["logHeadKeys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().parse().unwrap()).collect();
    let head = &answer["logHead"];
    let signed: SignedHead = head["signature"].as_str().unwrap().parse().unwrap();
    signed.verify(&keys).unwrap();
    assert_eq!(head["size"], signed.head.size.to_string());
    assert_eq!(head["root"], signed.head.root.to_string());
    assert_eq!(head["key"], signed.key_id());
    (signed, keys)
}

fn hashes(path: &Value) -> Vec<Hash> {
    path.as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_kept_a_head_is_shown_that_today_s_book_goes_on_from_it_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let (empty, _) = head(&market).await;
    assert_eq!((empty.head.size, empty.head.root), (0, Hash::of_nothing()));
    market.stock().await;
    // A head was signed a moment ago; another one is signed a second later.
    let mut earlier = head(&market).await.0;
    while earlier.head.size < 5 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        earlier = head(&market).await.0;
    }
    market.server.stop().await;

    let market = Market::open(directory.path()).await;
    let product = json!({ "title": "Pixel 8", "brand": "Google", "category": "smartphones", "subcategory": "pixel" });
    market.done(Role::Operator, "catalogueProduct", "CatalogueProductInput", product, "product { id }").await;
    let mut later = head(&market).await.0;
    while later.head.size <= earlier.head.size {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        later = head(&market).await.0;
    }
    assert_eq!(later.key_id(), earlier.key_id());
    let query = "query($from: String!, $to: String!) { consistencyProof(from: $from, to: $to) { path } }";
    let (from, to) = (earlier.head.size, later.head.size);
    let answer = market.ask(None, query, json!({ "from": from.to_string(), "to": to.to_string() })).await;
    let proof = ConsistencyProof { from, to, path: hashes(&answer["data"]["consistencyProof"]["path"]) };
    proof.verify(earlier.head.root, later.head.root).unwrap();

    let query = "query($at: String!, $of: String!) { inclusionProof(position: $at, size: $of) { leaf path } }";
    let log = market.server.app().executor.platform().book.log().clone();
    for position in [0, from - 1, to - 1] {
        let given = json!({ "at": position.to_string(), "of": to.to_string() });
        let answer = market.ask(None, query, given).await["data"]["inclusionProof"].clone();
        let event = log.scan(Position(position), 1).unwrap().remove(0);
        assert_eq!(answer["leaf"], Hash::of_event(&event).to_string());
        let proof = InclusionProof { position, size: to, path: hashes(&answer["path"]) };
        proof.verify(Hash::of_event(&event), later.head.root).unwrap();
    }
    for (at, of) in [("9999", "3"), ("0", "9999"), ("first", "3")] {
        let refused = market.ask(None, query, json!({ "at": at, "of": of })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID", "{refused}");
    }
    market.server.stop().await;
}
