//! Whoever the token names, and what is theirs.

use async_graphql::{Context, Enum, Object, Result};
use domain::ids::ReviewId;
use domain::mail::Recipient;
use projections::mails::MailCursor;
use projections::orders::OrderCursor;
use projections::statements::Told;

use super::guard::{Allowed, ITS_BUYER, RESTRICTED, SIGNED_IN};
use super::mails::Mail;
use super::orders::Order;
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{viewer, views};
use super::reviews::Review;
use super::statements::{StatementOfReasons, told};
use super::user_error::query_error;
use crate::auth::Identity;

/// The part in which somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::metadata::Role")]
pub enum Role {
    /// A consumer.
    Buyer,
    /// A trader.
    Seller,
    /// Staff who decide on photos and reviews.
    Moderator,
    /// Staff who publish figures and answer authorities.
    Compliance,
    /// Whoever checks the book.
    Auditor,
    /// Staff who run the marketplace.
    Operator,
    /// Another node of the platform; it appends to the book and asks nothing here.
    Node,
    /// The platform by itself; nobody's token says so.
    System,
}

/// Whoever the token names.
#[derive(Debug, Clone)]
pub struct Viewer(Identity);

/// Whoever the token names.
#[Object(serial)]
impl Viewer {
    /// In which part.
    async fn role(&self) -> Role {
        Role::from(self.0.role)
    }

    /// By which pseudonym.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// A buyer's own orders, newest first; nobody else has any.
    #[graphql(directive = Allowed::apply(ITS_BUYER), complexity = "cost(first, None, child_complexity)")]
    async fn orders(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<String>) -> Result<Page<Order>> {
        let buyer = viewer(ctx).buyer();
        let asked = PageInput::forwards(first, after).checked(|key: &OrderCursor| Some(key.0) == buyer)?;
        let views = views(ctx);
        let reader = views.orders();
        let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
        let keys = buyer.into_iter().flat_map(|buyer| reader.of_buyer(buyer, from.as_ref()));
        take(&asked, keys, |key| Ok(reader.order(key.2)?.map(|row| Order::new(key.2, row))))
    }

    /// A buyer's own reviews, newest first; nobody else has any.
    #[graphql(directive = Allowed::apply(ITS_BUYER), complexity = "cost(first, None, child_complexity)")]
    async fn reviews(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<String>) -> Result<Page<Review>> {
        let asked = PageInput::forwards(first, after).checked(|_: &ReviewId| true)?;
        let views = views(ctx);
        let reader = views.reviews();
        let own = viewer(ctx).buyer().map_or_else(|| Ok(Vec::new()), |buyer| reader.by_author(buyer));
        let own = own.map_err(|error| query_error(error.into()))?;
        let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
        let start = from.map_or(0, |last| own.iter().position(|id| *id == last).map_or(0, |index| index + 1));
        take(&asked, own.into_iter().skip(start).map(Ok), |id| Ok(reader.review(*id)?.map(|row| Review::new(*id, row))))
    }

    /// The statements of reasons to a buyer or a seller, newest first; nobody else has any (R-2.2-05, R-3.4-09).
    #[graphql(directive = Allowed::apply(RESTRICTED), complexity = "cost(first, None, child_complexity)")]
    async fn statements_of_reasons(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<StatementOfReasons>> {
        let viewer = viewer(ctx);
        let addressee = viewer.buyer().map(Told::Buyer).or_else(|| viewer.seller().map(Told::Seller));
        told(ctx, addressee, first, after)
    }

    /// What a buyer or a seller was told by mail, newest first; nobody else has any.
    #[graphql(directive = Allowed::apply(RESTRICTED), complexity = "cost(first, None, child_complexity)")]
    async fn mails(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<String>) -> Result<Page<Mail>> {
        let viewer = viewer(ctx);
        let recipient = viewer.buyer().map(Recipient::Buyer).or_else(|| viewer.seller().map(Recipient::Seller));
        let asked = PageInput::forwards(first, after).checked(|key: &MailCursor| Some(key.0) == recipient)?;
        let views = views(ctx);
        let reader = views.mails();
        let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
        let keys = recipient.into_iter().flat_map(|recipient| reader.of_recipient(recipient, from.as_ref()));
        take(&asked, keys, |key| Ok(reader.mail(key.2)?.map(|row| Mail::new(key.2, row))))
    }
}

/// The query for whoever asks.
#[derive(Debug, Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Whoever the token names; nothing without a token.
    #[graphql(directive = Allowed::apply(SIGNED_IN))]
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        viewer(ctx).identity().cloned().map(Viewer)
    }
}
