//! What the compiler does not look at in values: whether something has two values in one object, and whether variables inside of lists
//! and objects fit there (5.6.3 and 5.8.5 of the specification).

use std::collections::HashSet;

use apollo_compiler::ast::{Argument, Directive, InputValueDefinition, Type, Value, VariableDefinition};
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name, Node, Schema};
use async_graphql::ServerError;

use super::fault;

/// What is wrong with the values of a document that is valid otherwise.
pub fn faults(schema: &Schema, document: &ExecutableDocument) -> Vec<ServerError> {
    let mut faults = Vec::new();
    for operation in document.operations.iter() {
        let variables = &operation.variables;
        let mut look = Look { schema, document, variables, spread: HashSet::new(), faults };
        for variable in variables {
            look.directives(&variable.directives);
            variable.default_value.iter().for_each(|value| look.value(value, Some(&variable.ty), false));
        }
        look.directives(&operation.directives);
        look.selections(&operation.selection_set);
        faults = look.faults;
    }
    faults
}

/// A look at all values of an operation.
struct Look<'d> {
    schema: &'d Schema,
    document: &'d ExecutableDocument,
    variables: &'d [Node<VariableDefinition>],
    spread: HashSet<&'d Name>,
    faults: Vec<ServerError>,
}

impl<'d> Look<'d> {
    fn selections(&mut self, set: &'d SelectionSet) {
        for selection in &set.selections {
            self.directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.arguments, &field.definition.arguments);
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(inline) => self.selections(&inline.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = fragment.filter(|_| self.spread.insert(&spread.fragment_name)) {
                        self.directives(&fragment.directives);
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &[Node<Directive>]) {
        for directive in directives {
            if let Some(definition) = self.schema.directive_definitions.get(&directive.name) {
                self.arguments(&directive.arguments, &definition.arguments);
            }
        }
    }

    fn arguments(&mut self, arguments: &[Node<Argument>], definitions: &[Node<InputValueDefinition>]) {
        for argument in arguments {
            let definition = definitions.iter().find(|definition| definition.name == argument.name);
            let has_default = definition.is_some_and(|definition| definition.default_value.is_some());
            self.value(&argument.value, definition.map(|definition| &*definition.ty), has_default);
        }
    }

    fn value(&mut self, value: &Node<Value>, kind: Option<&Type>, has_default: bool) {
        match &**value {
            Value::Variable(name) => self.variable(value, name, kind, has_default),
            Value::List(values) => {
                let entry = kind.map(Type::item_type);
                values.iter().for_each(|value| self.value(value, entry, false));
            }
            Value::Object(fields) => {
                self.fields_given_twice(fields);
                let object = kind.and_then(|kind| self.schema.get_input_object(kind.inner_named_type()));
                for (name, value) in fields {
                    let field = object.and_then(|object| object.fields.get(name));
                    let has_default = field.is_some_and(|field| field.default_value.is_some());
                    self.value(value, field.map(|field| &*field.ty), has_default);
                }
            }
            _ => {}
        }
    }

    fn variable(&mut self, value: &Node<Value>, name: &Name, kind: Option<&Type>, has_default: bool) {
        let variable = self.variables.iter().find(|variable| variable.name == *name);
        let Some((variable, kind)) = variable.zip(kind) else { return };
        if !is_allowed(variable, kind, has_default) {
            let given = &variable.ty;
            let message = format!("Variable `${name}` of type `{given}` cannot be used where `{kind}` is expected.");
            let places = [variable.location(), value.location()];
            let places = places.iter().filter_map(|place| place.as_ref()?.line_column(&self.document.sources));
            self.faults.push(fault(message, places));
        }
    }

    fn fields_given_twice(&mut self, fields: &[(Name, Node<Value>)]) {
        let mut names: Vec<&Name> = fields.iter().map(|(name, _)| name).collect();
        names.sort_by_key(|name| (name.as_str(), name.location().map(|place| place.offset())));
        for pair in names.windows(2) {
            if let [first, again] = pair
                && first == again
            {
                let places = pair.iter().filter_map(|name| name.location()?.line_column(&self.document.sources));
                self.faults.push(fault(format!("There are two values for the field `{first}`."), places));
            }
        }
    }
}

/// Whether a variable may be used where that type is expected.
fn is_allowed(variable: &VariableDefinition, kind: &Type, has_default: bool) -> bool {
    let given = &variable.ty;
    if !kind.is_non_null() || given.is_non_null() {
        return given.is_assignable_to(kind);
    }
    // It may be null, and what it is for may not; then somebody has to say what there is instead.
    let instead = variable.default_value.as_ref().is_some_and(|value| !value.is_null());
    (instead || has_default) && given.is_assignable_to(&kind.clone().nullable())
}
