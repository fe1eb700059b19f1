//! The sections of the code cell.

use super::{Case, NB, check_cases};

#[test]
fn sections() {
    check_cases(
        "exercises/sections",
        &[
            Case {
                name: "unknown",
                spoil: |s| s.swap(3, "## Answer", "## Solution"),
                hint: "Check code run",
                expected: &[("exercise.unknown-section", NB, Some(3), "first-loop")],
            },
            Case {
                name: "slip",
                spoil: |s| s.swap(3, "## Answer", "## Anwser"),
                hint: "`Answer`",
                expected: &[("exercise.unknown-section", NB, Some(3), "first-loop")],
            },
            Case {
                name: "comment",
                spoil: |s| s.swap(3, "y = x", "## a comment\ny = x"),
                hint: "one #",
                expected: &[("exercise.unknown-section", NB, Some(3), "first-loop")],
            },
            Case {
                name: "in a string",
                spoil: |s| s.swap(3, "y = x", "t = '''\n## heading\n'''\ny = x"),
                hint: "one #",
                expected: &[("exercise.unknown-section", NB, Some(3), "first-loop")],
            },
            Case {
                name: "three and indented are comments",
                spoil: |s| s.swap(3, "y = x", "### a\n ## b\ny = x"),
                expected: &[],
                hint: "",
            },
            Case {
                name: "case and blanks do not matter",
                expected: &[],
                hint: "",
                spoil: |s| {
                    s.swap(3, "## Answer", "##ANSWER ");
                    s.swap(3, "## Check val", "##  check   VAL");
                },
            },
            Case {
                name: "twice",
                spoil: |s| s.swap(3, "## Check vars", "## Answer\nz = 1\n\n## Check vars"),
                hint: "one",
                expected: &[("exercise.duplicate-section", NB, Some(3), "first-loop")],
            },
            Case {
                name: "text before and Display",
                spoil: |s| s.swap(3, "## Initial", "# start\n## Initial"),
                hint: "Display",
                expected: &[("exercise.duplicate-section", NB, Some(3), "first-loop")],
            },
            Case {
                name: "text before the first is Display",
                expected: &[],
                hint: "",
                spoil: |s| {
                    s.edit(|n| n["cells"][3]["source"] = "# start\n## Answer\nx = 1\n## Check vars\n['x']".into())
                },
            },
            Case {
                name: "no Display",
                spoil: |s| s.swap(3, "## Display\n# print x\n", ""),
                hint: "Display",
                expected: &[("exercise.display-missing", NB, Some(3), "first-loop")],
            },
            Case {
                name: "an empty Display is an empty editor",
                spoil: |s| s.swap(3, "# print x\n", ""),
                expected: &[],
                hint: "",
            },
            Case {
                name: "no Answer",
                spoil: |s| s.swap(3, "## Answer\ny = x\nprint(y)\n", ""),
                hint: "no_answer_needed",
                expected: &[("exercise.answer-missing", NB, Some(3), "first-loop")],
            },
            Case {
                name: "empty Answer",
                spoil: |s| s.swap(3, "y = x\nprint(y)\n", ""),
                hint: "fill",
                expected: &[("exercise.empty-section", NB, Some(3), "first-loop")],
            },
            Case {
                name: "no check",
                hint: "Check vars",
                spoil: |s| s.edit(|n| n["cells"][3]["source"] = "## Display\n\n## Answer\nx = 1\n".into()),
                expected: &[("exercise.check-missing", NB, Some(3), "first-loop")],
            },
            Case {
                name: "nothing needed",
                expected: &[],
                hint: "",
                spoil: |s| {
                    s.swap(2, "type=", "no_answer_needed=\"true\" type=");
                    s.edit(|n| n["cells"][3]["source"] = "## Display\nprint(1)\n".into());
                },
            },
            Case {
                name: "nothing needed, yet a check",
                spoil: |s| s.swap(2, "type=", "no_answer_needed=\"true\" type="),
                hint: "remove",
                expected: &[("exercise.check-ignored", NB, Some(3), "first-loop")],
            },
        ],
    );
}

#[test]
fn lines_that_are_not_python() {
    check_cases(
        "exercises/lines_that_are_not_python",
        &[
            Case {
                name: "magic",
                spoil: |s| s.swap(3, "x = 7", "%matplotlib inline\nx = 7"),
                hint: "removed",
                expected: &[("exercise.magic", NB, Some(3), "first-loop")],
            },
            Case {
                name: "shell",
                spoil: |s| s.swap(3, "x = 7", "!pip install x\nx = 7"),
                hint: "file_list",
                expected: &[("exercise.shell", NB, Some(3), "first-loop")],
            },
            Case {
                name: "cell magic",
                spoil: |s| s.swap(3, "x = 7", "%%bash\nx = 7"),
                hint: "Python",
                expected: &[("exercise.shell", NB, Some(3), "first-loop")],
            },
        ],
    );
}

#[test]
fn checks() {
    check_cases(
        "exercises/checks",
        &[
            Case {
                name: "bare names",
                spoil: |s| s.swap(3, "[\"y\"]", "a, b"),
                hint: "[\"a\", \"b\"]",
                expected: &[("check.vars-format", NB, Some(3), "first-loop")],
            },
            Case {
                name: "no name",
                spoil: |s| s.swap(3, "[\"y\"]", "[\"y z\"]"),
                hint: "write [",
                expected: &[("check.vars-format", NB, Some(3), "first-loop")],
            },
            Case {
                name: "bare text",
                spoil: |s| s.swap(3, "\"7\"", "seven"),
                hint: "quotes",
                expected: &[("check.val-format", NB, Some(3), "first-loop")],
            },
            Case {
                name: "a percent sign in the output is no magic",
                spoil: |s| s.swap(3, "\"7\"", "'''\n%\n!\n'''"),
                expected: &[],
                hint: "",
            },
        ],
    );
}
