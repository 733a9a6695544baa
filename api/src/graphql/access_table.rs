//! Who may use what: every field of every type for everybody who can ask, worked out from what the schema declares.
//!
//! A type says nothing by itself: it is reached through fields, from the three operations on. So whoever may use a field
//! is whoever reaches its type by some way and is let through by the field, by its type, and by the type that it leads to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use async_graphql::Value;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    ConstDirective, FieldDefinition, InputValueDefinition, InterfaceType, ObjectType, ServiceDocument, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

use super::guard::Asker;
use crate::ApiError;

/// What somebody may see of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing.
    No,
    /// What is theirs.
    Own,
    /// Everything that the platform has.
    Yes,
}

impl Cell {
    /// As the table has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Own => "own",
            Self::Yes => "yes",
        }
    }
}

/// A cell for each of [`Asker::ALL`], in that order.
pub type Cells = [Cell; Asker::ALL.len()];

const NOBODY: Cells = [Cell::No; Asker::ALL.len()];
const EVERYBODY: Cells = [Cell::Yes; Asker::ALL.len()];

/// A field of a type.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The type to which it leads, without lists and without whether it can be null.
    pub leads_to: String,
    /// Its arguments, each with its type.
    pub arguments: Vec<(String, String)>,
    /// Who may use it.
    pub cells: Cells,
    declared: Cells,
}

/// A type that has fields to be read: an object or an interface.
#[derive(Debug, Clone)]
pub struct Readable {
    /// Its fields, in the schema's order.
    pub fields: Vec<Field>,
    /// The interfaces that it implements.
    pub implements: Vec<String>,
    /// Who reaches it.
    pub reached: Cells,
    declared: Cells,
}

/// The table.
#[derive(Debug, Clone)]
pub struct AccessTable {
    /// The types by name.
    pub types: BTreeMap<String, Readable>,
}

/// Where every document begins.
pub const OPERATIONS: [&str; 3] = ["Query", "Mutation", "Subscription"];

impl AccessTable {
    /// Of a schema's text.
    ///
    /// # Errors
    /// That the text is no schema.
    pub fn of(sdl: &str) -> Result<Self, ApiError> {
        let schema = parse_schema(sdl).map_err(|bad| ApiError::Usage(format!("the schema can't be read: {bad}")))?;
        let mut table = Self { types: readable(schema) };
        while table.spread() {}
        Ok(table)
    }

    /// Works out once more who reaches what; whether anything is new.
    fn spread(&mut self) -> bool {
        let mut reached: BTreeMap<String, Cells> = OPERATIONS.map(|name| (name.to_owned(), EVERYBODY)).into();
        for (name, readable) in &self.types {
            // Whoever reaches an interface reaches what implements it, as far as that lets them.
            for interface in &readable.implements {
                let through = self.types.get(interface).map_or(NOBODY, |interface| interface.reached);
                grow(&mut reached, name, least(through, readable.declared));
            }
            for field in &readable.fields {
                grow(&mut reached, &field.leads_to, field.cells);
            }
        }
        let declared: BTreeMap<String, Cells> =
            self.types.iter().map(|(name, readable)| (name.clone(), readable.declared)).collect();
        let mut new = false;
        for (name, readable) in &mut self.types {
            readable.reached = reached.get(name).copied().unwrap_or(NOBODY);
            for field in &mut readable.fields {
                let leads_to = declared.get(&field.leads_to).copied().unwrap_or(EVERYBODY);
                let cells = least(least(readable.reached, readable.declared), least(field.declared, leads_to));
                new |= cells != field.cells;
                field.cells = cells;
            }
        }
        new
    }

    /// The fields that lead to a type, also as one of those that implement an interface.
    fn ways_to(&self, name: &str) -> Vec<String> {
        let implements = self.types.get(name).map_or(&[][..], |readable| &readable.implements);
        let leads = |field: &Field| field.leads_to == name || implements.contains(&field.leads_to);
        let fields = self.types.iter().flat_map(|(of, readable)| readable.fields.iter().map(move |field| (of, field)));
        fields.filter(|(_, field)| leads(field)).map(|(of, field)| format!("`{of}.{}`", field.name)).collect()
    }

    /// As `docs/who-may-read-what.md` has it.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut page = String::from(HEAD);
        let row = |page: &mut String, name: &str, cells: Vec<&str>| {
            // Writing to a string never fails.
            let _ = writeln!(page, "| {name} | {} |", cells.join(" | "));
        };
        let operations = OPERATIONS.iter().filter_map(|name| self.types.get_key_value(*name));
        let others = self.types.iter().filter(|(name, _)| !OPERATIONS.contains(&name.as_str()));
        for (name, readable) in operations.chain(others) {
            let _ = writeln!(page, "\n## {name}\n");
            let ways = self.ways_to(name);
            if !ways.is_empty() {
                let _ = writeln!(page, "By {}.\n", ways.join(", "));
            }
            row(&mut page, "field", Asker::ALL.map(Asker::name).to_vec());
            row(&mut page, "---", vec!["---"; Asker::ALL.len()]);
            for field in &readable.fields {
                row(&mut page, &format!("`{}`", field.name), field.cells.map(Cell::name).to_vec());
            }
        }
        page
    }
}

const HEAD: &str = "# Who may read what

A row for every field of every type of the GraphQL schema that can be read, a column for everybody who can ask: without a
token, or with one for a role. Over each type's rows stand the fields that lead to it. Made from the schema by
`marktboek schema --roles > docs/who-may-read-what.md`; don't write here.

| cell | what it means |
| --- | --- |
| yes | They may use it, whatever it is about. |
| own | They may use it for what is theirs: their account, their orders, their reviews, what restricts them, the notice that they sent. |
| no | Refused with FORBIDDEN; or nothing is there for them (null, an empty list) where a field says so. |

Who may use a field is declared at the field, or at the type to which it leads, as `@allowed(roles: …, own: …)` in
[api/schema.graphql](../api/schema.graphql); where nothing is declared it is for everybody who reaches its type. So a cell
says what somebody can reach by any way, from `Query`, `Mutation` and `Subscription` on. `yes` is not everything of a
kind: a review that is not online is only for its author and staff, and what was forgotten is for nobody.

Every cell is tried by `api/tests/roles/main.rs`, by every way that leads to the field, against a server with a history in
which everything happens: what is `yes` or `own` answers; what is `own` answers nobody else of that role; what is `no`
never answers.
";

fn grow(reached: &mut BTreeMap<String, Cells>, name: &str, by: Cells) {
    let cells = reached.entry(name.to_owned()).or_insert(NOBODY);
    for (cell, by) in cells.iter_mut().zip(by) {
        *cell = (*cell).max(by);
    }
}

fn least(mut one: Cells, other: Cells) -> Cells {
    for (cell, other) in one.iter_mut().zip(other) {
        *cell = (*cell).min(other);
    }
    one
}

/// A type that has fields to be read: an interface has what an object has.
pub(super) fn with_fields(kind: TypeKind) -> Option<ObjectType> {
    match kind {
        TypeKind::Object(object) => Some(object),
        TypeKind::Interface(InterfaceType { implements, fields }) => Some(ObjectType { implements, fields }),
        TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => None,
    }
}

fn readable(schema: ServiceDocument) -> BTreeMap<String, Readable> {
    let mut types = BTreeMap::new();
    for definition in schema.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let definition = definition.node;
        let Some(ObjectType { implements, fields }) = with_fields(definition.kind) else { continue };
        let readable = Readable {
            fields: fields.into_iter().map(|field| readable_field(field.node)).collect(),
            implements: implements.into_iter().map(|name| name.node.to_string()).collect(),
            reached: NOBODY,
            declared: declared(&definition.directives),
        };
        types.insert(definition.name.node.to_string(), readable);
    }
    types
}

fn readable_field(field: FieldDefinition) -> Field {
    let argument = |argument: Positioned<InputValueDefinition>| {
        (argument.node.name.node.to_string(), argument.node.ty.node.to_string())
    };
    let leads_to = field.ty.node.to_string();
    Field {
        name: field.name.node.to_string(),
        leads_to: leads_to.trim_matches(['[', ']', '!']).to_owned(),
        arguments: field.arguments.into_iter().map(argument).collect(),
        cells: NOBODY,
        declared: declared(&field.directives),
    }
}

/// What `@allowed` says, for everybody; all may where it is not there.
fn declared(directives: &[Positioned<ConstDirective>]) -> Cells {
    let Some(allowed) = directives.iter().find(|directive| directive.node.name.node == "allowed") else {
        return EVERYBODY;
    };
    let names = |argument: &str| match allowed.node.get_argument(argument).map(|value| &value.node) {
        Some(Value::List(names)) => names.clone(),
        Some(_) | None => Vec::new(),
    };
    let (roles, own) = (names("roles"), names("own"));
    Asker::ALL.map(|asker| {
        let name = Value::Enum(Name::new(asker.name()));
        if roles.contains(&name) {
            Cell::Yes
        } else if own.contains(&name) {
            Cell::Own
        } else {
            Cell::No
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "
        type Query { order: Order books: Books @allowed(roles: [AUDITOR]) node: Node }
        type Mutation { place: Placed @allowed(roles: [BUYER]) }
        type Subscription { updated: Order }
        interface Node { id: ID! }
        type Order implements Node @allowed(roles: [OPERATOR], own: [BUYER]) { id: ID! lines: [Line!]! }
        type Line { price: Int! }
        type Books { pages: [Page!]! }
        type Page { text: String @allowed(roles: [BUYER]) of: Order number: Int! }
        type Placed { order: Order }
        type Nowhere { field: Int }
    ";

    fn cells(name: &str) -> Vec<(&'static str, Cell)> {
        let table = AccessTable::of(SCHEMA).unwrap();
        let (name, field) = name.split_once('.').unwrap();
        let field = table.types[name].fields.iter().find(|one| one.name == field).unwrap();
        let cells = Asker::ALL.into_iter().zip(field.cells);
        cells.filter(|(_, cell)| *cell != Cell::No).map(|(asker, cell)| (asker.name(), cell)).collect()
    }

    #[test]
    fn a_type_lets_through_whom_it_names_by_whatever_way_they_come() {
        let readers = vec![("BUYER", Cell::Own), ("OPERATOR", Cell::Yes)];
        for field in ["Query.order", "Subscription.updated", "Order.id", "Order.lines"] {
            assert_eq!(cells(field), readers, "{field}");
        }
        assert_eq!(cells("Placed.order"), [("BUYER", Cell::Own)], "no operator gets there");
    }

    #[test]
    fn what_is_reached_through_others_is_for_whoever_reaches_them() {
        assert_eq!(cells("Line.price"), cells("Order.lines"));
        assert_eq!(cells("Page.number"), [("AUDITOR", Cell::Yes)]);
        assert_eq!(cells("Page.of"), [], "who gets to the page may not see the order");
        assert_eq!(cells("Page.text"), [], "who may read the text does not get to the page");
        assert_eq!(cells("Node.id").len(), Asker::ALL.len());
        assert_eq!(cells("Nowhere.field"), []);
    }
}
