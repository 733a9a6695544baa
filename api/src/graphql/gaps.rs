//! Null where an error left a gap in an answer.
//!
//! The library leaves a field that failed out of its object. By the specification (6.4.4) it is null where its type lets it be,
//! and otherwise the nearest field or item around it that may be null is, or the whole answer. Types that a client generates
//! promise the same: what may not be null is there wherever its object is.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, ObjectType, OperationDefinition, OperationType, Selection, SelectionSet, Type,
    TypeSystemDefinition,
};
use async_graphql::{Name, PathSegment, Response, Value};

use super::access_table::with_fields;

/// The fields of the schema that is served. Read when a field fails for the first time.
static SERVED: LazyLock<FieldTypes> = LazyLock::new(|| {
    // The library wrote the text itself; a test reads it.
    FieldTypes::of(&super::sdl()).unwrap_or_default()
});

/// Closes the gaps that errors left in the answer to an operation.
pub fn close(document: &ExecutableDocument, operation: &OperationDefinition, response: &mut Response) {
    if !response.errors.is_empty() {
        SERVED.close(document, operation, response);
    }
}

/// The types of all fields, by the name of the type that has them.
#[derive(Debug, Default)]
struct FieldTypes(HashMap<Name, HashMap<Name, Type>>);

impl FieldTypes {
    fn of(schema: &str) -> Result<Self, async_graphql::parser::Error> {
        let mut types = HashMap::new();
        for definition in parse_schema(schema)?.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let Some(ObjectType { fields, .. }) = with_fields(definition.node.kind) else { continue };
            let fields = fields.into_iter().map(|field| (field.node.name.node, field.node.ty.node));
            types.insert(definition.node.name.node, fields.collect());
        }
        Ok(Self(types))
    }

    fn close(&self, document: &ExecutableDocument, operation: &OperationDefinition, response: &mut Response) {
        for error in &response.errors {
            if let Some(segments) = self.nullable(document, operation, &error.path) {
                put_null(&mut response.data, &error.path[..segments]);
            }
        }
    }

    /// How many segments of a path lead to the innermost place on it that may be null; nothing where the path is of no field
    /// that the schema has.
    fn nullable(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        path: &[PathSegment],
    ) -> Option<usize> {
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let mut selected = vec![(Name::new(root), &operation.selection_set.node)];
        let mut here: Option<&Type> = None;
        // The whole answer may be null; what went wrong before anything was executed has no place in it.
        let mut nullable = (!path.is_empty()).then_some(0);
        for (segment, length) in path.iter().zip(1..) {
            let ty = match segment {
                PathSegment::Field(key) => {
                    let mut fields = Vec::new();
                    for (of, set) in &selected {
                        find(document, of, set, key, &mut fields);
                    }
                    let (of, field) = fields.first()?;
                    let ty = self.0.get(of)?.get(&field.name.node)?;
                    let below = named(ty);
                    selected = fields.iter().map(|(_, field)| (below.clone(), &field.selection_set.node)).collect();
                    ty
                }
                PathSegment::Index(_) => match &here?.base {
                    BaseType::List(item) => item,
                    BaseType::Named(_) => return None,
                },
            };
            if ty.nullable {
                nullable = Some(length);
            }
            here = Some(ty);
        }
        nullable
    }
}

/// The fields that a selection of a type answers under this key.
fn find<'a>(
    document: &'a ExecutableDocument,
    of: &Name,
    set: &'a SelectionSet,
    key: &str,
    found: &mut Vec<(Name, &'a Field)>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                if field.node.response_key().node == *key {
                    found.push((of.clone(), &field.node));
                }
            }
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                find(document, condition.unwrap_or(of), &fragment.node.selection_set.node, key, found);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    let fragment = &fragment.node;
                    find(document, &fragment.type_condition.node.on.node, &fragment.selection_set.node, key, found);
                }
            }
        }
    }
}

/// The type of which a value or the items of a list are.
fn named(ty: &Type) -> Name {
    match &ty.base {
        BaseType::Named(name) => name.clone(),
        BaseType::List(item) => named(item),
    }
}

/// Puts null at a place; does nothing where something around it is null already.
fn put_null(data: &mut Value, path: &[PathSegment]) {
    let Some((first, rest)) = path.split_first() else {
        *data = Value::Null;
        return;
    };
    match (data, first) {
        (Value::Object(fields), PathSegment::Field(key)) => match fields.get_mut(key.as_str()) {
            Some(field) => put_null(field, rest),
            None if rest.is_empty() => {
                fields.insert(Name::new(key), Value::Null);
            }
            None => {}
        },
        (Value::List(items), PathSegment::Index(index)) => {
            if let Some(item) = items.get_mut(*index) {
                put_null(item, rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::ServerError;
    use async_graphql::parser::parse_query;
    use async_graphql::value;

    use super::*;

    const SCHEMA: &str = "
        interface Node { id: ID! }
        type Item implements Node { id: ID!, name: String!, note: String, parts: [Item!]!, spare: [Item]! }
        type Query { item: Item, sure: Item!, node: Node }
    ";

    /// The answer with its gaps closed: by the keys and indices that lead to each error, as in `item.parts.0.name`.
    fn closed(query: &str, data: Value, errors: &[&str]) -> Value {
        let document = parse_query(query).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let segment =
            |text: &str| text.parse().map_or_else(|_| PathSegment::Field(text.to_owned()), PathSegment::Index);
        let error = |path: &&str| {
            ServerError::new("failed", None)
                .with_path(path.split('.').filter(|text| !text.is_empty()).map(segment).collect())
        };
        let mut response = Response::new(data);
        response.errors = errors.iter().map(error).collect();
        FieldTypes::of(SCHEMA).unwrap().close(&document, &operation.node, &mut response);
        response.data
    }

    #[test]
    fn what_may_be_null_is_null_and_otherwise_what_is_around_it() {
        let query = "{ item { id name note } }";
        assert_eq!(
            closed(query, value!({ "item": { "id": 1, "name": "a" } }), &["item.note"]),
            value!({ "item": { "id": 1, "name": "a", "note": null } })
        );
        assert_eq!(closed(query, value!({ "item": { "id": 1 } }), &["item.name"]), value!({ "item": null }));
        assert_eq!(closed(query, value!({}), &["item"]), value!({ "item": null }));
        let sure = "{ sure { id name } item { id } }";
        assert_eq!(closed(sure, value!({ "sure": { "id": 1 }, "item": null }), &["sure.name"]), Value::Null);
    }

    #[test]
    fn an_item_of_a_list_is_null_where_it_may_be_and_otherwise_the_list_is() {
        let query = "{ item { spare { name } parts { name } } }";
        let gap = || value!({ "item": { "spare": [{ "name": "a" }, null], "parts": [{}] } });
        assert_eq!(
            closed(query, gap(), &["item.spare.1.name"]),
            value!({ "item": { "spare": [{ "name": "a" }, null], "parts": [{}] } })
        );
        assert_eq!(closed(query, gap(), &["item.parts.0.name"]), value!({ "item": null }));
        assert_eq!(closed(query, gap(), &["item.spare.1.name", "item.parts.0.name"]), value!({ "item": null }));
    }

    #[test]
    fn a_field_is_found_by_its_alias_through_fragments_and_interfaces() {
        let query = "query Q { node { id ...on Item { called: name ...more } } } fragment more on Item { also: note }";
        let data = || value!({ "node": { "id": 1 } });
        assert_eq!(closed(query, data(), &["node.also"]), value!({ "node": { "id": 1, "also": null } }));
        assert_eq!(closed(query, data(), &["node.called"]), value!({ "node": null }));
        // What is of no field changes nothing.
        assert_eq!(closed(query, data(), &["", "node.nothing"]), data());
    }
}
