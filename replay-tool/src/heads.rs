//! The signed heads of a book: those that lie beside it, and those that a server shows; and the book compared with them.

use chrono::SecondsFormat;
use event_log::merkle::{
    Compared, Comparison, ConsistencyProof, HASHES, HEADS, Hash, HashTree, HeadFile, HeadKeys, InclusionProof,
    PublicHeadKey, SignedHead,
};
use event_log::{EventLog, LogError, Position};
use serde_json::{Value, json};

use crate::book::Data;
use crate::error::ToolError;
use crate::events::Events;
use crate::progress::Progress;

/// The heads beside a book, the oldest first. Read before the book, they are of no more than it has.
pub(crate) fn beside(data: &Data, keys: &[PublicHeadKey]) -> Result<Vec<SignedHead>, LogError> {
    HeadFile::read(&data.heads().join(HEADS), keys)
}

/// The public keys beside a book, the oldest first.
pub(crate) fn keys_beside(data: &Data) -> Result<Vec<PublicHeadKey>, LogError> {
    HeadKeys::public_in(&data.heads())
}

/// The hashes that a server keeps beside a book, where there are any.
pub(crate) fn hashes_beside(data: &Data) -> Result<Option<HashTree>, LogError> {
    HashTree::open_read_only(data.heads().join(HASHES))
}

/// That nothing up to a position was signed yet, and what to do.
pub(crate) fn uncovered(place: &str, position: Position) -> String {
    format!(
        "no signed head in {place} covers position {position}; a server that has the book open signs one within a minute"
    )
}

/// A head, for people.
pub(crate) fn shown(signed: &SignedHead) -> String {
    format!("of {} events, signed at {} by {}", signed.head.size, signed_at(signed), signed.key_id())
}

/// A head, for programs.
pub(crate) fn json(signed: &SignedHead) -> Value {
    json!({
        "origin": signed.head.origin,
        "events": signed.head.size,
        "root": signed.head.root.to_string(),
        "signedAt": signed_at(signed),
        "key": signed.key_id(),
    })
}

/// When a head was signed.
pub(crate) fn signed_at(signed: &SignedHead) -> String {
    signed.head.time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Reads the whole book for a comparison.
pub(crate) fn compare(log: &dyn EventLog, mut comparison: Comparison) -> Result<Compared, LogError> {
    let end = log.watch_next_position().borrow().0;
    let progress = Progress::new("hashing", "events");
    for event in Events::between(log, Position::START, Position(end)) {
        let event = event?;
        let next = event.position.next().0;
        comparison.take(Hash::of_event(&event), || Ok(event))?;
        progress.at(next, end);
    }
    comparison.finish()
}

/// A running server, asked for its heads. Everybody may.
pub(crate) struct HeadServer {
    url: String,
}

impl HeadServer {
    /// The server at an address, as in http://127.0.0.1:8080.
    pub(crate) fn at(url: &str) -> Self {
        Self { url: format!("{}/graphql", url.trim_end_matches('/')) }
    }

    /// Its newest head, as it shows it: nobody has verified it yet.
    pub(crate) fn newest(&self) -> Result<SignedHead, ToolError> {
        let answer = self.ask("{ logHead { signature } }", &json!({}))?;
        let text = answer["logHead"]["signature"].as_str().unwrap_or_default();
        text.parse().map_err(|error| self.failed(format!("logHead: {error}")))
    }

    /// Where it says that an event is in its book.
    pub(crate) fn inclusion(&self, position: u64, size: u64) -> Result<InclusionProof, ToolError> {
        let query =
            "query($position: String!, $size: String!) { inclusionProof(position: $position, size: $size) { path } }";
        let answer = self.ask(query, &json!({ "position": position.to_string(), "size": size.to_string() }))?;
        Ok(InclusionProof { position, size, path: self.path(&answer["inclusionProof"])? })
    }

    /// What it gives to prove that its book of so many events begins with its book of fewer.
    pub(crate) fn consistency(&self, from: u64, to: u64) -> Result<ConsistencyProof, ToolError> {
        let query = "query($from: String!, $to: String!) { consistencyProof(from: $from, to: $to) { path } }";
        let answer = self.ask(query, &json!({ "from": from.to_string(), "to": to.to_string() }))?;
        Ok(ConsistencyProof { from, to, path: self.path(&answer["consistencyProof"])? })
    }

    fn path(&self, proof: &Value) -> Result<Vec<Hash>, ToolError> {
        let hashes = proof["path"].as_array().ok_or_else(|| self.failed("the answer has no path".to_owned()))?;
        let hash = |hash: &Value| {
            hash.as_str().unwrap_or_default().parse().map_err(|error| self.failed(format!("the path: {error}")))
        };
        hashes.iter().map(hash).collect()
    }

    fn ask(&self, query: &str, variables: &Value) -> Result<Value, ToolError> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = ureq::post(&self.url).header("content-type", "application/json").send(body);
        let text = answer.and_then(|mut answer| answer.body_mut().read_to_string());
        let text = text.map_err(|error| self.failed(error.to_string()))?;
        let answer: Value = serde_json::from_str(&text).map_err(|error| self.failed(error.to_string()))?;
        match answer["errors"][0]["message"].as_str() {
            Some(message) => Err(self.failed(message.to_owned())),
            None => Ok(answer["data"].clone()),
        }
    }

    fn failed(&self, message: String) -> ToolError {
        ToolError::Server { url: self.url.clone(), message }
    }
}
