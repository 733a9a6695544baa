//! A mutation's way: input, command, outcome.

use async_graphql::{Context, Result, SimpleObject};
use domain::Aggregate;
use domain::ids::CommandId;
use domain::recording::Cause;
use event_log::Position;
use serde::Serialize;
use std::future::Future;
use uuid::Uuid;

use super::node::GlobalId;
use super::platform::{platform, viewer};
use super::user_error::UserError;
use crate::auth::Viewer;
use crate::commands::Done;
use crate::{ApiError, Book};

/// A command that a client gave.
pub struct Command<'a> {
    /// Its id: the client's, or a new one.
    pub id: CommandId,
    /// Who gives it.
    pub viewer: &'a Viewer,
    /// The book.
    pub book: &'a Book,
    cause: Cause,
}

impl<'a> Command<'a> {
    /// The command of a mutation.
    #[must_use]
    pub fn of(ctx: &Context<'a>, id: Option<Uuid>) -> Self {
        Self::by(viewer(ctx), &platform(ctx).book, id)
    }

    /// A command that somebody gave, by whatever way.
    #[must_use]
    pub fn by(viewer: &'a Viewer, book: &'a Book, id: Option<Uuid>) -> Self {
        let id = CommandId(id.unwrap_or_else(Uuid::new_v4));
        Self { id, viewer, book, cause: viewer.cause(id) }
    }

    /// The id of something that the command makes and that the client named no id for: derived from the command's, so
    /// that the same command makes the same thing (R-0-04).
    #[must_use]
    pub fn derived<I: GlobalId>(&self) -> I {
        Uuid::new_v5(&self.id.0, I::TYPE.as_bytes()).into()
    }

    /// Carries it out on the stream of an aggregate.
    ///
    /// # Errors
    /// As [`Book::execute`].
    pub async fn execute<A, F, C>(&self, id: impl GlobalId, command: F) -> Result<Done, ApiError>
    where
        A: Aggregate,
        F: Fn(A) -> C,
        C: Future<Output = Result<A::Command, ApiError>>,
    {
        self.book.execute(id.uuid(), &self.cause, command).await
    }

    /// Carries it out on a stream whose name is not made from one id.
    ///
    /// # Errors
    /// As [`Book::execute_in`].
    pub async fn execute_in<A, F, C>(&self, stream: String, command: F) -> Result<Done, ApiError>
    where
        A: Aggregate,
        F: Fn(A) -> C,
        C: Future<Output = Result<A::Command, ApiError>>,
    {
        self.book.execute_in(stream, &self.cause, command).await
    }

    /// Whose it is, and what its events are recorded with.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// What it came to: `result` has what it was done to.
    ///
    /// # Errors
    /// What only the operator can mend.
    pub fn outcome<T>(&self, result: Result<(T, Done), ApiError>) -> Result<(Outcome, Option<Effect<T>>)> {
        let command_id = self.id.0;
        match result {
            Ok((what, done)) => {
                let position = Some(done.position.to_string());
                Ok((
                    Outcome { command_id, position, user_errors: Vec::new() },
                    Some(Effect { what, position: done.position }),
                ))
            }
            Err(error) => {
                let user_errors = UserError::of(error)?;
                Ok((Outcome { command_id, position: None, user_errors }, None))
            }
        }
    }
}

/// What every payload has.
#[derive(Debug, Clone, SimpleObject, Serialize)]
#[graphql(serial)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The command; sending it again does nothing and answers the same.
    command_id: Uuid,
    /// The position in the book of what it did; nothing when it was refused.
    position: Option<String>,
    /// Why it was refused; empty when it was done.
    pub user_errors: Vec<UserError>,
}

/// What a command was done to, and where it stands in the book.
#[derive(Debug, Clone, Copy)]
pub struct Effect<T> {
    /// What.
    pub what: T,
    /// Where.
    pub position: Position,
}

/// Declares a payload: the outcome, and what the command was done to.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident($what:ty)) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        #[graphql(complex, serial)]
        pub struct $name {
            #[graphql(flatten)]
            outcome: $crate::graphql::command::Outcome,
            #[graphql(skip)]
            effect: Option<$crate::graphql::command::Effect<$what>>,
        }

        impl $name {
            pub(crate) fn of(
                command: &$crate::graphql::command::Command<'_>,
                result: Result<($what, $crate::commands::Done), $crate::ApiError>,
            ) -> async_graphql::Result<Self> {
                let (outcome, effect) = command.outcome(result)?;
                Ok(Self { outcome, effect })
            }
        }
    };
}

pub(crate) use payload;
