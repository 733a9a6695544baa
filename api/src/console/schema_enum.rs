//! Values of the schema's enums in answers: `#[serde(deserialize_with = "schema_enum")]`.

use async_graphql::{InputType, Name, Value};
use serde::de::{Deserialize, Deserializer, Error};

/// Reads one by its name in the schema.
pub(super) fn schema_enum<'de, D: Deserializer<'de>, E: InputType>(from: D) -> Result<E, D::Error> {
    named(&String::deserialize(from)?)
}

/// Reads one that may be missing.
pub(super) fn schema_enum_or_none<'de, D: Deserializer<'de>, E: InputType>(from: D) -> Result<Option<E>, D::Error> {
    Option::<String>::deserialize(from)?.map(|name| named(&name)).transpose()
}

/// Reads a list of them.
pub(super) fn schema_enums<'de, D: Deserializer<'de>, E: InputType>(from: D) -> Result<Vec<E>, D::Error> {
    Vec::<String>::deserialize(from)?.iter().map(|name| named(name)).collect()
}

fn named<E: InputType, Er: Error>(name: &str) -> Result<E, Er> {
    E::parse(Some(Value::Enum(Name::new(name)))).map_err(|_| Er::custom(format!("no value is called {name}")))
}
