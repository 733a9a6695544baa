//! Mail over SMTP (RFC 5321): one connection a mail.
//!
//! The stages are told apart, for they tell whose fault it is: until the server has let us in, a failure says nothing
//! about the mail, whatever the reply's code is; after that, a code of the server's is about this mail, but for those that ask who we are.

use std::fmt;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::send_error::without_address;
use super::settings::{MailServer, Security};
use super::{Message, SendError};
use crate::ApiError;

/// How long one of a server's addresses may take to answer: less than a mail's deadline, so that the next is tried.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a server may take to say goodbye after it took the mail. Nothing depends on what it says.
const GOODBYE: Duration = Duration::from_secs(1);

/// The codes by which a server says, at any stage, that it wants a password, or another or a safer one (RFC 4954 6, RFC
/// 3207 4): permanent by their first digit, but nothing is wrong with the mail.
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

/// A mail server, ready to be talked to.
#[derive(Clone)]
pub(super) struct Smtp {
    server: MailServer,
    tls: Option<TlsParameters>,
    hello: ClientId,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}

impl Smtp {
    /// Reads which certificates the machine trusts.
    pub(super) fn open(server: MailServer, from: &Mailbox) -> Result<Self, ApiError> {
        let tls = match server.security {
            Security::None => None,
            Security::StartTls | Security::Tls => {
                let tls = TlsParameters::new(server.host.clone());
                Some(tls.map_err(|error| ApiError::Usage(format!("mail.to: {server}: {error}")))?)
            }
        };
        let hello = ClientId::Domain(from.email.domain().to_owned());
        Ok(Self { server, tls, hello })
    }

    pub(super) fn name(&self) -> String {
        self.server.to_string()
    }

    /// Sends a mail. It has been taken when this returns without an error.
    pub(super) async fn send(&self, message: &Message, from: &Mailbox) -> Result<(), SendError> {
        let mail = message.wire(from);
        let mut connection = self.enter().await.map_err(|error| SendError::Unavailable {
            server: self.name(),
            reason: without_address(&error.to_string(), message.to()),
        })?;
        let sent = connection.send(mail.envelope(), &mail.formatted()).await;
        sent.map_err(|error| self.about_the_mail(&error, message))?;
        // The mail is taken: a server that hangs now must not make it look as if it were not.
        let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        Ok(())
    }

    /// Connects, makes the connection secure, and says who we are.
    async fn enter(&self) -> Result<AsyncSmtpConnection, Error> {
        let (host, security) = (self.server.host.as_str(), self.server.security);
        let from_the_start = self.tls.clone().filter(|_| security == Security::Tls);
        let address = (host, self.server.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT), &self.hello, from_the_start, None).await?;
        if let Some(tls) = self.tls.clone().filter(|_| security == Security::StartTls) {
            connection.starttls(tls, &self.hello).await?;
        }
        if let Some(credentials) = &self.server.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }

    fn about_the_mail(&self, error: &Error, message: &Message) -> SendError {
        let (server, said) = (self.name(), without_address(&error.to_string(), message.to()));
        // Besides codes, the library itself refuses what this server can't carry, as an address that is not ASCII.
        if error.status().is_some_and(|code| ABOUT_US.contains(&u16::from(code))) {
            SendError::Unavailable { server, reason: said }
        } else if error.is_permanent() || error.is_client() {
            SendError::Refused { server, reply: said }
        } else if error.is_transient() {
            SendError::Deferred { server, reply: said }
        } else {
            SendError::Dropped { server, reason: said }
        }
    }
}
