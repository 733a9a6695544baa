//! Every kind of mail.
//!
//! A letter has the data that its words need, typed, and no other: no name of the recipient, no address, nothing that
//! the recipient does not have to be told. Texts are shown as they are, whatever they contain: a template escapes them,
//! and a line feed is a space. Titles and explanations are in the language in which they were written.

use chrono::{DateTime, Utc};
use domain::authority::AuthorityOrderEffect;
use domain::criterion::Criterion;

use super::{Link, StatementOfReasons};

/// A mail, before anybody said in which language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// To a buyer, about a week after delivery.
    ReviewInvitation(ReviewInvitation),
    /// To a buyer or a seller, at once when they are restricted.
    StatementOfReasons(StatementOfReasons),
    /// To a buyer, before anything is blocked.
    BuyerWarned(BuyerWarned),
    /// To a buyer whose account is open again.
    BuyerUnblocked,
    /// To whoever complained.
    ComplaintReceived(ComplaintReceived),
    /// To whoever complained.
    ComplaintDecided(ComplaintDecided),
    /// To whoever gave notice.
    NoticeReceived(NoticeReceived),
    /// To whoever gave notice.
    NoticeDecided(NoticeDecided),
    /// To everyone who bought a product that turned out to be dangerous or illegal.
    DangerousProduct(DangerousProduct),
    /// To whoever wrote to the authorities' contact point and is none.
    AuthorityMessageRefused(AuthorityMessageRefused),
    /// To an authority that wrote in another language than the contact point's.
    AuthorityLanguageNotice(AuthorityLanguageNotice),
    /// To an authority.
    AuthorityOrderReceived(AuthorityOrderReceived),
    /// To an authority.
    AuthorityOrderExecuted(AuthorityOrderExecuted),
    /// To a buyer who asked for something to be forgotten, while a legal hold keeps it.
    ErasureDeferred(KeptForNow),
}

/// A buyer is asked for a review (R-3.1-05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewInvitation {
    /// The product's title.
    pub product: String,
    /// The order's number.
    pub order: String,
    /// Where the review is written.
    pub review: Link,
}

/// A buyer broke the rules for reviews, and is told what a next time can lead to (R-3.4-11, DSA art. 23(1)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyerWarned {
    /// Against which criteria; at least one.
    pub criteria: Vec<Criterion>,
    /// The facts, in words.
    pub explanation: String,
}

/// A complaint arrived (DSA art. 20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplaintReceived {
    /// The complaint's number.
    pub complaint: String,
}

/// A complaint is decided, with reasons (DSA art. 20(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplaintDecided {
    /// The complaint's number.
    pub complaint: String,
    /// What became of the decision complained about.
    pub outcome: ComplaintOutcome,
    /// Why, in words.
    pub reasons: String,
}

/// What becomes of a decision after a complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ComplaintOutcome {
    /// It stands.
    Upheld,
    /// A part of it is taken back.
    PartiallyReversed,
    /// It is taken back.
    Reversed,
}

/// A notice arrived (DSA art. 16(4)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeReceived {
    /// The notice's number.
    pub notice: String,
}

/// A notice is decided (DSA art. 16(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeDecided {
    /// The notice's number.
    pub notice: String,
    /// Whether anything was restricted because of it.
    pub action_taken: bool,
    /// Why, in words.
    pub reasons: String,
    /// Who gave notice can contest the decision too.
    pub redress: Redress,
}

/// How a decision can be contested (DSA art. 20 and 21; P2B art. 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redress {
    /// The complaint form.
    pub complaint_form: Link,
    /// The instant at which the form closes, six months after the recipient was told (DSA art. 20(1)).
    pub open_until: DateTime<Utc>,
}

/// A product that was sold is dangerous or illegal (R-2.2-06, DSA art. 32).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DangerousProduct {
    /// The product's title.
    pub product: String,
    /// The order's number.
    pub order: String,
    /// What is wrong with it.
    pub hazard: Hazard,
    /// Why, in words.
    pub why: String,
    /// Who sold it.
    pub trader: Trader,
    /// Where the buyer asks for help on the order.
    pub help: Link,
}

/// What can be wrong with a product as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hazard {
    /// It endangers health, safety or the environment.
    Dangerous,
    /// Trade in it is prohibited or illegal.
    Illegal,
}

/// Who a trader is, as buyers are told (DSA art. 32(1)(b)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trader {
    /// The legal name.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// The e-mail address.
    pub email: String,
}

/// The contact point is for authorities only (R-4-01, DSA art. 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityMessageRefused {
    /// The form by which customers and anyone else reach the platform.
    pub contact_form: Link,
}

/// The contact point reads English and French (R-4-02, DSA art. 11(3)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityLanguageNotice {
    /// The number under which an order was registered all the same; nothing when the message was no order.
    pub order: Option<String>,
}

/// How an authority recognises an order of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownAs {
    /// By its own reference.
    Reference(String),
    /// By the legal basis, where no reference was noted.
    LegalBasis(String),
}

/// An order arrived (R-4-03, DSA art. 9 and 10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityOrderReceived {
    /// The order's number on the platform.
    pub order: String,
    /// How the authority recognises it.
    pub known_as: KnownAs,
    /// When it arrived.
    pub received: DateTime<Utc>,
}

/// An order was answered: whether effect was given to it, and which (R-4-03, DSA art. 9(1) and 10(1)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityOrderExecuted {
    /// The order's number on the platform.
    pub order: String,
    /// How the authority recognises it.
    pub known_as: KnownAs,
    /// How far effect was given to it.
    pub effect: AuthorityOrderEffect,
    /// When it was, or when it was found that it could not be.
    pub executed: DateTime<Utc>,
    /// What was done, or why nothing was, in words.
    pub explanation: String,
}

/// What was asked to be forgotten and is kept as long as the law obliges the platform to (R-3.3-02, GDPR art. 12(4) and
/// 17(3)(b)). Nobody is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptForNow {
    /// A review, with its photos.
    Review {
        /// The title of its product.
        product: String,
    },
    /// Who the buyer is.
    Account,
}
