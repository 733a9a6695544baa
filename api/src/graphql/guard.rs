//! Who may use a field: by role, one guard a field. Whose thing it is, the decision itself asks.

use async_graphql::{Context, Error, ErrorExtensions, Guard, Result};
use domain::metadata::Role;

use crate::auth::Viewer;

/// Buyers.
pub const BUYERS: &[Role] = &[Role::Buyer];
/// Sellers.
pub const SELLERS: &[Role] = &[Role::Seller];
/// Whoever runs the marketplace.
pub const OPERATORS: &[Role] = &[Role::Operator];
/// Whoever may decide on a seller or a listing for the platform.
pub const SUPERVISORS: &[Role] = &[Role::Operator, Role::Compliance];
/// Whoever looks at photos and reviews.
pub const MODERATORS: &[Role] = &[Role::Moderator];
/// Whoever looks at reviews, or runs the marketplace.
pub const MODERATORS_AND_OPERATORS: &[Role] = &[Role::Moderator, Role::Operator];
/// Whoever answers for figures.
pub const COMPLIANCE: &[Role] = &[Role::Compliance];
/// Whoever answers for figures or checks them.
pub const FIGURES: &[Role] = &[Role::Compliance, Role::Auditor];
/// Whoever may see what stands on a seller's account: the seller whose it is, and whoever answers for it.
pub const LEDGER_READERS: &[Role] = &[Role::Seller, Role::Compliance, Role::Auditor];
/// Whoever has deadlines to keep.
pub const DEADLINE_WATCHERS: &[Role] = &[Role::Moderator, Role::Compliance];
/// Whoever checks the book.
pub const AUDITORS: &[Role] = &[Role::Auditor];
/// A buyer, or the operator for one.
pub const BUYER_SIDE: &[Role] = &[Role::Buyer, Role::Operator];
/// A buyer, or staff who forget one on request.
pub const FORGETTERS: &[Role] = &[Role::Buyer, Role::Operator, Role::Compliance];
/// A seller, or the operator for one.
pub const SELLER_SIDE: &[Role] = &[Role::Seller, Role::Operator];
/// A seller for what is theirs, or staff.
pub const REMOVERS: &[Role] = &[Role::Seller, Role::Operator, Role::Compliance];
/// Either side of an order, or the operator.
pub const ORDER_SIDES: &[Role] = &[Role::Buyer, Role::Seller, Role::Operator];

/// Whoever a decision can restrict.
pub const RESTRICTED: &[Role] = &[Role::Buyer, Role::Seller];
/// Whoever may end a dispute: its buyer, or staff by the parties' or the body's word.
pub const DISPUTE_CLOSERS: &[Role] = &[Role::Buyer, Role::Operator, Role::Compliance];

/// Lets only these roles through.
#[derive(Debug, Clone, Copy)]
pub struct Only(pub &'static [Role]);

impl Guard for Only {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        let role = ctx.data_unchecked::<Viewer>().role();
        if role.is_some_and(|role| self.0.contains(&role)) {
            return Ok(());
        }
        let allowed: Vec<String> = self.0.iter().map(|role| role.name().to_uppercase()).collect();
        let you = role.map_or_else(
            || "the request has no token; send `Authorization: Bearer <token>`".to_owned(),
            |role| format!("the token is for {}", role.name().to_uppercase()),
        );
        Err(coded("FORBIDDEN", format!("this needs the role {}, but {you}", allowed.join(" or "))))
    }
}

/// An error with a stable code that a client can act on.
#[must_use]
pub fn coded(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}
