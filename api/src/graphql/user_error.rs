//! What a person can mend, as data beside the answer; what only the operator can mend, as a GraphQL error.

use async_graphql::{Enum, Error, SimpleObject};
use domain::{Refusal, Refused};
use event_log::LogError;
use serde::Serialize;

use super::guard::coded;
use crate::ApiError;

/// What kind of error it is; a client can act on it without reading the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// The input is not well-formed.
    Invalid,
    /// What it names does not exist.
    NotFound,
    /// It is not yours to do.
    Forbidden,
    /// Others kept changing the same thing; send it again.
    Conflict,
    /// The rule's conditions are not met.
    NotEligible,
    /// The time for it is over.
    TooLate,
    /// The time for it has not come.
    TooEarly,
    /// It has been done.
    AlreadyDone,
    /// The account is blocked.
    Blocked,
    /// Not now; try again.
    Unavailable,
}

impl From<Refused> for ErrorCode {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Invalid => Self::Invalid,
            Refused::NotFound => Self::NotFound,
            Refused::Forbidden => Self::Forbidden,
            Refused::NotEligible => Self::NotEligible,
            Refused::TooLate => Self::TooLate,
            Refused::TooEarly => Self::TooEarly,
            Refused::AlreadyDone => Self::AlreadyDone,
            Refused::Blocked => Self::Blocked,
        }
    }
}

/// Why a command was refused; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, Serialize)]
#[graphql(serial)]
pub struct UserError {
    /// The path of the input that is to be mended; nothing when no input can mend it.
    pub field: Option<Vec<String>>,
    /// What kind of error it is.
    pub code: ErrorCode,
    /// What is wrong and what would mend it.
    pub message: String,
    /// The rule that refused, by its id in docs/rules.md; nothing when it was none.
    pub rule: Option<String>,
}

fn path(field: &str) -> Option<Vec<String>> {
    (!field.is_empty()).then(|| field.split('.').map(str::to_owned).collect())
}

impl UserError {
    /// What the sender of a command can mend; at least one thing.
    ///
    /// # Errors
    /// The rest, which goes to the operator's logs; the sender is told to try again.
    pub fn of(error: ApiError) -> Result<Vec<Self>, Error> {
        match error {
            ApiError::Refused(mut refusal) => {
                let also = std::mem::take(&mut refusal.also);
                Ok(std::iter::once(refusal).chain(also).map(Self::of_refusal).collect())
            }
            ApiError::Input { field, message } | ApiError::Log(LogError::Invalid { field, message }) => {
                Ok(vec![Self { field: path(field), code: ErrorCode::Invalid, message, rule: None }])
            }
            error @ ApiError::Conflict { .. } => {
                Ok(vec![Self { field: None, code: ErrorCode::Conflict, message: error.to_string(), rule: None }])
            }
            ApiError::Unavailable(message) => {
                Ok(vec![Self { field: None, code: ErrorCode::Unavailable, message, rule: None }])
            }
            error @ ApiError::Log(LogError::Unavailable { .. }) => {
                tracing::warn!(%error, "a request could not be answered");
                let message =
                    "a part of the platform can't be reached from here now; send it again in a while, a command \
                               with the same commandId, for whether it was done is not known"
                        .to_owned();
                Ok(vec![Self { field: None, code: ErrorCode::Unavailable, message, rule: None }])
            }
            ApiError::Log(LogError::Sealing { subject, message }) => Ok(vec![Self {
                field: None,
                code: ErrorCode::NotEligible,
                message: format!("{subject} asked to be forgotten: {message}"),
                rule: Some("R-3.3-02".to_owned()),
            }]),
            error @ (ApiError::Log(_)
            | ApiError::View(_)
            | ApiError::Event { .. }
            | ApiError::Misplaced { .. }
            | ApiError::Encode(_)
            | ApiError::Token(_)
            | ApiError::Io { .. }
            | ApiError::Photos(_)
            | ApiError::Mail(_)
            | ApiError::Fixture(_)
            | ApiError::Submission(_)
            | ApiError::Usage(_)) => Err(internal(&error)),
        }
    }

    fn of_refusal(refusal: Refusal) -> Self {
        Self {
            field: path(refusal.field),
            code: refusal.kind.into(),
            message: refusal.message,
            rule: Some(refusal.rule.0.to_owned()),
        }
    }
}

/// An error that only the operator can mend: told in full to the logs, in short to the client.
pub fn internal(error: &ApiError) -> Error {
    tracing::error!(%error, "a request failed");
    coded("UNAVAILABLE", "this can't be answered now; try again, and tell the operator if it lasts")
}

/// An error of a query.
#[must_use]
pub fn query_error(error: ApiError) -> Error {
    match UserError::of(error) {
        Ok(errors) => {
            let code = errors.first().map_or(ErrorCode::Invalid, |first| first.code);
            let messages: Vec<_> = errors.into_iter().map(|error| error.message).collect();
            coded(code_name(code), messages.join("; "))
        }
        Err(error) => error,
    }
}

fn code_name(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Invalid => "INVALID",
        ErrorCode::NotFound => "NOT_FOUND",
        ErrorCode::Forbidden => "FORBIDDEN",
        ErrorCode::Conflict => "CONFLICT",
        ErrorCode::NotEligible => "NOT_ELIGIBLE",
        ErrorCode::TooLate => "TOO_LATE",
        ErrorCode::TooEarly => "TOO_EARLY",
        ErrorCode::AlreadyDone => "ALREADY_DONE",
        ErrorCode::Blocked => "BLOCKED",
        ErrorCode::Unavailable => "UNAVAILABLE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Rule;

    #[test]
    fn a_refusal_names_its_field_its_rule_and_its_kind() {
        let refusal = Refusal::new(Rule("R-3.1-07"), Refused::NotEligible, "licence.author", "declare it");
        let error = UserError::of(refusal.into()).unwrap().remove(0);
        assert_eq!(error.field.unwrap(), ["licence", "author"]);
        assert_eq!((error.code, error.rule.as_deref()), (ErrorCode::NotEligible, Some("R-3.1-07")));
    }

    #[test]
    fn what_only_the_operator_can_mend_is_not_told_to_clients() {
        let error = UserError::of(ApiError::Usage("the secret is in /etc/secret".into())).unwrap_err();
        assert!(!error.message.contains("secret"));
    }
}
