//! Photos: what is served has only pixels of what was sent; what is too much is refused before it costs anything.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "support/pictures.rs"]
mod pictures;
mod support;

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::metadata::Role;
use image::ImageFormat;
use pictures::{SECRET, bombs, jpeg, picture, png, webp};
use serde_json::{Value, json};
use support::{Answer, Market, review_input};

const OTHER_BUYER: &str = "b0b00000-0000-4000-8000-00000000000d";
const COMMAND: &str = "c0000000-0000-4000-8000-0000000000aa";
const BOUNDARY: &str = "----part";

/// A review of an order of the buyer's; gives its id.
async fn review(market: &Market, listing: &str) -> String {
    let order = market.delivered(listing).await;
    let input = review_input(&order, "Ziet er uit als nieuw.");
    let submitted = market.done(Role::Buyer, "submitReview", "SubmitReviewInput", input, "review { id }").await;
    submitted["review"]["id"].as_str().unwrap().to_owned()
}

async fn opened(directory: &Path) -> (Market, String) {
    let market = Market::open(directory).await;
    let listing = market.stock().await;
    let review = review(&market, &listing).await;
    (market, review)
}

/// The parts of a form, by name and content.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}.bin\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn form_type() -> (&'static str, String) {
    ("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"))
}

/// Photos to `/photos`, as parts of a form.
async fn post_form(market: &Market, review: &str, photos: &[Vec<u8>]) -> Answer {
    let parts: Vec<(&str, &[u8])> = photos.iter().map(|photo| ("photo", photo.as_slice())).collect();
    let path = format!("/photos?reviewId={}", review.replace('=', "%3D"));
    market.post(&path, vec![market.bearer(Role::Buyer), form_type()], form(&parts)).await
}

/// Photos by GraphQL, as parts of the request.
async fn upload(market: &Market, variables: Value, map: Value, files: &[(&str, &[u8])]) -> Answer {
    let query = "mutation Send($input: SubmitPhotosInput!) { submitPhotos(input: $input) { commandId position \
                 userErrors { field code message rule } review { photosWaiting } } }";
    let operations = json!({ "query": query, "variables": variables }).to_string();
    let map = map.to_string();
    let mut parts = vec![("operations", operations.as_bytes()), ("map", map.as_bytes())];
    parts.extend_from_slice(files);
    market.post("/graphql", vec![market.bearer(Role::Buyer), form_type()], form(&parts)).await
}

async fn decide(market: &Market, review: &str, decision: &str) {
    let mut input = json!({ "reviewId": review, "decision": decision });
    if decision == "REJECT" {
        input["criteria"] = json!(["OFF_TOPIC"]);
        input["explanation"] = json!("a test picture");
    }
    market.done(Role::Moderator, "decidePhotos", "DecidePhotosInput", input, "review { id }").await;
}

async fn shown(market: &Market, review: &str) -> Vec<Value> {
    let query = "query R($id: ID!) { review(id: $id) { photos { id url thumbnailUrl } } }";
    let answer = market.ask(None, query, json!({ "id": review })).await;
    answer["data"]["review"]["photos"].as_array().unwrap().clone()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Every file below a directory, without the zeros at its end that a log is made with.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let mut bytes = fs::read(&path).unwrap();
            bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
            found.push((path.display().to_string(), bytes));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_1_03_what_is_served_has_only_the_pixels_upright() {
    let directory = tempfile::tempdir().unwrap();
    let (market, review) = opened(directory.path()).await;
    for (name, photo) in [("JPEG", jpeg()), ("PNG", png()), ("WebP", webp())] {
        assert!(contains(&photo, SECRET) && contains(&photo, b"II*"));
        assert_eq!(post_form(&market, &review, &[photo]).await.status, 200);
        decide(&market, &review, "APPROVE").await;
        let [photo] = &shown(&market, &review).await[..] else { panic!("one photo: {name}") };
        for url in ["url", "thumbnailUrl"] {
            let served = market.raw(photo[url].as_str().unwrap(), vec![], None).await;
            assert_eq!((served.status, served.header("content-type")), (200, Some("image/jpeg")));
            for secret in
                [SECRET, b"Exif", b"II*", b"adobe", b"ICC_PROFILE", &[0xff, 0xe1], &[0xff, 0xe2], &[0xff, 0xfe]]
            {
                assert!(!contains(&served.body, secret), "{name} {secret:?}");
            }
            // Turned a quarter to the right, what was on the left is above.
            let pixels = image::load_from_memory_with_format(&served.body, ImageFormat::Jpeg).unwrap().into_rgb8();
            assert_eq!(pixels.dimensions(), (80, 160));
            let ([red, _, _], [_, _, blue]) = (pixels.get_pixel(40, 20).0, pixels.get_pixel(40, 140).0);
            assert!(red > 200 && blue > 200, "{name}");
        }
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_1_03_a_picture_that_only_claims_to_be_huge_is_refused_by_its_header() {
    let directory = tempfile::tempdir().unwrap();
    let (market, review) = opened(directory.path()).await;
    for bomb in bombs() {
        assert!(bomb.len() < 4_096);
        let refused = post_form(&market, &review, &[picture(ImageFormat::Png), bomb]).await;
        let error = &refused.json()["userErrors"][0];
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("photo 2 has ") && message.contains("pixels"), "{message}");
        assert_eq!((refused.status, &error["field"], &error["code"]), (400, &json!(["photos"]), &json!("INVALID")));
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_1_03_what_is_broken_too_large_or_too_many_is_refused_and_nothing_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (market, review) = opened(directory.path()).await;
    let cut = |photo: Vec<u8>| photo[..photo.len() * 2 / 3].to_vec();
    let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP];
    let mut bad: Vec<(Vec<Vec<u8>>, &str)> = formats.map(|format| (vec![cut(picture(format))], "photo 1 ")).to_vec();
    let mut flipped = picture(ImageFormat::Png);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    bad.push((vec![flipped], "can't be decoded"));
    bad.push((vec![b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()], "save it as one of them"));
    bad.push((vec![Vec::new()], "save it as one of them"));
    bad.push((vec![[jpeg(), vec![0; 5 * 1024 * 1024]].concat()], "make it smaller"));
    bad.push((vec![jpeg(); 7], "1 to 6 photos, not 7"));
    bad.push((Vec::new(), "1 to 6 photos, not 0"));
    bad.push((vec![jpeg(), jpeg()], "photo 2 is the same"));
    for (photos, why) in bad {
        let refused = post_form(&market, &review, &photos).await.json();
        let error = &refused["userErrors"][0];
        assert!(error["message"].as_str().unwrap().contains(why), "{why}: {refused}");
        assert_eq!((&error["rule"], &refused["photos"]), (&json!("R-3.1-03"), &json!([])));
    }
    let base64 = json!({ "reviewId": review, "photos": ["no base64"] });
    let refused = market.command(Role::Buyer, "submitPhotos", "SubmitPhotosInput", base64, "review { id }").await;
    assert_eq!(refused["userErrors"][0]["field"], json!(["photos"]));
    assert_eq!(files(&directory.path().join("photos")), []);
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_0_04_photos_sent_twice_by_whatever_way_are_the_same_command_and_the_same_photos() {
    let directory = tempfile::tempdir().unwrap();
    let (market, review) = opened(directory.path()).await;
    let photo = jpeg();
    let path = format!("/photos?reviewId={}&commandId={COMMAND}", review.replace('=', "%3D"));
    let raw = || market.post(&path, vec![market.bearer(Role::Buyer)], photo.clone());
    let first = raw().await.json();
    assert_eq!((first["userErrors"].clone(), first["photos"].as_array().unwrap().len()), (json!([]), 1));
    assert_eq!(raw().await.json(), first);
    let base64 = json!({ "reviewId": review, "commandId": COMMAND, "photos": [BASE64.encode(&photo)] });
    let again = market.done(Role::Buyer, "submitPhotos", "SubmitPhotosInput", base64, "review { id }").await;
    assert_eq!(again["position"], first["position"]);
    let input = json!({ "input": { "reviewId": review, "commandId": COMMAND, "uploads": [null] } });
    let again = upload(&market, input, json!({ "0": ["variables.input.uploads.0"] }), &[("0", &photo)]).await.json();
    assert_eq!(again["data"]["submitPhotos"]["position"], first["position"]);
    assert_eq!(again["data"]["submitPhotos"]["review"]["photosWaiting"], 1);

    // Another command with the same photo, once the first was decided, sends the same photo.
    decide(&market, &review, "REJECT").await;
    let second = post_form(&market, &review, std::slice::from_ref(&photo)).await.json();
    assert_ne!(second["position"], first["position"]);
    assert_eq!(second["photos"], first["photos"]);
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_3_02_equal_photos_of_two_buyers_share_no_name_and_no_byte_of_one_is_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let mut market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    let mine = review(&market, &listing).await;
    let sent = post_form(&market, &mine, &[jpeg()]).await.json();
    market.buyer = OTHER_BUYER;
    let theirs = review(&market, &listing).await;
    assert_eq!(post_form(&market, &mine, &[png()]).await.status, 403);
    let other = post_form(&market, &theirs, &[jpeg()]).await.json();
    assert_ne!(sent["photos"][0]["id"], other["photos"][0]["id"]);
    let stored = files(&directory.path().join("photos"));
    assert_eq!(stored.len(), 4, "a photo and a thumbnail for each, none of who may not send them");

    // Whoever sent it and moderators see what waits; another buyer does not.
    let url = sent["photos"][0]["url"].as_str().unwrap();
    assert_eq!(market.raw(url, vec![market.bearer(Role::Buyer)], None).await.status, 404);
    assert_eq!(market.raw(url, vec![market.bearer(Role::Moderator)], None).await.status, 200);
    market.buyer = support::BUYER;
    let served = market.raw(url, vec![market.bearer(Role::Buyer)], None).await;
    assert_eq!((served.status, served.header("cache-control")), (200, Some("no-store")));
    let thumbnail = sent["photos"][0]["thumbnailUrl"].as_str().unwrap();
    assert_eq!(market.raw(thumbnail, vec![], None).await.status, 404);
    assert_eq!(market.raw(thumbnail, vec![market.bearer(Role::Buyer)], None).await.status, 200);

    // A review that is deleted takes its photos with it, and nobody else's.
    let withdraw = json!({ "reviewId": mine });
    market.done(Role::Buyer, "withdrawReview", "WithdrawReviewInput", withdraw, "review { status }").await;
    market.server.settled().await.unwrap();
    let kept: Vec<_> = files(&directory.path().join("photos")).into_iter().map(|(path, _)| path).collect();
    assert!(kept.len() == 2 && stored.iter().filter(|(path, _)| kept.contains(path)).count() == 2, "{kept:?}");
    assert_eq!(market.raw(url, vec![market.bearer(Role::Moderator)], None).await.status, 404);
    market.server.stop().await;

    let (pixels, start) = (&served.body[served.body.len() / 2..][..24], jpeg()[..24].to_vec());
    for (path, bytes) in files(directory.path()) {
        assert!(!contains(&bytes, pixels) && !contains(&bytes, &start) && !contains(&bytes, SECRET), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_files_says_what_is_wrong_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let (market, review) = opened(directory.path()).await;
    let variables = json!({ "input": { "reviewId": review, "uploads": [null] } });
    let (map, photo) = (json!({ "0": ["variables.input.uploads.0"] }), png());
    let message = |answer: &Answer| answer.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
    let missing = upload(&market, variables.clone(), map.clone(), &[]).await;
    assert!(message(&missing).contains("which is not in the request"));
    let unmapped = upload(&market, variables.clone(), map.clone(), &[("1", &photo)]).await;
    assert!(message(&unmapped).contains("is not in the map"));
    let elsewhere = json!({ "0": ["variables.input.uploads.7"] });
    assert!(message(&upload(&market, variables.clone(), elsewhere, &[("0", &photo)]).await).contains("null"));
    let over = json!({ "0": ["variables.input.reviewId"] });
    assert!(message(&upload(&market, variables.clone(), over, &[("0", &photo)]).await).contains("null"));
    let many = json!({ "0": vec!["variables.input.uploads.0"; 40] });
    assert!(message(&upload(&market, variables.clone(), many, &[("0", &photo)]).await).contains("at most 32"));

    // Bytes come only in parts: no text stands for them, and nothing falls over.
    for text in ["#__graphql_file__:0", "#__graphql_file__:x"] {
        let input = json!({ "input": { "reviewId": review, "uploads": [text] } });
        let query = "mutation Send($input: SubmitPhotosInput!) { submitPhotos(input: $input) { position } }";
        let answer = market.ask(Some(Role::Buyer), query, input).await;
        assert!(answer["errors"][0]["message"].is_string() && answer["data"].is_null(), "{answer}");
    }

    // What only a buyer may send, nobody else can make the server hold.
    let large = json!({ "query": format!("{{ viewer {{ role }} }} # {}", "x".repeat(600 * 1024)) });
    let refused = market.raw("/graphql", vec![market.bearer(Role::Seller)], Some(large)).await;
    assert_eq!(refused.status, 413);
    assert_eq!(
        market.post("/photos?reviewId=x", vec![market.bearer(Role::Moderator)], photo.clone()).await.status,
        403
    );
    assert_eq!(market.post("/photos", vec![market.bearer(Role::Buyer)], photo).await.status, 400);
    market.server.stop().await;
}
