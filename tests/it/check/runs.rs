//! What is found by running: a folder with a mission for each of its rules, checked once. What an author is told of it is in `told.txt`,
//! word for word; `LECTERN_REWRITE_TOLD=1` writes that anew.

use std::path::Path;

use tests::folder::{Folder, code};

use super::{check, text};

/// Set to anything, what is told is written instead of compared.
const REWRITE: &str = "LECTERN_REWRITE_TOLD";

/// What is added to the marker, and the exercise.
struct Case(&'static str, &'static str);

/// In the order of the missions, from 1.
const CASES: &[Case] = &[
    Case("", "## Display\ntotal = 0\n## Answer\ntotal = (1 +\n## Check vars\n[\"total\"]"),
    Case(
        "",
        "## Initial\nimport no_such_module\n## Display\ntotal = 0\n## Answer\ntotal = 1\n## Check vars\n[\"total\"]",
    ),
    Case("", "## Display\ntotal = 0\n## Answer\nx = 0\ntotal = 1 / x\n## Check vars\n[\"total\"]"),
    Case("error_okay=\"true\"", "## Display\n# call int\n## Answer\nint(\"4\")\n## Check code run\npass"),
    Case("", "## Display\ntotal = 0\n## Answer\nsum_of_all = 1\n## Check vars\n[\"total\"]"),
    Case("", "## Display\n# print it\n## Answer\nprint(4)\n## Check val\n\"5\""),
    Case(
        "",
        "## Display\ntotal = 0\n## Answer\ntotal = 3\n## Check code run\nassert total > 3, \"total is too small\"",
    ),
    Case("", "## Display\ntotal = 0\n## Answer\nwhile True:\n    total = 1\n## Check vars\n[\"total\"]"),
    Case(
        "",
        "## Display\ntotal = 0\n## Answer\ntotal = 1\nfor i in range(20_000):\n    print(i)\n## Check vars\n[\"total\"]",
    ),
    Case("", "## Display\ntotal = 0\n## Answer\nimport random\ntotal = random.random()\n## Check vars\n[\"total\"]"),
    Case("", "## Display\ntotal = 2 + 2\n## Answer\ntotal = 4\n## Check vars\n[\"total\"]"),
    Case("", "## Display\ntotal = ___ +\n## Answer\ntotal = 4\n## Check vars\n[\"total\"]"),
    Case(
        "",
        "## Display\ntotal = 0\n## Answer\ntotal = 4\n## Check code run\nassert (total > 3, \"total is too small\")",
    ),
    Case(
        "",
        "## Initial\nrows = open(\"data.csv\").read()\n## Display\ntotal = 0\n## Answer\ntotal = 4\n## Check vars\n[\"total\"]",
    ),
    Case("", "## Display\ntotal = 0\n## Answer\ntotal = 4\n## Check vars\n[\"totl\"]"),
    // Two faults: what does not parse is not run, and all else is.
    Case("", "## Initial\nx = (\n## Display\ntotal = 0\n## Answer\ntotal = )\n## Check vars\n[\"total\"]"),
];

#[test]
fn each_fault_of_a_run_is_told_where_it_is() {
    let numbers: Vec<u32> = (1..).take(CASES.len()).collect();
    let folder = Folder::new(&numbers, "");
    for (number, Case(flags, exercise)) in numbers.iter().zip(CASES) {
        folder.mission(*number, &[code(&format!("task-{number}"), exercise).with(flags)]);
    }
    folder.write("missions/14/data.csv", "a,b\n");
    let output = check(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    compare(&steady(&text(&output.stdout)));
}

/// Without the numbers that chance has made.
fn steady(told: &str) -> String {
    let chance = regex::Regex::new(r"0\.\d{6,}").expect("an expression");
    chance.replace_all(told, "0.…").into_owned()
}

fn compare(now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/check/told.txt");
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, now).expect("the file can be written");
        return;
    }
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(before == now, "authors are told something else. If that is meant, {REWRITE}=1:\n{now}");
}
