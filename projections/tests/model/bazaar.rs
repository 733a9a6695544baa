//! A small marketplace in which acts are carried out by the domain's own commands: three products, sellers and buyers.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::activity::{ActivityCommand, Visit};
use domain::calendar::Month;
use domain::ids::{BuyerId, CommandId, HelpRequestId, ListingId, OrderId, PhotoId, ProductId, RecipientId};
use domain::ids::{ReviewId, SellerId};
use domain::listing::{Condition, ItemState, ListingCommand, ListingPublished, ListingRemovalReason};
use domain::metadata::Actor;
use domain::money::{Currency, Money};
use domain::order::{HelpTopic, OrderCommand, Party, RequestedLine, quote};
use domain::policy::{Policies, PolicyCommand, QualityWeights, RetentionReading};
use domain::product::ProductCommand;
use domain::recording::Cause;
use domain::review::{Aspect, Criterion, Licence, Opinion, PhotoContent, ReviewCommand};
use domain::seller::{SellerCommand, SellerRemovalReason, SellerTermsAccepted, TraderContact};
use event_log::Position;
use fixtures::{Marketplace, Occasion};
use projections::Happened;
use uuid::Uuid;

use crate::acts::{Act, Deed, Gap};

/// The products' ids, with category and subcategory.
pub(crate) const PRODUCTS: [(ProductId, &str, &str); 3] = [
    (ProductId(Uuid::from_u128(0x11)), "smartphones", "iphone"),
    (ProductId(Uuid::from_u128(0x12)), "smartphones", "iphone"),
    (ProductId(Uuid::from_u128(0x13)), "smartphones", "pixel"),
];
pub(crate) const SELLERS: [SellerId; 3] =
    [SellerId(Uuid::from_u128(0x21)), SellerId(Uuid::from_u128(0x22)), SellerId(Uuid::from_u128(0x23))];
pub(crate) const BUYERS: [BuyerId; 3] =
    [BuyerId(Uuid::from_u128(0x31)), BuyerId(Uuid::from_u128(0x32)), BuyerId(Uuid::from_u128(0x33))];

const WORDS: [&str; 4] = ["fine", "works well, looks new", "a good battery, and the screen shows no scratch", "ok"];

/// What happens when acts are carried out, in order.
pub(crate) fn history(acts: &[Act]) -> Vec<Happened> {
    let mut bazaar = Bazaar::open();
    for act in acts {
        bazaar.at = bazaar.moment(act.gap);
        bazaar.past.push(bazaar.at);
        // What is refused has not happened.
        let _ = bazaar.carry_out(&act.deed);
    }
    let steps = bazaar.market.into_history();
    let events = steps.into_iter().flat_map(|step| {
        let id = step.stream.split_once('-').and_then(|(_, id)| Uuid::parse_str(id).ok()).unwrap_or_default();
        step.events.into_iter().map(move |event| (step.occurred_at, id, event))
    });
    (0..)
        .zip(events)
        .map(|(position, (at, id, event))| Happened { position: Position(position), at, id, event })
        .collect()
}

struct Bazaar {
    market: Marketplace,
    at: DateTime<Utc>,
    past: Vec<DateTime<Utc>>,
    made: u128,
    listings: Vec<ListingId>,
    orders: Vec<OrderId>,
    reviews: Vec<(ReviewId, OrderId, ProductId)>,
    requests: Vec<(HelpRequestId, OrderId)>,
    on_sale: BTreeMap<ProductId, HashSet<ListingId>>,
    off_sale_since: BTreeMap<ProductId, DateTime<Utc>>,
}

type Done = Result<(), Box<dyn std::error::Error>>;

fn pick<T: Copy>(all: &[T], number: u8) -> Result<T, &'static str> {
    all.get(usize::from(number) % all.len().max(1)).copied().ok_or("there is none yet")
}

fn euros(tens: u8) -> Money {
    Money::new(i64::from(tens) * 1_000, Currency::EUR)
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
            on_sale: BTreeMap::new(),
            off_sale_since: BTreeMap::new(),
        };
        bazaar.past.push(bazaar.at);
        for (product, category, subcategory) in PRODUCTS {
            let catalogue = ProductCommand::Catalogue {
                title: format!("{subcategory} {product}"),
                brand: "brand".into(),
                category: category.into(),
                subcategory: subcategory.into(),
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
        bazaar
    }

    fn next(&mut self) -> Uuid {
        self.made += 1;
        Uuid::from_u128(self.made << 8)
    }

    fn occasion(&mut self) -> Occasion {
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

    #[allow(clippy::too_many_lines, reason = "one arm a deed, nothing else")]
    fn carry_out(&mut self, deed: &Deed) -> Done {
        let occasion = self.occasion();
        match deed {
            Deed::Publish { product, seller, premium, price } => {
                let (id, product, seller) =
                    (ListingId(self.next()), pick(&PRODUCTS, *product)?.0, pick(&SELLERS, *seller)?);
                let listing = ListingPublished {
                    product,
                    seller,
                    condition: if *premium { Condition::Premium } else { Condition::Good },
                    price: euros(*price),
                    delivery_cost: euros(0),
                    delivery_days: 3,
                    warranty_months: 12,
                };
                let publish = ListingCommand::Publish {
                    item: ItemState::Refurbished,
                    listing,
                    seller_standing: self.market.seller_standing(seller),
                    category: self.market.category_of(product),
                };
                self.market.listing(id, publish, occasion)?;
                self.listings.push(id);
                self.on_sale.entry(product).or_default().insert(id);
                self.off_sale_since.remove(&product);
            }
            Deed::ChangePrice { listing, price } => {
                let id = pick(&self.listings, *listing)?;
                let state = self.market.listing_state(id);
                let seller = state.for_sale(domain::Rule("R-1.2-02"))?.seller;
                let change = ListingCommand::ChangePrice { seller, price: euros(*price), delivery_cost: euros(1) };
                self.market.listing(id, change, occasion)?;
            }
            Deed::RemoveListing { listing } => {
                let id = pick(&self.listings, *listing)?;
                let product = self.market.listing_state(id).for_sale(domain::Rule("R-2.2-01"))?.product;
                let (reason, explanation) = (ListingRemovalReason::Convenience, "no longer wanted".into());
                self.market.listing(id, ListingCommand::Remove { seller: None, reason, explanation }, occasion)?;
                let left = self.on_sale.entry(product).or_default();
                left.remove(&id);
                if left.is_empty() {
                    self.off_sale_since.insert(product, self.at);
                }
            }
            Deed::RemoveSeller { seller } => {
                let remove =
                    SellerCommand::Remove { reason: SellerRemovalReason::Convenience, explanation: "closed".into() };
                self.market.seller(pick(&SELLERS, *seller)?, remove, occasion)?;
            }
            Deed::Place { buyer, lines, state, promise_days, insured } => {
                let id = OrderId(self.next());
                let line = |(listing, quantity): &(u8, u8)| {
                    let listing_id = pick(&self.listings, *listing)?;
                    let listing = self.market.listing_state(listing_id);
                    Ok(RequestedLine { listing_id, listing, quantity: u32::from(*quantity) })
                };
                let lines = lines.iter().map(line).collect::<Result<Vec<_>, &'static str>>()?;
                let place = OrderCommand::Place {
                    buyer: pick(&BUYERS, *buyer)?,
                    quoted_service_fee: quote(&lines, *insured, self.market.policies())?.service_fee,
                    lines,
                    insured: *insured,
                    country_of_purchase: "FR".parse()?,
                    member_state: *state,
                    promised_until: Some(self.at + TimeDelta::days(i64::from(*promise_days))),
                };
                self.market.order(id, place, occasion)?;
                self.orders.push(id);
            }
            Deed::Confirm { order } => self.order(*order, OrderCommand::Confirm(Party::Platform), occasion)?,
            Deed::Ship { order } => self.order(*order, OrderCommand::Ship(Party::Platform), occasion)?,
            Deed::Deliver { order } => self.order(*order, OrderCommand::ConfirmDelivery(Party::Platform), occasion)?,
            Deed::Cancel { order } => self.order(*order, OrderCommand::Cancel(Party::Platform), occasion)?,
            Deed::Issue { order, line, kind } => {
                let party = Party::Buyer(self.buyer(pick(&self.orders, *order)?)?);
                let report = OrderCommand::ReportIssue { party, line: u16::from(*line) % 2, kind: *kind };
                self.order(*order, report, occasion)?;
            }
            Deed::AskHelp { order } => {
                let id = pick(&self.orders, *order)?;
                let (party, request) = (Party::Buyer(self.buyer(id)?), HelpRequestId(self.next()));
                let ask = OrderCommand::RequestHelp {
                    party,
                    request,
                    topic: HelpTopic::Delivery,
                    message: "where is it?".into(),
                };
                self.order(*order, ask, occasion)?;
                self.requests.push((request, id));
            }
            Deed::ResolveHelp { request } => {
                let (request, order) = pick(&self.requests, *request)?;
                let resolve = OrderCommand::ResolveHelp { party: Party::Platform, request, outcome: "told".into() };
                self.market.order(order, resolve, occasion)?;
            }
            Deed::Review { order, line, score, words, aspects } => {
                let order_id = pick(&self.orders, *order)?;
                let (order, line) = (self.market.order_state(order_id), u16::from(*line) % 2);
                let placed = &order.0.as_ref().ok_or("not placed")?.placed;
                let (buyer, id) = (placed.buyer, ReviewId::of_line(order_id, line));
                let product = placed.lines.get(usize::from(line)).ok_or("no such line")?.product;
                let submit = ReviewCommand::Submit {
                    review: id,
                    buyer,
                    order_id,
                    order: Box::new(order),
                    line,
                    category: self.market.category_of(product),
                    opinion: opinion(*score, *words, *aspects),
                    licence: Licence { terms_version: "1".into(), author: true },
                };
                self.market.review(id, submit, occasion)?;
                self.reviews.push((id, order_id, product));
            }
            Deed::Edit { review, score, words, aspects } => {
                let (id, order, product) = pick(&self.reviews, *review)?;
                let edit = ReviewCommand::Edit {
                    review: id,
                    buyer: self.buyer(order)?,
                    order: Box::new(self.market.order_state(order)),
                    category: self.market.category_of(product),
                    opinion: opinion(*score, *words, *aspects),
                };
                self.market.review(id, edit, occasion)?;
            }
            Deed::Withdraw { review } => {
                let (id, order, _) = pick(&self.reviews, *review)?;
                let withdraw = ReviewCommand::Withdraw { buyer: self.buyer(order)? };
                self.market.review(id, withdraw, occasion)?;
            }
            Deed::SendPhotos { review, many } => {
                let (id, order, _) = pick(&self.reviews, *review)?;
                let send = ReviewCommand::SubmitPhotos {
                    review: id,
                    buyer: self.buyer(order)?,
                    order: Box::new(self.market.order_state(order)),
                    photos: (0..*many).map(|_| self.photo()).collect(),
                };
                self.market.review(id, send, occasion)?;
            }
            Deed::Approve { review } => {
                self.market.review(pick(&self.reviews, *review)?.0, ReviewCommand::ApprovePhotos, occasion)?;
            }
            Deed::Reject { review } => {
                let (criteria, explanation) = (vec![Criterion::PersonalData], "a face".into());
                let reject = ReviewCommand::RejectPhotos { criteria, explanation };
                self.market.review(pick(&self.reviews, *review)?.0, reject, occasion)?;
            }
            Deed::EndRetention { review } => {
                let (id, _, product) = pick(&self.reviews, *review)?;
                let off_sale_since = self.off_sale_since.get(&product).copied();
                self.market.review(id, ReviewCommand::EndRetention { off_sale_since }, occasion)?;
            }
            Deed::Adopt { window_days, best_sellers, minimum, weights, years, earlier_of } => {
                let [aesthetic_defect, wrong_product, defective_product, wrong_accessories, late_delivery] = *weights;
                let policies = Policies {
                    quality_window_days: *window_days,
                    best_sellers: *best_sellers,
                    best_seller_minimum_orders: *minimum,
                    quality_weights: QualityWeights {
                        aesthetic_defect,
                        wrong_product,
                        defective_product,
                        wrong_accessories,
                        late_delivery,
                    },
                    review_retention_years: *years,
                    review_retention_reading: if *earlier_of {
                        RetentionReading::EarlierOf
                    } else {
                        RetentionReading::LaterOf
                    },
                    ..Policies::default()
                };
                self.market.policy(PolicyCommand::Adopt(Box::new(policies)), occasion)?;
            }
            Deed::Visits { last_month, state, role, visits } => {
                let month = Month::of(if *last_month { self.at - TimeDelta::days(30) } else { self.at });
                // The first three visitors are the buyers, so that an order and a visit may be of the same recipient.
                let visit = |(number, kind): &(u8, _)| Visit {
                    recipient: RecipientId(Uuid::from_u128(0x31 + u128::from(*number))),
                    kind: *kind,
                };
                let visits = visits.iter().map(visit).collect();
                let record = ActivityCommand::RecordVisits { month, member_state: *state, role: *role, visits };
                self.market.activity(month, record, occasion)?;
            }
        }
        Ok(())
    }

    fn order(&mut self, order: u8, command: OrderCommand, occasion: Occasion) -> Done {
        Ok(self.market.order(pick(&self.orders, order)?, command, occasion)?)
    }

    fn buyer(&self, order: OrderId) -> Result<BuyerId, &'static str> {
        self.market.order_state(order).0.map(|order| order.placed.buyer).ok_or("not placed")
    }

    fn photo(&mut self) -> PhotoContent {
        PhotoContent { photo: PhotoId(self.next()), sha256: "0".repeat(64), media_type: "image/jpeg".into() }
    }
}

fn opinion(score: u8, words: u8, aspects: u8) -> Opinion {
    let scored = [Aspect::Delivery, Aspect::ValueForMoney].into_iter().take(usize::from(aspects));
    Opinion {
        score,
        text: WORDS[usize::from(words) % WORDS.len()].into(),
        language: "en".parse().unwrap(),
        aspects: scored.map(|aspect| (aspect, score)).collect(),
    }
}

fn contact() -> TraderContact {
    TraderContact {
        name: "N".into(),
        address: "A".into(),
        phone: "1".into(),
        email: "a@b.eu".into(),
        identification: "I".into(),
        payment_account: "P".into(),
    }
}
