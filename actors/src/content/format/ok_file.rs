//! Test files of the `ok` client: `test = {name, points, suites: […]}`, read and never evaluated.
//!
//! Only suites that are scored are kept. What cannot be graded here, because it is not in Python or its answers are locked, is told.

use entity::execution::language::Language;
use entity::points::Points;

use super::author_program::read_file;
use super::diagnostic::{Diagnostic, did_you_mean};
use super::dialogue::{self, Garbled};
use super::fields::Fields;
use super::python_literal::{self, Literal, Value};
use super::rule::Rule;
use super::test_case::{Around, Read};
use crate::grading::example::{ExampleCase, OkSuite, OkTest};
use crate::grading::test_case::TestKind;

const TEST_KEYS: &[&str] = &["name", "points", "partner", "description", "suites"];
const SUITE_KEYS: &[&str] = &["type", "scored", "setup", "teardown", "cases"];
const CASE_KEYS: &[&str] = &["code", "question", "answer", "choices", "hidden", "locked", "multiline"];
const MOST_SUITES: usize = 50;
const MOST_CASES: usize = 200;

/// What a type of suite asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// A program.
    Program,
    /// The reader: it passes by itself.
    Reader,
    /// Something that there is not here.
    Other,
}

/// The test that the key `ok` names.
pub(super) fn read(fields: &mut Fields<'_, '_>, around: &Around<'_>, used: &mut Vec<String>) -> Option<Read> {
    let node = fields.required("ok")?;
    if *around.language != Language::python3() {
        let hint = "use `ok` in assignments in python3";
        fields.tell(Rule::AssignmentTestLanguage, node.line, "only python3 has such tests", hint);
    }
    let name = fields.as_text("ok", node)?;
    let (path, bytes) = read_file(fields, around, "ok", node.line, name, used)?;
    let mut file = File { path, out: Vec::new() };
    let read = file.read(&bytes);
    fields.out.append(&mut file.out);
    read
}

/// A file that is being read.
struct File {
    path: String,
    out: Vec<Diagnostic>,
}

impl File {
    fn tell(&mut self, rule: Rule, line: usize, message: impl Into<String>, hint: impl Into<String>) {
        self.out.push(Diagnostic::new(rule, self.path.clone(), message, hint).at_line(line));
    }

    fn ill_formed(&mut self, line: usize, message: impl Into<String>, hint: impl Into<String>) {
        self.tell(Rule::AssignmentOkFormat, line, message, hint);
    }

    fn read(&mut self, bytes: &[u8]) -> Option<Read> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.tell(Rule::AssignmentOkSyntax, 1, "the text is not UTF-8", "save the file as UTF-8");
            return None;
        };
        let root = match python_literal::assigned(text, "test") {
            Ok(root) => root,
            Err(unread) => {
                let hint =
                    "write `test = { … }` with texts, numbers, lists, True, False and None: nothing of it is run";
                self.tell(Rule::AssignmentOkSyntax, unread.line, unread.why, hint);
                return None;
            }
        };
        let entries = self.entries(&root, "test", TEST_KEYS)?;
        let name = self.text(entries, "name", root.line).map(str::to_owned);
        let points = self.points(entries);
        let suites = self.list(entries, "suites", root.line, MOST_SUITES)?;
        let suites: Vec<OkSuite> =
            suites.iter().enumerate().filter_map(|(at, suite)| self.suite(suite, at + 1)).collect();
        let faulty = self.out.iter().any(Diagnostic::is_error);
        if suites.is_empty() && !faulty {
            self.ill_formed(root.line, "no suite is scored, so nothing gives points", "give it a suite that is scored");
        }
        let kind = TestKind::Ok(OkTest { suites });
        Some(Read { kind: Some(kind), name: Some(name?), points, fixed_points: false })
    }

    fn suite(&mut self, suite: &Literal, number: usize) -> Option<OkSuite> {
        let types = ["doctest", "concept", "wwpp", "scheme", "sqlite", "logic", "lark"];
        let Value::Dict(entries) = &suite.value else {
            self.ill_formed(suite.line, format!("suite {number} is {}", suite.kind()), "write a dict");
            return None;
        };
        let of = self.text(entries, "type", suite.line)?;
        let asks = match of {
            "doctest" => Asks::Program,
            "concept" | "wwpp" => Asks::Reader,
            _ if types.contains(&of) => Asks::Other,
            _ => {
                let hint = did_you_mean(of, types) + "types are " + &types.join(", ");
                self.ill_formed(suite.line, format!("`{of}` is no type of a suite"), hint);
                return None;
            }
        };
        let scored = self.flag(entries, "scored")?.unwrap_or(asks != Asks::Reader);
        match (asks, scored) {
            (Asks::Other, true) => {
                let message = format!("suite {number} is of the type {of}, which cannot be graded here");
                self.tell(
                    Rule::AssignmentOkNotGradable,
                    suite.line,
                    message,
                    "say `'scored': False`, or test that with a `suite` or `grader`",
                );
                return None;
            }
            (Asks::Other, false) => {
                let message = format!("suite {number} is of the type {of}, and is not run here");
                self.tell(Rule::AssignmentOkNotRun, suite.line, message, "nothing, if it is for practice only");
                return None;
            }
            (Asks::Reader, true) => {
                let message = format!(
                    "suite {number} is of the type {of}: it asks nothing of a program, so everybody gets its share of the points"
                );
                self.tell(Rule::AssignmentOkNotRun, suite.line, message, "say `'scored': False`");
            }
            _ => {}
        }
        self.known(entries, SUITE_KEYS, &format!("suite {number}"));
        let setup = self.pieces(entries, "setup")?;
        let teardown = self.pieces(entries, "teardown")?;
        let cases = self.list(entries, "cases", suite.line, MOST_CASES)?;
        if !scored {
            return None;
        }
        let read = |(at, case): (usize, &Literal)| {
            let name = format!("Suite {number}, case {}", at + 1);
            self.case(case, name, asks, (&setup, &teardown))
        };
        let read: Vec<Option<ExampleCase>> = cases.iter().enumerate().map(read).collect();
        let cases = if asks == Asks::Program { read.into_iter().flatten().collect() } else { Vec::new() };
        Some(OkSuite { cases })
    }

    fn case(
        &mut self,
        case: &Literal,
        name: String,
        asks: Asks,
        around: (&[String], &[String]),
    ) -> Option<ExampleCase> {
        let entries = self.entries(case, &name, CASE_KEYS)?;
        let hidden = self.flag(entries, "hidden")?.unwrap_or(false);
        let locked = self.flag(entries, "locked")?.unwrap_or(false);
        if asks == Asks::Reader {
            let question = entries.iter().any(|(key, _)| key == "question");
            self.text(entries, if question { "answer" } else { "code" }, case.line)?;
        }
        let code = if asks == Asks::Program { self.node(entries, "code", case.line)? } else { case };
        let (examples, has_locks) = match &code.value {
            Value::Text(text) => {
                let read = dialogue::of_ok(text);
                self.read_or_tell(read, code.line)?
            }
            _ if asks == Asks::Reader => (Vec::new(), false),
            _ => {
                self.ill_formed(code.line, format!("`code` is {}", code.kind()), "write a text with prompts `>>> `");
                return None;
            }
        };
        if locked || has_locks {
            let message = format!("{name} is locked: its answers are hashes, with which nothing can be compared");
            self.tell(Rule::AssignmentOkLocked, case.line, message, "use the file from before it was locked");
            return None;
        }
        if asks == Asks::Program && examples.is_empty() {
            self.ill_formed(code.line, format!("{name} has no example"), "write lines with prompts `>>> `");
            return None;
        }
        Some(ExampleCase { name, hidden, setup: around.0.to_vec(), examples, teardown: around.1.to_vec() })
    }

    fn pieces(&mut self, entries: &[(String, Literal)], key: &str) -> Option<Vec<String>> {
        let Some((_, found)) = entries.iter().find(|(known, _)| known == key) else { return Some(Vec::new()) };
        let Value::Text(text) = &found.value else {
            self.ill_formed(found.line, format!("`{key}` is {}", found.kind()), "write a text");
            return None;
        };
        let read = dialogue::pieces(text);
        self.read_or_tell(read, found.line)
    }

    /// A text in three quotes begins on the line of its quotes.
    fn read_or_tell<T>(&mut self, read: Result<T, Garbled>, line: usize) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(Garbled { line: within, why }) => {
                self.ill_formed(
                    line + within - 1,
                    why,
                    "write what is typed behind `>>> ` or `... `, and below it what should come",
                );
                None
            }
        }
    }

    fn entries<'l>(&mut self, found: &'l Literal, what: &str, known: &[&str]) -> Option<&'l [(String, Literal)]> {
        let Value::Dict(entries) = &found.value else {
            self.ill_formed(found.line, format!("{what} is {}", found.kind()), "write a dict");
            return None;
        };
        self.known(entries, known, what);
        Some(entries)
    }

    fn known(&mut self, entries: &[(String, Literal)], known: &[&str], what: &str) {
        for (key, value) in entries {
            if !known.contains(&key.as_str()) {
                let hint = did_you_mean(key, known.iter().copied()) + "known keys: " + &known.join(", ");
                self.ill_formed(value.line, format!("unknown key `{key}` in {what}"), hint);
            }
        }
    }

    fn node<'l>(&mut self, entries: &'l [(String, Literal)], key: &str, line: usize) -> Option<&'l Literal> {
        let found = entries.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        if found.is_none() {
            self.ill_formed(line, format!("the key `{key}` is missing"), format!("add `'{key}': …`"));
        }
        found
    }

    fn text<'l>(&mut self, entries: &'l [(String, Literal)], key: &str, line: usize) -> Option<&'l str> {
        let found = self.node(entries, key, line)?;
        match &found.value {
            Value::Text(text) if !text.trim().is_empty() => Some(text),
            _ => {
                self.ill_formed(found.line, format!("`{key}` is no text, or blank"), "write a text");
                None
            }
        }
    }

    fn flag(&mut self, entries: &[(String, Literal)], key: &str) -> Option<Option<bool>> {
        match entries.iter().find(|(known, _)| known == key) {
            None => Some(None),
            Some((_, Literal { value: Value::Bool(flag), .. })) => Some(Some(*flag)),
            Some((_, other)) => {
                self.ill_formed(other.line, format!("`{key}` is {}", other.kind()), "write True or False");
                None
            }
        }
    }

    fn list<'l>(
        &mut self,
        entries: &'l [(String, Literal)],
        key: &str,
        line: usize,
        most: usize,
    ) -> Option<&'l [Literal]> {
        let found = self.node(entries, key, line)?;
        match &found.value {
            Value::List(items) if (1..=most).contains(&items.len()) => Some(items),
            Value::List(items) => {
                self.ill_formed(
                    found.line,
                    format!("`{key}` has {} entries", items.len()),
                    format!("write 1 to {most}"),
                );
                None
            }
            _ => {
                self.ill_formed(found.line, format!("`{key}` is {}", found.kind()), "write a list");
                None
            }
        }
    }

    /// None if they are missing, which is fine where the assignment says them.
    fn points(&mut self, entries: &[(String, Literal)]) -> Option<Points> {
        let (_, found) = entries.iter().find(|(key, _)| key == "points")?;
        let points = match &found.value {
            Value::Number(text) => text.parse().ok().filter(|points| *points > Points::ZERO),
            _ => None,
        };
        if points.is_none() {
            let hint = "write a decimal above 0 with at most four places, or `points` in assignment.yml and none here";
            self.ill_formed(found.line, "`points` is no such number", hint);
        }
        points
    }
}
