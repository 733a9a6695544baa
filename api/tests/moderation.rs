//! What moderators decide, whom it restricts, and how it is contested, over a real socket.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::ids::StatementId;
use domain::listing::Listing;
use domain::metadata::Role;
use domain::statement::Statement;
use event_log::{Direction, StreamName};
use projections::data_directory::DataDirectory;
use serde_json::{Value, json};
use support::{BUYER, Market, PRODUCT, SELLER, listing_input, review_input};
use uuid::Uuid;

const TEXT: &str = "Ziet er uit als nieuw, batterij houdt het een dag vol.";
const OTHER: &str = "b0b00000-0000-4000-8000-0000000000ff";
const NOWHERE: &str = "00000000-0000-4000-8000-000000000001";

/// Codes, fields and rules of a refusal.
fn refusals(payload: &Value) -> Vec<(&str, String, &str)> {
    let text =
        |value: &'_ Value| value.as_array().map_or_else(String::new, |path| path[0].as_str().unwrap().to_owned());
    let errors = payload["userErrors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            (error["code"].as_str().unwrap(), text(&error["field"]), error["rule"].as_str().unwrap_or_default())
        })
        .collect()
}

fn refused<'a>(code: &'a str, field: &str, rule: &'a str) -> Vec<(&'a str, String, &'a str)> {
    vec![(code, field.to_owned(), rule)]
}

/// Commands without a token.
async fn anybody(market: &Market, mutation: &str, input_type: &str, input: Value, fields: &str) -> Value {
    let query = format!(
        "mutation Do($input: {input_type}!) {{ {mutation}(input: $input) {{ userErrors {{ field code rule message }} \
         {fields} }} }}"
    );
    market.ask(None, &query, json!({ "input": input })).await["data"][mutation].clone()
}

/// Commands as another moderator.
async fn colleague(market: &Market, mutation: &str, input_type: &str, input: Value, fields: &str) -> Value {
    let query = format!(
        "mutation Do($input: {input_type}!) {{ {mutation}(input: $input) {{ userErrors {{ field code rule message }} \
         {fields} }} }}"
    );
    let token = market.server.app().signer.sign(Role::Moderator, "colleague", 1).unwrap();
    let asked = json!({ "query": query, "variables": { "input": input } });
    let headers = vec![("Authorization", format!("Bearer {token}"))];
    market.raw("/graphql", headers, Some(asked)).await.json()["data"][mutation].clone()
}

/// The code of the error that keeps a field from being asked at all.
async fn forbidden(market: &Market, role: Option<Role>, mutation: &str, input_type: &str, input: Value) {
    let query =
        format!("mutation Do($input: {input_type}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
    let answer = market.ask(role, &query, json!({ "input": input })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{mutation}: {answer}");
}

/// An order's id, and that of its review.
async fn reviewed(market: &Market, listing: &str) -> (String, String) {
    let order = market.delivered(listing).await;
    let input = review_input(&order, TEXT);
    let submitted = market.done(Role::Buyer, "submitReview", "SubmitReviewInput", input, "review { id }").await;
    (order, submitted["review"]["id"].as_str().unwrap().to_owned())
}

async fn with_account(market: &Market) {
    let register = json!({
        "identity": { "name": "Jo", "email": "jo@example.eu", "address": "Kade 1" }, "country": "NL", "language": "nl",
    });
    market.done(Role::Buyer, "registerBuyer", "RegisterBuyerInput", register, "buyer { status }").await;
}

fn moderate_input(review: &str) -> Value {
    json!({ "reviewId": review, "criteria": ["INSULTING"], "explanation": "insults a person" })
}

fn notice_input() -> Value {
    json!({
        "allegation": "AGAINST_TERMS", "reasons": "it says what is not true of me", "goodFaith": true,
        "notifier": { "name": "Jo Neighbour", "email": "jo@example.eu" },
    })
}

fn and(mut input: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("fields: {more}") };
    input.as_object_mut().unwrap().extend(more);
    input
}

/// The statement of the reasons of the newest decision in a stream, once the platform has done all that follows.
async fn stated(market: &Market, category: &str, id: &str) -> String {
    market.server.settled().await.unwrap();
    let book = &market.server.app().executor.platform().book;
    let stream = StreamName::new(format!("{category}-{}", plain(id))).unwrap();
    for record in book.log().read_stream(&stream, None, Direction::Backwards, 100).await.unwrap() {
        let statement = StatementId::of_decision(record.id);
        if book.load::<Statement>(statement.0).await.unwrap().issued.is_some() {
            return statement.to_string();
        }
    }
    panic!("no reasons are stated of anything in {stream}")
}

fn plain(id: &str) -> Uuid {
    id.parse().unwrap_or_else(|_| {
        let text = String::from_utf8(BASE64.decode(id).unwrap()).unwrap();
        text.split_once(':').unwrap().1.parse().unwrap()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_04_a_moderator_removes_photos_or_the_whole_review_by_the_criteria() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let (_, review) = reviewed(&market, &market.stock().await).await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let photos = json!({ "reviewId": review, "photos": [BASE64.encode(png.into_inner())] });
    market.done(Role::Buyer, "submitPhotos", "SubmitPhotosInput", photos, "review { id }").await;
    let approve = json!({ "reviewId": review, "decision": "APPROVE" });
    market.done(Role::Moderator, "decidePhotos", "DecidePhotosInput", approve, "review { id }").await;

    let shown = "review { status photos { url } }";
    let moderate = |input| market.command(Role::Moderator, "moderateReview", "ModerateReviewInput", input, shown);
    let photos_only = || and(moderate_input(&review), json!({ "photosOnly": true }));
    assert_eq!(moderate(photos_only()).await["review"], json!({ "status": "ONLINE", "photos": [] }));
    assert_eq!(refusals(&moderate(photos_only()).await), refused("NOT_ELIGIBLE", "reviewId", "R-3.4-04"));

    let no_criteria = and(moderate_input(&review), json!({ "criteria": [] }));
    assert_eq!(refusals(&moderate(no_criteria).await), refused("INVALID", "criteria", "R-3.4-06"));
    assert_eq!(refusals(&moderate(moderate_input(NOWHERE)).await), refused("NOT_FOUND", "reviewId", "R-3.4-04"));
    forbidden(&market, Some(Role::Operator), "moderateReview", "ModerateReviewInput", moderate_input(&review)).await;
    assert_eq!(moderate(moderate_input(&review)).await["review"]["status"], "REMOVED");
    assert_eq!(refusals(&moderate(moderate_input(&review)).await), refused("ALREADY_DONE", "reviewId", "R-3.4-04"));
    let read = "query R($id: ID!) { review(id: $id) { status text } }";
    assert_eq!(market.ask(None, read, json!({ "id": review })).await["data"]["review"], Value::Null);
    let mine = market.ask(Some(Role::Buyer), read, json!({ "id": review })).await;
    assert_eq!(mine["data"]["review"], json!({ "status": "REMOVED", "text": TEXT }));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_05_anybody_sends_a_notice_and_it_leads_only_to_what_it_is_about() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    let (_, review) = reviewed(&market, &listing).await;
    let send = |more: Value| {
        let input = and(notice_input(), more);
        anybody(&market, "submitNotice", "SubmitNoticeInput", input, "noticeId status")
    };
    let of_review = send(json!({ "reviewId": review })).await;
    assert_eq!((refusals(&of_review), &of_review["status"]), (vec![], &json!("OPEN")));
    let of_review = of_review["noticeId"].as_str().unwrap().to_owned();
    let of_listing = send(json!({ "listingId": listing })).await["noticeId"].clone();

    // It says where its target is, and nobody can read who sent it.
    let events = "query E($stream: String!) { events(stream: $stream) { nodes { type data } } }";
    let stream = json!({ "stream": format!("notice-{}", plain(&of_review)) });
    let book = market.ask(Some(Role::Auditor), events, stream).await.to_string();
    assert!(book.contains(&format!("/reviews/{}", plain(&review))) && !book.contains("Neighbour"), "{book}");

    for (more, code, field) in [
        (json!({}), "INVALID", "reviewId"),
        (json!({ "reviewId": review, "listingId": listing }), "INVALID", "reviewId"),
        (json!({ "reviewId": review, "goodFaith": false }), "NOT_ELIGIBLE", "goodFaith"),
        (json!({ "reviewId": review, "notifier": null }), "INVALID", "notifier"),
        (json!({ "reviewId": review, "language": "Dutch" }), "INVALID", "language"),
        (json!({ "reviewId": NOWHERE }), "NOT_FOUND", "reviewId"),
        // It has no photos that are online.
        (json!({ "photosOfReviewId": review }), "NOT_FOUND", "photosOfReviewId"),
    ] {
        let answer = send(more.clone()).await;
        let (found, at, _) = &refusals(&answer)[0];
        assert_eq!((*found, at.as_str()), (code, field), "{more}");
    }
    let nameless = json!({ "reviewId": review, "notifier": null, "allegation": "OFFENCE_AGAINST_CHILDREN" });
    assert_eq!(send(nameless).await["status"], "OPEN");

    let moderate = |notice: &Value| {
        let input = and(moderate_input(&review), json!({ "noticeId": notice }));
        market.command(Role::Moderator, "moderateReview", "ModerateReviewInput", input, "review { status }")
    };
    assert_eq!(refusals(&moderate(&of_listing).await), refused("INVALID", "noticeId", "R-3.4-05"));
    assert_eq!(refusals(&moderate(&json!(NOWHERE)).await), refused("NOT_FOUND", "noticeId", "R-3.4-05"));
    let remove = json!({ "listingId": listing, "reason": "PROHIBITED", "explanation": "x", "noticeId": of_review });
    let remove = market.command(Role::Operator, "removeListing", "RemoveListingInput", remove, "listing { forSale }");
    assert_eq!(refusals(&remove.await), refused("INVALID", "noticeId", "R-3.4-05"));
    assert_eq!(moderate(&json!(of_review)).await["review"]["status"], "REMOVED");
    // What it led to has decided it.
    market.server.settled().await.unwrap();
    let decide = json!({ "noticeId": of_review, "outcome": "NO_ACTION", "explanation": "x" });
    let decided = market.command(Role::Moderator, "decideNotice", "DecideNoticeInput", decide, "status").await;
    assert_eq!(refusals(&decided), refused("ALREADY_DONE", "noticeId", "R-3.4-07"));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_10_what_came_back_after_a_complaint_stays_when_reactors_begin_at_the_books_start_again() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    let mut reviews = Vec::new();
    for by_notice in [true, false] {
        let (_, review) = reviewed(&market, &listing).await;
        let input = and(notice_input(), json!({ "reviewId": review }));
        let notice = anybody(&market, "submitNotice", "SubmitNoticeInput", input, "noticeId").await["noticeId"].clone();
        // Removed because of the notice, which that decides; or without it, before it is decided.
        let moderate = and(moderate_input(&review), if by_notice { json!({ "noticeId": notice }) } else { json!({}) });
        market.done(Role::Moderator, "moderateReview", "ModerateReviewInput", moderate, "position").await;
        if !by_notice {
            let outcome =
                json!({ "outcome": "ACTION_BY_TERMS", "criteria": ["INSULTING"], "explanation": "an insult" });
            let decide = and(outcome, json!({ "noticeId": notice }));
            market.done(Role::Moderator, "decideNotice", "DecideNoticeInput", decide, "status").await;
        }
        market.server.settled().await.unwrap();
        let form = "query F($review: ID!) { complaintForm(reviewId: $review) { orderNumber reviewDate } }";
        let form =
            market.ask(Some(Role::Buyer), form, json!({ "review": review })).await["data"]["complaintForm"].clone();
        let contest = and(form, json!({ "reviewId": review, "reasons": "it insults nobody" }));
        let lodged =
            market.done(Role::Buyer, "lodgeComplaint", "LodgeComplaintInput", contest, "complaintId").await["complaintId"]
                .clone();
        let reverse = json!({ "complaintId": lodged, "outcome": "REVERSED", "explanation": "it does not" });
        let reversed = colleague(&market, "decideComplaint", "DecideComplaintInput", reverse, "status").await;
        assert_eq!(refusals(&reversed), vec![], "{reversed}");
        reviews.push(review);
    }
    let input = and(notice_input(), json!({ "listingId": listing }));
    let notice = anybody(&market, "submitNotice", "SubmitNoticeInput", input, "noticeId").await["noticeId"].clone();
    let remove = json!({
        "listingId": listing, "reason": "BREACH_OF_TERMS", "explanation": "no charger in the box", "noticeId": notice,
    });
    market.done(Role::Operator, "removeListing", "RemoveListingInput", remove, "listing { forSale }").await;
    let contest = json!({ "statementId": stated(&market, "listing", &listing).await, "reasons": "it is in the box" });
    let lodged = market.done(Role::Seller, "lodgeComplaint", "LodgeComplaintInput", contest, "complaintId").await;
    let reverse =
        json!({ "complaintId": lodged["complaintId"], "outcome": "REVERSED", "explanation": "it is in the box" });
    assert_eq!(
        refusals(&colleague(&market, "decideComplaint", "DecideComplaintInput", reverse, "status").await),
        vec![]
    );
    market.server.settled().await.unwrap();
    market.server.stop().await;
    std::fs::remove_dir_all(DataDirectory::new(directory.path()).reactors()).unwrap();

    let market = Market::open(directory.path()).await;
    market.server.settled().await.unwrap();
    for review in reviews {
        let read = "query R($id: ID!) { review(id: $id) { status } }";
        let online = market.ask(None, read, json!({ "id": review })).await;
        assert_eq!(online["data"]["review"], json!({ "status": "ONLINE" }));
    }
    let query = "query P($id: ID!) { product(id: $id) { offers { listingId } } }";
    let offers = market.ask(None, query, json!({ "id": PRODUCT })).await["data"]["product"]["offers"].clone();
    assert_eq!(offers, json!([{ "listingId": listing }]));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_07_r_3_4_10_a_person_decides_a_notice_and_its_sender_contests_that_nothing_was_done() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let (_, review) = reviewed(&market, &market.stock().await).await;
    let input = and(notice_input(), json!({ "reviewId": review }));
    let notice = anybody(&market, "submitNotice", "SubmitNoticeInput", input, "noticeId").await["noticeId"].clone();
    let lodge = || {
        let input = json!({ "noticeId": notice, "reasons": "look again" });
        anybody(&market, "lodgeComplaint", "LodgeComplaintInput", input, "complaintId status")
    };
    assert_eq!(refusals(&lodge().await), refused("TOO_EARLY", "noticeId", "R-3.4-10"));

    let decision = |outcome: &str| json!({ "noticeId": notice, "outcome": outcome, "explanation": "an opinion" });
    for role in [None, Some(Role::Buyer), Some(Role::Operator)] {
        forbidden(&market, role, "decideNotice", "DecideNoticeInput", decision("NO_ACTION")).await;
    }
    let decide = |input| market.command(Role::Moderator, "decideNotice", "DecideNoticeInput", input, "status");
    assert_eq!(refusals(&decide(decision("ACTION_BY_LAW")).await), refused("INVALID", "criteria", "R-3.4-06"));
    assert_eq!(decide(decision("NO_ACTION")).await["status"], "DECIDED");
    assert_eq!(refusals(&decide(decision("NO_ACTION")).await), refused("ALREADY_DONE", "noticeId", "R-3.4-07"));

    let lodged = lodge().await;
    assert_eq!((refusals(&lodged), &lodged["status"]), (vec![], &json!("OPEN")));
    let uphold =
        || json!({ "complaintId": lodged["complaintId"], "outcome": "UPHELD", "explanation": "still an opinion" });
    let same = market.command(Role::Moderator, "decideComplaint", "DecideComplaintInput", uphold(), "status").await;
    assert_eq!(refusals(&same), refused("FORBIDDEN", "complaintId", "R-3.4-10"));
    let another = colleague(&market, "decideComplaint", "DecideComplaintInput", uphold(), "status").await;
    assert_eq!((refusals(&another), &another["status"]), (vec![], &json!("DECIDED")));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_10_a_blocked_buyer_contests_with_a_form_that_is_prefilled_and_checked_field_by_field() {
    let directory = tempfile::tempdir().unwrap();
    let mut market = Market::open(directory.path()).await;
    with_account(&market).await;
    let (order, review) = reviewed(&market, &market.stock().await).await;
    let ask = "query F($review: ID, $statement: ID) { complaintForm(reviewId: $review, statementId: $statement) { \
               statementId reviewId orderNumber reviewDate contestableUntil } }";
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();
    let nothing = market.ask(Some(Role::Buyer), ask, json!({ "review": review })).await;
    assert_eq!(code(&nothing), "NOT_FOUND", "nothing restricts it: {nothing}");

    let moderated = moderate_input(&review);
    market.done(Role::Moderator, "moderateReview", "ModerateReviewInput", moderated, "review { status }").await;
    // The reasons are stated a moment after the decision; until then the buyer is told to wait for them.
    let early = market.ask(Some(Role::Buyer), ask, json!({ "review": review })).await;
    assert!(early["errors"].is_null() || early["errors"][0]["message"].as_str().unwrap().contains("in a moment"));
    stated(&market, "review", &review).await;
    let form = market.ask(Some(Role::Buyer), ask, json!({ "review": review })).await["data"]["complaintForm"].clone();
    assert_eq!((&form["reviewId"], &form["orderNumber"]), (&json!(review), &json!(plain(&order))));
    let by_statement = market.ask(Some(Role::Buyer), ask, json!({ "statement": form["statementId"] })).await;
    assert_eq!(by_statement["data"]["complaintForm"], form);

    let block = json!({ "buyerId": BUYER, "criteria": ["HATE_OR_VIOLENCE"], "explanation": "threatens a person" });
    let blocked = market.done(Role::Moderator, "blockBuyer", "BlockBuyerInput", block, "buyer { block { until } }");
    assert_eq!(blocked.await["buyer"]["block"], json!({ "until": null }));

    let with = |number: &Value, date: &Value| json!({ "reviewId": review, "orderNumber": number, "reviewDate": date, "reasons": "it insults nobody" });
    async fn lodge(market: &Market, input: Value) -> Value {
        market.command(Role::Buyer, "lodgeComplaint", "LodgeComplaintInput", input, "complaintId status").await
    }
    let (number, date) = (&form["orderNumber"], &form["reviewDate"]);
    let (wrong_number, wrong_date) = (json!("4711"), json!("2020-01-01"));
    let both = [refused("INVALID", "orderNumber", "R-3.4-10"), refused("INVALID", "reviewDate", "R-3.4-10")].concat();
    assert_eq!(refusals(&lodge(&market, with(&wrong_number, date)).await), both[..1]);
    assert_eq!(refusals(&lodge(&market, with(number, &wrong_date)).await), both[1..]);
    assert_eq!(refusals(&lodge(&market, with(&wrong_number, &wrong_date)).await), both);
    assert_eq!(refusals(&lodge(&market, with(&Value::Null, &Value::Null)).await), both);
    let two = and(with(number, date), json!({ "statementId": form["statementId"] }));
    assert_eq!(refusals(&lodge(&market, two).await), refused("INVALID", "statementId", ""));
    for role in [None, Some(Role::Moderator)] {
        forbidden(&market, role, "lodgeComplaint", "LodgeComplaintInput", with(number, date)).await;
    }
    market.buyer = OTHER;
    assert_eq!(refusals(&lodge(&market, with(number, date)).await), refused("FORBIDDEN", "statementId", "R-3.4-10"));
    assert_eq!(code(&market.ask(Some(Role::Buyer), ask, json!({ "review": review })).await), "FORBIDDEN");
    market.buyer = BUYER;

    // The number as an answer's id has it will do as well.
    let command = "3f0f8a52-1f0c-4b58-9d4c-0d7b2f3a9c11";
    let sent = and(with(&json!(order), date), json!({ "commandId": command }));
    let lodged = lodge(&market, sent.clone()).await;
    assert_eq!((refusals(&lodged), &lodged["status"]), (vec![], &json!("OPEN")));
    // One decision is contested once, however it is named.
    let by_statement = and(with(number, date), json!({ "reviewId": null, "statementId": form["statementId"] }));
    for second in [with(number, date), by_statement] {
        assert_eq!(refusals(&lodge(&market, second).await), refused("ALREADY_DONE", "complaintId", "R-3.4-10"));
    }
    let reverse =
        || json!({ "complaintId": lodged["complaintId"], "outcome": "REVERSED", "explanation": "an opinion" });
    let same = market.command(Role::Moderator, "decideComplaint", "DecideComplaintInput", reverse(), "status").await;
    assert_eq!(refusals(&same), refused("FORBIDDEN", "complaintId", "R-3.4-10"));
    let another = colleague(&market, "decideComplaint", "DecideComplaintInput", reverse(), "status").await;
    assert_eq!((refusals(&another), &another["status"]), (vec![], &json!("DECIDED")));
    let again = colleague(&market, "decideComplaint", "DecideComplaintInput", reverse(), "status").await;
    assert_eq!(refusals(&again), refused("ALREADY_DONE", "complaintId", "R-3.4-10"));
    market.server.settled().await.unwrap();
    let read = "query R($id: ID!) { review(id: $id) { status } }";
    let back = market.ask(None, read, json!({ "id": review })).await["data"]["review"].clone();
    assert_eq!(back, json!({ "status": "ONLINE" }));
    assert_eq!(lodge(&market, sent).await["complaintId"], lodged["complaintId"], "the same command, the same answer");
    assert_eq!(code(&market.ask(Some(Role::Buyer), ask, json!({ "review": review })).await), "NOT_FOUND");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_10_accounts_and_listings_are_contested_by_the_statement_of_reasons_alone() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    with_account(&market).await;
    let listing = market.stock().await;
    let remove = json!({ "listingId": listing, "reason": "BREACH_OF_TERMS", "explanation": "no charger in the box" });
    market.done(Role::Operator, "removeListing", "RemoveListingInput", remove, "listing { forSale }").await;
    let block = json!({ "buyerId": BUYER, "criteria": ["HATE_OR_VIOLENCE"], "explanation": "threatens a person" });
    market.done(Role::Moderator, "blockBuyer", "BlockBuyerInput", block, "buyer { id }").await;
    let of_listing = stated(&market, "listing", &listing).await;
    let of_account = stated(&market, "buyer", BUYER).await;
    let lodge = |role, statement: &str| {
        let input = json!({ "statementId": statement, "reasons": "it is not so" });
        market.command(role, "lodgeComplaint", "LodgeComplaintInput", input, "status")
    };
    assert_eq!(refusals(&lodge(Role::Seller, NOWHERE).await), refused("NOT_FOUND", "statementId", "R-3.4-10"));
    assert_eq!(refusals(&lodge(Role::Seller, &of_account).await), refused("FORBIDDEN", "statementId", "R-3.4-10"));
    assert_eq!(refusals(&lodge(Role::Buyer, &of_listing).await), refused("FORBIDDEN", "statementId", "R-3.4-10"));
    assert_eq!(lodge(Role::Seller, &of_listing).await["status"], "OPEN");
    assert_eq!(lodge(Role::Buyer, &of_account).await["status"], "OPEN");
    let ask = "query F($id: ID) { complaintForm(statementId: $id) { reviewId orderNumber reviewDate } }";
    let form = market.ask(Some(Role::Buyer), ask, json!({ "id": of_account })).await["data"]["complaintForm"].clone();
    assert_eq!(form, json!({ "reviewId": null, "orderNumber": null, "reviewDate": null }));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_05_a_listing_whose_removal_was_wrong_is_for_sale_again_as_it_was_and_not_while_its_seller_may_not_sell()
{
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let first = market.stock().await;
    let second = market.done(Role::Seller, "publishListing", "PublishListingInput", listing_input(), "listing { id }");
    let second = second.await["listing"]["id"].as_str().unwrap().to_owned();
    let price = json!({ "listingId": first, "price": { "amount": "199.00", "currencyCode": "EUR" } });
    market.done(Role::Seller, "changeListingPrice", "ChangeListingPriceInput", price, "listing { id }").await;
    let mut complaints = Vec::new();
    for listing in [&first, &second] {
        let remove =
            json!({ "listingId": listing, "reason": "BREACH_OF_TERMS", "explanation": "no charger in the box" });
        market.done(Role::Operator, "removeListing", "RemoveListingInput", remove, "listing { forSale }").await;
        let contest =
            json!({ "statementId": stated(&market, "listing", listing).await, "reasons": "it is in the box" });
        let lodged = market.done(Role::Seller, "lodgeComplaint", "LodgeComplaintInput", contest, "complaintId").await;
        complaints.push(lodged["complaintId"].clone());
    }
    let reverse = async |complaint: &Value| {
        let reverse = json!({ "complaintId": complaint, "outcome": "REVERSED", "explanation": "it is in the box" });
        let reversed = colleague(&market, "decideComplaint", "DecideComplaintInput", reverse, "status").await;
        assert_eq!(refusals(&reversed), vec![], "{reversed}");
        market.server.settled().await.unwrap();
    };
    let query = "query P($id: ID!) { product(id: $id) { offers { listingId price { amount } } } }";
    let offers = async || {
        let answer = market.ask(None, query, json!({ "id": PRODUCT })).await;
        answer["data"]["product"]["offers"].clone()
    };
    assert_eq!(offers().await, json!([]));
    reverse(&complaints[0]).await;
    let back = json!([{ "listingId": first, "price": { "amount": "199.00" } }]);
    assert_eq!(offers().await, back, "in the buy box, for what it cost");

    let contested = stated(&market, "listing", &second).await;
    // Its seller is removed meanwhile: what was wrong of the second removal does not let a removed seller sell.
    let remove = json!({ "sellerId": SELLER, "reason": "BREACH_OF_TERMS", "explanation": "sold new phones" });
    market.done(Role::Operator, "removeSeller", "RemoveSellerInput", remove, "seller { id }").await;
    market.server.settled().await.unwrap();
    reverse(&complaints[1]).await;
    assert_eq!(offers().await, json!([]));
    assert_ne!(stated(&market, "listing", &second).await, contested, "and says so");
    // Once that is found wrong as well, both are back.
    let contest = json!({ "statementId": stated(&market, "seller", SELLER).await, "reasons": "they were refurbished" });
    let lodged = market.done(Role::Seller, "lodgeComplaint", "LodgeComplaintInput", contest, "complaintId").await;
    reverse(&lodged["complaintId"]).await;
    for listing in [&first, &second] {
        let book = &market.server.app().executor.platform().book;
        assert!(matches!(book.load::<Listing>(plain(listing)).await.unwrap(), Listing::ForSale(_)));
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_05_a_sellers_complaint_that_is_well_founded_brings_the_shop_back_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let kept = market.stock().await;
    let withdrawn =
        market.done(Role::Seller, "publishListing", "PublishListingInput", listing_input(), "listing { id }");
    let withdrawn = withdrawn.await["listing"]["id"].clone();
    let withdraw = json!({ "listingId": withdrawn, "reason": "WITHDRAWN_BY_SELLER", "explanation": "sold out" });
    market.done(Role::Seller, "removeListing", "RemoveListingInput", withdraw, "listing { forSale }").await;
    let query = "query P($id: ID!) { product(id: $id) { offers { listingId price { amount } } } }";
    let offers = async || market.ask(None, query, json!({ "id": PRODUCT })).await["data"]["product"]["offers"].clone();
    market.server.settled().await.unwrap();
    let before = offers().await;
    assert_eq!((before.as_array().unwrap().len(), &before[0]["listingId"]), (1, &json!(kept)));
    let remove = json!({ "sellerId": SELLER, "reason": "BREACH_OF_TERMS", "explanation": "sold new phones" });
    market.done(Role::Operator, "removeSeller", "RemoveSellerInput", remove, "seller { id }").await;
    let contest = json!({ "statementId": stated(&market, "seller", SELLER).await, "reasons": "they were refurbished" });
    let lodged = market.done(Role::Seller, "lodgeComplaint", "LodgeComplaintInput", contest, "complaintId").await;
    assert_eq!(offers().await, json!([]));
    let reverse =
        json!({ "complaintId": lodged["complaintId"], "outcome": "REVERSED", "explanation": "the invoices show it" });
    let reversed = colleague(&market, "decideComplaint", "DecideComplaintInput", reverse, "status").await;
    assert_eq!(refusals(&reversed), vec![], "{reversed}");
    market.server.settled().await.unwrap();
    assert_eq!(offers().await, before, "and what its seller had withdrawn stays away");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_7_02_a_removal_becomes_a_record_with_the_products_number_and_its_facts_may_have_no_personal_data() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let listing = market.stock().await;
    let wrong = json!({
        "title": "iPhone 13 256 GB", "brand": "Apple", "category": "smartphones", "subcategory": "iphone",
        "ean": "4006381333932",
    });
    let wrong = market.command(Role::Operator, "catalogueProduct", "CatalogueProductInput", wrong, "product { id }");
    assert_eq!(refusals(&wrong.await)[0].1, "ean");
    let input = and(notice_input(), json!({ "listingId": listing, "allegation": "ILLEGAL" }));
    let notice = anybody(&market, "submitNotice", "SubmitNoticeInput", input, "noticeId").await["noticeId"].clone();
    let remove = |facts: &str| {
        let input = json!({ "listingId": listing, "reason": "PROHIBITED", "explanation": facts, "noticeId": notice });
        market.command(Role::Operator, "removeListing", "RemoveListingInput", input, "listing { forSale }")
    };
    let personal = remove("the seller answers as jo@example.eu").await;
    assert_eq!(refusals(&personal), refused("INVALID", "explanation", "R-7-02"));
    assert_eq!(refusals(&remove("a jammer, which nobody may sell").await), vec![]);
    let statement = stated(&market, "listing", &listing).await;
    let query = "{ statementsOfReasons { nodes { transparencyDatabase { puid record } } } }";
    let answer = market.ask(Some(Role::Auditor), query, Value::Null).await;
    let entry = &answer["data"]["statementsOfReasons"]["nodes"][0]["transparencyDatabase"];
    assert_eq!(entry["puid"], format!("sor-{statement}"), "{answer}");
    assert_eq!(entry["record"]["content_id"], json!({ "EAN-13": "4006381333931" }));
    assert_eq!(entry["record"]["decision_facts"], "a jammer, which nobody may sell");
    assert_eq!(entry["record"]["source_type"], "SOURCE_ARTICLE_16");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_11_a_buyer_is_warned_before_a_block_which_a_moderator_can_lift() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    with_account(&market).await;
    let (order, review) = reviewed(&market, &market.stock().await).await;
    let shown = "buyer { status block { until } }";
    let command = |mutation: &'static str, input_type: &'static str, input: Value| {
        market.command(Role::Moderator, mutation, input_type, input, shown)
    };
    let why = || json!({ "buyerId": BUYER, "criteria": ["ADVERTISING"], "explanation": "advertises a shop" });
    let until = "2037-01-01T00:00:00+00:00";
    let block = |more| command("blockBuyer", "BlockBuyerInput", and(why(), more));
    assert_eq!(
        refusals(&block(json!({ "until": until })).await),
        refused("NOT_ELIGIBLE", "criteria", "R-3.4-11"),
        "there was no warning"
    );
    let warn = |more| command("warnBuyer", "WarnBuyerInput", and(why(), more));
    assert_eq!(refusals(&warn(json!({ "reviewId": NOWHERE })).await), refused("NOT_FOUND", "reviewId", "R-3.4-11"));
    assert_eq!(refusals(&warn(json!({ "buyerId": NOWHERE })).await), refused("NOT_FOUND", "buyerId", "R-3.4-11"));
    assert_eq!(warn(json!({ "reviewId": review })).await["buyer"]["block"], Value::Null);
    for (mutation, input_type) in [("warnBuyer", "WarnBuyerInput"), ("blockBuyer", "BlockBuyerInput")] {
        forbidden(&market, Some(Role::Operator), mutation, input_type, why()).await;
    }

    let past = block(json!({ "until": "2020-01-01T00:00:00Z" })).await;
    assert_eq!(refusals(&past), refused("INVALID", "until", "R-3.4-11"));
    let blocked = block(json!({ "until": until })).await;
    assert_eq!(blocked["buyer"], json!({ "status": "REGISTERED", "block": { "until": until } }));
    assert_eq!(refusals(&block(json!({})).await), refused("ALREADY_DONE", "buyerId", "R-3.4-11"));
    let edit = || json!({ "reviewId": review, "score": 4, "text": TEXT, "language": "nl" });
    let edited = market.command(Role::Buyer, "editReview", "EditReviewInput", edit(), "review { score }").await;
    assert_eq!(refusals(&edited), refused("BLOCKED", "", "R-3.4-11"));
    // What a blocked buyer may still do.
    let help = json!({ "orderId": order, "topic": "OTHER", "message": "hello" });
    market.done(Role::Buyer, "requestHelp", "RequestHelpInput", help, "order { id }").await;

    let unblock = || command("unblockBuyer", "UnblockBuyerInput", json!({ "buyerId": BUYER }));
    assert_eq!(unblock().await["buyer"]["block"], Value::Null);
    assert_eq!(refusals(&unblock().await), refused("ALREADY_DONE", "buyerId", "R-3.4-11"));
    market.done(Role::Buyer, "editReview", "EditReviewInput", edit(), "review { score }").await;
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_08_r_3_4_11_a_moderator_acts_against_the_author_of_a_review_without_being_told_who_that_is() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    with_account(&market).await;
    let (order, review) = reviewed(&market, &market.stock().await).await;
    let command = |mutation: &'static str, input_type: &'static str, input: Value| {
        market.command(Role::Moderator, mutation, input_type, input, "buyer { id }")
    };
    let why = json!({ "reviewId": review, "criteria": ["ADVERTISING"], "explanation": "advertises a shop" });
    let lift = json!({ "reviewId": review });
    for (mutation, input_type, input) in [
        ("warnBuyer", "WarnBuyerInput", &why),
        ("blockBuyer", "BlockBuyerInput", &why),
        ("unblockBuyer", "UnblockBuyerInput", &lift),
    ] {
        let done = command(mutation, input_type, input.clone()).await;
        assert_eq!((&done["userErrors"], &done["buyer"]), (&json!([]), &Value::Null), "{mutation}");
        let nobody = command(mutation, input_type, and(input.clone(), json!({ "reviewId": null }))).await;
        assert_eq!(refusals(&nobody), refused("INVALID", "buyerId", ""), "{mutation}");
        let nowhere = command(mutation, input_type, and(input.clone(), json!({ "reviewId": NOWHERE }))).await;
        assert_eq!(refusals(&nowhere), refused("NOT_FOUND", "reviewId", "R-3.4-11"), "{mutation}");
    }
    // It was the author's account.
    let block = json!({ "buyerId": BUYER, "criteria": ["ADVERTISING"], "explanation": "x" });
    assert_eq!(command("blockBuyer", "BlockBuyerInput", block).await["userErrors"], json!([]), "there was a warning");
    // Nor does the review lead to its order.
    let query = "query R($review: ID!, $order: ID!) { review(id: $review) { score order { id } } order(id: $order) { id } \
                 node(id: $order) { id } }";
    let answer = market.ask(Some(Role::Moderator), query, json!({ "review": review, "order": order })).await;
    assert_eq!(answer["data"], json!({ "review": { "score": 5, "order": null }, "order": null, "node": null }));
    market.server.stop().await;
}
