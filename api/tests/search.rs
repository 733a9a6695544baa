//! Product search, over a real socket.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use domain::metadata::Role;
use serde_json::{Value, json};
use support::{Market, listing_input};

const SEARCH: &str = "query S($query: String!, $first: Int, $after: String) { \
    searchProducts(query: $query, first: $first, after: $after) { \
    nodes { title offers { condition } } pageInfo { hasNextPage endCursor } } }";

/// A page as of the book's end.
async fn page(market: &Market, query: &str, first: u32, after: Value) -> Value {
    let end = market.server.app().executor.platform().book.log().next_position().await.unwrap().0;
    let position = end.checked_sub(1).map(|last| ("X-Marktboek-Position", last.to_string()));
    let body = json!({ "query": SEARCH, "variables": { "query": query, "first": first, "after": after } });
    let answer = market.raw("/graphql", position.into_iter().collect(), Some(body)).await.json();
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["searchProducts"].clone()
}

fn titles(page: &Value) -> Vec<String> {
    let title = |node: &Value| node["title"].as_str().unwrap().to_owned();
    page["nodes"].as_array().unwrap().iter().map(title).collect()
}

async fn enter(market: &Market, number: u32, title: &str) -> String {
    let id = format!("90000000-0000-4000-8000-00000000010{number}");
    let product = json!({
        "productId": id, "title": title, "brand": "Apple", "category": "smartphones", "subcategory": "phones",
    });
    market.done(Role::Operator, "catalogueProduct", "CatalogueProductInput", product, "product { id }").await;
    id
}

async fn offer(market: &Market, product: &str) {
    let mut offer = listing_input();
    offer["productId"] = json!(product);
    market.done(Role::Seller, "publishListing", "PublishListingInput", offer, "listing { id }").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_3_06_a_product_is_found_as_people_type_as_soon_as_it_is_catalogued() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    assert_eq!(titles(&page(&market, "iphone", 9, Value::Null).await), [""; 0]);
    market.stock().await;
    for query in ["ipho", "iPhone13", "iphnoe 13 128gb", "apple iphone", "iph 13", "smartphone"] {
        let found = page(&market, query, 9, Value::Null).await;
        let expected = json!([{ "title": "iPhone 13 128 GB", "offers": [{ "condition": "GOOD" }] }]);
        assert_eq!(found["nodes"], expected, "{query}");
    }
    assert_eq!(titles(&page(&market, "iphone 14", 9, Value::Null).await), [""; 0]);
    for query in ["", " - "] {
        let answer = market.ask(None, SEARCH, json!({ "query": query })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID", "{answer}");
    }
    // Deleted and made again, the views find the same.
    market.server.stop().await;
    std::fs::remove_dir_all(directory.path().join("views")).unwrap();
    let market = Market::open(directory.path()).await;
    assert_eq!(titles(&page(&market, "iphnoe", 9, Value::Null).await), ["iPhone 13 128 GB"]);
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_3_06_what_is_found_comes_page_by_page_in_one_order() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    // Sold once, so it stands before its equals; what nobody offers comes last, however well it matches.
    market.delivered(&listing).await;
    for (number, title) in (1..).zip(["iPhone 13 mini 128 GB", "iPhone 13 Pro 128 GB", "Hoes voor iPhnoe 13"]) {
        offer(&market, &enter(&market, number, title).await).await;
    }
    enter(&market, 9, "iPhone 13").await;
    let expected =
        ["iPhone 13 128 GB", "iPhone 13 mini 128 GB", "iPhone 13 Pro 128 GB", "Hoes voor iPhnoe 13", "iPhone 13"];
    assert_eq!(titles(&page(&market, "iphone 13", 9, Value::Null).await), expected);
    for size in [1, 2, 3] {
        let (mut found, mut after) = (Vec::new(), Value::Null);
        loop {
            let next = page(&market, "iphone 13", size, after).await;
            found.extend(titles(&next));
            after = next["pageInfo"]["endCursor"].clone();
            if next["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(found, expected, "pages of {size}");
    }
    // What comes in before the place where a page ended moves nothing behind it.
    let first = page(&market, "iphone 13", 3, Value::Null).await;
    offer(&market, &enter(&market, 0, "iPhone 13 Max 128 GB").await).await;
    let rest = page(&market, "iphone 13", 9, first["pageInfo"]["endCursor"].clone()).await;
    assert_eq!(titles(&rest), expected[3..]);
    assert_eq!(titles(&page(&market, "iphone 13", 9, Value::Null).await)[1], "iPhone 13 Max 128 GB");
    market.server.stop().await;
}
