//! Values of the schema's enums in answers: `#[serde(deserialize_with = "schema_enum")]`.

use async_graphql::{InputType, Name, Value};
use serde::de::{Deserialize, Deserializer, Error};

/// Reads one by its name in the schema.
pub(super) fn schema_enum<'de, D: Deserializer<'de>, E: InputType>(from: D) -> Result<E, D::Error> {
    let name = String::deserialize(from)?;
    E::parse(Some(Value::Enum(Name::new(&name)))).map_err(|_| D::Error::custom(format!("no value is called {name}")))
}
