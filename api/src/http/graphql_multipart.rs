//! GraphQL requests with files, by graphql-multipart-request-spec: a part `operations` with the request, whose variables
//! are null where files belong; a part `map` that says which variables each file is; then the files.
//!
//! A form can be sent from any page without asking, which matters only where a browser adds who the user is by itself: the
//! token that says it here is never added by itself.

use std::collections::BTreeMap;

use async_graphql::{Name, Value};
use axum::body::Bytes;
use axum::extract::Multipart;

use super::body::Unread;
use super::json::json_of;
use crate::graphql::execution::Asked;

/// The most files, and the most variables that are files: more than any input takes. Inputs say their own bounds.
const MAX_FILES: usize = 32;

/// A form, with all of its parts.
pub(super) struct Form {
    operations: Bytes,
    map: Bytes,
    files: Vec<(String, Bytes)>,
}

/// Takes a form in.
pub(super) async fn receive(mut form: Multipart) -> Result<Form, Unread> {
    let (operations, map) = (part(&mut form, "operations").await?, part(&mut form, "map").await?);
    let mut files = Vec::new();
    while let Some(field) = form.next_field().await? {
        if files.len() == MAX_FILES {
            return Err(too_many());
        }
        let name = field.name().unwrap_or_default().to_owned();
        files.push((name, field.bytes().await?));
    }
    Ok(Form { operations, map, files })
}

fn too_many() -> Unread {
    Unread::invalid(format!("a request has at most {MAX_FILES} files"))
}

impl Form {
    /// Reads the request.
    pub(super) fn read(self) -> Result<Asked, Unread> {
        let mut asked: Asked = json_of(&self.operations)
            .map_err(|error| Unread::invalid(format!("operations is one GraphQL request in JSON: {error}")))?;
        let mut map: BTreeMap<String, Vec<String>> = json_of(&self.map).map_err(|error| {
            Unread::invalid(format!("map is JSON as in {{\"0\": [\"variables.input.uploads.0\"]}}: {error}"))
        })?;
        if map.values().map(Vec::len).sum::<usize>() > MAX_FILES || map.len() > MAX_FILES {
            return Err(too_many());
        }
        for (name, file) in self.files {
            let paths = map.remove(&name);
            let paths = paths
                .ok_or_else(|| Unread::invalid(format!("the part {name:?} is not in the map, or is there twice")))?;
            for path in paths {
                let variable = variable(&mut asked, &path).filter(|value| **value == Value::Null);
                let variable = variable.ok_or_else(|| {
                    Unread::invalid(format!("the map says {path:?}, where operations has no variable that is null"))
                })?;
                *variable = Value::Binary(file.clone());
            }
        }
        match map.keys().next() {
            Some(name) => Err(Unread::invalid(format!("the map names a part {name:?}, which is not in the request"))),
            None => Ok(asked),
        }
    }
}

/// The next part, which must have this name.
async fn part(form: &mut Multipart, name: &str) -> Result<Bytes, Unread> {
    match form.next_field().await? {
        Some(field) if field.name() == Some(name) => Ok(field.bytes().await?),
        Some(_) | None => {
            Err(Unread::invalid(format!("the part {name} is missing here; the order is operations, map, files")))
        }
    }
}

/// The variable at a path, as in `variables.input.uploads.0`.
fn variable<'a>(asked: &'a mut Asked, path: &str) -> Option<&'a mut Value> {
    let mut names = path.strip_prefix("variables.")?.split('.');
    let first = asked.variables.as_mut()?.get_mut(&Name::new(names.next()?));
    names.try_fold(first?, |value, name| {
        if let Value::Object(fields) = value {
            fields.get_mut(name)
        } else if let Value::List(items) = value {
            items.get_mut(name.parse::<usize>().ok()?)
        } else {
            None
        }
    })
}
