//! What is sealed in an event's data, wherever in it that stands.

use domain::sealed::Sealed;
use serde_json::Value;

use crate::error::ToolError;

/// Gives each sealed value to `replace`, and puts what it gives in its place.
pub(crate) fn each<F>(data: &mut Value, replace: &mut F) -> Result<(), ToolError>
where
    F: FnMut(&Sealed<Value>) -> Result<Option<Value>, ToolError>,
{
    if let Ok(sealed) = serde_json::from_value::<Sealed<Value>>(data.clone()) {
        if let Some(value) = replace(&sealed)? {
            *data = value;
        }
        return Ok(());
    }
    match data {
        Value::Object(members) => members.values_mut().try_for_each(|value| each(value, replace)),
        Value::Array(items) => items.iter_mut().try_for_each(|value| each(value, replace)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}
