//! Jupyter notebooks: that one has the shape of nbformat 4, and its cells as text.
//!
//! Not here: what the cells mean. Outputs are only counted; nothing of them is kept.

use std::collections::{HashMap, HashSet};

use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::diagnostic::Diagnostic;
use super::folder::{Folder, NOTEBOOK_LIMIT};
use super::notebook_cells;
use super::notebook_parts::{Source, attachments, items, known, screen};
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

#[derive(Debug, PartialEq)]
pub(super) struct Cell {
    pub index: usize,
    pub kind: CellKind,
    /// The lines, all ended by `\n`.
    pub source: String,
    /// What its metadata say of a screen.
    pub screen: Option<Value>,
    /// The Base64 of what is attached, by its name.
    pub attachments: HashMap<String, String>,
    pub has_outputs: bool,
}

/// Most bytes of text in a cell: more is a mistake, and Markdown takes a hundred times its size while it is read.
pub(super) const CELL_LIMIT: usize = 128 << 10;
/// After so many faults, the rest of a notebook is not looked at.
const MOST_FAULTS: usize = 100;
/// Notebooks are not nested deeper than outputs in their cells.
const DEEPEST: usize = 1_000;
const CELL_KEYS: &[&str] = &["id", "cell_type", "metadata", "source", "outputs", "execution_count", "attachments"];

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
    match notebook_cells::read(text) {
        Some(cells) => Some(Notebook { path: path.to_owned(), cells }),
        None => find_faults(path, text, out),
    }
}

/// The slow way: whatever is wrong is told.
fn find_faults(path: &str, text: &str, out: &mut Vec<Diagnostic>) -> Option<Notebook> {
    if let Some(line) = too_deep(text) {
        let message = format!("this is nested more than {DEEPEST} deep");
        let hint = "no notebook is: open and save it with Jupyter";
        out.push(Diagnostic::new(Rule::NotebookJson, path, message, hint).at_line(line));
        return None;
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let merge = text.lines().any(|line| line.starts_with("<<<<<<<"));
        let cause = if merge { "it holds the marks of an unfinished merge; " } else { "" };
        let hint = format!("{cause}look at line {}, column {}", error.line(), error.column());
        let found = Diagnostic::new(Rule::NotebookJson, path, format!("this is not JSON: {error}"), hint);
        out.push(found.at_line(error.line()));
        return None;
    }
    let mut reader = Reader { path, out, sound: true, told: 0 };
    let root = reader.object(text, &["nbformat", "nbformat_minor", "metadata", "cells"], None, "the notebook")?;
    let minor = reader.version(&root)?;
    reader.kernel(&root);
    let cells = reader.cells(&root, minor);
    reader.sound.then(|| Notebook { path: path.to_owned(), cells })
}

/// The line on which a text is nested deeper than any notebook: each level takes memory to be read.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped, mut line) = (0_usize, false, false, 1);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            b'\n' => line += 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Some(line);
        }
    }
    None
}

/// What is known of an object, unread.
type Object<'v> = HashMap<&'static str, &'v RawValue>;

struct Reader<'a> {
    path: &'a str,
    out: &'a mut Vec<Diagnostic>,
    /// Whether every cell has the shape that it must have.
    sound: bool,
    /// How many faults were told.
    told: usize,
}

impl Reader<'_> {
    fn tell(&mut self, cell: Option<usize>, rule: Rule, message: String, hint: impl Into<String>) {
        let mut found = Diagnostic::new(rule, self.path, message, hint);
        found.cell = cell;
        self.out.push(found);
        self.told += 1;
    }

    fn schema(&mut self, cell: Option<usize>, message: String) {
        let hint = match cell {
            Some(cell) => format!("cell {cell} is damaged: open and save the notebook with Jupyter"),
            None => "open and save the notebook with Jupyter".to_owned(),
        };
        self.tell(cell, Rule::NotebookSchema, message, hint);
        self.sound = false;
    }

    fn object<'v>(
        &mut self,
        raw: &'v str,
        names: &[&'static str],
        cell: Option<usize>,
        what: &str,
    ) -> Option<Object<'v>> {
        let found = known(raw, names);
        if found.is_none() {
            self.schema(cell, format!("{what} is not an object"));
        }
        found
    }

    fn required<'v>(&mut self, object: &Object<'v>, cell: Option<usize>, key: &str) -> Option<&'v str> {
        let found = object.get(key).map(|raw| raw.get());
        if found.is_none() {
            let whose = cell.map_or_else(|| "the notebook".to_owned(), |cell| format!("cell {cell}"));
            self.schema(cell, format!("{whose} has no `{key}`"));
        }
        found
    }

    /// The minor version, if the major one is 4.
    fn version(&mut self, root: &Object<'_>) -> Option<u64> {
        let major = self.required(root, None, "nbformat")?;
        let minor = root.get("nbformat_minor").map(|raw| raw.get());
        let number = |text: &str| text.parse::<u64>().ok();
        if number(major) != Some(4) || minor.and_then(number).is_some_and(|minor| minor > 5) {
            let short = |text: &str| text.chars().take(20).collect::<String>();
            let minor = minor.map_or_else(String::new, |minor| format!(".{}", short(minor)));
            let message = format!("the notebook has format {}{minor}; formats 4.0 to 4.5 are read", short(major));
            self.tell(None, Rule::NotebookVersion, message, "open and save it with a current Jupyter");
            return None;
        }
        let minor = number(self.required(root, None, "nbformat_minor")?);
        if minor.is_none() {
            self.schema(None, "`nbformat_minor` is not a number".to_owned());
        }
        minor
    }

    fn kernel(&mut self, root: &Object<'_>) {
        let Some(metadata) = self.required(root, None, "metadata") else { return };
        let Some(metadata) = self.object(metadata, &["kernelspec"], None, "`metadata`") else { return };
        let name = metadata.get("kernelspec").and_then(|spec| known(spec.get(), &["name"])?.remove("name"));
        let name = name.and_then(|name| serde_json::from_str::<String>(name.get()).ok());
        if name.as_deref() != Some("python3") {
            let message = format!("the kernel is {}", name.map_or("not named".to_owned(), |name| format!("`{name}`")));
            self.tell(None, Rule::NotebookKernel, message, "choose the kernel python3 and save");
        }
    }

    fn cells(&mut self, root: &Object<'_>, minor: u64) -> Vec<Cell> {
        let Some(cells) = self.required(root, None, "cells") else { return Vec::new() };
        let (mut read, mut ids, mut index) = (Vec::new(), HashSet::new(), 0);
        let list = items(cells, &mut |raw| {
            if let Some(cell) = self.object(raw.get(), CELL_KEYS, Some(index), "the cell") {
                if minor >= 5 {
                    self.id(cell.get("id").copied(), index, &mut ids);
                }
                read.extend(self.cell(&cell, index));
            }
            index += 1;
            self.told < MOST_FAULTS
        });
        if list.is_none() {
            self.schema(None, "`cells` is not a list".to_owned());
        }
        if self.told >= MOST_FAULTS {
            self.schema(None, format!("there is so much wrong that only the first {index} cells were looked at"));
        }
        read
    }

    fn id(&mut self, id: Option<&RawValue>, index: usize, before: &mut HashSet<String>) {
        let fault = match id.map(|id| serde_json::from_str::<String>(id.get())) {
            None => "has no id".to_owned(),
            Some(Ok(id)) if !is_id(&id) => {
                format!("has the id {:?}, which is no id", id.chars().take(80).collect::<String>())
            }
            Some(Ok(id)) if before.insert(id.clone()) => return,
            Some(Ok(id)) => format!("has the id {id:?} of another cell"),
            Some(Err(_)) => "has an id that is no text".to_owned(),
        };
        let hint = format!("cell {index} needs its own id: 1 to 64 letters, digits, hyphens or underscores");
        self.tell(Some(index), Rule::NotebookCellId, format!("cell {index} {fault}"), hint);
    }

    fn cell(&mut self, cell: &Object<'_>, index: usize) -> Option<Cell> {
        let at = Some(index);
        let kind = self.required(cell, at, "cell_type").and_then(|kind| self.kind(kind, index));
        let metadata = self.required(cell, at, "metadata");
        let metadata = metadata.and_then(|metadata| self.object(metadata, &["screen"], at, "`metadata`"));
        let source = self.required(cell, at, "source").and_then(|source| self.source(source, index));
        let mut has_outputs = false;
        if kind == Some(CellKind::Code) {
            self.required(cell, at, "execution_count");
            if let Some(outputs) = self.required(cell, at, "outputs") {
                let mut count = 0;
                let list = items(outputs, &mut |_| {
                    count += 1;
                    false
                });
                has_outputs = list.is_none() || count > 0;
            }
        }
        let entries = cell.get("attachments").and_then(|raw| serde_json::from_str(raw.get()).ok());
        let attachments = attachments(&entries.unwrap_or_default());
        let screen = metadata?.get("screen").map(|raw| screen(raw));
        Some(Cell { index, kind: kind?, source: source?, screen, attachments, has_outputs })
    }

    fn kind(&mut self, raw: &str, index: usize) -> Option<CellKind> {
        match serde_json::from_str::<String>(raw).as_deref() {
            Ok("markdown") => Some(CellKind::Markdown),
            Ok("code") => Some(CellKind::Code),
            Ok("raw") => Some(CellKind::Raw),
            found => {
                let found: String = found.unwrap_or("that is no text").chars().take(80).collect();
                self.schema(Some(index), format!("cell {index} has the unknown type {found:?}"));
                None
            }
        }
    }

    fn source(&mut self, raw: &str, index: usize) -> Option<String> {
        let Ok(Source(text)) = serde_json::from_str(raw) else {
            self.schema(Some(index), format!("`source` of cell {index} is neither text nor a list of text"));
            return None;
        };
        if text.len() > CELL_LIMIT {
            let message = format!("cell {index} has more than {} KiB of text", CELL_LIMIT >> 10);
            self.tell(Some(index), Rule::RepoTooLarge, message, "split it; data belong into files of file_list");
            self.sound = false;
            return None;
        }
        Some(text)
    }
}

/// Whether a text is the id of a cell.
pub(super) fn is_id(text: &str) -> bool {
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

    /// Mostly in order: what the quick way should take, and what it may not.
    fn cell() -> impl Strategy<Value = Value> {
        let source = prop_oneof![
            "[a-z\r\n#]{0,9}".prop_map(Value::from),
            prop::collection::vec("[a-z\r\n]{0,5}".prop_map(Value::from), 0..4).prop_map(Value::from),
        ];
        let kind = prop_oneof![Just("markdown"), Just("code"), Just("raw"), Just("heading")];
        (kind, source, prop::option::of("[a-c ]{0,3}"), json(), json(), any::<[bool; 4]>()).prop_map(
            |(kind, source, id, odd, other, [outputs, count, metadata, attached])| {
                let mut cell = serde_json::json!({ "cell_type": kind, "source": source });
                cell["metadata"] = if metadata { serde_json::json!({ "a": odd }) } else { odd.clone() };
                if outputs {
                    cell["outputs"] = other.clone();
                }
                if count {
                    cell["execution_count"] = odd;
                }
                if attached {
                    cell["attachments"] = other;
                }
                if let Some(id) = id {
                    cell["id"] = id.into();
                }
                cell
            },
        )
    }

    fn is_odd(cell: &Value) -> bool {
        let is = |key: &str, fits: fn(&Value) -> bool| cell.get(key).is_none_or(fits);
        !is("outputs", Value::is_array) || !is("attachments", Value::is_object)
    }

    proptest! {
        #[test]
        fn the_quick_way_reads_what_the_slow_way_reads(cells in prop::collection::vec(cell(), 0..4), minor in 0..7, kernel in "(python3|ir)") {
            let notebook = serde_json::json!({
                "nbformat": 4, "nbformat_minor": minor, "metadata": {"kernelspec": {"name": kernel}}, "cells": cells,
            });
            let mut out = Vec::new();
            let slow = find_faults("n", &notebook.to_string(), &mut out);
            match notebook_cells::read(&notebook.to_string()) {
                Some(cells) => {
                    prop_assert_eq!(&out, &vec![]);
                    prop_assert_eq!(cells, slow.expect("cells").cells);
                }
                // It may leave out what is odd and no fault, but nothing that is plain.
                None => prop_assert!(!out.is_empty() || cells.iter().any(is_odd), "{}", notebook),
            }
        }

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
