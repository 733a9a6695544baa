//! Whether a list goes on: `pageInfo { hasNextPage endCursor }`.

use serde::Deserialize;

/// Where a page of a list ends.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl PageInfo {
    /// The cursor after which there is more, if there is.
    pub(super) fn next(self) -> Option<String> {
        self.end_cursor.filter(|_| self.has_next_page)
    }
}
