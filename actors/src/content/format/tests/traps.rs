//! What is easy to get wrong.

use proptest::prelude::*;

use super::sample::{OTHER, TEXT, code, md, raw};
use super::{META, NB, Sample, open};
use crate::content::format::Rule;

fn rules(sample: &Sample) -> Vec<&'static str> {
    open(sample.root()).check_all().iter().map(|one| one.rule.name()).collect()
}

#[test]
fn missions_are_in_the_order_of_numbers() {
    let sample = Sample::new();
    sample.write("missions/10/x", "");
    sample.write("missions/9/x", "");
    sample.replace("course.yml", "[1, 2]", "[100, 1, 2]");
    assert_eq!(open(sample.root()).mission_numbers(), [1, 2, 9, 10, 100]);
}

#[test]
fn a_heading_in_a_fence_is_code() {
    let sample = Sample::new();
    sample.swap(1, "This is a list.", "```python\n# not a title\n## Instructions\n```\n\n    # neither\n");
    assert_eq!(rules(&sample), Vec::<&str>::new());
}

#[test]
fn types_are_checked_after_reading() {
    let sample = Sample::new();
    sample.replace(META, "mission_number: 1", "mission_number: '1'");
    sample.replace(META, "author: Ada", "author: no");
    assert_eq!(rules(&sample), ["meta.wrong-type"]);
}

#[test]
fn one_bad_mission_does_not_touch_another() {
    let sample = Sample::new();
    sample.write(NB, "{");
    let content = open(sample.root());
    assert!(content.check_mission(1).value.is_none());
    assert!(content.check_mission(2).value.is_some());
    assert_eq!(content.check_repository(), []);
}

#[test]
fn concepts_are_found_by_exact_case() {
    let sample = Sample::new();
    sample.swap(1, "concepts=\"lists\"", "concepts=\"Lists\"");
    assert_eq!(rules(&sample), ["concept.unknown"]);
}

#[test]
fn without_a_place_nothing_else_is_told() {
    let sample = Sample::new();
    sample.replace("course.yml", "[1, 2]", "[2]");
    sample.write(META, "name: [");
    sample.cells(1, vec![md("nothing")]);
    assert_eq!(rules(&sample), ["mission.not-in-course"]);
}

#[test]
fn everything_wrong_is_told_at_once() {
    let sample = Sample::new();
    sample.replace(META, "author: Ada\n", "");
    sample.swap(1, "# Welcome", "Welcome");
    sample.swap(2, "type=\"code\"", "type=\"quiz\"");
    sample.swap(3, "\"7\"", "7");
    let mut found = rules(&sample);
    found.sort_unstable();
    assert_eq!(found, ["check.val-format", "meta.missing-key", "screen.title-missing", "screen.type-unknown"]);
}

#[test]
fn an_unknown_mission_names_its_neighbours() {
    let content_of = Sample::new();
    let checked = open(content_of.root()).check_mission(999);
    assert_eq!(checked.diagnostics[0].rule, Rule::SyncUnknownMission);
    assert!(checked.diagnostics[0].hint.contains("2, 1"), "{}", checked.diagnostics[0].hint);
}

#[test]
fn a_pipe_does_not_hold_up_the_reading() {
    let sample = Sample::new();
    sample.remove("missions/1-start/data.csv");
    nix::unistd::mkfifo(&sample.root().join("missions/1-start/data.csv"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(rules(&sample), ["repo.unreadable", "meta.file-missing"]);
}

#[test]
fn a_folder_that_is_not_there_is_told_and_not_a_panic() {
    let found: Vec<_> = open("/nowhere/at/all".as_ref()).check_all().iter().map(|one| one.rule).collect();
    assert_eq!(found, [Rule::RepoConceptsMissing, Rule::RepoCourseMissing, Rule::RepoSectionMissing]);
}

#[test]
fn a_copied_mission_blocks_both_until_a_key_is_changed() {
    let sample = Sample::new();
    sample.cells(2, vec![md(TEXT), md(OTHER)]);
    let content = open(sample.root());
    assert!(content.check_mission(1).value.is_none() && content.check_mission(2).value.is_none());
}

/// Cells made of the pieces that mean something, in any order.
fn cell() -> impl Strategy<Value = serde_json::Value> {
    let pieces = prop::sample::select(vec![
        "<!-- key=\"a-b-c\" type=\"code\" concepts=\"lists\" -->",
        "<!-- key=\"x-é\" type=text concepts=loops -->",
        "<!-- =",
        "# T",
        "## Hint",
        "## Instructions",
        "## Answer",
        "## Check val",
        "## Check vars",
        "## Display",
        "##é",
        "![x](%C3%28é%)",
        "[x](é:y)",
        "<é",
        "<b onclick=\"é",
        "'''é",
        "[\"a\"]",
        "%x",
        "!x",
        "```",
        "",
        "    ",
        "text é",
    ]);
    let source = prop::collection::vec(pieces, 0..8).prop_map(|lines| lines.join("\n"));
    (0..3, source).prop_map(|(kind, source)| match kind {
        0 => code(&source),
        1 => raw(&source),
        _ => md(&source),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_cells_make_it_panic(cells in prop::collection::vec(cell(), 0..8)) {
        let sample = Sample::new();
        sample.cells(1, cells);
        let content = open(sample.root());
        let checked = content.check_mission(1);
        prop_assert_eq!(checked.value.is_none(), checked.diagnostics.iter().any(super::Diagnostic::is_error));
    }
}

#[test]
fn an_assignment_that_is_nowhere_is_told() {
    let sample = Sample::new();
    let checked = open(sample.root()).check_assignment("word-count");
    let told: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    let line = "error sync.unknown-assignment: there is no assignment `word-count` \
        (did you mean `word-counts`? assignments are the folders of assignments/)";
    assert_eq!((checked.value, told), (None, vec![line.to_owned()]));
}
