//! `lectern check`: what an author is told about a folder, without a site.

mod hostile;
mod moved;
mod rules;
mod runs;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tests::tools::launcher;

/// The course that comes with Lectern.
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/content")
}

fn check(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(launcher());
    command.arg("check").arg(folder).args(words).env_remove("LECTERN_DATA_DIR").env_remove("LECTERN_CONTENT_DIR");
    command.output().expect("it is built")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("readable");
        let place = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &place) } else { drop(std::fs::copy(entry.path(), place)) }
    }
}

/// The course with two faults: one that is read, and one that shows only when the code is run.
fn spoilt() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&examples(), folder.path());
    let courses = folder.path().join("course.yml");
    let written = std::fs::read_to_string(&courses).expect("it is there");
    std::fs::write(courses, written + "concpts: [x]\n").expect("room");
    let notebook = folder.path().join("missions/101-values-and-names/Mission101.ipynb");
    let written = std::fs::read_to_string(&notebook).expect("it is there");
    let spoilt = written.replacen("## Answer\\n\",\n", "## Answer\\n\",\n    \"raise ValueError('no')\\n\",\n", 1);
    assert_ne!(written, spoilt, "the notebook has another form");
    std::fs::write(notebook, spoilt).expect("room");
    folder
}

#[test]
fn the_course_that_comes_along_is_in_order() {
    let output = check(&examples(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).starts_with("0 errors, 0 warnings in 13 missions and "), "{}", text(&output.stdout));
}

#[test]
fn each_fault_is_told_with_the_line_that_is_meant() {
    let folder = spoilt();
    let output = check(folder.path(), &[]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}{}", text(&output.stderr));
    for words in [
        "error course.unknown-field: unknown key `concpts`",
        " | concpts: [x]\n       | ^^^^^^^\n",
        "missions/101-values-and-names/Mission101.ipynb[5:6] values-arithmetic: error run.answer-fails: ValueError: no",
        " | raise ValueError('no')\n       | ^^^^^^^^^^^^^^^^^^^^^^\n",
        "2 errors, 0 warnings in 13 missions and ",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    // What is not run is not found, and one mission is one mission.
    let read = text(&check(folder.path(), &["--no-run"]).stdout);
    assert!(read.contains("1 error, 0 warnings in 13 missions"), "{read}");
    let other = text(&check(folder.path(), &["--mission", "103"]).stdout);
    assert!(other.starts_with("0 errors, 0 warnings in 1 mission and 0 assignments"), "{other}");
}

#[test]
fn programs_are_told_the_same() {
    let folder = spoilt();
    let lines = text(&check(folder.path(), &["--format", "json"]).stdout);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let rules: Vec<&Value> = lines.iter().map(|line| &line["rule"]).collect();
    assert_eq!(rules, ["course.unknown-field", "run.answer-fails"]);
    assert_eq!((&lines[1]["severity"], &lines[1]["cell"], &lines[1]["line"]), (&json!("error"), &json!(5), &json!(6)));
    let log: Value = serde_json::from_slice(&check(folder.path(), &["--format", "sarif"]).stdout).expect("JSON");
    let run = &log["runs"][0];
    assert_eq!((&log["version"], &run["tool"]["driver"]["name"]), (&json!("2.1.0"), &json!("lectern")));
    let result = &run["results"][1];
    assert_eq!((&result["ruleId"], &result["level"]), (&json!("run.answer-fails"), &json!("error")));
    // The line of the file, and not of the cell.
    let place = &result["locations"][0]["physicalLocation"];
    let file = folder.path().join(place["artifactLocation"]["uri"].as_str().expect("a path"));
    let line = place["region"]["startLine"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line");
    let written = std::fs::read_to_string(file).expect("it is there");
    assert!(written.lines().nth(line - 1).is_some_and(|row| row.contains("raise ValueError")), "{line}");
}

#[test]
fn what_cannot_be_checked_is_no_fault_of_the_folder() {
    let output = check(Path::new("/nowhere"), &[]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("/nowhere is not a folder"), "{}", text(&output.stderr));
    let output = check(&examples(), &["--mission", "999"]);
    let told = text(&output.stdout);
    assert!(
        output.status.code() == Some(1) && told.contains("error sync.unknown-mission: there is no mission 999"),
        "{told}"
    );
}
