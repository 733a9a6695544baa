//! Ids as people and other programs read them: the API takes them back as it takes its own global ones.

use crate::graphql::node;

/// The UUID in a global id; the id itself where it is none.
pub(super) fn plain(global: &str) -> String {
    node::split(global).map_or_else(|| global.to_owned(), |(_, id)| id.to_string())
}
