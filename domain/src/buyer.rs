//! Buyers: consumers (R-1.1-01), known in every event by a pseudonym; who they are is sealed.
//!
//! Serious or repeated breaches may block a buyer's account, for a time or for good, as a last resort: after a warning,
//! or for a criterion that the policy calls serious (R-3.4-11). A blocked buyer may neither buy nor review, and may
//! still complain, have a review deleted, ask for help on an order and be forgotten. A block for a time ends at its last
//! instant whether or not anybody notes it.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::criterion::{Criterion, named};
use crate::ids::{BuyerId, ComplaintId, ReviewId, StaffId};
use crate::language::Language;
use crate::place::Country;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sealed::Sealed;
use crate::text::{facts, line};

/// Who a buyer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuyerIdentity {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Postal address.
    pub address: String,
}

/// A buyer opened an account. By the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuyerRegistered {
    /// Who.
    pub identity: Sealed<BuyerIdentity>,
    /// Where the buyer lives.
    pub country: Country,
    /// In which language the buyer is written to.
    pub language: Language,
}

/// The buyer asked to be forgotten (GDPR art. 17); the key's destruction follows. By the buyer, or by staff for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuyerErasureRequested {}

/// The buyer was told that what they did breaks the rules, before anything worse follows (R-3.4-11). By a moderator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuyerWarned {
    /// Which criteria were broken.
    pub criteria: Vec<Criterion>,
    /// The facts, in words; no personal data.
    pub explanation: String,
    /// The review that broke them, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
    /// Who decided.
    pub decided_by: StaffId,
}

/// The buyer's account is blocked (R-3.4-11). By a moderator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuyerBlocked {
    /// Until when; for good where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// Which criteria were broken.
    pub criteria: Vec<Criterion>,
    /// The facts, in words; no personal data.
    pub explanation: String,
    /// Who decided.
    pub decided_by: StaffId,
}

/// What ended a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnblockReason {
    /// Its time was over.
    Ended,
    /// A moderator lifted it.
    Lifted,
    /// The buyer's complaint was well-founded.
    Complaint(ComplaintId),
}

/// The buyer's account is no longer blocked. By the platform or a moderator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuyerUnblocked {
    /// Why.
    pub reason: UnblockReason,
}

/// What can happen to a buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuyerEvent {
    /// See [`BuyerRegistered`].
    BuyerRegistered(BuyerRegistered),
    /// See [`BuyerErasureRequested`].
    BuyerErasureRequested(BuyerErasureRequested),
    /// See [`BuyerWarned`].
    BuyerWarned(BuyerWarned),
    /// See [`BuyerBlocked`].
    BuyerBlocked(BuyerBlocked),
    /// See [`BuyerUnblocked`].
    BuyerUnblocked(BuyerUnblocked),
}

/// What can be asked of a buyer.
#[derive(Debug, Clone)]
pub enum BuyerCommand {
    /// Open an account.
    Register {
        /// The buyer's id; the subject of the identity's key is `buyer-<id>`.
        buyer: BuyerId,
        /// Who.
        identity: BuyerIdentity,
        /// Where.
        country: Country,
        /// In which language.
        language: Language,
    },
    /// Be forgotten.
    Erase,
    /// Be warned.
    Warn {
        /// Which criteria were broken; at least one.
        criteria: Vec<Criterion>,
        /// The facts.
        explanation: String,
        /// The review that broke them, if one did.
        review: Option<ReviewId>,
        /// Who decides.
        decided_by: StaffId,
    },
    /// Be blocked.
    Block {
        /// Until when; for good where nothing is said.
        until: Option<DateTime<Utc>>,
        /// Which criteria were broken; at least one.
        criteria: Vec<Criterion>,
        /// The facts.
        explanation: String,
        /// Who decides.
        decided_by: StaffId,
    },
    /// Be blocked no longer.
    Unblock(UnblockReason),
}

/// How far a buyer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BuyerStanding {
    /// No account.
    #[default]
    Unknown,
    /// May buy.
    Registered,
    /// Asked to be forgotten.
    Erased,
}

/// A block that was imposed and not noted as ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Until when; for good where nothing is said.
    pub until: Option<DateTime<Utc>>,
}

impl Block {
    /// Whether it holds at a moment: before its last instant.
    #[must_use]
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A buyer.
#[derive(Debug, Clone, Default)]
pub struct Buyer {
    /// How far it has come.
    pub standing: BuyerStanding,
    /// In which country the buyer lives and in which language they are written to, once registered.
    pub home: Option<(Country, Language)>,
    /// The block imposed last, until its end is noted.
    pub block: Option<Block>,
    /// Whether a warning was given (R-3.4-11).
    pub warned: bool,
}

impl Buyer {
    /// Whether the account may buy and review: not while it is blocked, nor once it asked to be forgotten, even with a
    /// token that still holds.
    ///
    /// # Errors
    /// The refusal, with how to contest it.
    pub fn may_act(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        require(self.standing != BuyerStanding::Erased, Rule("R-1.1-01"), Refused::Forbidden, "", || {
            "this account asked to be forgotten; open another one".to_owned()
        })?;
        let Some(block) = self.block.filter(|block| block.holds(now)) else { return Ok(()) };
        let until = block.until.map_or("for good".to_owned(), |until| format!("until {}", until.to_rfc3339()));
        Err(Refusal::new(
            BLOCK,
            Refused::Blocked,
            "",
            format!("this account is blocked {until}; the decision can be contested with lodgeComplaint"),
        ))
    }

    fn known(&self, rule: Rule) -> Result<(), Refusal> {
        match self.standing {
            BuyerStanding::Registered => Ok(()),
            BuyerStanding::Unknown => Err(Refusal::new(rule, Refused::NotFound, "buyerId", "there is no such buyer")),
            BuyerStanding::Erased => {
                Err(Refusal::new(rule, Refused::AlreadyDone, "buyerId", "this buyer asked to be forgotten already"))
            }
        }
    }
}

/// The first day that the Transparency Database does not take as the end of a block.
fn latest_end_of_a_block() -> DateTime<Utc> {
    // It is a day of the calendar.
    NaiveDate::from_ymd_opt(2038, 1, 1).map_or(DateTime::<Utc>::MAX_UTC, |day| day.and_time(NaiveTime::MIN).and_utc())
}

const BLOCK: Rule = Rule("R-3.4-11");

impl Aggregate for Buyer {
    const CATEGORY: &'static str = "buyer";
    type Command = BuyerCommand;
    type Event = BuyerEvent;

    fn decide(&self, command: BuyerCommand, context: &Context<'_>) -> Result<Vec<BuyerEvent>, Refusal> {
        const RULE: Rule = Rule("R-1.1-01");
        match command {
            BuyerCommand::Register { buyer, identity, country, language } => {
                require(self.standing == BuyerStanding::Unknown, RULE, Refused::AlreadyDone, "buyerId", || {
                    "this buyer has an account already, or had one".to_owned()
                })?;
                require(identity.email.contains('@'), RULE, Refused::Invalid, "identity.email", || {
                    "identity.email is an e-mail address, as in jo@example.eu".to_owned()
                })?;
                let identity = BuyerIdentity {
                    name: line(&identity.name, RULE, "identity.name")?,
                    email: line(&identity.email, RULE, "identity.email")?,
                    address: line(&identity.address, RULE, "identity.address")?,
                };
                Ok(vec![
                    BuyerRegistered { identity: Sealed::new(Self::stream(buyer.0), identity), country, language }
                        .into(),
                ])
            }
            BuyerCommand::Erase => {
                self.known(RULE)?;
                Ok(vec![BuyerErasureRequested {}.into()])
            }
            BuyerCommand::Warn { criteria, explanation, review, decided_by } => {
                self.known(BLOCK)?;
                let (criteria, explanation) = (named(criteria)?, line(&explanation, BLOCK, "explanation")?);
                Ok(vec![BuyerWarned { criteria, explanation, review, decided_by }.into()])
            }
            BuyerCommand::Block { until, criteria, explanation, decided_by } => {
                self.known(BLOCK)?;
                let criteria = named(criteria)?;
                let serious = criteria.iter().any(|criterion| context.policies.serious_criteria.contains(criterion));
                require(self.warned || serious, BLOCK, Refused::NotEligible, "criteria", || {
                    "a block is the last resort: warn the buyer first (warnBuyer), or name a criterion that the policy \
                     calls serious"
                        .to_owned()
                })?;
                require(until.is_none_or(|until| context.now < until), BLOCK, Refused::Invalid, "until", || {
                    "a block ends in the future; leave until out to block for good".to_owned()
                })?;
                require(
                    until.is_none_or(|until| until < latest_end_of_a_block()),
                    BLOCK,
                    Refused::Invalid,
                    "until",
                    || {
                        "a block for a time ends before 2038, as far as the Transparency Database takes it; leave until out \
                     to block for good"
                        .to_owned()
                    },
                )?;
                require(
                    !self.block.is_some_and(|block| block.holds(context.now)),
                    BLOCK,
                    Refused::AlreadyDone,
                    "buyerId",
                    || "this buyer is blocked already; lift that block first to set another".to_owned(),
                )?;
                let explanation = facts(&explanation, &[], BLOCK, "explanation")?;
                Ok(vec![BuyerBlocked { until, criteria, explanation, decided_by }.into()])
            }
            BuyerCommand::Unblock(reason) => {
                let Some(block) = self.block else {
                    return Err(Refusal::new(BLOCK, Refused::AlreadyDone, "buyerId", "this buyer is not blocked"));
                };
                let early = reason == UnblockReason::Ended && block.holds(context.now);
                require(!early, BLOCK, Refused::TooEarly, "buyerId", || "the block's time is not over".to_owned())?;
                Ok(vec![BuyerUnblocked { reason }.into()])
            }
        }
    }

    fn evolve(&mut self, event: &BuyerEvent, _: DateTime<Utc>) {
        match event {
            BuyerEvent::BuyerRegistered(event) => {
                self.standing = BuyerStanding::Registered;
                self.home = Some((event.country, event.language));
            }
            BuyerEvent::BuyerErasureRequested(_) => self.standing = BuyerStanding::Erased,
            BuyerEvent::BuyerWarned(_) => self.warned = true,
            BuyerEvent::BuyerBlocked(event) => self.block = Some(Block { until: event.until }),
            BuyerEvent::BuyerUnblocked(_) => self.block = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::given;
    use uuid::Uuid;

    fn register(email: &str) -> BuyerCommand {
        BuyerCommand::Register {
            buyer: BuyerId(Uuid::from_u128(1)),
            identity: BuyerIdentity { name: "Jo".into(), email: email.into(), address: "Kade 1".into() },
            country: "NL".parse().unwrap(),
            language: "nl".parse().unwrap(),
        }
    }

    #[test]
    fn r_1_1_01_a_buyer_registers_once_and_its_identity_is_sealed() {
        let events = given::<Buyer>().when(register("jo@example.eu")).unwrap();
        assert!(
            matches!(&events[0], BuyerEvent::BuyerRegistered(BuyerRegistered { identity: Sealed::Open { subject, .. }, .. }) if subject.0.starts_with("buyer-"))
        );
        assert_eq!(given::<Buyer>().refusal(register("nobody")), ("R-1.1-01", Refused::Invalid));
        assert_eq!(
            given::<Buyer>().after(register("jo@example.eu")).refusal(register("jo@example.eu")),
            ("R-1.1-01", Refused::AlreadyDone)
        );
    }

    #[test]
    fn r_1_1_01_a_forgotten_buyer_does_not_come_back_under_the_same_id() {
        assert_eq!(given::<Buyer>().refusal(BuyerCommand::Erase), ("R-1.1-01", Refused::NotFound));
        let erased = given::<Buyer>().after(register("jo@example.eu")).after(BuyerCommand::Erase);
        assert_eq!(erased.refusal(BuyerCommand::Erase), ("R-1.1-01", Refused::AlreadyDone));
        assert_eq!(erased.refusal(register("jo@example.eu")), ("R-1.1-01", Refused::AlreadyDone));
    }

    fn warn() -> BuyerCommand {
        BuyerCommand::Warn {
            criteria: vec![Criterion::Advertising],
            explanation: "advertises a shop".into(),
            review: None,
            decided_by: StaffId("m-1".into()),
        }
    }

    fn block(criterion: Criterion, until: Option<&str>) -> BuyerCommand {
        BuyerCommand::Block {
            until: until.map(crate::given::at),
            criteria: vec![criterion],
            explanation: "again".into(),
            decided_by: StaffId("m-1".into()),
        }
    }

    #[test]
    fn r_3_4_11_a_block_needs_a_warning_before_or_a_serious_criterion() {
        let buyer = given::<Buyer>().after(register("jo@example.eu"));
        assert_eq!(buyer.refusal(block(Criterion::Advertising, None)), ("R-3.4-11", Refused::NotEligible));
        assert!(buyer.when(block(Criterion::HateOrViolence, None)).is_ok());
        assert!(buyer.clone().after(warn()).when(block(Criterion::Advertising, None)).is_ok());
        assert_eq!(given::<Buyer>().refusal(warn()), ("R-3.4-11", Refused::NotFound));
        let nothing = BuyerCommand::Block {
            until: None,
            criteria: Vec::new(),
            explanation: "x".into(),
            decided_by: StaffId("m".into()),
        };
        assert_eq!(buyer.after(warn()).refusal(nothing), ("R-3.4-06", Refused::Invalid));
    }

    #[test]
    fn r_3_4_11_r_7_02_a_block_for_a_time_ends_before_the_database_stops_counting() {
        let warned = given::<Buyer>().after(register("jo@example.eu")).after(warn());
        assert!(warned.when(block(Criterion::Advertising, Some("2037-12-31T23:59:59.999999Z"))).is_ok());
        let late = block(Criterion::Advertising, Some("2038-01-01T00:00:00Z"));
        assert_eq!(warned.refusal(late), ("R-3.4-11", Refused::Invalid));
    }

    #[test]
    fn r_3_4_11_a_block_for_a_time_holds_to_its_last_instant_and_ends_by_itself() {
        let until = "2026-03-29T02:00:00Z";
        let blocked = given::<Buyer>()
            .after(register("jo@example.eu"))
            .after(warn())
            .after(block(Criterion::Advertising, Some(until)));
        let may = |moment: &str| blocked.state().may_act(crate::given::at(moment)).map_err(|refusal| refusal.kind);
        assert_eq!(may("2026-03-29T01:59:59.999999Z"), Err(Refused::Blocked));
        assert_eq!(may(until), Ok(()));
        let ended = BuyerCommand::Unblock(UnblockReason::Ended);
        let just_before = blocked.clone().at("2026-03-29T01:59:59Z");
        assert_eq!(just_before.refusal(ended.clone()), ("R-3.4-11", Refused::TooEarly));
        assert!(just_before.when(BuyerCommand::Unblock(UnblockReason::Lifted)).is_ok());
        let unblocked = blocked.at(until).after(ended.clone());
        assert_eq!(unblocked.refusal(ended), ("R-3.4-11", Refused::AlreadyDone));
    }

    #[test]
    fn r_3_4_11_a_block_for_good_holds_until_it_is_lifted_and_is_not_doubled() {
        let blocked = given::<Buyer>().after(register("jo@example.eu")).after(block(Criterion::IllegalContent, None));
        assert!(blocked.state().may_act(crate::given::at("2099-01-01T00:00:00Z")).is_err());
        assert_eq!(blocked.refusal(block(Criterion::IllegalContent, None)), ("R-3.4-11", Refused::AlreadyDone));
        assert!(blocked.when(BuyerCommand::Unblock(UnblockReason::Complaint(ComplaintId(Uuid::nil())))).is_ok());
        assert_eq!(
            given::<Buyer>()
                .after(register("jo@example.eu"))
                .refusal(block(Criterion::IllegalContent, Some("2025-01-01T00:00:00Z"))),
            ("R-3.4-11", Refused::Invalid)
        );
    }
}
