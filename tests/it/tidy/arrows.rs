//! Which crate may know which.

use super::Fault;
use super::scan::paths;
use super::sources::Tree;

/// Our crates, and which of the others each may depend on.
const ARROWS: [(&str, &[&str]); 5] = [
    ("entity", &[]),
    ("migration", &[]),
    ("actors", &["entity"]),
    ("server", &["actors", "entity", "migration"]),
    ("tests", &["server", "actors", "entity", "migration"]),
];

/// Who in the server runs migrations: the command, and the start of the embedded default.
const MIGRATES: [&str; 2] = ["server/src/migrate.rs", "server/src/app.rs"];

pub fn between_crates(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, may) in ARROWS {
        let manifest = tree.file(&format!("{name}/Cargo.toml"));
        let mut in_dependencies = false;
        for (index, line) in manifest.text.lines().enumerate() {
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            }
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let ours = ARROWS.iter().any(|(other, _)| *other == dependency);
            if in_dependencies && ours && !may.contains(&dependency) {
                let may = if may.is_empty() { "none of ours".to_owned() } else { format!("only {}", may.join(", ")) };
                faults.push(Fault::at(manifest, index + 1, format!("{name} may depend on {may}, not on {dependency}")));
            }
        }
    }
    faults
}

pub fn to_migration(tree: &Tree) -> Vec<Fault> {
    let server = tree.product().filter(|file| file.is_in("server/src/") && !MIGRATES.contains(&file.path.as_str()));
    let named = server.flat_map(|file| paths(&file.code.text, "migration").into_iter().map(move |named| (file, named)));
    let reason = format!("migrations are run by {} and nobody else", MIGRATES.join(" and "));
    named.map(|(file, (line, _))| Fault::at(file, line, reason.clone())).collect()
}
