//! Listings: one seller's offer of a product in one condition, at a price that the seller sets (R-1.2-02).
//!
//! Only refurbished electronics are listed (R-1.1-02), by verified sellers (R-2.1-01). The operator may remove a
//! listing for convenience or for a cause (R-2.2-01 to R-2.2-03). It comes back only when a complaint about that very decision is
//! well-founded, or about the removal of its seller where that took it down; as it last stood and as of its first publication
//! (R-2.2-05, DSA art. 20(4), P2B art. 4(3)); never otherwise.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::ids::{ComplaintId, NoticeId, ProductId, SellerId, StaffId};
use crate::money::Money;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::seller::SellerStanding;
use crate::text::{Slug, facts, line};

/// The condition of a refurbished item, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
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

impl Condition {
    /// All conditions, worst first.
    pub const ALL: [Self; 4] = [Self::Fair, Self::Good, Self::VeryGood, Self::Premium];

    /// Its public name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fair => "FAIR",
            Self::Good => "GOOD",
            Self::VeryGood => "VERY_GOOD",
            Self::Premium => "PREMIUM",
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What the seller says the item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemState {
    /// Never used: not sold here.
    New,
    /// Used, checked, reconditioned and repackaged.
    Refurbished,
}

/// An item is for sale. By its seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListingPublished {
    /// What.
    pub product: ProductId,
    /// By whom.
    pub seller: SellerId,
    /// In which condition.
    pub condition: Condition,
    /// The price, taxes included, without delivery.
    pub price: Money,
    /// What delivery costs.
    pub delivery_cost: Money,
    /// The days within which the seller promises to deliver.
    pub delivery_days: u16,
    /// The seller's commercial guarantee, in months from delivery (R-1.3-01).
    pub warranty_months: u16,
}

/// The seller set another price. By its seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListingPriceChanged {
    /// The listing's product.
    pub product: ProductId,
    /// The price from now on.
    pub price: Money,
    /// What delivery costs from now on.
    pub delivery_cost: Money,
}

/// Why a listing is removed (R-2.2-01 to R-2.2-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
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
    /// Its seller was removed (R-2.2-04).
    SellerRemoved,
}

/// The item is no longer for sale. By staff, by its seller, or by its seller's removal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListingRemoved {
    /// The listing's product.
    pub product: ProductId,
    /// The listing's seller.
    pub seller: SellerId,
    /// Why.
    pub reason: ListingRemovalReason,
    /// The facts, in words; no personal data.
    pub explanation: String,
    /// The notice that led to it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_id: Option<NoticeId>,
    /// Who decided, where staff did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<StaffId>,
}

impl ListingRemoved {
    /// The facts of a removal that follows from the seller's.
    pub const SELLER_WAS_REMOVED: &'static str = "its seller was removed";

    fn with_its_seller(product: ProductId, seller: SellerId) -> Self {
        let (reason, explanation) = (ListingRemovalReason::SellerRemoved, Self::SELLER_WAS_REMOVED.to_owned());
        Self { product, seller, reason, explanation, notice_id: None, decided_by: None }
    }
}

/// A removed listing is for sale again (R-2.2-05). Because of a well-founded complaint. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListingReinstated {
    /// The listing as it last stood.
    pub listing: ListingPublished,
    /// When it was first published: of equal offers the older one comes first (R-2.3-07), as if it had never been removed.
    pub published_at: DateTime<Utc>,
    /// The complaint.
    pub complaint: ComplaintId,
}

/// What can happen to a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingEvent {
    /// See [`ListingPublished`].
    ListingPublished(ListingPublished),
    /// See [`ListingPriceChanged`].
    ListingPriceChanged(ListingPriceChanged),
    /// See [`ListingRemoved`].
    ListingRemoved(ListingRemoved),
    /// See [`ListingReinstated`].
    ListingReinstated(ListingReinstated),
}

/// What can be asked of a listing.
#[derive(Debug, Clone)]
pub enum ListingCommand {
    /// Offer an item for sale.
    Publish {
        /// What it is said to be.
        item: ItemState,
        /// What it would be listed as.
        listing: ListingPublished,
        /// How far its seller has come, from the seller's stream.
        seller_standing: SellerStanding,
        /// The product's category, from the product's stream; nothing when it is not catalogued.
        category: Option<Slug>,
    },
    /// Set another price.
    ChangePrice {
        /// Who: only the listing's own seller may.
        seller: SellerId,
        /// The price.
        price: Money,
        /// What delivery costs.
        delivery_cost: Money,
    },
    /// Take it off sale.
    Remove {
        /// Who, when it is a seller: only the listing's own, and only to withdraw it. Nobody when it is the platform.
        seller: Option<SellerId>,
        /// Why.
        reason: ListingRemovalReason,
        /// The facts.
        explanation: String,
        /// The name of the seller's shop, which facts that go public do not say.
        shop_name: Option<String>,
        /// The notice that led to it, if one did.
        notice: Option<NoticeId>,
        /// Who decides, where staff do.
        decided_by: Option<StaffId>,
    },
    /// Put it back.
    Reinstate {
        /// The well-founded complaint.
        complaint: ComplaintId,
        /// When the removal took effect that is taken back.
        removed_at: DateTime<Utc>,
        /// Why it was removed then.
        reason: ListingRemovalReason,
        /// How far its seller has come, from the seller's stream.
        seller_standing: SellerStanding,
    },
}

/// A listing as it stands or last stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What is offered.
    pub listing: ListingPublished,
    /// When it was first published.
    pub published_at: DateTime<Utc>,
}

/// A listing that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delisted {
    /// As it last stood.
    pub last: Listed,
    /// When it was removed.
    pub removed_at: DateTime<Utc>,
    /// Why.
    pub reason: ListingRemovalReason,
}

/// A listing.
#[derive(Debug, Clone, Default)]
pub enum Listing {
    /// Not published yet.
    #[default]
    Unknown,
    /// For sale, as it stands now.
    ForSale(Listed),
    /// Removed; as it last stood.
    Removed(Box<Delisted>),
}

impl Listing {
    /// The listing as it stands, or last stood.
    #[must_use]
    pub fn known(&self) -> Option<&ListingPublished> {
        match self {
            Self::Unknown => None,
            Self::ForSale(listed) => Some(&listed.listing),
            Self::Removed(delisted) => Some(&delisted.last.listing),
        }
    }

    /// The listing as it stands, while it is for sale.
    ///
    /// # Errors
    /// A refusal under `rule` when it is not.
    pub fn for_sale(&self, rule: Rule) -> Result<&ListingPublished, Refusal> {
        match self {
            Self::ForSale(listed) => Ok(&listed.listing),
            Self::Unknown => Err(Refusal::new(
                rule,
                Refused::NotFound,
                "listingId",
                "there is no such listing; give the id that its product's offers have",
            )),
            Self::Removed(_) => Err(Refusal::new(
                rule,
                Refused::NotEligible,
                "listingId",
                "this listing is no longer for sale; choose another offer",
            )),
        }
    }
}

/// Only a verified seller may (R-2.1-01); `otherwise` says what of it.
fn may_list(standing: SellerStanding, otherwise: &str) -> Result<(), Refusal> {
    require(standing == SellerStanding::Verified, Rule("R-2.1-01"), Refused::NotEligible, "sellerId", || {
        format!("only a verified seller may list; {otherwise}")
    })
}

impl Aggregate for Listing {
    const CATEGORY: &'static str = "listing";
    type Command = ListingCommand;
    type Event = ListingEvent;

    fn decide(&self, command: ListingCommand, context: &Context<'_>) -> Result<Vec<ListingEvent>, Refusal> {
        match command {
            ListingCommand::Publish { item, listing, seller_standing, category } => {
                require(matches!(self, Self::Unknown), Rule("R-1.2-02"), Refused::AlreadyDone, "listingId", || {
                    "this listing was published already".to_owned()
                })?;
                may_list(seller_standing, "register, accept the terms and be verified first")?;
                require(item == ItemState::Refurbished, Rule("R-1.1-02"), Refused::NotEligible, "itemState", || {
                    "only refurbished items are sold here, no new ones".to_owned()
                })?;
                let category = category.ok_or_else(|| {
                    Refusal::new(
                        Rule("R-2.3-01"),
                        Refused::NotFound,
                        "productId",
                        "there is no such product; catalogue it first",
                    )
                })?;
                require(
                    context.policies.categories.allows(&category),
                    Rule("R-1.1-02"),
                    Refused::NotEligible,
                    "productId",
                    || format!("{category} is not a category of electronics"),
                )?;
                check_price(&listing.price, &listing.delivery_cost, context)?;
                Ok(vec![listing.into()])
            }
            ListingCommand::ChangePrice { seller, price, delivery_cost } => {
                let listing = self.for_sale(Rule("R-1.2-02"))?;
                owned(listing, seller)?;
                check_price(&price, &delivery_cost, context)?;
                require(
                    (price, delivery_cost) != (listing.price, listing.delivery_cost),
                    Rule("R-1.2-02"),
                    Refused::AlreadyDone,
                    "price",
                    || "the listing has this price already".to_owned(),
                )?;
                Ok(vec![ListingPriceChanged { product: listing.product, price, delivery_cost }.into()])
            }
            ListingCommand::Remove { seller, reason, explanation, shop_name, notice, decided_by } => {
                let rule = reason.rule();
                let listing = match self {
                    // What came down with its seller may come back with them, but for what is decided of the listing itself.
                    Self::Removed(delisted)
                        if delisted.reason == ListingRemovalReason::SellerRemoved
                            && reason != ListingRemovalReason::SellerRemoved =>
                    {
                        &delisted.last.listing
                    }
                    Self::Removed(_) => {
                        return Err(Refusal::new(
                            rule,
                            Refused::AlreadyDone,
                            "listingId",
                            "this listing is removed already",
                        ));
                    }
                    Self::Unknown | Self::ForSale(_) => self.for_sale(rule)?,
                };
                if let Some(seller) = seller {
                    owned(listing, seller)?;
                }
                require(
                    seller.is_some() == (reason == ListingRemovalReason::WithdrawnBySeller),
                    rule,
                    Refused::Forbidden,
                    "reason",
                    || {
                        "a seller withdraws a listing (WITHDRAWN_BY_SELLER); every other reason is the platform's"
                            .to_owned()
                    },
                )?;
                let explanation = match reason {
                    // A seller's own will restricts nobody: there is no statement to go public.
                    ListingRemovalReason::WithdrawnBySeller => line(&explanation, rule, "explanation")?,
                    ListingRemovalReason::Convenience
                    | ListingRemovalReason::BreachOfLaw
                    | ListingRemovalReason::BreachOfTerms
                    | ListingRemovalReason::BreachOfQualityCharter
                    | ListingRemovalReason::Prohibited
                    | ListingRemovalReason::Dangerous
                    | ListingRemovalReason::NotReconditioned
                    | ListingRemovalReason::SellerRemoved => {
                        facts(&explanation, shop_name.as_deref().as_slice(), rule, "explanation")?
                    }
                };
                Ok(vec![
                    ListingRemoved {
                        product: listing.product,
                        seller: listing.seller,
                        reason,
                        explanation,
                        notice_id: notice,
                        decided_by,
                    }
                    .into(),
                ])
            }
            ListingCommand::Reinstate { complaint, removed_at, reason, seller_standing } => {
                let Self::Removed(delisted) = self else {
                    self.for_sale(CONTEST)?;
                    return Err(Refusal::new(CONTEST, Refused::AlreadyDone, "listingId", "this listing is for sale"));
                };
                let contested = delisted.removed_at == removed_at && delisted.reason == reason;
                require(contested, CONTEST, Refused::NotEligible, "listingId", || {
                    "this listing is removed by another decision than the one contested".to_owned()
                })?;
                let Listed { listing, published_at } = delisted.last.clone();
                let (product, seller) = (listing.product, listing.seller);
                let back = ListingReinstated { listing, published_at, complaint }.into();
                // What was wrong is taken back; what stands, its seller's removal, takes it down. So it comes back with its
                // seller, if that was wrong as well.
                if seller_standing == SellerStanding::Removed && reason != ListingRemovalReason::SellerRemoved {
                    return Ok(vec![back, ListingRemoved::with_its_seller(product, seller).into()]);
                }
                may_list(seller_standing, "its seller was removed since")?;
                Ok(vec![back])
            }
        }
    }

    fn evolve(&mut self, event: &ListingEvent, occurred_at: DateTime<Utc>) {
        match (event, &mut *self) {
            (ListingEvent::ListingPublished(listing), _) => {
                *self = Self::ForSale(Listed { listing: listing.clone(), published_at: occurred_at });
            }
            (ListingEvent::ListingReinstated(event), _) => {
                let (listing, published_at) = (event.listing.clone(), event.published_at);
                *self = Self::ForSale(Listed { listing, published_at });
            }
            (ListingEvent::ListingPriceChanged(change), Self::ForSale(listed)) => listed.charge(change),
            (ListingEvent::ListingPriceChanged(change), Self::Removed(delisted)) => delisted.last.charge(change),
            (ListingEvent::ListingRemoved(event), Self::ForSale(listed)) => {
                let (last, reason) = (listed.clone(), event.reason);
                *self = Self::Removed(Box::new(Delisted { last, removed_at: occurred_at, reason }));
            }
            (ListingEvent::ListingRemoved(event), Self::Removed(delisted)) => {
                (delisted.removed_at, delisted.reason) = (occurred_at, event.reason);
            }
            (ListingEvent::ListingPriceChanged(_) | ListingEvent::ListingRemoved(_), Self::Unknown) => {}
        }
    }
}

/// A removal can be contested.
const CONTEST: Rule = Rule("R-2.2-05");

impl Listed {
    fn charge(&mut self, change: &ListingPriceChanged) {
        (self.listing.price, self.listing.delivery_cost) = (change.price, change.delivery_cost);
    }
}

impl ListingRemovalReason {
    /// The rule that lets a listing be removed for this reason.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::WithdrawnBySeller => Rule("R-1.2-02"),
            Self::Convenience => Rule("R-2.2-01"),
            Self::BreachOfLaw | Self::BreachOfTerms | Self::BreachOfQualityCharter => Rule("R-2.2-02"),
            Self::Prohibited | Self::Dangerous | Self::NotReconditioned => Rule("R-2.2-03"),
            Self::SellerRemoved => Rule("R-2.2-04"),
        }
    }
}

fn owned(listing: &ListingPublished, seller: SellerId) -> Result<(), Refusal> {
    require(listing.seller == seller, Rule("R-1.2-02"), Refused::Forbidden, "listingId", || {
        "this listing is not yours".to_owned()
    })
}

fn check_price(price: &Money, delivery_cost: &Money, context: &Context<'_>) -> Result<(), Refusal> {
    const RULE: Rule = Rule("R-1.2-02");
    let currency = context.policies.currency;
    require(price.currency == currency && delivery_cost.currency == currency, RULE, Refused::Invalid, "price", || {
        format!("prices are in {currency} here, not {}", price.currency)
    })?;
    require(price.minor > 0, RULE, Refused::Invalid, "price", || "a price is more than zero".to_owned())?;
    require(delivery_cost.minor >= 0, RULE, Refused::Invalid, "deliveryCost", || {
        "a delivery cost is zero or more".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{Given, at, given};
    use crate::money::Currency;
    use uuid::Uuid;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn listing() -> ListingPublished {
        ListingPublished {
            product: ProductId(Uuid::from_u128(1)),
            seller: SellerId(Uuid::from_u128(2)),
            condition: Condition::Good,
            price: eur(24_990),
            delivery_cost: eur(0),
            delivery_days: 3,
            warranty_months: 12,
        }
    }

    fn publish(
        item: ItemState,
        listing: ListingPublished,
        seller_standing: SellerStanding,
        category: Option<&str>,
    ) -> ListingCommand {
        ListingCommand::Publish {
            item,
            listing,
            seller_standing,
            category: category.map(|slug| Slug::new(slug, "category").unwrap()),
        }
    }

    fn good() -> ListingCommand {
        publish(ItemState::Refurbished, listing(), SellerStanding::Verified, Some("smartphones"))
    }

    fn published() -> Given<Listing> {
        given::<Listing>().after(good())
    }

    fn remove(reason: ListingRemovalReason) -> ListingCommand {
        let decided_by = Some(StaffId("o-1".into()));
        let explanation = "found by staff".into();
        ListingCommand::Remove {
            seller: None,
            reason,
            explanation,
            shop_name: Some("Renew".into()),
            notice: None,
            decided_by,
        }
    }

    #[test]
    fn r_2_1_01_only_a_verified_seller_lists() {
        for standing in [SellerStanding::Unknown, SellerStanding::Registered, SellerStanding::Removed] {
            assert_eq!(
                given::<Listing>().refusal(publish(ItemState::Refurbished, listing(), standing, Some("smartphones"))),
                ("R-2.1-01", Refused::NotEligible)
            );
        }
        assert!(given::<Listing>().when(good()).is_ok());
    }

    #[test]
    fn r_1_1_02_no_new_item_and_no_other_category() {
        assert_eq!(
            given::<Listing>().refusal(publish(
                ItemState::New,
                listing(),
                SellerStanding::Verified,
                Some("smartphones")
            )),
            ("R-1.1-02", Refused::NotEligible)
        );
        assert_eq!(
            given::<Listing>().refusal(publish(
                ItemState::Refurbished,
                listing(),
                SellerStanding::Verified,
                Some("perfumery")
            )),
            ("R-1.1-02", Refused::NotEligible)
        );
        assert_eq!(
            given::<Listing>().refusal(publish(ItemState::Refurbished, listing(), SellerStanding::Verified, None)),
            ("R-2.3-01", Refused::NotFound)
        );
    }

    #[test]
    fn r_1_2_02_sellers_set_price_and_delivery_cost() {
        let change = |price, delivery| ListingCommand::ChangePrice {
            seller: listing().seller,
            price: eur(price),
            delivery_cost: eur(delivery),
        };
        let changed = published().after(change(19_990, 500));
        assert!(
            matches!(changed.state(), Listing::ForSale(Listed { listing, .. }) if (listing.price, listing.delivery_cost) == (eur(19_990), eur(500)))
        );
        for (price, delivery, kind) in [
            (0, 0, Refused::Invalid),
            (-1, 0, Refused::Invalid),
            (100, -1, Refused::Invalid),
            (24_990, 0, Refused::AlreadyDone),
        ] {
            assert_eq!(published().refusal(change(price, delivery)), ("R-1.2-02", kind));
        }
        let stranger = SellerId(Uuid::from_u128(9));
        let by_stranger = ListingCommand::ChangePrice { seller: stranger, price: eur(1), delivery_cost: eur(0) };
        assert_eq!(published().refusal(by_stranger), ("R-1.2-02", Refused::Forbidden));
        let withdraw = |seller, reason| ListingCommand::Remove {
            seller: Some(seller),
            reason,
            explanation: "sold, IMEI 490154203237518".into(),
            shop_name: None,
            notice: None,
            decided_by: None,
        };
        assert!(published().when(withdraw(listing().seller, ListingRemovalReason::WithdrawnBySeller)).is_ok());
        let forbidden = ("R-1.2-02", Refused::Forbidden);
        assert_eq!(published().refusal(withdraw(stranger, ListingRemovalReason::WithdrawnBySeller)), forbidden);
        assert_eq!(
            published().refusal(withdraw(listing().seller, ListingRemovalReason::Convenience)).1,
            Refused::Forbidden
        );
        let foreign = ListingCommand::ChangePrice {
            seller: listing().seller,
            price: Money::new(1, Currency::BRL),
            delivery_cost: Money::new(0, Currency::BRL),
        };
        assert_eq!(published().refusal(foreign), ("R-1.2-02", Refused::Invalid));
        assert_eq!(given::<Listing>().refusal(change(1, 0)), ("R-1.2-02", Refused::NotFound));
    }

    #[test]
    fn r_2_2_05_a_listing_whose_removal_was_wrong_is_for_sale_again_as_it_stood_and_as_old_as_it_was() {
        let reinstate = |reason, removed_at: &str, seller_standing| ListingCommand::Reinstate {
            complaint: ComplaintId(Uuid::from_u128(7)),
            removed_at: at(removed_at),
            reason,
            seller_standing,
        };
        let (reason, verified) = (ListingRemovalReason::BreachOfTerms, SellerStanding::Verified);
        let (published_at, removed_at) = ("2026-01-01T12:00:00Z", "2026-02-01T12:00:00Z");
        let good = || reinstate(reason, removed_at, verified);
        let cheaper = ListingCommand::ChangePrice { seller: listing().seller, price: eur(100), delivery_cost: eur(1) };
        let removed = published().after(cheaper).at(removed_at).after(remove(reason)).at("2026-03-01T12:00:00Z");
        let events = removed.when(good()).unwrap();
        let [ListingEvent::ListingReinstated(event)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((event.listing.price, event.listing.delivery_cost), (eur(100), eur(1)));
        assert_eq!(event.published_at, at(published_at));

        let another = ("R-2.2-05", Refused::NotEligible);
        assert_eq!(removed.refusal(reinstate(ListingRemovalReason::Dangerous, removed_at, verified)), another);
        assert_eq!(removed.refusal(reinstate(reason, published_at, verified)), another);
        for standing in [SellerStanding::Unknown, SellerStanding::Registered] {
            let refused = removed.refusal(reinstate(reason, removed_at, standing));
            assert_eq!(refused, ("R-2.1-01", Refused::NotEligible));
        }
        // Of two decisions the wrong one is taken back, and the other one stands.
        let of_removed_seller = reinstate(reason, removed_at, SellerStanding::Removed);
        let events = removed.when(of_removed_seller.clone()).unwrap();
        let [ListingEvent::ListingReinstated(back), ListingEvent::ListingRemoved(down)] = &events[..] else { panic!() };
        assert_eq!((back.complaint.0.as_u128(), down.reason), (7, ListingRemovalReason::SellerRemoved));
        let with_seller = removed.clone().after(of_removed_seller);
        let Listing::Removed(delisted) = with_seller.state() else { panic!("a removed seller sells") };
        assert_eq!(
            (delisted.reason, delisted.last.published_at),
            (ListingRemovalReason::SellerRemoved, at(published_at))
        );
        let same = |standing| reinstate(ListingRemovalReason::SellerRemoved, "2026-03-01T12:00:00Z", standing);
        assert_eq!(with_seller.refusal(same(SellerStanding::Removed)), ("R-2.1-01", Refused::NotEligible));
        assert!(with_seller.after(same(verified)).state().for_sale(Rule("R-1.2-03")).is_ok());
        let back = removed.after(good());
        assert!(back.state().for_sale(Rule("R-1.2-03")).is_ok());
        assert_eq!(back.refusal(good()), ("R-2.2-05", Refused::AlreadyDone));
        // Removed again, by another decision: the complaint about the first one changes nothing.
        assert_eq!(back.after(remove(reason)).refusal(good()), another);
        assert_eq!(given::<Listing>().refusal(good()), ("R-2.2-05", Refused::NotFound));
    }

    #[test]
    fn r_2_2_03_what_came_down_with_its_seller_is_removed_for_what_it_is_itself_too() {
        let (with_its_seller, dangerous) = (ListingRemovalReason::SellerRemoved, ListingRemovalReason::Dangerous);
        let down = published().at("2026-02-01T12:00:00Z").after(remove(with_its_seller));
        let down = down.at("2026-02-02T12:00:00Z").after(remove(dangerous));
        let Listing::Removed(delisted) = down.state() else { panic!("it is for sale") };
        assert_eq!((delisted.reason, delisted.removed_at), (dangerous, at("2026-02-02T12:00:00Z")));
        let back_with_seller = ListingCommand::Reinstate {
            complaint: ComplaintId(Uuid::from_u128(7)),
            removed_at: at("2026-02-01T12:00:00Z"),
            reason: with_its_seller,
            seller_standing: SellerStanding::Verified,
        };
        assert_eq!(down.refusal(back_with_seller), ("R-2.2-05", Refused::NotEligible));
        assert_eq!(down.refusal(remove(dangerous)), ("R-2.2-03", Refused::AlreadyDone));
    }

    #[test]
    fn r_2_2_01_r_2_2_02_r_2_2_03_each_reason_removes_under_its_rule_once() {
        for (reason, rule) in [
            (ListingRemovalReason::Convenience, "R-2.2-01"),
            (ListingRemovalReason::BreachOfLaw, "R-2.2-02"),
            (ListingRemovalReason::BreachOfTerms, "R-2.2-02"),
            (ListingRemovalReason::BreachOfQualityCharter, "R-2.2-02"),
            (ListingRemovalReason::Prohibited, "R-2.2-03"),
            (ListingRemovalReason::Dangerous, "R-2.2-03"),
            (ListingRemovalReason::NotReconditioned, "R-2.2-03"),
            (ListingRemovalReason::SellerRemoved, "R-2.2-04"),
        ] {
            let removed = published().after(remove(reason));
            assert_eq!(removed.refusal(remove(reason)), (rule, Refused::AlreadyDone));
            let with_its_seller = remove(ListingRemovalReason::SellerRemoved);
            assert_eq!(removed.refusal(with_its_seller), ("R-2.2-04", Refused::AlreadyDone));
            assert_eq!(removed.state().for_sale(Rule("R-1.2-03")).unwrap_err().kind, Refused::NotEligible);
        }
    }
}
