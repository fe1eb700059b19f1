//! Who may see and do what: everything that the schema, the routes and the command line offer, asked by everybody.
//!
//! What came of it is kept in `access/matrix.txt`, to be read by people. A change of rights is a change of that file.

mod ask;
mod campus;
mod doors;
mod explain;
mod mutations;
mod nodes;
mod receipt;
mod schema;
mod staff_plans;
mod statements;
mod subjects;
mod table;

use std::collections::BTreeSet;
use std::path::Path;

use tests::backend::Backend;
use tests::stories;

use self::campus::Campus;
use self::schema::Shape;
use self::table::Table;

stories![everything_is_asked_by_everybody];

/// Set to anything, the file is written instead of compared.
const REWRITE: &str = "LECTERN_REWRITE_ACCESS";

async fn everything_is_asked_by_everybody(backend: Backend) {
    let campus = Campus::new(backend).await;
    let shape = Shape::of_the_schema().await;
    let mut table = Table::new();
    subjects::ask(&campus, &shape, &mut table).await;
    mutations::ask(&campus, &shape, &mut table).await;
    campus.world.stop().await;
    doors::ask(backend, &mut table).await;
    let asked: BTreeSet<String> = table.names();
    let forgotten: Vec<String> = shape.everything().into_iter().filter(|name| !asked.contains(name)).collect();
    assert!(forgotten.is_empty(), "nobody has asked for these; give them a way in tests/it/access: {forgotten:#?}");
    compare(&table.to_string());
}

/// The file as it is now must be the file that was committed.
fn compare(now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/access/matrix.txt");
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, now).expect("the file can be written");
        return;
    }
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let differences: Vec<String> = difference(&before, now);
    assert!(
        differences.is_empty(),
        "what somebody may see or do has changed. If that is meant, write the file anew with {REWRITE}=1 and have it read:\n{}",
        differences.join("\n")
    );
}

/// The lines that only one of them has, with the section that they are in.
fn difference(before: &str, now: &str) -> Vec<String> {
    let [old, new] = [before, now].map(lines);
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    gone.chain(come).collect()
}

/// Each line behind the name of its section, without its padding.
fn lines(text: &str) -> Vec<String> {
    let mut section = "";
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if !line.starts_with(' ') {
            section = line;
        }
        lines.push(format!("{section}: {}", line.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    lines
}
