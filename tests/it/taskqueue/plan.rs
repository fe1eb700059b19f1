//! The plan of a lease: what is leased and what is gone does not make it slower.

use entity::clock::Timestamp;
use entity::taskqueue::{QueueKey, lease};
use sea_orm::{ConnectionTrait as _, QueryResult, Statement};
use tests::backend::Backend;
use tests::stories;
use tests::world::World;

stories![a_lease_is_one_range_of_an_index];

/// A thousand free tasks, ten thousand leased ones, and a hundred thousand names that are taken.
const MANY: [&str; 2] = [
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
     INSERT INTO task (project, queue, name, tag, enqueued_at, lease_at, leases, size, payload) \
     SELECT 'demo', 'q', 'task ' || i, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END, i, \
       CASE WHEN i <= 10000 THEN 1000000 + i ELSE i - 10000 END, 1, 0, CAST('' AS BYTES) FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
     INSERT INTO task_name (project, queue, name, free_at) SELECT 'demo', 'q', 'gone ' || i, i FROM n",
];

async fn a_lease_is_one_range_of_an_index(backend: Backend) {
    let world = World::idle(backend).await;
    let bytes = if backend == Backend::Sqlite { "BLOB" } else { "BYTEA" };
    for text in MANY {
        world.execute(&text.replace("BYTES", bytes), []).await;
    }
    if backend == Backend::Postgres {
        world.execute("ANALYZE task", []).await;
    }
    let queue = QueueKey { project: "demo".to_owned(), name: "q".to_owned() };
    for (tag, index) in [(None, "task_lease"), (Some("odd"), "task_group")] {
        let connection = world.db().write_connection();
        let asked = lease::free_statement(connection.get_database_backend(), &queue, tag, Timestamp(5_000), 10);
        let found = connection.query_all_raw(asked.clone()).await.expect("tasks");
        assert_eq!(found.len(), 10);
        let explain =
            if backend == Backend::Sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)" };
        let statement = Statement { sql: format!("{explain} {}", asked.sql), ..asked };
        let rows = connection.query_all_raw(statement).await.expect("a plan");
        let line = |row: &QueryResult| match backend {
            Backend::Sqlite => row.try_get::<String>("", "detail").expect("a text"),
            Backend::Postgres => row.try_get_by_index::<String>(0).expect("a text"),
        };
        let plan: Vec<String> = rows.iter().map(line).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("Seq Scan") || line.starts_with("SCAN")), "{plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("B-TREE FOR") || line.contains("Sort")), "{plan:#?}");
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
