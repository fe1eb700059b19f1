//! The tests of an assignment: call a function, or run the program with some input.

use entity::execution::language::Language;
use entity::points::Points;

use super::assignment_folder::RULES;
use super::fields::Fields;
use super::literal;
use super::rule::Rule;
use super::yaml::{self, Node, Value};
use crate::grading::test_case::{Call, Stdio, TestCase, TestKind};

const KEYS: &[&str] = &["name", "points", "hidden", "call", "arguments", "expect", "stdin", "stdout", "timeout_s"];
const MOST_TESTS: usize = 200;
const DEFAULT_TIMEOUT_S: u8 = 10;

/// All tests of an assignment; what is wrong with one is told, and it is left out.
pub(super) fn read_all(
    assignment: &mut Fields<'_, '_>,
    path: &str,
    language: &Language,
    timeout_s: Option<u8>,
) -> Vec<TestCase> {
    let mut tests: Vec<TestCase> = Vec::new();
    let Some(node) = assignment.required("tests") else { return tests };
    let items = assignment.as_list("tests", node);
    if matches!(node.value, Value::List(_)) && !(1..=MOST_TESTS).contains(&items.len()) {
        let what = format!("{} tests are listed", items.len());
        assignment.bad_value("tests", node.line, &what, format!("list 1 to {MOST_TESTS} tests"));
    }
    for (index, item) in items.iter().enumerate() {
        let place = format!(" in test {}", index + 1);
        let Some(mut fields) = Fields::open(item, path, place, RULES, KEYS, assignment.out) else { continue };
        let Some(test) = read(&mut fields, item, language, timeout_s) else { continue };
        if tests.iter().any(|before| before.name == test.name) {
            let message = format!("two tests are called `{}`", test.name);
            fields.tell(Rule::AssignmentTestDuplicate, item.line, message, "give every test its own name");
        }
        tests.push(test);
    }
    tests
}

fn read(fields: &mut Fields<'_, '_>, item: &Node, language: &Language, timeout_s: Option<u8>) -> Option<TestCase> {
    let name = fields.text("name");
    let points = points(fields);
    let hidden = fields.flag("hidden");
    let timeout_s = crate::content::format::meta::timeout(fields).or(timeout_s).unwrap_or(DEFAULT_TIMEOUT_S);
    let kind = kind(fields, item, language);
    Some(TestCase { name: name?, points: points?, hidden, timeout_s, kind: kind? })
}

fn points(fields: &mut Fields<'_, '_>) -> Option<Points> {
    let node = fields.required("points")?;
    let (Value::Number(text) | Value::Text(text)) = &node.value else {
        fields.wrong_type("points", "a number", node);
        return None;
    };
    let points = text.parse().ok().filter(|points| *points > Points::ZERO);
    if points.is_none() {
        let message = format!("a test cannot be worth `{text}` points");
        let hint = "write a decimal above 0 with at most four places, such as 2.5";
        fields.tell(Rule::AssignmentBadPoints, node.line, message, hint);
    }
    points
}

fn kind(fields: &mut Fields<'_, '_>, item: &Node, language: &Language) -> Option<TestKind> {
    let has = |key: &str| fields.optional(key).is_some();
    let (call, stdio) = (has("call") || has("expect"), has("stdin") || has("stdout"));
    let fault = match (call, stdio) {
        (true, true) => "it has keys of both kinds",
        (false, false) if ["call", "expect", "stdout"].iter().any(|key| fields.is_misspelled(key)) => return None,
        (false, false) => "it says neither what to call nor what must be printed",
        (true, false) if *language != Language::python3() => "only functions in python3 can be called",
        (true, false) => return self::call(fields),
        (false, true) => return self::stdio(fields),
    };
    let hint = "give `call`, `arguments` and `expect` (python3), or `stdin`, `arguments` and `stdout`";
    fields.tell(Rule::AssignmentTestKind, item.line, format!("this is no test: {fault}"), hint);
    None
}

fn call(fields: &mut Fields<'_, '_>) -> Option<TestKind> {
    let function = fields.required("call");
    let function = match function {
        Some(node) => fields.as_text("call", node).map(|name| (name.to_owned(), node.line)),
        None => None,
    };
    if let Some((name, line)) = &function
        && !literal::is_name(name)
    {
        fields.bad_value("call", *line, &format!("`{name}` is not a name"), "write the name of a function, without ()");
    }
    let items = fields.list("arguments");
    let arguments: Option<Vec<_>> = items.iter().map(|node| json(fields, "arguments", node)).collect();
    let expect = fields.required("expect").and_then(|node| json(fields, "expect", node));
    Some(TestKind::Call(Call { function: function?.0, arguments: arguments?, expect: expect? }))
}

fn stdio(fields: &mut Fields<'_, '_>) -> Option<TestKind> {
    let items = fields.list("arguments");
    let arguments: Option<Vec<_>> = items.iter().map(|node| any_text(fields, "arguments", node)).collect();
    let stdin = match fields.optional("stdin") {
        Some(node) => any_text(fields, "stdin", node),
        None => Some(String::new()),
    };
    let stdout = fields.required("stdout").and_then(|node| any_text(fields, "stdout", node));
    Some(TestKind::Stdio(Stdio { arguments: arguments?, stdin: stdin?, stdout: stdout? }))
}

/// Text that may be blank: a program may be expected to print nothing.
fn any_text(fields: &mut Fields<'_, '_>, key: &str, node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        _ => {
            fields.wrong_type(key, "text", node);
            None
        }
    }
}

/// A YAML value as JSON data.
fn json(fields: &mut Fields<'_, '_>, key: &str, node: &Node) -> Option<serde_json::Value> {
    Some(match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Text(text) => text.clone().into(),
        Value::Number(text) => number(fields, key, node, text)?,
        Value::List(items) => items.iter().map(|item| json(fields, key, item)).collect::<Option<Vec<_>>>()?.into(),
        Value::Map(entries) => {
            let mut map = serde_json::Map::new();
            for (name, value) in entries {
                if !name.is_text {
                    let what = format!("the key {} is not text", name.text);
                    fields.bad_value(key, name.line, &what, "keys of JSON data are text: put it in quotes");
                }
                map.insert(name.text.clone(), json(fields, key, value)?);
            }
            map.into()
        }
    })
}

fn number(fields: &mut Fields<'_, '_>, key: &str, node: &Node, text: &str) -> Option<serde_json::Value> {
    let number = serde_json::from_str::<serde_json::Number>(text).ok();
    // A whole number beyond 64 bits would silently become an approximation.
    let exact = number.filter(|number| !yaml::is_whole(text) || !number.is_f64());
    if exact.is_none() {
        fields.bad_value(key, node.line, &format!("{text} is too large"), "whole numbers have at most 64 bits here");
    }
    exact.map(serde_json::Value::Number)
}
