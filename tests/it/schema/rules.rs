//! The conventions of `docs/api/conventions.md` that a program can check, each by its name there.

use std::sync::LazyLock;

use regex::Regex;

use super::graph::{Graph, Kind, Member, Type};

/// What is wrong: the coordinate, and how it should be.
pub type Finding = (String, String);
pub type Rule = fn(&Graph) -> Vec<Finding>;

pub const RULES: [(&str, Rule); 15] = [
    ("described", described),
    ("names", names),
    ("ids", ids),
    ("times", times),
    ("yes-or-no", yes_or_no),
    ("lists", lists),
    ("pages", pages),
    ("connections", connections),
    ("filters", filters),
    ("mutations", mutations),
    ("payloads", payloads),
    ("problems", problems),
    ("subscriptions", subscriptions),
    ("nullable", nullable),
    ("deprecations", deprecations),
];

/// What every page says about its size.
const PAGE: &str = "20 by default, at most 100";
const FIRST: &str = "At most so many, 0 to 100; 20 by default.";

/// The members that are not as they should be.
fn found<'m>(members: impl Iterator<Item = &'m Member>, fault: impl Fn(&Member) -> Option<String>) -> Vec<Finding> {
    members.filter_map(|member| Some((member.coordinate.clone(), fault(member)?))).collect()
}

fn unless(is_well: bool, fault: impl Into<String>) -> Option<String> {
    (!is_well).then(|| fault.into())
}

fn matches(pattern: &LazyLock<Regex>, text: &str) -> bool {
    pattern.is_match(text)
}

fn described(graph: &Graph) -> Vec<Finding> {
    let fault =
        |text: &str| unless(text.len() > 1 && text.ends_with('.'), "say in a sentence with a full stop what it is");
    let types = graph.types.iter().filter_map(|kind| Some((kind.name.clone(), fault(&kind.description)?)));
    types.chain(found(graph.members(), |member| fault(&member.description))).collect()
}

static TYPE: LazyLock<Regex> = LazyLock::new(|| Regex::new("^([A-Z][a-z0-9]+)+$").expect("a pattern"));
static FIELD: LazyLock<Regex> = LazyLock::new(|| Regex::new("^[a-z][a-z0-9]*([A-Z][a-z0-9]*)*$").expect("a pattern"));
static VALUE: LazyLock<Regex> = LazyLock::new(|| Regex::new("^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$").expect("a pattern"));

fn names(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for kind in &graph.types {
        let fault = unless(matches(&TYPE, &kind.name), "types are in PascalCase");
        findings.extend(fault.map(|fault| (kind.name.clone(), fault)));
        let (pattern, case) = if kind.kind == Kind::Enum { (&VALUE, "SCREAMING_CASE") } else { (&FIELD, "camelCase") };
        let members = kind.members.iter().flat_map(|it| std::iter::once(it).chain(&it.arguments));
        findings.extend(found(members, |it| unless(matches(pattern, &it.name), format!("write it in {case}"))));
        let input = kind.kind != Kind::Input || ["Input", "Filter"].iter().any(|end| kind.name.ends_with(end));
        findings.extend(unless(input, "inputs end with Input or Filter").map(|fault| (kind.name.clone(), fault)));
    }
    findings
}

fn ids(graph: &Graph) -> Vec<Finding> {
    let own = found(graph.outputs().map(|(_, field)| field), |field| match field.name.as_str() {
        "id" => unless(field.of == "ID!", "`id` is an `ID!`"),
        "ids" => unless(field.of == "[ID!]!", "`ids` is an `[ID!]!`"),
        name => unless(field.named() != "ID" || name.ends_with("Id"), "give the thing itself, or end the name with Id"),
    });
    let nodes = graph.types.iter().filter(|kind| kind.kind == Kind::Object && kind.name != "Node");
    let fault = |kind: &&Type| kind.member("id").is_some() != kind.implements.iter().any(|name| name == "Node");
    let nodes = nodes.filter(fault).map(|kind| (kind.name.clone(), "what has an `id` is a Node, and only that".into()));
    own.into_iter().chain(nodes).collect()
}

fn times(graph: &Graph) -> Vec<Finding> {
    let is_time = |name: &str| {
        ["at", "since"].contains(&name) || ["At", "Since", "From", "Before"].iter().any(|end| name.ends_with(end))
    };
    found(graph.outputs().map(|(_, field)| field).chain(graph.inputs()), |member| {
        let ends = member.name.ends_with("At");
        let instant = unless(member.named() != "DateTime" || is_time(&member.name), "an instant is named …At");
        instant.or_else(|| unless(!ends || member.named() == "DateTime", "…At is an instant: a DateTime"))
    })
}

fn yes_or_no(graph: &Graph) -> Vec<Finding> {
    found(graph.outputs().map(|(_, field)| field), |field| {
        let (boolean, mine) = (field.named() == "Boolean", field.description.starts_with("Whether you may"));
        let can = field.name.starts_with("viewerCan");
        let whether = unless(!boolean || field.description.starts_with("Whether "), "say: Whether …");
        whether
            .or_else(|| unless(!can || boolean, "what you may do is a Boolean"))
            .or_else(|| unless(can == mine, "what you may do is viewerCan…, described as: Whether you may …"))
    })
}

/// The plain lists: those of a page, and those that say how long they get.
fn lists(graph: &Graph) -> Vec<Finding> {
    let fields = graph.outputs().filter(|(of, _)| !of.name.ends_with("Connection") && !of.name.ends_with("Payload"));
    found(fields.map(|(_, field)| field), |field| {
        unless(!field.is_list() || field.description.contains("at most"), "make it a connection, or say: at most …")
    })
}

fn pages(graph: &Graph) -> Vec<Finding> {
    found(graph.outputs().map(|(_, field)| field), |field| {
        if !field.named().ends_with("Connection") {
            return None;
        }
        let is = |name: &str, of: &str| field.argument(name).is_some_and(|argument| argument.of == of);
        let first = field.argument("first").is_some_and(|argument| argument.description == FIRST);
        unless(field.of.ends_with('!'), "a connection is never null")
            .or_else(|| unless(is("first", "Int") && is("after", "String"), "takes `first: Int` and `after: String`"))
            .or_else(|| unless(first, format!("`first` is described as: {FIRST}")))
            .or_else(|| unless(field.description.contains(PAGE), format!("say: {PAGE}")))
    })
}

fn connections(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for kind in &graph.types {
        let Some(node) = kind.name.strip_suffix("Connection") else { continue };
        let edge = graph.get(&format!("{node}Edge"));
        let is = |kind: Option<&Type>, name: &str, of: &str| {
            kind.and_then(|kind| kind.member(name)).is_some_and(|member| member.of == of)
        };
        let whole = is(Some(kind), "nodes", &format!("[{node}!]!"))
            && is(Some(kind), "edges", &format!("[{node}Edge!]!"))
            && is(Some(kind), "pageInfo", "PageInfo!")
            && is(edge, "node", &format!("{node}!"))
            && is(edge, "cursor", "String!");
        findings.extend(
            unless(whole, "has nodes, edges with node and cursor, and pageInfo").map(|it| (kind.name.clone(), it)),
        );
    }
    findings
}

fn filters(graph: &Graph) -> Vec<Finding> {
    found(graph.outputs().flat_map(|(_, field)| &field.arguments), |argument| match argument.name.as_str() {
        "filter" => unless(argument.of.ends_with("Filter"), "a filter may be left out, and is of a type …Filter"),
        "orderBy" => unless(argument.named().ends_with("Order"), "an order is of a type …Order"),
        _ => unless(!argument.named().ends_with("Filter"), "a filter is named `filter`"),
    })
}

/// `retryJob` to `RetryJob`.
fn capital(name: &str) -> String {
    name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect()
}

fn mutations(graph: &Graph) -> Vec<Finding> {
    found(graph.root("Mutation").iter(), |field| {
        let name = capital(&field.name);
        let input =
            matches!(&*field.arguments, [input] if input.name == "input" && input.of == format!("{name}Input!"));
        unless(input, format!("takes one argument, `input: {name}Input!`"))
            .or_else(|| unless(field.of == format!("{name}Payload!"), format!("gives a `{name}Payload!`")))
    })
}

fn payloads(graph: &Graph) -> Vec<Finding> {
    let payloads = graph.types.iter().filter(|kind| kind.name.ends_with("Payload"));
    let fault = |kind: &Type| {
        let Some(problems) = kind.member("problems") else { return Some("has `problems`".to_owned()) };
        let problem = format!("[{}!]!", kind.name.replace("Payload", "Problem"));
        unless(problems.of == problem, format!("`problems` is a `{problem}`"))
    };
    let shapes = payloads.clone().filter_map(|kind| Some((kind.name.clone(), fault(kind)?)));
    let things = payloads
        .flat_map(|kind| &kind.members)
        .filter(|field| graph.get(field.named()).is_some_and(|of| of.is_output()) && !field.is_list());
    shapes.chain(found(things, |field| unless(!field.of.ends_with('!'), "null when there are problems"))).collect()
}

fn problems(graph: &Graph) -> Vec<Finding> {
    let problems = graph.types.iter().filter(|kind| kind.name.ends_with("Problem"));
    let well = |kind: &Type| {
        let parts =
            [("code", format!("{}Code!", kind.name)), ("message", "String!".into()), ("path", "[String!]!".into())];
        parts.iter().all(|(name, of)| kind.member(name).is_some_and(|member| member.of == *of))
    };
    let faulty = problems.filter(|kind| !well(kind));
    faulty.map(|kind| (kind.name.clone(), format!("has code: {}Code!, message and path", kind.name))).collect()
}

fn subscriptions(graph: &Graph) -> Vec<Finding> {
    found(graph.root("Subscription").iter(), |field| {
        let after = field.argument("after").is_some_and(|argument| argument.of == "String");
        let cursor = graph.get(field.named()).and_then(|of| of.member("cursor"));
        let resumes = after && cursor.is_some_and(|cursor| cursor.of == "String!");
        unless(resumes, "takes `after: String`, and each event has a `cursor: String!`")
    })
}

/// Lists are empty rather than null, and hold no gaps.
fn nullable(graph: &Graph) -> Vec<Finding> {
    let outputs = found(graph.outputs().map(|(_, field)| field).filter(|field| field.is_list()), |field| {
        unless(field.of.ends_with("!]!"), "a list is never null and has no gaps: `[…!]!`")
    });
    let inputs = found(graph.inputs().filter(|member| member.is_list()), |member| {
        unless(member.of.contains("!]"), "a list has no gaps: `[…!]`")
    });
    outputs.into_iter().chain(inputs).collect()
}

static GOES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^Use `[A-Za-z.]+` instead.*; goes on [0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\\.$")
        .expect("a pattern")
});

pub fn deprecations(graph: &Graph) -> Vec<Finding> {
    found(graph.members(), |member| {
        let reason = member.deprecated.as_ref()?;
        unless(matches(&GOES, reason), "say: Use `replacement` instead; goes on YYYY-MM-DD.")
    })
}
