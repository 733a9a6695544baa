//! A small marketplace in which acts are carried out by the domain's own commands: three products, sellers and buyers.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::Event;
use domain::buyer::{BuyerCommand, BuyerIdentity};
use domain::ids::{BuyerId, CommandId, HelpRequestId, ListingId, OrderId, ProductId, ReviewId, SellerId};
use domain::metadata::Actor;
use domain::product::ProductCommand;
use domain::recording::Cause;
use domain::seller::{SellerCommand, SellerTermsAccepted, TraderContact};
use event_log::Position;
use fixtures::{Marketplace, Occasion};
use projections::Happened;
use uuid::Uuid;

use crate::acts::{Act, Gap};
use crate::rulings::Docket;

/// The products' ids, with category and subcategory.
pub(crate) const PRODUCTS: [(ProductId, &str, &str); 3] = [
    (ProductId(Uuid::from_u128(0x11)), "smartphones", "iphone"),
    (ProductId(Uuid::from_u128(0x12)), "smartphones", "iphone"),
    (ProductId(Uuid::from_u128(0x13)), "smartphones", "pixel"),
];
/// Who buyers and traders are: name, e-mail address, postal address, telephone, identification, payment account.
pub(crate) const WHO: [&str; 6] =
    ["Noor Nachtegaal", "noor@nachtegaal.eu", "Zijlweg 12", "+31 6 12 34 56 78", "passport 4711", "NL91ABNA0417164300"];
pub(crate) const SELLERS: [SellerId; 3] =
    [SellerId(Uuid::from_u128(0x21)), SellerId(Uuid::from_u128(0x22)), SellerId(Uuid::from_u128(0x23))];
pub(crate) const BUYERS: [BuyerId; 3] =
    [BuyerId(Uuid::from_u128(0x31)), BuyerId(Uuid::from_u128(0x32)), BuyerId(Uuid::from_u128(0x33))];

/// What happens when acts are carried out, in order.
pub(crate) fn history(acts: &[Act]) -> Vec<Happened> {
    let mut bazaar = Bazaar::open();
    for act in acts {
        bazaar.at = bazaar.moment(act.gap);
        bazaar.past.push(bazaar.at);
        // What is refused has not happened.
        let _ = bazaar.carry_out(&act.deed);
        bazaar.state_reasons();
    }
    let steps = bazaar.market.into_history();
    let events = steps.into_iter().flat_map(|step| {
        let id = step.stream.split_once('-').and_then(|(_, id)| Uuid::parse_str(id).ok()).unwrap_or_default();
        step.events.into_iter().map(move |event| (step.occurred_at, id, recorded(event)))
    });
    (0..)
        .zip(events)
        .map(|(position, (at, id, event))| Happened { position: Position(position), at, id, event })
        .collect()
}

/// An event as it is recorded: its personal data is closed. What closes it here is of no account, for no view opens it.
fn recorded(mut event: Event) -> Event {
    event.seal(|_, _, plain| Ok::<_, serde_json::Error>(plain.to_vec())).unwrap();
    event
}

/// The marketplace, and what a deed may be about.
pub(crate) struct Bazaar {
    pub(crate) market: Marketplace,
    pub(crate) at: DateTime<Utc>,
    past: Vec<DateTime<Utc>>,
    made: u128,
    pub(crate) listings: Vec<ListingId>,
    pub(crate) orders: Vec<OrderId>,
    pub(crate) reviews: Vec<(ReviewId, OrderId, ProductId)>,
    pub(crate) requests: Vec<(HelpRequestId, OrderId)>,
    pub(crate) docket: Docket,
    pub(crate) on_sale: BTreeMap<ProductId, HashSet<ListingId>>,
    pub(crate) off_sale_since: BTreeMap<ProductId, DateTime<Utc>>,
}

impl Bazaar {
    fn open() -> Self {
        let mut bazaar = Self {
            market: Marketplace::new(),
            at: "2025-11-20T08:00:00Z".parse().unwrap(),
            past: Vec::new(),
            made: 0,
            listings: Vec::new(),
            orders: Vec::new(),
            reviews: Vec::new(),
            requests: Vec::new(),
            docket: Docket::default(),
            on_sale: BTreeMap::new(),
            off_sale_since: BTreeMap::new(),
        };
        bazaar.past.push(bazaar.at);
        for ((product, category, subcategory), ean) in PRODUCTS.into_iter().zip(["4006381333931", "5901234123457", ""])
        {
            let catalogue = ProductCommand::Catalogue {
                title: format!("{subcategory} {product}"),
                brand: "brand".into(),
                category: category.into(),
                subcategory: subcategory.into(),
                ean: ean.parse().ok(),
            };
            let occasion = bazaar.occasion();
            bazaar.market.product(product, catalogue, occasion).unwrap();
        }
        for seller in SELLERS {
            let register = SellerCommand::Register {
                seller,
                shop_name: "shop".into(),
                country: "FR".parse().unwrap(),
                trade_register_number: "RCS 1".into(),
                self_certified: true,
                contact: Box::new(contact()),
                terms: SellerTermsAccepted { terms_version: "1".into(), quality_charter_version: "1".into() },
            };
            let occasion = bazaar.occasion();
            bazaar.market.seller(seller, register, occasion).unwrap();
            let occasion = bazaar.occasion();
            bazaar.market.seller(seller, SellerCommand::Verify { checked_against: "RCS".into() }, occasion).unwrap();
        }
        for (buyer, country) in BUYERS.into_iter().zip(["FR", "NL", "BR"]) {
            let register = BuyerCommand::Register {
                buyer,
                identity: BuyerIdentity { name: WHO[0].into(), email: WHO[1].into(), address: WHO[2].into() },
                country: country.parse().unwrap(),
                language: "en".parse().unwrap(),
            };
            let occasion = bazaar.occasion();
            bazaar.market.buyer(buyer, register, occasion).unwrap();
        }
        bazaar
    }

    /// A new id.
    pub(crate) fn next(&mut self) -> Uuid {
        self.made += 1;
        Uuid::from_u128(self.made << 8)
    }

    pub(crate) fn occasion(&mut self) -> Occasion {
        Occasion { at: self.at, cause: Cause::new(CommandId(self.next()), Actor::system("bazaar")) }
    }

    fn moment(&self, gap: Gap) -> DateTime<Utc> {
        match gap {
            Gap::Nothing => self.at,
            Gap::Hours(hours) => self.at + TimeDelta::hours(i64::from(hours)),
            Gap::Days(days) => self.at + TimeDelta::days(i64::from(days)),
            Gap::Edge { earlier, days, micros } => {
                let earlier = self.past[usize::from(earlier) % self.past.len()];
                self.at.max(earlier + TimeDelta::days(days) + TimeDelta::microseconds(micros))
            }
        }
    }
}

fn contact() -> TraderContact {
    TraderContact {
        name: WHO[0].into(),
        address: WHO[2].into(),
        phone: WHO[3].into(),
        email: WHO[1].into(),
        identification: WHO[4].into(),
        payment_account: WHO[5].into(),
    }
}
