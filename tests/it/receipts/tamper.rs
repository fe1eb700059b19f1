//! Whatever somebody changes who has the database, the walk finds it and says where.

use actors::keeping::table::{Table, quoted, tables};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client;
use tests::stories;

use super::{Campus, ENDPOINT};
use crate::keeping::program::run;

stories![
    whatever_is_changed_is_found_and_named,
    work_that_is_for_something_else_and_a_chain_that_is_gone_are_found,
    rows_of_receipts_refuse_to_be_changed,
    a_backup_that_is_handed_in_after_all_is_no_change
];

/// The tables that are changed, in the order in which their rows can come back.
const TABLES: [&str; 9] = [
    "blob",
    "backup",
    "message",
    "submission",
    "receipt_key",
    "receipt_block",
    "receipt",
    "receipt_holder",
    "receipt_chain",
];

/// A change: what it is about, where it is found (block and, if it is one, backup), and how it is done. `{bytes}` are some.
type Change = (&'static str, i64, Option<usize>, &'static str);

/// The first backup is a submission of the `ok` client, the second a submission, the third a backup of the client.
const CHANGES: [Change; 20] = [
    (
        "backup",
        2,
        Some(1),
        "UPDATE blob SET bytes = {bytes} WHERE digest IN (SELECT digest FROM kept_blob WHERE size = 10)",
    ),
    ("backup", 2, Some(1), "UPDATE backup SET files = '[]' WHERE id = {1}"),
    ("backup", 1, Some(0), "UPDATE backup SET received_at = received_at - 1 WHERE id = {0}"),
    ("backup", 1, Some(0), "UPDATE submission SET submitted_at = submitted_at - 1 WHERE id = {0}"),
    ("backup", 1, Some(0), "DELETE FROM message WHERE backup_id = {0} AND kind = 'analytics'"),
    ("backup", 1, Some(0), "UPDATE message SET kind = 'other' WHERE backup_id = {0} AND kind = 'analytics'"),
    (
        "backup",
        3,
        Some(2),
        "INSERT INTO submission (id, assignment_id, course_id, submitter_id, submitted_at) \
         SELECT id, assignment_id, course_id, submitter_id, received_at FROM backup WHERE id = {2}",
    ),
    ("receipt", 3, Some(2), "UPDATE receipt SET handed_in = true WHERE backup_id = {2}"),
    ("receipt", 2, Some(1), "UPDATE receipt SET received_at = received_at - 1 WHERE backup_id = {1}"),
    ("receipt", 1, Some(0), "UPDATE receipt SET path = {bytes} WHERE backup_id = {0}"),
    ("receipt", 1, Some(0), "UPDATE receipt SET person = {bytes} WHERE backup_id = {0}"),
    ("holder", 1, Some(0), "UPDATE receipt_holder SET email = 'eve@example.org' WHERE backup_id = {0}"),
    ("holder", 1, Some(0), "DELETE FROM receipt_holder WHERE backup_id = {0}"),
    ("block", 2, None, "UPDATE receipt_block SET issued_at = issued_at - 1 WHERE position = 2"),
    ("signature", 2, None, "UPDATE receipt_block SET signature = {bytes} WHERE position = 2"),
    ("signature", 1, None, "UPDATE receipt_key SET public = {bytes}"),
    ("head", 2, None, "UPDATE receipt_chain SET position = 2"),
    ("block", 2, None, "DELETE FROM receipt_holder WHERE backup_id = {1}; DELETE FROM receipt WHERE backup_id = {1}"),
    (
        "block",
        2,
        None,
        "DELETE FROM receipt_holder WHERE backup_id = {1}; DELETE FROM receipt WHERE backup_id = {1}; \
         DELETE FROM receipt_block WHERE position = 2",
    ),
    // The first two blocks change places.
    (
        "block",
        1,
        None,
        "UPDATE receipt_block SET hash = {bytes} WHERE position = 1; \
         UPDATE receipt_block AS t SET previous = k.previous, root = k.root, issued_at = k.issued_at, signature = k.signature, \
         hash = k.hash FROM kept_receipt_block AS k WHERE t.position = 2 AND k.position = 1; \
         UPDATE receipt_block AS t SET previous = k.previous, root = k.root, issued_at = k.issued_at, signature = k.signature, \
         hash = k.hash FROM kept_receipt_block AS k WHERE t.position = 1 AND k.position = 2",
    ),
];

impl Campus {
    /// Takes away what guards the rows, as the owner of a database can.
    pub(super) async fn allow_changes(&self, backend: Backend) {
        for table in ["receipt_key", "receipt_block", "receipt"] {
            match backend {
                Backend::Sqlite => {
                    self.execute(&format!("DROP TRIGGER {table}_no_UPDATE; DROP TRIGGER {table}_no_DELETE")).await;
                }
                Backend::Postgres => self.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await,
            }
        }
    }

    /// Keeps the rows as they are now; their tables.
    async fn keep(&self) -> Vec<Table> {
        let mut found = tables(self.site.app.kernel.deps.db.read()).await.expect("the tables");
        found.retain(|table| TABLES.contains(&table.name.as_str()));
        found.sort_by_key(|table| TABLES.iter().position(|name| *name == table.name));
        for table in TABLES {
            self.execute(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        found
    }

    /// Makes the rows what they were.
    async fn mend(&self, backend: Backend, all: &[Table]) {
        // Hashes that have changed places are in each other's way.
        self.execute(match backend {
            Backend::Sqlite => "UPDATE receipt_block SET hash = CAST(position AS BLOB)",
            Backend::Postgres => "UPDATE receipt_block SET hash = int8send(position)",
        })
        .await;
        let same = |key: &[String]| {
            let same = key.iter().map(|name| format!("k.{0} = t.{0}", quoted(name)));
            same.collect::<Vec<_>>().join(" AND ")
        };
        for table in all {
            let (name, same) = (&table.name, same(&table.key));
            let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
            let set: Vec<String> = columns.iter().map(|column| format!("{column} = k.{column}")).collect();
            self.execute(&format!("UPDATE {name} AS t SET {} FROM kept_{name} AS k WHERE {same}", set.join(", ")))
                .await;
            self.execute(&format!(
                "INSERT INTO {name} SELECT * FROM kept_{name} AS k WHERE NOT EXISTS (SELECT 1 FROM {name} AS t WHERE {same})"
            ))
            .await;
        }
        for table in all.iter().rev() {
            let (name, same) = (&table.name, same(&table.key));
            self.execute(&format!(
                "DELETE FROM {name} AS t WHERE NOT EXISTS (SELECT 1 FROM kept_{name} AS k WHERE {same})"
            ))
            .await;
        }
    }
}

async fn upload(campus: &Campus, time: &str, submit: bool) {
    let messages = json!({ "file_contents": { "words.py": "print(3)\n" }, "analytics": { "time-utc": time } });
    let body = json!({ "assignment": ENDPOINT, "messages": messages, "submit": submit }).to_string();
    let headers =
        [("authorization", format!("Bearer {}", campus.ada)), ("content-type", "application/json".to_owned())];
    let answer = client::send(campus.site.address, hyper::Method::POST, "/api/v3/backups/", headers, body).await;
    assert_eq!(answer.status, hyper::StatusCode::OK, "{}", answer.text());
}

/// Three backups, each in a block of its own: their ids.
async fn three(campus: &Campus) -> Vec<i64> {
    upload(campus, "2026-11-29 11:00:00.0", true).await;
    campus.receipt("print(10)\n").await;
    upload(campus, "2026-11-29 11:00:01.0", false).await;
    let ids = tests::world::numbers(&campus.site.app.kernel.deps.db, "SELECT id FROM backup ORDER BY id").await;
    ids.expect("the backups")
}

async fn whatever_is_changed_is_found_and_named(backend: Backend) {
    let campus = Campus::new(backend).await;
    let ids = three(&campus).await;
    let tables = campus.keep().await;
    campus.allow_changes(backend).await;
    assert_eq!(campus.check(&[]).await.0, Some(0));
    let bytes = match backend {
        Backend::Sqlite => format!("X'{}'", "ab".repeat(32)),
        Backend::Postgres => format!("'\\x{}'::bytea", "ab".repeat(32)),
    };
    for (about, position, backup, change) in CHANGES {
        let change = (0..3).fold(change.replace("{bytes}", &bytes), |text, place| {
            text.replace(&format!("{{{place}}}"), &ids[place].to_string())
        });
        campus.execute(&change).await;
        let (status, report) = campus.check(&[]).await;
        let backup =
            backup.map_or(Value::Null, |place| json!(entity::id::encode(entity::id::Kind::Backup, ids[place])));
        let faults = report["faults"].as_array().expect("faults");
        let told =
            |fault: &&Value| fault["about"] == about && fault["position"] == position && fault["backup"] == backup;
        assert!(status == Some(1) && faults.iter().any(|fault| told(&fault)), "{change}: {report:#}");
        campus.mend(backend, &tables).await;
        let (status, report) = campus.check(&[]).await;
        assert_eq!(status, Some(0), "mended: {change}: {report:#}");
    }
    // For people, one fault in one line.
    campus.execute(&format!("UPDATE backup SET received_at = 1 WHERE id = {}", ids[0])).await;
    let told = run(&campus.site.base.url, campus.site.base.data(), &["receipts", "check", "data-in-the-wild"]).await;
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(said.contains("FAULT  data-in-the-wild block 1 bak_") && said.contains("Something was changed."), "{said}");
    campus.site.end().await;
}

async fn work_that_is_for_something_else_and_a_chain_that_is_gone_are_found(backend: Backend) {
    let campus = Campus::new(backend).await;
    let receipt = campus.receipt("print(1)\n").await;
    campus.allow_changes(backend).await;
    let renamed = |from: &str, to: &str| {
        format!("UPDATE assignment SET endpoint = 'data-in-the-wild/{to}' WHERE endpoint = 'data-in-the-wild/{from}'")
    };
    campus.execute(&renamed("word-counts", "other")).await;
    let (status, report) = campus.check(&[]).await;
    assert_eq!((status, &report["faults"][0]["about"]), (Some(1), &json!("backup")), "{report}");
    let verified = super::verify_there(&campus.site, &receipt).await;
    assert_eq!(super::outcome(&verified["data"]["verifyReceipt"], "work"), "FAILS", "{verified}");
    campus.execute(&renamed("other", "word-counts")).await;
    assert_eq!(campus.check(&[]).await.0, Some(0));
    let (off, on) = match backend {
        Backend::Sqlite => ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"),
        Backend::Postgres => ("SET session_replication_role = replica", "SET session_replication_role = DEFAULT"),
    };
    let unseen = |change: &str| format!("{off}; {change}; {on}");
    for (about, change, back) in [
        (
            "block",
            "UPDATE course SET \"key\" = 'other' WHERE \"key\" = 'data-in-the-wild'".to_owned(),
            "UPDATE course SET \"key\" = 'data-in-the-wild' WHERE \"key\" = 'other'".to_owned(),
        ),
        (
            "head",
            unseen("UPDATE course SET id = id + 1000 WHERE \"key\" = 'data-in-the-wild'"),
            unseen("UPDATE course SET id = id - 1000 WHERE \"key\" = 'data-in-the-wild'"),
        ),
        ("backup", "UPDATE backup SET files = '\"x\"'".to_owned(), String::new()),
    ] {
        campus.execute(&change).await;
        let (status, report) = campus.check(&[]).await;
        assert_eq!((status, &report["faults"][0]["about"]), (Some(1), &json!(about)), "{change}: {report}");
        campus.execute(&back).await;
    }
    for table in ["receipt_holder", "receipt_chain", "receipt", "receipt_block"] {
        campus.execute(&format!("DELETE FROM {table}")).await;
    }
    let (status, report) = campus.check(&[]).await;
    assert_eq!((status, &report["faults"][0]["about"]), (Some(1), &json!("head")), "{report}");
    campus.site.end().await;
}

async fn rows_of_receipts_refuse_to_be_changed(backend: Backend) {
    let campus = Campus::new(backend).await;
    campus.receipt("print(1)\n").await;
    let db = campus.site.app.kernel.deps.db.write_connection();
    for change in [
        "UPDATE receipt SET place = 1",
        "DELETE FROM receipt_key",
        "UPDATE receipt_block SET leaves = 2",
        "DELETE FROM receipt_block",
    ] {
        let refused = db.execute_unprepared(change).await.expect_err(change).to_string();
        assert!(refused.contains("is only added to"), "{change}: {refused}");
    }
    campus.site.end().await;
}

async fn a_backup_that_is_handed_in_after_all_is_no_change(backend: Backend) {
    let campus = Campus::new(backend).await;
    upload(&campus, "2026-11-29 11:00:00.0", false).await;
    let ids = tests::world::numbers(&campus.site.app.kernel.deps.db, "SELECT id FROM backup").await.expect("a key");
    let backup = entity::id::encode(entity::id::Kind::Backup, ids[0]);
    let query = "mutation($input: PromoteBackupInput!) { promoteBackup(input: $input) { submission { receipt { text isHandedIn } } \
         problems { message } } }";
    let promoted = campus.site.ask(&campus.ada, query, json!({ "input": { "backup": backup } })).await;
    // It is still proof of what came, and of when; that it was handed in is in the audit log.
    let receipt = &promoted["promoteBackup"]["submission"]["receipt"];
    assert_eq!(receipt["isHandedIn"], false, "{promoted}");
    let verified = super::verify_there(&campus.site, receipt["text"].as_str().expect("a text")).await;
    assert_eq!(verified["data"]["verifyReceipt"]["isGood"], true, "{verified}");
    let (status, report) = campus.check(&[]).await;
    assert_eq!((status, &report["faults"]), (Some(0), &json!([])), "{report}");
    campus.site.end().await;
}
