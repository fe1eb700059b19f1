//! Pages in Markdown: links that lead somewhere, and blocks that say what language they are in.

use std::path::Path;

use super::Fault;
use super::sources::{File, Tree};

pub fn links(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(is_page) {
        for (number, line) in outside_blocks(file) {
            for target in targets(line).filter(|target| !leads_somewhere(tree, file, target)) {
                faults.push(Fault::at(file, number, format!("the link to `{target}` leads nowhere")));
            }
        }
    }
    faults
}

pub fn blocks(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(is_page) {
        let mut open = false;
        for (index, line) in file.text.lines().enumerate() {
            let Some(language) = line.trim_start().strip_prefix("```") else { continue };
            if !open && language.is_empty() {
                faults.push(Fault::at(file, index + 1, "say in which language the block is; `text`, if in none"));
            }
            open = !open;
        }
    }
    faults
}

fn is_page(file: &&File) -> bool {
    file.path.ends_with(".md")
}

fn outside_blocks(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let mut open = false;
    file.text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        open ^= is_fence;
        (!open && !is_fence).then_some((index + 1, line))
    })
}

/// Where the links of a line lead: `[words](target)`, but not within backticks.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let outside_code = line.split('`').step_by(2);
    let behind = outside_code.flat_map(|part| part.split("](").skip(1));
    behind.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

fn leads_somewhere(tree: &Tree, file: &File, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || target.contains(':') {
        return true;
    }
    let mut parts: Vec<&str> =
        Path::new(&file.path).parent().and_then(Path::to_str).unwrap_or_default().split('/').collect();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let path = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    tree.files.iter().any(|file| file.path == path || file.is_in(&format!("{path}/")))
}
