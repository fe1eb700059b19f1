//! What was promised stays: the schema is compared with the last one that was released.

use std::path::{Path, PathBuf};

use entity::clock::Clock;
use serde::Deserialize;
use tests::cookbook::ours;

const CHANGELOG: &str = include_str!("../../../docs/api/changelog.md");

#[derive(Deserialize)]
struct Changes {
    breaking: Vec<String>,
    removed: Vec<Removed>,
}

/// Something that is gone, and why it was deprecated.
#[derive(Deserialize)]
struct Removed {
    at: String,
    why: Option<String>,
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api")
}

/// The versions whose schemas are kept, the newest last.
fn releases() -> Vec<String> {
    let folder = std::fs::read_dir(docs().join("releases")).expect("a folder");
    let names = folder.map(|file| file.expect("it can be listed").file_name().into_string().expect("a name"));
    let mut versions: Vec<String> = names.map(|name| name.trim_end_matches(".graphql").to_owned()).collect();
    versions
        .sort_by_key(|version| version.split('.').map(|part| part.parse().expect("a number")).collect::<Vec<u64>>());
    versions
}

fn changes(before: &Path, after: &Path) -> Changes {
    let output = ours("diff.mjs", &[before, after, Path::new("--json")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON as described")
}

/// What the lines below *Breaking* of the unreleased heading do not account for.
fn unaccounted(changes: &Changes, changelog: &str, today: &str) -> Vec<String> {
    let (_, unreleased) = changelog.split_once("## [Unreleased]").expect("the heading is there");
    let unreleased = unreleased.split("\n## ").next().unwrap_or_default();
    let breaking = unreleased.split_once("### Breaking").map_or("", |(_, lines)| lines);
    let lines: Vec<&str> = breaking.split("\n### ").next().unwrap_or_default().lines().collect();
    let missing = changes.breaking.iter().filter(|change| !lines.iter().any(|line| line.contains(change.as_str())));
    let missing = missing.map(|change| format!("`{change}` has no line below Breaking in docs/api/changelog.md"));
    let early = changes.removed.iter().filter_map(|Removed { at, why }| {
        let day =
            why.as_deref().and_then(|why| why.rsplit_once("; goes on ")).map(|(_, day)| day.trim_end_matches('.'));
        let told = lines.iter().any(|line| line.contains(at.as_str()) && line.contains("At once: "));
        match day {
            _ if told => None,
            Some(day) if day <= today => None,
            Some(day) => Some(format!("{at} was promised until {day}")),
            None => Some(format!("{at} was not deprecated before; do that, or say in its line why: `At once: …`")),
        }
    });
    missing.chain(early).collect()
}

#[test]
fn what_was_released_still_works_or_stands_in_the_changelog() {
    let last = releases().pop().expect("a release");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql");
    let changes = changes(&docs().join(format!("releases/{last}.graphql")), &schema);
    let today = Clock::System.now().to_string();
    let faults = unaccounted(&changes, CHANGELOG, &today[..10]);
    assert!(faults.is_empty(), "{faults:#?}\nsee them all with: make schema-diff");
}

#[test]
fn every_release_has_its_schema_and_its_heading() {
    let headings = CHANGELOG.lines().filter_map(|line| line.strip_prefix("## [")?.split(']').next());
    let mut wanted = releases();
    wanted.push("Unreleased".to_owned());
    wanted.reverse();
    assert_eq!(headings.collect::<Vec<_>>(), wanted);
    assert!(wanted.contains(&env!("CARGO_PKG_VERSION").to_owned()), "keep the schema of this version");
}

const BEFORE: &str = r#"
type Query {
  kept: Int!
  changed: Int!
  due: Int @deprecated(reason: "Use `kept` instead; goes on 2026-11-01.")
  early: Int @deprecated(reason: "Use `kept` instead; goes on 2026-11-03.")
  sudden: Int
  field(gone: Int): State
}
enum State { OPEN SHUT }"#;
const AFTER: &str = "type Query { kept: Int! changed: Int field: State added: Int } enum State { OPEN }";

#[test]
fn what_breaks_a_client_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    std::fs::write(&before, BEFORE).expect("room for a file");
    std::fs::write(&after, AFTER).expect("room for a file");
    let changes = changes(&before, &after);
    let all = [
        "Query.changed changed type from Int! to Int.",
        "Query.due was removed.",
        "Query.early was removed.",
        "Query.field arg gone was removed.",
        "Query.sudden was removed.",
        "SHUT was removed from enum type State.",
    ];
    let mut found = changes.breaking.clone();
    found.sort();
    assert_eq!(found, all);
    let page =
        |lines: &str| format!("## [Unreleased]\n\n### Breaking\n\n{lines}\n\n## [0.1.0]\n\n{}\n", all.join("\n"));
    let faults = |lines: &[&str]| unaccounted(&changes, &page(&lines.join("\n* ")), "2026-11-02");
    let removed = |at: &str| format!("{at} was not deprecated before; do that, or say in its line why: `At once: …`");
    let early = "Query.early was promised until 2026-11-03".to_owned();
    assert_eq!(
        faults(&all),
        [early.clone(), removed("Query.sudden"), removed("Query.field(gone:)"), removed("State.SHUT")]
    );
    let told = [
        all[0],
        all[1],
        all[2],
        "Query.sudden was removed. At once: it never worked.",
        "Query.field arg gone was removed. At once: Query.field(gone:) did nothing.",
        "SHUT was removed from enum type State. At once: State.SHUT could not be.",
    ];
    assert_eq!(faults(&told), [early]);
    // What stands below an earlier heading does not count.
    assert_eq!(faults(&[]).len(), all.len() + 4);
}
