//! The shape of every aggregate.
//!
//! An aggregate is one stream's state and the decisions about it. `decide` says which events a command gives, or why
//! it is refused; `evolve` folds an event into the state. Neither reads a clock, makes an id or looks elsewhere: what
//! a decision needs from other streams comes inside the command, as facts that the caller loaded from them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::event::Event;
use crate::policy::Policies;
use crate::refusal::Refusal;

/// What every decision may look at besides its own stream.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The moment of the decision; it becomes the events' `occurred_at`.
    pub now: DateTime<Utc>,
    /// The policies in force at that moment.
    pub policies: &'a Policies,
}

/// A consistency boundary with a stream of its own.
pub trait Aggregate: Default + Clone + Send + Sync + 'static {
    /// The stream's category: `order` of `order-7f0c…`.
    const CATEGORY: &'static str;
    /// What can be asked of it.
    type Command: Send;
    /// What can happen to it.
    type Event: Into<Event> + TryFrom<Event, Error = Event>;

    /// Decides a command.
    ///
    /// # Errors
    /// A [`Refusal`] naming the rule; nothing has changed then.
    fn decide(&self, command: Self::Command, context: &Context<'_>) -> Result<Vec<Self::Event>, Refusal>;

    /// Folds an event, with the moment at which it occurred, into the state.
    fn evolve(&mut self, event: &Self::Event, occurred_at: DateTime<Utc>);

    /// The name of the stream of the aggregate with this id.
    #[must_use]
    fn stream(id: Uuid) -> String {
        format!("{}-{id}", Self::CATEGORY)
    }
}
