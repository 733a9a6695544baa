//! Buyers: consumers (R-1.1-01), known in every event by a pseudonym; who they are is sealed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::ids::BuyerId;
use crate::language::Language;
use crate::place::Country;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sealed::Sealed;
use crate::text::line;

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

/// What can happen to a buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuyerEvent {
    /// See [`BuyerRegistered`].
    BuyerRegistered(BuyerRegistered),
    /// See [`BuyerErasureRequested`].
    BuyerErasureRequested(BuyerErasureRequested),
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

/// A buyer.
#[derive(Debug, Clone, Default)]
pub struct Buyer {
    /// How far it has come.
    pub standing: BuyerStanding,
}

impl Aggregate for Buyer {
    const CATEGORY: &'static str = "buyer";
    type Command = BuyerCommand;
    type Event = BuyerEvent;

    fn decide(&self, command: BuyerCommand, _: &Context<'_>) -> Result<Vec<BuyerEvent>, Refusal> {
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
            BuyerCommand::Erase => match self.standing {
                BuyerStanding::Registered => Ok(vec![BuyerErasureRequested {}.into()]),
                BuyerStanding::Unknown => {
                    Err(Refusal::new(RULE, Refused::NotFound, "buyerId", "there is no such buyer"))
                }
                BuyerStanding::Erased => {
                    Err(Refusal::new(RULE, Refused::AlreadyDone, "buyerId", "this buyer asked to be forgotten already"))
                }
            },
        }
    }

    fn evolve(&mut self, event: &BuyerEvent, _: DateTime<Utc>) {
        self.standing = match event {
            BuyerEvent::BuyerRegistered(_) => BuyerStanding::Registered,
            BuyerEvent::BuyerErasureRequested(_) => BuyerStanding::Erased,
        };
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
}
