//! Sellers: professional traders (R-1.1-01), who open an account, accept the terms and the quality charter, and are
//! verified before they may list anything (R-2.1-01, DSA art. 30). A seller pays a fixed fee for each calendar month in
//! which they may sell (R-1.2-04), once.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::calendar::Month;
use crate::ids::{ComplaintId, SellerId, StaffId};
use crate::money::Money;
use crate::place::Country;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sealed::Sealed;
use crate::text::{facts, line};

/// What identifies a trader (DSA art. 30(1)(a) to (c)). Personal data when the trader is a person, so always sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraderContact {
    /// The trader's legal name.
    pub name: String,
    /// Postal address.
    pub address: String,
    /// Telephone number.
    pub phone: String,
    /// E-mail address.
    pub email: String,
    /// The identification document or electronic identification, by reference.
    pub identification: String,
    /// The payment account.
    pub payment_account: String,
}

/// A seller opened an account. By the seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SellerRegistered {
    /// The name under which the shop trades.
    pub shop_name: String,
    /// Where the seller is established.
    pub country: Country,
    /// The trade register's number (DSA art. 30(1)(d)).
    pub trade_register_number: String,
    /// The seller's word to offer only what complies with Union law (DSA art. 30(1)(e)).
    pub self_certified: bool,
    /// Who the trader is.
    pub contact: Sealed<TraderContact>,
}

/// The seller accepted the terms and the quality charter. By the seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SellerTermsAccepted {
    /// Which terms.
    pub terms_version: String,
    /// Which quality charter.
    pub quality_charter_version: String,
}

/// The trader's information was checked and found reliable (DSA art. 30(2)). By staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SellerVerified {
    /// What it was checked against, as in a public register.
    pub checked_against: String,
}

/// Why a seller is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SellerRemovalReason {
    /// The operator's convenience.
    Convenience,
    /// Law was not respected.
    BreachOfLaw,
    /// The terms of sale were not respected.
    BreachOfTerms,
    /// The quality charter was not respected.
    BreachOfQualityCharter,
    /// The trader's information is wrong or incomplete and was not mended (DSA art. 30(3)).
    TraderNotTraceable,
}

/// The seller may sell no longer; every listing of theirs comes down (R-2.2-04). By staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SellerRemoved {
    /// Why.
    pub reason: SellerRemovalReason,
    /// The facts, in words; no personal data.
    pub explanation: String,
    /// Who decided; events written before it was noted don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<StaffId>,
}

/// What becomes of the listings that came down with a seller, now that the seller may sell again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FormerListings {
    /// They come back as they stood, as what followed from a decision that was taken back.
    ComeBack,
    /// They stay away, and are the seller's to publish anew, as the platform did at first.
    ToBePublishedAnew,
}

/// The seller may sell again, since their complaint about the removal was well-founded (P2B art. 4(3)). By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SellerReinstated {
    /// The complaint.
    pub complaint: ComplaintId,
    /// What becomes of the listings that came down with the seller.
    pub listings: FormerListings,
}

/// The seller's fee for a calendar month was charged (R-1.2-04). By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SellerFeeCharged {
    /// The month.
    pub month: Month,
    /// How much.
    pub fee: Money,
}

/// What can happen to a seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SellerEvent {
    /// See [`SellerRegistered`].
    SellerRegistered(SellerRegistered),
    /// See [`SellerTermsAccepted`].
    SellerTermsAccepted(SellerTermsAccepted),
    /// See [`SellerVerified`].
    SellerVerified(SellerVerified),
    /// See [`SellerRemoved`].
    SellerRemoved(SellerRemoved),
    /// See [`SellerReinstated`].
    SellerReinstated(SellerReinstated),
    /// See [`SellerFeeCharged`].
    SellerFeeCharged(SellerFeeCharged),
}

/// What can be asked of a seller.
#[derive(Debug, Clone)]
pub enum SellerCommand {
    /// Open an account, accepting the terms.
    Register {
        /// The seller's id; the subject of the contact's key is `seller-<id>`.
        seller: SellerId,
        /// The shop's name.
        shop_name: String,
        /// Where.
        country: Country,
        /// The register's number.
        trade_register_number: String,
        /// The self-certification.
        self_certified: bool,
        /// Who.
        contact: Box<TraderContact>,
        /// The terms accepted.
        terms: SellerTermsAccepted,
    },
    /// Declare the trader verified.
    Verify {
        /// What it was checked against.
        checked_against: String,
    },
    /// Remove the seller.
    Remove {
        /// Why.
        reason: SellerRemovalReason,
        /// The facts.
        explanation: String,
        /// Who decides.
        decided_by: StaffId,
    },
    /// Let the seller sell again.
    Reinstate(ComplaintId),
    /// Charge the fee of a month that has begun.
    ChargeFee {
        /// The month.
        month: Month,
    },
}

/// How far a seller has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SellerStanding {
    /// No account.
    #[default]
    Unknown,
    /// An account with accepted terms, not verified.
    Registered,
    /// May sell.
    Verified,
    /// May not sell any longer.
    Removed,
}

/// A seller.
#[derive(Debug, Clone, Default)]
pub struct Seller {
    /// How far it has come.
    pub standing: SellerStanding,
    /// In which country the seller is established, once registered.
    pub country: Option<Country>,
    /// When the account was opened.
    pub registered_at: Option<DateTime<Utc>>,
    /// The shop's name, once registered: no text that goes public names whom it restricts.
    pub shop_name: Option<String>,
    /// The month in which the seller was verified.
    verified_in: Option<Month>,
    /// The month of the last fee.
    charged_to: Option<Month>,
}

impl Seller {
    /// The names that tell who it is.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.shop_name.as_deref().into_iter().collect()
    }

    /// The months whose fee is due at a moment, oldest first: all that began since the verification and were not charged.
    /// A removed seller owes nothing new.
    #[must_use]
    pub fn months_due(&self, now: DateTime<Utc>) -> Vec<Month> {
        let (SellerStanding::Verified, Some(verified_in)) = (self.standing, self.verified_in) else {
            return Vec::new();
        };
        let first = self.charged_to.map_or(verified_in, Month::next).max(verified_in);
        let last = Month::of(now);
        std::iter::successors(Some(first), |month| Some(month.next())).take_while(|month| *month <= last).collect()
    }
}

impl Aggregate for Seller {
    const CATEGORY: &'static str = "seller";
    type Command = SellerCommand;
    type Event = SellerEvent;

    fn decide(&self, command: SellerCommand, context: &Context<'_>) -> Result<Vec<SellerEvent>, Refusal> {
        const RULE: Rule = Rule("R-2.1-01");
        match command {
            SellerCommand::Register {
                seller,
                shop_name,
                country,
                trade_register_number,
                self_certified,
                contact,
                terms,
            } => {
                require(self.standing == SellerStanding::Unknown, RULE, Refused::AlreadyDone, "sellerId", || {
                    "this seller has an account already".to_owned()
                })?;
                let shop_name = line(&shop_name, RULE, "shopName")?;
                let trade_register_number = line(&trade_register_number, RULE, "tradeRegisterNumber")?;
                require(self_certified, RULE, Refused::NotEligible, "selfCertified", || {
                    "a seller certifies to offer only what complies with Union law (DSA art. 30(1)(e)); without it there is no account".to_owned()
                })?;
                let contact = complete(*contact)?;
                let terms = SellerTermsAccepted {
                    terms_version: line(&terms.terms_version, RULE, "termsVersion")?,
                    quality_charter_version: line(&terms.quality_charter_version, RULE, "qualityCharterVersion")?,
                };
                let contact = Sealed::new(Self::stream(seller.0), contact);
                Ok(vec![
                    SellerRegistered { shop_name, country, trade_register_number, self_certified, contact }.into(),
                    terms.into(),
                ])
            }
            SellerCommand::Verify { checked_against } => match self.standing {
                SellerStanding::Registered => {
                    Ok(vec![SellerVerified { checked_against: line(&checked_against, RULE, "checkedAgainst")? }.into()])
                }
                SellerStanding::Unknown => Err(unknown(RULE)),
                SellerStanding::Verified => {
                    Err(Refusal::new(RULE, Refused::AlreadyDone, "sellerId", "this seller is verified already"))
                }
                SellerStanding::Removed => Err(Refusal::new(
                    RULE,
                    Refused::NotEligible,
                    "sellerId",
                    "this seller was removed; a removed seller is not verified again",
                )),
            },
            SellerCommand::Remove { reason, explanation, decided_by } => match self.standing {
                SellerStanding::Registered | SellerStanding::Verified => {
                    let explanation = facts(&explanation, &self.names(), Rule("R-2.2-04"), "explanation")?;
                    Ok(vec![SellerRemoved { reason, explanation, decided_by: Some(decided_by) }.into()])
                }
                SellerStanding::Unknown => Err(unknown(Rule("R-2.2-04"))),
                SellerStanding::Removed => Err(Refusal::new(
                    Rule("R-2.2-04"),
                    Refused::AlreadyDone,
                    "sellerId",
                    "this seller is removed already",
                )),
            },
            SellerCommand::Reinstate(complaint) => {
                const CONTEST: Rule = Rule("R-2.2-05");
                require(self.standing == SellerStanding::Removed, CONTEST, Refused::AlreadyDone, "sellerId", || {
                    "this seller is not removed".to_owned()
                })?;
                Ok(vec![SellerReinstated { complaint, listings: FormerListings::ComeBack }.into()])
            }
            SellerCommand::ChargeFee { month } => {
                const FEE: Rule = Rule("R-1.2-04");
                let fee = context.policies.seller_monthly_fee();
                let due = self.months_due(context.now).first() == Some(&month) && fee.minor > 0;
                require(due, FEE, Refused::NotEligible, "month", || {
                    format!("no fee is due for {month}: it was charged, has not begun, or the seller could not sell")
                })?;
                Ok(vec![SellerFeeCharged { month, fee }.into()])
            }
        }
    }

    fn evolve(&mut self, event: &SellerEvent, occurred_at: DateTime<Utc>) {
        match event {
            SellerEvent::SellerRegistered(event) => {
                self.standing = SellerStanding::Registered;
                (self.country, self.registered_at) = (Some(event.country), Some(occurred_at));
                self.shop_name = Some(event.shop_name.clone());
            }
            SellerEvent::SellerTermsAccepted(_) => {}
            SellerEvent::SellerVerified(_) => {
                self.standing = SellerStanding::Verified;
                self.verified_in = Some(Month::of(occurred_at));
            }
            SellerEvent::SellerRemoved(_) => self.standing = SellerStanding::Removed,
            SellerEvent::SellerReinstated(_) if self.verified_in.is_none() => {
                self.standing = SellerStanding::Registered;
            }
            SellerEvent::SellerReinstated(_) => {
                self.standing = SellerStanding::Verified;
                // What passed while the seller was removed is not charged.
                self.verified_in = Some(Month::of(occurred_at));
            }
            SellerEvent::SellerFeeCharged(event) => self.charged_to = Some(event.month),
        }
    }
}

fn unknown(rule: Rule) -> Refusal {
    Refusal::new(rule, Refused::NotFound, "sellerId", "there is no such seller; register it first")
}

fn complete(contact: TraderContact) -> Result<TraderContact, Refusal> {
    const RULE: Rule = Rule("R-2.1-01");
    let TraderContact { name, address, phone, email, identification, payment_account } = contact;
    require(email.contains('@'), RULE, Refused::Invalid, "contact.email", || {
        "contact.email is an e-mail address, as in shop@example.eu".to_owned()
    })?;
    Ok(TraderContact {
        name: line(&name, RULE, "contact.name")?,
        address: line(&address, RULE, "contact.address")?,
        phone: line(&phone, RULE, "contact.phone")?,
        email: line(&email, RULE, "contact.email")?,
        identification: line(&identification, RULE, "contact.identification")?,
        payment_account: line(&payment_account, RULE, "contact.paymentAccount")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::given;
    use uuid::Uuid;

    fn contact() -> TraderContact {
        let text = |text: &str| text.to_owned();
        TraderContact {
            name: text("A. Jansen"),
            address: text("Kade 1, Gent"),
            phone: text("+32 1"),
            email: text("a@example.eu"),
            identification: text("eID 7"),
            payment_account: text("BE71"),
        }
    }

    fn register(contact: TraderContact, self_certified: bool) -> SellerCommand {
        SellerCommand::Register {
            seller: SellerId(Uuid::from_u128(1)),
            shop_name: "Renew".into(),
            country: "BE".parse().unwrap(),
            trade_register_number: "0123.456.789".into(),
            self_certified,
            contact: Box::new(contact),
            terms: SellerTermsAccepted { terms_version: "2026-01".into(), quality_charter_version: "4".into() },
        }
    }

    fn verify() -> SellerCommand {
        SellerCommand::Verify { checked_against: "KBO".into() }
    }

    fn remove() -> SellerCommand {
        SellerCommand::Remove {
            reason: SellerRemovalReason::BreachOfTerms,
            explanation: "sold new phones".into(),
            decided_by: StaffId("o-1".into()),
        }
    }

    #[test]
    fn r_2_1_01_registering_accepts_the_terms_and_seals_the_contact() {
        let events = given::<Seller>().when(register(contact(), true)).unwrap();
        let [SellerEvent::SellerRegistered(registered), SellerEvent::SellerTermsAccepted(_)] = &events[..] else {
            panic!("two events")
        };
        assert!(matches!(&registered.contact, Sealed::Open { subject, .. } if subject.0.starts_with("seller-")));
    }

    #[test]
    fn r_2_1_01_every_part_of_the_traceability_is_needed() {
        for (field, blank) in [
            ("contact.name", TraderContact { name: " ".into(), ..contact() }),
            ("contact.address", TraderContact { address: String::new(), ..contact() }),
            ("contact.phone", TraderContact { phone: String::new(), ..contact() }),
            ("contact.email", TraderContact { email: "nobody".into(), ..contact() }),
            ("contact.identification", TraderContact { identification: String::new(), ..contact() }),
            ("contact.paymentAccount", TraderContact { payment_account: String::new(), ..contact() }),
        ] {
            assert_eq!(given::<Seller>().when(register(blank, true)).unwrap_err().field, field);
        }
        assert_eq!(given::<Seller>().refusal(register(contact(), false)), ("R-2.1-01", Refused::NotEligible));
    }

    #[test]
    fn r_2_1_01_a_seller_is_verified_once_and_only_after_registering() {
        assert_eq!(given::<Seller>().refusal(verify()), ("R-2.1-01", Refused::NotFound));
        let verified = given::<Seller>().after(register(contact(), true)).after(verify());
        assert_eq!(verified.state().standing, SellerStanding::Verified);
        assert_eq!(verified.refusal(verify()), ("R-2.1-01", Refused::AlreadyDone));
        assert_eq!(verified.refusal(register(contact(), true)), ("R-2.1-01", Refused::AlreadyDone));
    }

    #[test]
    fn r_2_2_04_a_removed_seller_stays_removed() {
        assert_eq!(given::<Seller>().refusal(remove()), ("R-2.2-04", Refused::NotFound));
        let removed = given::<Seller>().after(register(contact(), true)).after(verify()).after(remove());
        assert_eq!(removed.refusal(remove()), ("R-2.2-04", Refused::AlreadyDone));
        let mut by_name = remove();
        if let SellerCommand::Remove { explanation, .. } = &mut by_name {
            *explanation = "Renew sold new phones".into();
        }
        let registered = given::<Seller>().after(register(contact(), true));
        assert_eq!(registered.refusal(by_name), ("R-7-02", Refused::Invalid), "it goes public, and names who it is");
        assert_eq!(removed.refusal(verify()), ("R-2.1-01", Refused::NotEligible));
    }

    #[test]
    fn r_1_2_04_a_fee_for_each_month_that_begins_once_and_in_order() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let charge = |text: &str| SellerCommand::ChargeFee { month: month(text) };
        let verified = given::<Seller>().after(register(contact(), true)).at("2026-03-31T21:59:59Z").after(verify());
        // In Paris it is still March; a second later it is April.
        assert_eq!(verified.state().months_due(crate::given::at("2026-03-31T21:59:59Z")), [month("2026-03")]);
        let april = verified.at("2026-03-31T22:00:00Z");
        assert_eq!(april.refusal(charge("2026-04")), ("R-1.2-04", Refused::NotEligible));
        let charged = april.after(charge("2026-03"));
        assert_eq!(charged.refusal(charge("2026-03")), ("R-1.2-04", Refused::NotEligible));
        let charged = charged.after(charge("2026-04"));
        assert_eq!(charged.refusal(charge("2026-05")), ("R-1.2-04", Refused::NotEligible));
        let removed = charged.at("2026-07-01T00:00:00Z").after(remove());
        assert!(removed.state().months_due(crate::given::at("2026-07-01T00:00:00Z")).is_empty());
        let free = crate::policy::Policies { seller_monthly_fee_minor: 0, ..Default::default() };
        let verified = given::<Seller>().after(register(contact(), true)).after(verify()).under(free);
        assert_eq!(verified.refusal(charge("2026-01")), ("R-1.2-04", Refused::NotEligible));
    }

    #[test]
    fn r_2_2_05_a_well_founded_complaint_lets_the_seller_sell_again() {
        let reinstate = SellerCommand::Reinstate(ComplaintId(Uuid::nil()));
        let verified = given::<Seller>().after(register(contact(), true)).after(verify());
        assert_eq!(verified.refusal(reinstate.clone()), ("R-2.2-05", Refused::AlreadyDone));
        let removed = verified.after(remove()).at("2026-05-01T10:00:00Z");
        let [SellerEvent::SellerReinstated(event)] = &removed.when(reinstate.clone()).unwrap()[..] else { panic!() };
        assert_eq!(event.listings, FormerListings::ComeBack);
        let back = removed.after(reinstate);
        assert_eq!(back.state().standing, SellerStanding::Verified);
        // The months while the seller was removed are not charged.
        assert_eq!(back.state().months_due(crate::given::at("2026-05-02T10:00:00Z")).len(), 1);
        let never_verified = given::<Seller>().after(register(contact(), true)).after(remove());
        let back = never_verified.after(SellerCommand::Reinstate(ComplaintId(Uuid::nil())));
        assert_eq!(back.state().standing, SellerStanding::Registered);
    }
}
