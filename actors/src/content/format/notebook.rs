//! Jupyter notebooks: which file it is, that it has the shape of nbformat 4, and its cells as text.
//!
//! Not here: what the cells mean. Outputs are only counted; nothing of them is kept.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::diagnostic::Diagnostic;
use super::folder::{Folder, Kind, NOTEBOOK_LIMIT};
use super::rule::Rule;

#[derive(Debug)]
pub(super) struct Notebook {
    pub path: String,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellKind {
    Markdown,
    Code,
    Raw,
}

#[derive(Debug)]
pub(super) struct Cell {
    pub index: usize,
    pub kind: CellKind,
    /// The lines, all ended by `\n`.
    pub source: String,
    pub metadata: Map<String, Value>,
    pub attachments: Map<String, Value>,
    pub has_outputs: bool,
}

const SUFFIX: &str = ".ipynb";

/// The one notebook of a mission's directory.
pub(super) fn find(folder: &Folder, directory: &str, number: u32, out: &mut Vec<Diagnostic>) -> Option<String> {
    let candidates = candidates(folder, directory);
    let [name] = candidates.as_slice() else {
        out.push(not_one(directory, number, &candidates));
        return None;
    };
    let path = format!("{directory}/{name}");
    let after = name.split_once("Mission").map_or("", |(_, rest)| rest);
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    if !digits.is_empty() && digits != number.to_string() {
        let message = format!("the notebook is called {name}, the directory says {number}");
        let hint = format!("rename it to Mission{number}.ipynb");
        out.push(Diagnostic::new(Rule::NotebookNumberMismatch, &path, message, hint));
    }
    Some(path)
}

/// Files of the directory itself that are notebooks and have `Mission` in their name.
pub(super) fn candidates(folder: &Folder, directory: &str) -> Vec<String> {
    let entries = folder.entries(directory).unwrap_or_default();
    let named = |name: &str| name.ends_with(SUFFIX) && name.contains("Mission");
    entries.into_iter().filter(|e| e.kind == Kind::File && named(&e.name)).map(|e| e.name).collect()
}

fn not_one(directory: &str, number: u32, candidates: &[String]) -> Diagnostic {
    if candidates.is_empty() {
        let message = format!("there is no notebook with Mission in its name in {directory}");
        let hint = format!("call it Mission{number}.ipynb, with a capital M");
        return Diagnostic::new(Rule::NotebookNone, directory, message, hint);
    }
    let names = candidates.join(", ");
    let message = format!("there are {} notebooks with Mission in their names: {names}", candidates.len());
    let hint = format!("keep one of {names}; move drafts elsewhere");
    Diagnostic::new(Rule::NotebookMany, directory, message, hint)
}

/// Reads a notebook; `None` when it has no cells that could be looked at.
pub(super) fn load(folder: &Folder, path: &str, out: &mut Vec<Diagnostic>) -> Option<Notebook> {
    match folder.text(path, NOTEBOOK_LIMIT) {
        Ok(text) => parse(path, &text, out),
        Err(trouble) => {
            out.push(trouble.tell(path, Rule::NotebookNone));
            None
        }
    }
}

pub(super) fn parse(path: &str, text: &str, out: &mut Vec<Diagnostic>) -> Option<Notebook> {
    let root: Value = match serde_json::from_str(text) {
        Ok(root) => root,
        Err(error) => {
            let merge = text.lines().any(|line| line.starts_with("<<<<<<<"));
            let cause = if merge { "it holds the marks of an unfinished merge; " } else { "" };
            let hint = format!("{cause}look at line {}, column {}", error.line(), error.column());
            let found = Diagnostic::new(Rule::NotebookJson, path, format!("this is not JSON: {error}"), hint);
            out.push(found.at_line(error.line()));
            return None;
        }
    };
    let mut reader = Reader { path, out, sound: true };
    let root = reader.object(&root, None, "the notebook")?;
    let minor = reader.version(root)?;
    reader.kernel(root);
    let cells = reader.cells(root, minor);
    reader.sound.then(|| Notebook { path: path.to_owned(), cells })
}

struct Reader<'a> {
    path: &'a str,
    out: &'a mut Vec<Diagnostic>,
    /// Whether every cell has the shape that it must have.
    sound: bool,
}

impl Reader<'_> {
    fn schema(&mut self, cell: Option<usize>, message: String) {
        let hint = match cell {
            Some(cell) => format!("cell {cell} is damaged: open and save the notebook with Jupyter"),
            None => "open and save the notebook with Jupyter".to_owned(),
        };
        let mut found = Diagnostic::new(Rule::NotebookSchema, self.path, message, hint);
        found.cell = cell;
        self.out.push(found);
        self.sound = false;
    }

    fn object<'v>(&mut self, value: &'v Value, cell: Option<usize>, what: &str) -> Option<&'v Map<String, Value>> {
        if value.as_object().is_none() {
            self.schema(cell, format!("{what} is not an object"));
        }
        value.as_object()
    }

    fn required<'v>(&mut self, map: &'v Map<String, Value>, cell: Option<usize>, key: &str) -> Option<&'v Value> {
        let found = map.get(key);
        if found.is_none() {
            let whose = cell.map_or_else(|| "the notebook".to_owned(), |cell| format!("cell {cell}"));
            self.schema(cell, format!("{whose} has no `{key}`"));
        }
        found
    }

    /// The minor version, if the major one is 4.
    fn version(&mut self, root: &Map<String, Value>) -> Option<u64> {
        let major = self.required(root, None, "nbformat")?;
        let minor = root.get("nbformat_minor");
        if major.as_u64() != Some(4) || minor.and_then(Value::as_u64).is_some_and(|minor| minor > 5) {
            let minor = minor.map_or_else(String::new, |minor| format!(".{minor}"));
            let message = format!("the notebook has format {major}{minor}; formats 4.0 to 4.5 are read");
            let hint = "open and save it with a current Jupyter";
            self.out.push(Diagnostic::new(Rule::NotebookVersion, self.path, message, hint));
            return None;
        }
        let minor = self.required(root, None, "nbformat_minor")?;
        if minor.as_u64().is_none() {
            self.schema(None, "`nbformat_minor` is not a number".to_owned());
        }
        minor.as_u64()
    }

    fn kernel(&mut self, root: &Map<String, Value>) {
        let Some(metadata) = self.required(root, None, "metadata") else { return };
        let Some(metadata) = self.object(metadata, None, "`metadata`") else { return };
        let name = metadata.get("kernelspec").and_then(|spec| spec.get("name")).and_then(Value::as_str);
        if name != Some("python3") {
            let message = format!("the kernel is {}", name.map_or("not named".to_owned(), |name| format!("`{name}`")));
            let hint = "choose the kernel python3 and save";
            self.out.push(Diagnostic::new(Rule::NotebookKernel, self.path, message, hint));
        }
    }

    fn cells(&mut self, root: &Map<String, Value>, minor: u64) -> Vec<Cell> {
        let Some(cells) = self.required(root, None, "cells") else { return Vec::new() };
        let Some(cells) = cells.as_array() else {
            self.schema(None, "`cells` is not a list".to_owned());
            return Vec::new();
        };
        let mut ids = HashSet::new();
        let mut read = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            let Some(map) = self.object(cell, Some(index), "the cell") else { continue };
            if minor >= 5 {
                self.id(map.get("id"), index, &mut ids);
            }
            read.extend(self.cell(map, index));
        }
        read
    }

    fn id(&mut self, id: Option<&Value>, index: usize, before: &mut HashSet<String>) {
        let fault = match id.map(Value::as_str) {
            None => "has no id".to_owned(),
            Some(Some(id)) if !is_id(id) => format!("has the id {id:?}, which is no id"),
            Some(Some(id)) if before.insert(id.to_owned()) => return,
            Some(Some(id)) => format!("has the id {id:?} of another cell"),
            Some(None) => "has an id that is no text".to_owned(),
        };
        let hint = format!("cell {index} needs its own id: 1 to 64 letters, digits, hyphens or underscores");
        let found = Diagnostic::new(Rule::NotebookCellId, self.path, format!("cell {index} {fault}"), hint);
        self.out.push(found.at_cell(index));
    }

    fn cell(&mut self, map: &Map<String, Value>, index: usize) -> Option<Cell> {
        let at = Some(index);
        let kind = match self.required(map, at, "cell_type").map(Value::as_str) {
            Some(Some("markdown")) => Some(CellKind::Markdown),
            Some(Some("code")) => Some(CellKind::Code),
            Some(Some("raw")) => Some(CellKind::Raw),
            Some(found) => {
                self.schema(at, format!("cell {index} has the unknown type {:?}", found.unwrap_or("that is no text")));
                None
            }
            None => None,
        };
        let metadata = self.required(map, at, "metadata").and_then(|value| self.object(value, at, "`metadata`"));
        let source = self.required(map, at, "source").and_then(|value| self.source(value, index));
        let mut has_outputs = false;
        if kind == Some(CellKind::Code) {
            self.required(map, at, "execution_count");
            if let Some(outputs) = self.required(map, at, "outputs") {
                has_outputs = outputs.as_array().is_none_or(|outputs| !outputs.is_empty());
            }
        }
        let attachments = map.get("attachments").and_then(Value::as_object).cloned().unwrap_or_default();
        Some(Cell { index, kind: kind?, source: source?, metadata: metadata?.clone(), attachments, has_outputs })
    }

    /// Text or a list of pieces of text, which already hold their line ends.
    fn source(&mut self, value: &Value, index: usize) -> Option<String> {
        let text = match value {
            Value::String(text) => Some(text.clone()),
            Value::Array(pieces) => pieces.iter().map(Value::as_str).collect::<Option<String>>(),
            _ => None,
        };
        if text.is_none() {
            self.schema(Some(index), format!("`source` of cell {index} is neither text nor a list of text"));
        }
        text.map(|text| text.replace("\r\n", "\n"))
    }
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_source_in_pieces_is_joined_without_anything_between() {
        let text = r#"{"nbformat":4,"nbformat_minor":4,"metadata":{"kernelspec":{"name":"python3"}},
            "cells":[{"cell_type":"markdown","metadata":{},"source":["a\n","b","c\r\n"]}]}"#;
        let mut out = Vec::new();
        let notebook = parse("n", text, &mut out).unwrap();
        assert_eq!(notebook.cells[0].source, "a\nbc\n");
        assert_eq!(out, []);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0u64..6).prop_map(Value::from),
            "[a-z0-9 #<!=\"-]{0,12}".prop_map(Value::from),
        ];
        let keys =
            "(cells|cell_type|source|metadata|outputs|nbformat|nbformat_minor|id|kernelspec|name|screen|[a-z]{1,3})";
        leaf.prop_recursive(5, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((keys, inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,200}") {
            parse("n", &text, &mut Vec::new());
        }

        #[test]
        fn no_json_makes_it_panic(cells in json(), root in json()) {
            parse("n", &root.to_string(), &mut Vec::new());
            let shaped = serde_json::json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells});
            parse("n", &shaped.to_string(), &mut Vec::new());
        }
    }
}
