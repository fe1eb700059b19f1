//! Tests by the examples in docstrings: those of a whole file, or those of one function or class.
//!
//! They are taken from the file that students start from, so what a student makes of a docstring changes nothing.

use entity::execution::language::Language;
use entity::points::Points;

use super::diagnostic::{Diagnostic, did_you_mean};
use super::dialogue;
use super::docstring::{self, Docstring};
use super::fields::Fields;
use super::rule::Rule;
use super::test_case::{Around, Read};
use crate::grading::example::{self, ExampleCase};
use crate::grading::test_case::TestKind;

const MOST_CASES: usize = 100;

/// The test that the key `doctest` names.
pub(super) fn read(fields: &mut Fields<'_, '_>, around: &Around<'_>) -> Option<Read> {
    let node = fields.required("doctest")?;
    let line = node.line;
    if *around.language != Language::python3() {
        let hint = "use `doctest` in assignments in python3";
        fields.tell(Rule::AssignmentTestLanguage, line, "only python3 has docstrings with examples", hint);
    }
    let said = fields.as_text("doctest", node)?.to_owned();
    let (name, of) = said.split_once(':').map_or((said.as_str(), None), |(file, of)| (file.trim(), Some(of.trim())));
    let Some(file) = around.files.iter().find(|file| file.name == name) else {
        let hint = did_you_mean(name, around.files.iter().map(|file| file.name.as_str()))
            + "name one of `files`, such as `words.py:count`";
        fields.tell(Rule::AssignmentDoctestMissing, line, format!("`{name}` is not one of the files"), hint);
        return None;
    };
    let path = format!("{}/{name}", around.directory);
    let mut missing = |line: usize, file: &str, message: String, hint: String| {
        fields.out.push(Diagnostic::new(Rule::AssignmentDoctestMissing, file, message, hint).at_line(line));
    };
    let text = String::from_utf8_lossy(&file.bytes);
    let found = match docstring::docstrings(&text) {
        Ok(found) => found,
        Err(open) => {
            let hint = "the examples come from this file: make it Python";
            missing(open, &path, "a text or a bracket is never closed".to_owned(), hint.to_owned());
            return None;
        }
    };
    if let Some(of) = of.filter(|of| !found.names.iter().any(|known| known == of)) {
        let hint = did_you_mean(of, found.names.iter().map(String::as_str))
            + "name a function or class of the file that students start from";
        missing(line, around.path, format!("`{name}` has no `{of}`"), hint);
        return None;
    }
    let wanted = found.docstrings.iter().filter(|docstring| of.is_none_or(|of| docstring.name == of));
    let read: Vec<_> = wanted.map(|docstring| case(docstring, name, &path, fields.out)).collect();
    let cases = read.into_iter().collect::<Option<Vec<ExampleCase>>>()?;
    let cases: Vec<ExampleCase> = cases.into_iter().filter(|case| !case.examples.is_empty()).collect();
    if cases.is_empty() || cases.len() > MOST_CASES {
        let message = format!("{} docstrings of `{said}` have examples", cases.len());
        let hint = format!("let 1 to {MOST_CASES} docstrings have lines that begin with `>>> `");
        fields.tell(Rule::AssignmentDoctestMissing, line, message, hint);
        return None;
    }
    let kind = TestKind::Doctest(example::Doctest { file: name.to_owned(), cases });
    let name = Some(format!("doctest {said}"));
    Some(Read { kind: Some(kind), name, points: Some(Points::whole(1)), fixed_points: false })
}

/// The examples of one docstring; told, and none, when they cannot be read.
fn case(docstring: &Docstring, file: &str, path: &str, out: &mut Vec<Diagnostic>) -> Option<ExampleCase> {
    match dialogue::of_docstring(&docstring.text) {
        Ok(examples) => {
            let name = if docstring.name.is_empty() { file.to_owned() } else { docstring.name.clone() };
            Some(ExampleCase { name, examples, ..ExampleCase::default() })
        }
        Err(garbled) => {
            let hint =
                "write what is typed behind `>>> ` or `... `, and below it, as far to the right, what should come";
            let line = docstring.line + garbled.line - 1;
            out.push(Diagnostic::new(Rule::AssignmentDoctestFormat, path, garbled.why, hint).at_line(line));
            None
        }
    }
}
