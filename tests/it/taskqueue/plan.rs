//! The plan of a lease: what is leased and what is gone does not make it slower.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use entity::clock::Timestamp;
use entity::taskqueue::{QueueKey, counter, dead, lease, name, task};
use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};
use tests::backend::Backend;
use tests::stories;
use tests::world::World;

stories![a_lease_is_one_range_of_an_index, everything_else_reads_no_table_from_end_to_end];

/// A thousand free tasks, ten thousand leased ones, a hundred thousand names that are taken, and what another queue counted.
const MANY: [&str; 3] = [
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
     INSERT INTO task (project, queue, name, tag, enqueued_at, lease_at, leases, size, payload) \
     SELECT 'demo', 'q', 'task ' || i, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END, i, \
       CASE WHEN i <= 10000 THEN 1000000 + i ELSE i - 10000 END, 1, 0, CAST('' AS BYTES) FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
     INSERT INTO task_name (project, queue, name, free_at) SELECT 'demo', 'q', 'gone ' || i, i FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
     INSERT INTO task_leased (project, queue, second, part, tasks) SELECT 'demo', 'other', i, 0, 1 FROM n",
];

async fn a_lease_is_one_range_of_an_index(backend: Backend) {
    let world = filled(backend).await;
    let queue = QueueKey { project: "demo".to_owned(), name: "q".to_owned() };
    for (tag, index) in [(None, "task_lease"), (Some("odd"), "task_group")] {
        let asked = lease::free_statement(database(&world), &queue, tag, Timestamp(5_000), 10);
        let found = world.db().write_connection().query_all_raw(asked.clone()).await.expect("tasks");
        assert_eq!(found.len(), 10);
        let plan = plan(&world, asked).await;
        in_order(&plan, index);
        if backend == Backend::Sqlite {
            assert!(plan.iter().any(|line| line.contains("lease_at<?")), "the range ends at now: {plan:#?}");
        } else {
            // What it looked at is what it took.
            let scan = plan.iter().find(|line| line.contains(index)).expect("the scan");
            assert!(scan.contains("rows=10 "), "{plan:#?}");
            assert!(plan.iter().any(|line| line.contains("Index Cond") && line.contains("lease_at <=")), "{plan:#?}");
        }
    }
    world.stop().await;
}

async fn everything_else_reads_no_table_from_end_to_end(backend: Backend) {
    let world = filled(backend).await;
    let (seen, mut db) = (Arc::new(Mutex::new(Vec::new())), world.base.open().await);
    let notes = Arc::clone(&seen);
    db.observe_statements(move |statement| notes.lock().expect("not poisoned").push(statement.clone()));
    let queue = QueueKey { project: "demo".to_owned(), name: "q".to_owned() };
    let (names, now, read) = (["task 1".to_owned()], Timestamp(5_000), db.read());
    if backend == Backend::Postgres {
        // Readers are asked for what writers do, because readers can be observed. One after the other, they are one connection.
        read.execute_unprepared("SET default_transaction_read_only = off").await.expect("a setting");
    }
    task::list(read, &queue).await.expect("a list");
    task::find(read, &queue, "task 7").await.expect("a task");
    task::payloads(read, &queue, &["task 7", "task 8"]).await.expect("payloads");
    lease::any_free(read, &queue, now).await.expect("an answer");
    lease::earliest_tag(read, &queue, now).await.expect("a tag");
    name::is_reserved(read, &queue, "gone 7", now).await.expect("an answer");
    counter::leased(read, &queue, now, counter::KEPT).await.expect("a number");
    task::hold(read, &queue, "task 3", None, Timestamp(0), Duration::ZERO).await.expect("held");
    lease::lease(read, &queue, &names, now, Duration::ZERO, true).await.expect("leased");
    dead::bury(read, &queue, &names, now).await.expect("dropped");
    name::forget(read, Timestamp(0)).await.expect("none");
    let statements = std::mem::take(&mut *seen.lock().expect("not poisoned"));
    assert_eq!(statements.len(), 13);
    for statement in statements {
        in_order(&plan(&world, statement).await, "");
    }
    db.close().await;
    world.stop().await;
}

async fn filled(backend: Backend) -> World {
    let world = World::idle(backend).await;
    let bytes = if backend == Backend::Sqlite { "BLOB" } else { "BYTEA" };
    for text in MANY {
        world.execute(&text.replace("BYTES", bytes), []).await;
    }
    if backend == Backend::Postgres {
        world.execute("ANALYZE", []).await;
    }
    world
}

fn database(world: &World) -> DbBackend {
    world.db().write_connection().get_database_backend()
}

/// How the database goes about a statement, by doing it where that can be told.
async fn plan(world: &World, statement: Statement) -> Vec<String> {
    let reads = statement.sql.starts_with("SELECT");
    let explain = match world.base.backend {
        Backend::Sqlite => "EXPLAIN QUERY PLAN",
        Backend::Postgres if reads => "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)",
        Backend::Postgres => "EXPLAIN (COSTS OFF)",
    };
    let statement = Statement { sql: format!("{explain} {}", statement.sql), ..statement };
    let rows = world.db().write_connection().query_all_raw(statement).await.expect("a plan");
    let line = |row: &QueryResult| match world.base.backend {
        Backend::Sqlite => row.try_get::<String>("", "detail").expect("a text"),
        Backend::Postgres => row.try_get_by_index::<String>(0).expect("a text"),
    };
    rows.iter().map(line).collect()
}

/// No table is read from end to end, and more than a handful of rows is never sorted; by that index where one is named.
fn in_order(plan: &[String], index: &str) {
    let whole = |line: &&String| {
        line.contains("Seq Scan on task") || line.starts_with("SCAN task") && !line.contains("USING INDEX")
    };
    assert!(index.is_empty() || plan.iter().any(|line| line.contains(index)), "{plan:#?}");
    assert_eq!(plan.iter().find(whole), None, "{plan:#?}");
    if !index.is_empty() {
        assert!(!plan.iter().any(|line| line.contains("B-TREE FOR") || line.contains("Sort")), "{plan:#?}");
    }
}
