//! `meta.yml` and the data files.

use super::{Case, META, check_cases};

#[test]
fn keys_and_values() {
    check_cases(
        "meta_files/keys_and_values",
        &[
            Case {
                name: "no file",
                spoil: |s| s.remove(META),
                hint: "mission_number, name, description, author and language",
                expected: &[("meta.missing-file", META, None, "")],
            },
            Case {
                name: "no author",
                spoil: |s| s.replace(META, "author: Ada\n", ""),
                hint: "author",
                expected: &[("meta.missing-key", META, None, "")],
            },
            Case {
                name: "quoted flag",
                spoil: |s| s.replace(META, "premium: false", "premium: \"yes\""),
                hint: "true or false",
                expected: &[("meta.wrong-type", META, None, "")],
            },
            Case {
                name: "yes is a word",
                spoil: |s| s.replace(META, "premium: false", "premium: yes"),
                hint: "true or false",
                expected: &[("meta.wrong-type", META, None, "")],
            },
            Case {
                name: "number for a name",
                spoil: |s| s.replace(META, "name: Start", "name: 101"),
                hint: "quotes",
                expected: &[("meta.wrong-type", META, None, "")],
            },
            Case {
                name: "fraction",
                spoil: |s| s.replace(META, "minutes: 20", "minutes: 2.5"),
                hint: "whole number",
                expected: &[("meta.wrong-type", META, None, "")],
            },
            Case {
                name: "slip",
                spoil: |s| s.replace(META, "author:", "auther:"),
                hint: "`author`",
                expected: &[("meta.unknown-key", META, None, "")],
            },
            Case {
                name: "invented key",
                spoil: |s| s.replace(META, "author:", "colour: red\nauthor:"),
                hint: "known keys",
                expected: &[("meta.unknown-key", META, None, "")],
            },
            Case {
                name: "blank name",
                spoil: |s| s.replace(META, "name: Start", "name: ' '"),
                hint: "write",
                expected: &[("meta.bad-value", META, None, "")],
            },
            Case {
                name: "too long",
                spoil: |s| s.replace(META, "minutes: 20", "minutes: 601"),
                hint: "from 1 to 600",
                expected: &[("meta.bad-value", META, None, "")],
            },
            Case {
                name: "endless",
                spoil: |s| s.replace(META, "minutes: 20", "timeout_s: 31"),
                hint: "from 1 to 30",
                expected: &[("meta.bad-value", META, None, "")],
            },
            Case {
                name: "other number",
                spoil: |s| s.replace(META, "mission_number: 1", "mission_number: 150"),
                hint: "write 1",
                expected: &[("meta.number-mismatch", META, None, "")],
            },
            Case {
                name: "other language",
                spoil: |s| s.replace(META, "python3", "cobol"),
                hint: "python3",
                expected: &[("meta.bad-language", META, None, "")],
            },
            Case {
                name: "two faults",
                spoil: |s| {
                    s.replace(META, "author:", "auther:");
                    s.replace(META, "python3", "c");
                },
                hint: "`author`",
                expected: &[("meta.unknown-key", META, None, ""), ("meta.bad-language", META, None, "")],
            },
        ],
    );
}

#[test]
fn data_files() {
    check_cases(
        "meta_files/data_files",
        &[
            Case {
                name: "absent",
                spoil: |s| s.replace(META, "[data.csv]", "[dat.csv]"),
                hint: "`data.csv`",
                expected: &[("meta.file-missing", META, None, "")],
            },
            Case {
                name: "a directory",
                spoil: |s| {
                    s.write("missions/1-start/sub/x", "");
                    s.replace(META, "[data.csv]", "[sub]");
                },
                hint: "every file of a directory",
                expected: &[("meta.file-missing", META, None, "")],
            },
            Case {
                name: "above",
                spoil: |s| s.replace(META, "[data.csv]", "[../secret]"),
                hint: "in the directory",
                expected: &[("meta.file-outside", META, None, "")],
            },
            Case {
                name: "absolute",
                spoil: |s| s.replace(META, "[data.csv]", "[/etc/passwd]"),
                hint: "in the directory",
                expected: &[("meta.file-outside", META, None, "")],
            },
            Case {
                name: "the notebook",
                spoil: |s| s.replace(META, "[data.csv]", "[Mission1.ipynb]"),
                hint: "data files",
                expected: &[("meta.file-reserved", META, None, "")],
            },
            Case {
                name: "twice",
                spoil: |s| s.replace(META, "[data.csv]", "[data.csv, data.csv]"),
                hint: "once",
                expected: &[("meta.bad-value", META, None, "")],
            },
            Case {
                name: "huge",
                spoil: |s| s.write("missions/1-start/data.csv", vec![0; (10 << 20) + 1]),
                hint: "smaller",
                expected: &[("repo.too-large", "missions/1-start/data.csv", None, "")],
            },
            Case {
                name: "through a hidden link",
                hint: "copy",
                spoil: |s| {
                    s.link("/etc", "missions/1-start/.etc");
                    s.replace(META, "[data.csv]", "[.etc/passwd]");
                },
                expected: &[("repo.symlink", "missions/1-start/.etc", None, "")],
            },
        ],
    );
}

#[test]
fn prerequisites() {
    const META2: &str = "missions/2/meta.yml";
    check_cases(
        "meta_files/prerequisites",
        &[
            Case {
                name: "unknown",
                spoil: |s| s.replace(META, "prerequisites: []", "prerequisites: [999]"),
                hint: "999",
                expected: &[("meta.unknown-prerequisite", META, None, "")],
            },
            Case {
                name: "circle of two",
                hint: "1 needs 2 needs 1",
                spoil: |s| {
                    s.replace(META, "s: []", "s: [2]");
                    s.replace(META2, "prerequisites: []", "prerequisites: [1]");
                },
                expected: &[("meta.prerequisite-cycle", META, None, ""), ("meta.prerequisite-cycle", META2, None, "")],
            },
            Case {
                name: "circle of one",
                spoil: |s| s.replace(META, "prerequisites: []", "prerequisites: [1]"),
                hint: "1 needs 1",
                expected: &[("meta.prerequisite-cycle", META, None, "")],
            },
        ],
    );
}
