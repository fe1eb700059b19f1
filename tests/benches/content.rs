//! How fast a content folder is checked, without running any of it: 200 missions, each a notebook of 30 cells.
//!
//! The peer is what a script of an author would use: nbformat reads and validates the same notebooks, PyYAML reads the YAML beside them, once as it is and once
//! with its loader in C. Its YAML lists the screens, which ours have in the notebook. It looks at nothing else, so what is ours besides (markers, Markdown,
//! sections, checks, concepts, pictures, what is used twice, hashes) counts against us. Both use one processor. `--missions 2000` is a folder that is ten times as large.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use actors::content::format::Content;
use serde_json::{Value, json};
use tests::cookbook::python_with;

const MISSIONS: usize = 200;
const CELLS: usize = 30;
/// How often each is measured; the median counts.
const ROUNDS: usize = 5;
/// Reads and validates every notebook of a folder and the YAML beside it; says how many seconds that took.
const PEER: &str = r#"
import glob, sys, time, nbformat, yaml
folder, loader = sys.argv[1], getattr(yaml, sys.argv[2])
begun = time.perf_counter()
for path in glob.glob(folder + "/missions/*/*.ipynb"):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    with open(sys.argv[3] + "/" + path.split("/")[-2] + ".yml") as file:
        assert len(yaml.load(file, Loader=loader)["screens"]) == len(notebook["cells"])
print(time.perf_counter() - begun)
"#;
const PACKAGES: [&str; 2] = ["nbformat==5.10.4", "PyYAML==6.0.3"];

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn main() {
    let words: Vec<String> = std::env::args().collect();
    let given = words.iter().position(|it| it == "--missions").and_then(|place| words.get(place + 1)?.parse().ok());
    let missions = given.unwrap_or(MISSIONS);
    let folder = tempfile::tempdir().expect("a folder");
    course(folder.path(), missions);
    let lists = tempfile::tempdir().expect("a folder");
    for number in 1..=missions {
        std::fs::write(lists.path().join(format!("{number}-about-something.yml")), screens(number)).expect("room");
    }
    let ours = median(|| {
        let begun = Instant::now();
        let found = Content::open(folder.path(), Vec::new()).check_all();
        assert!(found.is_empty(), "{:?}", found.first());
        begun.elapsed()
    });
    let rate = |took: Duration| missions as f64 / took.as_secs_f64();
    println!("checked: {:.0} notebooks/s, {:.2} ms each", rate(ours), ours.as_secs_f64() * 1e3 / missions as f64);
    let packages = python_with("nbformat", &PACKAGES);
    for (name, loader) in [("nbformat and PyYAML", "SafeLoader"), ("nbformat and PyYAML's loader in C", "CSafeLoader")]
    {
        let theirs = median(|| peer(&packages, folder.path(), loader, lists.path()));
        println!("{name}: {:.0} notebooks/s; ours {:.1} x", rate(theirs), rate(ours) / rate(theirs));
    }
}

fn median(mut measure: impl FnMut() -> Duration) -> Duration {
    let mut took: Vec<Duration> = (0..ROUNDS).map(|_| measure()).collect();
    took.sort_unstable();
    took[ROUNDS / 2]
}

fn peer(packages: &Path, folder: &Path, loader: &str, lists: &Path) -> Duration {
    let output = Command::new("python3")
        .arg("-c")
        .arg(PEER)
        .arg(folder)
        .args([Path::new(loader), lists])
        .env("PYTHONPATH", packages)
        .output();
    let output = output.expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Duration::from_secs_f64(String::from_utf8_lossy(&output.stdout).trim().parse().expect("seconds"))
}

fn write(place: PathBuf, text: &str) {
    std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
    std::fs::write(place, text).expect("room");
}

/// A sound folder of so many missions, in courses of ten.
fn course(folder: &Path, missions: usize) {
    let courses = missions.div_ceil(10);
    let names: Vec<String> = (0..courses).map(|number| format!("course-{number}")).collect();
    let list = names.join(", ");
    write(
        folder.join("section.yml"),
        &format!(
            "sections:\n  - key: everything\n    title: Everything\n    description: All.\n    courses: [{list}]\n"
        ),
    );
    let course = |(number, name): (usize, &String)| {
        let own: Vec<String> = (number * 10 + 1..=(number * 10 + 10).min(missions)).map(|it| it.to_string()).collect();
        format!(
            "  - key: {name}\n    title: Course {number}\n    description: Ten missions about one thing.\n    missions: [{}]\n",
            own.join(", ")
        )
    };
    let text: String = names.iter().enumerate().map(course).collect();
    write(folder.join("course.yml"), &format!("courses:\n{text}"));
    for concept in 0..20 {
        let text = format!(
            "title: Concept {concept}\nsummary: >-\n  What it is, in a sentence or two\n  that a learner reads.\n"
        );
        write(folder.join(format!("concepts/concept-{concept}.yml")), &text);
    }
    for number in 1..=missions {
        mission(&folder.join(format!("missions/{number}-about-something")), number);
    }
}

fn mission(folder: &Path, number: usize) {
    let meta = format!(
        "mission_number: {number}\nname: Mission {number}\ndescription: >-\n  What one learns here, in two lines\n  or three.\n\
         author: Somebody\nlanguage: python3\npremium: {}\nprerequisites: []\nfile_list: [data.csv]\nminutes: 40\n",
        number.is_multiple_of(2)
    );
    write(folder.join("meta.yml"), &meta);
    write(folder.join("data.csv"), &"a,b,c\n1,2,3\n".repeat(200));
    let cells: Vec<Value> = (0..CELLS).map(|cell| self::cell(number, cell)).collect();
    let notebook = json!({
        "nbformat": 4, "nbformat_minor": 5, "cells": cells,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, "language_info": {"name": "python"}},
    });
    write(folder.join(format!("Mission{number}.ipynb")), &serde_json::to_string_pretty(&notebook).expect("JSON"));
}

/// What the peer is told of a mission: its screens, in YAML.
fn screens(mission: usize) -> String {
    let screen = |cell: usize| {
        let kind = if cell.is_multiple_of(2) { "text" } else { "code" };
        format!(
            "- key: c{mission}-{cell}\n  type: {kind}\n  concepts:\n  - loops\n  - lists\n  title: Screen {cell}\n  error_okay: false\n"
        )
    };
    let list: String = (0..CELLS).map(screen).collect();
    format!(
        "name: Mission {mission}\nauthor: someone\npremium: false\nlanguage: python\nconcepts:\n- loops\n- lists\nscreens:\n{list}"
    )
}

/// A task and its exercise in turn.
fn cell(mission: usize, cell: usize) -> Value {
    let id = format!("c{mission}-{cell}");
    let seed = mission * CELLS + cell;
    let pieces = |text: String| text.split_inclusive('\n').map(Value::from).collect::<Vec<_>>();
    if cell.is_multiple_of(2) {
        let concepts = format!("concept-{}, concept-{}", seed % 20, (seed + 7) % 20);
        let sentence =
            |line: usize| format!("Line {line} says something about `lists`, *loops* and dictionaries of {seed}.\n");
        let text: String = (0..8).map(sentence).collect();
        let source = format!(
            "<!-- key=\"screen-{mission}-{cell}\" type=\"code\" concepts=\"{concepts}\" -->\n# Screen {cell}\n\n{text}\n\
             ```python\nx = [{seed}]\nfor y in x:\n    print(y)\n```\n\n## Instructions\n\n1. Compute it.\n2. Print it.\n\n## Hint\n\nUse `sum`.\n"
        );
        json!({"id": id, "cell_type": "markdown", "metadata": {}, "source": pieces(source)})
    } else {
        let lines: String = (0..10).map(|line| format!("x_{line} = {line} * {seed} + {}\n", seed % 7)).collect();
        let source = format!(
            "## Initial\nbase = {seed}\n\n## Display\n# your code\n\n## Answer\n{lines}\n## Check vars\n[\"x_1\", \"x_2\"]\n"
        );
        json!({"id": id, "cell_type": "code", "metadata": {}, "source": pieces(source), "outputs": [], "execution_count": null})
    }
}
