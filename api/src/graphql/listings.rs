//! Listings: one seller's offer of a product in one condition.

use std::future::ready;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::ids::{ListingId, NoticeId, ProductId, SellerId};
use domain::listing::{
    ItemState, Listing as ListingStream, ListingCommand, ListingPublished, ListingRemovalReason as Reason,
};
use domain::money::Money as Amount;
use domain::notice::{Notice, NoticeTarget};
use domain::product::Product as ProductStream;
use domain::seller::Seller as SellerStream;
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, ITS_SELLER, Only, REMOVERS, SELLERS};
use super::node::{global, parse};
use super::platform::platform;
use super::products::Product;
use super::scalars::{Money, MoneyInput};
use super::sellers::Seller;
use super::user_error::query_error;
use crate::ApiError;
use crate::auth::Viewer;

/// The condition of a refurbished item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::listing::Condition")]
pub enum Condition {
    /// Visible wear.
    Fair,
    /// Light wear.
    Good,
    /// Hardly any wear.
    VeryGood,
    /// As new.
    Premium,
}

/// What the seller says an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "ItemState")]
pub enum ItemStateInput {
    /// Never used: not sold here.
    New,
    /// Used, checked, reconditioned and repackaged.
    Refurbished,
}

/// Why a listing is removed (R-2.2-01 to R-2.2-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::listing::ListingRemovalReason")]
pub enum ListingRemovalReason {
    /// The seller took it off sale.
    WithdrawnBySeller,
    /// The operator's convenience.
    Convenience,
    /// Law was not respected.
    BreachOfLaw,
    /// The terms of sale were not respected.
    BreachOfTerms,
    /// The quality charter was not respected.
    BreachOfQualityCharter,
    /// Trade in it is prohibited or illegal.
    Prohibited,
    /// It endangers health, safety or the environment.
    Dangerous,
    /// It was not reconditioned and repackaged.
    NotReconditioned,
    /// Its seller was removed; given by the platform only.
    SellerRemoved,
}

/// One seller's offer of a product in one condition, as its stream has it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex, serial)]
pub struct Listing {
    #[graphql(skip)]
    listing: ListingId,
    #[graphql(skip)]
    published: ListingPublished,
    /// Whether it can be bought.
    for_sale: bool,
}

impl Listing {
    /// A listing, if there is one with this id.
    ///
    /// # Errors
    /// What the log says.
    pub async fn load(ctx: &Context<'_>, id: ListingId) -> Result<Option<Self>> {
        let state: ListingStream = platform(ctx).book.load(id.0).await.map_err(query_error)?;
        Ok(match state {
            ListingStream::Unknown => None,
            ListingStream::ForSale(listed) => Some(Self { listing: id, published: listed.listing, for_sale: true }),
            ListingStream::Removed(delisted) => {
                Some(Self { listing: id, published: delisted.last.listing, for_sale: false })
            }
        })
    }
}

#[ComplexObject]
impl Listing {
    /// The global id.
    pub async fn id(&self) -> ID {
        global(self.listing)
    }

    /// Its product.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        Product::load(ctx, self.published.product)
    }

    /// Its seller.
    async fn seller(&self, ctx: &Context<'_>) -> Result<Option<Seller>> {
        Seller::load(ctx, self.published.seller)
    }

    /// Its condition.
    async fn condition(&self) -> Condition {
        self.published.condition.into()
    }

    /// The price, taxes included, without delivery.
    async fn price(&self) -> Money {
        self.published.price.into()
    }

    /// What delivery costs.
    async fn delivery_cost(&self) -> Money {
        self.published.delivery_cost.into()
    }

    /// The days within which the seller promises to deliver.
    async fn delivery_days(&self) -> u16 {
        self.published.delivery_days
    }

    /// The seller's commercial guarantee, in months from delivery.
    async fn warranty_months(&self) -> u16 {
        self.published.warranty_months
    }
}

/// A new listing.
#[derive(Debug, Clone, InputObject)]
pub struct PublishListingInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The listing's id; a new one where nothing is said.
    listing_id: Option<ID>,
    /// What.
    product_id: ID,
    /// In which condition.
    condition: Condition,
    /// What the item is; only refurbished ones are sold here.
    #[graphql(default_with = "ItemStateInput::Refurbished")]
    item_state: ItemStateInput,
    /// The price, taxes included, without delivery.
    price: MoneyInput,
    /// What delivery costs.
    delivery_cost: MoneyInput,
    /// The days within which delivery is promised.
    delivery_days: u16,
    /// The commercial guarantee, in months from delivery.
    warranty_months: u16,
}

/// Another price.
#[derive(Debug, Clone, InputObject)]
pub struct ChangeListingPriceInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which.
    listing_id: ID,
    /// The price from now on.
    price: MoneyInput,
    /// What delivery costs from now on; as before where nothing is said.
    delivery_cost: Option<MoneyInput>,
}

/// A removal.
#[derive(Debug, Clone, InputObject)]
pub struct RemoveListingInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which.
    listing_id: ID,
    /// Why.
    reason: ListingRemovalReason,
    /// The facts, in words; no personal data.
    explanation: String,
    /// The notice that led to it, if one did; it is decided with it.
    notice_id: Option<ID>,
}

payload! {
    /// What a command on a listing came to.
    ListingPayload(ListingId)
}

#[ComplexObject]
impl ListingPayload {
    /// The listing as it now is.
    async fn listing(&self, ctx: &Context<'_>) -> Result<Option<Listing>> {
        match &self.effect {
            Some(effect) => Listing::load(ctx, effect.what).await,
            None => Ok(None),
        }
    }
}

/// Commands on listings.
#[derive(Debug, Default)]
pub struct ListingMutation;

#[Object]
impl ListingMutation {
    /// Offers an item for sale (R-1.1-02, R-1.2-02). For the SELLER whom the token names, once verified.
    #[graphql(guard = "Only(SELLERS)", directive = Allowed::apply(SELLERS))]
    async fn publish_listing(&self, ctx: &Context<'_>, input: PublishListingInput) -> Result<ListingPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let named = input.listing_id.as_ref().map(|id| parse::<ListingId>(id, "listingId")).transpose()?;
            let id = named.unwrap_or_else(|| command.derived());
            let product: ProductId = parse(&input.product_id, "productId")?;
            let seller = own_id(command.viewer)?;
            let listing = ListingPublished {
                product,
                seller,
                condition: input.condition.into(),
                price: input.price.checked("price")?,
                delivery_cost: input.delivery_cost.checked("deliveryCost")?,
                delivery_days: input.delivery_days,
                warranty_months: input.warranty_months,
            };
            let item = match input.item_state {
                ItemStateInput::New => ItemState::New,
                ItemStateInput::Refurbished => ItemState::Refurbished,
            };
            let (book, listing) = (command.book, &listing);
            let done = command.execute::<ListingStream, _, _>(id, |_| async move {
                Ok(ListingCommand::Publish {
                    item,
                    listing: listing.clone(),
                    seller_standing: book.load::<SellerStream>(seller.0).await?.standing,
                    category: book.load::<ProductStream>(product.0).await?.category,
                })
            });
            Ok((id, done.await?))
        };
        ListingPayload::of(&command, result.await)
    }

    /// Sets another price (R-1.2-02). For the SELLER whose listing it is.
    #[graphql(guard = "Only(ITS_SELLER)", directive = Allowed::apply(ITS_SELLER))]
    async fn change_listing_price(&self, ctx: &Context<'_>, input: ChangeListingPriceInput) -> Result<ListingPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let id: ListingId = parse(&input.listing_id, "listingId")?;
            let price = input.price.checked("price")?;
            let delivery_cost = input.delivery_cost.as_ref().map(|cost| cost.checked("deliveryCost")).transpose()?;
            let seller = own_id(command.viewer)?;
            let done = command.execute(id, |state: ListingStream| {
                let as_before = state.known().map(|listing| listing.delivery_cost);
                let delivery_cost = delivery_cost.or(as_before).unwrap_or_else(|| Amount::zero(price.currency));
                ready(Ok(ListingCommand::ChangePrice { seller, price, delivery_cost }))
            });
            Ok((id, done.await?))
        };
        ListingPayload::of(&command, result.await)
    }

    /// Takes an item off sale (R-2.2-01 to R-2.2-03). For an OPERATOR or COMPLIANCE; for the SELLER whose listing it
    /// is, as WITHDRAWN_BY_SELLER.
    #[graphql(guard = "Only(REMOVERS)", directive = Allowed::apply(REMOVERS))]
    async fn remove_listing(&self, ctx: &Context<'_>, input: RemoveListingInput) -> Result<ListingPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let id: ListingId = parse(&input.listing_id, "listingId")?;
            let reason = Reason::from(input.reason);
            let seller = command.viewer.seller();
            if reason == Reason::SellerRemoved {
                return Err(ApiError::input("reason", "SELLER_REMOVED follows from removeSeller by itself"));
            }
            let notice = input.notice_id.as_ref().map(|id| parse::<NoticeId>(id, "noticeId")).transpose()?;
            let decided_by = seller.is_none().then(|| command.viewer.staff());
            let book = command.book;
            let done = command.execute::<ListingStream, _, _>(id, |state| {
                let (explanation, decided_by) = (input.explanation.clone(), decided_by.clone());
                async move {
                    if let Some(notice) = notice {
                        book.load::<Notice>(notice.0).await?.concerns(NoticeTarget::Listing(id))?;
                    }
                    let shop_name = match state {
                        ListingStream::ForSale(listed) => {
                            book.load::<SellerStream>(listed.listing.seller.0).await?.shop_name
                        }
                        ListingStream::Unknown | ListingStream::Removed(_) => None,
                    };
                    Ok(ListingCommand::Remove { seller, reason, explanation, shop_name, notice, decided_by })
                }
            });
            Ok((id, done.await?))
        };
        ListingPayload::of(&command, result.await)
    }
}

/// The seller who asks. The guard lets nobody else come here.
fn own_id(viewer: &Viewer) -> Result<SellerId, ApiError> {
    viewer.seller().ok_or_else(|| ApiError::input("", "a seller's token is needed"))
}
