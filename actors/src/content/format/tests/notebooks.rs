//! The notebook as a file.

use serde_json::{Value, json};

use super::sample::{code, md};
use super::{Case, M1, NB, check_cases};

#[test]
fn which_file() {
    check_cases(
        "notebooks/which_file",
        &[
            Case {
                name: "small m",
                spoil: |s| s.rename(NB, "missions/1-start/mission1.ipynb"),
                hint: "capital M",
                expected: &[("notebook.none", M1, None, "")],
            },
            Case {
                name: "two",
                spoil: |s| s.write("missions/1-start/Mission1-draft.ipynb", "{}"),
                hint: "Mission1-draft.ipynb",
                expected: &[("notebook.many", M1, None, "")],
            },
            Case {
                name: "only a checkpoint beside it",
                expected: &[],
                hint: "",
                spoil: |s| s.write("missions/1-start/.ipynb_checkpoints/Mission1-checkpoint.ipynb", "{}"),
            },
            Case {
                name: "another number",
                spoil: |s| s.rename(NB, "missions/1-start/Mission12.ipynb"),
                hint: "Mission1.ipynb",
                expected: &[("notebook.number-mismatch", "missions/1-start/Mission12.ipynb", None, "")],
            },
            Case {
                name: "words around the number",
                spoil: |s| s.rename(NB, "missions/1-start/MyMission1b.ipynb"),
                expected: &[],
                hint: "",
            },
        ],
    );
}

#[test]
fn its_shape() {
    check_cases(
        "notebooks/its_shape",
        &[
            Case {
                name: "cut off",
                spoil: |s| s.write(NB, &s.read(NB)[..200]),
                hint: "line 1",
                expected: &[("notebook.json", NB, None, "")],
            },
            Case {
                name: "merge marks",
                spoil: |s| s.write(NB, "{\n<<<<<<< HEAD\n}"),
                hint: "merge",
                expected: &[("notebook.json", NB, None, "")],
            },
            Case {
                name: "format 3",
                spoil: |s| s.edit(|n| n["nbformat"] = 3.into()),
                hint: "current Jupyter",
                expected: &[("notebook.version", NB, None, "")],
            },
            Case {
                name: "format 4.6",
                spoil: |s| s.edit(|n| n["nbformat_minor"] = 6.into()),
                hint: "Jupyter",
                expected: &[("notebook.version", NB, None, "")],
            },
            Case {
                name: "no source",
                spoil: |s| s.edit(|n| drop(n["cells"][1].as_object_mut().unwrap().remove("source"))),
                hint: "cell 1",
                expected: &[("notebook.schema", NB, Some(1), "")],
            },
            Case {
                name: "no outputs",
                spoil: |s| s.edit(|n| drop(n["cells"][3].as_object_mut().unwrap().remove("outputs"))),
                hint: "cell 3",
                expected: &[("notebook.schema", NB, Some(3), "")],
            },
            Case {
                name: "unknown type",
                spoil: |s| s.edit(|n| n["cells"][2]["cell_type"] = "heading".into()),
                hint: "cell 2",
                expected: &[("notebook.schema", NB, Some(2), "")],
            },
            Case {
                name: "no cells",
                spoil: |s| s.edit(|n| drop(n.as_object_mut().unwrap().remove("cells"))),
                hint: "Jupyter",
                expected: &[("notebook.schema", NB, None, "")],
            },
            Case {
                name: "missing id",
                spoil: |s| ids(s, &[None, Some("b"), Some("c"), Some("d")]),
                hint: "cell 0",
                expected: &[("notebook.cell-id", NB, Some(0), "")],
            },
            Case {
                name: "doubled id",
                spoil: |s| ids(s, &[Some("a"), Some("b"), Some("a"), Some("d")]),
                hint: "cell 2",
                expected: &[("notebook.cell-id", NB, Some(2), "")],
            },
            Case {
                name: "bad id",
                spoil: |s| ids(s, &[Some("a"), Some("b b"), Some("c"), Some("d")]),
                hint: "letters",
                expected: &[("notebook.cell-id", NB, Some(1), "")],
            },
            Case {
                name: "good ids",
                spoil: |s| ids(s, &[Some("a"), Some("b"), Some("C-_9"), Some("d")]),
                expected: &[],
                hint: "",
            },
            Case {
                name: "kernel",
                spoil: |s| s.edit(|n| n["metadata"]["kernelspec"]["name"] = "ir".into()),
                hint: "python3",
                expected: &[("notebook.kernel", NB, None, "")],
            },
        ],
    );
}

fn ids(sample: &super::Sample, ids: &[Option<&str>]) {
    sample.edit(|notebook| {
        notebook["nbformat_minor"] = 5.into();
        for (cell, id) in notebook["cells"].as_array_mut().unwrap().iter_mut().zip(ids) {
            if let Some(id) = id {
                cell["id"] = (*id).into();
            }
        }
    });
}

#[test]
fn its_cells() {
    check_cases(
        "notebooks/its_cells",
        &[
            Case {
                name: "no marker",
                spoil: |s| s.cells(1, vec![md("# Title"), code("1")]),
                hint: "<!-- key=",
                expected: &[("notebook.no-screens", NB, None, "")],
            },
            Case {
                name: "no cells at all",
                spoil: |s| s.cells(1, Vec::new()),
                hint: "<!-- key=",
                expected: &[("notebook.no-screens", NB, None, "")],
            },
            Case {
                name: "code first",
                spoil: |s| s.insert(1, code("import x")),
                hint: "Initial",
                expected: &[("notebook.code-before-screen", NB, Some(1), "")],
            },
            Case {
                name: "outputs",
                spoil: |s| s.edit(|n| n["cells"][3]["outputs"] = json!([{"output_type": "stream"}])),
                hint: "clear",
                expected: &[("notebook.outputs-present", NB, Some(3), "first-loop")],
            },
            Case { name: "sources in pieces", spoil: |s| s.edit(in_pieces), expected: &[], hint: "" },
        ],
    );
}

/// As Jupyter writes them: a list of lines that keep their ends.
fn in_pieces(notebook: &mut Value) {
    for cell in notebook["cells"].as_array_mut().unwrap() {
        let lines: Vec<_> = cell["source"].as_str().unwrap().split_inclusive('\n').map(Value::from).collect();
        cell["source"] = lines.into();
    }
}
