//! Who may come: whoever has a token of this server whose role may.

use std::sync::Arc;

use chrono::DateTime;
use domain::metadata::Role;
use event_log_grpc::{Access, Authority, Credentials, Grant};

use crate::token::Signer;

/// Knows this server's tokens.
#[derive(Debug, Clone)]
pub struct Tokens(pub Arc<Signer>);

impl Authority for Tokens {
    fn grant(&self, credentials: &Credentials) -> Result<Grant, String> {
        let claims = match credentials {
            Credentials::Token(token) => self.0.check(token)?,
            Credentials::Password { user, password } => {
                let claims = self.0.check(password)?;
                if claims.sub != *user {
                    return Err(format!(
                        "the token is not {user}'s; a connection string has the token's subject and the token, as in \
                         esdb://{}:TOKEN@HOST",
                        claims.sub
                    ));
                }
                claims
            }
        };
        // An end that no calendar has is later than any connection lasts.
        Ok(Grant { access: access(claims.role), until: DateTime::from_timestamp(claims.exp, 0) })
    }
}

/// What a role may do with the book itself. Nobody but another node appends, not even the operator: people's commands
/// go through the rules.
fn access(role: Role) -> Access {
    match role {
        Role::Node => Access::Append,
        Role::Auditor | Role::Compliance | Role::Operator => Access::Read,
        Role::Buyer | Role::Seller | Role::Moderator | Role::System => Access::Nothing,
    }
}
