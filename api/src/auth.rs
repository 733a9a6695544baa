//! Who asks: nobody in particular, or somebody in a part, by a token.

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use domain::ids::{BuyerId, CommandId, SellerId, StaffId};
use domain::metadata::{Actor, Role};
use domain::order::Party;
use domain::recording::Cause;
use uuid::Uuid;

use crate::token::Signer;

/// Who asks; nobody in particular without a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Viewer(Option<Identity>);

/// Somebody in a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The part.
    pub role: Role,
    /// By which pseudonym: a buyer's or seller's id, or a name among staff.
    pub subject: String,
    /// The pseudonym as an id, where it is one.
    id: Option<Uuid>,
}

impl Viewer {
    /// Somebody.
    #[must_use]
    pub fn known(role: Role, subject: &str) -> Self {
        Self(Some(Identity { role, subject: subject.to_owned(), id: Uuid::parse_str(subject).ok() }))
    }

    /// Reads the token of a request.
    ///
    /// # Errors
    /// A sentence for whoever sent a token that does not hold.
    pub fn of_request(headers: &HeaderMap, signer: &Signer) -> Result<Self, String> {
        Session::of_request(headers, signer).map(|session| session.viewer)
    }

    /// Who, if anybody.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.0.as_ref()
    }

    /// In which part, if in any.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.identity().map(|who| who.role)
    }

    /// The buyer, where a buyer asks.
    #[must_use]
    pub fn buyer(&self) -> Option<BuyerId> {
        self.identity().filter(|who| who.role == Role::Buyer).and_then(|who| who.id).map(BuyerId)
    }

    /// The seller, where a seller asks.
    #[must_use]
    pub fn seller(&self) -> Option<SellerId> {
        self.identity().filter(|who| who.role == Role::Seller).and_then(|who| who.id).map(SellerId)
    }

    /// In whose part a command on an order is given. Guards let only buyers, sellers and staff come here.
    #[must_use]
    pub fn party(&self) -> Party {
        match (self.buyer(), self.seller()) {
            (Some(buyer), _) => Party::Buyer(buyer),
            (None, Some(seller)) => Party::Seller(seller),
            (None, None) => Party::Platform,
        }
    }

    /// Who decides, where staff do. Guards let only staff come to a decision.
    #[must_use]
    pub fn staff(&self) -> StaffId {
        StaffId(self.identity().map(|who| who.subject.clone()).unwrap_or_default())
    }

    /// A command of theirs.
    #[must_use]
    pub fn cause(&self, command: CommandId) -> Cause {
        let actor =
            self.identity().map_or_else(Actor::anonymous, |who| Actor { role: who.role, id: who.subject.clone() });
        Cause::new(command, actor)
    }
}

/// Who asks on a connection that stays open, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// Who asks.
    pub viewer: Viewer,
    /// When their token ends to hold; nothing without a token.
    pub until: Option<DateTime<Utc>>,
}

impl Session {
    /// Reads the token of a request.
    ///
    /// # Errors
    /// A sentence for whoever sent a token that does not hold.
    pub fn of_request(headers: &HeaderMap, signer: &Signer) -> Result<Self, String> {
        let Some(header) = headers.get(header::AUTHORIZATION) else { return Ok(Self::default()) };
        Self::of_authorization(header.to_str().unwrap_or_default(), signer)
    }

    /// Reads a token, as in `Bearer <token>`.
    ///
    /// # Errors
    /// A sentence for whoever sent a token that does not hold.
    pub fn of_authorization(text: &str, signer: &Signer) -> Result<Self, String> {
        let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, token) = token.ok_or("send the token as `Authorization: Bearer <token>`")?;
        let claims = signer.check(token.trim())?;
        if claims.role == Role::Node {
            return Err(
                "a node's token is for appending by EventStoreDB's protocol; commands are given by people".to_owned()
            );
        }
        let viewer = Viewer::known(claims.role, &claims.sub);
        if matches!(claims.role, Role::Buyer | Role::Seller) && viewer.identity().is_some_and(|who| who.id.is_none()) {
            return Err(format!("a {}'s token names an id as its subject, not {:?}", claims.role.name(), claims.sub));
        }
        // An end that no calendar has is later than any connection lasts.
        Ok(Self { viewer, until: DateTime::from_timestamp(claims.exp, 0) })
    }
}
