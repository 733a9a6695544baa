//! Mails: what somebody was told, so that it can be proven (R-3.1-05, R-3.4-09, R-4-01 and wherever the platform writes).
//!
//! A mail is queued with its whole text, sealed with the key of whoever gets it; it is sent, or fails and is tried again,
//! each as an event. Its stream is `mail-<id>`, the id derived from the event that caused it and from whom it goes to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::ids::{AuthorityContactId, BuyerId, NoticeId, SellerId};
use crate::language::Language;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sealed::{Sealed, Subject};

/// To whom a mail goes. The key that seals it is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Recipient {
    /// A buyer.
    Buyer(BuyerId),
    /// A seller.
    Seller(SellerId),
    /// Whoever sent a notice.
    Notifier(NoticeId),
    /// Whoever wrote to the authorities' contact point.
    Authority(AuthorityContactId),
}

impl Recipient {
    /// Whose key seals what is written to them.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject(match self {
            Self::Buyer(id) => format!("buyer-{id}"),
            Self::Seller(id) => format!("seller-{id}"),
            Self::Notifier(id) => format!("notice-{id}"),
            Self::Authority(id) => format!("authority-{id}"),
        })
    }
}

/// What a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MailKind {
    /// An invitation to review (R-3.1-05).
    ReviewInvitation,
    /// A statement of reasons (R-3.4-09, R-2.2-05).
    StatementOfReasons,
    /// A warning before a block (R-3.4-11).
    BuyerWarned,
    /// A block is over (R-3.4-11).
    BuyerUnblocked,
    /// A complaint came in (R-3.4-10).
    ComplaintReceived,
    /// A complaint was decided (R-3.4-10).
    ComplaintDecided,
    /// A notice came in (DSA art. 16(4)).
    NoticeReceived,
    /// A notice was decided (DSA art. 16(5)).
    NoticeDecided,
    /// A dangerous or illegal product was bought (R-2.2-06).
    DangerousProduct,
    /// This contact point is for authorities (R-4-01).
    AuthorityMessageRefused,
    /// Please write in English or French (R-4-02).
    AuthorityLanguageNotice,
    /// An order came in (DSA art. 9(1)).
    AuthorityOrderReceived,
    /// An order was answered (DSA art. 9(1)).
    AuthorityOrderExecuted,
    /// What was asked to be forgotten is kept for now (GDPR art. 12(4)). Since version 2 of [`MailQueued`].
    ErasureDeferred,
}

/// A mail as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailContent {
    /// The address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// A mail was written. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailQueued {
    /// To whom.
    pub recipient: Recipient,
    /// What it is.
    pub kind: MailKind,
    /// In which language.
    pub language: Language,
    /// What it says.
    pub content: Sealed<MailContent>,
}

/// The mail was handed to the mail server. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailSent {
    /// How often it had been tried.
    pub attempt: u32,
}

/// The mail could not be handed over. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailFailed {
    /// How often it had been tried.
    pub attempt: u32,
    /// What the mail server said, or what kept it from being asked; no personal data.
    pub reason: String,
    /// When it is tried again; never where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<DateTime<Utc>>,
}

/// What can happen to a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailEvent {
    /// See [`MailQueued`].
    MailQueued(MailQueued),
    /// See [`MailSent`].
    MailSent(MailSent),
    /// See [`MailFailed`].
    MailFailed(MailFailed),
}

/// What can be asked of a mail.
#[derive(Debug, Clone)]
pub enum MailCommand {
    /// Write it.
    Queue {
        /// To whom.
        recipient: Recipient,
        /// What it is.
        kind: MailKind,
        /// In which language.
        language: Language,
        /// What it says.
        content: MailContent,
    },
    /// Note that it was handed over.
    RecordSent,
    /// Note that it was not.
    RecordFailed {
        /// Why; no personal data.
        reason: String,
        /// When to try again.
        retry_at: Option<DateTime<Utc>>,
    },
}

/// A mail.
#[derive(Debug, Clone, Default)]
pub enum Mail {
    /// Not written.
    #[default]
    Unknown,
    /// To be handed over.
    Waiting {
        /// As it was written.
        queued: Box<MailQueued>,
        /// How often it was tried.
        attempts: u32,
        /// Not before this moment.
        not_before: DateTime<Utc>,
    },
    /// Handed over.
    Sent,
    /// Given up.
    GivenUp,
}

impl Aggregate for Mail {
    const CATEGORY: &'static str = "mail";
    type Command = MailCommand;
    type Event = MailEvent;

    fn decide(&self, command: MailCommand, _: &Context<'_>) -> Result<Vec<MailEvent>, Refusal> {
        const RULE: Rule = Rule("R-0-04");
        let attempt = match self {
            Self::Waiting { attempts, .. } => Some(attempts + 1),
            Self::Unknown | Self::Sent | Self::GivenUp => None,
        };
        let waiting =
            || attempt.ok_or_else(|| Refusal::new(RULE, Refused::AlreadyDone, "mailId", "this mail waits no longer"));
        match command {
            MailCommand::Queue { recipient, kind, language, content } => {
                require(matches!(self, Self::Unknown), RULE, Refused::AlreadyDone, "mailId", || {
                    "this mail was written already".to_owned()
                })?;
                let content = Sealed::new(recipient.subject().0, content);
                Ok(vec![MailQueued { recipient, kind, language, content }.into()])
            }
            MailCommand::RecordSent => Ok(vec![MailSent { attempt: waiting()? }.into()]),
            MailCommand::RecordFailed { reason, retry_at } => {
                Ok(vec![MailFailed { attempt: waiting()?, reason, retry_at }.into()])
            }
        }
    }

    fn evolve(&mut self, event: &MailEvent, occurred_at: DateTime<Utc>) {
        match (event, &mut *self) {
            (MailEvent::MailQueued(queued), _) => {
                *self = Self::Waiting { queued: Box::new(queued.clone()), attempts: 0, not_before: occurred_at };
            }
            (MailEvent::MailSent(_), _) => *self = Self::Sent,
            (MailEvent::MailFailed(failed), Self::Waiting { attempts, not_before, .. }) => match failed.retry_at {
                Some(retry_at) => (*attempts, *not_before) = (failed.attempt, retry_at),
                None => *self = Self::GivenUp,
            },
            (MailEvent::MailFailed(_), Self::Unknown | Self::Sent | Self::GivenUp) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{at, given};
    use uuid::Uuid;

    fn queue() -> MailCommand {
        MailCommand::Queue {
            recipient: Recipient::Buyer(BuyerId(Uuid::from_u128(1))),
            kind: MailKind::ReviewInvitation,
            language: "nl".parse().unwrap(),
            content: MailContent {
                to: "jo@example.eu".into(),
                subject: "Uw mening".into(),
                text: "…".into(),
                html: "…".into(),
            },
        }
    }

    #[test]
    fn r_3_4_09_what_was_told_is_kept_sealed_with_the_recipients_key() {
        let events = given::<Mail>().when(queue()).unwrap();
        let MailEvent::MailQueued(queued) = &events[0] else { panic!("{events:?}") };
        assert_eq!(queued.content.subject().0, format!("buyer-{}", Uuid::from_u128(1)));
        assert_eq!(given::<Mail>().after(queue()).refusal(queue()), ("R-0-04", Refused::AlreadyDone));
    }

    #[test]
    fn r_0_04_a_mail_is_tried_until_it_is_sent_or_given_up() {
        let failed = |retry_at: Option<&str>| MailCommand::RecordFailed {
            reason: "connection refused".into(),
            retry_at: retry_at.map(at),
        };
        let tried = given::<Mail>().after(queue()).after(failed(Some("2026-01-01T12:05:00Z")));
        assert!(
            matches!(tried.state(), Mail::Waiting { attempts: 1, not_before, .. } if *not_before == at("2026-01-01T12:05:00Z"))
        );
        let sent = tried.clone().after(MailCommand::RecordSent);
        assert!(matches!(sent.state(), Mail::Sent));
        assert_eq!(sent.refusal(MailCommand::RecordSent), ("R-0-04", Refused::AlreadyDone));
        let given_up = tried.after(failed(None));
        assert!(matches!(given_up.state(), Mail::GivenUp));
        assert_eq!(given_up.refusal(failed(None)), ("R-0-04", Refused::AlreadyDone));
    }
}
