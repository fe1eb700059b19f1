//! A small sound folder, broken in one place at a time: each fault gives exactly the diagnostics that it should, and each is told word for
//! word as the files in `told/` have it. Whoever changes what authors read sees it there: `LECTERN_REWRITE_TOLD=1` writes them anew.

mod assignments;
mod exercises;
mod hashes;
mod meta_files;
mod notebooks;
mod pages;
mod repository;
mod sample;
mod screens;
mod test_files;
mod traps;

use std::fmt::Write as _;
use std::path::Path;

use super::{Content, Diagnostic, Severity};
use sample::Sample;

/// Set to anything, what is told is written instead of compared.
const REWRITE: &str = "LECTERN_REWRITE_TOLD";

/// Rule, file, cell and screen of a diagnostic that is expected.
type Expected = (&'static str, &'static str, Option<usize>, &'static str);

/// One way to break the sample.
struct Case {
    pub name: &'static str,
    pub spoil: fn(&Sample),
    pub expected: &'static [Expected],
    /// Words that the hint of the first expected diagnostic must hold.
    pub hint: &'static str,
}

const M1: &str = "missions/1-start";
const NB: &str = "missions/1-start/Mission1.ipynb";
const META: &str = "missions/1-start/meta.yml";

/// The rules that only warn; written out here so that a change of weight is noticed.
const WARNINGS: &[&str] = &[
    "concept.unused",
    "notebook.outputs-present",
    "screen.html-shown",
    "screen.hint-misspelled",
    "screen.fence-open",
    "exercise.check-ignored",
    "exercise.magic",
    "assignment.file-unlisted",
    "assignment.due-ambiguous",
    "assignment.html-shown",
    "assignment.fence-open",
    "assignment.ok-not-run",
];

/// The folder of a sample, opened.
fn open(root: &Path) -> Content {
    Content::open(root, ["python3", "c"].map(|name| name.parse().expect("a name")).to_vec())
}

/// Breaks a sample by each case in turn. What is told of them is the file of this name.
fn check_cases(name: &str, cases: &[Case]) {
    let (mut failures, mut told) = (Vec::new(), String::new());
    for case in cases {
        let sample = Sample::new();
        (case.spoil)(&sample);
        let found = open(sample.root()).check_all();
        let lines: String = found.iter().map(|one| format!("{one}\n")).collect();
        write!(told, "# {}\n{lines}\n", case.name).expect("room");
        let mut places: Vec<_> = found.iter().map(place).collect();
        let mut expected: Vec<_> = case.expected.iter().map(wanted).collect();
        places.sort();
        expected.sort();
        if places != expected {
            failures.push(format!("{}\n  expected {expected:#?}\n  found {found:#?}", case.name));
            continue;
        }
        let Some(first) = case.expected.first() else { continue };
        let told = found.iter().find(|one| place(one) == wanted(first));
        if !told.is_some_and(|one| one.hint.contains(case.hint)) {
            failures.push(format!("{}: no `{}` in the hint of {told:#?}", case.name, case.hint));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    compare(name, &told);
}

/// What is told now must be what was committed.
fn compare(name: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/content/format/tests/told").join(format!("{name}.txt"));
    if std::env::var_os(REWRITE).is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, now).expect("the file can be written");
        return;
    }
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let gone = before.lines().filter(|line| !now.lines().any(|other| other == *line)).map(|line| format!("- {line}"));
    let come = now.lines().filter(|line| !before.lines().any(|other| other == *line)).map(|line| format!("+ {line}"));
    let differences: Vec<_> = gone.chain(come).collect();
    assert!(
        before == now,
        "authors are told something else. If that is meant, {REWRITE}=1:\n{}",
        differences.join("\n")
    );
}

type Place = (String, Severity, String, Option<usize>, String);

fn place(one: &Diagnostic) -> Place {
    (one.rule.name().to_owned(), one.severity, one.file.clone(), one.cell, one.screen.clone().unwrap_or_default())
}

fn wanted((rule, file, cell, screen): &Expected) -> Place {
    let severity = if WARNINGS.contains(rule) { Severity::Warning } else { Severity::Error };
    ((*rule).to_owned(), severity, (*file).to_owned(), *cell, (*screen).to_owned())
}

#[test]
fn the_sample_is_sound() {
    let sample = Sample::new();
    let content = open(sample.root());
    assert_eq!(content.check_all(), []);
    assert_eq!(content.mission_numbers(), [1, 2]);
    let mission = content.check_mission(1).value.unwrap();
    assert_eq!((mission.course.key.as_str(), mission.section.key.as_str()), ("data-basics", "working-with-data"));
    assert_eq!(mission.screens.iter().map(|screen| screen.key.as_str()).collect::<Vec<_>>(), ["intro", "first-loop"]);
    assert_eq!(mission.concepts.len(), 2);
    let assignment = content.check_assignment("word-counts").value.unwrap();
    assert_eq!(assignment.tests.len(), 2);
}

#[test]
fn every_rule_is_explained_to_teachers() {
    let guide = include_str!("../../../../../docs/teachers/content-format.md");
    let missing: Vec<_> =
        super::Rule::ALL.iter().filter(|rule| !guide.contains(&format!("`{rule}`"))).map(|rule| rule.name()).collect();
    assert!(missing.is_empty(), "not in the guide: {missing:?}");
}
