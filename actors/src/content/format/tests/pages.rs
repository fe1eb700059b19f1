//! What comes out of sound screens.

use serde_json::json;

use super::sample::{EXERCISE, TASK, TEXT, code, md};
use super::{Sample, open};
use crate::content::format::{CodeSection, Screen, ScreenKind};

fn screens(sample: &Sample) -> Vec<Screen> {
    let checked = open(sample.root()).check_mission(1);
    checked.value.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics)).screens
}

#[test]
fn a_screen_is_taken_apart() {
    let screens = screens(&Sample::new());
    let [text, task] = screens.as_slice() else { panic!() };
    assert_eq!((text.kind, text.title.as_str(), text.position, text.cell), (ScreenKind::Text, "Welcome", 0, 1));
    assert_eq!(text.body_html, "<p>This is a list.</p>\n");
    assert_eq!((task.kind, task.position, task.cell), (ScreenKind::Code, 1, 2));
    assert_eq!(task.body_html, "<p>Loops repeat.</p>\n");
    assert_eq!(task.instructions_html.as_deref(), Some("<p>Print 7.</p>\n"));
    assert_eq!(task.hints_html, ["<p>Use <code>print</code>.</p>\n", "<p>Use 7.</p>\n"]);
    assert_eq!(task.concepts, ["lists", "loops"]);
    let exercise = task.exercise.as_ref().unwrap();
    assert_eq!((exercise.initial.as_str(), exercise.display.as_str()), ("x = 7\n", "# print x\n"));
    assert_eq!(exercise.answer.as_deref(), Some("y = x\nprint(y)\n"));
    assert_eq!(exercise.check_vars, ["y"]);
    assert_eq!(exercise.check_val.as_deref(), Some("7"));
    assert_eq!(exercise.check_code_run.as_deref(), Some("assert y == 7, \"not 7\"\n"));
    assert_eq!(exercise.cell, 3);
}

#[test]
fn python_is_handed_out_with_its_lines() {
    let sample = Sample::new();
    sample.swap(3, "x = 7", "\n%time x\nx = 7");
    let mission = open(sample.root()).check_mission(1).value.unwrap();
    let found: Vec<_> = mission.python_sources().map(|one| (one.section, one.line, one.code)).collect();
    assert_eq!(
        found,
        [
            (CodeSection::Initial, 4, "x = 7\n"),
            (CodeSection::Display, 7, "# print x\n"),
            (CodeSection::Answer, 10, "y = x\nprint(y)\n"),
            (CodeSection::CheckCodeRun, 20, "assert y == 7, \"not 7\"\n"),
        ]
    );
}

#[test]
fn other_headings_and_later_cells_belong_to_their_part() {
    let sample = Sample::new();
    let task = TASK.replace("## Instructions", "## Why\n\nBecause.\n\n## Instructions");
    sample.cells(1, vec![md(TEXT), md(&task), md("Last word."), code(EXERCISE)]);
    let screens = screens(&sample);
    assert!(screens[1].body_html.contains("<h2>Why</h2>\n<p>Because.</p>"));
    assert!(screens[1].hints_html[1].ends_with("<p>Last word.</p>\n"));
}

#[test]
fn links_that_are_defined_elsewhere_in_the_cell_work_in_every_part() {
    let sample = Sample::new();
    sample.swap(2, "Print 7.", "See [docs].");
    sample.swap(2, "Use 7.", "Use 7.\n\n[docs]: https://docs.example/");
    let instructions = screens(&sample)[1].instructions_html.clone().unwrap();
    assert!(instructions.contains("<a href=\"https://docs.example/\">docs</a>"), "{instructions}");
}

#[test]
fn pictures_are_put_in() {
    let sample = Sample::new();
    let png = b"\x89PNG\r\n\x1a\n";
    sample.write("missions/1-start/img/a b.png", png);
    sample.swap(1, "list.", "![one](img/a%20b.png) ![two](attachment:t.png)");
    sample.edit(|n| n["cells"][1]["attachments"] = json!({"t.png": {"image/png": "iVBORw0K\nGgo="}}));
    let body = screens(&sample)[0].body_html.clone();
    assert_eq!(body.matches("src=\"data:image/png;base64,iVBORw0KGgo=\"").count(), 2, "{body}");
}

#[test]
fn raw_html_is_never_html() {
    let sample = Sample::new();
    sample.swap(1, "list.", "a <b>c</b> <!-- hidden -->\n\n<div>\nblock\n</div>\n\n<!-- only\nhidden -->\n");
    let body = screens(&sample)[0].body_html.clone();
    assert!(body.contains("a &lt;b&gt;c&lt;/b&gt;") && body.contains("&lt;div&gt;"), "{body}");
    assert!(!body.contains("hidden") && !body.contains("<b>") && !body.contains("<div>"), "{body}");
}
