//! How a history is played: commands that are done, and remembered with who gave them.

use std::future::ready;

use api::auth::Viewer;
use api::graphql::guard::Asker;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Aggregate;
use domain::ids::CommandId;
use domain::metadata::Actor;
use domain::recording::Cause;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::askers::{ask, command, somebody};
use crate::support::{Market, review_input};

/// What is sealed and that no field shows to anybody: who buyers, sellers and notifiers are. Only the mails to them say it
/// to themselves.
pub(crate) const SEALED: [&str; 10] = [
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
];
/// What is said in confidence, and to whom: nobody else is told, and no other of the same role.
pub(crate) const CONFIDENTIAL: [(&str, &[Asker]); 4] = [
    (HELP, &[Asker::Buyer, Asker::Seller, Asker::Operator]),
    (SUBJECT, &[Asker::Buyer, Asker::Seller, Asker::Operator, Asker::Compliance]),
    (AUTHORITYS_EMAIL, &[Asker::Compliance]),
    (AUTHORITYS_TEXT, &[Asker::Compliance]),
];
const BUYERS_NAME: &str = "Hedwig Cohen";
const BUYERS_EMAIL: &str = "hedwig@example.eu";
const BUYERS_ADDRESS: &str = "Prinsengracht 1";
const NOTIFIERS_NAME: &str = "Jo Neighbour";
const NOTIFIERS_EMAIL: &str = "neighbour@example.eu";
pub(crate) const HELP: &str = "the parcel is not here";
pub(crate) const SUBJECT: &str = "the screen came broken";
pub(crate) const AUTHORITYS_EMAIL: &str = "desk@authority.example";
pub(crate) const AUTHORITYS_TEXT: &str = "Please act on this.";

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

pub(crate) fn with(mut input: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("fields: {more}") };
    input.as_object_mut().unwrap().extend(more);
    input
}

pub(crate) fn photo() -> String {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).unwrap();
    BASE64.encode(png.into_inner())
}

pub(crate) fn account() -> Value {
    json!({
        "identity": { "name": BUYERS_NAME, "email": BUYERS_EMAIL, "address": BUYERS_ADDRESS }, "country": "NL",
        "language": "nl",
    })
}

pub(crate) fn notice() -> Value {
    json!({
        "allegation": "AGAINST_TERMS", "reasons": "it says what is not true of me", "goodFaith": true,
        "notifier": { "name": NOTIFIERS_NAME, "email": NOTIFIERS_EMAIL },
    })
}

pub(crate) fn authority_order() -> Value {
    json!({
        "kind": "ACT_AGAINST_CONTENT", "authority": "Autoriteit Consument & Markt", "memberState": "NL",
        "legalBasis": "DSA art. 9", "reference": "ACM/UIT/612", "language": "nl", "urls": ["https://market.example/reviews/1"],
        "answerTo": AUTHORITYS_EMAIL,
    })
}

/// A history that is being played.
pub(crate) struct Play {
    pub(crate) market: Market,
    pub(crate) steps: Vec<Step>,
}

impl Play {
    fn command_id(&self) -> Value {
        json!(Uuid::from_u128(0xc000_0000_0000_4000_8000_0000_0000_0000 + self.steps.len() as u128))
    }

    /// Somebody commands; the payload's field that is named, by its path.
    pub(crate) async fn does(&mut self, asker: Asker, mutation: &'static str, input: Value, told: &str) -> String {
        self.says(somebody(asker), asker, mutation, input, json!({}), told).await
    }

    /// As [`Self::does`], by somebody in particular; with what another one says who wants the same.
    pub(crate) async fn says(
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

    /// Until all that follows has followed.
    pub(crate) async fn settled(&self) {
        self.market.server.settled().await.unwrap();
    }

    /// Has the platform itself command something.
    pub(crate) async fn tell<A: Aggregate>(&self, id: Uuid, command: A::Command)
    where
        A::Command: Clone + Sync,
    {
        let cause = Cause::new(CommandId(Uuid::new_v4()), Actor::system("test"));
        let book = &self.market.server.app().executor.platform().book;
        book.execute::<A, _, _>(id, &cause, |_| ready(Ok(command.clone()))).await.unwrap();
    }

    /// An order of the buyer's.
    pub(crate) async fn order(&mut self, listings: &[&str], insured: bool) -> String {
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
    pub(crate) async fn delivered(&mut self, listings: &[&str], insured: bool, by: [Asker; 3]) -> String {
        let order = self.order(listings, insured).await;
        for (asker, mutation) in by.into_iter().zip(["confirmOrder", "shipOrder", "confirmDelivery"]) {
            self.does(asker, mutation, json!({ "orderId": order }), "order.id").await;
        }
        order
    }

    /// An order that was delivered, and its review.
    pub(crate) async fn reviewed(&mut self, listing: &str) -> (String, String) {
        let order = self.delivered(&[listing], false, [Asker::Operator; 3]).await;
        let aspects = json!({ "aspects": [{ "aspect": "DELIVERY", "score": 4 }] });
        let input = with(review_input(&order, "Ziet er uit als nieuw, batterij houdt het een dag vol."), aspects);
        let review = self.does(Asker::Buyer, "submitReview", input, "review.id").await;
        (order, review)
    }

    /// The statement of the reasons of what restricts a seller or a buyer, by what it concerns.
    pub(crate) async fn statement(&self, viewer: &Viewer, concerns: &str) -> String {
        self.settled().await;
        let query = "{ viewer { statementsOfReasons { nodes { id concernsId } } } }";
        let answer = ask(&self.market, viewer, query, json!({})).await;
        let all = answer["data"]["viewer"]["statementsOfReasons"]["nodes"].as_array().unwrap().clone();
        let of = all.iter().find(|statement| statement["concernsId"] == concerns);
        of.unwrap_or_else(|| panic!("{concerns}: {answer}"))["id"].as_str().unwrap().to_owned()
    }
}
