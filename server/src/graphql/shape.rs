//! The shape of an answer: what the specification says of it, and the library leaves undone.
//!
//! * Fields come in the order in which they were asked for. The library puts first what was there first.
//! * A field that failed is null; if it must not be null, what it is a field of is null instead, and so on upwards. The library leaves
//!   such a field out.
//!
//! A shape is made once for an operation and laid over each of its answers. Over one without errors it only looks whether the order
//! is right.

use std::collections::HashMap;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet, Type, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Name, PathSegment, Response, Value};

/// What is within an object of an answer.
type Fields = IndexMap<Name, Value>;
/// Where something failed, from here on.
type Path<'p> = &'p [PathSegment];

/// The types of a schema: for each, its fields.
#[derive(Debug, Default)]
pub struct Types(HashMap<Name, HashMap<Name, Type>>);

impl Types {
    /// Those of a schema that is written down.
    #[must_use]
    pub fn of(sdl: &str) -> Self {
        let Ok(document) = parse_schema(sdl) else { return Self::default() };
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        });
        let fields = types.filter_map(|definition| {
            let fields = match definition.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                _ => return None,
            };
            let fields = fields.into_iter().map(|field| (field.node.name.node, field.node.ty.node));
            Some((definition.name.node, fields.collect()))
        });
        Self(fields.collect())
    }

    fn field(&self, of: Option<&Name>, name: &Name) -> Option<&Type> {
        self.0.get(of?)?.get(name)
    }
}

/// The fields of an object, in order.
#[derive(Clone, Debug, Default)]
pub struct Shape(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    /// What it is called in the answer.
    key: Name,
    /// Its type; none if the schema does not say, as of its own description.
    kind: Option<Type>,
    below: Shape,
}

impl Shape {
    /// The shape of the answers to an operation of a document whose fragments are few when they are written out. Its root has the name of its kind, as it has in our schema.
    #[must_use]
    pub fn of(types: &Types, document: &ExecutableDocument, operation: &OperationDefinition) -> Self {
        let root = Name::new(match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        });
        let mut shape = Self::default();
        shape.add(types, document, &operation.selection_set.node, Some(&root));
        shape
    }

    fn add(&mut self, types: &Types, document: &ExecutableDocument, set: &SelectionSet, of: Option<&Name>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let (field, key) = (&field.node, &field.node.response_key().node);
                    let kind = types.field(of, &field.name.node);
                    let place = self.0.iter().position(|known| known.key == *key).unwrap_or_else(|| {
                        self.0.push(Field { key: key.clone(), kind: kind.cloned(), below: Self::default() });
                        self.0.len() - 1
                    });
                    let below = kind.map(|kind| innermost(&kind.base));
                    self.0[place].below.add(types, document, &field.selection_set.node, below);
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    self.add(types, document, &inline.node.selection_set.node, on.or(of));
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) else { continue };
                    let on = &fragment.node.type_condition.node.on.node;
                    self.add(types, document, &fragment.node.selection_set.node, Some(on));
                }
            }
        }
    }

    /// Gives an answer this shape.
    pub fn complete(&self, answer: &mut Response) {
        if answer.errors.is_empty() && answer.data == Value::Null {
            // Nothing was asked.
            answer.data = Value::Object(Fields::new());
        }
        if answer.errors.is_empty() && self.is_in_order(&answer.data) {
            return;
        }
        let failed: Vec<Path<'_>> =
            answer.errors.iter().map(|error| error.path.as_slice()).filter(|path| !path.is_empty()).collect();
        if !self.fit(&mut answer.data, None, &failed) {
            answer.data = Value::Null;
        }
    }

    /// Whether the fields of a value come in the order in which they were asked for, with all that is below them.
    fn is_in_order(&self, value: &Value) -> bool {
        match value {
            Value::Object(fields) => {
                let mut rest = self.0.iter();
                fields.iter().all(|(key, value)| {
                    rest.find(|field| field.key == *key).is_some_and(|field| field.below.is_in_order(value))
                })
            }
            Value::List(entries) => entries.iter().all(|entry| self.is_in_order(entry)),
            _ => true,
        }
    }

    /// Gives a value this shape; whether it may stand, and is not to be null.
    fn fit(&self, value: &mut Value, kind: Option<&Type>, failed: &[Path<'_>]) -> bool {
        match value {
            Value::Object(fields) => self.fill(fields, failed),
            Value::List(entries) => {
                let kind = kind.and_then(|kind| match &kind.base {
                    BaseType::List(entry) => Some(&**entry),
                    BaseType::Named(_) => None,
                });
                entries.iter_mut().enumerate().all(|(place, entry)| {
                    let below = behind(failed, |step| matches!(step, PathSegment::Index(index) if *index == place));
                    self.fit_or_null(entry, kind, &below)
                })
            }
            // Of an object of which nothing came, nothing was said.
            Value::Null if !failed.is_empty() && !self.0.is_empty() => {
                let mut fields = Fields::new();
                let whole = self.fill(&mut fields, failed) && !fields.is_empty();
                if whole {
                    *value = Value::Object(fields);
                }
                whole
            }
            _ => true,
        }
    }

    /// The same, with null for what may not stand; whether that may be null.
    fn fit_or_null(&self, value: &mut Value, kind: Option<&Type>, failed: &[Path<'_>]) -> bool {
        if self.fit(value, kind, failed) {
            return true;
        }
        *value = Value::Null;
        kind.is_none_or(|kind| kind.nullable)
    }

    fn fill(&self, fields: &mut Fields, failed: &[Path<'_>]) -> bool {
        for Field { key, kind, below } in &self.0 {
            let here = behind(failed, |step| matches!(step, PathSegment::Field(name) if name == key.as_str()));
            let may_stand = match fields.get_mut(key) {
                Some(value) => below.fit_or_null(value, kind.as_ref(), &here),
                None if here.is_empty() && !failed.iter().any(|path| is_field(path, key)) => true,
                None => {
                    fields.insert(key.clone(), Value::Null);
                    kind.as_ref().is_none_or(|kind| kind.nullable)
                }
            };
            if !may_stand {
                return false;
            }
        }
        self.sort(fields);
        true
    }

    fn sort(&self, fields: &mut Fields) {
        let mut rest = self.0.iter();
        if fields.keys().all(|key| rest.any(|field| field.key == *key)) {
            return;
        }
        let place = |key: &Name| self.0.iter().position(|field| field.key == *key);
        fields.sort_by(|one, _, other, _| place(one).cmp(&place(other)));
    }
}

/// What is behind the paths that begin with a step, without those that end there.
fn behind<'p>(failed: &[Path<'p>], step: impl Fn(&PathSegment) -> bool) -> Vec<Path<'p>> {
    let behind = failed.iter().filter_map(|path| path.split_first().filter(|(first, _)| step(first)));
    behind.map(|(_, rest)| rest).filter(|rest| !rest.is_empty()).collect()
}

/// Whether the path ends at that field.
fn is_field(path: Path<'_>, key: &Name) -> bool {
    matches!(path, [PathSegment::Field(name)] if name == key.as_str())
}

/// The type of the entries of a list of lists.
fn innermost(base: &BaseType) -> &Name {
    match base {
        BaseType::Named(name) => name,
        BaseType::List(entry) => innermost(&entry.base),
    }
}

#[cfg(test)]
mod tests;
