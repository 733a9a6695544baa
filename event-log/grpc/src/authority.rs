//! Who may read and who may append.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use tonic::metadata::MetadataMap;

use crate::refusal::Refusal;

/// What somebody may do; each includes what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Access {
    /// Nothing.
    #[default]
    Nothing,
    /// Read and follow.
    Read,
    /// Append.
    Append,
}

/// What a client sent to say who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `Bearer`: a token.
    Token(String),
    /// `Basic`: what stands before the host in a connection string.
    Password {
        /// The name.
        user: String,
        /// What goes with it.
        password: String,
    },
}

/// What somebody may do, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What.
    pub access: Access,
    /// Until when; nothing for as long as they like.
    pub until: Option<DateTime<Utc>>,
}

/// Whoever knows credentials.
pub trait Authority: Send + Sync + 'static {
    /// What these credentials allow.
    ///
    /// # Errors
    /// A sentence for whoever sent credentials that do not hold.
    fn grant(&self, credentials: &Credentials) -> Result<Grant, String>;
}

/// Lets a call through, or says why not. Where everybody may do it, nobody is asked who they are: clients without TLS
/// send no credentials, and those with a connection string from elsewhere send some that mean nothing here.
pub(crate) fn guard(
    authority: &dyn Authority,
    anonymous: Access,
    metadata: &MetadataMap,
    needed: Access,
) -> Result<Grant, Refusal> {
    if anonymous >= needed {
        return Ok(Grant { access: anonymous, until: None });
    }
    let Some(header) = metadata.get("authorization") else {
        return Err(Refusal::Unauthenticated(
            "say who you are: a token as `authorization: Bearer`, or esdb://SUBJECT:TOKEN@HOST in the connection string"
                .to_owned(),
        ));
    };
    let credentials = read(header.to_str().unwrap_or_default()).ok_or_else(|| {
        Refusal::Unauthenticated("the authorization can't be read; it is `Bearer TOKEN` or `Basic …`".to_owned())
    })?;
    let grant = authority.grant(&credentials).map_err(Refusal::Unauthenticated)?;
    if grant.access >= needed {
        return Ok(grant);
    }
    let needed = match needed {
        Access::Nothing => "come here",
        Access::Read => "read the book",
        Access::Append => "append to the book",
    };
    Err(Refusal::AccessDenied(format!("this token's role may not {needed}")))
}

fn read(header: &str) -> Option<Credentials> {
    let (scheme, value) = header.split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Credentials::Token(value.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64.decode(value).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some(Credentials::Password { user: user.to_owned(), password: password.to_owned() })
}
