//! The ways that lead to a field, and what somebody who takes one is told.

use std::collections::{BTreeMap, BTreeSet};

use api::graphql::access_table::{AccessTable, Field};
use api::graphql::guard::Asker;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

/// One field further, or, on an interface, to one of the types that implement it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hop {
    pub(crate) of: String,
    pub(crate) field: String,
    pub(crate) leads_to: String,
    /// Whether the field is one of the type's own, and not a way of saying which type it is.
    pub(crate) is_field: bool,
}

/// From an operation on.
pub(crate) type Way = Vec<Hop>;

/// Everything that leads on from a type.
pub(crate) fn hops(table: &AccessTable, name: &str) -> Vec<Hop> {
    let hop = |field: String, leads_to: String, is_field| Hop { of: name.to_owned(), field, leads_to, is_field };
    let fields = &table.types[name].fields;
    let fields = fields.iter().filter(|field| table.types.contains_key(&field.leads_to));
    let mut hops: Vec<Hop> = fields.map(|field| hop(field.name.clone(), field.leads_to.clone(), true)).collect();
    let implementing = table.types.iter().filter(|(_, readable)| readable.implements.iter().any(|of| of == name));
    hops.extend(implementing.map(|(implementing, _)| hop(format!("on_{implementing}"), implementing.clone(), false)));
    hops
}

/// A document that takes a way and asks for some fields at its end, with its variables' values.
pub(crate) fn document(
    table: &AccessTable,
    examples: &BTreeMap<&'static str, Vec<Value>>,
    end: &str,
    way: &[Hop],
    root: &Value,
    asked: &[&Hop],
    leaves: &[&Field],
) -> (String, Value) {
    let mut variables = Variables { definitions: Vec::new(), values: Map::new() };
    let mut inner: Vec<String> = Vec::new();
    for field in leaves {
        let given = if way.is_empty() { root.clone() } else { example(examples, end, &field.name) };
        let arguments = variables.take(field, &given);
        let rest = match also(&field.leads_to) {
            _ if !table.types.contains_key(&field.leads_to) => String::new(),
            "" => " { __typename }".to_owned(),
            also => format!(" {{{also} }}"),
        };
        inner.push(format!("{}{arguments}{rest}", field.name));
    }
    for hop in asked {
        inner.push(format!("... on {} {{ {}: __typename }}", hop.leads_to, hop.field));
    }
    let mut text = inner.join(" ");
    for (index, hop) in way.iter().enumerate().rev() {
        if !hop.is_field {
            text = format!("... on {} {{ {text} }}", hop.leads_to);
            continue;
        }
        let field = field(table, hop);
        let given = if index == 0 { root.clone() } else { example(examples, &hop.of, &hop.field) };
        let arguments = variables.take(field, &given);
        text = format!("{}{arguments} {{ {text}{} }}", hop.field, also(&hop.leads_to));
    }
    let operation = way.first().map_or(end, |hop| &hop.of).to_lowercase();
    let definitions = variables.definitions.join(", ");
    let definitions = if definitions.is_empty() { definitions } else { format!(" Q({definitions})") };
    (format!("{operation}{definitions} {{ {text} }}"), Value::Object(variables.values))
}

/// What tells, besides what is asked for, whether there is anything: of a page, whether it has items; of a command, whether
/// it was done.
fn also(name: &str) -> &'static str {
    match name {
        name if name.ends_with("Connection") => " _edges: edges { __typename }",
        name if name.ends_with("Payload") => " _position: position",
        _ => "",
    }
}

pub(crate) fn field<'a>(table: &'a AccessTable, hop: &Hop) -> &'a Field {
    table.types[&hop.of].fields.iter().find(|field| field.name == hop.field).unwrap()
}

fn example(examples: &BTreeMap<&'static str, Vec<Value>>, of: &str, field: &str) -> Value {
    let name = format!("{of}.{field}");
    examples.get(name.as_str()).map_or_else(|| Value::Object(Map::new()), |examples| examples[0].clone())
}

struct Variables {
    definitions: Vec<String>,
    values: Map<String, Value>,
}

impl Variables {
    /// Gives a field the arguments that are known for it.
    fn take(&mut self, field: &Field, given: &Value) -> String {
        let mut arguments = Vec::new();
        for (name, kind) in &field.arguments {
            let Some(value) = given.get(name) else {
                assert!(!kind.ends_with('!'), "give an example of {name} for {} in the history", field.name);
                continue;
            };
            let variable = format!("v{}", self.definitions.len());
            arguments.push(format!("{name}: ${variable}"));
            self.definitions.push(format!("${variable}: {kind}"));
            self.values.insert(variable, value.clone());
        }
        if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) }
    }
}

/// Whether an answer says anything for a field at the end of a way. An empty list says nothing, nor does a page without
/// items; what a refused command says of itself is only why.
pub(crate) fn says(answer: &Value, way: &[Hop], field: &str) -> bool {
    match answer {
        Value::Array(items) => items.iter().any(|item| says(item, way, field)),
        Value::Object(object) => match way.split_first() {
            Some((hop, rest)) if hop.is_field => {
                (is_something(answer) || hop.field == "userErrors")
                    && object.get(&hop.field).is_some_and(|next| says(next, rest, field))
            }
            Some((_, rest)) => says(answer, rest, field),
            // That a command was not refused is said by an empty list.
            None => {
                is_something(answer)
                    && object.get(field).is_some_and(|value| is_something(value) || field == "userErrors")
            }
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => ["_edges", "_position"].iter().all(|name| object.get(*name).is_none_or(is_something)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// An answer's words, with its global ids as they are inside.
pub(crate) fn decoded(answer: &Value) -> String {
    match answer {
        Value::String(text) => {
            let inside = BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            format!("{text} {} ", inside.unwrap_or_default())
        }
        Value::Array(items) => items.iter().map(decoded).collect(),
        Value::Object(members) => members.values().map(decoded).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

/// A way, as a person reads it.
pub(crate) fn named(way: &[Hop]) -> String {
    let operation = way.first().map_or("", |hop| hop.of.as_str());
    way.iter().fold(operation.to_owned(), |text, hop| format!("{text}.{}", hop.field))
}

/// The ways that somebody took and was told something, by what they lead to.
pub(crate) type Ways = BTreeMap<String, BTreeSet<Way>>;

/// Who takes a way: somebody whose things are looked for, or somebody else of the same role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taker {
    pub(crate) asker: Asker,
    pub(crate) another: bool,
}
