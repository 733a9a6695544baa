//! A server over a real socket, and a client that speaks just enough HTTP.

// Each test file is a crate of its own and uses its part of this.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Mutex;

use api::clock::ClockSetting;
use api::esdb::FaceSettings;
use api::http::Limits;
use api::opened::{Opened, Places};
use api::serve::{Server, Settings};
use domain::metadata::Role;
use projections::data_directory::DataDirectory;
use serde_json::{Value, json};

pub(crate) const SELLER: &str = "5e110000-0000-4000-8000-00000000000a";
pub(crate) const BUYER: &str = "b0b00000-0000-4000-8000-00000000000b";
pub(crate) const PRODUCT: &str = "90000000-0000-4000-8000-00000000000c";

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

/// One request on a connection of its own.
pub(crate) fn http(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}

/// A marketplace over a real socket.
pub(crate) struct Market {
    pub(crate) server: Server,
    /// Which buyer asks as one.
    pub(crate) buyer: &'static str,
    /// The tokens that were signed: a session of the console is of one, and another second signs another.
    tokens: Mutex<HashMap<(Role, &'static str), String>>,
}

impl Market {
    /// Opens the one in a directory.
    pub(crate) async fn open(directory: &Path) -> Self {
        let data = DataDirectory::new(directory);
        Self::open_in(&Places::own(&data), &data, None).await
    }

    /// Opens one whose book, keys and photos are in these places.
    pub(crate) async fn open_in(places: &Places, data: &DataDirectory, esdb: Option<FaceSettings>) -> Self {
        let opened = Opened::in_places(places, data).await.unwrap();
        let settings = Settings::new(data, "127.0.0.1:0".parse().unwrap(), ClockSetting::System).unwrap();
        Self::with(opened, data, Settings { esdb, ..settings }).await
    }

    /// Opens the one in a directory, with such limits to what clients may take.
    pub(crate) async fn limited(directory: &Path, limits: Limits) -> Self {
        let data = DataDirectory::new(directory);
        let settings = Settings::new(&data, "127.0.0.1:0".parse().unwrap(), ClockSetting::System).unwrap();
        Self::with(Opened::open(&data).unwrap(), &data, Settings { limits, ..settings }).await
    }

    async fn with(opened: Opened, data: &DataDirectory, settings: Settings) -> Self {
        let server = Server::start(data, opened, settings).await.unwrap();
        server.settled().await.unwrap();
        Self::around(server)
    }

    /// Around a server that runs.
    pub(crate) fn around(server: Server) -> Self {
        Self { server, buyer: BUYER, tokens: Mutex::default() }
    }

    /// Whether the subject has no key any more.
    pub(crate) async fn has_forgotten(&self, subject: &str) -> bool {
        let keys = self.server.app().executor.platform().book.keys();
        keys.keys_to_open(&[subject]).await.unwrap().iter().next().is_none()
    }

    pub(crate) fn token(&self, role: Role) -> String {
        let subject = match role {
            Role::Buyer => self.buyer,
            Role::Seller => SELLER,
            Role::Moderator | Role::Compliance | Role::Auditor | Role::Operator | Role::Node | Role::System => "staff",
        };
        let mut tokens = self.tokens.lock().unwrap();
        tokens
            .entry((role, subject))
            .or_insert_with(|| self.server.app().signer.sign(role, subject, 1).unwrap())
            .clone()
    }

    pub(crate) async fn raw(&self, path: &str, headers: Vec<(&'static str, String)>, body: Option<Value>) -> Answer {
        match body {
            Some(body) => self.post(path, headers, body.to_string().into_bytes()).await,
            None => self.request("GET", path, headers, Vec::new()).await,
        }
    }

    pub(crate) async fn post(&self, path: &str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Answer {
        self.request("POST", path, headers, body).await
    }

    async fn request(
        &self,
        method: &'static str,
        path: &str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Answer {
        let (address, path) = (self.server.address(), path.to_owned());
        let request = move || {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            http(address, method, &path, &headers, &body)
        };
        tokio::task::spawn_blocking(request).await.unwrap()
    }

    pub(crate) fn bearer(&self, role: Role) -> (&'static str, String) {
        ("Authorization", format!("Bearer {}", self.token(role)))
    }

    /// Asks by GraphQL; the whole answer.
    pub(crate) async fn ask(&self, role: Option<Role>, query: &str, variables: Value) -> Value {
        let headers = role.map(|role| ("Authorization", format!("Bearer {}", self.token(role)))).into_iter().collect();
        self.raw("/graphql", headers, Some(json!({ "query": query, "variables": variables }))).await.json()
    }

    /// Commands; the payload, whatever is in it.
    pub(crate) async fn command(
        &self,
        role: Role,
        mutation: &str,
        input_type: &str,
        input: Value,
        fields: &str,
    ) -> Value {
        let query = format!(
            "mutation Do($input: {input_type}!) {{ {mutation}(input: $input) {{ commandId position \
             userErrors {{ field code message rule }} {fields} }} }}"
        );
        let answer = self.ask(Some(role), &query, json!({ "input": input })).await;
        assert!(answer.get("errors").is_none(), "{mutation}: {answer}");
        answer["data"][mutation].clone()
    }

    /// Commands; the payload of a command that is done.
    pub(crate) async fn done(&self, role: Role, mutation: &str, input_type: &str, input: Value, fields: &str) -> Value {
        let payload = self.command(role, mutation, input_type, input, fields).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation}");
        payload
    }

    /// A verified seller with a product and a listing of it; gives the listing's id.
    pub(crate) async fn stock(&self) -> String {
        self.done(Role::Seller, "registerSeller", "RegisterSellerInput", seller_input(), "seller { verified }").await;
        let verify = json!({ "sellerId": SELLER, "checkedAgainst": "KVK" });
        self.done(Role::Operator, "verifySeller", "VerifySellerInput", verify, "seller { verified }").await;
        let product = json!({
            "productId": PRODUCT, "title": "iPhone 13 128 GB", "brand": "Apple",
            "category": "smartphones", "subcategory": "iphone", "ean": "4006381333931",
        });
        self.done(Role::Operator, "catalogueProduct", "CatalogueProductInput", product, "product { title }").await;
        let payload =
            self.done(Role::Seller, "publishListing", "PublishListingInput", listing_input(), "listing { id }").await;
        payload["listing"]["id"].as_str().unwrap().to_owned()
    }

    /// An order of the buyer's, delivered; gives its id.
    pub(crate) async fn delivered(&self, listing: &str) -> String {
        let quote =
            "query Q($input: OrderQuoteInput!) { orderQuote(input: $input) { serviceFee { amount currencyCode } } }";
        let lines = json!([{ "listingId": listing }]);
        let quoted = self.ask(Some(Role::Buyer), quote, json!({ "input": { "lines": lines } })).await;
        let order = json!({
            "lines": lines, "serviceFee": quoted["data"]["orderQuote"]["serviceFee"], "countryOfPurchase": "NL",
        });
        let placed = self.done(Role::Buyer, "placeOrder", "PlaceOrderInput", order, "order { id status }").await;
        assert_eq!(placed["order"]["status"], "PLACED");
        let id = placed["order"]["id"].as_str().unwrap().to_owned();
        for (role, mutation, input) in [
            (Role::Operator, "confirmOrder", "ConfirmOrderInput"),
            (Role::Seller, "shipOrder", "ShipOrderInput"),
            (Role::Buyer, "confirmDelivery", "ConfirmDeliveryInput"),
        ] {
            self.done(role, mutation, input, json!({ "orderId": id }), "order { status }").await;
        }
        id
    }
}

pub(crate) fn seller_input() -> Value {
    json!({
        "shopName": "Tweede Leven", "country": "NL", "tradeRegisterNumber": "12345678", "selfCertified": true,
        "contact": {
            "name": "T. Leven", "address": "Kade 1", "phone": "+31 20 000 0000", "email": "shop@example.eu",
            "identification": "passport NL-1", "paymentAccount": "NL00BANK0000000000",
        },
        "termsVersion": "2026-01", "qualityCharterVersion": "2026-01",
    })
}

pub(crate) fn listing_input() -> Value {
    let euros = |amount: &str| json!({ "amount": amount, "currencyCode": "EUR" });
    json!({
        "productId": PRODUCT, "condition": "GOOD", "price": euros("249.90"), "deliveryCost": euros("0.00"),
        "deliveryDays": 3, "warrantyMonths": 12,
    })
}

pub(crate) fn review_input(order: &str, text: &str) -> Value {
    json!({
        "orderId": order, "score": 5, "text": text, "language": "nl",
        "licence": { "termsVersion": "2026-01", "author": true },
    })
}
