//! What the pages promise: the course of the teachers' first page is without fault.

use std::path::Path;

use actors::content::format::Content;
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../docs/teachers/first-steps.md");

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

#[test]
fn the_first_course_of_a_teacher_is_without_fault() {
    let root = tempfile::tempdir().expect("a folder");
    for path in ["section.yml", "course.yml", "concepts/output.yml", "missions/1-hello/meta.yml"] {
        write(root.path(), path, block(&format!("`{path}`"), "yaml"));
    }
    let notebook = json!({
        "cells": [
            cell("markdown", "text", block("## A notebook", "markdown")),
            cell("code", "exercise", block("## A notebook", "python")),
        ],
        "metadata": { "kernelspec": { "display_name": "Python 3", "language": "python", "name": "python3" } },
        "nbformat": 4,
        "nbformat_minor": 5,
    });
    write(root.path(), "missions/1-hello/Mission1.ipynb", &notebook.to_string());

    let content = Content::open(root.path());
    assert_eq!(content.check_repository(), []);
    let checked = content.check_mission(1);
    assert_eq!(checked.diagnostics, []);
    assert!(checked.value.is_some());
}
