//! Where in a file of a content folder a diagnostic points: its line there, and the text of that line. Diagnostics count the lines of a cell, and
//! an editor those of the file.

use std::fs;
use std::path::Path;

use actors::content::format::{Diagnostic, Rule, cell_source};

/// No longer file is shown from.
const LONGEST: u64 = 10 << 20;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// In the file, from 1.
    pub line: usize,
    /// What it says: of a notebook, the line of the cell.
    pub text: String,
}

/// The place of a diagnostic; none where it is about a file as a whole, or that cannot be read.
pub(super) fn place(root: &Path, diagnostic: &Diagnostic) -> Option<Place> {
    if matches!(diagnostic.rule, Rule::NotebookSchema | Rule::NotebookCellId) {
        // What is damaged has no lines that an author has written.
        return None;
    }
    let path = root.join(&diagnostic.file);
    let plain = fs::symlink_metadata(&path).ok().filter(|about| about.is_file() && about.len() <= LONGEST)?;
    let text = (plain.len() > 0).then(|| fs::read_to_string(&path).ok())??;
    match diagnostic.cell {
        Some(cell) => of_cell(&text, cell, diagnostic.line.unwrap_or(1)),
        None => {
            let line = diagnostic.line?;
            Some(Place { line, text: text.lines().nth(line.checked_sub(1)?)?.to_owned() })
        }
    }
}

/// A line of a cell. Notebooks are written with a line for each line of a source; in others, the line on which the source begins is the nearest.
fn of_cell(notebook: &str, cell: usize, line: usize) -> Option<Place> {
    let (source, cells) = cell_source(notebook, cell)?;
    let text = source.lines().nth(line.checked_sub(1)?)?.to_owned();
    let begins: Vec<usize> = notebook
        .lines()
        .enumerate()
        .filter(|(_, row)| row.trim_start().starts_with("\"source\""))
        .map(|it| it.0)
        .collect();
    let begin = *begins.get(cell).filter(|_| begins.len() == cells)?;
    let written = serde_json::json!(text).to_string();
    let written = written.trim_matches('"');
    let is_there = notebook.lines().nth(begin + line).is_some_and(|row| row.contains(written));
    Some(Place { line: begin + 1 + if is_there { line } else { 0 }, text })
}

#[cfg(test)]
mod tests {
    use super::{Place, of_cell};

    #[test]
    fn lines_of_cells_are_found_in_the_file() {
        let notebook = "{\n \"cells\": [\n  {\n   \"source\": [\n    \"# One\\n\",\n    \"two\"\n   ]\n  },\n  {\n   \"source\": \"x = \\\"1\\\"\"\n  }\n ]\n}";
        let place = |line, text: &str| Some(Place { line, text: text.to_owned() });
        assert_eq!(of_cell(notebook, 0, 1), place(5, "# One"));
        assert_eq!(of_cell(notebook, 0, 2), place(6, "two"));
        assert_eq!(of_cell(notebook, 1, 1), place(10, "x = \"1\""));
        for (cell, line) in [(0, 3), (2, 1), (0, 0)] {
            assert_eq!(of_cell(notebook, cell, line), None, "{cell} {line}");
        }
        assert_eq!(of_cell("{\"cells\": [{\"source\": \"x\"}]}", 0, 1), None, "not with a line for each");
    }
}
