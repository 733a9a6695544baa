//! Deadlines that staff must keep, and the alarm when one is missed (R-3.2-01, R-3.2-02, R-4-03).
//!
//! An alarm has a stream of its own, `deadline-<id>`, the id derived from the event with which the clock began, so that
//! it is raised once. What is due, and when, is read in the view `deadlines`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{Aggregate, Context};
use crate::policy::Policies;
use crate::refusal::{Refusal, Refused, Rule, require};

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Duty {
    /// A review's publication (R-3.2-01).
    ReviewPublication,
    /// A decision on photos (R-3.2-02).
    PhotoDecision,
    /// The answer to an authority's order (R-4-03).
    AuthorityOrder,
}

impl Duty {
    /// The rule that sets it.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::ReviewPublication => Rule("R-3.2-01"),
            Self::PhotoDecision => Rule("R-3.2-02"),
            Self::AuthorityOrder => Rule("R-4-03"),
        }
    }
}

/// Until when a review that was submitted then is published: the first instant that is too late (R-3.2-01).
#[must_use]
pub fn publication_due(submitted_at: DateTime<Utc>, policies: &Policies) -> DateTime<Utc> {
    policies.holidays.deadline(submitted_at, policies.review_publication_working_days)
}

/// Until when photos that were sent then are decided: the first instant that is too late (R-3.2-02).
#[must_use]
pub fn photos_due(submitted_at: DateTime<Utc>, policies: &Policies) -> DateTime<Utc> {
    policies.holidays.deadline(submitted_at, policies.photo_decision_working_days)
}

/// A deadline passed and what was due is not done. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadlineMissed {
    /// What was due.
    pub duty: Duty,
    /// Of what: a review's or a contact's id.
    pub concerns: Uuid,
    /// When it was due: the first instant that was too late.
    pub due_at: DateTime<Utc>,
}

/// What can happen to a deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadlineEvent {
    /// See [`DeadlineMissed`].
    DeadlineMissed(DeadlineMissed),
}

/// What can be asked of a deadline.
#[derive(Debug, Clone)]
pub enum DeadlineCommand {
    /// Raise the alarm.
    RaiseAlarm {
        /// What is due, of what, when.
        missed: DeadlineMissed,
        /// Whether it is still not done, from its stream.
        pending: bool,
    },
}

/// A deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadline {
    raised: bool,
}

impl Aggregate for Deadline {
    const CATEGORY: &'static str = "deadline";
    type Command = DeadlineCommand;
    type Event = DeadlineEvent;

    fn decide(&self, command: DeadlineCommand, context: &Context<'_>) -> Result<Vec<DeadlineEvent>, Refusal> {
        let DeadlineCommand::RaiseAlarm { missed, pending } = command;
        let rule = missed.duty.rule();
        require(missed.due_at <= context.now, rule, Refused::TooEarly, "dueAt", || "it is not due yet".to_owned())?;
        require(pending && !self.raised, rule, Refused::AlreadyDone, "dueAt", || {
            "it is done, or the alarm was raised".to_owned()
        })?;
        Ok(vec![missed.into()])
    }

    fn evolve(&mut self, event: &DeadlineEvent, _: DateTime<Utc>) {
        let DeadlineEvent::DeadlineMissed(_) = event;
        self.raised = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{at, given};

    fn alarm(duty: Duty, due_at: DateTime<Utc>, pending: bool) -> DeadlineCommand {
        DeadlineCommand::RaiseAlarm { missed: DeadlineMissed { duty, concerns: Uuid::nil(), due_at }, pending }
    }

    #[test]
    fn r_3_2_01_one_working_day_over_a_weekend_a_holiday_and_the_change_of_the_clock() {
        let policies = Policies::default();
        // Friday 27 March 2026; the clock goes forward on Sunday.
        assert_eq!(publication_due(at("2026-03-27T10:00:00Z"), &policies), at("2026-03-30T22:00:00Z"));
        // Maundy Thursday 2026: Good Friday is a working day in France.
        assert_eq!(publication_due(at("2026-04-02T10:00:00Z"), &policies), at("2026-04-03T22:00:00Z"));
        // Good Friday: Easter Monday is none.
        assert_eq!(publication_due(at("2026-04-03T10:00:00Z"), &policies), at("2026-04-07T22:00:00Z"));
    }

    #[test]
    fn r_3_2_02_seven_working_days_over_holidays_and_the_change_of_the_clock() {
        let policies = Policies::default();
        // Thursday 30 April 2026: 1 and 8 May are Fridays.
        assert_eq!(photos_due(at("2026-04-30T10:00:00Z"), &policies), at("2026-05-13T22:00:00Z"));
        assert_eq!(photos_due(at("2026-10-20T10:00:00Z"), &policies), at("2026-10-29T23:00:00Z"));
    }

    #[test]
    fn r_3_2_01_r_3_2_02_the_alarm_is_raised_from_the_first_instant_that_is_too_late_once() {
        for duty in [Duty::ReviewPublication, Duty::PhotoDecision, Duty::AuthorityOrder] {
            let due = at("2026-03-30T22:00:00Z");
            let given = given::<Deadline>();
            let early = given.clone().at("2026-03-30T21:59:59.999999Z");
            assert_eq!(early.refusal(alarm(duty, due, true)), (duty.rule().0, Refused::TooEarly));
            let now = given.at("2026-03-30T22:00:00Z");
            assert_eq!(now.refusal(alarm(duty, due, false)), (duty.rule().0, Refused::AlreadyDone));
            let raised = now.after(alarm(duty, due, true));
            assert_eq!(raised.refusal(alarm(duty, due, true)), (duty.rule().0, Refused::AlreadyDone));
        }
    }
}
