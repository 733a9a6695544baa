//! Who did it and why: what stands beside every event's payload.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::CommandId;

/// The part in which somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
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
    /// Another node of the platform, which appends what its own commands decided. It says who it is; what it appends says
    /// who acted.
    Node,
    /// The platform by itself: a reactor, an import.
    System,
}

impl Role {
    /// All that a person can act in.
    pub const OF_PEOPLE: [Self; 6] =
        [Self::Buyer, Self::Seller, Self::Moderator, Self::Compliance, Self::Auditor, Self::Operator];

    /// All that a token can be held for.
    pub const OF_TOKENS: [Self; 7] =
        [Self::Buyer, Self::Seller, Self::Moderator, Self::Compliance, Self::Auditor, Self::Operator, Self::Node];

    /// Its name, as in tokens and metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Seller => "seller",
            Self::Moderator => "moderator",
            Self::Compliance => "compliance",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Node => "node",
            Self::System => "system",
        }
    }
}

/// Who caused an event: a part, and a pseudonym.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// In which part.
    pub role: Role,
    /// By which pseudonym.
    pub id: String,
}

impl Actor {
    /// The platform by itself.
    #[must_use]
    pub fn system(name: &str) -> Self {
        Self { role: Role::System, id: name.to_owned() }
    }

    /// Somebody without an account, whose command the platform takes all the same: a notice, a complaint of a notifier.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::system(ANONYMOUS)
    }

    /// Whether it is somebody without an account.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.role == Role::System && self.id == ANONYMOUS
    }
}

/// How the book names whoever has no account.
const ANONYMOUS: &str = "anonymous";

/// An event's metadata, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// When it happened in the world.
    pub occurred_at: DateTime<Utc>,
    /// Who caused it.
    pub actor: Actor,
    /// The command that it answers.
    pub command_id: CommandId,
    /// The event that caused the command, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<Uuid>,
    /// What ties a whole business transaction together; the first command's id where nothing else is said.
    pub correlation_id: Uuid,
    /// The version of the payload's schema.
    pub schema: u16,
}
