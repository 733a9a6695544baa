//! What queues of cards share: their pages, the calendar of their days, their shortcuts, and a form that was refused.

use domain::working_days::HolidayCalendar;
use serde::Deserialize;

use super::outcome::Errors;
use super::page_info::PageInfo;
use super::schema_enum::schema_enum;
use super::visit::Form;
use crate::graphql::policies;

/// A page of a queue: `{ policies { holidays } queue: … { nodes pageInfo { hasNextPage endCursor } } }`.
#[derive(Debug, Deserialize)]
pub(super) struct Data<N> {
    /// The calendar.
    pub(super) policies: Policies,
    /// The page.
    pub(super) queue: Queue<N>,
}

/// What waits.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Queue<N> {
    /// One after the other.
    pub(super) nodes: Vec<N>,
    /// Whether there is more.
    pub(super) page_info: PageInfo,
}

/// The calendar of working days: `policies { holidays }`.
#[derive(Debug, Deserialize)]
pub(super) struct Policies {
    #[serde(deserialize_with = "schema_enum")]
    holidays: policies::HolidayCalendar,
}

impl Policies {
    /// The calendar.
    pub(super) fn calendar(&self) -> HolidayCalendar {
        self.holidays.into()
    }
}

/// What `console/keys.html` says of a queue's shortcuts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    /// What a card is.
    pub(super) card: &'static str,
    /// The keys that do something to a card, as its controls say in `data-shortcut`, and what.
    pub(super) own: &'static [(&'static str, &'static str)],
}

/// A form that was refused.
pub(super) struct Sent<'a> {
    /// What was written.
    pub(super) form: &'a Form,
    /// Why it was refused.
    pub(super) errors: Errors,
}
