//! What an event has to say, to whom, in which language: from an event and the streams that it names to letters.

use chrono::{DateTime, Utc};
use domain::Aggregate;
use domain::authority::{Authority, AuthorityEvent};
use domain::buyer::{Buyer, BuyerEvent, BuyerIdentity, BuyerStanding};
use domain::calendar::end_of_months;
use domain::complaint::{Complainant, Complaint, ComplaintEvent, ComplaintOutcome as Outcome};
use domain::event::Event;
use domain::ids::{AuthorityContactId, BuyerId, ListingId, NoticeId, OrderId, ProductId, SellerId};
use domain::invitation::InvitationEvent;
use domain::language::Language;
use domain::legal_hold::HeldData;
use domain::listing::{Listing, ListingRemovalReason};
use domain::mail::{MailKind, Recipient};
use domain::notice::{Notice, NoticeEvent, NoticeOutcome, Notifier};
use domain::order::Order;
use domain::product::Product;
use domain::review::{Review, ReviewEvent};
use domain::safety_warning::{SafetyWarningEvent, WarnedBuyer};
use domain::seller::{Seller, SellerEvent, TraderContact};
use domain::statement::{Addressee, Ground, Restriction as Restricted, StatementEvent, StatementOfReasonsIssued};
use domain::subject::SubjectEvent;
use domain::{EventKind, Refusal, Refused, Rule};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

use super::safety_warnings::bought;
use super::{Fact, first};
use crate::mail::{
    AuthorityLanguageNotice, AuthorityMessageRefused, AuthorityOrderExecuted, AuthorityOrderReceived, Basis,
    BlockLength, BuyerWarned, ComplaintDecided, ComplaintOutcome, ComplaintReceived, DangerousProduct, Hazard,
    KeptForNow, KnownAs, Letter, Link, ModeratedReview, NoticeDecided, NoticeReceived, Origin, Redress, Restriction,
    ReviewInvitation, StatementOfReasons, Territory, Trader,
};
use crate::{ApiError, Book};

/// A letter, and to whom it goes.
#[derive(Debug)]
pub struct Composed {
    /// To whom.
    pub recipient: Recipient,
    /// What it is.
    pub kind: MailKind,
    /// In which language.
    pub language: Language,
    /// The address.
    pub to: String,
    /// What it says.
    pub letter: Letter,
}

/// What composing needs.
#[derive(Clone, Copy)]
pub struct Compose<'a> {
    /// The book.
    pub book: &'a Book,
    /// The address of the platform's pages.
    pub site: &'a Link,
}

/// Somebody who can be written to.
struct Reachable {
    recipient: Recipient,
    to: String,
    language: Language,
}

/// Who wrote to the contact point.
struct Sender {
    to: String,
    language: Language,
    /// How they recognise what they ordered; nothing where it was a message.
    order: Option<KnownAs>,
    wrote_at: DateTime<Utc>,
}

impl Reachable {
    fn tell(self, kind: MailKind, letter: Letter) -> Composed {
        Composed { recipient: self.recipient, kind, language: self.language, to: self.to, letter }
    }
}

impl Compose<'_> {
    /// The letters that an event calls for; none where nobody can be reached.
    ///
    /// # Errors
    /// What the book says.
    pub async fn letters(self, fact: &Fact) -> Result<Vec<Composed>, ApiError> {
        let one = match &fact.event {
            Event::Invitation(InvitationEvent::ReviewInvited(invited)) => {
                let (order, product) = self.order_and_product(OrderId(fact.id), invited.lines.first().copied()).await?;
                let review = self.page(&format!("orders/{order}/review"))?;
                let letter = ReviewInvitation { product, order: order.to_string(), review };
                let buyer = self.buyer(invited.buyer).await?;
                buyer.map(|buyer| buyer.tell(MailKind::ReviewInvitation, Letter::ReviewInvitation(letter)))
            }
            Event::Statement(StatementEvent::StatementOfReasonsIssued(issued)) => {
                let Some(letter) = self.statement(fact.id, issued).await? else { return Ok(Vec::new()) };
                let addressee = self.addressee(issued.addressee).await?;
                addressee.map(|who| who.tell(MailKind::StatementOfReasons, Letter::StatementOfReasons(letter)))
            }
            Event::Buyer(BuyerEvent::BuyerWarned(warned)) => {
                let (criteria, explanation) = (warned.criteria.clone(), warned.explanation.clone());
                let letter = Letter::BuyerWarned(BuyerWarned { criteria, explanation });
                self.buyer(BuyerId(fact.id)).await?.map(|buyer| buyer.tell(MailKind::BuyerWarned, letter))
            }
            Event::Buyer(BuyerEvent::BuyerUnblocked(_)) => {
                let buyer = self.buyer(BuyerId(fact.id)).await?;
                buyer.map(|buyer| buyer.tell(MailKind::BuyerUnblocked, Letter::BuyerUnblocked))
            }
            Event::Complaint(event) => self.complaint(fact.id, event).await?,
            Event::Notice(event) => self.notice(fact, event).await?,
            Event::SafetyWarning(event) => return self.dangerous_product(fact.id, event).await,
            Event::Authority(event) => self.authority(fact, event).await?,
            Event::Subject(SubjectEvent::ErasureDeferred(deferred)) => self.deferred(deferred.data).await?,
            Event::Buyer(
                BuyerEvent::BuyerRegistered(_) | BuyerEvent::BuyerErasureRequested(_) | BuyerEvent::BuyerBlocked(_),
            )
            | Event::Statement(
                StatementEvent::StatementSubmitted(_)
                | StatementEvent::StatementAccepted(_)
                | StatementEvent::StatementRefused(_),
            )
            | Event::Seller(_)
            | Event::Product(_)
            | Event::Listing(_)
            | Event::Order(_)
            | Event::Review(_)
            | Event::LegalHold(_)
            | Event::Dispute(_)
            | Event::Deadline(_)
            | Event::Mail(_)
            | Event::Activity(_)
            | Event::DsaFigure(_)
            | Event::Policy(_)
            | Event::Subject(SubjectEvent::SubjectKeyDestroyed(_)) => None,
        };
        Ok(one.into_iter().collect())
    }

    fn page(self, path: &str) -> Result<Link, ApiError> {
        let site = self.site.to_string();
        format!("{}/{path}", site.trim_end_matches('/')).parse().map_err(|bad| ApiError::Usage(format!("site: {bad}")))
    }

    /// A buyer, but for one who asked to be forgotten: a legal hold may keep the address, and only keeps it.
    async fn buyer(self, id: BuyerId) -> Result<Option<Reachable>, ApiError> {
        match self.book.load::<Buyer>(id.0).await?.standing {
            BuyerStanding::Registered => self.anybody(id).await,
            BuyerStanding::Unknown | BuyerStanding::Erased => Ok(None),
        }
    }

    /// A buyer who has or had an account, while the address can be read.
    async fn anybody(self, id: BuyerId) -> Result<Option<Reachable>, ApiError> {
        let language = self.book.load::<Buyer>(id.0).await?.home.map(|(_, language)| language);
        let registered = first(self.book, &Buyer::stream(id.0)).await?;
        let identity: Option<BuyerIdentity> = match registered.map(|fact| fact.event) {
            Some(Event::Buyer(BuyerEvent::BuyerRegistered(event))) => {
                self.book.open(EventKind::BuyerRegistered, &event.identity).await?
            }
            Some(_) | None => None,
        };
        Ok(identity.zip(language).map(|(identity, language)| Reachable {
            recipient: Recipient::Buyer(id),
            to: identity.email,
            language,
        }))
    }

    /// What was asked to be forgotten is kept for now (GDPR art. 12(4)). Which authority ordered it is not said: that may be
    /// secret, and the buyer's rights are the same.
    async fn deferred(self, data: HeldData) -> Result<Option<Composed>, ApiError> {
        let (who, kept) = match data {
            HeldData::Buyer(buyer) => (self.anybody(buyer).await?, KeptForNow::Account),
            HeldData::Review(review) => {
                let submitted = first(self.book, &Review::stream(review.0)).await?;
                let Some(Event::Review(ReviewEvent::ReviewSubmitted(review))) = submitted.map(|fact| fact.event) else {
                    return Ok(None);
                };
                (self.buyer(review.buyer).await?, KeptForNow::Review { product: self.product(review.product).await? })
            }
        };
        Ok(who.map(|who| who.tell(MailKind::ErasureDeferred, Letter::ErasureDeferred(kept))))
    }

    async fn contact(self, id: SellerId) -> Result<Option<TraderContact>, ApiError> {
        let registered = first(self.book, &Seller::stream(id.0)).await?;
        Ok(match registered.map(|fact| fact.event) {
            Some(Event::Seller(SellerEvent::SellerRegistered(event))) => {
                self.book.open(EventKind::SellerRegistered, &event.contact).await?
            }
            Some(_) | None => None,
        })
    }

    async fn seller(self, id: SellerId) -> Result<Option<Reachable>, ApiError> {
        let country = self.book.load::<Seller>(id.0).await?.country;
        let language = language_of(country.as_ref().map_or("", |country| country.code()))?;
        let contact = self.contact(id).await?;
        Ok(contact.map(|contact| Reachable { recipient: Recipient::Seller(id), to: contact.email, language }))
    }

    async fn addressee(self, addressee: Addressee) -> Result<Option<Reachable>, ApiError> {
        match addressee {
            Addressee::Buyer(buyer) => self.buyer(buyer).await,
            Addressee::Seller(seller) => self.seller(seller).await,
        }
    }

    async fn notifier(self, id: NoticeId) -> Result<Option<Reachable>, ApiError> {
        let (Notice::Open(notice) | Notice::Decided(notice, _)) = self.book.load::<Notice>(id.0).await? else {
            return Ok(None);
        };
        let notifier: Option<Notifier> = match &notice.notifier {
            Some(sealed) => self.book.open(EventKind::NoticeSubmitted, sealed).await?,
            None => None,
        };
        Ok(notifier.map(|notifier| Reachable {
            recipient: Recipient::Notifier(id),
            to: notifier.email,
            language: notice.language,
        }))
    }

    async fn product(self, id: ProductId) -> Result<String, ApiError> {
        Ok(self.book.load::<Product>(id.0).await?.title)
    }

    async fn order_and_product(self, order: OrderId, line: Option<u16>) -> Result<(OrderId, String), ApiError> {
        let placed = self.book.load::<Order>(order.0).await?;
        let line = usize::from(line.unwrap_or_default());
        let product = placed.0.and_then(|placed| placed.placed.lines.get(line).map(|line| line.product));
        let title = match product {
            Some(product) => self.product(product).await?,
            None => String::new(),
        };
        Ok((order, title))
    }

    async fn statement(
        self,
        id: Uuid,
        issued: &StatementOfReasonsIssued,
    ) -> Result<Option<StatementOfReasons>, ApiError> {
        let Some(restriction) = self.restriction(issued).await? else { return Ok(None) };
        let complaint_form = self.page(&format!("complaints/new?statement={id}"))?;
        let ground = if issued.ground.is_law() {
            Basis::Law("Regulation (EU) 2022/2065, art. 3(h), and the law that the facts name".to_owned())
        } else {
            Basis::Terms(clause(&issued.ground).to_owned())
        };
        Ok(Some(StatementOfReasons {
            restriction,
            since: issued.since,
            territory: Territory::WholeService,
            facts: issued.facts.clone(),
            origin: if issued.notice.is_some() { Origin::Notice } else { Origin::OwnInitiative },
            basis: ground,
            because: issued.facts.clone(),
            redress: Redress { complaint_form, open_until: issued.contestable_until },
        }))
    }

    async fn restriction(self, issued: &StatementOfReasonsIssued) -> Result<Option<Restriction>, ApiError> {
        let (review, listing) = match issued.restriction {
            Restricted::ReviewRemoved(id) | Restricted::PhotosNotPublished(id) | Restricted::PhotosRemoved(id) => {
                let state = self.book.load::<Review>(id.0).await?;
                // Its author had it deleted meanwhile: there is nothing left to say about it.
                let Some(review) = state.known() else { return Ok(None) };
                let product = self.product(review.submitted.product).await?;
                let (order, submitted) = (review.submitted.order.to_string(), issued.content_since);
                (Some(ModeratedReview { product, order, submitted }), None)
            }
            Restricted::ListingRemoved(id) => {
                let state = self.book.load::<Listing>(id.0).await?;
                let Some(listing) = state.known() else { return Ok(None) };
                (None, Some(self.product(listing.product).await?))
            }
            Restricted::SellerRemoved(_) | Restricted::AccountSuspended(_) | Restricted::AccountTerminated => {
                (None, None)
            }
        };
        Ok(match (&issued.ground, issued.restriction, review, listing) {
            (Ground::Criteria(criteria), restricted, Some(review), None) => {
                let criteria = criteria.clone();
                match restricted {
                    Restricted::PhotosNotPublished(_) => Some(Restriction::PhotosNotPublished { review, criteria }),
                    Restricted::PhotosRemoved(_) => Some(Restriction::PhotosRemoved { review, criteria }),
                    Restricted::ReviewRemoved(_)
                    | Restricted::ListingRemoved(_)
                    | Restricted::SellerRemoved(_)
                    | Restricted::AccountSuspended(_)
                    | Restricted::AccountTerminated => Some(Restriction::ReviewRemoved { review, criteria }),
                }
            }
            (Ground::Criteria(criteria), Restricted::AccountSuspended(until), None, None) => {
                Some(Restriction::BuyerBlocked { length: BlockLength::Until(until), criteria: criteria.clone() })
            }
            (Ground::Criteria(criteria), _, None, None) => {
                Some(Restriction::BuyerBlocked { length: BlockLength::ForGood, criteria: criteria.clone() })
            }
            (Ground::Listing(reason), _, None, Some(product)) => {
                Some(Restriction::ListingRemoved { product, reason: *reason })
            }
            (Ground::Seller(reason), _, _, _) => Some(Restriction::SellerRemoved { reason: *reason }),
            (Ground::Criteria(_) | Ground::Listing(_), _, _, _) => None,
        })
    }

    async fn complaint(self, id: Uuid, event: &ComplaintEvent) -> Result<Option<Composed>, ApiError> {
        let (Complaint::Open(lodged) | Complaint::Decided(lodged)) = self.book.load::<Complaint>(id).await? else {
            return Ok(None);
        };
        let who = match lodged.complainant {
            Complainant::Restricted(addressee) => self.addressee(addressee).await?,
            Complainant::Notifier(notice) => self.notifier(notice).await?,
        };
        let complaint = id.to_string();
        let (kind, letter) = match event {
            ComplaintEvent::ComplaintLodged(_) => {
                (MailKind::ComplaintReceived, Letter::ComplaintReceived(ComplaintReceived { complaint }))
            }
            ComplaintEvent::ComplaintDecided(decided) => {
                let outcome = match decided.outcome {
                    Outcome::Upheld => ComplaintOutcome::Upheld,
                    Outcome::PartiallyReversed => ComplaintOutcome::PartiallyReversed,
                    Outcome::Reversed => ComplaintOutcome::Reversed,
                };
                let letter = ComplaintDecided { complaint, outcome, reasons: decided.explanation.clone() };
                (MailKind::ComplaintDecided, Letter::ComplaintDecided(letter))
            }
        };
        Ok(who.map(|who| who.tell(kind, letter)))
    }

    async fn notice(self, fact: &Fact, event: &NoticeEvent) -> Result<Option<Composed>, ApiError> {
        let notice = fact.id.to_string();
        let (kind, letter) = match event {
            NoticeEvent::NoticeSubmitted(_) => {
                (MailKind::NoticeReceived, Letter::NoticeReceived(NoticeReceived { notice }))
            }
            NoticeEvent::NoticeDecided(decided) => {
                let months = self.book.policies().await?.complaint_months;
                let complaint_form = self.page(&format!("complaints/new?notice={notice}"))?;
                let letter = NoticeDecided {
                    notice,
                    action_taken: decided.outcome != NoticeOutcome::NoAction,
                    reasons: decided.explanation.clone(),
                    redress: Redress { complaint_form, open_until: end_of_months(fact.at, months) },
                };
                (MailKind::NoticeDecided, Letter::NoticeDecided(letter))
            }
        };
        Ok(self.notifier(NoticeId(fact.id)).await?.map(|who| who.tell(kind, letter)))
    }

    async fn dangerous_product(self, listing: Uuid, event: &SafetyWarningEvent) -> Result<Vec<Composed>, ApiError> {
        let SafetyWarningEvent::BuyersWarned(warned) = event;
        let Some(contact) = self.contact(warned.seller).await? else { return Ok(Vec::new()) };
        let product = self.product(warned.product).await?;
        let hazard = if warned.reason == ListingRemovalReason::Dangerous { Hazard::Dangerous } else { Hazard::Illegal };
        let not_recorded = warned.buyers.iter().any(|warned| warned.order.is_none());
        let searched: HashMap<BuyerId, OrderId> = if not_recorded {
            let purchases = bought(Arc::clone(self.book.log()), ListingId(listing), warned.aware_at).await?;
            purchases.into_iter().map(|(order, buyer)| (buyer, order)).collect()
        } else {
            HashMap::new()
        };
        let mut letters = Vec::new();
        for WarnedBuyer { buyer, order } in &warned.buyers {
            let order = order.or_else(|| searched.get(buyer).copied());
            let (Some(reachable), Some(order)) = (self.buyer(*buyer).await?, order) else { continue };
            let letter = DangerousProduct {
                product: product.clone(),
                order: order.to_string(),
                hazard,
                why: warned.explanation.clone(),
                trader: Trader {
                    name: contact.name.clone(),
                    address: contact.address.clone(),
                    email: contact.email.clone(),
                },
                help: self.page(&format!("orders/{order}/help"))?,
            };
            letters.push(reachable.tell(MailKind::DangerousProduct, Letter::DangerousProduct(letter)));
        }
        Ok(letters)
    }

    async fn authority(self, fact: &Fact, event: &AuthorityEvent) -> Result<Option<Composed>, ApiError> {
        let contact = AuthorityContactId(fact.id);
        let Some(Sender { to, language, order: known_as, wrote_at }) = self.sender(contact).await? else {
            return Ok(None);
        };
        let order = fact.id.to_string();
        let (kind, letter) = match (event, known_as) {
            (AuthorityEvent::AuthorityMessageRefused(_), _) => {
                let letter = AuthorityMessageRefused { contact_form: self.page("contact")? };
                (MailKind::AuthorityMessageRefused, Letter::AuthorityMessageRefused(letter))
            }
            (AuthorityEvent::AuthorityLanguageNotice(_), known_as) => {
                let order = known_as.is_some().then_some(order);
                let letter = AuthorityLanguageNotice { order };
                (MailKind::AuthorityLanguageNotice, Letter::AuthorityLanguageNotice(letter))
            }
            (AuthorityEvent::AuthorityOrderReceived(_), Some(known_as)) => {
                let letter = AuthorityOrderReceived { order, known_as, received: wrote_at };
                (MailKind::AuthorityOrderReceived, Letter::AuthorityOrderReceived(letter))
            }
            (AuthorityEvent::AuthorityOrderExecuted(executed), Some(known_as)) => {
                let (effect, explanation) = (executed.effect, executed.explanation.clone());
                let executed = executed.effective_at;
                let letter = AuthorityOrderExecuted { order, known_as, effect, executed, explanation };
                (MailKind::AuthorityOrderExecuted, Letter::AuthorityOrderExecuted(letter))
            }
            (AuthorityEvent::AuthorityMessageReceived(_), _)
            | (AuthorityEvent::AuthorityOrderReceived(_) | AuthorityEvent::AuthorityOrderExecuted(_), None) => {
                return Ok(None);
            }
        };
        let recipient = Recipient::Authority(contact);
        Ok(Some(Composed { recipient, kind, language, to, letter }))
    }

    async fn sender(self, contact: AuthorityContactId) -> Result<Option<Sender>, ApiError> {
        let Some(fact) = first(self.book, &Authority::stream(contact.0)).await? else { return Ok(None) };
        let Event::Authority(event) = fact.event else { return Ok(None) };
        let (to, language, order) = match event {
            AuthorityEvent::AuthorityMessageReceived(event) => {
                let letter = self.book.open(EventKind::AuthorityMessageReceived, &event.letter).await?;
                (letter.map(|letter| letter.email), event.language, None)
            }
            AuthorityEvent::AuthorityMessageRefused(event) => {
                let letter = self.book.open(EventKind::AuthorityMessageRefused, &event.letter).await?;
                (letter.map(|letter| letter.email), event.language, None)
            }
            AuthorityEvent::AuthorityOrderReceived(event) => {
                let to = self.book.open(EventKind::AuthorityOrderReceived, &event.answer_to).await?;
                let known_as = event.reference.map_or(KnownAs::LegalBasis(event.legal_basis), KnownAs::Reference);
                (to, event.language, Some(known_as))
            }
            AuthorityEvent::AuthorityLanguageNotice(_) | AuthorityEvent::AuthorityOrderExecuted(_) => return Ok(None),
        };
        Ok(to.map(|to| Sender { to, language, order, wrote_at: fact.at }))
    }
}

/// The clause of the platform's terms on which a restriction rests.
const fn clause(ground: &Ground) -> &'static str {
    match ground {
        Ground::Criteria(_) => "3.4",
        Ground::Listing(_) | Ground::Seller(_) => "2.2",
    }
}

/// The language in which a trader of a country is written to.
fn language_of(country: &str) -> Result<Language, ApiError> {
    let code = match country {
        "FR" | "LU" | "MC" => "fr",
        "NL" | "BE" => "nl",
        "DE" | "AT" => "de",
        _ => "en",
    };
    let wrong = |_| Refusal::new(Rule("R-0-01"), Refused::Invalid, "language", "a language is two small letters");
    Ok(code.parse().map_err(wrong)?)
}
