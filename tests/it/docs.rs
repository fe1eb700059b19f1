//! What the pages promise: the course of the teachers' first page is without fault, and every question of the API's page can be asked.

use std::path::Path;

use actors::content::format::Content;
use actors::execution::toolchain::Toolchains;
use async_graphql::ServerError;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../docs/teachers/first-steps.md");

/// Pages with questions to the schema.
const QUESTIONS: [(&str, &str); 5] = [
    ("docs/api/first-steps.md", include_str!("../../docs/api/first-steps.md")),
    ("docs/api/limits.md", include_str!("../../docs/api/limits.md")),
    ("docs/api/receipts.md", include_str!("../../docs/api/receipts.md")),
    ("docs/staff/roster.md", include_str!("../../docs/staff/roster.md")),
    ("docs/staff/submissions.md", include_str!("../../docs/staff/submissions.md")),
];

/// The first fenced block in that language behind a text.
fn block<'p>(behind: &str, language: &str) -> &'p str {
    let (_, rest) = PAGE.split_once(behind).unwrap_or_else(|| panic!("the page speaks of {behind}"));
    let (_, rest) = rest.split_once(&format!("```{language}\n")).expect("a block follows");
    rest.split_once("```").expect("the block ends").0
}

fn cell(kind: &str, id: &str, source: &str) -> Value {
    let mut cell = json!({ "cell_type": kind, "id": id, "metadata": {}, "source": source.trim_end() });
    if kind == "code" {
        cell["outputs"] = json!([]);
        cell["execution_count"] = Value::Null;
    }
    cell
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("in a folder")).expect("the folder can be made");
    std::fs::write(path, text).expect("the file can be written");
}

/// The course of the page, its mission with these cells.
fn course(cells: &[Value]) -> (tempfile::TempDir, Content) {
    let root = tempfile::tempdir().expect("a folder");
    for path in ["section.yml", "course.yml", "concepts/output.yml", "missions/1-hello/meta.yml"] {
        write(root.path(), path, block(&format!("`{path}`"), "yaml"));
    }
    let notebook = json!({
        "cells": cells,
        "metadata": { "kernelspec": { "display_name": "Python 3", "language": "python", "name": "python3" } },
        "nbformat": 4,
        "nbformat_minor": 5,
    });
    write(root.path(), "missions/1-hello/Mission1.ipynb", &notebook.to_string());
    let content = Content::open(root.path(), Toolchains::built_in().runnable());
    (root, content)
}

#[test]
fn the_first_course_of_a_teacher_is_without_fault() {
    let text = cell("markdown", "text", block("## A notebook", "markdown"));
    let (_root, content) = course(&[text, cell("code", "exercise", block("## A notebook", "python"))]);
    assert_eq!(content.check_repository(), []);
    let checked = content.check_mission(1);
    assert_eq!(checked.diagnostics, []);
    assert!(checked.value.is_some());
}

#[test]
fn the_first_diagnostic_of_a_teacher_is_as_shown() {
    let (_root, content) = course(&[cell("markdown", "text", block("## A notebook", "markdown"))]);
    let told = content.check_mission(1).diagnostics.first().map(ToString::to_string);
    assert_eq!(told.as_deref(), Some(block("## When something is wrong", "text").trim_end()));
}

/// Asks without a request behind it. What does not fit the schema is refused before any field is looked at, so its fault has no path.
#[tokio::test]
async fn every_question_of_a_page_fits_the_schema() {
    let schema = server::graphql::schema();
    for (page, text) in QUESTIONS {
        let blocks = text.split("```graphql\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
        let mut asked = 0;
        for question in blocks {
            let answer = schema.execute_stream(question).next().await.expect("an answer");
            // A page shows its question without values.
            let without_value = |error: &ServerError| error.message.ends_with("but it has no value.");
            let faults = answer.errors.iter().filter(|error| error.path.is_empty() && !without_value(error));
            let faults: Vec<_> = faults.collect();
            assert!(faults.is_empty(), "{page}: {faults:?}\n{question}");
            asked += 1;
        }
        assert!(asked > 0, "{page} asks nothing");
    }
}
