//! Whoever was forgotten is in no file of the data directory, and every head that was signed stays true.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use domain::metadata::Role;
use event_log::merkle::{HEADS, HeadFile, HeadKeeper, HeadKeys};
use event_log::{EmbeddedLog, EventLog};
use projections::data_directory::DataDirectory;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::json;
use support::{Market, review_input};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// What becomes of a buyer, and of the review that they wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stays,
    ReviewWithdrawn,
    BuyerErased,
    Both,
}

/// A buyer's part of a history.
#[derive(Debug, Clone)]
struct Life {
    name: String,
    text: String,
    edited: Option<String>,
    asks: Option<String>,
    /// Whether a moderator writes to them, by mail.
    warned: bool,
    end: End,
    /// Whether the server is started anew before the end.
    restart: bool,
}

fn words() -> impl Strategy<Value = String> {
    // Long, and like nothing else that could be in a file.
    proptest::string::string_regex("[b-df-hj-np-tv-z]{12} [a-z]{9,20}").unwrap()
}

fn life() -> impl Strategy<Value = Life> {
    let end = prop_oneof![Just(End::Stays), Just(End::ReviewWithdrawn), Just(End::BuyerErased), Just(End::Both)];
    let (edited, asks) = (proptest::option::of(words()), proptest::option::of(words()));
    let parts = (words(), words(), edited, asks, any::<bool>(), end, any::<bool>());
    parts.prop_map(|(name, text, edited, asks, warned, end, restart)| Life {
        name,
        text,
        edited,
        asks,
        warned,
        end,
        restart,
    })
}

/// What is in all files of a data directory.
struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    fn of(data: &DataDirectory) -> Self {
        let mut files = Self(Vec::new());
        files.add(data.path());
        files
    }

    /// All but what was handed to the mail, which is to be read by its recipients.
    fn but_for_mail(mut self, data: &DataDirectory) -> Self {
        self.0.retain(|(file, _)| !Path::new(file).starts_with(data.mail()));
        self
    }

    fn add(&mut self, directory: &Path) {
        for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                self.add(&entry);
                continue;
            }
            // Segments are filled with zeros that nobody need search.
            let content = fs::read(&entry).unwrap();
            let written = content.chunks(4_096).filter(|chunk| *chunk != &[0; 4_096][..chunk.len()]);
            self.0.push((entry.display().to_string(), written.flatten().copied().collect()));
        }
    }

    fn with(&self, bytes: &[u8]) -> Vec<&str> {
        let holding = self.0.iter().filter(|(_, content)| memchr::memmem::find(content, bytes).is_some());
        holding.map(|(file, _)| file.as_str()).collect()
    }
}

/// A subject's key as the vault's file has it: its name, and the wrapped key behind it.
fn wrapped(data: &DataDirectory, subject: &str) -> Vec<u8> {
    let keys = fs::read(data.vault().join("keys")).unwrap();
    let at = keys.windows(subject.len()).position(|part| part == subject.as_bytes()).unwrap() + subject.len();
    keys[at..at + 60].to_vec()
}

async fn lived(lives: &[Life]) {
    let directory = tempfile::tempdir().unwrap();
    let data = DataDirectory::new(directory.path());
    let mut market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    let (mut gone, mut kept, mut keys, mut written_to) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, life) in (1_u128..).zip(lives) {
        let buyer: &'static str = Box::leak(Uuid::from_u128(number << 64 | 7).to_string().into_boxed_str());
        market.buyer = buyer;
        let (email, address) =
            (format!("{}@example.eu", life.name.replace(' ', ".")), format!("{} 12, Gent", life.name));
        let identity = json!({ "name": life.name, "email": email, "address": address });
        let input = json!({ "country": "BE", "language": "nl", "identity": identity });
        market.done(Role::Buyer, "registerBuyer", "RegisterBuyerInput", input, "buyer { id }").await;
        let order = market.delivered(&listing).await;
        let submitted = market.done(
            Role::Buyer,
            "submitReview",
            "SubmitReviewInput",
            review_input(&order, &life.text),
            "review { id }",
        );
        let review = submitted.await["review"]["id"].as_str().unwrap().to_owned();
        let (mut of_buyer, mut of_review) = (vec![life.name.clone(), email.clone(), address], vec![life.text.clone()]);
        if let Some(edited) = &life.edited {
            let input = json!({ "reviewId": review, "score": 2, "text": edited, "language": "nl" });
            market.done(Role::Buyer, "editReview", "EditReviewInput", input, "review { id }").await;
            of_review.push(edited.clone());
        }
        if let Some(message) = &life.asks {
            let input = json!({ "orderId": order, "topic": "OTHER", "message": message });
            market.done(Role::Buyer, "requestHelp", "RequestHelpInput", input, "order { id }").await;
            of_buyer.push(message.clone());
        }
        if life.warned {
            let input =
                json!({ "reviewId": review, "criteria": ["INSULTING"], "explanation": "It calls somebody names." });
            market.done(Role::Moderator, "warnBuyer", "WarnBuyerInput", input, "buyer { id }").await;
        }
        market.server.settled().await.unwrap();
        market.ask(None, "{ logHead { signature } }", json!({})).await;
        if life.restart {
            market.server.stop().await;
            market = Market::open(directory.path()).await;
            market.buyer = buyer;
        }
        let plain = plain(&review);
        let mut forget = Vec::new();
        if matches!(life.end, End::ReviewWithdrawn | End::Both) {
            forget.push((format!("review-{plain}"), of_review.clone()));
            keys.push(wrapped(&data, &format!("review-{plain}")));
            let input = json!({ "reviewId": review });
            market.done(Role::Buyer, "withdrawReview", "WithdrawReviewInput", input, "review { id }").await;
        } else {
            kept.extend(of_review);
        }
        if matches!(life.end, End::BuyerErased | End::Both) {
            forget.push((format!("buyer-{buyer}"), of_buyer.clone()));
            keys.push(wrapped(&data, &format!("buyer-{buyer}")));
            market.done(Role::Buyer, "eraseBuyer", "EraseBuyerInput", json!({}), "buyer { status }").await;
        } else {
            kept.extend(of_buyer);
            written_to.extend(life.warned.then_some(email));
        }
        for (subject, texts) in forget {
            while !market.has_forgotten(&subject).await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            gone.extend(texts);
        }
    }
    market.server.settled().await.unwrap();
    market.ask(None, "{ logHead { signature } }", json!({})).await;
    market.server.stop().await;

    let files = Files::of(&data);
    let nowhere = Vec::<&str>::new();
    assert_ne!(files.with(b"ReviewSubmitted"), nowhere, "what is in the book in the clear is found");
    for text in &gone {
        assert_eq!(files.with(text.as_bytes()), nowhere, "{text:?} of somebody who was forgotten");
    }
    for email in &written_to {
        assert_ne!(
            files.with(email.as_bytes()),
            nowhere,
            "a mail to {email}, who was not forgotten, is not taken back"
        );
    }
    let files = files.but_for_mail(&data);
    for text in &kept {
        assert_eq!(files.with(text.as_bytes()), nowhere, "{text:?} is nowhere in the clear");
    }
    for key in &keys {
        assert_eq!(files.with(key), nowhere, "a destroyed key can't come back");
    }
    let log = EmbeddedLog::open_read_only(data.log()).unwrap();
    let public = HeadKeys::public_in(&data.heads()).unwrap();
    let heads = HeadFile::read(&data.heads().join(HEADS), &public).unwrap();
    assert!(!heads.is_empty());
    fs::remove_file(data.heads().join("hashes")).unwrap();
    let keeper = HeadKeeper::open(&data.heads(), "nobody", &log).unwrap();
    assert_eq!(keeper.size(), log.next_position().await.unwrap().0);
}

/// The UUID in a global id.
fn plain(global: &str) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.decode(global).unwrap();
    String::from_utf8(text).unwrap().split_once(':').unwrap().1.to_owned()
}

proptest! {
    #![proptest_config(Config { cases: 6, max_shrink_iters: 20, ..Config::default() })]

    #[test]
    fn r_3_3_02_whoever_was_forgotten_is_in_no_file_and_every_head_stays_true(
        lives in proptest::collection::vec(life(), 1..6)
    ) {
        Runtime::new().unwrap().block_on(lived(&lives));
    }
}
