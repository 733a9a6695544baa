//! Who may use a field. What a guard lets through stands beside the field in the schema, as `@allowed`: clients read it
//! there, and `docs/who-may-read-what.md` is made from it. Whose thing something is, the query or the decision itself asks.

use std::borrow::Cow;

use async_graphql::registry::location_traits::{Directive_At_FIELD_DEFINITION, Directive_At_OBJECT};
use async_graphql::registry::{MetaDirectiveInvocation, Registry};
use async_graphql::{Context, Enum, Error, ErrorExtensions, Guard, Result, TypeDirective};
use domain::metadata::Role;

use crate::auth::Viewer;

/// In which part somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum Asker {
    /// Without a token.
    Anonymous,
    /// A consumer.
    Buyer,
    /// A trader.
    Seller,
    /// Staff who decide on photos, reviews, notices and complaints.
    Moderator,
    /// Staff who publish figures and answer authorities.
    Compliance,
    /// Whoever checks the book.
    Auditor,
    /// Staff who run the marketplace.
    Operator,
}

impl Asker {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Anonymous, Self::Buyer, Self::Seller, Self::Moderator, Self::Compliance, Self::Auditor, Self::Operator];

    /// The part of a request's token. The platform and its nodes by themselves ask nothing, so that their parts open nothing.
    #[must_use]
    pub const fn of(role: Option<Role>) -> Option<Self> {
        match role {
            None => Some(Self::Anonymous),
            Some(Role::Buyer) => Some(Self::Buyer),
            Some(Role::Seller) => Some(Self::Seller),
            Some(Role::Moderator) => Some(Self::Moderator),
            Some(Role::Compliance) => Some(Self::Compliance),
            Some(Role::Auditor) => Some(Self::Auditor),
            Some(Role::Operator) => Some(Self::Operator),
            Some(Role::System | Role::Node) => None,
        }
    }

    /// The role that a token must be for; nothing where none is needed.
    #[must_use]
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Anonymous => None,
            Self::Buyer => Some(Role::Buyer),
            Self::Seller => Some(Role::Seller),
            Self::Moderator => Some(Role::Moderator),
            Self::Compliance => Some(Role::Compliance),
            Self::Auditor => Some(Role::Auditor),
            Self::Operator => Some(Role::Operator),
        }
    }

    /// Its name, as in the schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "ANONYMOUS",
            Self::Buyer => "BUYER",
            Self::Seller => "SELLER",
            Self::Moderator => "MODERATOR",
            Self::Compliance => "COMPLIANCE",
            Self::Auditor => "AUDITOR",
            Self::Operator => "OPERATOR",
        }
    }
}

/// Who may use something: some whatever it is about, some for what is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    any: &'static [Asker],
    own: &'static [Asker],
}

impl Access {
    const fn any(any: &'static [Asker]) -> Self {
        Self { any, own: &[] }
    }

    const fn own(own: &'static [Asker]) -> Self {
        Self { any: &[], own }
    }

    const fn any_and_own(any: &'static [Asker], own: &'static [Asker]) -> Self {
        Self { any, own }
    }

    /// Whether somebody may use something that is theirs, or is not.
    #[must_use]
    pub fn lets(self, viewer: &Viewer, theirs: bool) -> bool {
        Asker::of(viewer.role()).is_some_and(|asker| self.any.contains(&asker) || theirs && self.own.contains(&asker))
    }

    /// Who it lets through, by their names in the schema.
    #[must_use]
    pub fn names(self) -> String {
        let wanted: Vec<&str> = self.any.iter().chain(self.own).map(|asker| asker.name()).collect();
        wanted.join(" or ")
    }
}

/// Buyers, for themselves.
pub const BUYERS: Access = Access::any(&[Asker::Buyer]);
/// Sellers, for themselves.
pub const SELLERS: Access = Access::any(&[Asker::Seller]);
/// The buyer whose it is.
pub const ITS_BUYER: Access = Access::own(&[Asker::Buyer]);
/// The seller whose it is.
pub const ITS_SELLER: Access = Access::own(&[Asker::Seller]);
/// Whoever has a token.
pub const SIGNED_IN: Access =
    Access::any(&[Asker::Buyer, Asker::Seller, Asker::Moderator, Asker::Compliance, Asker::Auditor, Asker::Operator]);
/// Whoever works for the platform, or checks it.
pub const STAFF: Access = Access::any(&[Asker::Moderator, Asker::Compliance, Asker::Auditor, Asker::Operator]);
/// Whoever runs the marketplace.
pub const OPERATORS: Access = Access::any(&[Asker::Operator]);
/// Whoever may decide on a seller or a listing for the platform.
pub const SUPERVISORS: Access = Access::any(&[Asker::Operator, Asker::Compliance]);
/// Whoever looks at photos and reviews.
pub const MODERATORS: Access = Access::any(&[Asker::Moderator]);
/// Whoever looks at reviews, or runs the marketplace.
pub const MODERATORS_AND_OPERATORS: Access = Access::any(&[Asker::Moderator, Asker::Operator]);
/// Whoever answers for figures.
pub const COMPLIANCE: Access = Access::any(&[Asker::Compliance]);
/// Whoever answers for figures or checks them.
pub const FIGURES: Access = Access::any(&[Asker::Compliance, Asker::Auditor]);
/// Whoever may see what stands on a seller's account: the seller whose it is, and whoever answers for it.
pub const LEDGER_READERS: Access = Access::any_and_own(&[Asker::Compliance, Asker::Auditor], &[Asker::Seller]);
/// Whoever has deadlines to keep.
pub const DEADLINE_WATCHERS: Access = Access::any(&[Asker::Moderator, Asker::Compliance]);
/// Whoever checks the book.
pub const AUDITORS: Access = Access::any(&[Asker::Auditor]);
/// The buyer whose it is, or the operator for one.
pub const BUYER_SIDE: Access = Access::any_and_own(&[Asker::Operator], &[Asker::Buyer]);
/// A buyer for themselves, or staff who forget one on request.
pub const FORGETTERS: Access = Access::any_and_own(&[Asker::Operator, Asker::Compliance], &[Asker::Buyer]);
/// The seller whose it is, or the operator for one.
pub const SELLER_SIDE: Access = Access::any_and_own(&[Asker::Operator], &[Asker::Seller]);
/// A seller for what is theirs, or staff.
pub const REMOVERS: Access = Access::any_and_own(&[Asker::Operator, Asker::Compliance], &[Asker::Seller]);
/// Either side of an order, or the operator.
pub const ORDER_SIDES: Access = Access::any_and_own(&[Asker::Operator], &[Asker::Buyer, Asker::Seller]);
/// Whoever may see an order: its buyer and its sellers, and staff but for moderators, who decide without knowing who
/// bought and who sold (R-3.4-08).
pub const ORDER_READERS: Access =
    Access::any_and_own(&[Asker::Compliance, Asker::Auditor, Asker::Operator], &[Asker::Buyer, Asker::Seller]);
/// Whoever may see a review that is not online: its author, and staff.
pub const HIDDEN_REVIEW_READERS: Access =
    Access::any_and_own(&[Asker::Moderator, Asker::Compliance, Asker::Auditor, Asker::Operator], &[Asker::Buyer]);
/// Whoever a decision can restrict, for what restricts them.
pub const RESTRICTED: Access = Access::own(&[Asker::Buyer, Asker::Seller]);
/// Whoever may contest a decision: whoever it restricts, and whoever has the id of a notice that led to nothing, which
/// its sender alone was given.
pub const COMPLAINANTS: Access = Access::own(&Asker::ALL);
/// Whoever may end a dispute: its buyer, or staff by the parties' or the body's word.
pub const DISPUTE_CLOSERS: Access = Access::any_and_own(&[Asker::Operator, Asker::Compliance], &[Asker::Buyer]);

/// Whoever may read what a dispute is about: its sides, and staff who may end it.
pub const DISPUTE_READERS: Access =
    Access::any_and_own(&[Asker::Operator, Asker::Compliance], &[Asker::Buyer, Asker::Seller]);

/// Who may use a field, or what the fields of a type say; everybody where nothing is said.
#[TypeDirective(location = "FieldDefinition", location = "Object")]
fn allowed(
    #[graphql(desc = "Whoever may, whatever it is about.")] roles: Option<Vec<Asker>>,
    #[graphql(desc = "Whoever may for what is theirs only.")] own: Option<Vec<Asker>>,
) {
}

/// Says in the schema what a guard lets through: `guard = "Only(X)", directive = Allowed::apply(X)`.
#[derive(Debug, Clone, Copy)]
pub struct Allowed;

impl Allowed {
    /// The directive of a field or a type.
    #[must_use]
    pub fn apply(access: Access) -> MetaDirectiveInvocation {
        let some = |askers: &[Asker]| (!askers.is_empty()).then(|| askers.to_vec());
        allowed::apply(some(access.any), some(access.own))
    }
}

impl TypeDirective for Allowed {
    fn name(&self) -> Cow<'static, str> {
        allowed.name()
    }

    fn register(&self, registry: &mut Registry) {
        allowed.register(registry);
    }
}

impl Directive_At_FIELD_DEFINITION for Allowed {}
impl Directive_At_OBJECT for Allowed {}

/// Lets only these through. Whose something is, it does not know: what comes after it asks.
#[derive(Debug, Clone, Copy)]
pub struct Only(pub Access);

impl Guard for Only {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        let viewer = ctx.data_unchecked::<Viewer>();
        if self.0.lets(viewer, true) {
            return Ok(());
        }
        let you = viewer.role().map_or_else(
            || "the request has no token; send `Authorization: Bearer <token>`".to_owned(),
            |role| format!("the token is for {}", role.name().to_uppercase()),
        );
        Err(coded("FORBIDDEN", format!("this needs the role {}, but {you}", self.0.names())))
    }
}

/// An error with a stable code that a client can act on.
#[must_use]
pub fn coded(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}
