//! Given these events, when this is asked, then these events follow, or this refusal.

use chrono::{DateTime, Utc};

use crate::aggregate::{Aggregate, Context};
use crate::policy::Policies;
use crate::refusal::{Refusal, Refused};

/// An aggregate with a history, at a moment.
#[derive(Clone)]
pub(crate) struct Given<A> {
    state: A,
    now: DateTime<Utc>,
    policies: Policies,
}

/// Nothing has happened yet; it is 2026-01-01T12:00Z.
pub(crate) fn given<A: Aggregate>() -> Given<A> {
    Given { state: A::default(), now: at("2026-01-01T12:00:00Z"), policies: Policies::default() }
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl<A: Aggregate> Given<A> {
    /// It is now this moment.
    pub(crate) fn at(mut self, moment: &str) -> Self {
        self.now = at(moment);
        self
    }

    /// These policies are in force.
    pub(crate) fn under(mut self, policies: Policies) -> Self {
        self.policies = policies;
        self
    }

    /// This was asked and done.
    pub(crate) fn after(mut self, command: A::Command) -> Self {
        for event in self.when(command).unwrap() {
            self.state.evolve(&event, self.now);
        }
        self
    }

    /// What follows when this is asked.
    pub(crate) fn when(&self, command: A::Command) -> Result<Vec<A::Event>, Refusal> {
        self.state.decide(command, &Context { now: self.now, policies: &self.policies })
    }

    /// The rule and the kind of the refusal when this is asked.
    pub(crate) fn refusal(&self, command: A::Command) -> (&'static str, Refused) {
        let refusal = self.when(command).err().expect("a refusal");
        (refusal.rule.0, refusal.kind)
    }

    pub(crate) fn state(&self) -> &A {
        &self.state
    }
}
