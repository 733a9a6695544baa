//! What is told when it happens: once, to whoever may see it, over a real WebSocket.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "support/pictures.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod pictures;
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::metadata::Role;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use support::{Market, PRODUCT, review_input};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, StatusCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const OTHER_BUYER: &str = "b0b00000-0000-4000-8000-00000000000d";

/// A client of graphql-transport-ws.
struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn connect(market: &Market, headers: &[(&'static str, String)]) -> Result<Self, Box<Error>> {
        let mut request = format!("ws://{}/graphql", market.server.address()).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        Ok(Self(connect_async(request).await.map_err(Box::new)?.0))
    }

    /// Connected, with nothing said yet.
    async fn speechless(market: &Market) -> Self {
        let protocol = ("sec-websocket-protocol", "graphql-transport-ws".to_owned());
        Self::connect(market, &[protocol]).await.unwrap()
    }

    /// Connected in a role.
    async fn open(market: &Market, role: Option<Role>) -> Self {
        let mut client = Self::speechless(market).await;
        let payload = role.map(|role| json!({ "authorization": format!("Bearer {}", market.token(role)) }));
        client.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
        client
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::Text(message.to_string().into())).await.unwrap();
    }

    /// The next message.
    async fn hear(&mut self) -> Value {
        match self.0.next().await.unwrap().unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other @ (Message::Binary(_)
            | Message::Ping(_)
            | Message::Pong(_)
            | Message::Close(_)
            | Message::Frame(_)) => panic!("a text, not {other:?}"),
        }
    }

    async fn asks(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// Subscribes, and is told of everything that happens from now on.
    async fn subscribes(&mut self, id: &str, query: &str, variables: Value) {
        self.asks(id, query, variables).await;
        self.say(json!({ "type": "ping" })).await;
        assert_eq!(self.hear().await, json!({ "type": "pong" }));
    }

    /// The data of the next item of a subscription.
    async fn item(&mut self, id: &str) -> Value {
        let mut message = self.hear().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        assert!(message["payload"].get("errors").is_none(), "{message}");
        message["payload"]["data"].take()
    }

    /// The code with which the server closes.
    async fn closed(mut self) -> u16 {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Close(frame) => return frame.unwrap().code.into(),
                Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

/// Submits a review of a new order of the buyer's; gives its id.
async fn review(market: &Market, listing: &str, text: &str) -> String {
    let input = review_input(&market.delivered(listing).await, text);
    let submitted = market.done(Role::Buyer, "submitReview", "SubmitReviewInput", input, "review { id }").await;
    submitted["review"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_told_once_when_it_comes_online_as_a_query_would_show_it() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    review(&market, &listing, "Van vroeger.").await;
    let query = "subscription P($id: ID) { reviewPublished(productId: $id) { id text status order { id } \
                 product { title rating { count } } } }";
    let mut reader = Client::open(&market, None).await;
    reader.subscribes("this", query, json!({ "id": PRODUCT })).await;
    reader.subscribes("none", query, json!({ "id": "90000000-0000-4000-8000-0000000000ff" })).await;
    for (text, count) in [("Werkt goed.", 2), ("Nog een, ook goed.", 3)] {
        let id = review(&market, &listing, text).await;
        let expected = json!({
            "id": id, "text": text, "status": "ONLINE", "order": null,
            "product": { "title": "iPhone 13 128 GB", "rating": { "count": count } },
        });
        assert_eq!(reader.item("this").await["reviewPublished"], expected);
    }
    // What is completed is not told any more; what follows is of another subscription.
    reader.say(json!({ "type": "complete", "id": "this" })).await;
    reader.subscribes("any", "subscription { reviewPublished { text } }", Value::Null).await;
    review(&market, &listing, "De laatste.").await;
    assert_eq!(reader.item("any").await, json!({ "reviewPublished": { "text": "De laatste." } }));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_told_to_its_buyer_its_seller_and_the_operator_and_to_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut market = Market::open(directory.path()).await;
    let order = market.delivered(&market.stock().await).await;
    let query = "subscription O($id: ID!) { orderUpdated(orderId: $id) { id issues { kind } } }";
    let id = json!({ "id": order });
    let mut told = Vec::new();
    for role in [Role::Buyer, Role::Seller, Role::Operator] {
        let mut client = Client::open(&market, Some(role)).await;
        client.subscribes("order", query, id.clone()).await;
        told.push(client);
    }
    let issue = json!({ "orderId": order, "line": 0, "kind": "WRONG_PRODUCT" });
    market.done(Role::Buyer, "reportIssue", "ReportIssueInput", issue, "order { id }").await;
    let expected = json!({ "orderUpdated": { "id": order, "issues": [{ "kind": "WRONG_PRODUCT" }] } });
    for client in &mut told {
        assert_eq!(client.item("order").await, expected);
    }

    market.buyer = OTHER_BUYER;
    for role in [Some(Role::Buyer), Some(Role::Moderator), None] {
        let mut client = Client::open(&market, role).await;
        client.asks("order", query, id.clone()).await;
        let refused = client.hear().await;
        assert_eq!(refused["payload"]["errors"][0]["extensions"]["code"], "NOT_FOUND", "{refused}");
        assert_eq!(refused["payload"]["data"], Value::Null);
        assert_eq!(client.hear().await, json!({ "type": "complete", "id": "order" }));
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_02_a_moderator_is_told_how_the_queue_changes_and_nobody_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let review = review(&market, &market.stock().await, "Met foto.").await;
    let query = "subscription { moderationQueueChanged { photosWaiting position } }";
    let mut moderator = Client::open(&market, Some(Role::Moderator)).await;
    moderator.subscribes("queue", query, Value::Null).await;

    let photos = json!({ "reviewId": review, "photos": [BASE64.encode(pictures::jpeg())] });
    let sent = market.done(Role::Buyer, "submitPhotos", "SubmitPhotosInput", photos, "review { id }").await;
    let change = moderator.item("queue").await["moderationQueueChanged"].clone();
    assert_eq!(change, json!({ "photosWaiting": 1, "position": sent["position"] }));
    let decision = json!({ "reviewId": review, "decision": "APPROVE" });
    let decided = market.done(Role::Moderator, "decidePhotos", "DecidePhotosInput", decision, "review { id }").await;
    let change = moderator.item("queue").await["moderationQueueChanged"].clone();
    assert_eq!(change, json!({ "photosWaiting": 0, "position": decided["position"] }));

    let mut buyer = Client::open(&market, Some(Role::Buyer)).await;
    buyer.asks("queue", query, Value::Null).await;
    assert_eq!(buyer.hear().await["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_of_the_book_goes_forward_until_it_is_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let mut client = Client::open(&market, None).await;
    client.subscribes("head", "subscription { logAdvanced { position asOf } }", Value::Null).await;
    let listing = market.stock().await;
    let order = market.delivered(&listing).await;
    let input = review_input(&order, "Goed.");
    let last = market.done(Role::Buyer, "submitReview", "SubmitReviewInput", input, "review { id }").await;
    let position = |item: &Value| item["logAdvanced"]["position"].as_str().unwrap().parse::<i64>().unwrap();
    let end: i64 = last["position"].as_str().unwrap().parse().unwrap();
    let mut heard = -1;
    while heard < end {
        let next = position(&client.item("head").await);
        assert!(next > heard, "{next} after {heard}");
        heard = next;
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_also_answers_queries_and_commands() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let mut client = Client::open(&market, Some(Role::Operator)).await;
    client.asks("q", "{ viewer { role } }", Value::Null).await;
    assert_eq!(client.item("q").await["viewer"]["role"], "OPERATOR");
    assert_eq!(client.hear().await, json!({ "type": "complete", "id": "q" }));
    let mutation =
        "mutation { adoptPolicy(input: { bestSellers: 7 }) { userErrors { message } policies { bestSellers } } }";
    client.asks("m", mutation, Value::Null).await;
    let done = client.item("m").await;
    assert_eq!(done["adoptPolicy"]["userErrors"], json!([]), "{done}");
    assert_eq!(client.hear().await, json!({ "type": "complete", "id": "m" }));

    for bad in [
        "subscription { noSuchField }",
        "subscription { a: logAdvanced { position } b: logAdvanced { position } }",
        "subscription { ...F } fragment F on Subscription { logAdvanced { position } }",
        "{ nothing",
    ] {
        client.asks("bad", bad, Value::Null).await;
        let refused = client.hear().await;
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("bad")), "{bad}: {refused}");
        assert!(refused["payload"][0]["message"].is_string(), "{bad}: {refused}");
    }
    let asked = market.ask(None, "subscription { logAdvanced { position } }", Value::Null).await;
    assert!(asked["errors"][0]["message"].as_str().unwrap().contains("WebSocket"), "{asked}");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_breaks_the_protocol_is_told_how_by_the_code_of_the_close() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let query = json!({ "query": "subscription { logAdvanced { position } }" });
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": query });
    let init = json!({ "type": "connection_init" });
    let forged = json!({ "type": "connection_init", "payload": { "Authorization": "Bearer nonsense" } });
    for (messages, code) in [
        (vec![subscribe.clone()], 4401),
        (vec![forged], 4403),
        (vec![init.clone(), init.clone()], 4429),
        (vec![init.clone(), subscribe.clone(), subscribe], 4409),
        (vec![json!({ "type": "start" })], 4400),
    ] {
        let mut client = Client::speechless(&market).await;
        for message in &messages {
            client.say(message.clone()).await;
        }
        assert_eq!(client.closed().await, code, "{messages:?}");
    }
    // One operation too many is refused by itself.
    let mut client = Client::open(&market, None).await;
    for number in 0..17 {
        client.asks(&number.to_string(), "subscription { reviewPublished { id } }", Value::Null).await;
    }
    let refused = client.hear().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("16")));

    // Without the protocol's name, or with a token that does not hold, no connection is opened.
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws".to_owned());
    let token = ("authorization", "Bearer nonsense".to_owned());
    for (headers, status) in [(vec![], StatusCode::UPGRADE_REQUIRED), (vec![protocol, token], StatusCode::UNAUTHORIZED)]
    {
        match Client::connect(&market, &headers).await.map_err(|error| *error) {
            Err(Error::Http(response)) => assert_eq!(response.status(), status),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("no connection was to be opened"),
        }
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_with_its_token() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let token = market.server.app().signer.sign(Role::Moderator, "staff", 0).unwrap();
    let mut client = Client::speechless(&market).await;
    let payload = json!({ "authorization": format!("Bearer {token}") });
    client.say(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(client.closed().await, 4403);
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_closes_its_subscriptions_and_gives_the_book_back() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let mut client = Client::open(&market, Some(Role::Moderator)).await;
    client.subscribes("head", "subscription { logAdvanced { position } }", Value::Null).await;
    client.subscribes("queue", "subscription { moderationQueueChanged { position } }", Value::Null).await;
    let speechless = Client::speechless(&market).await;
    let ((), code, other) = tokio::join!(market.server.stop(), client.closed(), speechless.closed());
    assert_eq!((code, other), (1001, 1001));
    // Another server takes the directory over: nothing holds it any more.
    Market::open(directory.path()).await.server.stop().await;
}
