//! The contact point for authorities: what they write and order is noted, and answered (R-4-01 to R-4-03, DSA art. 9 to
//! 11). Nobody writes to it here: compliance staff note what came in, so that whoever is no authority is told where to go.

use std::future::ready;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use domain::authority::{Authority, AuthorityCommand, IncomingOrder, Letter};
use domain::ids::AuthorityContactId;
use domain::language::Language;
use domain::place::MemberState;
use uuid::Uuid;

use super::authority_contact::AuthorityContact;
use super::command::{Command, Effect, payload};
use super::guard::{Allowed, COMPLIANCE, Only};
use super::node::parse;
use super::platform::platform;
use super::user_error::query_error;
use crate::ApiError;

/// Who writes to the contact point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::authority::SenderKind")]
pub enum AuthoritySender {
    /// An authority of a Member State.
    MemberStateAuthority,
    /// The European Commission.
    EuropeanCommission,
    /// The European Board for Digital Services.
    BoardForDigitalServices,
    /// A market surveillance authority, on product safety.
    MarketSurveillance,
    /// Anybody else, as a customer: is told where to go, and nothing else is done (R-4-01).
    NotAnAuthority,
}

/// What is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::authority::AuthorityOrderKind")]
pub enum AuthorityOrderKind {
    /// To act against illegal content (DSA art. 9).
    ActAgainstContent,
    /// To act against a dangerous product (Reg. (EU) 2023/988 art. 22).
    ActAgainstProduct,
    /// To give information on recipients (DSA art. 10).
    ProvideInformation,
}

/// What was done about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::authority::AuthorityOrderEffect")]
pub enum AuthorityOrderEffect {
    /// What it ordered was done.
    Given,
    /// Part of it was done.
    PartlyGiven,
    /// Nothing could be done, as the explanation says.
    NotGiven,
}

/// A message to the contact point.
#[derive(Debug, Clone, InputObject)]
pub struct AuthorityMessageInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The contact's id; a new one where nothing is said.
    contact_id: Option<ID>,
    /// Who writes.
    sender: AuthoritySender,
    /// The authority's name; nothing where it is none.
    authority: Option<String>,
    /// In which language, BCP 47.
    language: String,
    /// The e-mail address where the answer goes. Sealed.
    email: String,
    /// What was written. Sealed.
    text: String,
}

/// An order of an authority.
#[derive(Debug, Clone, InputObject)]
pub struct AuthorityOrderInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The contact's id; a new one where nothing is said.
    contact_id: Option<ID>,
    /// What is ordered.
    kind: AuthorityOrderKind,
    /// The authority that issued it.
    authority: String,
    /// Of which Member State, ISO 3166-1.
    member_state: String,
    /// On which legal basis.
    legal_basis: String,
    /// The authority's own reference, where it gives one: it is quoted in what is answered. No personal data.
    reference: Option<String>,
    /// In which language, BCP 47.
    language: String,
    /// What it is about: exact addresses (DSA art. 9(2)(a)); none may be named to ask for information.
    #[graphql(default)]
    urls: Vec<String>,
    /// When the authority sent it; now where nobody knows.
    transmitted_at: Option<DateTime<Utc>>,
    /// The e-mail address where the answer goes. Sealed.
    answer_to: String,
}

/// The answer to an order of an authority.
#[derive(Debug, Clone, InputObject)]
pub struct ExecuteAuthorityOrderInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which order, by the contact's id.
    order_id: ID,
    /// What was done.
    effect: AuthorityOrderEffect,
    /// When it was done, or when it was found that it could not be; now where nothing is said.
    effective_at: Option<DateTime<Utc>>,
    /// In words; no personal data.
    explanation: String,
}

payload! {
    /// What a command on a message to the contact point came to.
    AuthorityMessagePayload(AuthorityContactId)
}

#[ComplexObject]
impl AuthorityMessagePayload {
    /// The message as it now is.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<AuthorityContact>> {
        contact(ctx, self.effect.as_ref()).await
    }
}

payload! {
    /// What a command on an authority's order came to.
    AuthorityOrderPayload(AuthorityContactId)
}

#[ComplexObject]
impl AuthorityOrderPayload {
    /// The order as it now is.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<AuthorityContact>> {
        contact(ctx, self.effect.as_ref()).await
    }
}

async fn contact(ctx: &Context<'_>, effect: Option<&Effect<AuthorityContactId>>) -> Result<Option<AuthorityContact>> {
    match effect {
        Some(effect) => AuthorityContact::load(&platform(ctx).book, effect.what).await.map_err(query_error),
        None => Ok(None),
    }
}

/// The contact that a command makes: the one named, or one of its own.
fn new_contact(command: &Command<'_>, named: Option<&ID>) -> Result<AuthorityContactId, ApiError> {
    named.map_or_else(|| Ok(command.derived()), |id| parse(id, "contactId"))
}

/// Commands on what comes to the contact point.
#[derive(Debug, Default)]
pub struct AuthorityMutation;

#[Object]
impl AuthorityMutation {
    /// Notes a message to the contact point (R-4-01, R-4-02, DSA art. 11). For COMPLIANCE.
    #[graphql(guard = "Only(COMPLIANCE)", directive = Allowed::apply(COMPLIANCE))]
    async fn record_authority_message(
        &self,
        ctx: &Context<'_>,
        input: AuthorityMessageInput,
    ) -> Result<AuthorityMessagePayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let contact = new_contact(&command, input.contact_id.as_ref())?;
            let language: Language =
                input.language.parse().map_err(|bad| ApiError::input("language", format!("{bad}")))?;
            let done = command.execute::<Authority, _, _>(contact, |_| {
                ready(Ok(AuthorityCommand::RecordMessage {
                    contact,
                    sender: input.sender.into(),
                    authority: input.authority.clone().unwrap_or_default(),
                    language,
                    letter: Letter { email: input.email.clone(), text: input.text.clone() },
                }))
            });
            Ok((contact, done.await?))
        };
        AuthorityMessagePayload::of(&command, result.await)
    }

    /// Notes an order of an authority, in whatever language; from then on its clock runs (R-4-03, DSA art. 9 and 10). For
    /// COMPLIANCE.
    #[graphql(guard = "Only(COMPLIANCE)", directive = Allowed::apply(COMPLIANCE))]
    async fn record_authority_order(
        &self,
        ctx: &Context<'_>,
        input: AuthorityOrderInput,
    ) -> Result<AuthorityOrderPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let contact = new_contact(&command, input.contact_id.as_ref())?;
            let member_state: MemberState =
                input.member_state.parse().map_err(|bad| ApiError::input("memberState", format!("{bad}")))?;
            let language: Language =
                input.language.parse().map_err(|bad| ApiError::input("language", format!("{bad}")))?;
            let order = IncomingOrder {
                kind: input.kind.into(),
                authority: input.authority,
                member_state,
                legal_basis: input.legal_basis,
                reference: input.reference,
                language,
                urls: input.urls,
                transmitted_at: input.transmitted_at,
                answer_to: input.answer_to,
            };
            let done = command.execute::<Authority, _, _>(contact, |_| {
                ready(Ok(AuthorityCommand::RecordOrder { contact, order: order.clone() }))
            });
            Ok((contact, done.await?))
        };
        AuthorityOrderPayload::of(&command, result.await)
    }

    /// Answers an order of an authority: what was done, and when (R-4-03, DSA art. 9(1)). For COMPLIANCE.
    #[graphql(guard = "Only(COMPLIANCE)", directive = Allowed::apply(COMPLIANCE))]
    async fn execute_authority_order(
        &self,
        ctx: &Context<'_>,
        input: ExecuteAuthorityOrderInput,
    ) -> Result<AuthorityOrderPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let contact: AuthorityContactId = parse(&input.order_id, "orderId")?;
            let done = command.execute::<Authority, _, _>(contact, |_| {
                ready(Ok(AuthorityCommand::Execute {
                    effect: input.effect.into(),
                    effective_at: input.effective_at,
                    explanation: input.explanation.clone(),
                    decided_by: command.viewer.staff(),
                }))
            });
            Ok((contact, done.await?))
        };
        AuthorityOrderPayload::of(&command, result.await)
    }
}
