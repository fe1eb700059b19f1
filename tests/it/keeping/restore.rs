//! What a backup holds is there again, in whichever database: every row of every table, and no key is given twice.

use std::path::Path;
use std::time::Duration;

use actors::database::Database;
use tests::backend::Backend;
use tests::base::Base;
use tests::world::numbers;
use tests::{postgres, stories};

use super::program::{done, refused, run, start, text, told};
use super::rows::{ROWS, contents, fill};

stories![every_row_is_there_again, one_that_is_killed_can_be_repeated, an_empty_database_is_taken_as_it_is];

/// How far counters skip.
const SKIP: i64 = 10_000_000;

/// The URLs of a new database of each kind.
async fn targets(folder: &Path) -> [String; 2] {
    [format!("sqlite:{}", folder.join("restored.db").display()), postgres::empty().await]
}

async fn every_row_is_there_again(backend: Backend) {
    let base = Base::new(backend).await;
    let db = base.open().await;
    fill(&db).await;
    // Given and gone again: this key must not come back either.
    let key = "INSERT INTO signing_key (kid, purpose, sealed, created_at) VALUES ('k', 'none', '', 1)";
    execute(&db, key).await;
    execute(&db, "DELETE FROM signing_key").await;
    let before = contents(&db).await;
    let file = base.data().join("site.backup");
    let said = told(&base, &["backup", text(&file)]).await;
    let rows: usize = before.values().map(Vec::len).sum();
    assert!(said.contains(&format!("{rows} rows of {} tables", before.len())), "{said}");
    let verified = told(&base, &["backup", "--verify", text(&file)]).await;
    for (table, rows) in &before {
        assert!(verified.contains(&format!("  {table}: {}\n", rows.len())), "{table}: {verified}");
    }
    for url in targets(base.data()).await {
        done(&run(&url, base.data(), &["restore", text(&file)]).await);
        let restored = Database::connect(&url).await.expect("the database answers");
        let mut after = contents(&restored).await;
        assert_ne!(after.remove("site"), before.get("site").cloned(), "it is a new life");
        let paused = after.get_mut("lane").expect("the table");
        assert_eq!(paused.len(), before["lane"].len() + 1, "the lane of mail is paused");
        paused.retain(|row| !format!("{row:?}").contains("restored from a backup"));
        let mut expected = before.clone();
        expected.remove("site");
        for (table, rows) in expected {
            assert_eq!(after.remove(&table), Some(rows), "{table} from {backend:?} to {url}");
        }
        assert!(after.is_empty(), "{after:?}");
        execute(&restored, key).await;
        execute(&restored, "INSERT INTO section (key, title, description, position) VALUES ('new', '', '', 1)").await;
        let given = "SELECT max(id) FROM signing_key UNION ALL SELECT max(id) FROM section";
        assert_eq!(numbers(&restored, given).await.expect("keys"), [SKIP + 2, SKIP + ROWS + 1]);
        restored.close().await;
    }
    db.close().await;
}

/// One that was only migrated counts as empty, and the same file gives two lives that are not the same.
async fn an_empty_database_is_taken_as_it_is(backend: Backend) {
    let (base, first, second) = (Base::new(backend).await, Base::new(backend).await, Base::new(backend).await);
    let file = base.data().join("site.backup");
    told(&base, &["backup", text(&file)]).await;
    let mut lives = Vec::new();
    for base in [&base, &first, &second] {
        if !lives.is_empty() {
            told(base, &["restore", text(&file)]).await;
        }
        let db = base.open().await;
        lives.push(entity::site::find(db.read()).await.expect("a site").incarnation);
        db.close().await;
    }
    lives.sort();
    lives.dedup();
    assert_eq!(lives.len(), 3, "{lives:?}");
}

pub async fn execute(db: &Database, text: &str) {
    use sea_orm::ConnectionTrait as _;
    db.write_connection().execute_unprepared(text).await.unwrap_or_else(|error| panic!("{text}: {error}"));
}

/// Whenever a restore is killed, the database is empty and takes it again, or it has all of it.
async fn one_that_is_killed_can_be_repeated(backend: Backend) {
    let base = Base::new(backend).await;
    let db = base.open().await;
    fill(&db).await;
    super::backup::bulk(&db, 500).await;
    let rows = contents(&db).await.values().map(Vec::len).sum::<usize>();
    db.close().await;
    let file = base.data().join("site.backup");
    told(&base, &["backup", text(&file)]).await;
    let mut repeated = 0;
    for wait in [0, 20, 60, 120, 200, 300] {
        let target = Base::empty(backend).await;
        let mut child = start(&target, &["restore", text(&file)]);
        let ended = tokio::time::timeout(Duration::from_millis(wait), child.wait()).await.is_ok();
        if !ended {
            child.kill().await.expect("it can be killed");
        }
        let again = run(&target.url, target.data(), &["restore", text(&file)]).await;
        if again.status.success() {
            repeated += 1;
        } else {
            let why = refused(&again);
            assert!(why.contains("not empty"), "{why}");
        }
        assert!(!ended || !again.status.success(), "it was restored twice");
        let restored = target.open().await;
        let found = contents(&restored).await.values().map(Vec::len).sum::<usize>();
        // And the row of the lane that is paused.
        assert_eq!(found, rows + 1);
        restored.close().await;
    }
    assert!(repeated > 0, "none was killed in time");
}
