//! What every client may rely on: idempotence, guards, errors with a code, bounds, positions.

mod support;

use domain::metadata::Role;
use event_log::Position;
use projections::registry::VIEWS;
use projections::replay::Replayed;
use projections::runner::Until;
use serde_json::{Value, json};
use support::{Market, PRODUCT, SELLER, listing_input, seller_input};

#[tokio::test(flavor = "multi_thread")]
async fn r_0_04_a_command_sent_twice_takes_effect_once_and_answers_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let mut input = seller_input();
    input["commandId"] = json!("c0000000-0000-4000-8000-000000000001");
    let send = || market.done(Role::Seller, "registerSeller", "RegisterSellerInput", input.clone(), "seller { id }");
    let first = send().await;
    let verify = json!({ "sellerId": SELLER, "checkedAgainst": "KVK" });
    market.done(Role::Operator, "verifySeller", "VerifySellerInput", verify, "seller { verified }").await;
    assert_eq!(send().await, first);
    // Another command that asks the same is refused, with the rule.
    let other = market.command(Role::Seller, "registerSeller", "RegisterSellerInput", seller_input(), "seller { id }");
    let error = other.await["userErrors"][0].clone();
    assert_eq!((&error["code"], &error["rule"]), (&json!("ALREADY_DONE"), &json!("R-2.1-01")));

    // Where the client names no id for what it makes, the command's own id makes it.
    let product = json!({
        "commandId": "c0000000-0000-4000-8000-000000000002", "title": "Pixel 8", "brand": "Google",
        "category": "smartphones", "subcategory": "pixel",
    });
    let send =
        || market.done(Role::Operator, "catalogueProduct", "CatalogueProductInput", product.clone(), "product { id }");
    let (first, second) = tokio::join!(send(), send());
    assert_eq!(first, second);
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_lets_only_its_roles_through() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();
    for (role, query) in [
        (None, "{ events { nodes { id } } }"),
        (Some(Role::Buyer), "{ events { nodes { id } } }"),
        (Some(Role::Moderator), "{ reviewRetention { nodes { reviewId } } }"),
        (Some(Role::Seller), "{ photoModerationQueue { nodes { reviewId } } }"),
        (Some(Role::Operator), "{ dsaActiveRecipients(period: { label: \"2025-H2\" }) { average } }"),
        (Some(Role::Seller), "mutation { adoptPolicy(input: { bestSellers: 1 }) { position } }"),
        (None, "mutation { eraseBuyer(input: {}) { position } }"),
    ] {
        assert_eq!(code(&market.ask(role, query, Value::Null).await), "FORBIDDEN", "{role:?} {query}");
    }
    let figure =
        "{ dsaActiveRecipients(period: { year: 2025, half: 2 }) { average belowThreshold provenance { digest } } }";
    let answer = market.ask(Some(Role::Auditor), figure, Value::Null).await;
    assert_eq!(answer["data"]["dsaActiveRecipients"]["average"], "0.00");

    let bad = market.raw(
        "/graphql",
        vec![("Authorization", "Bearer nonsense".into())],
        Some(json!({ "query": "{ viewer { role } }" })),
    );
    let bad = bad.await;
    assert_eq!((bad.status, &bad.json()["errors"][0]["extensions"]["code"]), (401, &json!("UNAUTHENTICATED")));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_field_the_code_and_the_rule() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    let mut new = listing_input();
    new["itemState"] = json!("NEW");
    let refused = market.command(Role::Seller, "publishListing", "PublishListingInput", new, "listing { id }").await;
    assert_eq!(refused["position"], Value::Null);
    assert_eq!(refused["userErrors"][0]["field"], json!(["itemState"]));
    assert_eq!(
        (&refused["userErrors"][0]["code"], &refused["userErrors"][0]["rule"]),
        (&json!("NOT_ELIGIBLE"), &json!("R-1.1-02"))
    );

    let order = json!({
        "lines": [{ "listingId": listing }], "serviceFee": { "amount": "0.01", "currencyCode": "EUR" },
        "countryOfPurchase": "NL",
    });
    let refused = market.command(Role::Buyer, "placeOrder", "PlaceOrderInput", order, "order { id }").await;
    assert_eq!(
        (&refused["userErrors"][0]["field"], &refused["userErrors"][0]["rule"]),
        (&json!(["serviceFee"]), &json!("R-1.2-03"))
    );

    let price = json!({ "listingId": "nonsense", "price": { "amount": "1.999", "currencyCode": "EUR" } });
    let refused =
        market.command(Role::Seller, "changeListingPrice", "ChangeListingPriceInput", price, "listing { id }").await;
    assert_eq!(
        (&refused["userErrors"][0]["field"], &refused["userErrors"][0]["code"]),
        (&json!(["listingId"]), &json!("INVALID"))
    );
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_refused_with_a_clear_word() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let message = |answer: &Value| answer["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
    let products = |first: u32, inner: &str| {
        format!("{{ products(category: \"smartphones\", first: {first}) {{ nodes {{ {inner} }} }} }}")
    };
    assert!(message(&market.ask(None, &products(251, "id"), Value::Null).await).contains("0 to 250"));
    let wide = products(250, "reviews(first: 250) { nodes { id } }");
    assert!(message(&market.ask(None, &wide, Value::Null).await).contains("ask for shorter pages"));
    let deep = "{ product(id: \"90000000-0000-4000-8000-00000000000c\") { reviews(first: 1) { nodes { product { reviews(first: 1) { nodes { product { reviews(first: 1) { nodes { product { reviews(first: 1) { nodes { product { reviews(first: 1) { nodes { product { title } } } } } } } } } } } } } } } } }";
    assert!(message(&market.ask(None, deep, Value::Null).await).contains("nested more than"));
    // Twice, so that the remembered document is bounded as well.
    let variable = "query V($n: Int) { products(category: \"smartphones\", first: $n) { nodes { reviews(first: $n) { nodes { id text } } } } }";
    assert!(market.ask(None, variable, json!({ "n": 1 })).await.get("errors").is_none());
    assert!(message(&market.ask(None, variable, json!({ "n": 250 })).await).contains("ask for shorter pages"));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_its_position_and_waits_for_the_one_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    market.stock().await;
    let query = json!({ "query": format!("{{ product(id: \"{PRODUCT}\") {{ title }} }}") });
    let end = market.server.app().executor.platform().book.log().next_position().await.unwrap().0 - 1;
    let asked = |position: u64| vec![("X-Marktboek-Position", position.to_string())];
    let answer = market.raw("/graphql", asked(end), Some(query.clone())).await;
    assert_eq!(answer.json()["data"]["product"]["title"], "iPhone 13 128 GB");
    assert!(answer.header("x-marktboek-position").unwrap().parse::<u64>().unwrap() >= end);
    let answer = market.raw("/graphql", asked(end + 1_000), Some(query)).await;
    assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_says_how_it_fares_and_serves_its_page_whole() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    market.stock().await;
    assert_eq!(market.raw("/healthz", vec![], None).await.status, 200);
    let ready = market.raw("/readyz", vec![], None).await;
    assert_eq!((ready.status, &ready.json()["ready"]), (200, &json!(true)));
    let metrics = String::from_utf8(market.raw("/metrics", vec![], None).await.body).unwrap();
    for name in ["marktboek_requests_total", "marktboek_append_seconds", "marktboek_views_position"] {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
    let page = market.raw("/graphiql", vec![], None).await;
    let html = String::from_utf8(page.body.clone()).unwrap();
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    for file in html.split('"').filter(|text| text.starts_with("/graphiql/")) {
        assert_eq!(market.raw(file, vec![], None).await.status, 200, "{file}");
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_0_02_an_auditor_is_told_the_digests_of_what_is_served_and_a_replay_gives_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    market.stock().await;
    let bearer = |role| vec![("Authorization", format!("Bearer {}", market.token(role)))];
    for role in [Role::Buyer, Role::Seller, Role::Moderator, Role::Compliance, Role::Operator] {
        assert_eq!(market.raw("/views", bearer(role), None).await.status, 403, "{role:?}");
    }
    assert_eq!(market.raw("/views", vec![], None).await.status, 403);
    assert_eq!(market.raw("/views/nonsense", bearer(Role::Auditor), None).await.status, 404);
    let told = market.raw("/views", bearer(Role::Auditor), None).await.json();
    let position = told["next"].as_u64().and_then(|next| next.checked_sub(1)).map(Position);
    let moment = told["momentMicros"].as_i64().map(projections::view::instant);
    let log = market.server.app().executor.platform().book.log().clone();
    let replayed = tokio::task::spawn_blocking(move || {
        let rows = tempfile::tempdir().unwrap();
        let until = Until { position, moment };
        Replayed::new(log.as_ref(), &VIEWS, until, rows.path(), &|_, _| {}).unwrap().digests().unwrap()
    });
    for (name, digest) in replayed.await.unwrap() {
        assert_eq!(told["digests"][name], json!(digest.to_string()), "{name}");
        let view = market.raw(&format!("/views/{name}"), bearer(Role::Auditor), None).await.json();
        assert!(view["reports"].as_object().is_some_and(|reports| !reports.is_empty()), "{name}: {view}");
    }
    market.server.stop().await;
}
