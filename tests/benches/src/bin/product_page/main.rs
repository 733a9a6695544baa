//! A product page by GraphQL, against the same bytes sent ready-made.
//!
//! The page is what a shop shows of a product: its title and rating, its four offers with why each is shown, ten reviews
//! with their texts. The server is the whole one, on the demonstration's marketplace; beside it, in the same process and
//! on the same threads, axum answers the same request with the same bytes without looking at it. The clients are the
//! same for both: a thread a connection, kept open, on the machine's loopback, sharing the cores with the servers.

#![allow(clippy::float_arithmetic, reason = "a measurement is not money, and nothing is decided by it")]

mod connection;
mod load;

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use api::clock::ClockSetting;
use api::opened::Opened;
use api::serve::{Server, Settings};
use axum::Router;
use axum::http::header;
use axum::routing::post;
use benches::rounds::{HEAD, Rounds, Unit, row};
use benches::work::WorkDirectory;
use benches::year;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::connection::{Connection, request};
use crate::load::{Page, full, paced};

const CONNECTIONS: u64 = 16;
const ROUNDS: usize = 9;
/// How long each part of a round takes.
const FULL: Duration = Duration::from_millis(800);
const PACED: Duration = Duration::from_millis(1_600);
/// A page has an offer of each condition, and so many reviews.
const OFFERS: usize = 4;
const REVIEWS: usize = 10;

/// Products, so that one with a full page is found.
const PRODUCTS: &str = "{ products(category: \"smartphones\", first: 50) { nodes {
    id offers { condition } rating { count } } } }";

/// What a shop's page shows.
const PAGE: &str = "query ProductPage($id: ID!) { product(id: $id) {
    id title brand isBestSeller category { slug } subcategory { slug }
    rating { count average histogram }
    offers {
        listingId condition deliveryDays warrantyMonths
        price { amount currencyCode } deliveryCost { amount currencyCode }
        seller { id shopName country }
        ranking { score priceScore qualityScore policyVersion competitors explanation }
    }
    reviews(sort: RELEVANCE, first: 10) {
        edges { node { id score text originalLanguage submittedAt verifiedPurchase photos { url } } }
        pageInfo { hasNextPage endCursor }
    }
} }";

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let work = WorkDirectory::named_or_temporary(None)?;
    let server = serve(work.path()).await?;
    let address = server.address();
    let page = tokio::task::spawn_blocking(move || full_page(address)).await??;
    let ready_made = Page { server: serve_ready_made(&page).await?, ..page.clone() };
    let measured = tokio::task::spawn_blocking(move || measure(&page, &ready_made)).await?;
    server.stop().await;
    measured?;
    Ok(())
}

/// The demonstration's marketplace, served; the clock stands still at its end, so that the page stays the same.
async fn serve(directory: &Path) -> Result<Server, Box<dyn Error + Send + Sync>> {
    let directory = directory.to_owned();
    let data = tokio::task::spawn_blocking(move || year::write(&directory, &year::history(1))).await??;
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut settings = Settings::new(&data, listen, ClockSetting::Fixed(year::end()))?;
    let opened = Opened::open(&data)?;
    // What happened in the year was told in the year: no letters are written about it.
    settings.told_before = opened.log.next_position().await?;
    let server = Server::start(&data, opened, settings).await?;
    server.settled().await?;
    Ok(server)
}

/// The page of the first product that has all a page can have.
fn full_page(server: SocketAddr) -> std::io::Result<Page> {
    let mut connection = Connection::open(server)?;
    let products: Value = serde_json::from_slice(connection.ask(&graphql(PRODUCTS, &json!({})))?)?;
    let is_full = |product: &&Value| {
        product["offers"].as_array().is_some_and(|offers| offers.len() == OFFERS)
            && product["rating"]["count"].as_u64().is_some_and(|count| count >= REVIEWS as u64)
    };
    let product = products["data"]["products"]["nodes"].as_array().and_then(|products| products.iter().find(is_full));
    let none = || std::io::Error::other(format!("no product has {OFFERS} offers and {REVIEWS} reviews: {products}"));
    let request = graphql(PAGE, &json!({ "id": product.ok_or_else(none)?["id"] }));
    let answer = connection.ask(&request)?.to_vec();
    let shown: Value = serde_json::from_slice(&answer)?;
    let reviews = shown["data"]["product"]["reviews"]["edges"].as_array().map_or(0, Vec::len);
    if reviews != REVIEWS || shown.get("errors").is_some() {
        return Err(std::io::Error::other(format!("no whole page: {shown}")));
    }
    Ok(Page { server, request: request.into(), answer: answer.into() })
}

fn graphql(query: &str, variables: &Value) -> Vec<u8> {
    request("/graphql", &json!({ "query": query, "variables": variables }).to_string())
}

/// Answers the same path with the page's bytes.
async fn serve_ready_made(page: &Page) -> std::io::Result<SocketAddr> {
    let answer = Bytes::copy_from_slice(&page.answer);
    // It reads the request whole, as whoever is to answer it must.
    let handler = move |_request: Bytes| async move { ([(header::CONTENT_TYPE, "application/json")], answer) };
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr()?;
    let routes = Router::new().route("/graphql", post(handler));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}

fn measure(page: &Page, ready_made: &Page) -> std::io::Result<()> {
    let (mut of_ready_made, mut tails) = (Rounds::default(), Rounds::default());
    let (mut pages, mut ready) = (Rounds::default(), Rounds::default());
    let (mut medians, mut p99s) = (Rounds::default(), Rounds::default());
    let (mut ready_medians, mut ready_p99s) = (Rounds::default(), Rounds::default());
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        let page_rate = full(page, CONNECTIONS, FULL)?;
        let ready_rate = full(ready_made, CONNECTIONS, FULL)?;
        let latencies = paced(page, CONNECTIONS, page_rate / 2.0, PACED)?;
        let ready_latencies = paced(ready_made, CONNECTIONS, page_rate / 2.0, PACED)?;
        if round == 0 {
            continue;
        }
        of_ready_made.push(page_rate / ready_rate);
        pages.push(page_rate);
        ready.push(ready_rate);
        let (median, p99) = (latencies.percentile(50), latencies.percentile(99));
        tails.push(p99 / median);
        medians.push(median);
        p99s.push(p99);
        ready_medians.push(ready_latencies.percentile(50));
        ready_p99s.push(ready_latencies.percentile(99));
    }
    let amount = format!("{CONNECTIONS} connections, {} bytes a page", page.answer.len());
    let half = format!("{CONNECTIONS} connections, half the pages' full rate");
    println!("{HEAD}");
    println!("{}", row("pages / ready-made answers, full load", &amount, &of_ready_made, Unit::Percent, "≥ 20 %"));
    println!("{}", row("a page's p99 / its median, half load", &half, &tails, Unit::Times, "< 10 ×"));
    println!("{}", row("pages, this machine", &amount, &pages, Unit::PerSecond, ""));
    println!("{}", row("ready-made answers, this machine", &amount, &ready, Unit::PerSecond, ""));
    println!("{}", row("a page's median, this machine", &half, &medians, Unit::Milliseconds, ""));
    println!("{}", row("a page's p99, this machine", &half, &p99s, Unit::Milliseconds, ""));
    println!("{}", row("a ready-made answer's median, this machine", &half, &ready_medians, Unit::Milliseconds, ""));
    println!("{}", row("a ready-made answer's p99, this machine", &half, &ready_p99s, Unit::Milliseconds, ""));
    Ok(())
}
