//! How long a page may be. Files of the product only; tests tell stories, and stories are as long as they are.

use super::Fault;
use super::scan::{block_end, line_of, words};
use super::sources::Tree;

/// Lines of a file.
const FILE: usize = 400;
/// Lines of the median file.
const MEDIAN: usize = 120;
/// Lines of a function.
const FUNCTION: usize = 60;
/// A longer file says so on one of its first lines, with its reason.
const BECAUSE: &str = "Longer than a page because";

pub fn files(tree: &Tree) -> Vec<Fault> {
    let mut sizes: Vec<usize> = tree.product().map(|file| file.text.lines().count()).collect();
    sizes.sort_unstable();
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or_default();
    assert!(median <= MEDIAN, "the median file has {median} lines; at most {MEDIAN} keep the parts small");
    let excused = |text: &str| text.lines().take(12).any(|line| line.contains(BECAUSE));
    let long = tree.product().filter(|file| file.text.lines().count() > FILE && !excused(&file.text));
    let reason =
        format!("has more than {FILE} lines; split it, or begin it with `{BECAUSE} …` (the median file has {median})");
    long.map(|file| Fault::at(file, FILE, reason.clone())).collect()
}

pub fn functions(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.product() {
        let code = &file.code.text;
        for at in words(code, "fn") {
            // `fn(` is a type.
            let named = code[at + 2..].starts_with(' ');
            let Some(end) = block_end(code, at).filter(|_| named) else { continue };
            let (first, last) = (line_of(code, at), line_of(code, end));
            let lines = last - first + 1;
            if lines > FUNCTION && !file.code.is_test(first) {
                faults.push(Fault::at(file, first, format!("a function of {lines} lines; {FUNCTION} fit a screen")));
            }
        }
    }
    faults
}
