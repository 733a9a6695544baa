//! Where mail comes from and where it goes, as the operator says it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use url::Url;

use super::transport::DEADLINE;
use crate::ApiError;

/// RFC 5321: mail between servers, without a password.
const SMTP_PORT: u16 = 25;

/// RFC 6409: mail from a program to its own server, made secure by STARTTLS.
const SUBMISSION_PORT: u16 = 587;

/// RFC 8314: the same, secure from the first byte.
const SUBMISSIONS_PORT: u16 = 465;

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Who mail is from. The domain also names the platform to mail servers.
    pub from: Mailbox,
    /// Where mail goes.
    pub to: Destination,
    /// How long a mail may take.
    pub deadline: Duration,
}

impl MailSettings {
    /// Reads the settings `mail.from`, as in `Marktboek <no-reply@shop.example>`, and `mail.to`, which is one of
    ///
    /// - `maildir:/var/spool/marktboek`: a directory in which another program, or a person, finds it;
    /// - `smtps://user:password@host`: a mail server, secure from the first byte (port 465);
    /// - `smtp+starttls://user:password@host`: a mail server, made secure by STARTTLS or not used (port 587);
    /// - `smtp://host`: a mail server on the same machine or in the same trusted network (port 25).
    ///
    /// A user and a password are optional, and percent-encoded; a port after the host is taken instead of the usual one.
    ///
    /// # Errors
    /// Names the setting, and what would mend it. A password is never repeated.
    pub fn parse(from: &str, to: &str) -> Result<Self, ApiError> {
        let from = from.parse().map_err(|_| {
            ApiError::Usage(format!(
                "mail.from is a name and an address, as in Marktboek <no-reply@shop.example>, not {from:?}"
            ))
        })?;
        let to = to.parse().map_err(|reason: &str| ApiError::Usage(format!("mail.to: {reason}")))?;
        Ok(Self { from, to, deadline: DEADLINE })
    }
}

/// Where mail goes.
#[derive(Debug, Clone)]
pub enum Destination {
    /// A maildir.
    Maildir(PathBuf),
    /// A mail server.
    Smtp(MailServer),
}

/// A mail server, and how to talk to it.
#[derive(Clone)]
pub struct MailServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
}

/// How a connection is kept from being read and changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// Not at all.
    None,
    /// By STARTTLS before anything else, or there is no connection.
    StartTls,
    /// By TLS from the first byte.
    Tls,
}

impl FromStr for Destination {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "it is maildir:DIRECTORY, smtps://USER:PASSWORD@HOST, smtp+starttls://USER:PASSWORD@HOST \
                              or smtp://HOST, each host with :PORT where that is not the usual one";
        if let Some(directory) = text.strip_prefix("maildir:") {
            return if directory.is_empty() { Err(WANTED) } else { Ok(Self::Maildir(directory.into())) };
        }
        let url = Url::parse(text).map_err(|_| WANTED)?;
        let (security, usual_port) = match url.scheme() {
            "smtp" => (Security::None, SMTP_PORT),
            "smtp+starttls" => (Security::StartTls, SUBMISSION_PORT),
            "smtps" => (Security::Tls, SUBMISSIONS_PORT),
            _ => return Err(WANTED),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(WANTED)?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("nothing follows the mail server's host and port");
        }
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some(Credentials::new(decoded(user)?, decoded(password)?)),
            _ => return Err("a mail server that wants a user wants a password too: USER:PASSWORD@HOST"),
        };
        if credentials.is_some() && security == Security::None {
            return Err("smtp:// would send the password in the clear; use smtps:// or smtp+starttls://");
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port().unwrap_or(usual_port);
        Ok(Self::Smtp(MailServer { host, port, security, credentials }))
    }
}

/// A user or password as it was before it was made part of a URL.
fn decoded(part: &str) -> Result<String, &'static str> {
    percent_encoding::percent_decode_str(part)
        .decode_utf8()
        .map(String::from)
        .map_err(|_| "the user and the password are percent-encoded UTF-8")
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mail server {}:{}", self.host, self.port)
    }
}

/// Without the password.
impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({}:{}, {:?})", self.host, self.port, self.security)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "Marktboek <no-reply@shop.example>";

    fn server(to: &str) -> MailServer {
        match MailSettings::parse(FROM, to).unwrap().to {
            Destination::Smtp(server) => server,
            Destination::Maildir(directory) => panic!("a server, not {}", directory.display()),
        }
    }

    fn error(from: &str, to: &str) -> String {
        MailSettings::parse(from, to).unwrap_err().to_string()
    }

    #[test]
    fn a_destination_is_a_directory_or_a_server_with_its_usual_port() {
        let maildir = MailSettings::parse(FROM, "maildir:some/where").unwrap().to;
        assert!(matches!(maildir, Destination::Maildir(directory) if directory.ends_with("some/where")));
        let read = |to| {
            let MailServer { host, port, security, .. } = server(to);
            (host, port, security)
        };
        assert_eq!(read("smtp://127.0.0.1"), ("127.0.0.1".to_owned(), 25, Security::None));
        assert_eq!(read("smtp://[::1]:2525"), ("::1".to_owned(), 2525, Security::None));
        assert_eq!(read("smtp+starttls://m.example"), ("m.example".to_owned(), 587, Security::StartTls));
        assert_eq!(read("smtps://a%40b:p%2Fw@m.example"), ("m.example".to_owned(), 465, Security::Tls));
        let expected = Credentials::new("a@b".to_owned(), "p/w".to_owned());
        assert_eq!(server("smtps://a%40b:p%2Fw@m.example").credentials, Some(expected));
    }

    #[test]
    fn what_is_wrong_is_said_by_the_settings_name_and_no_password_is_repeated() {
        assert!(error("nobody", "maildir:x").starts_with("mail.from is a name and an address"));
        for bad in ["", "maildir:", "pop3://h", "smtps://", "smtps://u@h", "smtps://u:secret@h/x", "smtp://u:secret@h"]
        {
            let error = error(FROM, bad);
            assert!(error.starts_with("mail.to: ") && !error.contains("secret"), "{bad}: {error}");
        }
        let debug = format!("{:?}", server("smtps://user:secret@m.example"));
        assert_eq!(debug, "MailServer(m.example:465, Tls)");
    }
}
