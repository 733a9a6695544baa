//! What is written is sent, and it is noted that it was, or why it was not (R-3.4-09). A mail that can't be sent is tried
//! again, later and later, and given up in the end.
//!
//! A crash between sending and noting sends the mail twice, with the same Message-ID.
//!
//! When somebody was forgotten, the mails to them that still lie in a maildir are taken back (R-3.3-02). That is done here
//! because what is sent and what is taken back must not overtake each other.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::ids::MailId;
use domain::mail::{Mail, MailCommand, MailContent, MailEvent};
use domain::sealed::Subject;
use domain::subject::SubjectEvent;
use domain::{Aggregate, EventKind};
use event_log::{Direction, StreamName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Reactor, cause, settled};
use crate::commands::decode;
use crate::mail::{Message, Rendered, SendError, Transport, backoff};
use crate::{ApiError, Book};

/// Sends mails.
#[derive(Debug)]
pub struct Mailing {
    transport: Transport,
}

impl Mailing {
    /// Sends by this way.
    #[must_use]
    pub const fn new(transport: Transport) -> Self {
        Self { transport }
    }
}

/// Mails that wait.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Waiting {
    mails: BTreeMap<MailId, Waits>,
    /// Without those that were just tried: the event that says what became of them is on its way.
    by_time: BTreeSet<(DateTime<Utc>, MailId)>,
    /// Who was forgotten since mails were last taken back.
    forgotten: BTreeSet<Subject>,
}

/// A mail that waits.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Waits {
    /// When it was written.
    written: DateTime<Utc>,
    /// Not sent before this moment.
    not_before: DateTime<Utc>,
    /// The event that says so.
    event: Uuid,
}

impl Waiting {
    fn put(&mut self, mail: MailId, waits: Waits) {
        self.take_out(mail);
        self.mails.insert(mail, waits);
        self.by_time.insert((waits.not_before, mail));
    }

    fn take_out(&mut self, mail: MailId) -> Option<Waits> {
        let waits = self.mails.remove(&mail)?;
        self.by_time.remove(&(waits.not_before, mail));
        Some(waits)
    }
}

#[async_trait]
impl Reactor for Mailing {
    const NAME: &'static str = "mailing";
    const VERSION: u32 = 3;
    const WANTS: &'static [EventKind] =
        &[EventKind::MailQueued, EventKind::MailSent, EventKind::MailFailed, EventKind::SubjectKeyDestroyed];
    type State = Waiting;

    fn fold(&self, state: &mut Waiting, fact: &Fact) {
        let (mail, event) = (MailId(fact.id), fact.event_id);
        if let Event::Subject(SubjectEvent::SubjectKeyDestroyed(destroyed)) = &fact.event {
            state.forgotten.insert(destroyed.subject.clone());
        }
        let Event::Mail(happened) = &fact.event else { return };
        match happened {
            MailEvent::MailQueued(_) => state.put(mail, Waits { written: fact.at, not_before: fact.at, event }),
            MailEvent::MailSent(_) => drop(state.take_out(mail)),
            MailEvent::MailFailed(failed) => {
                if let (Some(waits), Some(not_before)) = (state.take_out(mail), failed.retry_at) {
                    state.put(mail, Waits { not_before, event, ..waits });
                }
            }
        }
    }

    async fn act(&self, book: &Book, state: &mut Waiting, now: DateTime<Utc>) -> Result<bool, ApiError> {
        if !state.forgotten.is_empty() {
            self.take_back(book, &state.forgotten).await?;
            state.forgotten.clear();
            return Ok(true);
        }
        let Some((not_before, id)) = state.by_time.first().copied() else { return Ok(false) };
        if not_before > now {
            return Ok(false);
        }
        let Some(waits) = state.mails.get(&id).copied() else { return Ok(false) };
        if let Mail::Waiting { queued, attempts, .. } = book.load::<Mail>(id.0).await? {
            let content: Option<MailContent> = book.open(EventKind::MailQueued, &queued.content).await?;
            let record = match content {
                Some(content) => outcome(self.send(id, waits.written, queued.language, content).await, attempts, now),
                None => {
                    MailCommand::RecordFailed { reason: "whoever it was for was forgotten".to_owned(), retry_at: None }
                }
            };
            let cause = cause(Self::NAME, waits.event, "record-attempt");
            settled(book.execute(id.0, &cause, |_: Mail| ready(Ok(record.clone()))).await)?;
        }
        state.by_time.remove(&(not_before, id));
        Ok(true)
    }
}

impl Mailing {
    /// Deletes the mails to these that still lie with the platform.
    async fn take_back(&self, book: &Book, forgotten: &BTreeSet<Subject>) -> Result<(), ApiError> {
        let mut theirs = BTreeSet::new();
        for mail in self.transport.lying().await? {
            let stream = StreamName::new(Mail::stream(mail))?;
            let first = book.log().read_stream(&stream, None, Direction::Forwards, 1).await?;
            if let Some(Event::Mail(MailEvent::MailQueued(queued))) = first.first().map(decode).transpose()?
                && forgotten.contains(&queued.recipient.subject())
            {
                theirs.insert(mail);
            }
        }
        Ok(self.transport.take_back(theirs).await?)
    }

    async fn send(
        &self,
        id: MailId,
        written: DateTime<Utc>,
        language: domain::language::Language,
        content: MailContent,
    ) -> Result<(), SendError> {
        let MailContent { to, subject, text, html } = content;
        let message = Message::new(id.0, written, &to, Rendered { language: language.into(), subject, text, html })?;
        self.transport.send(&message).await
    }
}

/// What an attempt is noted as.
fn outcome(sent: Result<(), SendError>, attempts: u32, now: DateTime<Utc>) -> MailCommand {
    match sent {
        Ok(()) => MailCommand::RecordSent,
        Err(error) => {
            let again = (!error.is_permanent()).then(|| backoff(attempts + 1)).flatten();
            tracing::warn!(%error, again = again.is_some(), "a mail was not sent");
            MailCommand::RecordFailed { reason: error.to_string(), retry_at: again.map(|wait| now + wait) }
        }
    }
}
