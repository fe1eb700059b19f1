//! The tests of an assignment: what each is called and worth, who is told what, and which of six kinds it is.

use entity::execution::language::Language;
use entity::points::Points;

use super::assignment_folder::{RULES, TemplateFile};
use super::fields::Fields;
use super::folder::Folder;
use super::literal;
use super::rule::Rule;
use super::yaml::{self, Node, Value};
use super::{author_program, doctest, meta, ok_file};
use crate::grading::test_case::{Call, Feedback, Stdio, TestCase, TestKind};

const KEYS: &[&str] = &[
    "name",
    "points",
    "hidden",
    "feedback",
    "timeout_s",
    "call",
    "arguments",
    "expect",
    "stdin",
    "stdout",
    "ok",
    "doctest",
    "suite",
    "grader",
    "language",
    "report",
    "count",
    "cases",
    "runs",
];
/// The keys that a test of any kind may have.
const COMMON: usize = 5;
const MOST_TESTS: usize = 200;
const DEFAULT_TIMEOUT_S: u8 = 10;

/// What a test may refer to.
pub(super) struct Around<'a> {
    pub folder: &'a Folder,
    /// The assignment's.
    pub directory: &'a str,
    /// Of `assignment.yml`.
    pub path: &'a str,
    pub files: &'a [TemplateFile],
    pub language: &'a Language,
    /// Those that the site has.
    pub languages: &'a [Language],
    pub timeout_s: Option<u8>,
}

/// What was read.
#[derive(Default)]
pub(super) struct Tests {
    pub tests: Vec<TestCase>,
    /// Files that only the grader has, by their paths in the assignment's directory.
    pub used: Vec<String>,
}

/// A kind of test, as its keys say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Call,
    Stdio,
    Ok,
    Doctest,
    Suite,
    Grader,
}

/// Each with the keys that tell it from the others, and with those that it may have besides.
const SHAPES: [(Shape, &[&str], &[&str]); 6] = [
    (Shape::Call, &["call", "expect"], &["arguments"]),
    (Shape::Stdio, &["stdin", "stdout"], &["arguments"]),
    (Shape::Ok, &["ok"], &[]),
    (Shape::Doctest, &["doctest"], &[]),
    (Shape::Suite, &["suite"], &["language", "arguments", "report", "count", "cases"]),
    (Shape::Grader, &["grader"], &["language", "arguments", "report", "count", "cases", "runs"]),
];

/// What a kind says of itself beyond its task.
#[derive(Default)]
pub(super) struct Read {
    pub kind: Option<TestKind>,
    /// What it is called if its author says nothing.
    pub name: Option<String>,
    /// What it is worth if its author says nothing.
    pub points: Option<Points>,
    /// What it is worth, and nobody can say otherwise.
    pub fixed_points: bool,
}

/// All tests of an assignment; what is wrong with one is told, and it is left out.
pub(super) fn read_all(assignment: &mut Fields<'_, '_>, around: &Around<'_>) -> Tests {
    let mut found = Tests::default();
    let Some(node) = assignment.required("tests") else { return found };
    let items = assignment.as_list("tests", node);
    if matches!(node.value, Value::List(_)) && !(1..=MOST_TESTS).contains(&items.len()) {
        let what = format!("{} tests are listed", items.len());
        assignment.bad_value("tests", node.line, &what, format!("list 1 to {MOST_TESTS} tests"));
    }
    for (index, item) in items.iter().enumerate() {
        let place = format!(" in test {}", index + 1);
        let Some(mut fields) = Fields::open(item, around.path, place, RULES, KEYS, assignment.out) else { continue };
        let Some(test) = read(&mut fields, item, around, &mut found.used) else { continue };
        if found.tests.iter().any(|before| before.name == test.name) {
            let message = format!("two tests are called `{}`", test.name);
            fields.tell(Rule::AssignmentTestDuplicate, item.line, message, "give every test its own name");
        }
        found.tests.push(test);
    }
    found
}

fn read(fields: &mut Fields<'_, '_>, item: &Node, around: &Around<'_>, used: &mut Vec<String>) -> Option<TestCase> {
    let feedback = fields.choice("feedback", &Feedback::WORDS);
    // Of what nobody is told anything, nobody sees that it is there.
    let hidden = fields.flag("hidden") || feedback == Some(Feedback::Nothing);
    let timeout_s = meta::timeout(fields).or(around.timeout_s).unwrap_or(DEFAULT_TIMEOUT_S);
    let shape = shape(fields, item, around.language);
    let read = match shape {
        Some(Shape::Call) => Read { kind: call(fields), ..Read::default() },
        Some(Shape::Stdio) => Read { kind: stdio(fields), ..Read::default() },
        Some(Shape::Ok) => ok_file::read(fields, around, used).unwrap_or_default(),
        Some(Shape::Doctest) => doctest::read(fields, around).unwrap_or_default(),
        Some(Shape::Suite) => author_program::suite(fields, around, used),
        Some(Shape::Grader) => author_program::grader(fields, around, used),
        None => Read::default(),
    };
    let unread = read.kind.is_none() && matches!(shape, Some(Shape::Ok | Shape::Doctest));
    let (name, points) = match unread {
        // What they would be by themselves nobody knows: only what is there can be wrong.
        true => (None, None),
        false => (name(fields, read.name), points(fields, read.points, read.fixed_points)),
    };
    Some(TestCase { name: name?, points: points?, hidden, feedback, timeout_s, kind: read.kind? })
}

fn name(fields: &mut Fields<'_, '_>, own: Option<String>) -> Option<String> {
    match (fields.optional("name"), own) {
        (None, Some(own)) => Some(own),
        _ => fields.text("name"),
    }
}

fn points(fields: &mut Fields<'_, '_>, own: Option<Points>, fixed: bool) -> Option<Points> {
    match (fields.optional("points"), own) {
        (None, Some(own)) => return Some(own),
        (Some(node), Some(_)) if fixed => {
            let hint = "leave `points` away";
            fields.tell(Rule::AssignmentTestShares, node.line, "its cases say what it is worth", hint);
            return None;
        }
        _ => {}
    }
    let node = fields.required("points")?;
    read_points(fields, "points", node)
}

/// A number of points above 0.
pub(super) fn read_points(fields: &mut Fields<'_, '_>, key: &str, node: &Node) -> Option<Points> {
    let (Value::Number(text) | Value::Text(text)) = &node.value else {
        fields.wrong_type(key, "a number", node);
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

fn shape(fields: &mut Fields<'_, '_>, item: &Node, language: &Language) -> Option<Shape> {
    let marked = |(_, marks, _): &&(Shape, &[&str], &[&str])| marks.iter().any(|key| fields.optional(key).is_some());
    let found: Vec<_> = SHAPES.iter().filter(marked).collect();
    let fault = match found.as_slice() {
        [] if SHAPES.iter().any(|(_, marks, _)| marks.iter().any(|key| fields.is_misspelled(key))) => return None,
        [] => "it says neither what to call nor what must be printed, and names no file that tests".to_owned(),
        [(Shape::Call, ..)] if *language != Language::python3() => "only functions in python3 can be called".to_owned(),
        [(shape, marks, more)] => {
            let known = |key: &&&str| marks.contains(*key) || more.contains(*key);
            match KEYS[COMMON..].iter().filter(|key| fields.optional(key).is_some()).find(|key| !known(key)) {
                None => return Some(*shape),
                Some(stray) => format!("`{stray}` is nothing that goes with `{}`", marks[0]),
            }
        }
        _ => "it has keys of both kinds, or of more".to_owned(),
    };
    let hint = "give `call`, `arguments` and `expect` (python3), or `stdin`, `arguments` and `stdout`, or one of `ok`, `doctest`, \
                `suite` and `grader` with what goes with it";
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
    let arguments = words(fields, "arguments");
    let stdin = match fields.optional("stdin") {
        Some(node) => any_text(fields, "stdin", node),
        None => Some(String::new()),
    };
    let stdout = fields.required("stdout").and_then(|node| any_text(fields, "stdout", node));
    Some(TestKind::Stdio(Stdio { arguments: arguments?, stdin: stdin?, stdout: stdout? }))
}

/// A list of texts, empty when absent.
pub(super) fn words(fields: &mut Fields<'_, '_>, key: &str) -> Option<Vec<String>> {
    let items = fields.list(key);
    items.iter().map(|node| any_text(fields, key, node)).collect()
}

/// Text that may be blank: a program may be expected to print nothing.
pub(super) fn any_text(fields: &mut Fields<'_, '_>, key: &str, node: &Node) -> Option<String> {
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
