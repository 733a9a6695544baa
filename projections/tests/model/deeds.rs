//! Deeds as the domain's commands, with the facts that each command needs.

use chrono::TimeDelta;
use domain::activity::{ActivityCommand, Visit};
use domain::buyer::Buyer;
use domain::calendar::Month;
use domain::criterion::Criterion;
use domain::ids::{BuyerId, ComplaintId, HelpRequestId, ListingId, OrderId, PhotoId, ReviewId, StaffId};
use domain::legal_hold::HeldData;
use domain::listing::{
    Condition, Delisted, ItemState, Listing, ListingCommand, ListingPublished, ListingRemovalReason,
};
use domain::money::{Currency, Money};
use domain::order::{HelpTopic, OrderCommand, Party, RequestedLine, quote};
use domain::policy::{Policies, PolicyCommand, QualityWeights, RetentionReading};
use domain::pseudonym::Pseudonym;
use domain::review::{Aspect, Judgement, Licence, Opinion, PhotoContent, ReviewCommand};
use domain::seller::{SellerCommand, SellerStanding};
use fixtures::Occasion;
use uuid::Uuid;

use crate::acts::Deed;
use crate::bazaar::{BUYERS, Bazaar, PRODUCTS, SELLERS};

const WORDS: [&str; 4] = ["fine", "works well, looks new", "a good battery, and the screen shows no scratch", "ok"];

/// What became of a deed.
pub(crate) type Done = Result<(), Box<dyn std::error::Error>>;

/// One of these, by a number.
pub(crate) fn pick<T: Copy>(all: &[T], number: u8) -> Result<T, &'static str> {
    all.get(usize::from(number) % all.len().max(1)).copied().ok_or("there is none yet")
}

/// One of the newest of these, by a number: what comes in steps is taken further before it is too late for it.
pub(crate) fn recent<T: Copy>(all: &[T], number: u8) -> Result<T, &'static str> {
    pick(&all[all.len().saturating_sub(3)..], number)
}

fn euros(tens: u8) -> Money {
    Money::new(i64::from(tens) * 1_000, Currency::EUR)
}

impl Bazaar {
    /// Carries a deed out; what is refused has not happened.
    #[allow(clippy::too_many_lines, reason = "one arm a deed, nothing else")]
    pub(crate) fn carry_out(&mut self, deed: &Deed) -> Done {
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
            Deed::RemoveListing { listing, reason } => {
                let id = pick(&self.listings, *listing)?;
                let state = self.market.listing_state(id);
                // Also what came down with its seller.
                let listing = state.known().ok_or("it was never published")?;
                let (product, standing) = (listing.product, self.market.seller_standing(listing.seller));
                if *reason == ListingRemovalReason::SellerRemoved && standing != SellerStanding::Removed {
                    return Err("its seller is not removed".into());
                }
                let (reason, explanation) = (*reason, "no longer wanted".into());
                self.market.listing(
                    id,
                    ListingCommand::Remove {
                        seller: None,
                        reason,
                        explanation,
                        shop_name: None,
                        notice: None,
                        decided_by: Some(staff()),
                    },
                    occasion,
                )?;
                let left = self.on_sale.entry(product).or_default();
                if left.remove(&id) && left.is_empty() {
                    self.off_sale_since.insert(product, self.at);
                }
            }
            Deed::ReinstateListing { listing } => {
                let id = pick(&self.listings, *listing)?;
                let Listing::Removed(delisted) = self.market.listing_state(id) else {
                    return Err("it is not removed".into());
                };
                let Delisted { last, removed_at, reason } = *delisted;
                let reinstate = ListingCommand::Reinstate {
                    complaint: ComplaintId(self.next()),
                    removed_at,
                    reason,
                    seller_standing: self.market.seller_standing(last.listing.seller),
                };
                self.market.listing(id, reinstate, occasion)?;
                let product = last.listing.product;
                let on_sale = self.on_sale.entry(product).or_default();
                if matches!(self.market.listing_state(id), Listing::ForSale(_)) {
                    on_sale.insert(id);
                    self.off_sale_since.remove(&product);
                } else if on_sale.is_empty() {
                    self.off_sale_since.insert(product, self.at);
                }
            }
            Deed::RemoveSeller { seller, reason } => {
                let remove =
                    SellerCommand::Remove { reason: *reason, explanation: "closed".into(), decided_by: staff() };
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
                    account: Buyer::default(),
                    quoted_service_fee: quote(&lines, *insured, self.market.policies())?.service_fee,
                    lines,
                    insured: *insured,
                    country_of_purchase: "FR".parse()?,
                    member_state: *state,
                    recipient: None,
                    promised_until: Some(self.at + TimeDelta::days(i64::from(*promise_days))),
                };
                self.market.order(id, place, occasion)?;
                self.orders.push(id);
            }
            Deed::Confirm { order } => self.order(
                *order,
                OrderCommand::Confirm { party: Party::Platform, payment: Some("psp".into()) },
                occasion,
            )?,
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
                    author: Buyer::default(),
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
                    author: Buyer::default(),
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
                let (id, order, _) = recent(&self.reviews, *review)?;
                let send = ReviewCommand::SubmitPhotos {
                    review: id,
                    buyer: self.buyer(order)?,
                    author: Buyer::default(),
                    order: Box::new(self.market.order_state(order)),
                    photos: (0..*many).map(|_| self.photo()).collect(),
                };
                self.market.review(id, send, occasion)?;
                self.begin_photo_clock(id);
            }
            Deed::Approve { review } => {
                self.market.review(
                    recent(&self.reviews, *review)?.0,
                    ReviewCommand::ApprovePhotos { decided_by: staff() },
                    occasion,
                )?;
            }
            Deed::Reject { review } => {
                let (criteria, explanation) = (vec![Criterion::PersonalData], "a face".into());
                let reject = ReviewCommand::RejectPhotos(Judgement { criteria, explanation, decided_by: staff() });
                self.market.review(recent(&self.reviews, *review)?.0, reject, occasion)?;
            }
            Deed::EndRetention { review } => {
                let (id, _, product) = pick(&self.reviews, *review)?;
                let off_sale_since = self.off_sale_since.get(&product).copied();
                let held_by = self.holds_on(HeldData::Review(id)).first().copied();
                self.market.review(id, ReviewCommand::EndRetention { off_sale_since, held_by }, occasion)?;
            }
            Deed::Adopt { window_days, best_sellers, minimum, weights, years, earlier_of, photo_days } => {
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
                    photo_decision_working_days: *photo_days,
                    ..Policies::default()
                };
                self.market.policy(PolicyCommand::Adopt(Box::new(policies)), occasion)?;
            }
            Deed::Visits { last_month, visits } => {
                let month = Month::of(if *last_month { self.at - TimeDelta::days(30) } else { self.at });
                // The first three visitors are the buyers, so that an order and a visit may be of the same recipient.
                let visit = |(number, member_state, role, user_agent, exposure): &(u8, _, _, _, _)| Visit {
                    recipient: Pseudonym::of_id(Uuid::from_u128(0x31 + u128::from(*number))),
                    member_state: *member_state,
                    role: *role,
                    user_agent: *user_agent,
                    exposure: *exposure,
                };
                let record = ActivityCommand::RecordVisits { month, visits: visits.iter().map(visit).collect() };
                self.market.activity(month, record, occasion)?;
            }
            Deed::Ruling(ruling) => self.rule(ruling)?,
        }
        Ok(())
    }

    fn order(&mut self, order: u8, command: OrderCommand, occasion: Occasion) -> Done {
        Ok(self.market.order(pick(&self.orders, order)?, command, occasion)?)
    }

    pub(crate) fn buyer(&self, order: OrderId) -> Result<BuyerId, &'static str> {
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

/// Who decides in the first place.
pub(crate) fn staff() -> StaffId {
    StaffId("staff".into())
}
