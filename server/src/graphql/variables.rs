//! The variables of an operation: whether each value is of its type, and what becomes of those that are not given.
//!
//! The specification has all of that (6.1.2 and 6.4.1), and the library a part: it lets a text stand for a value of an enum and null for
//! what must not be null, and makes an error of a variable that may be left out and is.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    BaseType, FragmentDefinition, OperationDefinition, Selection, SelectionSet, Type, VariableDefinition,
};
use async_graphql::registry::{MetaInputValue, MetaType, Registry};
use async_graphql::{Name, Positioned, ServerError, Value as Constant, Variables};
use async_graphql_value::Value;

/// What is wrong with the values of an operation's variables.
#[must_use]
pub fn faults(registry: &Registry, operation: &OperationDefinition, values: &Variables) -> Vec<ServerError> {
    operation.variable_definitions.iter().filter_map(|definition| value_fault(registry, definition, values)).collect()
}

/// What is wrong with the value of a variable.
fn value_fault(
    registry: &Registry,
    definition: &Positioned<VariableDefinition>,
    values: &Variables,
) -> Option<ServerError> {
    let VariableDefinition { name, var_type, default_value, .. } = &definition.node;
    let kind = &var_type.node;
    let why = match values.get(&name.node) {
        None if !kind.nullable && default_value.is_none() => "it has no value".to_owned(),
        None => return None,
        Some(value) => misfit(registry, kind, value)?,
    };
    let message = format!("Variable \"${}\" must be of type \"{kind}\", but {why}.", name.node);
    Some(ServerError::new(message, Some(definition.pos)))
}

/// Why a value is not of that type.
fn misfit(registry: &Registry, kind: &Type, value: &Constant) -> Option<String> {
    if *value == Constant::Null {
        return (!kind.nullable).then(|| "null is given".to_owned());
    }
    let name = match (&kind.base, value) {
        (BaseType::List(entry), Constant::List(values)) => {
            return values.iter().find_map(|value| misfit(registry, entry, value));
        }
        (BaseType::List(entry), _) => return misfit(registry, entry, value),
        (BaseType::Named(name), _) => name,
    };
    let fits = match registry.types.get(name.as_str())? {
        MetaType::Scalar { is_valid, .. } => {
            is_valid.as_ref().is_none_or(|is_valid| is_valid(value)) && (name != "Int" || is_int(value))
        }
        MetaType::Enum { enum_values, .. } => match value {
            Constant::Enum(name) => enum_values.contains_key(name.as_str()),
            Constant::String(name) => enum_values.contains_key(name.as_str()),
            _ => false,
        },
        MetaType::InputObject { input_fields, .. } => match value {
            Constant::Object(given) => return object_misfit(registry, name, input_fields.values(), given),
            _ => false,
        },
        _ => return None,
    };
    (!fits).then(|| format!("{} is given for {name}", word(value)))
}

/// What a value is, without what is in it.
fn word(value: &Constant) -> &'static str {
    match value {
        Constant::Null => "null",
        Constant::Number(_) => "such a number",
        Constant::String(_) | Constant::Enum(_) => "such a text",
        Constant::Boolean(_) => "true or false",
        Constant::List(_) => "a list",
        Constant::Object(_) => "an object",
        Constant::Binary(_) => "a file",
    }
}

fn is_int(value: &Constant) -> bool {
    matches!(value, Constant::Number(number) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()))
}

fn object_misfit<'f>(
    registry: &Registry,
    name: &str,
    fields: impl Iterator<Item = &'f MetaInputValue> + Clone,
    given: &async_graphql::indexmap::IndexMap<Name, Constant>,
) -> Option<String> {
    let unknown = given.keys().find(|key| !fields.clone().any(|field| field.name == key.as_str()));
    if let Some(unknown) = unknown {
        return Some(format!("{name} has no field \"{unknown}\""));
    }
    fields.into_iter().find_map(|field| {
        let kind = Type::new(&field.ty)?;
        match given.get(field.name.as_str()) {
            None if !kind.nullable && field.default_value.is_none() => {
                Some(format!("\"{}\" of {name} has no value", field.name))
            }
            None => None,
            Some(value) => misfit(registry, &kind, value).map(|why| format!("in \"{}\" of {name} {why}", field.name)),
        }
    })
}

/// Leaves out the arguments and fields of inputs whose variables are not given and have no default, as if they had not been written.
pub fn leave_out_absent(
    operation: &mut OperationDefinition,
    fragments: &mut HashMap<Name, Positioned<FragmentDefinition>>,
    values: &Variables,
) {
    let definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
    let absent = definitions
        .filter(|definition| definition.default_value.is_none() && !values.contains_key(&definition.name.node));
    let absent: HashSet<Name> = absent.map(|definition| definition.name.node.clone()).collect();
    if absent.is_empty() {
        return;
    }
    leave_out_of_set(&mut operation.selection_set.node, &absent);
    for fragment in fragments.values_mut() {
        leave_out_of_set(&mut fragment.node.selection_set.node, &absent);
    }
}

fn leave_out_of_set(set: &mut SelectionSet, absent: &HashSet<Name>) {
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(Positioned { node: field, .. }) => {
                field.arguments.retain(|(_, value)| !is_absent(&value.node, absent));
                field.arguments.iter_mut().for_each(|(_, value)| leave_out_of_value(&mut value.node, absent));
                leave_out_of_set(&mut field.selection_set.node, absent);
            }
            Selection::InlineFragment(inline) => leave_out_of_set(&mut inline.node.selection_set.node, absent),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn leave_out_of_value(value: &mut Value, absent: &HashSet<Name>) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !is_absent(value, absent));
            fields.values_mut().for_each(|value| leave_out_of_value(value, absent));
        }
        Value::List(values) => {
            for value in values {
                if is_absent(value, absent) {
                    *value = Value::Null;
                } else {
                    leave_out_of_value(value, absent);
                }
            }
        }
        _ => {}
    }
}

fn is_absent(value: &Value, absent: &HashSet<Name>) -> bool {
    matches!(value, Value::Variable(name) if absent.contains(name))
}

#[cfg(test)]
mod tests;
