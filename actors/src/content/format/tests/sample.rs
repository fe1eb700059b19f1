//! A sound content folder in a temporary place, and ways to change it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

pub(super) struct Sample(tempfile::TempDir);

pub(super) fn md(source: &str) -> Value {
    json!({"cell_type": "markdown", "metadata": {}, "source": source})
}

pub(super) fn code(source: &str) -> Value {
    json!({"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": null})
}

pub(super) fn raw(source: &str) -> Value {
    json!({"cell_type": "raw", "metadata": {}, "source": source})
}

pub(super) const TEXT: &str = "<!-- key=\"intro\" type=\"text\" concepts=\"lists\" -->\n# Welcome\n\nThis is a list.\n";
pub(super) const TASK: &str = "<!-- key=\"first-loop\" type=\"code\" concepts=\"lists, loops\" -->\n# A loop\n\nLoops repeat.\n\n\
    ## Instructions\n\nPrint 7.\n\n## Hint\n\nUse `print`.\n\n## Hint\n\nUse 7.\n";
pub(super) const EXERCISE: &str = "## Initial\nx = 7\n\n## Display\n# print x\n\n## Answer\ny = x\nprint(y)\n\n\
    ## Check vars\n[\"y\"]\n\n## Check val\n\"7\"\n\n## Check code run\nassert y == 7, \"not 7\"\n";
pub(super) const OTHER: &str =
    "<!-- key=\"second-intro\" type=\"text\" concepts=\"lists, loops\" -->\n# More\n\nText.\n";
const META: &str = "mission_number: 1\nname: Start\ndescription: How to start\nauthor: Ada\nlanguage: python3\n\
    premium: false\nprerequisites: []\nfile_list: [data.csv]\nminutes: 20\n";
const ASSIGNMENT: &str = "course: data-basics\ntitle: Word counts\ndescription: |\n  Count **words**.\nlanguage: python3\n\
    main: words.py\nfiles: [words.py, notes.txt]\ndue: 2027-01-15T23:59:00\ntime_zone: Europe/Berlin\ntests:\n\
    \x20 - name: counts words\n    points: 2\n    call: count_words\n    arguments: [\"a b a\"]\n    expect: {\"a\": 2, \"b\": 1}\n\
    \x20 - name: reads numbers\n    points: \"0.5\"\n    hidden: true\n    stdin: \"3 4\\n\"\n    stdout: \"7\\n\"\n    timeout_s: 5\n";

impl Sample {
    pub(super) fn new() -> Self {
        let sample = Self(tempfile::tempdir().unwrap());
        sample.write(
            "section.yml",
            "sections:\n  - key: working-with-data\n    title: Working with data\n    description: Data\n    courses: [data-basics]\n",
        );
        sample.write(
            "course.yml",
            "courses:\n  - key: data-basics\n    title: Basics\n    description: First steps\n    missions: [1, 2]\n",
        );
        sample.write("concepts/lists.yml", "title: Lists\nsummary: Things in a row.\nrelated: [loops]\n");
        sample.write("concepts/loops.yml", "title: Loops\nsummary: Again and again.\n");
        sample.write("missions/1-start/meta.yml", META);
        sample.write("missions/1-start/data.csv", "a,b\n");
        sample.cells(1, vec![md("Notes for authors."), md(TEXT), md(TASK), code(EXERCISE)]);
        sample.write(
            "missions/2/meta.yml",
            META.replace("mission_number: 1", "mission_number: 2").replace("[data.csv]", "[]"),
        );
        sample.cells(2, vec![md(OTHER)]);
        sample.write("assignments/word-counts/assignment.yml", ASSIGNMENT);
        sample.write("assignments/word-counts/words.py", "def count_words(text):\n    pass\n");
        sample
    }

    pub(super) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let place = self.root().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    pub(super) fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.root().join(from), self.root().join(to)).unwrap();
    }

    pub(super) fn link(&self, target: &str, path: &str) {
        std::os::unix::fs::symlink(target, self.root().join(path)).unwrap();
    }

    /// Replaces a text that must be there.
    pub(super) fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, text.replace(from, to));
    }

    fn notebook(number: u32) -> &'static str {
        if number == 1 { "missions/1-start/Mission1.ipynb" } else { "missions/2/Mission2.ipynb" }
    }

    /// Gives a mission these cells.
    pub(super) fn cells(&self, number: u32, cells: Vec<Value>) {
        let notebook = json!({
            "nbformat": 4, "nbformat_minor": 4, "cells": cells,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        });
        self.write(Self::notebook(number), notebook.to_string());
    }

    /// Changes the notebook of mission 1.
    pub(super) fn edit(&self, change: impl FnOnce(&mut Value)) {
        let mut notebook: Value = serde_json::from_str(&self.read(Self::notebook(1))).unwrap();
        change(&mut notebook);
        self.write(Self::notebook(1), notebook.to_string());
    }

    /// Replaces a text in a cell of mission 1.
    pub(super) fn swap(&self, cell: usize, from: &str, to: &str) {
        self.edit(|notebook| {
            let source = notebook["cells"][cell]["source"].as_str().unwrap().to_owned();
            assert!(source.contains(from), "cell {cell} has no {from:?}");
            notebook["cells"][cell]["source"] = source.replace(from, to).into();
        });
    }

    /// Puts a cell into mission 1.
    pub(super) fn insert(&self, at: usize, cell: Value) {
        self.edit(|notebook| notebook["cells"].as_array_mut().unwrap().insert(at, cell));
    }
}
