//! Global ids: base64 of `Type:uuid`. A plain UUID is taken as well wherever the type is known.

use async_graphql::{Context, ID, Interface, Object, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::ids::{
    AuthorityContactId, BuyerId, ComplaintId, DsaPublicationId, HelpRequestId, LegalHoldId, ListingId, MailId,
    NoticeId, OrderId, PhotoId, ProductId, ReviewId, SellerId, StatementId,
};
use uuid::Uuid;

use super::listings::Listing;
use super::orders::Order;
use super::products::Product;
use super::reviews::Review;
use super::sellers::Seller;
use super::user_error::query_error;
use crate::ApiError;

/// An id with the name of its type.
pub trait GlobalId: Copy + From<Uuid> {
    /// The type's name.
    const TYPE: &'static str;
    /// The id without it.
    fn uuid(self) -> Uuid;
}

macro_rules! global_ids {
    ($($id:ty = $name:literal),* $(,)?) => {$(
        impl GlobalId for $id {
            const TYPE: &'static str = $name;
            fn uuid(self) -> Uuid {
                self.0
            }
        }
    )*};
}

global_ids! {
    AuthorityContactId = "AuthorityContact", BuyerId = "Buyer", ComplaintId = "Complaint",
    DsaPublicationId = "DsaPublication",
    HelpRequestId = "HelpRequest", LegalHoldId = "LegalHold", ListingId = "Listing", MailId = "Mail", NoticeId = "Notice", OrderId = "Order",
    PhotoId = "Photo", ProductId = "Product", ReviewId = "Review", SellerId = "Seller",
    StatementId = "StatementOfReasons",
}

/// An id as clients see it.
#[must_use]
pub fn global<I: GlobalId>(id: I) -> ID {
    let mut text = [0; 64];
    let length = I::TYPE.len() + 1 + uuid::fmt::Hyphenated::LENGTH;
    // The longest type's name has eighteen letters, so that all of it fits.
    text[..I::TYPE.len()].copy_from_slice(I::TYPE.as_bytes());
    text[I::TYPE.len()] = b':';
    id.uuid().as_hyphenated().encode_lower(&mut text[I::TYPE.len() + 1..length]);
    ID(BASE64.encode(&text[..length]))
}

/// An id as a client gave it: a global one of this type, or a plain UUID.
///
/// # Errors
/// [`ApiError::Input`] naming the field.
pub fn parse<I: GlobalId>(id: &ID, field: &'static str) -> Result<I, ApiError> {
    if let Ok(uuid) = Uuid::parse_str(id) {
        return Ok(uuid.into());
    }
    let (found, uuid) = split(id).ok_or_else(|| {
        ApiError::input(field, format!("{:?} is no id; give an id from an answer, or a plain UUID", id.as_str()))
    })?;
    if found == I::TYPE {
        Ok(uuid.into())
    } else {
        Err(ApiError::input(field, format!("this is the id of a {found}, where that of a {} is wanted", I::TYPE)))
    }
}

/// The account that a buyer's or a seller's global id names; nothing for anything else.
pub(crate) fn account(id: &str) -> Option<Uuid> {
    let (found, uuid) = split(id)?;
    (found == BuyerId::TYPE || found == SellerId::TYPE).then_some(uuid)
}

/// The type that a global id names, and the plain id in it.
pub(crate) fn split(id: &str) -> Option<(String, Uuid)> {
    let text = String::from_utf8(BASE64.decode(id.as_bytes()).ok()?).ok()?;
    let (name, uuid) = text.split_once(':')?;
    Some((name.to_owned(), Uuid::parse_str(uuid).ok()?))
}

/// Anything with a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global id."))]
pub enum Node {
    /// A listing.
    Listing(Listing),
    /// An order.
    Order(Order),
    /// A product.
    Product(Product),
    /// A review.
    Review(Review),
    /// A seller.
    Seller(Seller),
}

/// The query for anything with a global id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its global id; nothing where there is no such thing, or it is not for you.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>> {
        let (name, uuid) = split(&id).ok_or_else(|| {
            query_error(ApiError::input("id", "give a global id, as the field id of an answer has it"))
        })?;
        Ok(match name.as_str() {
            ListingId::TYPE => Listing::load(ctx, ListingId(uuid)).await?.map(Node::Listing),
            OrderId::TYPE => Order::visible(ctx, OrderId(uuid))?.map(Node::Order),
            ProductId::TYPE => Product::load(ctx, ProductId(uuid))?.map(Node::Product),
            ReviewId::TYPE => Review::visible(ctx, ReviewId(uuid))?.map(Node::Review),
            SellerId::TYPE => Seller::load(ctx, SellerId(uuid))?.map(Node::Seller),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_global_or_plain_and_never_of_another_type() {
        let id = ProductId(Uuid::from_u128(7));
        assert_eq!(parse::<ProductId>(&global(id), "id").unwrap(), id);
        assert_eq!(parse::<ProductId>(&ID(id.to_string()), "id").unwrap(), id);
        assert!(parse::<SellerId>(&global(id), "id").is_err());
        assert!(parse::<SellerId>(&ID("x".into()), "id").is_err());
    }
}
