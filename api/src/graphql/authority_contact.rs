//! What came to the contact point for authorities, as whoever answers it reads it (R-4-01 to R-4-03). It is read from its own
//! stream: there are few, and a mailbox needs no table.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::authority::{Authority, AuthorityEvent, Letter};
use domain::event::{Event, EventKind};
use domain::ids::AuthorityContactId;
use domain::sealed::Sealed;

use super::authorities::{AuthorityOrderEffect, AuthorityOrderKind, AuthoritySender};
use super::guard::{Allowed, COMPLIANCE, Only};
use super::node::{global, parse};
use super::platform::platform;
use super::user_error::query_error;
use crate::commands::decode;
use crate::{ApiError, Book};

/// How far what came to the contact point has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AuthorityContactStatus {
    /// An authority's message, noted.
    Message,
    /// A message of somebody else, refused.
    Refused,
    /// An order that waits for its answer.
    OpenOrder,
    /// An order that was answered.
    AnsweredOrder,
}

/// A message to the contact point.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct AuthorityMessage {
    /// Who wrote.
    sender: AuthoritySender,
    /// The authority's name; nothing where it is none.
    authority: Option<String>,
    /// The e-mail address where the answer goes; nothing once it was forgotten.
    email: Option<String>,
    /// What was written; nothing once it was forgotten.
    text: Option<String>,
}

/// An order of an authority.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct AuthorityOrder {
    /// What is ordered.
    kind: AuthorityOrderKind,
    /// The authority that issued it.
    authority: String,
    /// Of which Member State, ISO 3166-1.
    member_state: String,
    /// On which legal basis.
    legal_basis: String,
    /// The authority's own reference; nothing where none was noted.
    reference: Option<String>,
    /// What it is about: exact addresses (DSA art. 9(2)(a)).
    urls: Vec<String>,
    /// When the authority sent it.
    transmitted_at: DateTime<Utc>,
    /// The e-mail address where the answer goes; nothing once it was forgotten.
    answer_to: Option<String>,
    /// The first instant that is too late to answer it (R-4-03).
    answer_by: DateTime<Utc>,
    /// What was answered.
    answer: Option<AuthorityOrderAnswer>,
}

/// The answer to an order of an authority.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct AuthorityOrderAnswer {
    /// What was done.
    effect: AuthorityOrderEffect,
    /// When it was done, or when it was found that it could not be.
    effective_at: DateTime<Utc>,
    /// In words.
    explanation: String,
    /// When it was answered.
    answered_at: DateTime<Utc>,
}

/// What came to the contact point, as its stream has it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct AuthorityContact {
    /// The global id.
    id: ID,
    /// How far it has come.
    status: AuthorityContactStatus,
    /// The first instant that is too late to answer an order that waits (R-4-03).
    answer_by: Option<DateTime<Utc>>,
    /// In which language, BCP 47.
    language: String,
    /// When it was noted.
    received_at: DateTime<Utc>,
    /// The message; nothing where it is an order.
    message: Option<AuthorityMessage>,
    /// The order; nothing where it is a message.
    order: Option<AuthorityOrder>,
}

impl AuthorityContact {
    /// What came in under an id, if anything did.
    ///
    /// # Errors
    /// What the book says.
    pub async fn load(book: &Book, id: AuthorityContactId) -> std::result::Result<Option<Self>, ApiError> {
        let (state, records) = book.load_recorded::<Authority>(id.0).await?;
        let (status, answer_by) = match &state {
            Authority::Unknown => return Ok(None),
            Authority::Message => (AuthorityContactStatus::Message, None),
            Authority::RefusedMessage => (AuthorityContactStatus::Refused, None),
            Authority::OpenOrder(clock) => (AuthorityContactStatus::OpenOrder, Some(clock.answer_by)),
            Authority::AnsweredOrder => (AuthorityContactStatus::AnsweredOrder, None),
        };
        let (mut language, mut received_at, mut message, mut order) = (String::new(), None, None, None);
        for record in &records {
            let Event::Authority(event) = decode(record)? else { continue };
            match event {
                AuthorityEvent::AuthorityMessageReceived(event) => {
                    language = event.language.code().to_owned();
                    let kind = EventKind::AuthorityMessageReceived;
                    message = Some(said(book, kind, &event.letter, event.sender.into(), Some(event.authority)).await?);
                }
                AuthorityEvent::AuthorityMessageRefused(event) => {
                    language = event.language.code().to_owned();
                    let kind = EventKind::AuthorityMessageRefused;
                    message = Some(said(book, kind, &event.letter, AuthoritySender::NotAnAuthority, None).await?);
                }
                AuthorityEvent::AuthorityOrderReceived(event) => {
                    language = event.language.code().to_owned();
                    order = Some(AuthorityOrder {
                        kind: event.kind.into(),
                        authority: event.authority,
                        member_state: event.member_state.to_string(),
                        legal_basis: event.legal_basis,
                        reference: event.reference,
                        urls: event.urls,
                        transmitted_at: event.transmitted_at,
                        answer_to: book.open(EventKind::AuthorityOrderReceived, &event.answer_to).await?,
                        answer_by: event.answer_by,
                        answer: None,
                    });
                }
                AuthorityEvent::AuthorityOrderExecuted(event) => {
                    if let Some(order) = &mut order {
                        order.answer = Some(AuthorityOrderAnswer {
                            effect: event.effect.into(),
                            effective_at: event.effective_at,
                            explanation: event.explanation,
                            answered_at: record.occurred_at,
                        });
                    }
                    continue;
                }
                AuthorityEvent::AuthorityLanguageNotice(_) => continue,
            }
            received_at = received_at.or(Some(record.occurred_at));
        }
        let received_at = received_at.unwrap_or_default();
        Ok(Some(Self { id: global(id), status, answer_by, language, received_at, message, order }))
    }
}

async fn said(
    book: &Book,
    kind: EventKind,
    letter: &Sealed<Letter>,
    sender: AuthoritySender,
    authority: Option<String>,
) -> std::result::Result<AuthorityMessage, ApiError> {
    let letter = book.open(kind, letter).await?;
    let (email, text) = letter.map(|Letter { email, text }| (email, text)).unzip();
    Ok(AuthorityMessage { sender, authority, email, text })
}

/// Queries on what came to the contact point.
#[derive(Debug, Default)]
pub struct AuthorityQuery;

#[Object]
impl AuthorityQuery {
    /// What came to the contact point for authorities under this id, with what it says. For COMPLIANCE.
    #[graphql(guard = "Only(COMPLIANCE)", directive = Allowed::apply(COMPLIANCE), complexity = "20 + child_complexity")]
    async fn authority_contact(&self, ctx: &Context<'_>, id: ID) -> Result<Option<AuthorityContact>> {
        let id: AuthorityContactId = parse(&id, "id").map_err(query_error)?;
        AuthorityContact::load(&platform(ctx).book, id).await.map_err(query_error)
    }
}
