//! What moderators, compliance staff and those whom decisions concern read of them, over a real socket. What others
//! command is put into the book directly.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::future::ready;

use api::Book;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Aggregate;
use domain::authority::{Authority, AuthorityCommand, AuthorityOrderKind, IncomingOrder};
use domain::complaint::{About, Complaint, ComplaintCommand};
use domain::criterion::Criterion;
use domain::decision::Decision;
use domain::dispute::{Dispute, DisputeCommand, Forum};
use domain::ids::{
    AuthorityContactId, BuyerId, CommandId, ComplaintId, MailId, NoticeId, OrderId, ReviewId, StaffId, StatementId,
};
use domain::mail::{Mail, MailCommand, MailContent, MailKind, Recipient};
use domain::metadata::{Actor, Role};
use domain::notice::{Allegation, Notice, NoticeCommand, NoticeTarget, Notifier};
use domain::order::{Order, Party};
use domain::recording::Cause;
use domain::review::{Judgement, Review, ReviewCommand};
use domain::statement::{Addressee, Ground, Restriction, Statement, StatementCommand};
use domain::submission::{Acceptance, Problem, RefusedBy, SubmissionCommand};
use projections::Served;
use projections::mails::MailStatus;
use serde_json::{Value, json};
use support::{BUYER, Market, SELLER, review_input};
use uuid::Uuid;

const OTHER_BUYER: &str = "b0b00000-0000-4000-8000-00000000000d";
const TEXT: &str = "Slechte verkoper, en zijn moeder ook.";
const FIRST_DECIDER: &str = "moderator-one";

fn book(market: &Market) -> &Book {
    &market.server.app().executor.platform().book
}

fn views(market: &Market) -> &Served {
    &market.server.app().executor.platform().views
}

/// Gives a command, and waits until the views have it.
async fn tell<A: Aggregate>(market: &Market, id: Uuid, command: A::Command)
where
    A::Command: Clone + Sync,
{
    let cause = Cause::new(CommandId(Uuid::new_v4()), Actor::system("test"));
    let done = book(market).execute::<A, _, _>(id, &cause, |_| ready(Ok(command.clone()))).await.unwrap();
    assert!(views(market).includes(done.position, std::time::Duration::from_secs(60)).await);
}

fn plain(global: &str) -> Uuid {
    let text = String::from_utf8(BASE64.decode(global).unwrap()).unwrap();
    Uuid::parse_str(text.split_once(':').unwrap().1).unwrap()
}

/// A review of an order of the buyer's, removed because of a notice; the order, the review and the statement of reasons.
async fn removed(market: &Market) -> (OrderId, ReviewId, StatementId) {
    let order = market.delivered(&market.stock().await).await;
    let input = review_input(&order, TEXT);
    let submitted = market.done(Role::Buyer, "submitReview", "SubmitReviewInput", input, "review { id }").await;
    let (order, review) = (OrderId(plain(&order)), ReviewId(plain(submitted["review"]["id"].as_str().unwrap())));
    for (notice, trusted_flagger) in [(NoticeId(Uuid::from_u128(1)), false), (NoticeId(Uuid::from_u128(2)), true)] {
        let submit = NoticeCommand::Submit {
            notice,
            target: NoticeTarget::Review(review),
            target_exists: true,
            allegation: Allegation::AgainstTerms,
            url: "https://market.example/reviews/1".into(),
            reasons: "it insults my mother".into(),
            notifier: Some(Notifier { name: "Notifier Name".into(), email: "notifier@example.eu".into() }),
            good_faith: true,
            trusted_flagger,
            language: "nl".parse().unwrap(),
        };
        tell::<Notice>(market, notice.0, submit).await;
    }
    let decided_by = StaffId(FIRST_DECIDER.into());
    let criteria = vec![Criterion::Insulting];
    let judgement =
        Judgement { criteria: criteria.clone(), explanation: "an insult".into(), decided_by: decided_by.clone() };
    tell::<Review>(market, review.0, ReviewCommand::Moderate { judgement, notice: None }).await;
    let now = book(market).clock().now();
    let statement = StatementId::of_decision(Uuid::from_u128(7));
    let decision = Decision {
        event: Uuid::from_u128(7),
        at: now,
        addressee: Addressee::Buyer(BuyerId(BUYER.parse().unwrap())),
        restriction: Restriction::ReviewRemoved(review),
        facts: "an insult".into(),
        notice: None,
        ground: Ground::Criteria(criteria),
        content_language: "nl".parse().ok(),
        content_since: now,
        decided_by: Some(decided_by),
    };
    tell::<Statement>(market, statement.0, StatementCommand::Issue(Box::new(decision))).await;
    (order, review, statement)
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_08_r_3_4_05_r_3_4_10_a_moderator_sees_the_case_and_never_whose_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let (order, review, statement) = removed(&market).await;
    let issued = book(&market).load::<Statement>(statement.0).await.unwrap().issued.map(Box::new);
    let submitted_at = book(&market).clock().now();
    let form = domain::complaint::ReviewForm {
        order_number: Some(order.to_string()),
        review_date: Some(domain::calendar::local_day(submitted_at)),
        order,
        submitted_at,
    };
    let complainant = Addressee::Buyer(BuyerId(BUYER.parse().unwrap()));
    let about = About::Restriction { id: statement, statement: issued, complainant, form: Some(form) };
    let complaint = ComplaintId(Uuid::from_u128(9));
    let lodge = ComplaintCommand::Lodge { complaint, about, reasons: "it insults nobody".into() };
    tell::<Complaint>(&market, complaint.0, lodge).await;

    let case = "reviewId text language productTitle submittedAt status photos { url } \
                notices { allegation reasons url trustedFlagger } complaints { reasons facts status mayDecide } \
                findings { part criteria explanation reversedAt }";
    let query = format!(
        "query Q($id: ID!) {{ moderationCase(id: $id) {{ {case} }} \
         notices {{ nodes {{ id trustedFlagger reasons case {{ {case} }} }} }} \
         complaints(status: OPEN) {{ nodes {{ complainant restriction concernsId case {{ {case} }} }} }} \
         decided: complaints(status: DECIDED) {{ nodes {{ id }} }} }}"
    );
    for id in [review.to_string(), BASE64.encode(format!("Complaint:{complaint}"))] {
        let answer = market.ask(Some(Role::Moderator), &query, json!({ "id": id })).await;
        let data = &answer["data"];
        assert_eq!(data["moderationCase"]["text"], TEXT, "{answer}");
        assert_eq!(data["moderationCase"]["productTitle"], "iPhone 13 128 GB");
        assert_eq!(data["moderationCase"]["findings"][0]["criteria"], json!(["INSULTING"]));
        assert_eq!(data["moderationCase"]["notices"][0]["reasons"], "it insults my mother");
        let complaints =
            json!([{ "reasons": "it insults nobody", "facts": "an insult", "status": "OPEN", "mayDecide": true }]);
        assert_eq!(data["moderationCase"]["complaints"], complaints);
        let flagged: Vec<_> =
            data["notices"]["nodes"].as_array().unwrap().iter().map(|it| &it["trustedFlagger"]).collect();
        assert_eq!(flagged, [true, false], "trusted flaggers first");
        assert_eq!(data["complaints"]["nodes"][0]["complainant"], "BUYER");
        assert_eq!(data["decided"]["nodes"], json!([]));
        let text = decoded(&answer);
        for hidden in [BUYER, SELLER, &order.to_string(), FIRST_DECIDER, "Notifier Name", "notifier@example.eu"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
    let schema = include_str!("../schema.graphql");
    let fields = schema.split("\ntype ModerationCase {").nth(1).unwrap().split("\n}").next().unwrap();
    for hidden in ["Review\n", "Product\n", "Seller", "Order", "buyer", "seller", "score", "order:", "decidedBy"] {
        assert!(!fields.contains(hidden), "{hidden}: {fields}");
    }
    let refused = market.ask(Some(Role::Buyer), &query, json!({ "id": review.to_string() })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    market.server.stop().await;
}

/// An answer with its global ids as they are inside.
fn decoded(answer: &Value) -> String {
    match answer {
        Value::String(text) => {
            let inside = BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            format!("{text} {} ", inside.unwrap_or_default())
        }
        Value::Array(items) => items.iter().map(decoded).collect(),
        Value::Object(members) => members.values().map(decoded).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_7_02_r_3_4_09_a_statement_is_for_compliance_auditors_and_whom_it_tells() {
    let directory = tempfile::tempdir().unwrap();
    let mut market = Market::open(directory.path()).await;
    let (_, review, _) = removed(&market).await;
    let fields =
        "addressee restriction concernsId facts automated ground criteria contentLanguage redress contestableUntil";
    let all = format!("{{ statementsOfReasons {{ nodes {{ {fields} }} pageInfo {{ hasNextPage }} }} }}");
    let told = json!({
        "addressee": "BUYER", "restriction": "REVIEW_REMOVED",
        "concernsId": BASE64.encode(format!("Review:{review}")), "facts": "an insult", "automated": false,
        "ground": "TERMS", "criteria": ["INSULTING"], "contentLanguage": "nl",
        "redress": ["INTERNAL_COMPLAINT", "OUT_OF_COURT_SETTLEMENT", "COURT"],
    });
    let same = |shown: &Value| {
        let mut shown = shown.clone();
        assert!(shown.as_object_mut().unwrap().remove("contestableUntil").is_some());
        assert_eq!(shown, told);
    };
    for role in [Role::Compliance, Role::Auditor] {
        let answer = market.ask(Some(role), &all, Value::Null).await;
        same(&answer["data"]["statementsOfReasons"]["nodes"][0]);
        assert!(!answer.to_string().contains(BUYER));
    }
    let later = all.replace("statementsOfReasons", "statementsOfReasons(since: \"2999-01-01T00:00:00Z\")");
    let answer = market.ask(Some(Role::Auditor), &later, Value::Null).await;
    assert_eq!(answer["data"]["statementsOfReasons"]["nodes"], json!([]));
    let record = "{ statementsOfReasons { nodes { transparencyDatabase { puid record whyNone explanation } } } }";
    for role in [Role::Compliance, Role::Auditor] {
        let answer = market.ask(Some(role), record, Value::Null).await;
        let entry = &answer["data"]["statementsOfReasons"]["nodes"][0]["transparencyDatabase"];
        assert_eq!((&entry["whyNone"], &entry["explanation"]), (&Value::Null, &Value::Null), "{answer}");
        assert_eq!(entry["puid"], entry["record"]["puid"]);
        assert_eq!(entry["record"]["decision_visibility"], json!(["DECISION_VISIBILITY_CONTENT_REMOVED"]));
        assert_eq!(entry["record"]["category"], "STATEMENT_CATEGORY_CYBER_VIOLENCE");
        assert_eq!(entry["record"]["source_type"], "SOURCE_VOLUNTARY");
        assert!(!decoded(&answer).contains(BUYER));
    }
    let answer = market.ask(Some(Role::Buyer), &format!("{{ viewer {record} }}"), Value::Null).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
    assert_eq!(answer["data"]["viewer"]["statementsOfReasons"]["nodes"][0]["transparencyDatabase"], Value::Null);
    let own = format!("{{ viewer {{ statementsOfReasons {{ nodes {{ {fields} }} }} }} }}");
    same(&market.ask(Some(Role::Buyer), &own, Value::Null).await["data"]["viewer"]["statementsOfReasons"]["nodes"][0]);
    market.buyer = OTHER_BUYER;
    for role in [Role::Buyer, Role::Seller, Role::Moderator] {
        let answer = market.ask(Some(role), &own, Value::Null).await;
        assert_eq!(answer["data"]["viewer"]["statementsOfReasons"]["nodes"], json!([]), "{role:?}");
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_7_02_compliance_and_auditors_see_how_far_each_record_has_come_and_which_wait_or_were_refused() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let (_, _, statement) = removed(&market).await;
    // The platform itself states the reasons of what was moderated, besides.
    let puid = json!(format!("sor-{statement}"));
    let shown = async |role, state: &str| {
        let fields = "state database how uuid permalink refusedBy problems { field words }";
        let query = format!(
            "{{ statementsOfReasons(submission: {state}) {{ nodes {{ transparencyDatabase {{ puid submission {{ {fields} }} }} }} }} }}"
        );
        let answer = market.ask(Some(role), &query, Value::Null).await;
        let nodes = answer["data"]["statementsOfReasons"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let entries = nodes.iter().map(|node| &node["transparencyDatabase"]).filter(|entry| entry["puid"] == puid);
        entries.map(|entry| entry["submission"].clone()).collect::<Vec<_>>()
    };
    let (none, database) = (Vec::<Value>::new(), "https://database.example");
    let row = |state: &str, more: Value| {
        let mut row = json!({
            "state": state, "database": database, "how": null, "uuid": null, "permalink": null, "refusedBy": null,
            "problems": [],
        });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        vec![row]
    };
    assert_eq!(shown(Role::Compliance, "WAITING").await, row("WAITING", json!({ "database": null })));
    let tell_submission =
        async |command: SubmissionCommand| tell::<Statement>(&market, statement.0, command.into()).await;
    tell_submission(SubmissionCommand::Submit { database: database.into() }).await;
    assert_eq!(shown(Role::Auditor, "SUBMITTED").await, row("SUBMITTED", json!({})));
    assert_eq!(shown(Role::Auditor, "WAITING").await, none);
    let problems = vec![Problem::new("category", "The selected category is invalid.")];
    tell_submission(SubmissionCommand::Refuse { by: RefusedBy::Database, problems }).await;
    let said = json!([{ "field": "category", "words": "The selected category is invalid." }]);
    let refused = row("REFUSED", json!({ "refusedBy": "DATABASE", "problems": said }));
    assert_eq!(shown(Role::Compliance, "REFUSED").await, refused);
    tell_submission(SubmissionCommand::Submit { database: database.into() }).await;
    let (uuid, permalink) = (Uuid::from_u128(9), "https://database.example/statement/9");
    tell_submission(SubmissionCommand::Accept(Acceptance::answered(uuid, permalink).unwrap())).await;
    let answered = json!({ "how": "ANSWERED", "uuid": uuid, "permalink": permalink });
    assert_eq!(shown(Role::Auditor, "ACCEPTED").await, row("ACCEPTED", answered));
    assert_eq!(shown(Role::Auditor, "REFUSED").await, none);
    for role in [Role::Moderator, Role::Operator, Role::Buyer] {
        let answer =
            market.ask(Some(role), "{ statementsOfReasons(submission: WAITING) { nodes { id } } }", Value::Null).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role:?}");
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_1_2_01_r_1_2_05_a_seller_reads_their_own_ledger_and_nobody_elses() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    // The fee of the month is charged by itself, at a moment that nobody can foresee.
    let free = json!({ "sellerMonthlyFee": "0.00" });
    market.done(Role::Operator, "adoptPolicy", "AdoptPolicyInput", free, "position").await;
    let order = market.delivered(&market.stock().await).await;
    market.server.settled().await.unwrap();
    let query = "query L($seller: ID!, $after: String) { sellerLedger(sellerId: $seller, first: 1, after: $after) { \
                 balance { amount currencyCode } provenance { digest } pageInfo { hasNextPage endCursor } \
                 nodes { kind amount { amount } balance { amount } orderId } } }";
    let mut after = Value::Null;
    for (kind, amount, balance, more) in
        [("PAYMENT", "249.90", "249.90", true), ("COMMISSION", "-24.99", "224.91", false)]
    {
        let answer = market.ask(Some(Role::Seller), query, json!({ "seller": SELLER, "after": after })).await;
        let ledger = &answer["data"]["sellerLedger"];
        assert_eq!(ledger["balance"], json!({ "amount": "224.91", "currencyCode": "EUR" }), "{answer}");
        let entry =
            json!({ "kind": kind, "amount": { "amount": amount }, "balance": { "amount": balance }, "orderId": order });
        assert_eq!(ledger["nodes"], json!([entry]));
        assert_eq!(ledger["pageInfo"]["hasNextPage"], more);
        after = ledger["pageInfo"]["endCursor"].clone();
    }
    let paid = "query O($id: ID!) { order(id: $id) { payment { capturedAt refundedAt } dispute { state } } }";
    let shown = market.ask(Some(Role::Buyer), paid, json!({ "id": order })).await["data"]["order"].clone();
    assert!(shown["payment"]["capturedAt"].is_string() && shown["payment"]["refundedAt"].is_null(), "{shown}");
    assert_eq!(shown["dispute"], Value::Null);
    for (role, seller, allowed) in [
        (Role::Seller, OTHER_BUYER, false),
        (Role::Moderator, SELLER, false),
        (Role::Compliance, SELLER, true),
        (Role::Auditor, SELLER, true),
    ] {
        let answer = market.ask(Some(role), query, json!({ "seller": seller })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", !allowed, "{role:?} {answer}");
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_4_03_r_3_2_02_what_is_due_is_read_with_its_time() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let contact = AuthorityContactId(Uuid::from_u128(4));
    let order = IncomingOrder {
        kind: AuthorityOrderKind::ActAgainstContent,
        authority: "ACM".into(),
        member_state: "NL".parse().unwrap(),
        legal_basis: "the law".into(),
        reference: None,
        language: "en".parse().unwrap(),
        urls: vec!["https://market.example/1".into()],
        transmitted_at: None,
        answer_to: "desk@authority.example".into(),
    };
    tell::<Authority>(&market, contact.0, AuthorityCommand::RecordOrder { contact, order }).await;
    let query =
        "query D($status: DeadlineStatus) { deadlines(status: $status) { nodes { duty concernsId dueAt overdue } } }";
    for role in [Role::Moderator, Role::Compliance] {
        let answer = market.ask(Some(role), query, json!({ "status": "PENDING" })).await;
        let due = &answer["data"]["deadlines"]["nodes"][0];
        assert_eq!((&due["duty"], &due["overdue"]), (&json!("AUTHORITY_ORDER"), &json!(false)), "{answer}");
        assert_eq!(due["concernsId"], BASE64.encode(format!("AuthorityContact:{contact}")));
    }
    let missed = market.ask(Some(Role::Moderator), query, json!({ "status": "MISSED" })).await;
    assert_eq!(missed["data"]["deadlines"]["nodes"], json!([]));
    let refused = market.ask(Some(Role::Seller), query, json!({ "status": "PENDING" })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_09_a_mail_is_read_by_whom_it_was_sent_to_and_by_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut market = Market::open(directory.path()).await;
    let content = MailContent {
        to: "jo@example.eu".into(),
        subject: "Uw beoordeling".into(),
        text: "Beste Jo".into(),
        html: "<p>Beste Jo</p>".into(),
    };
    let queue = MailCommand::Queue {
        recipient: Recipient::Buyer(BuyerId(BUYER.parse().unwrap())),
        kind: MailKind::StatementOfReasons,
        language: "nl".parse().unwrap(),
        content,
    };
    let id = MailId(Uuid::from_u128(5));
    tell::<Mail>(&market, id.0, queue).await;
    // The server hands it over by itself.
    let mut health = views(&market).health();
    let sent = || {
        let mail = views(&market).snapshot().mails().mail(id).unwrap();
        mail.is_some_and(|mail| mail.status == MailStatus::Sent)
    };
    while !sent() {
        health.changed().await.unwrap();
    }
    let query = "{ viewer { mails { nodes { kind language status attempts sentAt content { subject text } } } } }";
    let answer = market.ask(Some(Role::Buyer), query, Value::Null).await;
    let mail = &answer["data"]["viewer"]["mails"]["nodes"][0];
    assert_eq!((&mail["kind"], &mail["status"]), (&json!("STATEMENT_OF_REASONS"), &json!("SENT")), "{answer}");
    assert_eq!(mail["content"], json!({ "subject": "Uw beoordeling", "text": "Beste Jo" }));
    market.buyer = OTHER_BUYER;
    for role in [Role::Buyer, Role::Seller, Role::Operator] {
        let answer = market.ask(Some(role), query, Value::Null).await;
        assert_eq!(answer["data"]["viewer"]["mails"]["nodes"], json!([]), "{role:?}");
    }
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_6_01_an_order_says_how_far_its_dispute_is_and_which_courts_are_competent() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let global = market.delivered(&market.stock().await).await;
    let id = plain(&global);
    let order = || async { Box::new(book(&market).load::<Order>(id).await.unwrap()) };
    let party = Party::Buyer(BuyerId(BUYER.parse().unwrap()));
    tell::<Dispute>(&market, id, DisputeCommand::Open { party, order: order().await, subject: "broken".into() }).await;
    let refer =
        DisputeCommand::Refer { party, order: order().await, forum: Forum::Mediator, body: "De Mediator".into() };
    tell::<Dispute>(&market, id, refer).await;
    let query = "query O($id: ID!) { order(id: $id) { dispute { state openedAt outcome referrals { forum body } \
                 courts { buyersResidence sellersSeats placeOfDelivery } } } }";
    let answer = market.ask(Some(Role::Buyer), query, json!({ "id": global })).await;
    let dispute = &answer["data"]["order"]["dispute"];
    assert_eq!((&dispute["state"], &dispute["outcome"]), (&json!("MEDIATION"), &Value::Null), "{answer}");
    assert_eq!(dispute["referrals"], json!([{ "forum": "MEDIATOR", "body": "De Mediator" }]));
    let courts = json!({ "buyersResidence": "NL", "sellersSeats": ["NL"], "placeOfDelivery": "NL" });
    assert_eq!(dispute["courts"], courts);
    market.server.stop().await;
}
