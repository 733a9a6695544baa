//! Mails: what somebody was told, as they see it themselves.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::ids::MailId;
use domain::mail::{Mail as MailStream, MailContent, MailEvent};
use domain::{Aggregate, Event, EventKind};
use event_log::{Direction, StreamName};
use projections::mails::MailRow;

use super::node::global;
use super::platform::{instant, platform};
use super::user_error::query_error;
use crate::{ApiError, Book, commands};

/// What a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::mail::MailKind")]
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
    /// What was asked to be forgotten is kept for now (GDPR art. 12(4)).
    ErasureDeferred,
}

/// Whether a mail got there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::mails::MailStatus")]
pub enum MailStatus {
    /// It is to be handed to the mail server.
    Waiting,
    /// The mail server has it.
    Sent,
    /// It was given up.
    Failed,
}

/// What a mail says.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct MailText {
    /// The subject line.
    subject: String,
    /// The text.
    text: String,
}

/// A mail to whoever asks.
#[derive(Debug, Clone)]
pub struct Mail {
    id: MailId,
    row: MailRow,
}

impl Mail {
    /// A mail at hand, for its recipient only.
    #[must_use]
    pub const fn new(id: MailId, row: MailRow) -> Self {
        Self { id, row }
    }
}

/// A mail to whoever asks.
#[Object(serial)]
impl Mail {
    /// The global id.
    async fn id(&self) -> ID {
        global(self.id)
    }

    /// What it is.
    async fn kind(&self) -> MailKind {
        self.row.kind.into()
    }

    /// In which language, BCP 47.
    async fn language(&self) -> &str {
        self.row.language.code()
    }

    /// Whether it got there.
    async fn status(&self) -> MailStatus {
        self.row.status.into()
    }

    /// How often it was tried.
    async fn attempts(&self) -> u32 {
        self.row.attempts
    }

    /// When it was written.
    async fn queued_at(&self) -> DateTime<Utc> {
        instant(self.row.queued_at)
    }

    /// When the mail server took it.
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.row.sent_at.map(instant)
    }

    /// When it could not be handed over last.
    async fn failed_at(&self) -> Option<DateTime<Utc>> {
        self.row.failed_at.map(instant)
    }

    /// What it says, opened from the book; nothing once its recipient was forgotten.
    #[graphql(complexity = "20 + child_complexity")]
    async fn content(&self, ctx: &Context<'_>) -> Result<Option<MailText>> {
        let content = content(&platform(ctx).book, self.id).await.map_err(query_error)?;
        Ok(content.map(|MailContent { subject, text, .. }| MailText { subject, text }))
    }
}

async fn content(book: &Book, id: MailId) -> Result<Option<MailContent>, ApiError> {
    let stream = StreamName::new(MailStream::stream(id.0))?;
    let first = book.log().read_stream(&stream, None, Direction::Forwards, 1).await?;
    let Some(record) = first.first() else { return Ok(None) };
    let Event::Mail(MailEvent::MailQueued(queued)) = commands::decode(record)? else { return Ok(None) };
    book.open(EventKind::MailQueued, &queued.content).await
}
