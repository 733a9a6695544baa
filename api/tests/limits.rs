//! Slow, half-open and huge requests neither exhaust memory nor keep others out.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::time::Duration;

use api::http::Limits;
use domain::metadata::Role;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use support::{Market, PRODUCT};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// For whatever would otherwise hang a test that fails.
const LONG: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_millis(200);

async fn connect(market: &Market) -> TcpStream {
    TcpStream::connect(market.server.address()).await.unwrap()
}

/// Says something on a connection of its own, and keeps it open.
async fn say(market: &Market, said: &str) -> TcpStream {
    let mut stream = connect(market).await;
    stream.write_all(said.as_bytes()).await.unwrap();
    stream
}

/// The head of a request whose body has so many bytes.
fn head(bytes: usize, more: &str) -> String {
    format!("POST /graphql HTTP/1.1\r\nHost: test\r\nContent-Length: {bytes}\r\n{more}\r\n")
}

/// What comes until the connection is over, or nothing more of an answer does.
async fn answer(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match timeout(LONG, stream.read(&mut piece)).await.unwrap() {
            Ok(0) | Err(_) => break,
            Ok(count) => heard.extend_from_slice(&piece[..count]),
        }
        if heard.ends_with(b"}") || heard.ends_with(b"\n") && !heard.ends_with(b"\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// Waits until the connection is over.
async fn over(stream: &mut TcpStream) {
    let mut heard = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut heard)).await.unwrap();
}

async fn is_answered(market: &Market, role: Option<Role>) {
    let answer = timeout(LONG, market.ask(role, "{ categories { slug } }", json!({}))).await.unwrap();
    assert!(answer["data"]["categories"].is_array(), "{answer}");
}

/// A WebSocket that was opened, with nothing said yet.
async fn socket(market: &Market) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let mut request = format!("ws://{}/graphql", market.server.address()).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    connect_async(request).await.unwrap().0
}

async fn tell(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>, message: Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

async fn hear(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Value {
    loop {
        if let Message::Text(text) = timeout(LONG, socket.next()).await.unwrap().unwrap().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

#[tokio::test]
async fn connections_that_ask_nothing_give_way_and_who_is_being_answered_stays() {
    let directory = tempfile::tempdir().unwrap();
    let mut limits = Limits::default();
    (limits.places.connections, limits.places.greeting, limits.head, limits.body) = (5, HOUR, HOUR, HOUR);
    let market = Market::limited(directory.path(), limits).await;
    let mut subscriber = socket(&market).await;
    tell(&mut subscriber, json!({ "type": "connection_init" })).await;
    assert_eq!(hear(&mut subscriber).await["type"], "connection_ack");

    let mut kept = Vec::new();
    let half = format!("{}{{", head(100, ""));
    for said in ["", "POST /gra", &half, "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n"] {
        for _ in 0..6 {
            kept.push(say(&market, said).await);
        }
        is_answered(&market, None).await;
    }
    over(&mut kept[0]).await;
    // A WebSocket that says nothing keeps nobody out either.
    let mut silent = Vec::new();
    for _ in 0..6 {
        silent.push(socket(&market).await);
        is_answered(&market, None).await;
    }
    tell(&mut subscriber, json!({ "type": "ping" })).await;
    assert_eq!(hear(&mut subscriber).await["type"], "pong");
}

#[tokio::test]
async fn what_never_comes_whole_is_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let mut limits = Limits { head: SOON, ..Limits::default() };
    limits.places.greeting = SOON;
    let market = Market::limited(directory.path(), limits).await;
    for said in ["", "POST /gra", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\nGET"]
    {
        over(&mut say(&market, said).await).await;
    }
    drop(market);

    let directory = tempfile::tempdir().unwrap();
    let market = Market::limited(directory.path(), Limits { body: SOON, ..Limits::default() }).await;
    let told = answer(&mut say(&market, &format!("{}{{", head(100, ""))).await).await;
    assert!(told.starts_with("HTTP/1.1 408 ") && told.contains("did not come whole within"), "{told}");
    is_answered(&market, None).await;
    drop(market);

    let directory = tempfile::tempdir().unwrap();
    let market = Market::limited(directory.path(), Limits { silence: SOON, ..Limits::default() }).await;
    for said in [head(100, ""), head(100, "Content-Type: multipart/form-data; boundary=x\r\n")] {
        let told = answer(&mut say(&market, &said).await).await;
        assert!(told.starts_with("HTTP/1.1 408 ") && told.contains("nothing of the body came"), "{told}");
    }
}

#[tokio::test]
async fn bodies_that_fill_the_room_of_strangers_hold_up_neither_small_requests_nor_who_has_a_token() {
    const LARGE: usize = 200_000;
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { strangers_bytes: 300_000, body: HOUR, silence: HOUR, ..Limits::default() };
    let market = Market::limited(directory.path(), limits).await;
    let half = format!("{}{}", head(LARGE, ""), " ".repeat(LARGE - 1));
    let mut first = say(&market, &half).await;
    // Whichever of two has more of the room: one of them can't go on.
    let mut second = say(&market, &half).await;
    let (one, other) = (first.read_u8(), second.read_u8());
    let refused_first = timeout(LONG, futures::future::select(Box::pin(one), Box::pin(other))).await.unwrap();
    let is_first = matches!(refused_first, futures::future::Either::Left(_));
    drop(refused_first);
    let (refused, kept) = if is_first { (&mut first, &mut second) } else { (&mut second, &mut first) };
    let told = answer(refused).await;
    assert!(told.contains(" 503 ") && told.contains("receiving as much as it may"), "{told}");
    is_answered(&market, None).await;
    let padded = format!("{}{}", json!({ "query": "{ categories { slug } }" }), " ".repeat(LARGE));
    let answered = market.post("/graphql", vec![market.bearer(Role::Auditor)], padded.clone().into_bytes()).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    assert_eq!(market.post("/graphql", Vec::new(), padded.clone().into_bytes()).await.status, 503);
    // What was held is free again when its request is over.
    kept.write_all(b" ").await.unwrap();
    assert!(answer(kept).await.contains("the body is JSON"));
    let room = async { while market.post("/graphql", Vec::new(), padded.clone().into_bytes()).await.status != 200 {} };
    timeout(LONG, room).await.unwrap();
}

#[tokio::test]
async fn what_is_huge_is_refused_with_what_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let long = format!("{{ categories {{ slug }} }} #{}", "x".repeat(20_000));
    let told = market.ask(None, &long, json!({})).await;
    assert!(told["errors"][0]["message"].as_str().unwrap().contains("at most 16384"), "{told}");
    let told = market.ask(None, "{ categories { slug } }", json!({ "many": vec![0; 20_000] })).await;
    assert!(told["errors"][0]["message"].as_str().unwrap().contains("more than 10000 values"), "{told}");
    let told = market.raw("/graphql", Vec::new(), Some(json!({ "query": "x".repeat(600_000) }))).await;
    assert_eq!(told.status, 413, "{told:?}");
    let told =
        answer(&mut say(&market, &format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", "x".repeat(100_000))).await).await;
    assert!(told.starts_with("HTTP/1.1 431 "), "{told}");
    // The most that may be, of what costs most to look at.
    for query in [
        format!("{{ {} }}", "__typename ".repeat(1_300)),
        format!("{{ {} }}", (0..1_000).map(|alias| format!("a{alias}:__typename ")).collect::<String>()),
        format!("{{ ...a }} fragment a on Query {{ {} }}", "...a ".repeat(3_000)),
        format!("{{ categories(a: {}1{}) {{ slug }} }}", "[".repeat(8_000), "]".repeat(8_000)),
        format!("{}slug{}", "{ categories ".repeat(1_000), "}".repeat(1_000)),
        format!(
            "query({}) {{ categories {{ slug }} }}",
            (0..1_000).map(|name| format!("$v{name}:Int ")).collect::<String>()
        ),
    ] {
        assert!(query.len() <= 20_000);
        let told = timeout(LONG, market.ask(None, &query, json!({}))).await.unwrap();
        assert!(told.get("data").is_some() || told.get("errors").is_some(), "{told}");
    }
    is_answered(&market, None).await;
}

#[tokio::test]
async fn answers_that_wait_for_their_clients_are_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::limited(directory.path(), Limits { answers_bytes: 40_000, ..Limits::default() }).await;
    let all = "{ __schema { types { name description fields { name description } } } }";
    let told = market.raw("/graphql", Vec::new(), Some(json!({ "query": all }))).await;
    assert_eq!(told.status, 503, "{}", told.body.len());
    assert!(String::from_utf8_lossy(&told.body).contains("have not taken their answers"));
    is_answered(&market, None).await;
}

#[tokio::test]
async fn a_websocket_is_asked_in_so_many_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let mut client = socket(&market).await;
    tell(&mut client, json!({ "type": "connection_init" })).await;
    assert_eq!(hear(&mut client).await["type"], "connection_ack");
    let subscription = |id: &str, bytes| {
        let query = format!("subscription {{ logAdvanced {{ position }} }} #{}", "x".repeat(bytes));
        json!({ "type": "subscribe", "id": id, "payload": { "query": query } })
    };
    for id in ["a", "b", "c"] {
        tell(&mut client, subscription(id, 10_000)).await;
    }
    tell(&mut client, subscription("d", 10_000)).await;
    let told = loop {
        let told = hear(&mut client).await;
        if told["id"] == "d" {
            break told;
        }
    };
    assert!(told["type"] == "error" && told.to_string().contains("at most 32768 bytes"), "{told}");
    tell(&mut client, json!({ "type": "complete", "id": "a" })).await;
    tell(&mut client, subscription("e", 10)).await;
    tell(&mut client, json!({ "type": "ping" })).await;
    while hear(&mut client).await["type"] != "pong" {}
    // Larger than any message may be: the connection is over.
    let _ = client.send(Message::text("x".repeat(100_000))).await;
    let ended = async { while let Some(Ok(_)) = client.next().await {} };
    timeout(LONG, ended).await.unwrap();
    is_answered(&market, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_fails_leaves_null_and_no_gap() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    market.stock().await;
    market.server.settled().await.unwrap();
    let query =
        "query P($id: ID!) { product(id: $id) { title reviews(first: 999) { nodes { id } } } viewer { __typename } }";
    let answer = market.ask(None, query, json!({ "id": PRODUCT })).await;
    // A product has reviews whatever is asked of them, so that it is the product that is not there.
    assert_eq!(answer["data"]["product"], Value::Null, "{answer}");
    assert!(answer["data"].as_object().unwrap().contains_key("product"), "{answer}");
    assert_eq!(answer["errors"][0]["path"], json!(["product", "reviews"]));
    market.server.stop().await;
}
