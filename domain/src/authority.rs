//! What comes to the contact point for authorities: messages (R-4-01, R-4-02, DSA art. 11) and orders (R-4-03, DSA art. 9
//! and 10).
//!
//! Only authorities of the Member States, the Commission, the Board and market surveillance write there; anybody else is
//! not handled, and is told where to go. It speaks English and French: who writes in another language is told so, but an
//! order is registered all the same and its clock runs (art. 9(2)(c)). An order is answered without delay, "specifying if
//! and when" effect was given; one on the safety of a product has two working days (Reg. (EU) 2023/988 art. 22(4)).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::ids::{AuthorityContactId, StaffId};
use crate::language::Language;
use crate::place::MemberState;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sealed::Sealed;
use crate::text::{line, message};

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SenderKind {
    /// An authority of a Member State.
    MemberStateAuthority,
    /// The European Commission.
    EuropeanCommission,
    /// The European Board for Digital Services.
    BoardForDigitalServices,
    /// A market surveillance authority, on product safety.
    MarketSurveillance,
    /// Anybody else, as a customer.
    NotAnAuthority,
}

/// What was written, and where the answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    /// The sender's e-mail address.
    pub email: String,
    /// The text.
    pub text: String,
}

/// An authority wrote. Noted by compliance staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityMessageReceived {
    /// Who writes.
    pub sender: SenderKind,
    /// The authority's name.
    pub authority: String,
    /// In which language.
    pub language: Language,
    /// What was written.
    pub letter: Sealed<Letter>,
}

/// Somebody else wrote; nothing is done but telling them where to go (R-4-01). Noted by compliance staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityMessageRefused {
    /// In which language the sender is written to.
    pub language: Language,
    /// What was written.
    pub letter: Sealed<Letter>,
}

/// An authority wrote in a language that the contact point does not speak, and is told so (R-4-02). In the same append
/// as what it wrote; an order is registered all the same, and its clock runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityLanguageNotice {
    /// The language in which it wrote.
    pub language: Language,
}

/// What is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthorityOrderKind {
    /// To act against illegal content (DSA art. 9).
    ActAgainstContent,
    /// To act against a dangerous product (Reg. (EU) 2023/988 art. 22).
    ActAgainstProduct,
    /// To give information on recipients (DSA art. 10).
    ProvideInformation,
}

/// Working days within which a dangerous product is acted against (Reg. (EU) 2023/988 art. 22(4)).
const PRODUCT_SAFETY_WORKING_DAYS: u32 = 2;
/// The law says "without undue delay" of all others; this is what the operator holds itself to.
const OTHER_WORKING_DAYS: u32 = 5;

/// An authority gave an order. Noted by compliance staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityOrderReceived {
    /// What is ordered.
    pub kind: AuthorityOrderKind,
    /// The authority that issued it.
    pub authority: String,
    /// Of which Member State.
    pub member_state: MemberState,
    /// On which legal basis.
    pub legal_basis: String,
    /// The authority's own reference, by which it finds the order again; nothing where none was noted, as in version 1.
    pub reference: Option<String>,
    /// In which language.
    pub language: Language,
    /// What it is about: exact addresses (art. 9(2)(a)(iv)).
    pub urls: Vec<String>,
    /// When the authority sent it.
    pub transmitted_at: DateTime<Utc>,
    /// Where the answer goes.
    pub answer_to: Sealed<String>,
    /// Until when it is to be answered; the first instant that is too late.
    pub answer_by: DateTime<Utc>,
}

/// What was done about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthorityOrderEffect {
    /// What it ordered was done.
    Given,
    /// Part of it was done.
    PartlyGiven,
    /// Nothing could be done, as the explanation says.
    NotGiven,
}

/// The order was answered. By compliance staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityOrderExecuted {
    /// What was done.
    pub effect: AuthorityOrderEffect,
    /// When it was done, or when it was found that it could not be.
    pub effective_at: DateTime<Utc>,
    /// In words; no personal data.
    pub explanation: String,
    /// Who answered.
    pub decided_by: StaffId,
}

/// What can happen at the contact point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorityEvent {
    /// See [`AuthorityMessageReceived`].
    AuthorityMessageReceived(AuthorityMessageReceived),
    /// See [`AuthorityMessageRefused`].
    AuthorityMessageRefused(AuthorityMessageRefused),
    /// See [`AuthorityLanguageNotice`].
    AuthorityLanguageNotice(AuthorityLanguageNotice),
    /// See [`AuthorityOrderReceived`].
    AuthorityOrderReceived(AuthorityOrderReceived),
    /// See [`AuthorityOrderExecuted`].
    AuthorityOrderExecuted(AuthorityOrderExecuted),
}

/// An order, as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingOrder {
    /// What is ordered.
    pub kind: AuthorityOrderKind,
    /// The authority that issued it.
    pub authority: String,
    /// Of which Member State.
    pub member_state: MemberState,
    /// On which legal basis.
    pub legal_basis: String,
    /// The authority's own reference, where it gives one; no personal data.
    pub reference: Option<String>,
    /// In which language.
    pub language: Language,
    /// What it is about: exact addresses.
    pub urls: Vec<String>,
    /// When the authority sent it; now where nobody knows.
    pub transmitted_at: Option<DateTime<Utc>>,
    /// The e-mail address where the answer goes.
    pub answer_to: String,
}

/// What can be asked of the contact point.
#[derive(Debug, Clone)]
pub enum AuthorityCommand {
    /// Note a message.
    RecordMessage {
        /// The contact's id; the subject of the key is `authority-<id>`.
        contact: AuthorityContactId,
        /// Who writes.
        sender: SenderKind,
        /// The authority's name; nothing where it is none.
        authority: String,
        /// In which language.
        language: Language,
        /// What was written.
        letter: Letter,
    },
    /// Register an order.
    RecordOrder {
        /// The contact's id; the subject of the key is `authority-<id>`.
        contact: AuthorityContactId,
        /// The order.
        order: IncomingOrder,
    },
    /// Answer the order.
    Execute {
        /// What was done.
        effect: AuthorityOrderEffect,
        /// When; now where nothing is said.
        effective_at: Option<DateTime<Utc>>,
        /// In words.
        explanation: String,
        /// Who answers.
        decided_by: StaffId,
    },
}

/// When an order came in, and until when it is to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Since when it runs.
    pub received_at: DateTime<Utc>,
    /// The first instant that is too late.
    pub answer_by: DateTime<Utc>,
}

/// A contact of an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Authority {
    /// Nothing came in under this id.
    #[default]
    Unknown,
    /// An authority's message, which needs no answer of ours.
    Message,
    /// A message of somebody else, who was told where to go.
    RefusedMessage,
    /// An order that waits for its answer.
    OpenOrder(Clock),
    /// An order that was answered.
    AnsweredOrder,
}

/// The most addresses that an order names.
const MAX_URLS: usize = 1_000;

/// The languages of the contact point (R-4-02).
const LANGUAGES: [&str; 2] = ["en", "fr"];

const ORDER: Rule = Rule("R-4-03");

impl Aggregate for Authority {
    const CATEGORY: &'static str = "authority";
    type Command = AuthorityCommand;
    type Event = AuthorityEvent;

    fn decide(&self, command: AuthorityCommand, context: &Context<'_>) -> Result<Vec<AuthorityEvent>, Refusal> {
        match command {
            AuthorityCommand::RecordMessage { contact, sender, authority, language, letter } => {
                const RULE: Rule = Rule("R-4-01");
                self.is_new(RULE)?;
                let email = address(&letter.email, RULE, "email")?;
                let letter = Letter { email, text: message(&letter.text, RULE, "text")? };
                let letter = Sealed::new(Self::stream(contact.0), letter);
                if sender == SenderKind::NotAnAuthority {
                    return Ok(vec![AuthorityMessageRefused { language, letter }.into()]);
                }
                let authority = line(&authority, RULE, "authority")?;
                Ok(told(AuthorityMessageReceived { sender, authority, language, letter }.into(), language))
            }
            AuthorityCommand::RecordOrder { contact, order } => {
                self.is_new(ORDER)?;
                let transmitted_at = order.transmitted_at.unwrap_or(context.now);
                require(transmitted_at <= context.now, ORDER, Refused::Invalid, "transmittedAt", || {
                    "an order was sent before it came in".to_owned()
                })?;
                let about = (1..=MAX_URLS).contains(&order.urls.len());
                let gives = order.kind == AuthorityOrderKind::ProvideInformation && order.urls.is_empty();
                require(about || gives, ORDER, Refused::Invalid, "urls", || {
                    format!(
                        "an order names 1 to {MAX_URLS} exact addresses (DSA art. 9(2)(a)), not {}",
                        order.urls.len()
                    )
                })?;
                let days = match order.kind {
                    AuthorityOrderKind::ActAgainstProduct => PRODUCT_SAFETY_WORKING_DAYS,
                    AuthorityOrderKind::ActAgainstContent | AuthorityOrderKind::ProvideInformation => {
                        OTHER_WORKING_DAYS
                    }
                };
                let answer_to = address(&order.answer_to, ORDER, "answerTo")?;
                let received = AuthorityOrderReceived {
                    kind: order.kind,
                    authority: line(&order.authority, ORDER, "authority")?,
                    member_state: order.member_state,
                    legal_basis: line(&order.legal_basis, ORDER, "legalBasis")?,
                    reference: order.reference.map(|reference| line(&reference, ORDER, "reference")).transpose()?,
                    language: order.language,
                    urls: order.urls.iter().map(|url| line(url, ORDER, "urls")).collect::<Result<_, _>>()?,
                    transmitted_at,
                    answer_to: Sealed::new(Self::stream(contact.0), answer_to),
                    answer_by: context.policies.holidays.deadline(context.now, days),
                };
                Ok(told(received.into(), order.language))
            }
            AuthorityCommand::Execute { effect, effective_at, explanation, decided_by } => match self {
                Self::OpenOrder(Clock { received_at, .. }) => {
                    let effective_at = effective_at.unwrap_or(context.now);
                    let possible = *received_at <= effective_at && effective_at <= context.now;
                    require(possible, ORDER, Refused::Invalid, "effectiveAt", || {
                        "effect is given after the order came in and not in the future".to_owned()
                    })?;
                    let explanation = line(&explanation, ORDER, "explanation")?;
                    Ok(vec![AuthorityOrderExecuted { effect, effective_at, explanation, decided_by }.into()])
                }
                Self::Unknown | Self::Message | Self::RefusedMessage => {
                    Err(Refusal::new(ORDER, Refused::NotFound, "orderId", "there is no such order of an authority"))
                }
                Self::AnsweredOrder => {
                    Err(Refusal::new(ORDER, Refused::AlreadyDone, "orderId", "this order is answered already"))
                }
            },
        }
    }

    fn evolve(&mut self, event: &AuthorityEvent, occurred_at: DateTime<Utc>) {
        *self = match event {
            AuthorityEvent::AuthorityMessageReceived(_) => Self::Message,
            AuthorityEvent::AuthorityMessageRefused(_) => Self::RefusedMessage,
            AuthorityEvent::AuthorityOrderReceived(event) => {
                Self::OpenOrder(Clock { received_at: occurred_at, answer_by: event.answer_by })
            }
            AuthorityEvent::AuthorityOrderExecuted(_) => Self::AnsweredOrder,
            AuthorityEvent::AuthorityLanguageNotice(_) => return,
        };
    }
}

impl Authority {
    fn is_new(self, rule: Rule) -> Result<(), Refusal> {
        require(self == Self::Unknown, rule, Refused::AlreadyDone, "contactId", || "this is noted already".to_owned())
    }
}

/// What came in, and the word about its language where it needs one.
fn told(received: AuthorityEvent, language: Language) -> Vec<AuthorityEvent> {
    let mut events = vec![received];
    if !LANGUAGES.contains(&language.code()) {
        events.push(AuthorityLanguageNotice { language }.into());
    }
    events
}

fn address(email: &str, rule: Rule, field: &'static str) -> Result<String, Refusal> {
    require(email.contains('@'), rule, Refused::Invalid, field, || {
        format!("{field} is an e-mail address, as in desk@authority.example")
    })?;
    line(email, rule, field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{at, given};
    use uuid::Uuid;

    fn record(sender: SenderKind, language: &str) -> AuthorityCommand {
        AuthorityCommand::RecordMessage {
            contact: AuthorityContactId(Uuid::from_u128(1)),
            sender,
            authority: "DGCCRF".into(),
            language: language.parse().unwrap(),
            letter: Letter { email: "desk@authority.example".into(), text: "Please act.".into() },
        }
    }

    fn order(kind: AuthorityOrderKind, language: &str) -> AuthorityCommand {
        AuthorityCommand::RecordOrder {
            contact: AuthorityContactId(Uuid::from_u128(1)),
            order: IncomingOrder {
                kind,
                authority: "Autoriteit Consument & Markt".into(),
                member_state: "NL".parse().unwrap(),
                legal_basis: "art. 2.7 Whc".into(),
                reference: Some("ACM/UIT/612".into()),
                language: language.parse().unwrap(),
                urls: vec!["https://market.example/reviews/1".into()],
                transmitted_at: None,
                answer_to: "desk@authority.example".into(),
            },
        }
    }

    fn execute(effective_at: Option<&str>) -> AuthorityCommand {
        AuthorityCommand::Execute {
            effect: AuthorityOrderEffect::Given,
            effective_at: effective_at.map(at),
            explanation: "removed".into(),
            decided_by: StaffId("c-1".into()),
        }
    }

    fn names(command: AuthorityCommand) -> Vec<&'static str> {
        let events = given::<Authority>().when(command).unwrap();
        events.into_iter().map(|event| crate::Event::from(event).kind().name()).collect()
    }

    #[test]
    fn r_4_01_only_authorities_are_heard() {
        use SenderKind::{
            BoardForDigitalServices, EuropeanCommission, MarketSurveillance, MemberStateAuthority, NotAnAuthority,
        };
        for sender in [MemberStateAuthority, EuropeanCommission, BoardForDigitalServices, MarketSurveillance] {
            assert_eq!(names(record(sender, "fr")), ["AuthorityMessageReceived"]);
        }
        assert_eq!(names(record(NotAnAuthority, "fr")), ["AuthorityMessageRefused"]);
        let twice = given::<Authority>().after(record(NotAnAuthority, "fr"));
        assert_eq!(twice.refusal(record(NotAnAuthority, "fr")), ("R-4-01", Refused::AlreadyDone));
        assert_eq!(twice.refusal(execute(None)), ("R-4-03", Refused::NotFound));
    }

    #[test]
    fn r_4_02_who_writes_in_another_language_is_told_so_and_an_order_is_registered_all_the_same() {
        assert_eq!(names(record(SenderKind::MarketSurveillance, "en")), ["AuthorityMessageReceived"]);
        assert_eq!(
            names(record(SenderKind::MarketSurveillance, "nl")),
            ["AuthorityMessageReceived", "AuthorityLanguageNotice"]
        );
        let content = AuthorityOrderKind::ActAgainstContent;
        assert_eq!(names(order(content, "fr")), ["AuthorityOrderReceived"]);
        assert_eq!(names(order(content, "nl")), ["AuthorityOrderReceived", "AuthorityLanguageNotice"]);
    }

    #[test]
    fn r_4_03_an_order_has_a_clock_and_is_answered_once() {
        let answer_by = |kind, moment: &str| {
            let events = given::<Authority>().at(moment).when(order(kind, "nl")).unwrap();
            let AuthorityEvent::AuthorityOrderReceived(received) = &events[0] else { panic!("{events:?}") };
            received.answer_by
        };
        // Two working days over a weekend and Easter Monday of 2026, and over the change of the clock.
        let product = AuthorityOrderKind::ActAgainstProduct;
        assert_eq!(answer_by(product, "2026-04-03T10:00:00Z"), at("2026-04-08T22:00:00Z"));
        assert_eq!(answer_by(product, "2026-03-27T10:00:00Z"), at("2026-03-31T22:00:00Z"));
        assert_eq!(
            answer_by(AuthorityOrderKind::ActAgainstContent, "2026-11-02T10:00:00Z"),
            at("2026-11-09T23:00:00Z")
        );
        let open = given::<Authority>().after(order(product, "fr"));
        assert!(open.when(execute(None)).is_ok());
        assert_eq!(open.refusal(execute(Some("2026-01-01T11:59:59Z"))), ("R-4-03", Refused::Invalid));
        assert_eq!(open.refusal(execute(Some("2026-01-01T12:00:01Z"))), ("R-4-03", Refused::Invalid));
        assert_eq!(open.after(execute(None)).refusal(execute(None)), ("R-4-03", Refused::AlreadyDone));
    }

    #[test]
    fn r_4_03_an_order_names_where_and_on_which_basis() {
        let AuthorityCommand::RecordOrder { contact, order } = order(AuthorityOrderKind::ActAgainstContent, "fr")
        else {
            panic!("an order")
        };
        let refused = |order| {
            let refusal = given::<Authority>().when(AuthorityCommand::RecordOrder { contact, order }).unwrap_err();
            (refusal.rule.0, refusal.field)
        };
        assert_eq!(refused(IncomingOrder { urls: Vec::new(), ..order.clone() }), ("R-4-03", "urls"));
        assert_eq!(refused(IncomingOrder { legal_basis: " ".into(), ..order.clone() }), ("R-4-03", "legalBasis"));
        assert_eq!(refused(IncomingOrder { reference: Some(" ".into()), ..order.clone() }), ("R-4-03", "reference"));
        assert_eq!(refused(IncomingOrder { answer_to: "desk".into(), ..order }), ("R-4-03", "answerTo"));
    }
}
