//! What is due when, and what was late (R-3.2-01, R-3.2-02, R-4-03).

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::deadline::Duty;
use domain::ids::{AuthorityContactId, ReviewId};
use projections::deadlines::{DueCursor, MissedCursor};
use uuid::Uuid;

use super::guard::{Allowed, DEADLINE_WATCHERS, Only};
use super::node::global;
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{instant, views};

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::deadline::Duty")]
pub enum DeadlineDuty {
    /// A review's publication (R-3.2-01).
    ReviewPublication,
    /// A decision on photos (R-3.2-02).
    PhotoDecision,
    /// The answer to an authority's order (R-4-03).
    AuthorityOrder,
}

/// Which deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DeadlineStatus {
    /// What is not done yet.
    Pending,
    /// What was done too late, or alarmed about.
    Missed,
}

/// What is due, or was.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct Deadline {
    /// What.
    duty: DeadlineDuty,
    /// Of what: a review or what came to the authorities' contact point.
    concerns_id: ID,
    /// When the clock began.
    began_at: DateTime<Utc>,
    /// The first instant that is too late.
    due_at: DateTime<Utc>,
    /// Whether it is not done and that instant has come.
    overdue: bool,
    /// When it was done too late, or could not be done any more.
    done_at: Option<DateTime<Utc>>,
    /// When the alarm was raised.
    alarm_at: Option<DateTime<Utc>>,
}

fn concerned(duty: Duty, id: Uuid) -> ID {
    match duty {
        Duty::ReviewPublication | Duty::PhotoDecision => global(ReviewId(id)),
        Duty::AuthorityOrder => global(AuthorityContactId(id)),
    }
}

/// Queries on deadlines.
#[derive(Debug, Default)]
pub struct DeadlineQuery;

#[Object]
impl DeadlineQuery {
    /// What staff must do by when: pending, soonest due first; missed, what was due last first. For a MODERATOR or
    /// COMPLIANCE.
    #[graphql(guard = "Only(DEADLINE_WATCHERS)", directive = Allowed::apply(DEADLINE_WATCHERS), complexity = "cost(first, None, child_complexity)")]
    async fn deadlines(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "DeadlineStatus::Pending")] status: DeadlineStatus,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<Deadline>> {
        let input = PageInput::forwards(first, after);
        match status {
            DeadlineStatus::Pending => pending(ctx, &input.checked(|_: &DueCursor| true)?),
            DeadlineStatus::Missed => missed(ctx, &input.checked(|_: &MissedCursor| true)?),
        }
    }
}

fn pending(ctx: &Context<'_>, asked: &Asked<DueCursor>) -> Result<Page<Deadline>> {
    let views = views(ctx);
    let (reader, now) = (views.deadlines(), views.reached.moment_micros);
    let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = asked;
    take(asked, reader.due(from.as_ref()), |&(due_at, duty, id)| {
        Ok(reader.pending(duty, id)?.map(|row| Deadline {
            duty: duty.into(),
            concerns_id: concerned(duty, id),
            began_at: instant(row.began_at),
            due_at: instant(due_at),
            overdue: due_at <= now,
            done_at: None,
            alarm_at: row.alarm_at.map(instant),
        }))
    })
}

fn missed(ctx: &Context<'_>, asked: &Asked<MissedCursor>) -> Result<Page<Deadline>> {
    let views = views(ctx);
    let reader = views.deadlines();
    let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = asked;
    take(asked, reader.late(from.as_ref()), |key| {
        let (due, duty, id) = *key;
        Ok(reader.missed(key)?.map(|row| Deadline {
            duty: duty.into(),
            concerns_id: concerned(duty, id),
            began_at: instant(row.began_at),
            due_at: instant(due.0),
            overdue: row.done_at.is_none(),
            done_at: row.done_at.map(instant),
            alarm_at: row.alarm_at.map(instant),
        }))
    })
}
