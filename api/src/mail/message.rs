//! From what was rendered to what goes over the wire (RFC 5322, MIME).

use std::fmt;

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartKind, SinglePart};
use uuid::Uuid;

use super::{Rendered, SendError};

/// A mail to one recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    id: Uuid,
    written: DateTime<Utc>,
    to: Address,
    rendered: Rendered,
}

impl Message {
    /// A mail with an id of its own, written at a moment: the same of both at every attempt, so that all attempts send
    /// the same bytes and whoever gets two of them can tell.
    ///
    /// # Errors
    /// [`SendError::Address`], which is permanent.
    pub fn new(id: Uuid, written: DateTime<Utc>, to: &str, rendered: Rendered) -> Result<Self, SendError> {
        let to = to.trim().parse().map_err(|error| SendError::Address { reason: what_is_wrong(&error) })?;
        Ok(Self { id, written, to, rendered })
    }

    /// The mail's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    pub(super) const fn to(&self) -> &Address {
        &self.to
    }

    /// The mail as it is sent: both parts, and the headers that say who wrote it, when, and that a program did
    /// (RFC 3834), so that no vacation notice answers it.
    pub(super) fn wire(&self, from: &Mailbox) -> lettre::Message {
        // The boundary is derived like everything else; a body is encoded, and nobody can put the id of a mail into
        // the mail before it is written.
        let parts = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(self.id.simple().to_string())
            .singlepart(SinglePart::plain(self.rendered.text.clone()))
            .singlepart(SinglePart::html(self.rendered.html.clone()));
        let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        lettre::Message::builder()
            .message_id(Some(format!("<{}@{}>", self.id, from.email.domain())))
            .date(self.written.into())
            .from(from.clone())
            .to(Mailbox::new(None, self.to.clone()))
            .subject(self.rendered.subject.clone())
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", self.rendered.language.code()))
            .multipart(parts)
            // The only thing that is ever missing is a sender or a recipient, and both are set above.
            .expect("a mail with a sender and a recipient")
    }
}

/// Without the recipient and the words, which are personal data.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("written", &self.written).finish_non_exhaustive()
    }
}

const fn what_is_wrong(error: &lettre::address::AddressError) -> &'static str {
    use lettre::address::AddressError;
    match error {
        AddressError::MissingParts => "something is missing before or after the @",
        AddressError::Unbalanced => "its angle brackets do not match",
        AddressError::InvalidUser => "what stands before the @ can't be a mailbox",
        AddressError::InvalidDomain => "what stands after the @ can't be a domain",
        // The library may add reasons.
        AddressError::InvalidInput | _ => "it can't be read",
    }
}

#[cfg(test)]
mod tests {
    use super::super::MailLanguage;
    use super::*;

    fn rendered(subject: &str) -> Rendered {
        Rendered {
            language: MailLanguage::German,
            subject: subject.to_owned(),
            text: "Schöne Grüße\n".to_owned(),
            html: "<p>Schöne Grüße</p>\n".to_owned(),
        }
    }

    fn message(subject: &str) -> Message {
        let written = "2026-03-01T12:00:00Z".parse().unwrap();
        Message::new(Uuid::from_u128(7), written, "jo@example.eu", rendered(subject)).unwrap()
    }

    fn wire(message: &Message) -> String {
        let from = "Marktboek <no-reply@shop.example>".parse().unwrap();
        String::from_utf8(message.wire(&from).formatted()).unwrap()
    }

    #[test]
    fn the_same_mail_is_the_same_bytes_at_every_attempt_and_says_what_it_is() {
        let sent = wire(&message("Hallo"));
        assert_eq!(sent, wire(&message("Hallo")));
        for header in [
            "Message-ID: <00000000-0000-0000-0000-000000000007@shop.example>\r\n",
            "Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n",
            "From: Marktboek <no-reply@shop.example>\r\n",
            "To: jo@example.eu\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Language: de\r\n",
        ] {
            assert!(sent.contains(header), "{header:?} in\n{sent}");
        }
    }

    #[test]
    fn a_subject_with_line_feeds_adds_no_header_and_no_recipient() {
        let sent = wire(&message("Hi\r\nBcc: x@y.example\r\n\r\n<script>"));
        let (headers, _) = sent.split_once("\r\n\r\n").unwrap();
        assert!(!headers.to_lowercase().lines().any(|line| line.starts_with("bcc")), "{headers}");
        assert!(headers.contains("Content-Language"), "{headers}");
        assert_eq!(message("x").wire(&"a@b.example".parse().unwrap()).envelope().to().len(), 1);
    }

    #[test]
    fn what_is_no_address_is_refused_for_good_without_being_repeated() {
        let written = "2026-03-01T12:00:00Z".parse().unwrap();
        for bad in ["secret", "secret@", "a@b\r\nBcc: secret@y.example", "<secret@y.example"] {
            let error = Message::new(Uuid::nil(), written, bad, rendered("x")).unwrap_err();
            assert!(error.is_permanent() && !error.to_string().contains("secret"), "{error}");
        }
        assert!(!format!("{:?}", message("x")).contains("example"));
    }
}
