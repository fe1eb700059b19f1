//! The pages hold together: what they show is what there is, and each program is run by a story.

use std::collections::{BTreeMap, BTreeSet};

use tests::cookbook::{files, operation_files, shown, unnamed};

/// The programs that the stories beside this run, and what they are made of.
const RUN: [&str; 19] = [
    "ask.py",
    "codegen.json",
    "download.py",
    "errors.py",
    "follow.py",
    "follow.ts",
    "hand-in.ts",
    "hand_in.py",
    "lectern.py",
    "lectern.ts",
    "look-up.ts",
    "pyproject.toml",
    "retry.py",
    "sign-in.sh",
    "submissions.py",
    "submissions.sh",
    "submissions.ts",
    "tsconfig.json",
    "typed.py",
];

#[test]
fn every_program_of_the_pages_is_run() {
    let wanted: BTreeSet<&str> = RUN.into_iter().collect();
    assert_eq!(files().into_keys().collect::<BTreeSet<_>>(), wanted, "give each new one a story");
    let stories = [include_str!("cookbook.rs"), include_str!("follow.rs"), include_str!("typed.rs")].concat();
    let programs = wanted.iter().filter(|name| !name.ends_with(".json") && !name.ends_with(".toml"));
    let used = files();
    for name in programs {
        let stem = name.split('.').next().unwrap_or_default();
        let imported = used
            .values()
            .any(|text| text.contains(&format!("from {stem} import")) || text.contains(&format!("\"./{stem}.js\"")));
        assert!(imported || stories.contains(&format!("\"{name}\"")), "no story runs {name}");
    }
}

#[test]
fn the_operations_are_shown_as_they_are() {
    let name = |text: &str| text.split([' ', '(']).nth(1).unwrap_or_default().to_owned();
    let shown: BTreeMap<String, String> =
        shown("graphql").into_iter().map(|text| (name(text), text.to_owned())).collect();
    assert_eq!(shown, operation_files());
}

#[test]
fn what_rust_is_shown_is_what_is_compiled() {
    let compiled = include_str!("rust.rs");
    let shown = unnamed("rust");
    assert_eq!(shown.len(), 1);
    assert!(compiled.contains(shown[0]), "not in tests/it/api/rust.rs:\n{}", shown[0]);
}
