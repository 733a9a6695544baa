//! A history in which everything happens that a field can tell of, and who did what in it: each command with its id, so
//! that whoever gave it can give it again and is answered the same without doing anything (R-0-04).

use std::collections::BTreeMap;
use std::future::ready;
use std::net::TcpListener;
use std::path::Path;

use api::auth::Viewer;
use api::clock::ClockSetting;
use api::graphql::guard::Asker;
use api::mail::MailSettings;
use api::opened::Opened;
use api::serve::{MAIL_FROM, Server, Settings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{TimeDelta, Utc};
use domain::Aggregate;
use domain::ids::{BuyerId, CommandId, ReviewId, SellerId};
use domain::mail::{Mail, MailCommand, MailContent, MailKind, Recipient};
use domain::metadata::Actor;
use domain::recording::Cause;
use domain::review::{Review, ReviewCommand};
use projections::data_directory::DataDirectory;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::askers::{OTHER_BUYER, OTHER_SELLER, SECOND_SELLER, ask, command, id, plain, somebody, viewer};
use crate::support::{BUYER, Market, PRODUCT, SELLER, listing_input, review_input, seller_input};

/// What is sealed and that no field shows to anybody: who buyers, sellers and notifiers are, and what is said to staff in
/// confidence. Only the mails to them say it to themselves.
pub(crate) const SEALED: [&str; 14] = [
    BUYERS_NAME,
    BUYERS_EMAIL,
    BUYERS_ADDRESS,
    "T. Leven",
    "+31 20 000 0000",
    "shop@example.eu",
    "passport NL-1",
    "NL00BANK0000000000",
    NOTIFIERS_NAME,
    NOTIFIERS_EMAIL,
    HELP,
    SUBJECT,
    AUTHORITYS_EMAIL,
    AUTHORITYS_TEXT,
];
const BUYERS_NAME: &str = "Hedwig Cohen";
const BUYERS_EMAIL: &str = "hedwig@example.eu";
const BUYERS_ADDRESS: &str = "Prinsengracht 1";
const NOTIFIERS_NAME: &str = "Jo Neighbour";
const NOTIFIERS_EMAIL: &str = "neighbour@example.eu";
const HELP: &str = "the parcel is not here";
const SUBJECT: &str = "the screen came broken";
const AUTHORITYS_EMAIL: &str = "desk@authority.example";
const AUTHORITYS_TEXT: &str = "Please act on this.";

const NOWHERE: &str = "00000000-0000-4000-8000-000000000001";

/// A command that was given.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) mutation: &'static str,
    pub(crate) asker: Asker,
    pub(crate) viewer: Viewer,
    /// With the command's id.
    pub(crate) input: Value,
    /// What somebody else of this role says, who wants the same of what is not theirs.
    pub(crate) others: Value,
}

/// What happened.
pub(crate) struct History {
    pub(crate) market: Market,
    pub(crate) steps: Vec<Step>,
    /// Arguments that lead somewhere, for fields that need some; each set is tried.
    pub(crate) examples: BTreeMap<&'static str, Vec<Value>>,
    /// Who bought, and which orders there are, by their ids.
    pub(crate) secrets: Vec<String>,
    /// An order of two sellers' items, the first of which is [`SELLER`].
    pub(crate) shared: String,
    /// A review that was removed.
    pub(crate) removed: String,
    /// An order that was delivered and has no review, and another one, for what is told when it happens.
    pub(crate) to_review: String,
    pub(crate) to_update: String,
}

fn with(mut input: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("fields: {more}") };
    input.as_object_mut().unwrap().extend(more);
    input
}

pub(crate) fn photo() -> String {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).unwrap();
    BASE64.encode(png.into_inner())
}

fn account() -> Value {
    json!({
        "identity": { "name": BUYERS_NAME, "email": BUYERS_EMAIL, "address": BUYERS_ADDRESS }, "country": "NL",
        "language": "nl",
    })
}

fn notice() -> Value {
    json!({
        "allegation": "AGAINST_TERMS", "reasons": "it says what is not true of me", "goodFaith": true,
        "notifier": { "name": NOTIFIERS_NAME, "email": NOTIFIERS_EMAIL },
    })
}

fn authority_order() -> Value {
    json!({
        "kind": "ACT_AGAINST_CONTENT", "authority": "Autoriteit Consument & Markt", "memberState": "NL",
        "legalBasis": "DSA art. 9", "language": "nl", "urls": ["https://market.example/reviews/1"],
        "answerTo": AUTHORITYS_EMAIL,
    })
}

/// Steps that need neither the views nor what came before.
struct Play {
    market: Market,
    steps: Vec<Step>,
}

impl Play {
    fn command_id(&self) -> Value {
        json!(Uuid::from_u128(0xc000_0000_0000_4000_8000_0000_0000_0000 + self.steps.len() as u128))
    }

    /// Somebody commands; the payload's field that is named, by its path.
    async fn does(&mut self, asker: Asker, mutation: &'static str, input: Value, told: &str) -> String {
        self.says(somebody(asker), asker, mutation, input, json!({}), told).await
    }

    async fn says(
        &mut self,
        viewer: Viewer,
        asker: Asker,
        mutation: &'static str,
        input: Value,
        others: Value,
        told: &str,
    ) -> String {
        let input = with(input, json!({ "commandId": self.command_id() }));
        let (what, field) = told.split_once('.').unwrap_or((told, ""));
        let fields = if field.is_empty() { what.to_owned() } else { format!("{what} {{ {field} }}") };
        let answer = ask(&self.market, &viewer, &command(mutation, &fields), json!({ "input": input })).await;
        let payload = &answer["data"][mutation];
        assert_eq!(payload["userErrors"], json!([]), "{asker:?} {mutation} {input}: {answer}");
        let others = with(input.clone(), others);
        self.steps.push(Step { mutation, asker, viewer, input, others });
        let value = if field.is_empty() { &payload[what] } else { &payload[what][field] };
        value.as_str().unwrap_or_default().to_owned()
    }

    async fn settled(&self) {
        self.market.server.settled().await.unwrap();
    }

    async fn tell<A: Aggregate>(&self, id: Uuid, command: A::Command)
    where
        A::Command: Clone + Sync,
    {
        let cause = Cause::new(CommandId(Uuid::new_v4()), Actor::system("test"));
        let book = &self.market.server.app().executor.platform().book;
        book.execute::<A, _, _>(id, &cause, |_| ready(Ok(command.clone()))).await.unwrap();
    }

    async fn order(&mut self, listings: &[&str], insured: bool) -> String {
        let lines: Value = listings.iter().map(|listing| json!({ "listingId": listing })).collect();
        let quote =
            "query Q($input: OrderQuoteInput!) { orderQuote(input: $input) { serviceFee { amount currencyCode } } }";
        let asked = json!({ "input": { "lines": lines, "insurance": insured } });
        let quoted = ask(&self.market, &somebody(Asker::Buyer), quote, asked).await;
        let input = json!({
            "lines": lines, "serviceFee": quoted["data"]["orderQuote"]["serviceFee"], "countryOfPurchase": "NL",
            "insurance": insured,
        });
        self.does(Asker::Buyer, "placeOrder", input, "order.id").await
    }

    /// An order that was delivered, each step by somebody.
    async fn delivered(&mut self, listings: &[&str], insured: bool, by: [Asker; 3]) -> String {
        let order = self.order(listings, insured).await;
        for (asker, mutation) in by.into_iter().zip(["confirmOrder", "shipOrder", "confirmDelivery"]) {
            self.does(asker, mutation, json!({ "orderId": order }), "order.id").await;
        }
        order
    }

    async fn reviewed(&mut self, listing: &str) -> (String, String) {
        let order = self.delivered(&[listing], false, [Asker::Operator; 3]).await;
        let aspects = json!({ "aspects": [{ "aspect": "DELIVERY", "score": 4 }] });
        let input = with(review_input(&order, "Ziet er uit als nieuw, batterij houdt het een dag vol."), aspects);
        let review = self.does(Asker::Buyer, "submitReview", input, "review.id").await;
        (order, review)
    }

    /// The statement of the reasons of what restricts a seller or a buyer, by what it concerns.
    async fn statement(&self, viewer: &Viewer, concerns: &str) -> String {
        self.settled().await;
        let query = "{ viewer { statementsOfReasons { nodes { id concernsId } } } }";
        let answer = ask(&self.market, viewer, query, json!({})).await;
        let all = answer["data"]["viewer"]["statementsOfReasons"]["nodes"].as_array().unwrap().clone();
        let of = all.iter().find(|statement| statement["concernsId"] == concerns);
        of.unwrap_or_else(|| panic!("{concerns}: {answer}"))["id"].as_str().unwrap().to_owned()
    }
}

/// A port at which nobody answers.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server two months ago, at whose contact point orders came in, and whose mails did not get out.
async fn long_ago(directory: &Path) -> Vec<Step> {
    let data = DataDirectory::new(directory);
    let clock = ClockSetting::Fixed(Utc::now() - TimeDelta::days(60));
    let mut settings = Settings::new(&data, "127.0.0.1:0".parse().unwrap(), clock).unwrap();
    settings.mail = MailSettings::parse(MAIL_FROM, &format!("smtp://127.0.0.1:{}", closed_port())).unwrap();
    let server = Server::start(&data, Opened::open(&data).unwrap(), settings).await.unwrap();
    let mut play = Play { market: Market { server, buyer: BUYER }, steps: Vec::new() };
    for number in [1, 2] {
        let input = with(authority_order(), json!({ "contactId": id(number) }));
        play.does(Asker::Compliance, "recordAuthorityOrder", input, "contact.id").await;
    }
    for (number, recipient) in [
        (51, Recipient::Buyer(BuyerId(BUYER.parse().unwrap()))),
        (52, Recipient::Seller(SellerId(SELLER.parse().unwrap()))),
    ] {
        let content = MailContent {
            to: "jo@example.eu".into(),
            subject: "Uw beoordeling".into(),
            text: "Beste Jo".into(),
            html: "<p>Beste Jo</p>".into(),
        };
        let mail: Uuid = id(number).parse().unwrap();
        let kind = MailKind::StatementOfReasons;
        play.tell::<Mail>(mail, MailCommand::Queue { recipient, kind, language: "nl".parse().unwrap(), content }).await;
    }
    play.settled().await;
    play.market.server.stop().await;
    play.steps
}

/// Everything that a field can tell of.
pub(crate) async fn history(directory: &Path) -> History {
    use Asker::{Anonymous, Buyer, Compliance, Moderator, Operator, Seller};
    let steps = long_ago(directory).await;
    let mut play = Play { market: Market::open(directory).await, steps };
    let colleague = || viewer(Moderator, "colleague");

    let policy = json!({ "aspectCategories": ["smartphones"], "reviewLanguages": ["de"] });
    play.does(Operator, "adoptPolicy", policy, "policies.version").await;

    // Accounts.
    let others = json!({ "sellerId": SELLER });
    play.says(somebody(Seller), Seller, "registerSeller", seller_input(), others, "seller.id").await;
    play.says(
        viewer(Seller, OTHER_SELLER),
        Seller,
        "registerSeller",
        seller_input(),
        json!({ "sellerId": SELLER }),
        "seller.id",
    )
    .await;
    for seller in [SECOND_SELLER, &id(11), &id(12)] {
        let input = with(seller_input(), json!({ "sellerId": seller }));
        play.does(Operator, "registerSeller", input, "seller.id").await;
    }
    for (asker, seller) in [
        (Operator, SELLER.to_owned()),
        (Operator, SECOND_SELLER.to_owned()),
        (Operator, OTHER_SELLER.to_owned()),
        (Compliance, id(11)),
        (Compliance, id(12)),
    ] {
        let input = json!({ "sellerId": seller, "checkedAgainst": "KVK" });
        play.does(asker, "verifySeller", input, "seller.id").await;
    }
    for buyer in [BUYER, OTHER_BUYER, &id(21), &id(22), &id(23), &id(24)] {
        let others = json!({ "buyerId": BUYER });
        play.says(viewer(Buyer, buyer), Buyer, "registerBuyer", account(), others, "buyer.id").await;
    }
    play.does(Operator, "registerBuyer", with(account(), json!({ "buyerId": id(25) })), "buyer.id").await;

    // What is sold.
    let other_product = id(31);
    for (product, title) in [(PRODUCT, "iPhone 13 128 GB"), (other_product.as_str(), "iPhone 12 64 GB")] {
        let input = json!({
            "productId": product, "title": title, "brand": "Apple", "category": "smartphones", "subcategory": "iphone",
        });
        play.does(Operator, "catalogueProduct", input, "product.id").await;
    }
    let listing = play.does(Seller, "publishListing", listing_input(), "listing.id").await;
    let second = viewer(Seller, SECOND_SELLER);
    let second = play.says(second, Seller, "publishListing", listing_input(), json!({}), "listing.id").await;
    let off_sale = with(listing_input(), json!({ "productId": other_product }));
    let off_sale = play.does(Seller, "publishListing", off_sale, "listing.id").await;
    let dangerous = play.does(Seller, "publishListing", listing_input(), "listing.id").await;
    let unwanted = play.does(Seller, "publishListing", listing_input(), "listing.id").await;
    let price = json!({ "listingId": listing, "price": { "amount": "239.90", "currencyCode": "EUR" } });
    play.does(Seller, "changeListingPrice", price, "listing.id").await;

    // Orders, each step of them by everybody who may.
    let sold = play.delivered(&[&listing], true, [Seller, Seller, Buyer]).await;
    let kept = play.delivered(&[&listing], false, [Operator; 3]).await;
    let shared = play.delivered(&[&listing, &second], false, [Operator; 3]).await;
    for line in [0, 1] {
        let issue = json!({ "orderId": shared, "line": line, "kind": "WRONG_PRODUCT" });
        play.does(Buyer, "reportIssue", issue, "order.id").await;
    }
    let disputed = play.delivered(&[&listing], false, [Operator; 3]).await;
    let placed = play.order(&[&listing], false).await;
    play.does(Buyer, "cancelOrder", json!({ "orderId": placed }), "order.id").await;
    let mut cancelled = Vec::new();
    for asker in [Seller, Operator] {
        let order = play.order(&[&listing], false).await;
        play.does(Operator, "confirmOrder", json!({ "orderId": order }), "order.id").await;
        play.does(asker, "cancelOrder", json!({ "orderId": order }), "order.id").await;
        cancelled.push(order);
    }
    for (asker, order) in [(Buyer, &sold), (Operator, &kept)] {
        play.does(asker, "reportIssue", json!({ "orderId": order, "kind": "WRONG_PRODUCT" }), "order.id").await;
    }
    for (asker, order) in [(Seller, &sold), (Operator, &kept)] {
        let help = json!({ "orderId": order, "topic": "DELIVERY", "message": HELP });
        play.does(Buyer, "requestHelp", help, "order.id").await;
        let asked = "query O($id: ID!) { order(id: $id) { helpRequests { id } } }";
        let answer = ask(&play.market, &somebody(Operator), asked, json!({ "id": order })).await;
        let request = &answer["data"]["order"]["helpRequests"][0]["id"];
        let resolved = json!({ "orderId": order, "requestId": request, "outcome": "it came" });
        play.does(asker, "resolveHelp", resolved, "order.id").await;
    }
    for (asker, order, outcome) in
        [(Compliance, &sold, "FOR_BUYER"), (Operator, &kept, "SETTLED"), (Buyer, &disputed, "WITHDRAWN")]
    {
        play.does(Buyer, "openDispute", json!({ "orderId": order, "subject": SUBJECT }), "order.id").await;
        let refer = json!({ "orderId": order, "forum": "MEDIATOR", "body": "Geschillencommissie" });
        play.does(Buyer, "referDispute", refer, "order.id").await;
        let close = json!({ "orderId": order, "outcome": outcome, "explanation": "it is over" });
        play.does(asker, "closeDispute", close, "order.id").await;
    }

    // Reviews and their photos.
    let (reviewed, online) = play.reviewed(&listing).await;
    let edit = json!({ "reviewId": online, "score": 4, "text": "Werkt goed, ook na een week.", "language": "nl",
        "aspects": [{ "aspect": "DELIVERY", "score": 5 }] });
    play.does(Buyer, "editReview", edit, "review.id").await;
    play.does(Buyer, "submitPhotos", json!({ "reviewId": online, "photos": [photo()] }), "review.id").await;
    play.does(Moderator, "decidePhotos", json!({ "reviewId": online, "decision": "APPROVE" }), "review.id").await;
    let translate = ReviewCommand::Translate {
        review: ReviewId(plain(&online)),
        language: "de".parse().unwrap(),
        text: "Funktioniert gut, auch nach einer Woche.".to_owned(),
        version: 1,
        engine: "LibreTranslate".to_owned(),
    };
    play.tell::<Review>(plain(&online), translate).await;
    let (_, waiting) = play.reviewed(&listing).await;
    play.does(Buyer, "submitPhotos", json!({ "reviewId": waiting, "photos": [photo()] }), "review.id").await;
    let (_, withdrawn) = play.reviewed(&listing).await;
    play.does(Buyer, "withdrawReview", json!({ "reviewId": withdrawn }), "review.id").await;
    play.reviewed(&off_sale).await;

    // Notices: everybody sends two, and contests what became of one.
    let mut notices = Vec::new();
    for asker in Asker::ALL {
        let about = json!({ "reviewId": online });
        notices.push((asker, play.does(asker, "submitNotice", with(notice(), about), "noticeId").await));
        play.does(asker, "submitNotice", with(notice(), json!({ "listingId": listing })), "noticeId").await;
    }
    for (_, notice) in &notices {
        let decide = json!({ "noticeId": notice, "outcome": "NO_ACTION", "explanation": "an opinion" });
        play.does(Moderator, "decideNotice", decide, "status").await;
    }

    // Restrictions, contested.
    let (moderated_order, moderated) = play.reviewed(&listing).await;
    let about = with(notice(), json!({ "reviewId": moderated }));
    let led_to = play.does(Anonymous, "submitNotice", about, "noticeId").await;
    let moderate =
        |review: &str| json!({ "reviewId": review, "criteria": ["INSULTING"], "explanation": "insults a person" });
    let by_notice = with(moderate(&moderated), json!({ "noticeId": led_to }));
    play.says(colleague(), Moderator, "moderateReview", by_notice, json!({}), "review.id").await;
    let (removed_order, removed) = play.reviewed(&listing).await;
    play.does(Moderator, "moderateReview", moderate(&removed), "review.id").await;
    let about = with(notice(), json!({ "listingId": dangerous }));
    let led_to = play.does(Anonymous, "submitNotice", about, "noticeId").await;
    let removal =
        |listing: &str, reason: &str| json!({ "listingId": listing, "reason": reason, "explanation": "see there" });
    let by_notice = with(removal(&dangerous, "DANGEROUS"), json!({ "noticeId": led_to }));
    play.does(Operator, "removeListing", by_notice, "listing.id").await;
    play.does(Compliance, "removeListing", removal(&unwanted, "CONVENIENCE"), "listing.id").await;
    play.does(Seller, "removeListing", removal(&off_sale, "WITHDRAWN_BY_SELLER"), "listing.id").await;
    for (asker, seller) in [(Operator, id(11)), (Compliance, id(12))] {
        let input = json!({ "sellerId": seller, "reason": "CONVENIENCE", "explanation": "see there" });
        play.does(asker, "removeSeller", input, "seller.id").await;
    }
    let of_review = play.statement(&somebody(Buyer), &moderated).await;
    let today = domain::calendar::local_day(Utc::now()).to_string();
    let number = |order: &str| plain(order).to_string();
    let contest =
        |order: &str| json!({ "reviewDate": today, "orderNumber": number(order), "reasons": "it insults nobody" });
    let form = with(contest(&moderated_order), json!({ "statementId": of_review }));
    let reversed = play.does(Buyer, "lodgeComplaint", form, "complaintId").await;
    let form = with(contest(&removed_order), json!({ "reviewId": removed }));
    play.does(Buyer, "lodgeComplaint", form, "complaintId").await;
    let of_listing = play.statement(&somebody(Seller), &dangerous).await;
    let form = json!({ "statementId": of_listing, "reasons": "it is safe" });
    play.does(Seller, "lodgeComplaint", form, "complaintId").await;
    let decide = json!({ "complaintId": reversed, "outcome": "REVERSED", "explanation": "it insults nobody" });
    play.does(Moderator, "decideComplaint", decide, "status").await;
    for (asker, notice) in notices.iter().filter(|(asker, _)| !matches!(asker, Buyer | Seller)) {
        let form = json!({ "noticeId": notice, "reasons": "look again" });
        let others = json!({ "noticeId": null, "statementId": of_review });
        let complaint = play.says(somebody(*asker), *asker, "lodgeComplaint", form, others, "complaintId").await;
        if *asker == Anonymous {
            let decide = json!({ "complaintId": complaint, "outcome": "UPHELD", "explanation": "still an opinion" });
            play.says(colleague(), Moderator, "decideComplaint", decide, json!({}), "status").await;
        }
    }

    // Buyers who break the rules, and buyers who are forgotten.
    let broken =
        |buyer: &str| json!({ "buyerId": buyer, "criteria": ["HATE_OR_VIOLENCE"], "explanation": "threatens" });
    let until = json!({ "until": Utc::now() + TimeDelta::days(30) });
    play.does(Moderator, "warnBuyer", broken(&id(21)), "buyer.id").await;
    for buyer in [BUYER, &id(21), &id(22), &id(25)] {
        play.does(Moderator, "blockBuyer", with(broken(buyer), until.clone()), "buyer.id").await;
    }
    play.does(Moderator, "unblockBuyer", json!({ "buyerId": BUYER }), "buyer.id").await;
    play.does(Moderator, "warnBuyer", with(broken(BUYER), json!({ "buyerId": null, "reviewId": removed })), "position")
        .await;
    play.does(Moderator, "blockBuyer", with(broken(&id(23)), until.clone()), "buyer.id").await;
    play.does(Compliance, "eraseBuyer", json!({ "buyerId": id(23) }), "buyer.id").await;
    play.does(Operator, "eraseBuyer", json!({ "buyerId": id(22) }), "buyer.id").await;
    let others = json!({ "buyerId": id(24) });
    play.says(viewer(Buyer, &id(24)), Buyer, "eraseBuyer", json!({}), others, "buyer.id").await;

    // Authorities, visits.
    let message = json!({
        "sender": "MARKET_SURVEILLANCE", "authority": "DGCCRF", "language": "en", "email": AUTHORITYS_EMAIL,
        "text": AUTHORITYS_TEXT,
    });
    play.does(Compliance, "recordAuthorityMessage", message, "contact.id").await;
    play.does(Compliance, "recordAuthorityOrder", authority_order(), "contact.id").await;
    let answer = json!({ "orderId": id(1), "effect": "GIVEN", "explanation": "removed" });
    play.does(Compliance, "executeAuthorityOrder", answer, "contact.id").await;
    let visits = json!({
        "month": "2025-07", "memberState": "NL", "role": "BUYER",
        "visits": [{ "recipientId": id(41) }, { "recipientId": id(42), "kind": "BOT" }],
    });
    play.does(Operator, "recordActivity", visits, "month").await;

    // A refusal for everybody to look at.
    for asker in Asker::ALL {
        let input = with(notice(), json!({ "reviewId": NOWHERE }));
        let (viewer, others) = (somebody(asker), input.clone());
        play.steps.push(Step { mutation: "submitNotice", asker, viewer, input, others });
    }
    let to_review = play.delivered(&[&listing], false, [Operator; 3]).await;
    let to_update = play.delivered(&[&listing], false, [Operator; 3]).await;
    play.settled().await;

    let ids = |ids: &[&str]| ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>();
    let seller = BASE64.encode(format!("Seller:{SELLER}"));
    let product = BASE64.encode(format!("Product:{PRODUCT}"));
    let examples = BTreeMap::from([
        ("Query.category", vec![json!({ "slug": "smartphones" })]),
        ("Query.products", vec![json!({ "category": "smartphones" })]),
        ("Query.searchProducts", vec![json!({ "query": "iphone" })]),
        ("Query.product", ids(&[PRODUCT])),
        ("Query.seller", ids(&[SELLER, &id(11)])),
        ("Query.review", ids(&[&online, &waiting])),
        ("Query.order", ids(&[&sold, &kept, &cancelled[0], &reviewed])),
        ("Query.node", ids(&[&online, &sold, &product, &seller, &listing])),
        ("Query.orderQuote", vec![json!({ "input": { "lines": [{ "listingId": listing }], "insurance": true } })]),
        ("Query.complaintForm", vec![json!({ "reviewId": removed })]),
        ("Query.moderationCase", ids(&[&online, &moderated])),
        ("Query.complaints", vec![json!({})]),
        ("Query.deadlines", vec![json!({ "status": "PENDING" }), json!({ "status": "MISSED" })]),
        ("Query.dsaActiveRecipients", vec![json!({ "period": { "label": "2025-H2" } })]),
        ("Query.sellerLedger", vec![json!({ "sellerId": SELLER })]),
        ("Review.translation", vec![json!({ "language": "de" })]),
        ("Subscription.orderUpdated", vec![json!({ "orderId": to_update })]),
    ]);
    let orders =
        [&sold, &kept, &disputed, &placed, &reviewed, &removed_order, &moderated_order, &to_review, &to_update];
    let secrets = orders.map(|order| number(order)).into_iter().chain([BUYER.to_owned()]).collect();
    let Play { market, steps } = play;
    History { market, steps, examples, secrets, shared, removed, to_review, to_update }
}
