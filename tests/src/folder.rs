//! Small content folders of one course, for stories about content.

use std::path::Path;

use serde_json::{Value, json};

/// A content folder that goes when this does.
#[derive(Debug)]
pub struct Folder(tempfile::TempDir);

/// A screen as its author writes it.
#[derive(Clone, Debug)]
pub struct Written {
    key: String,
    /// More attributes of the marker.
    flags: String,
    /// The cell with the exercise, if there is one.
    exercise: Option<String>,
    hints: usize,
}

/// A text.
#[must_use]
pub fn text(key: &str) -> Written {
    Written { key: key.to_owned(), flags: String::new(), exercise: None, hints: 0 }
}

/// A screen with that exercise.
#[must_use]
pub fn code(key: &str, exercise: &str) -> Written {
    Written { exercise: Some(exercise.to_owned()), ..text(key) }
}

impl Written {
    /// The same with more in its marker.
    #[must_use]
    pub fn with(mut self, flags: &str) -> Self {
        flags.clone_into(&mut self.flags);
        self
    }

    /// The same with so many hints.
    #[must_use]
    pub fn hinted(mut self, hints: usize) -> Self {
        self.hints = hints;
        self
    }

    fn cells(&self) -> Vec<Value> {
        let (kind, task) = match self.exercise {
            Some(_) => ("code", "## Instructions\n\nDo it.\n".to_owned()),
            None => ("text", String::new()),
        };
        let hints: String = (1..=self.hints).map(|number| format!("\n## Hint\n\nHint {number}.\n")).collect();
        let marker = format!("<!-- key=\"{}\" type=\"{kind}\" concepts=\"sums\" {} -->", self.key, self.flags);
        let body = format!("{marker}\n# About {}\n\nAbout sums.\n\n{task}{hints}", self.key);
        let mut cells = vec![json!({"cell_type": "markdown", "metadata": {}, "source": body})];
        let exercise = |source: &String| json!({"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": null});
        cells.extend(self.exercise.as_ref().map(exercise));
        cells
    }
}

impl Folder {
    /// One course, `course`, of these missions, which are still to be written. `rules` are more lines of the course, such as `answers: tried`.
    #[must_use]
    pub fn new(missions: &[u32], rules: &str) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.write("section.yml", "sections:\n  - {key: sec, title: S, description: D, courses: [course]}\n");
        folder.write("concepts/sums.yml", "title: Sums\nsummary: Adding up.\n");
        let course =
            format!("courses:\n  - key: course\n    title: C\n    description: D\n    missions: {missions:?}\n");
        let rules: String = rules.lines().map(|line| format!("    {line}\n")).collect();
        folder.write("course.yml", &format!("{course}{rules}"));
        folder
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        let place = self.path().join(path);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        std::fs::write(place, text).expect("room");
    }

    /// Writes a mission.
    pub fn mission(&self, number: u32, screens: &[Written]) {
        let cells: Vec<Value> = screens.iter().flat_map(Written::cells).collect();
        let notebook = json!({
            "nbformat": 4, "nbformat_minor": 4, "cells": cells,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        });
        let notebook = serde_json::to_string_pretty(&notebook).expect("JSON");
        self.write(&format!("missions/{number}/Mission{number}.ipynb"), &notebook);
        let meta =
            format!("mission_number: {number}\nname: A\ndescription: B\nauthor: C\nlanguage: python3\ntimeout_s: 1\n");
        self.write(&format!("missions/{number}/meta.yml"), &meta);
    }
}
