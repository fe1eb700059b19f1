//! A hash changes with everything that a mission is made of, and with nothing else.

use super::{META, NB, Sample, open};

fn hash(sample: &Sample, number: u32) -> String {
    open(sample.root()).check_mission(number).hash_hex()
}

#[test]
fn changes_with_what_the_mission_is_made_of() {
    let changes: [fn(&Sample); 6] = [
        |s| s.write(NB, s.read(NB) + "\n"),
        |s| s.replace(META, "Ada", "Bob"),
        |s| s.write("missions/1-start/data.csv", "b,a\n"),
        |s| s.replace("concepts/loops.yml", "Again", "Over"),
        |s| s.replace("course.yml", "[1, 2]", "[2, 1]"),
        |s| s.replace("section.yml", "Working with data", "Data"),
    ];
    for (index, change) in changes.iter().enumerate() {
        let sample = Sample::new();
        let before = hash(&sample, 1);
        assert_eq!(hash(&sample, 1), before);
        change(&sample);
        assert_ne!(hash(&sample, 1), before, "change {index}");
    }
}

#[test]
fn stays_when_something_else_changes() {
    let sample = Sample::new();
    let before = hash(&sample, 1);
    sample.write("missions/2/new", "x");
    sample.write("concepts/other.yml", "title: T\nsummary: S\n");
    sample.write("missions/1-start/.ipynb_checkpoints/x", "x");
    assert_eq!(hash(&sample, 1), before);
    assert_ne!(hash(&sample, 2), before);
}

#[test]
fn an_assignment_has_one_too() {
    let sample = Sample::new();
    let of = |sample: &Sample| open(sample.root()).check_assignment("word-counts").hash;
    let before = of(&sample);
    sample.write("assignments/word-counts/words.py", "pass\n");
    assert_ne!(of(&sample), before);
}
