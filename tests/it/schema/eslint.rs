//! graphql-eslint has nothing to say about the schema and the operations of the cookbook.

use std::path::Path;

use tests::cookbook::{operation_files, operations, ours};

/// What it says, a finding a line, and how many files it has read.
fn lint(schema: &Path, operations: &Path) -> (Vec<String>, usize) {
    let output = ours("lint.mjs", &[schema, operations]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let last = lines.pop().unwrap_or_default();
    (lines, last.trim_end_matches(" files").parse().expect("a number of files"))
}

#[test]
fn it_finds_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the root");
    let (findings, files) = lint(&root.join("schema.graphql"), &operations().canonicalize().expect("the folder"));
    assert_eq!(findings, [""; 0], "see tests/clients/api/lint.mjs for what is switched off");
    assert_eq!(files, 1 + operation_files().len());
}

#[test]
fn it_would() {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = folder.path().join("schema.graphql");
    let text = "\"What can be asked.\"\ntype Query {\n\ta: State\n}\n\"How it is.\"\nenum State {\n\topen\n}\n\"Lost.\"\ntype Lost {\n\t\"A number.\"\n\tb: Int\n}\n";
    std::fs::write(&schema, text).expect("room for a file");
    let operations = folder.path().join("operations");
    std::fs::create_dir(&operations).expect("a new folder");
    std::fs::write(operations.join("A.graphql"), "query { nothing }").expect("room for a file");
    let (findings, _) = lint(&schema, &operations);
    for rule in ["naming-convention", "require-description", "no-unreachable-types", "no-anonymous-operations"] {
        assert!(findings.iter().any(|finding| finding.contains(rule)), "{rule}: {findings:#?}");
    }
}
