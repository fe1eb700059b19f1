//! What the database could do at best: the same rows and bytes, in one statement for each hand-in, sent by `pgbench` as plain text.
//!
//! The tables are like ours, with all their indexes and without foreign keys. What the rows hold is taken from a hand-in that ours has taken in,
//! with other keys, digests and bodies.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};
use serde_json::{Map, Value};
use tests::postgres::{program, socket_of};
use tests::processor;

use super::bodies::Deck;
use super::load::Figures;
use super::site::Site;

/// Bodies that are used, of all; `pgbench` takes no more than 128 files.
const BODIES: usize = 50;
/// The tables that a hand-in adds to, and what says which rows are of the hand-in with the key `{}`.
const TABLES: [(&str, &str); 6] = [
    ("submission", "id = {}"),
    ("run", "submission_id = {}"),
    ("job", "id = (SELECT max(job.id) FROM job)"),
    ("receipt", "backup_id = {}"),
    ("receipt_holder", "backup_id = {}"),
    ("event", "stream = 'course/1' AND position = (SELECT max(position) FROM event WHERE stream = 'course/1')"),
];
/// Those that it changes or adds to otherwise.
const OTHERS: [&str; 4] = ["blob", "backup", "message", "work"];

pub struct Floor {
    folder: tempfile::TempDir,
    socket: PathBuf,
    database: String,
    /// Rows that each of ours has added, and each of these.
    rows: (f64, f64),
}

impl Floor {
    /// Makes the tables and the scripts. Ours has taken some work in.
    pub async fn prepare(site: &Site, deck: &Deck) -> Self {
        let db = Database::connect(&site.url).await.expect("the cluster answers");
        let (socket, database) = socket_of(&site.url);
        let names: std::collections::BTreeSet<&str> = TABLES.iter().map(|(table, _)| *table).chain(OTHERS).collect();
        run(&db, "CREATE SCHEMA floor").await;
        for table in &names {
            run(&db, &format!("CREATE TABLE floor.{table} (LIKE public.{table} INCLUDING ALL)")).await;
        }
        run(&db, "INSERT INTO floor.work (assignment_id, course_id, owner_id) SELECT 1, 1, i FROM generate_series(1, 1000) i").await;
        let newest = one(&db, "SELECT max(id) AS it FROM submission").await;
        let backup = row(&db, "backup", &format!("id = {newest}")).await.expect("a backup");
        let mut rows = Vec::new();
        for (table, which) in TABLES {
            if let Some(found) = row(&db, table, &which.replace("{}", &newest.to_string())).await {
                rows.push((table, found));
            }
        }
        let handed_in = one(&db, "SELECT count(*) AS it FROM submission").await;
        let mut added = 0;
        for table in names.iter().filter(|table| **table != "work") {
            added += one(&db, &format!("SELECT count(*) AS it FROM {table}")).await;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let (cards, number) = deck.cards();
        for (place, card) in cards.iter().take(BODIES).enumerate() {
            let statement = statement(card, number, &backup, &rows);
            for (name, key) in [("fresh", "random(100000000000, 999999999999)"), ("again", "100000000000")] {
                let script = format!("\\set k {key}\n\\set who random(1, 1000)\n{statement};\n");
                std::fs::write(folder.path().join(format!("{place}.{name}.sql")), script).expect("a script");
            }
        }
        db.close().await.expect("closed");
        // Beside these: the file, the message of analytics, five messages, the backup.
        let own = rows.len() as f64 + 8.0;
        Self { folder, socket, database, rows: (added as f64 / handed_in as f64, own) }
    }

    /// Has them run for that long, by so many clients.
    pub fn run(&self, time: Duration, clients: usize) -> Figures {
        let mut pgbench = Command::new(program("pgbench"));
        pgbench.args([
            "-n",
            "-M",
            "simple",
            "-U",
            "lectern",
            "-j",
            "1",
            "-c",
            &clients.to_string(),
            "-T",
            &time.as_secs().to_string(),
        ]);
        pgbench.arg("-h").arg(&self.socket);
        let log = tempfile::tempdir().expect("a folder");
        pgbench.arg("--log").arg(format!("--log-prefix={}/took", log.path().display()));
        for place in 0..BODIES {
            for (name, weight) in [("fresh", 4), ("again", 1)] {
                pgbench.arg("-f").arg(format!("{}/{place}.{name}.sql@{weight}", self.folder.path().display()));
            }
        }
        let before = processor::of_name("postgres");
        let output = pgbench.arg(&self.database).output().expect("pgbench");
        let cpu = processor::of_name("postgres").saturating_sub(before);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let number = |name: &str| {
            let line = said.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap_or_else(|| panic!("{said}"));
            line.split_whitespace().find_map(|word| word.parse::<f64>().ok()).expect("a number")
        };
        let rate = number("tps = ");
        Figures { rate, cpu, ..Figures::of(took(log.path()), 0, time) }
    }

    pub fn told(&self) -> String {
        format!("rows for each new submission: {:.1} ours, {:.1} pgbench", self.rows.0, self.rows.1)
    }
}

/// How long each transaction took, by the logs that `pgbench` wrote there: the third word of a line says it in microseconds.
fn took(folder: &Path) -> Vec<Duration> {
    let logs = std::fs::read_dir(folder).expect("logs").flatten();
    let text: String = logs.map(|log| std::fs::read_to_string(log.path()).expect("a log")).collect();
    let word = |line: &str| line.split_whitespace().nth(2)?.parse().ok().map(Duration::from_micros);
    text.lines().filter_map(word).collect()
}

async fn run(db: &DatabaseConnection, text: &str) {
    db.execute_unprepared(text).await.unwrap_or_else(|error| panic!("{text}: {error}"));
}

async fn one(db: &DatabaseConnection, text: &str) -> i64 {
    let found = db.query_one_raw(Statement::from_string(DbBackend::Postgres, text)).await.expect("it answers");
    found.expect("a row").try_get("", "it").expect("a number")
}

/// A row as text by column; bytes as PostgreSQL spells them.
async fn row(db: &DatabaseConnection, table: &str, which: &str) -> Option<Map<String, Value>> {
    let text = format!("SELECT to_jsonb(t)::text AS it FROM {table} AS t WHERE {which} LIMIT 1");
    let found = db.query_one_raw(Statement::from_string(DbBackend::Postgres, text)).await.expect("it answers")?;
    let text: String = found.try_get("", "it").expect("text");
    Some(serde_json::from_str(&text).expect("a row"))
}

/// One statement that adds all rows of a hand-in with that body.
fn statement(card: &str, number: &str, backup: &Map<String, Value>, rows: &[(&str, Map<String, Value>)]) -> String {
    let card: Value = serde_json::from_str(card).expect("a body");
    let messages = card["messages"].as_object().expect("messages");
    let (mut blobs, mut kinds) = (Vec::new(), Vec::new());
    for (kind, contents) in messages {
        let mut contents = contents.clone();
        if let Some(program) = contents.as_object_mut().and_then(|files| files.remove("hog.py")) {
            blobs.push(blob(program.as_str().expect("a program"), number));
        }
        let text = contents.to_string();
        let (digest, _) = &blob(&text, number);
        kinds.push(format!("('{kind}', {digest})"));
        blobs.push(blob(&text, number));
    }
    let blobs: Vec<String> =
        blobs.iter().map(|(digest, text)| format!("({digest}, {}, convert_to({text}, 'UTF8'))", text.len())).collect();
    let mut statement = format!(
        "WITH blobs AS (INSERT INTO floor.blob (digest, size, bytes) VALUES {} ON CONFLICT DO NOTHING), \
         new AS ({} ON CONFLICT (operation_key) DO NOTHING RETURNING id), \
         messages AS (INSERT INTO floor.message (backup_id, kind, digest) SELECT id, v.* FROM new, (VALUES {}) AS v), \
         work AS (UPDATE floor.work SET submissions = submissions + 1, final_submission_id = new.id, last_backup_id = new.id, \
           last_done_at = :k FROM new WHERE assignment_id = 1 AND owner_id = :who)",
        blobs.join(", "),
        insert(
            "backup",
            backup,
            &[("id", "nextval('floor.backup_id_seq')"), ("operation_key", &key("backup")), ("submitter_id", ":who")],
            ""
        ),
        kinds.join(", ")
    );
    for (place, (table, row)) in rows.iter().enumerate() {
        let others: &[(&str, &str)] = match *table {
            "submission" => &[("id", "new.id"), ("submitter_id", ":who")],
            "run" => &[("id", "nextval('floor.run_id_seq')"), ("submission_id", "new.id")],
            "job" => &[("id", "nextval('floor.job_id_seq')"), ("key", "'run:' || new.id"), ("rank", ":k")],
            "event" => &[("position", "new.id")],
            _ => &[("backup_id", "new.id"), ("position", "new.id")],
        };
        let _ = write!(statement, ", add{place} AS ({})", insert(table, row, others, " FROM new"));
    }
    statement + " SELECT 1"
}

/// A key of 64 letters that is another each time.
fn key(of: &str) -> String {
    format!("rpad('{of}' || :k, 64, 'x')")
}

/// The digest of bytes and the bytes, both as expressions: what has the number of a piece is other bytes each time.
fn blob(text: &str, number: &str) -> (String, String) {
    let sum = text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let digest = if text.contains(number) { key(&format!("{sum:016x}")) } else { format!("'{sum:064x}'") };
    (digest, literal(text).replace(number, ":k"))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn insert(table: &str, row: &Map<String, Value>, others: &[(&str, &str)], from: &str) -> String {
    let value = |(name, value): (&String, &Value)| match (others.iter().find(|(other, _)| other == name), value) {
        (Some((_, expression)), _) => (*expression).to_owned(),
        (None, Value::Null) => "NULL".to_owned(),
        (None, Value::String(text)) => literal(text),
        (None, other) => literal(&other.to_string()),
    };
    let names: Vec<String> = row.keys().map(|name| format!("\"{name}\"")).collect();
    let values: Vec<String> = row.iter().map(value).collect();
    format!("INSERT INTO floor.{table} ({}) SELECT {}{from}", names.join(", "), values.join(", "))
}
