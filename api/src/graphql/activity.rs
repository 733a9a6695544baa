//! Visits, as the operator's edge servers saw them (R-5-01, R-5-04).

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use domain::activity::{ActivityCommand, ActivityMonth, Visit, VisitKind as Kind};
use domain::calendar::Month;
use domain::place::MemberState;
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, OPERATORS, Only};
use super::node::parse;
use crate::ApiError;

/// In which part a recipient uses the service (R-5-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::activity::RecipientRole")]
pub enum RecipientRole {
    /// A consumer, signed in or not.
    Buyer,
    /// A seller.
    Trader,
}

/// What the edge server says of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::activity::VisitKind")]
pub enum VisitKind {
    /// Somebody engaged with the service.
    Engaged,
    /// A page was opened and left at once.
    Incidental,
    /// A program.
    Bot,
}

/// A visit.
#[derive(Debug, Clone, InputObject)]
pub struct VisitInput {
    /// Who, by a pseudonym.
    recipient_id: ID,
    /// What kind of visit.
    #[graphql(default_with = "VisitKind::Engaged")]
    kind: VisitKind,
}

/// A batch of visits of one month, Member State and part.
#[derive(Debug, Clone, InputObject)]
pub struct RecordActivityInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The calendar month in Europe/Paris, as in 2025-07.
    month: String,
    /// Where, ISO 3166-1.
    member_state: String,
    /// In which part.
    role: RecipientRole,
    /// The visits; 1 to 10,000.
    visits: Vec<VisitInput>,
}

payload! {
    /// What a batch of visits came to.
    ActivityPayload(Month)
}

#[async_graphql::ComplexObject]
impl ActivityPayload {
    /// The month in which it counts.
    async fn month(&self) -> Option<String> {
        self.effect.as_ref().map(|effect| effect.what.to_string())
    }
}

/// Commands of edge servers.
#[derive(Debug, Default)]
pub struct ActivityMutation;

#[Object]
impl ActivityMutation {
    /// Records visits as the edge servers saw them; bots and incidental visits are left out and counted apart
    /// (R-5-01, R-5-04). For an OPERATOR.
    #[graphql(guard = "Only(OPERATORS)", directive = Allowed::apply(OPERATORS))]
    async fn record_activity(&self, ctx: &Context<'_>, input: RecordActivityInput) -> Result<ActivityPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let month: Month = input.month.parse().map_err(|bad| ApiError::input("month", format!("{bad}")))?;
            let member_state: MemberState =
                input.member_state.parse().map_err(|bad| ApiError::input("memberState", format!("{bad}")))?;
            let visit = |visit: &VisitInput| {
                let recipient = parse(&visit.recipient_id, "visits.recipientId")?;
                Ok::<_, ApiError>(Visit { recipient, kind: Kind::from(visit.kind) })
            };
            let visits = input.visits.iter().map(visit).collect::<Result<_, _>>()?;
            let record = ActivityCommand::RecordVisits { month, member_state, role: input.role.into(), visits };
            Ok((month, command.append_to::<ActivityMonth>(ActivityMonth::stream_of(month), record).await?))
        };
        ActivityPayload::of(&command, result.await)
    }
}
