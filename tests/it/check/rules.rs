//! Every rule has a fixture: somewhere, a folder breaks it, and what an author is told is compared word for word.

use std::path::{Path, PathBuf};

use actors::content::format::Rule;

/// Rules that no folder alone can break, and the story that breaks each.
const STORIES: &[(Rule, &str)] = &[
    (Rule::RepoUnreadable, include_str!("hostile.rs")),
    (Rule::SyncUnknownAssignment, include_str!("../../../actors/src/content/format/tests/traps.rs")),
    (Rule::SyncUnknownMission, include_str!("../check.rs")),
    (Rule::SyncKeyMoved, include_str!("moved.rs")),
    (Rule::SyncTypeChanged, include_str!("moved.rs")),
];

/// The files with what authors are told.
fn told() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![own.join("it/check/told.txt")];
    let mut ahead = vec![own.join("../actors/src/content/format/tests/told")];
    while let Some(folder) = ahead.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() { ahead.push(path) } else { files.push(path) }
        }
    }
    files
}

#[test]
fn every_rule_has_a_fixture() {
    let read = |path: PathBuf| std::fs::read_to_string(path).expect("a file of ours");
    let told: String = told().into_iter().map(read).collect();
    let is_told = |rule: &Rule| {
        told.contains(&format!(": {} {rule}: ", rule.severity()))
            || STORIES.iter().any(|(other, story)| other == rule && story.contains(rule.name()))
    };
    let without: Vec<_> = Rule::ALL.iter().filter(|rule| !is_told(rule)).map(|rule| rule.name()).collect();
    assert!(without.is_empty(), "no folder breaks these rules; add one to the cases: {without:?}");
}
