//! Visits, as the operator's edge servers saw them (R-5-01, R-5-04).

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use domain::calendar::Month;
use domain::counting_rule;
use domain::place::MemberState;
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, OPERATORS, Only};
use super::platform::platform;
use crate::ApiError;
use crate::activity::Reported;

/// In which part a recipient uses the service (R-5-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::activity::RecipientRole")]
pub enum RecipientRole {
    /// A consumer with an account.
    Buyer,
    /// A seller.
    Trader,
    /// Anybody else who looks at what is there.
    Visitor,
}

/// What kind of program made a visit. Those of bots and of monitoring do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "counting_rule::UserAgentClass")]
pub enum UserAgentClass {
    /// A browser that somebody uses.
    Browser,
    /// An app of the operator's.
    App,
    /// A program that says so: a crawler, a preview, a feed's reader.
    DeclaredBot,
    /// A program that its behaviour gives away.
    SuspectedBot,
    /// The operator's own monitoring and its staff's tests.
    Monitor,
}

/// Where somebody was shown what the service hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "counting_rule::Exposure")]
pub enum Exposure {
    /// On the service: its pages, its apps, a client of its interface.
    Service,
    /// Within another one, which links to it or indexes it: incidental use, which does not count.
    Elsewhere,
}

/// A visit.
#[derive(Debug, Clone, InputObject)]
pub struct VisitInput {
    /// Who: the id of a buyer's or a seller's account, or whatever the device was given; hashed at once with the month's key.
    recipient_id: ID,
    /// By which kind of program.
    #[graphql(default_with = "UserAgentClass::Browser")]
    user_agent: UserAgentClass,
    /// Where it was shown what the service hosts.
    #[graphql(default_with = "Exposure::Service")]
    exposure: Exposure,
}

/// A batch of visits of one month, Member State and part. `POST /activity` takes larger and mixed ones.
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
    /// Records visits as the edge servers saw them: each recipient once a month for each Member State and part. Bots and
    /// incidental visits are left out and counted apart (R-5-01, R-5-04). For an OPERATOR.
    #[graphql(guard = "Only(OPERATORS)", directive = Allowed::apply(OPERATORS))]
    async fn record_activity(&self, ctx: &Context<'_>, input: RecordActivityInput) -> Result<ActivityPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let month: Month = input.month.parse().map_err(|bad| ApiError::input("month", format!("{bad}")))?;
            let member_state: MemberState =
                input.member_state.parse().map_err(|bad| ApiError::input("memberState", format!("{bad}")))?;
            let visits = input.visits.iter().map(|visit| Reported {
                recipient: &visit.recipient_id,
                member_state,
                role: input.role.into(),
                user_agent: visit.user_agent.into(),
                exposure: visit.exposure.into(),
            });
            let activity = &platform(ctx).activity;
            Ok((month, activity.report(command.cause(), month, "visits.recipientId", visits).await?))
        };
        ActivityPayload::of(&command, result.await)
    }
}
