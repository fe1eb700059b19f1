//! The step that lets runs be nobody's, on a database that has rows already.

use actors::database::Database;
use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, Statement};
use tests::backend::Backend;
use tests::world::numbers;
use tests::{postgres, stories};

stories!(rows_that_are_there_stay);

/// The steps before this one.
const BEFORE: u32 = 9;

async fn rows_that_are_there_stay(backend: Backend) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = match backend {
        Backend::Sqlite => format!("sqlite:{}", folder.path().join("old.db").display()),
        Backend::Postgres => postgres::empty().await,
    };
    let db = Database::connect(&url).await.expect("a new database");
    let write = db.write_connection();
    Migrator::up(write, Some(BEFORE)).await.expect("the steps before");
    let bytes = if db.is_embedded() { "x'00'" } else { "'\\x00'::bytea" };
    let rows = [
        "INSERT INTO \"user\" (id, email, name, created_at) VALUES (1, 'a@example.org', 'A', 0)".to_owned(),
        "INSERT INTO section (id, key, title, description, position) VALUES (1, 's', 's', '', 0)".to_owned(),
        "INSERT INTO course (id, key, section_id, title, description, position, time_zone) VALUES (1, 'c', 1, 'c', '', 0, 'UTC')".to_owned(),
        format!("INSERT INTO run (id, course_id, requester_id, language, state, plan, files, verdict, created_at) \
                 VALUES (41, 1, 1, 'c', 'done', {bytes}, '[]', 'passed', 5), (42, 1, 1, 'c', 'queued', {bytes}, '[]', NULL, 6)"),
        format!("INSERT INTO run_record (run_id, attempt, position, kind, step, bytes, at) VALUES (41, 1, 1, 'stdout', 0, {bytes}, 0)"),
        "DELETE FROM run WHERE id = 42".to_owned(),
    ];
    for row in rows {
        write.execute_unprepared(&row).await.unwrap_or_else(|error| panic!("{row}: {error}"));
    }
    Migrator::up(write, None).await.expect("the steps since");
    let old = "SELECT count(*) FROM run JOIN run_record ON run_record.run_id = run.id \
               WHERE run.id = 41 AND course_id = 1 AND verdict = 'passed' AND created_at = 5 AND mode IS NULL AND case_number IS NULL";
    assert_eq!(numbers(&db, old).await.expect("rows"), [1]);
    let nobodys =
        format!("INSERT INTO run (language, state, plan, files, created_at) VALUES ('c', 'queued', {bytes}, '[]', 7)");
    write.execute_unprepared(&nobodys).await.expect("a run of nobody");
    if db.is_embedded() {
        assert_eq!(numbers(&db, "SELECT max(id) FROM run").await.expect("rows"), [43], "a key was given twice");
        let broken = Statement::from_string(write.get_database_backend(), "PRAGMA foreign_key_check");
        assert!(write.query_all_raw(broken).await.expect("an answer").is_empty());
        let table = "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%run_anew%'";
        assert_eq!(numbers(&db, table).await.expect("rows"), [0]);
    }
    let orphan = format!(
        "INSERT INTO run_record (run_id, attempt, position, kind, step, bytes, at) VALUES (99, 1, 1, 'stdout', 0, {bytes}, 0)"
    );
    assert!(write.execute_unprepared(&orphan).await.is_err(), "records of no run are taken");
    db.close().await;
}
