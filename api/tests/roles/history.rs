//! A history in which everything happens that a field can tell of, and who did what in it: each command with its id, so
//! that whoever gave it can give it again and is answered the same without doing anything (R-0-04).

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;

use api::clock::ClockSetting;
use api::graphql::guard::Asker;
use api::mail::MailSettings;
use api::opened::Opened;
use api::serve::{MAIL_FROM, Server, Settings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{TimeDelta, Utc};
use domain::calendar::Month;
use domain::ids::{BuyerId, ReviewId, SellerId};
use domain::mail::{Mail, MailCommand, MailContent, MailKind, Recipient};
use domain::review::{Review, ReviewCommand};
use domain::statement::Statement;
use domain::submission::{Acceptance, Problem, RefusedBy, SubmissionCommand};
use projections::data_directory::DataDirectory;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::askers::{OTHER_BUYER, OTHER_SELLER, SECOND_SELLER, ask, id, plain, somebody, viewer};
use crate::play::{
    AUTHORITYS_EMAIL, AUTHORITYS_TEXT, HELP, Play, SUBJECT, Step, account, authority_order, notice, photo, with,
};
use crate::support::{BUYER, Market, PRODUCT, SELLER, listing_input, seller_input};
use Asker::{Anonymous, Buyer, Compliance, Moderator, Operator, Seller};

const NOWHERE: &str = "00000000-0000-4000-8000-000000000001";
/// Who took the decisions that the moderator decides complaints about.
const COLLEAGUE: &str = "colleague";

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
    let mut play = Play { market: Market::around(server), steps: Vec::new() };
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
    let steps = long_ago(directory).await;
    let mut play = Play { market: Market::open(directory).await, steps };
    accounts(&mut play).await;
    let listings = listings(&mut play).await;
    let orders = orders(&mut play, &listings).await;
    let reviews = reviews(&mut play, &listings).await;
    holds(&mut play, &listings, &reviews).await;
    let notices = notices(&mut play, &listings, &reviews).await;
    let restricted = restrictions(&mut play, &listings).await;
    complaints(&mut play, &listings, &restricted, &notices).await;
    submissions(&play, &listings, &restricted).await;
    buyers(&mut play, &restricted).await;
    accounts_contested(&mut play).await;
    authorities(&mut play).await;
    let [published, correction] = figures(&mut play).await;
    let to_review = play.delivered(&[&listings.listing], false, [Asker::Operator; 3]).await;
    let to_update = play.delivered(&[&listings.listing], false, [Asker::Operator; 3]).await;
    play.settled().await;
    let statement = play.statement(&somebody(Buyer), &restricted.removed.1).await;
    // Whose record was refused.
    let of_listing = play.statement(&somebody(Seller), &listings.dangerous).await;

    let ids = |ids: &[&str]| ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>();
    let seller = BASE64.encode(format!("Seller:{SELLER}"));
    let product = BASE64.encode(format!("Product:{PRODUCT}"));
    // The server's clock began sixty days ago.
    let since_it_began = Month::of(Utc::now() - TimeDelta::days(62)).to_string();
    let examples = BTreeMap::from([
        ("Query.category", vec![json!({ "slug": "smartphones" })]),
        ("Query.products", vec![json!({ "category": "smartphones" })]),
        ("Query.searchProducts", vec![json!({ "query": "iphone" })]),
        ("Query.product", ids(&[PRODUCT])),
        ("Query.seller", ids(&[SELLER, &id(11)])),
        ("Query.review", ids(&[&reviews.online, &reviews.waiting])),
        ("Query.order", ids(&[&orders.sold, &orders.kept, &orders.cancelled, &reviews.reviewed])),
        ("Query.node", ids(&[&reviews.online, &orders.sold, &product, &seller, &listings.listing])),
        (
            "Query.orderQuote",
            vec![json!({ "input": { "lines": [{ "listingId": listings.listing }], "insurance": true } })],
        ),
        ("Query.authorityContact", ids(&[&id(1), &id(2), &id(3)])),
        ("Query.complaintForm", vec![json!({ "reviewId": restricted.removed.1 })]),
        ("Query.statementOfReasons", ids(&[&statement, &of_listing])),
        ("Query.moderationCase", ids(&[&reviews.online, &restricted.moderated.1])),
        ("Query.retentionDue", vec![json!({ "before": "2999-01-01" })]),
        ("Query.complaints", vec![json!({})]),
        ("Query.deadlines", vec![json!({ "status": "PENDING" }), json!({ "status": "MISSED" })]),
        ("Query.dsaActiveRecipients", vec![json!({ "period": { "label": "2025-H2" } })]),
        ("Query.publishedDsaFigure", ids(&[&published, &correction])),
        ("DsaPublication.websiteText", vec![json!({ "language": "FR" })]),
        ("Query.listingsForSale", vec![json!({ "sellerId": SELLER })]),
        ("Query.sellerLedger", vec![json!({ "sellerId": SELLER })]),
        ("Query.eventProof", vec![json!({ "position": "0" })]),
        ("Query.inclusionProof", vec![json!({ "position": "0", "size": "2" })]),
        ("Query.consistencyProof", vec![json!({ "from": "1", "to": "2" })]),
        ("Query.transparencyReport", vec![json!({ "period": { "label": since_it_began } })]),
        ("Review.translation", vec![json!({ "language": "de" })]),
        ("Subscription.orderUpdated", vec![json!({ "orderId": to_update })]),
    ]);
    let known = [
        &orders.sold,
        &orders.kept,
        &orders.disputed,
        &orders.shared,
        &reviews.reviewed,
        &restricted.removed.0,
        &restricted.moderated.0,
        &to_review,
        &to_update,
    ];
    let secrets = known.map(|order| plain(order).to_string()).into_iter().chain([BUYER.to_owned()]).collect();
    let Play { market, steps } = play;
    History {
        market,
        steps,
        examples,
        secrets,
        shared: orders.shared,
        removed: restricted.removed.1,
        to_review,
        to_update,
    }
}

/// Policies and accounts.
async fn accounts(play: &mut Play) {
    let policy = json!({ "aspectCategories": ["smartphones"], "reviewLanguages": ["de"] });
    play.does(Operator, "adoptPolicy", policy, "policies.version").await;

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
}

/// What is sold.
struct Listings {
    listing: String,
    second: String,
    off_sale: String,
    dangerous: String,
    unwanted: String,
}

async fn listings(play: &mut Play) -> Listings {
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
    Listings { listing, second, off_sale, dangerous, unwanted }
}

/// Orders, by what became of them.
struct Orders {
    sold: String,
    kept: String,
    shared: String,
    disputed: String,
    cancelled: String,
}

/// Each step of an order, by everybody who may.
async fn orders(play: &mut Play, Listings { listing, second, .. }: &Listings) -> Orders {
    let sold = play.delivered(&[listing], true, [Seller, Seller, Buyer]).await;
    let kept = play.delivered(&[listing], false, [Operator; 3]).await;
    let shared = play.delivered(&[listing, second], false, [Operator; 3]).await;
    for line in [0, 1] {
        let issue = json!({ "orderId": shared, "line": line, "kind": "WRONG_PRODUCT" });
        play.does(Buyer, "reportIssue", issue, "order.id").await;
    }
    let disputed = play.delivered(&[listing], false, [Operator; 3]).await;
    let mut cancelled = String::new();
    for asker in [Buyer, Seller, Operator] {
        cancelled = play.order(&[listing], false).await;
        play.does(Operator, "confirmOrder", json!({ "orderId": cancelled }), "order.id").await;
        play.does(asker, "cancelOrder", json!({ "orderId": cancelled }), "order.id").await;
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
    Orders { sold, kept, shared, disputed, cancelled }
}

/// Reviews, by what became of them.
struct Reviews {
    reviewed: String,
    online: String,
    waiting: String,
    /// Of what goes off sale: its time will end.
    due: String,
}

/// Reviews and their photos.
async fn reviews(play: &mut Play, Listings { listing, off_sale, .. }: &Listings) -> Reviews {
    let (reviewed, online) = play.reviewed(listing).await;
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
    let (_, waiting) = play.reviewed(listing).await;
    play.does(Buyer, "submitPhotos", json!({ "reviewId": waiting, "photos": [photo()] }), "review.id").await;
    let (_, withdrawn) = play.reviewed(listing).await;
    play.does(Buyer, "withdrawReview", json!({ "reviewId": withdrawn }), "review.id").await;
    let (_, due) = play.reviewed(off_sale).await;
    Reviews { reviewed, online, waiting, due }
}

/// What an authority orders to be kept, and what waits to be forgotten until it is no longer.
async fn holds(play: &mut Play, Listings { listing, .. }: &Listings, Reviews { due, .. }: &Reviews) {
    let order = json!({
        "authority": "Parquet de Paris", "memberState": "FR", "legalBasis": "Reg. (EU) 2023/1543 art. 11",
        "reference": "PR/2026/77", "orderId": id(1),
    });
    play.does(Compliance, "placeLegalHold", with(order.clone(), json!({ "reviewIds": [due] })), "hold.id").await;
    let (_, withdrawn) = play.reviewed(listing).await;
    let kept = json!({ "reviewIds": [withdrawn], "buyerIds": [id(21)] });
    let hold = play.does(Compliance, "placeLegalHold", with(order, kept), "hold.id").await;
    play.does(Buyer, "withdrawReview", json!({ "reviewId": withdrawn }), "position").await;
    play.settled().await;
    let release = json!({ "holdId": hold, "explanation": "the order lapsed" });
    play.does(Compliance, "releaseLegalHold", release, "hold.id").await;
    play.settled().await;
}

/// Everybody sends two notices, one of which leads to nothing; those.
async fn notices(
    play: &mut Play,
    Listings { listing, .. }: &Listings,
    Reviews { online, .. }: &Reviews,
) -> Vec<(Asker, String)> {
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
    // A refusal for everybody to look at.
    for asker in Asker::ALL {
        let input = with(notice(), json!({ "reviewId": NOWHERE }));
        let (viewer, others) = (somebody(asker), input.clone());
        play.steps.push(Step { mutation: "submitNotice", asker, viewer, input, others });
    }
    notices
}

/// Reviews that were taken down, each with its order before it.
struct Restricted {
    moderated: (String, String),
    removed: (String, String),
}

/// What staff take down.
async fn restrictions(
    play: &mut Play,
    Listings { listing, off_sale, dangerous, unwanted, .. }: &Listings,
) -> Restricted {
    let (moderated_order, moderated) = play.reviewed(listing).await;
    let about = with(notice(), json!({ "reviewId": moderated }));
    let led_to = play.does(Anonymous, "submitNotice", about, "noticeId").await;
    let moderate =
        |review: &str| json!({ "reviewId": review, "criteria": ["INSULTING"], "explanation": "insults a person" });
    let by_notice = with(moderate(&moderated), json!({ "noticeId": led_to }));
    play.says(viewer(Moderator, COLLEAGUE), Moderator, "moderateReview", by_notice, json!({}), "review.id").await;
    let (removed_order, removed) = play.reviewed(listing).await;
    play.does(Moderator, "moderateReview", moderate(&removed), "review.id").await;
    let about = with(notice(), json!({ "listingId": dangerous, "allegation": "ILLEGAL" }));
    let led_to = play.does(Anonymous, "submitNotice", about, "noticeId").await;
    let removal =
        |listing: &str, reason: &str| json!({ "listingId": listing, "reason": reason, "explanation": "see there" });
    let by_notice = with(removal(dangerous, "DANGEROUS"), json!({ "noticeId": led_to }));
    play.does(Operator, "removeListing", by_notice, "listing.id").await;
    play.does(Compliance, "removeListing", removal(unwanted, "CONVENIENCE"), "listing.id").await;
    play.does(Seller, "removeListing", removal(off_sale, "WITHDRAWN_BY_SELLER"), "listing.id").await;
    for (asker, seller) in [(Operator, id(11)), (Compliance, id(12))] {
        let input = json!({ "sellerId": seller, "reason": "CONVENIENCE", "explanation": "see there" });
        play.does(asker, "removeSeller", input, "seller.id").await;
    }
    Restricted { moderated: (moderated_order, moderated), removed: (removed_order, removed) }
}

/// Whom it restricts, and whoever sent a notice, contests it.
async fn complaints(play: &mut Play, listings: &Listings, restricted: &Restricted, notices: &[(Asker, String)]) {
    let Restricted { moderated: (moderated_order, moderated), removed: (removed_order, removed) } = restricted;
    let of_review = play.statement(&somebody(Buyer), moderated).await;
    let today = domain::calendar::local_day(Utc::now()).to_string();
    let contest =
        |order: &str| json!({ "reviewDate": today, "orderNumber": plain(order), "reasons": "it insults nobody" });
    let form = with(contest(moderated_order), json!({ "statementId": of_review }));
    let reversed = play.does(Buyer, "lodgeComplaint", form, "complaintId").await;
    let form = with(contest(removed_order), json!({ "reviewId": removed }));
    play.does(Buyer, "lodgeComplaint", form, "complaintId").await;
    let of_listing = play.statement(&somebody(Seller), &listings.dangerous).await;
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
            play.says(viewer(Moderator, COLLEAGUE), Moderator, "decideComplaint", decide, json!({}), "status").await;
        }
    }
}

/// What becomes of statements' records at the Transparency Database.
async fn submissions(play: &Play, listings: &Listings, Restricted { moderated: (_, moderated), .. }: &Restricted) {
    let of_review = plain(&play.statement(&somebody(Buyer), moderated).await);
    let of_listing = plain(&play.statement(&somebody(Seller), &listings.dangerous).await);
    let database = "https://database.example";
    for statement in [of_review, of_listing] {
        let submit = SubmissionCommand::Submit { database: database.to_owned() };
        play.tell::<Statement>(statement, submit.into()).await;
    }
    let answered = Acceptance::answered(Uuid::from_u128(9), "https://database.example/statement/9").unwrap();
    play.tell::<Statement>(of_review, SubmissionCommand::Accept(answered).into()).await;
    let problems = vec![Problem::new("category", "The selected category is invalid.")];
    play.tell::<Statement>(of_listing, SubmissionCommand::Refuse { by: RefusedBy::Database, problems }.into()).await;
}

/// Buyers who break the rules, and buyers who are forgotten.
async fn buyers(play: &mut Play, Restricted { removed: (_, removed), .. }: &Restricted) {
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
}

/// A buyer who was blocked and a seller who was removed contest it.
async fn accounts_contested(play: &mut Play) {
    play.settled().await;
    for (asker, whose, restriction) in
        [(Buyer, BUYER.to_owned(), "ACCOUNT_SUSPENDED"), (Seller, id(11), "SELLER_REMOVED")]
    {
        let whose = viewer(asker, &whose);
        let query = "{ viewer { statementsOfReasons { nodes { id restriction } } } }";
        let answer = ask(&play.market, &whose, query, json!({})).await;
        let all = answer["data"]["viewer"]["statementsOfReasons"]["nodes"].as_array().unwrap();
        let statement = &all.iter().find(|statement| statement["restriction"] == restriction).unwrap()["id"];
        let form = json!({ "statementId": statement, "reasons": "it was somebody else" });
        play.says(whose, asker, "lodgeComplaint", form, json!({}), "complaintId").await;
    }
}

/// What authorities write, and who visits.
async fn authorities(play: &mut Play) {
    let message = json!({
        "sender": "MARKET_SURVEILLANCE", "authority": "DGCCRF", "language": "en", "email": AUTHORITYS_EMAIL,
        "text": AUTHORITYS_TEXT, "contactId": id(3),
    });
    play.does(Compliance, "recordAuthorityMessage", message, "contact.id").await;
    play.does(Compliance, "recordAuthorityOrder", authority_order(), "contact.id").await;
    let answer = json!({ "orderId": id(1), "effect": "GIVEN", "explanation": "removed" });
    play.does(Compliance, "executeAuthorityOrder", answer, "contact.id").await;
    visit(play, 41).await;
}

/// Somebody visited, and a program did.
async fn visit(play: &mut Play, somebody: u128) {
    let visits = json!({
        "month": "2025-07", "memberState": "NL", "role": "BUYER",
        "visits": [{ "recipientId": id(somebody) }, { "recipientId": id(42), "userAgent": "DECLARED_BOT" }],
    });
    play.does(Operator, "recordActivity", visits, "month").await;
}

/// A figure that was published as it was before more visits came in, and corrected. Once it is published, no visit of its
/// months is taken any more.
async fn figures(play: &mut Play) -> [String; 2] {
    let before = seen(play).await;
    visit(play, 43).await;
    let first = publish(play, before, json!({})).await;
    let after = seen(play).await;
    let why = json!({ "corrects": first, "reason": "visits of July were reported late" });
    let second = publish(play, after, why).await;
    [first, second]
}

/// The figure as it is seen: its position and digest.
async fn seen(play: &mut Play) -> Value {
    play.settled().await;
    let seen = "query F($period: DsaPeriodInput!) {
      dsaActiveRecipients(period: $period) { provenance { position digest } } }";
    let variables = json!({ "period": { "label": "2025-H2" } });
    let answer = ask(&play.market, &somebody(Compliance), seen, variables).await;
    answer["data"]["dsaActiveRecipients"]["provenance"].clone()
}

/// Publishes a figure as it was seen.
async fn publish(play: &mut Play, seen: Value, more: Value) -> String {
    let input = json!({
        "period": { "label": "2025-H2" }, "position": seen["position"], "digest": seen["digest"], "wording": "EXACT",
    });
    play.does(Compliance, "publishDsaFigure", with(input, more), "publication.id").await
}
