//! A schema as what the rules look at: its types and everything that has a name in them, each with its coordinate.

use async_graphql::parser::types::{
    ConstDirective, FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::parser::{Positioned, parse_schema};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    Input,
}

pub struct Type {
    pub kind: Kind,
    pub name: String,
    pub description: String,
    pub implements: Vec<String>,
    /// Fields, input fields or values.
    pub members: Vec<Member>,
}

/// A field, an argument, a field of an input or a value of an enum.
#[derive(Clone, Debug)]
pub struct Member {
    /// `Course.assignments`, `Course.assignments(first:)`, `SubmitInput.files`, `JobState.DEAD`.
    pub coordinate: String,
    pub name: String,
    pub description: String,
    /// As it is written: `[Course!]!`; empty for a value of an enum.
    pub of: String,
    pub arguments: Vec<Member>,
    /// Why it is deprecated, if it is; empty when no reason is given.
    pub deprecated: Option<String>,
}

impl Member {
    /// The type that it is of, without lists and marks.
    pub fn named(&self) -> &str {
        self.of.trim_matches(['[', ']', '!'])
    }

    pub fn is_list(&self) -> bool {
        self.of.starts_with('[')
    }

    pub fn argument(&self, name: &str) -> Option<&Member> {
        self.arguments.iter().find(|argument| argument.name == name)
    }
}

impl Type {
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    pub fn is_output(&self) -> bool {
        matches!(self.kind, Kind::Object | Kind::Interface)
    }
}

pub struct Graph {
    pub types: Vec<Type>,
}

impl Graph {
    pub fn parse(sdl: &str) -> Self {
        let document = parse_schema(sdl).expect("a schema");
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(kind(definition.node)),
            _ => None,
        });
        Self { types: types.collect() }
    }

    pub fn get(&self, name: &str) -> Option<&Type> {
        self.types.iter().find(|kind| kind.name == name)
    }

    /// The fields of a root: `Query`, `Mutation`, `Subscription`.
    pub fn root(&self, name: &str) -> &[Member] {
        self.get(name).map(|kind| &*kind.members).unwrap_or_default()
    }

    /// All fields that give something, with the type that they are of.
    pub fn outputs(&self) -> impl Iterator<Item = (&Type, &Member)> {
        self.types.iter().filter(|kind| kind.is_output()).flat_map(|kind| kind.members.iter().map(move |it| (kind, it)))
    }

    /// All arguments and fields of inputs.
    pub fn inputs(&self) -> impl Iterator<Item = &Member> {
        let arguments = self.outputs().flat_map(|(_, field)| &field.arguments);
        let inputs = self.types.iter().filter(|kind| kind.kind == Kind::Input);
        arguments.chain(inputs.flat_map(|kind| &kind.members))
    }

    /// Everything below the types.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.types.iter().flat_map(|kind| &kind.members).flat_map(|it| std::iter::once(it).chain(&it.arguments))
    }
}

fn kind(definition: TypeDefinition) -> Type {
    let name = definition.name.node.to_string();
    let mut implements = Vec::new();
    let (kind, members) = match definition.kind {
        TypeKind::Scalar => (Kind::Scalar, Vec::new()),
        TypeKind::Union(_) => (Kind::Union, Vec::new()),
        TypeKind::Object(object) => {
            implements.extend(object.implements.into_iter().map(|name| name.node.to_string()));
            (Kind::Object, object.fields.into_iter().map(|it| field(&name, it.node)).collect())
        }
        TypeKind::Interface(interface) => {
            (Kind::Interface, interface.fields.into_iter().map(|it| field(&name, it.node)).collect())
        }
        TypeKind::InputObject(input) => {
            let part = |part: Positioned<InputValueDefinition>| value(&format!("{name}."), "", part.node);
            (Kind::Input, input.fields.into_iter().map(part).collect())
        }
        TypeKind::Enum(values) => {
            let values = values.values.into_iter().map(|it| it.node);
            let member = |it: async_graphql::parser::types::EnumValueDefinition| Member {
                coordinate: format!("{name}.{}", it.value.node),
                name: it.value.node.to_string(),
                description: text(it.description),
                of: String::new(),
                arguments: Vec::new(),
                deprecated: deprecated(&it.directives),
            };
            (Kind::Enum, values.map(member).collect())
        }
    };
    Type { kind, name, description: text(definition.description), implements, members }
}

fn field(of: &str, it: FieldDefinition) -> Member {
    let coordinate = format!("{of}.{}", it.name.node);
    let arguments = it.arguments.into_iter().map(|argument| value(&format!("{coordinate}("), ":)", argument.node));
    Member {
        arguments: arguments.collect(),
        name: it.name.node.to_string(),
        description: text(it.description),
        of: it.ty.node.to_string(),
        deprecated: deprecated(&it.directives),
        coordinate,
    }
}

fn value(before: &str, behind: &str, it: InputValueDefinition) -> Member {
    Member {
        coordinate: format!("{before}{}{behind}", it.name.node),
        name: it.name.node.to_string(),
        description: text(it.description),
        of: it.ty.node.to_string(),
        arguments: Vec::new(),
        deprecated: deprecated(&it.directives),
    }
}

fn text(description: Option<Positioned<String>>) -> String {
    description.map(|text| text.node.trim().to_owned()).unwrap_or_default()
}

fn deprecated(directives: &[Positioned<ConstDirective>]) -> Option<String> {
    let directive = directives.iter().find(|directive| directive.node.name.node == "deprecated")?;
    let reason = directive.node.get_argument("reason").map(|reason| reason.node.to_string());
    Some(reason.unwrap_or_default().trim_matches('"').to_owned())
}
