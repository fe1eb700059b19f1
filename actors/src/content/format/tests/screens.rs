//! Markers, texts and the order of cells.

use serde_json::json;

use super::sample::{EXERCISE, OTHER, TASK, TEXT, code, md, raw};
use super::{Case, NB, check_cases};

const OPEN: &str = "<!-- key=\"intro\" type=\"text\" concepts=\"lists\" -->";

#[test]
fn markers() {
    check_cases(
        "screens/markers",
        &[
            Case {
                name: "no quotes",
                spoil: |s| s.swap(1, "key=\"intro\"", "key=in tro"),
                hint: "quotes",
                expected: &[("screen.marker-syntax", NB, Some(1), "")],
            },
            Case {
                name: "no end",
                spoil: |s| s.swap(1, "\"lists\" -->", "\"lists\""),
                hint: "quotes",
                expected: &[("screen.marker-syntax", NB, Some(1), "")],
            },
            Case {
                name: "third line",
                spoil: |s| s.swap(1, OPEN, &format!("Oh\n\n{OPEN}")),
                hint: "first line",
                expected: &[("screen.marker-not-first", NB, Some(1), "")],
            },
            Case {
                name: "blank lines before it do not count",
                spoil: |s| s.swap(1, OPEN, &format!("\n\n{OPEN}")),
                expected: &[],
                hint: "",
            },
            Case {
                name: "two in a cell",
                spoil: |s| s.swap(1, "This is", &format!("{OPEN}\nThis is")),
                hint: "new cell",
                expected: &[("screen.marker-not-first", NB, Some(1), "")],
            },
            Case {
                name: "a marker in a fence is an example",
                expected: &[],
                hint: "",
                spoil: |s| s.swap(1, "This is a list.", &format!("```html\n{OPEN}\n```")),
            },
            Case {
                name: "slip",
                spoil: |s| s.swap(1, "concepts=", "concept="),
                hint: "`concepts`",
                expected: &[("screen.unknown-attribute", NB, Some(1), "intro")],
            },
            Case {
                name: "key doubled",
                spoil: |s| s.swap(1, "type=", "key=\"b\" type="),
                hint: "keep one",
                expected: &[("screen.duplicate-attribute", NB, Some(1), "#1")],
            },
            Case {
                name: "type doubled",
                spoil: |s| s.swap(1, "type=", "type=\"text\" type="),
                hint: "keep one",
                expected: &[("screen.duplicate-attribute", NB, Some(1), "intro")],
            },
            Case {
                name: "metadata differs",
                hint: "`text` or `code`",
                spoil: |s| s.edit(|n| n["cells"][1]["metadata"]["screen"] = json!({"key": "intro", "type": "code"})),
                expected: &[("screen.marker-conflict", NB, Some(1), "intro")],
            },
            Case {
                name: "metadata agrees",
                expected: &[],
                hint: "",
                spoil: |s| s.edit(|n| n["cells"][2]["metadata"]["screen"] = json!({"concepts": ["lists", "loops"]})),
            },
            Case {
                name: "metadata alone",
                expected: &[],
                hint: "",
                spoil: |s| {
                    s.swap(1, OPEN, "");
                    s.edit(|n| {
                        n["cells"][1]["metadata"]["screen"] =
                            json!({"key": "intro", "type": "text", "concepts": ["lists"]})
                    });
                },
            },
            Case {
                name: "metadata of a wrong type",
                hint: "concepts",
                spoil: |s| {
                    s.swap(1, OPEN, "");
                    s.edit(|n| n["cells"][1]["metadata"]["screen"] = json!(7));
                },
                expected: &[("screen.bad-attribute", NB, Some(1), "#1")],
            },
            Case {
                name: "odd flag",
                spoil: |s| s.swap(2, "type=", "error_okay=\"yes\" type="),
                hint: "error_okay=\"true\"",
                expected: &[("screen.bad-attribute", NB, Some(2), "first-loop")],
            },
            Case {
                name: "flag on text",
                spoil: |s| s.swap(1, "type=", "error_okay=\"true\" type="),
                hint: "remove",
                expected: &[("screen.bad-attribute", NB, Some(1), "intro")],
            },
        ],
    );
}

#[test]
fn keys_types_and_concepts() {
    check_cases(
        "screens/keys_types_and_concepts",
        &[
            Case {
                name: "no key",
                spoil: |s| s.swap(1, "key=\"intro\" ", ""),
                hint: "welcome",
                expected: &[("screen.key-missing", NB, Some(1), "#1")],
            },
            Case {
                name: "no key on the second",
                spoil: |s| s.swap(2, "key=\"first-loop\" ", ""),
                hint: "a-loop",
                expected: &[("screen.key-missing", NB, Some(2), "#2")],
            },
            Case {
                name: "blanks in the key",
                spoil: |s| s.swap(1, "\"intro\"", "\"My Screen\""),
                hint: "my-screen",
                expected: &[("screen.key-format", NB, Some(1), "#1")],
            },
            Case {
                name: "key twice here",
                spoil: |s| s.swap(2, "\"first-loop\"", "\"intro\""),
                hint: "cell 1",
                expected: &[("screen.key-duplicate", NB, Some(2), "intro")],
            },
            Case {
                name: "key of another mission",
                spoil: |s| s.swap(1, "\"intro\"", "\"second-intro\""),
                hint: "missions/2/Mission2.ipynb",
                expected: &[
                    ("screen.key-taken", NB, Some(1), "second-intro"),
                    ("screen.key-taken", "missions/2/Mission2.ipynb", Some(0), "second-intro"),
                ],
            },
            Case {
                name: "no type",
                spoil: |s| s.swap(1, "type=\"text\" ", ""),
                hint: "type=\"text\"",
                expected: &[("screen.type-missing", NB, Some(1), "intro")],
            },
            Case {
                name: "video",
                spoil: |s| s.swap(1, "type=\"text\"", "type=\"video\""),
                hint: "text with a link",
                expected: &[("screen.type-unknown", NB, Some(1), "intro")],
            },
            Case {
                name: "empty concepts",
                spoil: |s| s.swap(1, "concepts=\"lists\"", "concepts=\"\""),
                hint: "concepts/",
                expected: &[("concept.none", NB, Some(1), "intro")],
            },
            Case {
                name: "no concepts",
                spoil: |s| s.swap(1, " concepts=\"lists\"", ""),
                hint: "concepts/",
                expected: &[("concept.none", NB, Some(1), "intro")],
            },
            Case {
                name: "unknown concept",
                spoil: |s| s.swap(1, "\"lists\"", "\"list\""),
                hint: "`lists`",
                expected: &[("concept.unknown", NB, Some(1), "intro")],
            },
        ],
    );
}

#[test]
fn texts() {
    check_cases(
        "screens/texts",
        &[
            Case {
                name: "no title",
                spoil: |s| s.swap(1, "# Welcome", "Welcome"),
                hint: "# Title",
                expected: &[("screen.title-missing", NB, Some(1), "intro")],
            },
            Case {
                name: "two titles",
                spoil: |s| s.swap(1, "This is", "# Again\n\nThis is"),
                hint: "##",
                expected: &[("screen.title-many", NB, Some(1), "intro")],
            },
            Case {
                name: "title only",
                spoil: |s| s.swap(1, "This is a list.", ""),
                hint: "text",
                expected: &[("screen.body-empty", NB, Some(1), "intro")],
            },
            Case {
                name: "no instructions",
                spoil: |s| s.swap(2, "## Instructions", "## Instruction"),
                hint: "## Instruction",
                expected: &[("screen.instructions-missing", NB, Some(2), "first-loop")],
            },
            Case {
                name: "empty instructions",
                spoil: |s| s.swap(2, "Print 7.", ""),
                hint: "what to do",
                expected: &[("screen.instructions-missing", NB, Some(2), "first-loop")],
            },
            Case {
                name: "hints",
                spoil: |s| s.swap(2, "## Hint\n\nUse 7.", "## Hints\n\nUse 7."),
                hint: "is `## Hint` meant?",
                expected: &[("screen.hint-misspelled", NB, Some(2), "first-loop")],
            },
            Case {
                name: "fence never closed",
                spoil: |s| s.swap(1, "This is a list.", "Look:\n\n```python\nx = []\n"),
                hint: "as many backticks",
                expected: &[("screen.fence-open", NB, Some(1), "intro")],
            },
            Case {
                name: "fences in quotes and lists",
                spoil: |s| s.swap(1, "This is a list.", "> ~~~\n> x\n> ~~~\n\n1. One\n\n   ````\n   ```\n   ````\n"),
                hint: "",
                expected: &[],
            },
            Case {
                name: "empty hint",
                spoil: |s| s.swap(2, "Use 7.", ""),
                hint: "## Hint",
                expected: &[("screen.hint-empty", NB, Some(2), "first-loop")],
            },
            Case {
                name: "instructions twice",
                spoil: |s| s.swap(2, "Use 7.", "x\n\n## Instructions\n\ny"),
                hint: "one",
                expected: &[("screen.instructions-many", NB, Some(2), "first-loop")],
            },
            Case {
                name: "instructions on text",
                spoil: |s| s.swap(1, "list.", "list.\n\n## Instructions\n\nRead."),
                hint: "code screen",
                expected: &[("screen.instructions-on-text", NB, Some(1), "intro")],
            },
            Case {
                name: "no such picture",
                spoil: |s| s.swap(1, "list.", "list. ![x](img/x.png)"),
                hint: "img/x.png",
                expected: &[("screen.asset-missing", NB, Some(1), "intro")],
            },
            Case {
                name: "picture elsewhere",
                spoil: |s| s.swap(1, "list.", "list. ![x](https://a.example/x.png)"),
                hint: "copy it",
                expected: &[("screen.asset-missing", NB, Some(1), "intro")],
            },
            Case {
                name: "picture above",
                spoil: |s| s.swap(1, "list.", "list. ![x](../../secret.png)"),
                hint: "copy it into missions/1-start",
                expected: &[("screen.asset-missing", NB, Some(1), "intro")],
            },
            Case {
                name: "no attachment",
                spoil: |s| s.swap(1, "list.", "list. ![x](attachment:x.png)"),
                hint: "attach",
                expected: &[("screen.asset-missing", NB, Some(1), "intro")],
            },
            Case {
                name: "svg",
                hint: "PNG",
                spoil: |s| {
                    s.write("missions/1-start/x.svg", "<svg/>");
                    s.swap(1, "list.", "list. ![x](x.svg)");
                },
                expected: &[("screen.asset-refused", NB, Some(1), "intro")],
            },
            Case {
                name: "huge picture",
                hint: "256 KiB",
                spoil: |s| {
                    s.write("missions/1-start/x.png", vec![7; 300 << 10]);
                    s.swap(1, "list.", "list. ![x](x.png)");
                },
                expected: &[("screen.asset-refused", NB, Some(1), "intro")],
            },
            Case {
                name: "script",
                spoil: |s| s.swap(1, "list.", "list.\n\n<script>\nalert(1)\n</script>"),
                hint: "remove",
                expected: &[("screen.html-unsafe", NB, Some(1), "intro")],
            },
            Case {
                name: "event attribute",
                spoil: |s| s.swap(1, "list.", "<b OnClick = 'x'>list</b>."),
                hint: "remove",
                expected: &[("screen.html-unsafe", NB, Some(1), "intro"), ("screen.html-shown", NB, Some(1), "intro")],
            },
            Case {
                name: "running link",
                spoil: |s| s.swap(1, "list.", "[x](java&#10;script:alert(1))"),
                hint: "https",
                expected: &[("screen.html-unsafe", NB, Some(1), "intro")],
            },
            Case {
                name: "harmless HTML",
                spoil: |s| s.swap(1, "list.", "x<br>"),
                hint: "Markdown",
                expected: &[("screen.html-shown", NB, Some(1), "intro")],
            },
            Case {
                name: "script in a fence is an example",
                spoil: |s| s.swap(1, "list.", "list.\n```\n<script>\n```"),
                expected: &[],
                hint: "",
            },
        ],
    );
}

#[test]
fn order_of_cells() {
    check_cases(
        "screens/order_of_cells",
        &[
            Case {
                name: "no exercise at the end",
                spoil: |s| s.cells(1, vec![md(TEXT), md(TASK)]),
                hint: "code cell",
                expected: &[("screen.exercise-missing", NB, Some(1), "first-loop")],
            },
            Case {
                name: "no exercise before a screen",
                spoil: |s| s.cells(1, vec![md(TASK), md(TEXT)]),
                hint: "code cell",
                expected: &[("screen.exercise-missing", NB, Some(0), "first-loop")],
            },
            Case {
                name: "code after text",
                spoil: |s| s.insert(2, code("1")),
                hint: "fence",
                expected: &[("screen.text-has-code", NB, Some(2), "intro")],
            },
            Case {
                name: "raw",
                spoil: |s| s.insert(2, raw("x")),
                hint: "Markdown",
                expected: &[("screen.raw-cell", NB, Some(2), "intro")],
            },
            Case {
                name: "text after the exercise",
                spoil: |s| s.insert(4, md("And more.")),
                hint: "marker",
                expected: &[("screen.body-after-exercise", NB, Some(4), "first-loop")],
            },
            Case {
                name: "two code cells",
                spoil: |s| s.insert(4, code(EXERCISE)),
                hint: "merge",
                expected: &[("exercise.extra-cell", NB, Some(4), "first-loop")],
            },
            Case {
                name: "the text goes on in a second cell",
                spoil: |s| s.insert(3, md("More.")),
                expected: &[],
                hint: "",
            },
            Case {
                name: "screen after screen",
                expected: &[],
                hint: "",
                spoil: |s| s.insert(1, md(&OTHER.replace("second-intro", "third-intro"))),
            },
        ],
    );
}
