//! How many items a queue has, as far as one page of it tells.

use std::fmt;

use serde::Deserialize;

/// A page of a queue: `{ nodes { __typename } pageInfo { hasNextPage } }`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Count {
    nodes: Vec<Item>,
    page_info: More,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Item {}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct More {
    has_next_page: bool,
}

impl Count {
    /// Whether there is nothing.
    pub(super) fn is_none(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.nodes.len();
        if self.page_info.has_next_page { write!(f, "more than {count}") } else { write!(f, "{count}") }
    }
}
