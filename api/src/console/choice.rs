//! What can be chosen in a form: values of the schema's enums, in words.

use async_graphql::resolver_utils::EnumType;

/// A value that can be chosen.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// Its name in the schema.
    pub(super) name: &'static str,
    /// What it says.
    pub(super) words: &'static str,
    /// Whether it was chosen.
    pub(super) chosen: bool,
}

/// All values of an enum, in their order, with those chosen that are named.
pub(super) fn choices<E: EnumType + Copy>(words: impl Fn(E) -> &'static str, chosen: &[&str]) -> Vec<Choice> {
    let choice = |item: &async_graphql::resolver_utils::EnumItem<E>| Choice {
        name: item.name,
        words: words(item.value),
        chosen: chosen.contains(&item.name),
    };
    E::items().iter().map(choice).collect()
}
