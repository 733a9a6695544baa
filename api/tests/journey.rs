//! From a seller's account to a review that is gone, over a real socket.

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::metadata::Role;
use serde_json::{Value, json};
use support::{BUYER, Market, PRODUCT, SELLER, review_input};

const TEXT: &str = "Ziet er uit als nieuw, batterij houdt het een dag vol.";

async fn review_of(market: &Market, id: &str) -> Value {
    let query = "query R($id: ID!) { review(id: $id) { text score status photos { url } verifiedPurchase } }";
    market.ask(None, query, json!({ "id": id })).await["data"]["review"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_3_02_a_withdrawn_review_is_gone_from_every_answer_and_from_the_book() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let order = market.delivered(&market.stock().await).await;
    let submitted = market
        .done(Role::Buyer, "submitReview", "SubmitReviewInput", review_input(&order, TEXT), "review { id text status }")
        .await;
    assert_eq!((&submitted["review"]["text"], &submitted["review"]["status"]), (&json!(TEXT), &json!("ONLINE")));
    let review = submitted["review"]["id"].as_str().unwrap();

    let page = "query P($id: ID!) { product(id: $id) { title orders30d isBestSeller rating { count average histogram } \
                offers { condition price { amount } ranking { competitors score } } \
                reviews(sort: NEWEST, language: \"nl\") { nodes { text } } } }";
    let shown = market.ask(None, page, json!({ "id": PRODUCT })).await["data"]["product"].clone();
    assert_eq!(shown["reviews"]["nodes"], json!([{ "text": TEXT }]));
    assert_eq!(shown["rating"], json!({ "count": 1, "average": "5.00", "histogram": [0, 0, 0, 0, 1] }));
    assert_eq!((&shown["orders30d"], &shown["isBestSeller"]), (&json!(1), &json!(true)));
    assert_eq!(shown["offers"][0]["price"]["amount"], "249.90");

    // The auditor sees that it is there, sealed.
    let events = "query E($stream: String!) { events(stream: $stream) { nodes { type data metadata } } }";
    let of_review = json!({ "stream": "review-".to_owned() + &plain(review) });
    let book = market.ask(Some(Role::Auditor), events, of_review.clone()).await;
    assert!(!book.to_string().contains("batterij") && book.to_string().contains("ReviewSubmitted"));

    let withdrawn = market.done(
        Role::Buyer,
        "withdrawReview",
        "WithdrawReviewInput",
        json!({ "reviewId": review }),
        "review { text }",
    );
    assert_eq!(withdrawn.await["review"]["text"], Value::Null);
    assert_eq!(review_of(&market, review).await, Value::Null);
    let shown = market.ask(None, page, json!({ "id": PRODUCT })).await["data"]["product"].clone();
    assert_eq!((&shown["reviews"]["nodes"], &shown["rating"]["count"]), (&json!([]), &json!(0)));

    // Its key is destroyed by the reactor, and that is recorded.
    let subject = json!({ "stream": format!("subject-review-{}", plain(review)) });
    let mut recorded = Value::Null;
    for _ in 0..100 {
        recorded = market.ask(Some(Role::Auditor), events, subject.clone()).await["data"]["events"]["nodes"].clone();
        if recorded != json!([]) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(recorded[0]["type"], "SubjectKeyDestroyed");
    assert!(market.has_forgotten(&format!("review-{}", plain(review))).await);
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_02_photos_are_shown_once_a_person_approved_them() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let order = market.delivered(&market.stock().await).await;
    let input = review_input(&order, TEXT);
    let submitted = market.done(Role::Buyer, "submitReview", "SubmitReviewInput", input, "review { id }").await;
    let review = submitted["review"]["id"].clone();
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let photos = json!({ "reviewId": review, "photos": [BASE64.encode(png.into_inner())] });
    let sent = market.done(Role::Buyer, "submitPhotos", "SubmitPhotosInput", photos, "review { photosWaiting }").await;
    assert_eq!(sent["review"]["photosWaiting"], 1);

    let queue = "{ photoModerationQueue { nodes { reviewId photos { url } text } } }";
    let waiting = market.ask(Some(Role::Moderator), queue, Value::Null).await;
    let waiting = &waiting["data"]["photoModerationQueue"]["nodes"][0];
    assert_eq!(waiting["reviewId"], review);
    let url = waiting["photos"][0]["url"].as_str().unwrap().to_owned();
    assert_eq!(market.raw(&url, vec![], None).await.status, 404);
    let moderator = vec![("Authorization", format!("Bearer {}", market.token(Role::Moderator)))];
    assert_eq!(market.raw(&url, moderator, None).await.status, 200);

    let approve = json!({ "reviewId": review, "decision": "APPROVE" });
    market.done(Role::Moderator, "decidePhotos", "DecidePhotosInput", approve, "review { photos { url } }").await;
    let photo = market.raw(&url, vec![], None).await;
    assert_eq!((photo.status, photo.header("content-type")), (200, Some("image/jpeg")));
    let withdraw = json!({ "reviewId": review });
    market.done(Role::Buyer, "withdrawReview", "WithdrawReviewInput", withdraw, "review { text }").await;
    assert_eq!(market.raw(&url, vec![], None).await.status, 404);
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_04_a_removed_sellers_listings_come_down_even_after_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    let remove = json!({ "sellerId": SELLER, "reason": "BREACH_OF_TERMS", "explanation": "found by staff" });
    let removed =
        market.done(Role::Operator, "removeSeller", "RemoveSellerInput", remove, "seller { removedAt }").await;
    assert!(removed["seller"]["removedAt"].is_string());
    // Whether the reactor was done or not, another process finishes it.
    market.server.stop().await;
    let market = Market::open(directory.path()).await;
    let query = "query L($id: ID!) { node(id: $id) { ... on Listing { forSale } } product(id: \"90000000-0000-4000-8000-00000000000c\") { offers { listingId } } }";
    let mut answer = Value::Null;
    for _ in 0..100 {
        answer = market.ask(None, query, json!({ "id": listing })).await["data"].clone();
        if answer["node"]["forSale"] == json!(false) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(answer, json!({ "node": { "forSale": false }, "product": { "offers": [] } }));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_0_01_what_was_acknowledged_is_there_after_a_restart_and_a_buyer_can_be_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let register = json!({
        "identity": { "name": "Jo", "email": "jo@example.eu", "address": "Kade 1" }, "country": "NL", "language": "nl",
    });
    market.done(Role::Buyer, "registerBuyer", "RegisterBuyerInput", register, "buyer { status }").await;
    let order = market.delivered(&market.stock().await).await;
    market.server.stop().await;

    let market = Market::open(directory.path()).await;
    let mine = "{ viewer { role orders { nodes { id status lines { guarantees { legalMonths legalUntil } } } } } }";
    let viewer = market.ask(Some(Role::Buyer), mine, Value::Null).await["data"]["viewer"].clone();
    assert_eq!((&viewer["role"], &viewer["orders"]["nodes"][0]["id"]), (&json!("BUYER"), &json!(order)));
    assert_eq!(viewer["orders"]["nodes"][0]["lines"][0]["guarantees"]["legalMonths"], 24);
    let erased = market.done(Role::Buyer, "eraseBuyer", "EraseBuyerInput", json!({}), "buyer { status }").await;
    assert_eq!(erased["buyer"]["status"], "ERASED");
    let help = json!({ "orderId": order, "topic": "OTHER", "message": "hello" });
    // The reactor destroys the key a moment later; then nothing is sealed for the buyer again.
    while !market.has_forgotten(&format!("buyer-{BUYER}")).await {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let refused = market.command(Role::Buyer, "requestHelp", "RequestHelpInput", help, "order { id }").await;
    assert_eq!(refused["userErrors"][0]["code"], "NOT_ELIGIBLE");
    market.server.stop().await;
}

/// The UUID in a global id.
#[allow(clippy::unwrap_used, reason = "a test that can't go on fails")]
fn plain(id: &str) -> String {
    let text = String::from_utf8(BASE64.decode(id).unwrap()).unwrap();
    text.split_once(':').unwrap().1.to_owned()
}
