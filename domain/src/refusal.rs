//! Why a command was refused, said so that its sender can mend it.

use std::fmt;

use serde::Serialize;

/// A rule of the marketplace, by its id in `docs/rules.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Rule(pub &'static str);

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What kind of refusal it is; a client can act on it without reading the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// The input is not well-formed.
    Invalid,
    /// What it names does not exist.
    NotFound,
    /// The sender may not do this.
    Forbidden,
    /// The rule's conditions are not met.
    NotEligible,
    /// The time for it is over.
    TooLate,
    /// The time for it has not come.
    TooEarly,
    /// It has been done.
    AlreadyDone,
    /// The sender's account is blocked.
    Blocked,
}

/// A refusal: nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({rule})")]
pub struct Refusal {
    /// The rule that refused.
    pub rule: Rule,
    /// The kind of refusal.
    pub kind: Refused,
    /// The field of the command that is to be mended; empty when no field can mend it.
    pub field: &'static str,
    /// What is wrong and what would mend it.
    pub message: String,
    /// What else is wrong, where a form is checked field by field.
    pub also: Box<[Refusal]>,
}

impl Refusal {
    /// A refusal by a rule.
    #[must_use]
    pub fn new(rule: Rule, kind: Refused, field: &'static str, message: impl Into<String>) -> Self {
        Self { rule, kind, field, message: message.into(), also: Box::default() }
    }

    /// All of some refusals as one; nothing where there is none.
    #[must_use]
    pub fn all(refusals: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut refusals = refusals.into_iter();
        let mut first = refusals.next()?;
        first.also = refusals.collect();
        Some(first)
    }
}

/// Refuses unless `holds`.
///
/// # Errors
/// The refusal, when it does not hold.
pub fn require(
    holds: bool,
    rule: Rule,
    kind: Refused,
    field: &'static str,
    message: impl FnOnce() -> String,
) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(rule, kind, field, message())) }
}
