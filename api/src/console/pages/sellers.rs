//! Sellers, and their removal (R-2.2-04) in two steps: what is to be said of it, then what will happen, which must be
//! agreed to. A removal is taken back by a complaint that was well-founded, nowhere else.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::console::address::address;
use crate::console::choice::{Choice, choices};
use crate::console::frame::Frame;
use crate::console::grounds::Grounds;
use crate::console::outcome::Errors;
use crate::console::page::Page;
use crate::console::page_info::PageInfo;
use crate::console::schema_enum::schema_enum;
use crate::console::trouble::Trouble;
use crate::console::visit::{Visit, command_id};
use crate::console::when::moment;
use crate::console::words;
use crate::graphql::guard::{FIGURES, SUPERVISORS};
use crate::graphql::sellers::SellerRemovalReason;
use crate::graphql::statements::RestrictionKind;
use crate::http::App;

/// Where it is.
const PATH: &str = "/console/sellers";

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: PATH,
    title: "Sellers",
    who: SUPERVISORS,
    routes: || {
        Router::<Arc<App>>::new()
            .route("/", get(show))
            .route("/{id}", get(one))
            .route("/{id}/removal", get(removal).post(remove))
            .route("/{id}/removal/confirmation", post(confirm))
    },
};

const QUESTION: &str = include_str!("sellers.graphql");
const ONE: &str = include_str!("sellers_one.graphql");
const COMMAND: &str = include_str!("sellers_remove.graphql");

/// How many a page has, of sellers and of statements to one.
const SHOWN: usize = 25;

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    name: String,
    after: Option<String>,
    /// What was done just before.
    done: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Data {
    sellers: Found,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    nodes: Vec<Seller>,
    page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seller {
    id: String,
    shop_name: String,
    country: String,
    trade_register_number: String,
    verified: bool,
    removed_at: Option<DateTime<Utc>>,
}

impl Seller {
    fn standing(&self) -> String {
        match (self.removed_at, self.verified) {
            (Some(at), _) => format!("Removed {}", moment(at)),
            (None, true) => "Verified".to_owned(),
            (None, false) => "Waits to be verified".to_owned(),
        }
    }

    fn path(&self) -> String {
        path(&self.id)
    }
}

fn path(id: &str) -> String {
    format!("{PATH}/{id}")
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneData {
    listings_for_sale: u64,
    seller: Option<Whole>,
}

/// A seller with what staff decide by.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    #[serde(flatten)]
    seller: Seller,
    /// How many listings are for sale; asked beside the seller.
    #[serde(skip)]
    listings_for_sale: u64,
    quality: Quality,
    /// For those who may read them.
    statements_of_reasons: Option<Told>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Quality {
    window_days: u32,
    delivered_orders: u32,
    aesthetic_defect_rate: Rate,
    wrong_product_rate: Rate,
    defective_product_rate: Rate,
    wrong_accessories_rate: Rate,
    late_delivery_rate: Rate,
}

#[derive(Debug, Deserialize)]
struct Rate {
    numerator: u32,
}

impl Quality {
    /// What went wrong, and how often.
    fn faults(&self) -> [(&'static str, u32); 5] {
        [
            ("looked worse than promised", self.aesthetic_defect_rate.numerator),
            ("another product", self.wrong_product_rate.numerator),
            ("did not work", self.defective_product_rate.numerator),
            ("accessories missing or wrong", self.wrong_accessories_rate.numerator),
            ("late", self.late_delivery_rate.numerator),
        ]
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    nodes: Vec<Statement>,
    page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
struct Statement {
    #[serde(deserialize_with = "schema_enum")]
    restriction: RestrictionKind,
    facts: String,
    #[serde(flatten)]
    grounds: Grounds,
}

impl Statement {
    fn restriction(&self) -> &'static str {
        words::restriction(self.restriction)
    }
}

/// So many listings, in words.
fn listings(count: u64) -> String {
    if count == 1 { "1 listing".to_owned() } else { format!("{count} listings") }
}

#[derive(Template)]
#[template(path = "console/sellers.html")]
struct Sellers {
    frame: Frame,
    name: String,
    sellers: Vec<Seller>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "console/seller.html")]
struct OneSeller {
    frame: Frame,
    whole: Whole,
    next: Option<String>,
    told: Option<&'static str>,
}

/// What is to be said of a removal.
#[derive(Template)]
#[template(path = "console/seller_removal.html")]
struct Removal {
    frame: Frame,
    seller: Seller,
    reasons: Vec<Choice>,
    explanation: String,
    errors: Errors,
}

/// What will happen.
#[derive(Template)]
#[template(path = "console/seller_confirmation.html")]
struct Confirmation {
    frame: Frame,
    seller: Seller,
    listings: String,
    reason: (&'static str, String),
    explanation: String,
    command: Uuid,
}

async fn show(visit: Visit, Query(Asked { name, after, .. }): Query<Asked>) -> Result<Html<String>, Trouble> {
    let name = name.trim().to_owned();
    let variables = json!({ "name": name, "first": SHOWN, "after": after });
    let Found { nodes: sellers, page_info } = visit.ask::<Data>(QUESTION, variables).await?.data.sellers;
    let next = page_info.next().map(|after| address(PATH, &[("name", &name), ("after", &after)]));
    Ok(visit.shows(Sellers { frame: visit.frame(), name, sellers, next }))
}

async fn loaded(visit: &Visit, id: &str, after: Option<String>) -> Result<Whole, Trouble> {
    let reads = FIGURES.lets(visit.viewer(), false);
    let variables = json!({ "id": id, "first": SHOWN, "after": after, "reads": reads });
    let OneData { listings_for_sale, seller } = visit.ask::<OneData>(ONE, variables).await?.data;
    let seller = seller.ok_or_else(Trouble::not_found)?;
    Ok(Whole { listings_for_sale, ..seller })
}

async fn one(
    visit: Visit,
    Path(id): Path<String>,
    Query(Asked { after, done, .. }): Query<Asked>,
) -> Result<Html<String>, Trouble> {
    let mut whole = loaded(&visit, &id, after).await?;
    let told = done.map(|_| "The seller was removed and is told why. Its listings come down one after the other.");
    let next = whole.statements_of_reasons.as_mut().and_then(|told| std::mem::take(&mut told.page_info).next());
    Ok(visit.shows(OneSeller { frame: visit.frame(), whole, next, told }))
}

async fn removal(visit: Visit, Path(id): Path<String>) -> Result<Html<String>, Trouble> {
    asked(&visit, &id, Errors::default()).await
}

/// The form, with what was written and what is wrong with it.
async fn asked(visit: &Visit, id: &str, errors: Errors) -> Result<Html<String>, Trouble> {
    let Whole { seller, .. } = loaded(visit, id, None).await?;
    let reasons = choices(words::seller_reason, &[visit.form().text("reason")]);
    let explanation = visit.form().text("explanation").to_owned();
    Ok(visit.shows(Removal { frame: visit.frame(), seller, reasons, explanation, errors }))
}

async fn refused(visit: &Visit, id: &str, errors: Errors) -> Result<Response, Trouble> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, asked(visit, id, errors).await?).into_response())
}

fn reason(visit: &Visit) -> Result<SellerRemovalReason, Errors> {
    words::named(visit.form().text("reason")).ok_or_else(|| Errors::of_field("reason", "say why the seller is removed"))
}

async fn confirm(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let reason = match reason(&visit) {
        Ok(reason) => words::seller_reason(reason),
        Err(errors) => return refused(&visit, &id, errors).await,
    };
    let explanation = visit.form().text("explanation").trim().to_owned();
    if explanation.is_empty() {
        return refused(&visit, &id, Errors::of_field("explanation", "say what the facts are")).await;
    }
    let Whole { seller, listings_for_sale, .. } = loaded(&visit, &id, None).await?;
    let page = visit.shows(Confirmation {
        frame: visit.frame(),
        seller,
        listings: listings(listings_for_sale),
        reason: (reason, visit.form().text("reason").to_owned()),
        explanation,
        command: command_id(),
    });
    Ok(page.into_response())
}

async fn remove(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    if let Err(errors) = reason(&visit) {
        return refused(&visit, &id, errors).await;
    }
    let form = visit.form();
    let input = json!({ "sellerId": id, "reason": form.text("reason"), "explanation": form.text("explanation") });
    match visit.command(COMMAND, input).await?.refused() {
        Some(errors) => refused(&visit, &id, errors).await,
        None => Ok(visit.done_at(&path(&id), "removed").into_response()),
    }
}
