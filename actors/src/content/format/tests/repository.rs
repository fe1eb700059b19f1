//! The root of the folder: sections, courses, concepts, directories.

use super::{Case, META, NB, check_cases};

const S: &str = "section.yml";
const C: &str = "course.yml";
const M1: &str = super::M1;
const M2: &str = "missions/2";

#[test]
fn missing_files_and_yaml() {
    check_cases(
        "repository/missing_files_and_yaml",
        &[
            Case {
                name: "no section.yml",
                spoil: |s| s.remove(S),
                hint: "create it",
                expected: &[("repo.section-missing", S, None, "")],
            },
            Case {
                name: "no course.yml",
                spoil: |s| s.remove(C),
                hint: "create it",
                expected: &[("repo.course-missing", C, None, "")],
            },
            Case {
                name: "no concepts",
                spoil: |s| s.rename("concepts", "ideas"),
                hint: "one file per concept",
                expected: &[("repo.concepts-missing", "concepts", None, "")],
            },
            Case {
                name: "tab",
                spoil: |s| s.replace(META, "name: Start", "name:\n\t- x"),
                hint: "line",
                expected: &[("yaml.syntax", META, None, "")],
            },
            Case {
                name: "not closed",
                spoil: |s| s.replace(C, "[1, 2]", "[1, 2"),
                hint: "line",
                expected: &[("yaml.syntax", C, None, "")],
            },
            Case {
                name: "anchor",
                spoil: |s| s.replace(META, "name: Start", "name: &n Start"),
                hint: "write the value out",
                expected: &[("yaml.syntax", META, None, "")],
            },
            Case {
                name: "doubled key",
                spoil: |s| s.replace(META, "name: Start", "name: Start\nname: Again"),
                hint: "`name`",
                expected: &[("yaml.duplicate-key", META, None, "")],
            },
            Case {
                name: "Latin-1 in YAML",
                spoil: |s| s.write("concepts/loops.yml", b"title: Schl\xE4ufe\n"),
                hint: "UTF-8",
                expected: &[("repo.encoding", "concepts/loops.yml", None, "")],
            },
            Case {
                name: "Latin-1 in a notebook",
                spoil: |s| s.write(NB, b"{\"cells\": \"\xE4\"}"),
                hint: "UTF-8",
                expected: &[("repo.encoding", NB, None, "")],
            },
            Case {
                name: "byte order mark",
                spoil: |s| s.write(S, format!("\u{feff}{}", s.read(S))),
                hint: "byte order mark",
                expected: &[("repo.encoding", S, None, "")],
            },
            Case {
                name: "link in a mission",
                spoil: |s| s.link("/etc/passwd", "missions/1-start/extra"),
                hint: "copy",
                expected: &[("repo.symlink", "missions/1-start/extra", None, "")],
            },
            Case {
                name: "mission is a link",
                spoil: |s| {
                    s.rename(M2, "elsewhere");
                    s.link("../elsewhere", M2);
                },
                hint: "copy",
                expected: &[("repo.symlink", M2, None, "")],
            },
            Case {
                name: "concept is a link",
                spoil: |s| {
                    s.remove("concepts/loops.yml");
                    s.link("lists.yml", "concepts/loops.yml");
                },
                hint: "copy",
                expected: &[("repo.symlink", "concepts/loops.yml", None, "")],
            },
            Case {
                name: "course.yml is a link",
                spoil: |s| {
                    s.rename(C, "c");
                    s.link("c", C);
                },
                hint: "copy",
                expected: &[("repo.symlink", C, None, "")],
            },
            Case {
                name: "huge YAML",
                spoil: |s| s.write(META, vec![b'#'; (1 << 20) + 1]),
                hint: "smaller",
                expected: &[("repo.too-large", META, None, "")],
            },
        ],
    );
}

#[test]
fn sections() {
    check_cases(
        "repository/sections",
        &[
            Case {
                name: "no key",
                spoil: |s| s.replace(S, "key: working-with-data\n    ", ""),
                hint: "key",
                expected: &[("section.key-missing", S, None, "")],
            },
            Case {
                name: "two with one key",
                hint: "working-with-data",
                spoil: |s| {
                    s.write(
                        S,
                        s.read(S) + "  - key: working-with-data\n    title: T\n    description: D\n    courses: []\n",
                    )
                },
                expected: &[("section.key-duplicate", S, None, "")],
            },
            Case {
                name: "unknown course",
                spoil: |s| s.replace(S, "[data-basics]", "[data-basics, data-basic]"),
                hint: "`data-basics`",
                expected: &[("section.unknown-course", S, None, "")],
            },
            Case {
                name: "course twice",
                hint: "keep one",
                spoil: |s| {
                    s.write(
                        S,
                        s.read(S) + "  - key: other\n    title: T\n    description: D\n    courses: [data-basics]\n",
                    )
                },
                expected: &[("section.course-twice", S, None, "")],
            },
            Case {
                name: "no title",
                spoil: |s| s.replace(S, "    title: Working with data\n", ""),
                hint: "title",
                expected: &[("section.missing-field", S, None, "")],
            },
            Case {
                name: "slip",
                spoil: |s| s.replace(S, "title:", "titel:"),
                hint: "`title`",
                expected: &[("section.unknown-field", S, None, "")],
            },
            Case {
                name: "no list",
                spoil: |s| s.replace(S, "[data-basics]", "data-basics"),
                hint: "a list",
                expected: &[
                    ("section.wrong-type", S, None, ""),
                    ("course.unlisted", C, None, ""),
                    ("mission.course-not-in-section", M1, None, ""),
                    ("mission.course-not-in-section", M2, None, ""),
                    ("assignment.course-not-in-section", "assignments/word-counts/assignment.yml", None, ""),
                ],
            },
            Case {
                name: "bad key",
                spoil: |s| s.replace(S, "working-with-data", "Working!"),
                hint: "small letters",
                expected: &[("section.bad-value", S, None, "")],
            },
            Case {
                name: "not a mapping",
                spoil: |s| s.write(S, "- a\n"),
                hint: "key: value",
                expected: &[("section.wrong-type", S, None, "")],
            },
        ],
    );
}

#[test]
fn courses() {
    const MORE: &str = "    description: D\n    missions: []\n";
    check_cases(
        "repository/courses",
        &[
            Case {
                name: "no key",
                spoil: |s| s.write(C, s.read(C) + "  - title: T\n" + MORE),
                hint: "key",
                expected: &[("course.key-missing", C, None, "")],
            },
            Case {
                name: "two with one key",
                spoil: |s| s.write(C, s.read(C) + "  - key: data-basics\n    title: T\n" + MORE),
                hint: "data-basics",
                expected: &[("course.key-duplicate", C, None, "")],
            },
            Case {
                name: "in no section",
                spoil: |s| s.write(C, s.read(C) + "  - key: more-data\n    title: T\n" + MORE),
                hint: "section.yml",
                expected: &[("course.unlisted", C, None, "")],
            },
            Case {
                name: "unknown mission",
                spoil: |s| s.replace(C, "[1, 2]", "[1, 2, 30]"),
                hint: "30",
                expected: &[("course.unknown-mission", C, None, "")],
            },
            Case {
                name: "mission twice",
                hint: "`data-basics` or `more-data`",
                spoil: |s| {
                    s.write(C, s.read(C) + "  - key: more-data\n    title: T\n    description: D\n    missions: [2]\n");
                    s.replace(S, "[data-basics]", "[data-basics, more-data]");
                },
                expected: &[("course.mission-twice", C, None, "")],
            },
            Case {
                name: "text for a mission",
                spoil: |s| s.replace(C, "[1, 2]", "[1, 2, x3]"),
                hint: "whole number",
                expected: &[("course.wrong-type", C, None, "")],
            },
            Case {
                name: "no title",
                spoil: |s| s.replace(C, "    title: Basics\n", ""),
                hint: "title",
                expected: &[("course.missing-field", C, None, "")],
            },
            Case {
                name: "slip",
                spoil: |s| s.replace(C, "missions:", "mission:"),
                hint: "`missions`",
                expected: &[
                    ("course.unknown-field", C, None, ""),
                    ("mission.not-in-course", M1, None, ""),
                    ("mission.not-in-course", M2, None, ""),
                ],
            },
            Case {
                name: "taken key",
                spoil: |s| s.write(C, s.read(C) + "  - key: graphql\n    title: T\n" + MORE),
                hint: "graphql-course",
                expected: &[("course.bad-value", C, None, "")],
            },
            Case {
                name: "mission 0",
                spoil: |s| s.replace(C, "[1, 2]", "[1, 2, 0]"),
                hint: "from 1",
                expected: &[("course.bad-value", C, None, "")],
            },
        ],
    );
}

#[test]
fn directories() {
    check_cases(
        "repository/directories",
        &[
            Case {
                name: "words and blanks",
                spoil: |s| s.write("missions/Mission 5/x", ""),
                hint: "-slug",
                expected: &[("mission.directory-name", "missions/Mission 5", None, "")],
            },
            Case {
                name: "zeros in front",
                spoil: |s| s.write("missions/007/x", ""),
                hint: "without zeros",
                expected: &[("mission.directory-name", "missions/007", None, "")],
            },
            Case {
                name: "number twice",
                spoil: |s| s.write("missions/2-copy/x", ""),
                hint: "missions/2",
                expected: &[("mission.number-duplicate", "missions/2-copy", None, "")],
            },
            Case {
                name: "in no course",
                spoil: |s| {
                    s.write("missions/3/meta.yml", "broken: [");
                },
                hint: "course.yml",
                expected: &[("mission.not-in-course", "missions/3", None, "")],
            },
            Case {
                name: "course in no section",
                hint: "`data-basics`",
                spoil: |s| {
                    s.replace(S, "[data-basics]", "[]");
                    s.write(META, "broken: [");
                },
                expected: &[
                    ("mission.course-not-in-section", M1, None, ""),
                    ("mission.course-not-in-section", M2, None, ""),
                    ("course.unlisted", C, None, ""),
                    ("assignment.course-not-in-section", "assignments/word-counts/assignment.yml", None, ""),
                ],
            },
        ],
    );
}

#[test]
fn concepts() {
    const LOOPS: &str = "concepts/loops.yml";
    check_cases(
        "repository/concepts",
        &[
            Case {
                name: "no summary",
                spoil: |s| s.write(LOOPS, "title: Loops\n"),
                hint: "summary",
                expected: &[("concept.bad-file", LOOPS, None, "")],
            },
            Case {
                name: "no title",
                spoil: |s| s.write(LOOPS, "summary: S\n"),
                hint: "title",
                expected: &[("concept.bad-file", LOOPS, None, "")],
            },
            Case {
                name: "empty",
                spoil: |s| s.write(LOOPS, ""),
                hint: "key: value",
                expected: &[("concept.bad-file", LOOPS, None, "")],
            },
            Case {
                name: "bad name",
                spoil: |s| s.write("concepts/My Idea.yml", "title: T\nsummary: S\n"),
                hint: "small letters",
                expected: &[("concept.bad-file", "concepts/My Idea.yml", None, "")],
            },
            Case {
                name: "other ending",
                spoil: |s| s.write("concepts/idea.yaml", "title: T\nsummary: S\n"),
                hint: "idea.yml",
                expected: &[("concept.bad-file", "concepts/idea.yaml", None, "")],
            },
            Case {
                name: "unknown relative",
                spoil: |s| s.replace("concepts/lists.yml", "[loops]", "[loop]"),
                hint: "`loops`",
                expected: &[("concept.unknown", "concepts/lists.yml", None, "")],
            },
            Case {
                name: "nobody uses it",
                spoil: |s| s.write("concepts/idea.yml", "title: T\nsummary: S\n"),
                hint: "screen",
                expected: &[("concept.unused", "concepts/idea.yml", None, "")],
            },
        ],
    );
}
