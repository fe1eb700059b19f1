//! The table: sections of aligned rows, one column for each role.

use std::collections::BTreeSet;
use std::fmt;

use super::campus::ROLES;

const LEGEND: &str = "\
Who may see and do what, as the server itself answered. Made by the test `access`; never edited by hand.

  value      something           yes, no    true, false
  -          null                [], [2]    an empty list, a list of so many
  .          the row that it is in cannot be reached
  SECRET     something that only those may see who review work in the course, or run the site
  UPPER_CASE the code of an error or of a problem
  200 …      the status of an answer over HTTP
";

/// Rows by section.
pub struct Table {
    sections: Vec<Section>,
}

struct Section {
    title: String,
    rows: Vec<Row>,
}

struct Row {
    /// What it covers: `Run.steps`, `Mutation.submit`, `route /healthz`.
    covers: String,
    name: String,
    cells: Vec<String>,
}

impl Table {
    pub fn new() -> Self {
        Self { sections: Vec::new() }
    }

    pub fn section(&mut self, title: impl Into<String>) {
        self.sections.push(Section { title: title.into(), rows: Vec::new() });
    }

    /// A row with a cell for each role.
    pub fn row(&mut self, covers: impl Into<String>, name: impl Into<String>, cells: Vec<String>) {
        assert_eq!(cells.len(), ROLES.len());
        let row = Row { covers: covers.into(), name: name.into(), cells };
        self.sections.last_mut().expect("a section").rows.push(row);
    }

    /// Everything that has a row.
    pub fn names(&self) -> BTreeSet<String> {
        self.sections.iter().flat_map(|section| &section.rows).map(|row| row.covers.clone()).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{LEGEND}")?;
        self.sections.iter().try_for_each(|section| section.fmt(f))
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.title)?;
        let all = |cells: &[String]| cells.iter().all(|cell| cell == ".");
        let first = self.rows.first().map(|row| row.cells.iter().all(|cell| cell == "-" || cell == "UNAUTHENTICATED"));
        if first == Some(true) && self.rows.iter().skip(1).all(|row| all(&row.cells)) && self.rows.len() > 1 {
            return writeln!(f, "  not reachable");
        }
        let title: Vec<String> = ROLES.iter().map(|role| role.name.to_owned()).collect();
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row.cells[column].chars().count());
            cells.chain([title[column].chars().count()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..ROLES.len()).map(width).collect();
        let name = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
        let line = |f: &mut fmt::Formatter<'_>, first: &str, cells: &[String]| {
            let cells: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "{}", format!("  {first:<name$}  {}", cells.join("  ")).trim_end())
        };
        line(f, "", &title)?;
        self.rows.iter().try_for_each(|row| line(f, &row.name, &row.cells))
    }
}
