//! Legal holds: an authority orders that a person's data be kept, and nothing ends it until the order ends (a European
//! Preservation Order, Reg. (EU) 2023/1543 art. 11, or an order of national law).
//!
//! What can be held is what ends here at all: a review, with its photos, and who a buyer is. While a hold is in force, a
//! review's time online is not over (R-3.2-05), and a key whose destruction was asked for is not destroyed: what the law
//! obliges to be kept need not be erased (GDPR art. 17(3)(b)). Whoever asked is told so, and is forgotten when the last
//! hold ends. A hold keeps data; it shows nothing: a withdrawn review is offline at once, and an erased account is closed.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::authority::Authority;
use crate::buyer::Buyer;
use crate::ids::{AuthorityContactId, BuyerId, ReviewId, StaffId};
use crate::place::MemberState;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::review::Review;
use crate::sealed::Subject;
use crate::text::line;

/// Whose data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HeldData {
    /// A review: its texts and photos.
    Review(ReviewId),
    /// Who a buyer is.
    Buyer(BuyerId),
}

impl HeldData {
    /// Whose key seals it.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject(match self {
            Self::Review(id) => Review::stream(id.0),
            Self::Buyer(id) => Buyer::stream(id.0),
        })
    }

    /// The field of a command that names it.
    const fn field(self) -> &'static str {
        match self {
            Self::Review(_) => "reviewIds",
            Self::Buyer(_) => "buyerIds",
        }
    }

    /// What a key seals, where that can be held.
    #[must_use]
    pub fn of(subject: &Subject) -> Option<Self> {
        let (category, id) = subject.0.split_once('-')?;
        match category {
            Review::CATEGORY => id.parse().ok().map(Self::Review),
            Buyer::CATEGORY => id.parse().ok().map(Self::Buyer),
            _ => None,
        }
    }
}

impl fmt::Display for HeldData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Review(id) => write!(f, "review {id}"),
            Self::Buyer(id) => write!(f, "buyer {id}"),
        }
    }
}

/// An authority's order to keep data is in force from here on. By compliance staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegalHoldPlaced {
    /// The authority that ordered it.
    pub authority: String,
    /// Of which Member State.
    pub member_state: MemberState,
    /// On which legal basis.
    pub legal_basis: String,
    /// The authority's own reference; nothing where it gave none.
    pub reference: Option<String>,
    /// The order as it was noted at the contact point, where it came with one (R-4-03).
    pub order: Option<AuthorityContactId>,
    /// When the authority ordered it.
    pub ordered_at: DateTime<Utc>,
    /// What is kept; at least one, each once.
    pub data: Vec<HeldData>,
    /// Who placed it.
    pub decided_by: StaffId,
}

/// The order to keep data is no longer in force. By compliance staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegalHoldReleased {
    /// What was kept: all that the hold named.
    pub data: Vec<HeldData>,
    /// Why, in words; no personal data.
    pub explanation: String,
    /// Who released it.
    pub decided_by: StaffId,
}

/// What can happen to a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegalHoldEvent {
    /// See [`LegalHoldPlaced`].
    LegalHoldPlaced(LegalHoldPlaced),
    /// See [`LegalHoldReleased`].
    LegalHoldReleased(LegalHoldReleased),
}

/// Whether there is anything to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// It never was here.
    Unknown,
    /// It can be read.
    Readable,
    /// Its key was destroyed.
    Destroyed,
}

/// An order to keep data, as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreservationOrder {
    /// The authority that gave it.
    pub authority: String,
    /// Of which Member State.
    pub member_state: MemberState,
    /// On which legal basis.
    pub legal_basis: String,
    /// The authority's own reference, where it gives one; no personal data.
    pub reference: Option<String>,
    /// The order at the contact point with which it came, and what its stream says.
    pub order: Option<(AuthorityContactId, Authority)>,
    /// When the authority gave it; now where nobody knows.
    pub ordered_at: Option<DateTime<Utc>>,
    /// What is to be kept, and what is left of it.
    pub data: Vec<(HeldData, Remains)>,
}

/// What can be asked of a hold.
#[derive(Debug, Clone)]
pub enum LegalHoldCommand {
    /// Keep data.
    Place {
        /// The order.
        order: PreservationOrder,
        /// Who places it.
        decided_by: StaffId,
    },
    /// Keep it no longer.
    Release {
        /// Why, in words.
        explanation: String,
        /// Who releases it.
        decided_by: StaffId,
    },
}

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LegalHold {
    /// Nothing is held under this id.
    #[default]
    Unknown,
    /// It keeps these.
    InForce(Vec<HeldData>),
    /// It keeps nothing any more.
    Released,
}

/// The most reviews and buyers that a hold names. More go into another hold.
pub const MAX_DATA: usize = 1_000;

/// An authority's order is registered and carried out.
const RULE: Rule = Rule("R-4-03");

impl Aggregate for LegalHold {
    const CATEGORY: &'static str = "hold";
    type Command = LegalHoldCommand;
    type Event = LegalHoldEvent;

    fn decide(&self, command: LegalHoldCommand, context: &Context<'_>) -> Result<Vec<LegalHoldEvent>, Refusal> {
        match command {
            LegalHoldCommand::Place { order, decided_by } => {
                require(*self == Self::Unknown, RULE, Refused::AlreadyDone, "holdId", || {
                    "this hold was placed already".to_owned()
                })?;
                let ordered_at = order.ordered_at.unwrap_or(context.now);
                require(ordered_at <= context.now, RULE, Refused::Invalid, "orderedAt", || {
                    "an order was given before it is carried out, not in the future".to_owned()
                })?;
                let known = |(_, authority): &(_, Authority)| match authority {
                    Authority::OpenOrder(_) | Authority::AnsweredOrder => true,
                    Authority::Unknown | Authority::Message | Authority::RefusedMessage => false,
                };
                require(order.order.as_ref().is_none_or(known), RULE, Refused::NotFound, "orderId", || {
                    "there is no such order of an authority; leave it out where the order to keep data came alone"
                        .to_owned()
                })?;
                let placed = LegalHoldPlaced {
                    authority: line(&order.authority, RULE, "authority")?,
                    member_state: order.member_state,
                    legal_basis: line(&order.legal_basis, RULE, "legalBasis")?,
                    reference: order.reference.map(|reference| line(&reference, RULE, "reference")).transpose()?,
                    order: order.order.map(|(id, _)| id),
                    ordered_at,
                    data: remaining(&order.data)?,
                    decided_by,
                };
                Ok(vec![placed.into()])
            }
            LegalHoldCommand::Release { explanation, decided_by } => match self {
                Self::InForce(data) => {
                    let explanation = line(&explanation, RULE, "explanation")?;
                    Ok(vec![LegalHoldReleased { data: data.clone(), explanation, decided_by }.into()])
                }
                Self::Unknown => Err(Refusal::new(RULE, Refused::NotFound, "holdId", "there is no such hold")),
                Self::Released => {
                    Err(Refusal::new(RULE, Refused::AlreadyDone, "holdId", "this hold was released already"))
                }
            },
        }
    }

    fn evolve(&mut self, event: &LegalHoldEvent, _: DateTime<Utc>) {
        *self = match event {
            LegalHoldEvent::LegalHoldPlaced(placed) => Self::InForce(placed.data.clone()),
            LegalHoldEvent::LegalHoldReleased(_) => Self::Released,
        };
    }
}

/// What is named, each once, when all of it is there to be kept.
fn remaining(named: &[(HeldData, Remains)]) -> Result<Vec<HeldData>, Refusal> {
    let data: BTreeSet<HeldData> = named.iter().map(|(data, _)| *data).collect();
    require((1..=MAX_DATA).contains(&data.len()), RULE, Refused::Invalid, "reviewIds", || {
        format!(
            "a hold names 1 to {MAX_DATA} reviews and buyers, not {}; name them by reviewIds and buyerIds",
            data.len()
        )
    })?;
    for (data, remains) in named {
        match remains {
            Remains::Readable => {}
            Remains::Unknown => {
                return Err(Refusal::new(
                    RULE,
                    Refused::NotFound,
                    data.field(),
                    format!("there is no {data}; leave it out"),
                ));
            }
            Remains::Destroyed => {
                return Err(Refusal::new(
                    RULE,
                    Refused::TooLate,
                    data.field(),
                    format!("the key of {data} was destroyed, and nobody can read it any more; leave it out"),
                ));
            }
        }
    }
    Ok(data.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Clock;
    use crate::given::{at, given};
    use uuid::Uuid;

    const REVIEW: HeldData = HeldData::Review(ReviewId(Uuid::from_u128(1)));
    const BUYER: HeldData = HeldData::Buyer(BuyerId(Uuid::from_u128(2)));
    const READABLE: Remains = Remains::Readable;

    fn order(data: &[(HeldData, Remains)]) -> PreservationOrder {
        PreservationOrder {
            authority: "Parquet de Paris".into(),
            member_state: "FR".parse().unwrap(),
            legal_basis: "Reg. (EU) 2023/1543 art. 11".into(),
            reference: Some("PR/2026/77".into()),
            order: None,
            ordered_at: None,
            data: data.to_vec(),
        }
    }

    fn place(order: PreservationOrder) -> LegalHoldCommand {
        LegalHoldCommand::Place { order, decided_by: StaffId("c-1".into()) }
    }

    fn release() -> LegalHoldCommand {
        LegalHoldCommand::Release { explanation: "the order lapsed".into(), decided_by: StaffId("c-1".into()) }
    }

    #[test]
    fn r_4_03_a_hold_names_what_it_keeps_each_once_and_on_which_basis_since_when() {
        let named = order(&[(BUYER, READABLE), (REVIEW, READABLE), (BUYER, READABLE)]);
        let events = given::<LegalHold>().when(place(named.clone())).unwrap();
        let [LegalHoldEvent::LegalHoldPlaced(placed)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(placed.data, [REVIEW, BUYER]);
        assert_eq!((placed.ordered_at, placed.order), (at("2026-01-01T12:00:00Z"), None));
        assert_eq!(placed.reference.as_deref(), Some("PR/2026/77"));
        let refused = |order| {
            let refusal = given::<LegalHold>().when(place(order)).unwrap_err();
            (refusal.rule.0, refusal.field, refusal.kind)
        };
        for (order, field, kind) in [
            (order(&[]), "reviewIds", Refused::Invalid),
            (order(&[(REVIEW, READABLE), (BUYER, Remains::Unknown)]), "buyerIds", Refused::NotFound),
            (order(&[(REVIEW, Remains::Destroyed)]), "reviewIds", Refused::TooLate),
            (PreservationOrder { legal_basis: " ".into(), ..named.clone() }, "legalBasis", Refused::Invalid),
            (PreservationOrder { authority: String::new(), ..named.clone() }, "authority", Refused::Invalid),
            (
                PreservationOrder { ordered_at: Some(at("2026-01-01T12:00:01Z")), ..named.clone() },
                "orderedAt",
                Refused::Invalid,
            ),
        ] {
            assert_eq!(refused(order), ("R-4-03", field, kind));
        }
    }

    #[test]
    fn r_4_03_a_hold_may_have_come_with_an_order_at_the_contact_point_and_with_no_message() {
        let contact = AuthorityContactId(Uuid::from_u128(3));
        let with = |authority| {
            let order = PreservationOrder { order: Some((contact, authority)), ..order(&[(REVIEW, READABLE)]) };
            given::<LegalHold>().when(place(order)).map_err(|refusal| (refusal.field, refusal.kind))
        };
        let (received_at, answer_by) = (at("2026-01-01T00:00:00Z"), at("2026-01-08T00:00:00Z"));
        assert!(with(Authority::OpenOrder(Clock { received_at, answer_by })).is_ok());
        assert!(with(Authority::AnsweredOrder).is_ok());
        for authority in [Authority::Unknown, Authority::Message, Authority::RefusedMessage] {
            assert_eq!(with(authority), Err(("orderId", Refused::NotFound)));
        }
    }

    #[test]
    fn r_4_03_a_hold_is_placed_once_and_released_once_with_all_that_it_named() {
        let new = given::<LegalHold>();
        assert_eq!(new.refusal(release()), ("R-4-03", Refused::NotFound));
        let held = new.after(place(order(&[(REVIEW, READABLE), (BUYER, READABLE)])));
        assert_eq!(held.refusal(place(order(&[(REVIEW, READABLE)]))), ("R-4-03", Refused::AlreadyDone));
        let events = held.when(release()).unwrap();
        let [LegalHoldEvent::LegalHoldReleased(released)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(released.data, [REVIEW, BUYER]);
        let released = held.after(release());
        assert_eq!(released.refusal(release()), ("R-4-03", Refused::AlreadyDone));
        assert_eq!(released.refusal(place(order(&[(REVIEW, READABLE)]))), ("R-4-03", Refused::AlreadyDone));
    }

    #[test]
    fn what_a_key_seals_is_what_is_held() {
        for data in [REVIEW, BUYER] {
            assert_eq!(HeldData::of(&data.subject()), Some(data));
        }
        for other in ["seller-00000000-0000-0000-0000-000000000001", "review-1", "buyer"] {
            assert_eq!(HeldData::of(&Subject(other.into())), None, "{other}");
        }
    }
}
