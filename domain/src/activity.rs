//! Recipients of the service seen on it (R-5-01, R-5-04): who was active, in which Member State, in which month.
//!
//! Recipients come in batches, by pseudonyms only. Bots and incidental visits (a page opened by a link and left within
//! ten seconds without a further action: nobody has *engaged* with the service, DSA art. 3(p)) are left out when the
//! batch is decided, and counted apart. The stream is `activity-<month>`, so that one month reads as one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::calendar::Month;
use crate::ids::RecipientId;
use crate::place::MemberState;
use crate::refusal::{Refusal, Refused, Rule, require};

/// In which part a recipient uses the service (R-5-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecipientRole {
    /// A consumer, signed in or not.
    Buyer,
    /// A seller.
    Trader,
}

/// What the edge server says of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VisitKind {
    /// Somebody engaged with the service.
    Engaged,
    /// A page was opened and left at once.
    Incidental,
    /// A program, by its own word or by its behaviour.
    Bot,
}

/// A visit, as an edge server reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Who, by a pseudonym.
    pub recipient: RecipientId,
    /// What kind of visit.
    pub kind: VisitKind,
}

/// Visits that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Excluded {
    /// By bots.
    pub bots: u32,
    /// Left at once.
    pub incidental: u32,
}

/// These recipients were active in this month, in this Member State. Reported by the operator's edge servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecipientsSeen {
    /// The calendar month in Europe/Paris.
    pub month: Month,
    /// Where.
    pub member_state: MemberState,
    /// In which part.
    pub role: RecipientRole,
    /// Who.
    pub recipients: Vec<RecipientId>,
    /// What was left out of this batch.
    pub excluded: Excluded,
}

/// What can happen in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivityEvent {
    /// See [`RecipientsSeen`].
    RecipientsSeen(RecipientsSeen),
}

/// What can be asked of a month.
#[derive(Debug, Clone)]
pub enum ActivityCommand {
    /// Record a batch of visits of one Member State and part.
    RecordVisits {
        /// The month.
        month: Month,
        /// Where.
        member_state: MemberState,
        /// In which part.
        role: RecipientRole,
        /// The visits.
        visits: Vec<Visit>,
    },
}

/// The most visits that a batch may have.
pub const MAX_VISITS: usize = 10_000;

/// A month's activity. The view keeps the sets; a decision needs none of them.
#[derive(Debug, Clone, Default)]
pub struct ActivityMonth;

impl ActivityMonth {
    /// The stream of a month.
    #[must_use]
    pub fn stream_of(month: Month) -> String {
        format!("activity-{month}")
    }
}

impl Aggregate for ActivityMonth {
    const CATEGORY: &'static str = "activity";
    type Command = ActivityCommand;
    type Event = ActivityEvent;

    fn decide(&self, command: ActivityCommand, context: &Context<'_>) -> Result<Vec<ActivityEvent>, Refusal> {
        const RULE: Rule = Rule("R-5-04");
        let ActivityCommand::RecordVisits { month, member_state, role, visits } = command;
        require(!visits.is_empty() && visits.len() <= MAX_VISITS, RULE, Refused::Invalid, "visits", || {
            format!("a batch has 1 to {MAX_VISITS} visits, not {}", visits.len())
        })?;
        require(month <= Month::of(context.now), RULE, Refused::TooEarly, "month", || {
            format!("{month} has not begun")
        })?;
        let count = |kind| u32::try_from(visits.iter().filter(|visit| visit.kind == kind).count()).unwrap_or(u32::MAX);
        let excluded = Excluded { bots: count(VisitKind::Bot), incidental: count(VisitKind::Incidental) };
        let mut recipients: Vec<_> =
            visits.iter().filter(|visit| visit.kind == VisitKind::Engaged).map(|visit| visit.recipient).collect();
        recipients.sort_unstable();
        recipients.dedup();
        Ok(vec![RecipientsSeen { month, member_state, role, recipients, excluded }.into()])
    }

    fn evolve(&mut self, _: &ActivityEvent, _: DateTime<Utc>) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policies;
    use uuid::Uuid;

    fn record(month: &str, visits: &[(u128, VisitKind)]) -> Result<Vec<ActivityEvent>, Refusal> {
        let policies = Policies::default();
        let context = Context { now: "2026-03-15T00:00:00Z".parse().unwrap(), policies: &policies };
        let visits = visits
            .iter()
            .map(|(id, kind)| Visit { recipient: RecipientId(Uuid::from_u128(*id)), kind: *kind })
            .collect();
        let command = ActivityCommand::RecordVisits {
            month: month.parse().unwrap(),
            member_state: MemberState::NL,
            role: RecipientRole::Buyer,
            visits,
        };
        ActivityMonth.decide(command, &context)
    }

    #[test]
    fn r_5_04_bots_and_incidental_visits_are_left_out_and_counted_apart() {
        let events = record(
            "2026-03",
            &[
                (2, VisitKind::Engaged),
                (1, VisitKind::Engaged),
                (2, VisitKind::Engaged),
                (3, VisitKind::Bot),
                (4, VisitKind::Incidental),
                (5, VisitKind::Bot),
            ],
        )
        .unwrap();
        let [ActivityEvent::RecipientsSeen(seen)] = &events[..] else { panic!("one event") };
        assert_eq!(seen.recipients.iter().map(|recipient| recipient.0.as_u128()).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(seen.excluded, Excluded { bots: 2, incidental: 1 });
    }

    #[test]
    fn r_5_04_a_batch_is_of_a_month_that_has_begun_and_is_bounded() {
        assert_eq!(record("2026-04", &[(1, VisitKind::Engaged)]).unwrap_err().kind, Refused::TooEarly);
        assert_eq!(record("2026-03", &[]).unwrap_err().field, "visits");
    }
}
