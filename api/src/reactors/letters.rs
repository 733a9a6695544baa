//! Whoever is to be told is written to (R-3.1-05, R-3.4-09, R-3.4-10, R-3.4-11, R-2.2-06, R-4-01 to R-4-03): a mail is
//! queued for each, with its whole text, so that what was told can be proven. Sending is [`super::mailing`]'s.
//!
//! Who was forgotten is not written to: their address can't be read. Nor is who asked to be forgotten and is kept because an
//! authority ordered it, but for one letter, which says so.

use std::collections::VecDeque;
use std::future::ready;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::EventKind;
use domain::ids::MailId;
use domain::mail::{Mail, MailCommand, MailContent};
use uuid::Uuid;

use super::compose::{Compose, Composed};
use super::{Fact, Reactor, cause, find, settled};
use crate::mail::Link;
use crate::{ApiError, Book};

/// Writes letters. `site` is the address of the platform's pages, to which they link.
#[derive(Debug)]
pub struct Letters {
    site: Link,
}

impl Letters {
    /// Letters that link to this site.
    #[must_use]
    pub const fn new(site: Link) -> Self {
        Self { site }
    }
}

#[async_trait]
impl Reactor for Letters {
    const NAME: &'static str = "letters";
    const WANTS: &'static [EventKind] = &[
        EventKind::ReviewInvited,
        EventKind::StatementOfReasonsIssued,
        EventKind::BuyerWarned,
        EventKind::BuyerUnblocked,
        EventKind::ComplaintLodged,
        EventKind::ComplaintDecided,
        EventKind::NoticeSubmitted,
        EventKind::NoticeDecided,
        EventKind::BuyersWarned,
        EventKind::AuthorityMessageRefused,
        EventKind::AuthorityLanguageNotice,
        EventKind::AuthorityOrderReceived,
        EventKind::AuthorityOrderExecuted,
        EventKind::ErasureDeferred,
    ];
    /// What is to be told of: the stream, and the event.
    type State = VecDeque<(String, Uuid)>;

    fn fold(&self, state: &mut Self::State, fact: &Fact) {
        state.push_back((fact.stream.clone(), fact.event_id));
    }

    async fn act(&self, book: &Book, state: &mut Self::State, _: DateTime<Utc>) -> Result<bool, ApiError> {
        let Some((stream, event_id)) = state.front().cloned() else { return Ok(false) };
        if let Some((fact, _)) = find(book, &stream, event_id).await? {
            for composed in (Compose { book, site: &self.site }).letters(&fact).await? {
                self.queue(book, event_id, composed).await?;
            }
        }
        state.pop_front();
        Ok(true)
    }
}

impl Letters {
    async fn queue(&self, book: &Book, event: Uuid, composed: Composed) -> Result<(), ApiError> {
        let Composed { recipient, kind, language, to, letter } = composed;
        let purpose = format!("mail-{}", recipient.subject());
        let rendered = letter.render(language);
        let content = || MailContent {
            to: to.clone(),
            subject: rendered.subject.clone(),
            text: rendered.text.clone(),
            html: rendered.html.clone(),
        };
        let queue = || MailCommand::Queue { recipient, kind, language, content: content() };
        let mail = MailId(Uuid::new_v5(&event, purpose.as_bytes()));
        let cause = cause(Self::NAME, event, &purpose);
        settled(book.execute(mail.0, &cause, |_: Mail| ready(Ok(queue()))).await)?;
        Ok(())
    }
}
