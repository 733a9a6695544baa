//! What somebody was told by mail: what kind, when, and whether it got there.
//!
//! Read by buyers and sellers, each their own. What a mail says stays sealed in its event.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `m` | mail | [`MailRow`] |
//! | `r` | recipient, when queued (newest first), mail | – |

use chrono::{DateTime, Utc};
use domain::event::{Event, EventKind};
use domain::ids::{AuthorityContactId, BuyerId, MailId, NoticeId, SellerId};
use domain::language::Language;
use domain::mail::{MailEvent, MailKind, Recipient};
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;
use uuid::Uuid;

use crate::ViewError;
use crate::key::{Falling, Key};
use crate::report::{Filter, Report, cell, maybe_moment, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Index, Layout, Table, Value};
use crate::view::{Happened, View};

type RecipientKey = (Recipient, Falling, MailId);

const MAILS: Layout<MailId, MailRow> = Layout::new(b'm');
const BY_RECIPIENT: Layout<RecipientKey, ()> = Layout::new(b'r');

impl Key for Recipient {
    fn write(&self, out: &mut Vec<u8>) {
        let (tag, id) = match self {
            Self::Buyer(id) => (0_u8, id.0),
            Self::Seller(id) => (1, id.0),
            Self::Notifier(id) => (2, id.0),
            Self::Authority(id) => (3, id.0),
        };
        out.push(tag);
        id.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (tag, id) = (u8::read(bytes)?, Uuid::read(bytes)?);
        match tag {
            0 => Some(Self::Buyer(BuyerId(id))),
            1 => Some(Self::Seller(SellerId(id))),
            2 => Some(Self::Notifier(NoticeId(id))),
            3 => Some(Self::Authority(AuthorityContactId(id))),
            _ => None,
        }
    }
}

/// Whether a mail got there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MailStatus {
    /// It is to be handed to the mail server.
    Waiting,
    /// The mail server has it.
    Sent,
    /// It was given up.
    Failed,
}

/// A mail. Instants are microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRow {
    /// To whom.
    pub recipient: Recipient,
    /// What it is.
    pub kind: MailKind,
    /// In which language.
    pub language: Language,
    /// When it was written.
    pub queued_at: i64,
    /// When the mail server took it.
    pub sent_at: Option<i64>,
    /// When it could not be handed over last.
    pub failed_at: Option<i64>,
    /// Whether it got there.
    pub status: MailStatus,
    /// How often it was tried.
    pub attempts: u32,
}

impl Value for MailRow {}

/// The view.
#[derive(Debug)]
pub struct Mails {
    mails: Table<MailId, MailRow>,
    by_recipient: Index<RecipientKey>,
}

impl View for Mails {
    const NAME: &'static str = "mails";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[EventKind::MailQueued, EventKind::MailSent, EventKind::MailFailed];
    const REPORTS: &'static [&'static str] = &["mails"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self { mails: Table::new(MAILS), by_recipient: Index::new(BY_RECIPIENT) })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let (id, at) = (MailId(happened.id), happened.micros());
        let Event::Mail(event) = &happened.event else { return Ok(()) };
        match event {
            MailEvent::MailQueued(queued) => {
                let row = MailRow {
                    recipient: queued.recipient,
                    kind: queued.kind,
                    language: queued.language,
                    queued_at: at,
                    sent_at: None,
                    failed_at: None,
                    status: MailStatus::Waiting,
                    attempts: 0,
                };
                self.mails.put(id, row);
                self.by_recipient.insert(&(queued.recipient, Falling(at), id));
            }
            MailEvent::MailSent(sent) => {
                if let Some(mail) = self.mails.get_mut(rows, &id)? {
                    (mail.status, mail.sent_at, mail.attempts) = (MailStatus::Sent, Some(at), sent.attempt);
                }
            }
            MailEvent::MailFailed(failed) => {
                if let Some(mail) = self.mails.get_mut(rows, &id)? {
                    mail.status = if failed.retry_at.is_some() { MailStatus::Waiting } else { MailStatus::Failed };
                    (mail.failed_at, mail.attempts) = (Some(at), failed.attempt);
                }
            }
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![&self.mails, &self.by_recipient]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.mails, &mut self.by_recipient]
    }

    fn report(rows: &Rows, _: &str, _: &Filter) -> Result<Report, ViewError> {
        let mut report = Report::new(&[
            "recipient",
            "mail",
            "kind",
            "language",
            "status",
            "attempts",
            "queued_at",
            "sent_at",
            "failed_at",
        ]);
        for row in BY_RECIPIENT.scan(rows, &()) {
            let ((recipient, _, id), ()) = row?;
            if let Some(mail) = MAILS.get(rows, &id)? {
                report.rows.push(vec![
                    cell(recipient.subject()),
                    cell(id),
                    serde_json::to_value(mail.kind).unwrap_or_default(),
                    cell(mail.language),
                    serde_json::to_value(mail.status).unwrap_or_default(),
                    Cell::from(mail.attempts),
                    moment(mail.queued_at),
                    maybe_moment(mail.sent_at),
                    maybe_moment(mail.failed_at),
                ]);
            }
        }
        Ok(report)
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct MailsReader<'a>(pub &'a Rows);

/// Where a page of mails begins or ends: opaque outside.
pub type MailCursor = RecipientKey;

impl<'a> MailsReader<'a> {
    /// A mail.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn mail(&self, id: MailId) -> Result<Option<MailRow>, ViewError> {
        MAILS.get(self.0, &id)
    }

    /// What somebody was told, newest first, from the newest or from after a cursor.
    pub fn of_recipient(
        &self,
        recipient: Recipient,
        after: Option<&MailCursor>,
    ) -> impl Iterator<Item = Result<MailCursor, ViewError>> + use<'a> {
        let first = (recipient, Falling(i64::MAX), MailId(Uuid::nil()));
        BY_RECIPIENT.scan_after(self.0, &recipient, after.unwrap_or(&first)).map(|row| row.map(|(key, ())| key))
    }
}
