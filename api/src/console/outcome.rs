//! What a command came to: done at a position of the book, or refused with words beside the form's fields.

use serde::Deserialize;

/// An answer to a mutation whose field is called `outcome`.
#[derive(Debug, Deserialize)]
pub(super) struct Commanded {
    /// What it came to.
    pub(super) outcome: Outcome,
}

/// What a payload says: `{ position userErrors { field message rule } }`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    position: Option<String>,
    user_errors: Vec<UserError>,
}

/// Why a command was refused.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct UserError {
    field: Option<Vec<String>>,
    /// What is wrong and what would mend it.
    pub(super) message: String,
    /// The rule that refused.
    pub(super) rule: Option<String>,
}

impl Outcome {
    /// Where in the book it was done.
    pub(super) fn position(&self) -> Option<u64> {
        self.position.as_ref().and_then(|position| position.parse().ok())
    }

    /// Why it was refused; nothing when it was done.
    pub(super) fn refused(self) -> Option<Errors> {
        (!self.user_errors.is_empty()).then_some(Errors(self.user_errors))
    }
}

/// The errors of a form.
#[derive(Debug, Clone, Default)]
pub(super) struct Errors(Vec<UserError>);

impl Errors {
    /// One of a field that the schema does not even take.
    pub(super) fn of_field(field: &str, message: &str) -> Self {
        Self(vec![UserError { field: Some(vec![field.to_owned()]), message: message.to_owned(), rule: None }])
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Those of a field, by the first name of its path.
    pub(super) fn of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a UserError> {
        self.0.iter().filter(move |error| error.is_of(field))
    }

    /// Whether a field has any.
    pub(super) fn has(&self, field: &str) -> bool {
        self.of(field).next().is_some()
    }

    /// Those of no field that the form shows.
    pub(super) fn others<'a>(&'a self, shown: &'a [&str]) -> impl Iterator<Item = &'a UserError> {
        self.0.iter().filter(|error| !shown.iter().any(|field| error.is_of(field)))
    }
}

impl UserError {
    fn is_of(&self, field: &str) -> bool {
        self.field.as_ref().and_then(|path| path.first()).is_some_and(|first| first == field)
    }
}
