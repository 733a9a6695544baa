//! The built program, serving a book to EventStoreDB's clients: killed as a power cut would, and started again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use bytes::Bytes;
use event_log::{NewEvent, StreamName};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::programs::marktboek;

/// A node. It ends with its test.
pub struct Node {
    data: PathBuf,
    clock: &'static str,
    process: Child,
    url: String,
    address: String,
}

impl Node {
    /// Starts one on a data directory. It is there when this returns.
    #[must_use]
    pub fn start(data: &Path) -> Self {
        Self::start_at(data, "system")
    }

    /// As [`Self::start`], by a clock that stands still at this moment.
    #[must_use]
    pub fn start_at(data: &Path, clock: &'static str) -> Self {
        let (process, url, address) = serve(data, "127.0.0.1:0", clock);
        Self { data: data.to_owned(), clock, process, url, address }
    }

    /// Ends it by SIGKILL and starts it again, on its data and at its address.
    pub fn kill_and_restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        (self.process, self.url, _) = serve(&self.data, &self.address, self.clock);
    }

    /// Where it answers to HTTP.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// As [`Self::kill_and_restart`], while others go on.
    pub async fn killed_and_restarted(mut self) -> Self {
        let restarted = tokio::task::spawn_blocking(move || {
            self.kill_and_restart();
            self
        });
        restarted.await.unwrap()
    }

    /// The connection string of someone in a role.
    #[must_use]
    pub fn connection(&self, role: &str) -> String {
        format!("esdb://somebody:{}@{}?tls=false&discoveryInterval=1", self.token(role), self.address)
    }

    fn token(&self, role: &str) -> String {
        let output = marktboek(&self.data, &["token", "--role", role, "--subject", "somebody"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Asks it in GraphQL, as somebody in a role or without a token; its views have come to a position where one is named.
    /// The answer's data.
    #[must_use]
    pub fn ask(&self, role: Option<&str>, position: Option<&str>, query: &str, variables: &Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let mut head =
            format!("POST /graphql HTTP/1.1\r\nHost: node\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if let Some(role) = role {
            head.push_str(&format!("Authorization: Bearer {}\r\n", self.token(role)));
        }
        if let Some(position) = position {
            head.push_str(&format!("X-Marktboek-Position: {position}\r\n"));
        }
        let mut stream = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(format!("{head}Content-Type: application/json\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
        answer["data"].clone()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program that listens, and where: to HTTP, and for EventStoreDB's clients.
fn serve(data: &Path, listen: &str, clock: &str) -> (Child, String, String) {
    let arguments =
        ["serve", "--log-format", "json", "--listen", "127.0.0.1:0", "--esdb-listen", listen, "--clock", clock];
    let mut process = marktboek(data, &arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(process.stderr.take().unwrap());
    let mut line = String::new();
    let mut url = String::new();
    let address = loop {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "the node ended: {:?}", process.wait());
        let told: Value = serde_json::from_str(&line).unwrap();
        if told["fields"]["message"].as_str().is_some_and(|message| message.starts_with("listening; ")) {
            url = format!("http://{}", told["fields"]["address"].as_str().unwrap());
        }
        if told["fields"]["message"] == "listening for EventStoreDB's clients" {
            break told["fields"]["address"].as_str().unwrap().to_owned();
        }
    };
    // What it says from here on is read by nobody; the pipe must not fill up.
    std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
    (process, url, address)
}

/// The stream of a month's visits.
#[must_use]
pub fn month(month: u32) -> StreamName {
    StreamName::new(format!("activity-2026-{month:02}")).unwrap()
}

/// An event that a node takes into the stream of a month; everything in it follows from its number.
#[must_use]
pub fn visits(in_month: u32, number: u128) -> NewEvent {
    let occurred_at = "2026-05-01T10:00:00Z";
    let id = Uuid::from_u128(number);
    let data = json!({
        "month": format!("2026-{in_month:02}"),
        "memberState": "BE",
        "role": "BUYER",
        "recipients": [],
        "excluded": { "bots": 1, "incidental": 0 },
    });
    let metadata = json!({
        "occurredAt": occurred_at,
        "actor": { "role": "operator", "id": "edge" },
        "commandId": id,
        "correlationId": id,
        "schema": 1,
    });
    NewEvent {
        id,
        event_type: "RecipientsSeen".into(),
        schema: 1,
        occurred_at: occurred_at.parse().unwrap(),
        data: Bytes::from(data.to_string()),
        metadata: Bytes::from(metadata.to_string()),
    }
}
