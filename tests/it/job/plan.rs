//! The plan of the claim: what was done long ago does not make it slower.

use entity::job::lease;
use sea_orm::{ConnectionTrait as _, Statement};
use tests::backend::Backend;
use tests::hand::claim;
use tests::stage::LANE;
use tests::stories;
use tests::world::World;

stories![the_claim_reads_no_table_from_end_to_end];

const MANY: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
     INSERT INTO job (kind, version, lane, class, rank, state, key, payload, run_at, attempt, failures, max_failures, losses, created_at) \
     SELECT 'stage.play', 1, 'stage', 1, i, CASE WHEN i <= 10000 THEN 'done' ELSE 'queued' END, 'key ' || i, '{}', 0, 0, 0, 3, 0, 0 FROM n";

async fn the_claim_reads_no_table_from_end_to_end(backend: Backend) {
    let world = World::idle(backend).await;
    world.execute(MANY, []).await;
    let explain = match backend {
        Backend::Sqlite => "EXPLAIN QUERY PLAN",
        Backend::Postgres => {
            world.execute("ANALYZE job", []).await;
            "EXPLAIN"
        }
    };
    let connection = world.db().write_connection();
    let claim = lease::claim_statement(connection.get_database_backend(), &claim(LANE, 4, 1));
    let statement = Statement { sql: format!("{explain} {}", claim.sql), ..claim };
    let rows = connection.query_all_raw(statement).await.expect("a plan");
    let line = |row: &sea_orm::QueryResult| match backend {
        Backend::Sqlite => row.try_get::<String>("", "detail").expect("a text"),
        Backend::Postgres => row.try_get_by_index::<String>(0).expect("a text"),
    };
    let plan: Vec<String> = rows.iter().map(line).collect();
    let whole = |line: &&String| {
        line.contains("Seq Scan on job")
            || line.starts_with("SCAN job")
            || line.starts_with("SCAN candidate")
            || line.starts_with("SCAN twin")
    };
    assert!(plan.iter().any(|line| line.contains("job_claim")), "{plan:#?}");
    assert_eq!(plan.iter().find(whole), None, "{plan:#?}");
    assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY") || line.contains("Sort")), "{plan:#?}");
    world.stop().await;
}
